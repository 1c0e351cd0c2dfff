"""Rules every contract keeps: grain, descriptions, units, keys, words and names, and the tables promised to readers."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache

import duckdb
import polars as pl
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts import units, vocabulary, vocabulary_questions
from pipelines.contracts.derive import Column, columns, public_tables
from pipelines.contracts.raw import STAGING
from pipelines.contracts.table import TABLES, Table
from pipelines.contracts.units import unit_of
from pipelines.contracts.validation import stage
from pipelines.costing.price_bases import PRICE_BASES
from pipelines.paths import ROOT, DataFolder
from pipelines.sources import SOURCES

every_table = pytest.mark.parametrize("declared", TABLES.values(), ids=list(TABLES))
TYPED = [table for table in TABLES.values() if table.schema_name != "raw"]
"""Tables with types of their own; raw is all text."""

typed_table = pytest.mark.parametrize("declared", TYPED, ids=lambda declared: declared.name)

INPUTS = [table for table in TYPED if table.schema_name == "core" and "file" in table.dtypes]
"""Public tables whose rows come from people."""

COLUMNS = [(table, column) for table in TYPED for column in columns(table)]
NUMERIC = ("BIGINT", "DOUBLE", "DECIMAL")
LITTLE_WORDS = {"a", "an", "as", "at", "in", "is", "of", "on", "the", "to"}

PROMISED = {
    "core.sources": "source_id title publisher published_on url locator kind licence checked",
    "core.models": "model_id name developer country released_on total_params active_params architecture domain "
    "openness source_id",
    "core.model_lineage": "child_model_id parent_model_id relation counts_in source_id",
    "core.training_phases": "phase_id model_id phase row_role hardware_id gpu_hours gpu_hours_low gpu_hours_high "
    "gpu_count wall_clock_hours tokens_low tokens_high training_compute_flop disclosed_as derivation "
    "stated_price_usd_per_gpu_hour started_on source_id locator confidence flags",
    "core.hardware": "hardware_id vendor released_on memory_gib tdp_w peak_bf16_flop_per_s peak_fp8_flop_per_s "
    "accelerators_per_server price_proxy_hardware_id",
    "core.price_quotes": "quote_id series_id provider sku hardware_id region pricing_category commitment "
    "price_as_published currency unit_as_published list_unit_price_usd_per_gpu_hour list_unit_price_usd_per_gpu "
    "observed_on effective_from effective_to recorded_at superseded_at source_id confidence flags is_usable",
    "core.cost_claims": "claim_id model_id claimed_low_usd claimed_high_usd claimed_scope covers_scope "
    "covers_phase_ids compared_on_basis claimed_by claimed_on source_id",
    "core.phase_costs": "phase_id price_basis model_id hardware_id gpu_hours started_on unit_price_usd_per_gpu_hour "
    "quote_id price_observed_on price_quote_count cost_low_usd cost_mid_usd cost_high_usd cost_missing_reason flags",
    "core.model_costs": "model_id scope price_basis gpu_hours gpu_hours_low gpu_hours_high unpriced_gpu_hours "
    "cost_low_usd cost_mid_usd cost_high_usd is_lower_bound undisclosed_ancestors cost_missing_reason flags",
    "marts.claims_checked": "claim_id cumulative_to_claim_ratio verdict arithmetic",
    "marts.model_comparison": "model_id tokens_per_gpu_hour implied_utilization_ratio",
    "marts.cost_by_phase": "phase_id",
    "marts.cost_by_price_basis": "model_id",
    "marts.coverage": "",
    "quality.rejected_rows": "table_name file line record_id column_name reason",
    "quality.check_results": "check_name",
    "history.releases": "release_id published_at",
}
"""Public tables and their columns: a promise to whoever queries the file. New ones join, none leaves."""

GENERIC = {"value"}
"""A constant's number, a disclosed number, or the cell that failed: the row says which."""

KEY_WITH_ABSENT_PARTS = {"staging.reference__accelerator_map", "staging.reference__price_bounds"}
"""A label without a memory size is another label than one with it, a bound without a seller is for any: absent parts
of these keys are equal."""

SETTINGS = {"max_bytes", "max_pages"}
"""Limits that people set, by the names such settings have everywhere."""

NOT_PLURAL = {
    *("hardware", "model_lineage", "electricity_prices", "price_index", "unsummed_phase_costs", "claims_checked"),
    *("model_comparison", "cost_by_phase", "cost_by_price_basis", "cost_over_time", "price_sensitivity", "coverage"),
    *(
        "method_comparison",
        "accelerator_map",
        "provider_map",
        "training_compute",
        "price_grid",
        "disclosure_over_time",
        "buy_or_rent",
    ),
    *("disclosure_over_time", "buy_or_rent"),
    *("phase_energy", "energy_by_model", "cost_makeup"),
}
"""Words without a plural, and marts named by the question they answer."""

VOCABULARIES = {
    name: tuple(words)
    for name, words in {**vars(vocabulary), **vars(vocabulary_questions)}.items()
    if name.isupper() and isinstance(words, dict) and not name.startswith("UNIT_")
}


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - LITTLE_WORDS


@cache
def staged() -> dict[str, pl.DataFrame]:
    """The project's own data, typed."""
    readings = [source.read(ROOT / "data") for source in SOURCES]
    raw = {name: frame for reading in readings for name, frame in reading.raw.items()}
    return {table.name: stage(table, raw[table.name]).rows for table in STAGING}


@cache
def words_in_code() -> set[str]:
    """Every word that the code or the SQL writes out, but for the vocabularies themselves."""
    found: set[str] = set()
    for path in (ROOT / "pipelines").rglob("*.py"):
        if path.name.startswith("vocabulary"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
    for path in (ROOT / "sql").rglob("*.sql"):
        found |= set(re.findall(r"'([^']*)'", path.read_text(encoding="utf-8")))
    return found


@cache
def words_in_data() -> set[str]:
    """Every word the data uses in a column with a vocabulary, and every disclosed quantity."""
    found: set[str] = set()
    for table in STAGING:
        for column in columns(table):
            if column.allowed:
                found |= set(staged()[table.name][column.name].drop_nulls())
    return found


def breaking(declared: Table, rule: Callable[[Column], object]) -> list[str]:
    """Columns of a table that do not keep a rule."""
    return [column.name for column in columns(declared) if not rule(column)]


class TestDescriptions:
    @every_table
    def test_the_docstring_starts_with_the_grain(self, declared: Table) -> None:
        assert declared.description.startswith("One row per ")
        assert declared.description.endswith(".")

    @every_table
    def test_every_column_is_described_in_a_sentence(self, declared: Table) -> None:
        assert breaking(declared, lambda column: re.fullmatch(r"[A-Z][^\n]*\.", column.description)) == []

    @typed_table
    def test_a_description_says_more_than_the_name(self, declared: Table) -> None:
        """An id may say whose it is; everything else says what is measured."""

        def says_more(column: Column) -> bool:
            return words_of(column.description) != words_of(column.name.replace("_", " "))

        assert breaking(declared, lambda column: column.name.endswith("_id") or says_more(column)) == []

    def test_no_two_tables_are_described_alike(self) -> None:
        by_text = defaultdict(list)
        for table in public_tables():
            by_text[table.description].append(table.name)
        assert [names for names in by_text.values() if len(names) > 1] == []


class TestUnits:
    @typed_table
    def test_a_number_has_a_unit(self, declared: Table) -> None:
        assert breaking(declared, lambda column: column.unit or not column.type.startswith(NUMERIC)) == []

    @typed_table
    def test_name_and_declared_unit_do_not_contradict(self, declared: Table) -> None:
        stated = {name: column.metadata["unit"] for name, column in declared.pandera.columns.items()}
        assert (
            breaking(declared, lambda column: unit_of(column.name) in (None, stated[column.name] or column.unit)) == []
        )

    @typed_table
    def test_text_does_not_look_like_a_number(self, declared: Table) -> None:
        def is_told(column: Column) -> bool:
            return unit_of(column.name) in (None, "id") or column.unit == "text" or "as text" in column.description

        assert breaking(declared, lambda column: column.type != "VARCHAR" or is_told(column)) == []

    @typed_table
    def test_what_is_named_like_a_day_is_one(self, declared: Table) -> None:
        days = ("date", "UTC time")
        assert (
            breaking(
                declared, lambda column: unit_of(column.name) not in days or column.type in ("DATE", "TIMESTAMPTZ")
            )
            == []
        )

    def test_a_name_means_one_type_and_one_unit_everywhere(self) -> None:
        meanings: dict[str, dict[tuple[str, str | None], list[str]]] = defaultdict(lambda: defaultdict(list))
        for table, column in COLUMNS:
            meanings[column.name][column.type, column.unit].append(table.name)
        assert {name: dict(found) for name, found in meanings.items() if len(found) > 1 and name not in GENERIC} == {}

    @typed_table
    def test_a_bound_stands_before_the_unit(self, declared: Table) -> None:
        def is_in_place(column: Column) -> bool:
            if re.search(r"_(low|mid|high)$", column.name):
                return column.name in units.UNIT_NAMES or column.name.startswith("value_")
            return unit_of(column.name) is not None

        assert (
            breaking(
                declared, lambda column: not re.search(r"_(low|mid|high)(_|$)", column.name) or is_in_place(column)
            )
            == []
        )


class TestKeys:
    @every_table
    def test_key_columns_exist_and_are_never_absent(self, declared: Table) -> None:
        by_name = {column.name: column for column in columns(declared)}
        assert set(declared.key) <= set(by_name)
        if declared.name not in KEY_WITH_ABSENT_PARTS:
            assert not [name for name in declared.key if by_name[name].nullable]

    @pytest.mark.parametrize("declared", public_tables(), ids=lambda declared: declared.name)
    def test_a_public_table_has_a_key(self, declared: Table) -> None:
        assert declared.key or declared.name == "quality.rejected_rows"

    @every_table
    def test_types_and_descriptions_are_those_that_pandera_sees(self, declared: Table) -> None:
        schema = declared.pandera.columns
        assert declared.dtypes == {name: column.dtype.type for name, column in schema.items()}
        assert declared.described == {name: column.description for name, column in schema.items()}

    @every_table
    def test_checks_and_required_columns_are_those_that_pandera_sees(self, declared: Table) -> None:
        schema = declared.pandera
        of_columns = [(check.name, name) for name, column in schema.columns.items() for check in column.checks]
        assert [(check.name, name) for check, name in declared.checks] == [
            *of_columns,
            *((check.name, None) for check in schema.checks),
        ]
        assert set(declared.required) == {name for name, column in schema.columns.items() if not column.nullable}

    @every_table
    def test_a_key_of_one_column_is_unique(self, declared: Table) -> None:
        if len(declared.key) == 1:
            others = [name for name, column in declared.pandera.columns.items() if column.unique]
            assert set(others) <= set(declared.key)

    @every_table
    def test_foreign_keys_point_to_a_key_of_the_same_type(self, declared: Table) -> None:
        for key in declared.foreign_keys:
            parent = TABLES[key.parent]
            assert len(parent.key) == 1
            dtype = declared.dtypes[key.column]
            assert getattr(dtype, "inner", dtype) == parent.dtypes[key.parent_column]
            assert key.remedy

    @pytest.mark.parametrize("declared", INPUTS, ids=lambda declared: declared.name)
    def test_every_id_of_an_input_is_checked(self, declared: Table) -> None:
        """A misspelt id must be told, in whatever column it stands."""
        checked = {key.column for key in declared.foreign_keys} | set(declared.key)
        homes = {table.key[0] for table in public_tables() if table.schema_name == "core" and len(table.key) == 1}
        referring = {
            name
            for name in declared.dtypes
            if name not in checked and any(name == home or name.endswith((f"_{home}", f"_{home}s")) for home in homes)
        }
        assert referring == set()


class TestWords:
    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_every_word_is_explained(self, name: str) -> None:
        words = {**vars(vocabulary), **vars(vocabulary_questions)}[name]
        if name == "QUANTITY":
            return
        assert all(meaning.endswith(".") and meaning[0].isupper() for meaning in words.values())
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in words)

    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_every_word_is_used(self, name: str) -> None:
        assert set(VOCABULARIES[name]) - words_in_data() - words_in_code() == set()

    @typed_table
    def test_allowed_words_are_a_vocabulary(self, declared: Table) -> None:
        known = [*map(set, VOCABULARIES.values()), set(vocabulary.CLAIM_COMPARED_ON), {"1y", "3y"}, {"ERROR", "WARN"}]
        assert breaking(declared, lambda column: not column.allowed or set(column.allowed) in known) == []

    def test_price_bases_have_a_module_each(self) -> None:
        assert list(PRICE_BASES) == list(vocabulary.PRICE_BASIS)

    def test_flags_of_costs_are_explained(self, ledger_folder: DataFolder) -> None:
        with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
            for table in ("core.training_phases", "core.phase_costs", "core.unsummed_phase_costs", "core.model_costs"):
                found = {flag for (flag,) in connection.sql(f"select distinct unnest(flags) from {table}").fetchall()}
                assert found <= set(vocabulary.COST_FLAG), table

    def test_warnings_of_tables_are_explained_and_used(self) -> None:
        given = {warning for table in TABLES.values() for warning in table.warnings}
        assert given == set(vocabulary.USAGE_WARNING)

    def test_every_unit_suffix_is_used(self) -> None:
        names = {column.name for _, column in COLUMNS}
        longest = sorted(units.UNIT_SUFFIXES, key=len, reverse=True)
        used = {next((suffix for suffix in longest if name.endswith(suffix)), None) for name in names}
        assert set(units.UNIT_SUFFIXES) - used == set()
        assert set(units.UNIT_NAMES) - names == set()


class TestNames:
    @every_table
    def test_tables_are_plural_and_in_snake_case(self, declared: Table) -> None:
        source, _, name = declared.table_name.rpartition("__")
        assert re.fullmatch(r"[a-z][a-z0-9_]*", declared.table_name)
        assert name.endswith("s") or name in NOT_PLURAL
        assert not declared.table_name.startswith(("fct_", "dim_", "stg_", "tbl_"))
        assert bool(source) == (declared.schema_name in ("raw", "staging"))

    @every_table
    def test_columns_are_in_snake_case_without_abbreviations(self, declared: Table) -> None:
        short = {"amt", "avg", "cnt", "desc", "dt", "hrs", "hw", "max", "min", "num", "pct", "qty", "src", "ts", "val"}

        def is_plain(column: Column) -> bool:
            return column.name in SETTINGS or not short & set(column.name.split("_"))

        snake = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
        assert breaking(declared, lambda column: snake.fullmatch(column.name) and is_plain(column)) == []

    @typed_table
    def test_a_boolean_asks_a_question(self, declared: Table) -> None:
        assert (
            breaking(declared, lambda column: (column.type == "BOOLEAN") == column.name.startswith(("is_", "has_")))
            == []
        )

    @typed_table
    def test_days_end_with_on_and_times_with_at(self, declared: Table) -> None:
        ends = {"DATE": ("_on", "_from", "_to", "_before", "_after"), "TIMESTAMPTZ": ("_at",)}
        assert (
            breaking(declared, lambda column: column.type not in ends or column.name.endswith(ends[column.type])) == []
        )

    @every_table
    def test_spelling_is_american(self, declared: Table) -> None:
        british = re.compile("utilis|organis|normalis|colour|centre|catalogue|behaviour")
        assert breaking(declared, lambda column: not british.search(column.name)) == []


class TestPromise:
    @pytest.mark.parametrize("name", PROMISED)
    def test_a_promised_table_has_its_columns(self, name: str) -> None:
        assert name in TABLES
        assert set(PROMISED[name].split()) <= set(TABLES[name].dtypes)

    def test_the_grain_of_the_costs(self) -> None:
        assert TABLES["core.phase_costs"].key == ("phase_id", "price_basis")
        assert TABLES["core.model_costs"].key == ("model_id", "scope", "price_basis")

    def test_every_public_table_is_one_of_the_house(self) -> None:
        assert {table.schema_name for table in TABLES.values()} == {
            *("raw", "staging", "core", "marts", "quality", "history")
        }
