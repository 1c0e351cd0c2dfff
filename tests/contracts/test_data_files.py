"""The data as it is shipped: every file can be read, every record is kept, every number can be looked up."""

from __future__ import annotations

import re
from functools import cache

import duckdb
import polars as pl
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.raw import STAGING
from pipelines.contracts.validation import Validated, stage
from pipelines.paths import ROOT, DataFolder
from pipelines.sources import SOURCES
from pipelines.sources.source import Reading

DATA = ROOT / "data"
SHIPPED = ("disclosures", "prices", "reference", "corrections", "scenarios")
YAML_FILES = sorted(path for part in SHIPPED for path in (DATA / part).glob("*.yaml"))
CSV_FILES = sorted(path for part in SHIPPED for path in (DATA / part).glob("*.csv"))

UNLICENSED = re.compile(r"none seen|not stated|site terms")
SINGLE_FACTS = {"src_statista": 2, "src_qery": 1}
"""Rows of sources without a licence: facts, cited one by one. Anything more would be a copy of their table."""

NOT_FROM_A_DOCUMENT = {"memory"}
"""Sources that are no document: what they say has no page and is marked `unverified`."""


BROUGHT_IN = {
    table.name
    for source in SOURCES
    if source.is_optional and not any(path for pattern in source.files for path in DATA.glob(pattern))
    for table in source.tables
}
"""Tables of others that are not shipped."""

QUOTED = ("derivation", "licence_note", "locator", "note", "reasoning", "sku", "title", "url", "what_it_says")
"""Columns that hold a text as it was printed, and are never compared."""


@cache
def readings() -> dict[str, Reading]:
    return {source.name: source.read(DATA) for source in SOURCES}


@cache
def staged() -> dict[str, Validated]:
    raw = {name: frame for reading in readings().values() for name, frame in reading.raw.items()}
    return {table.name: stage(table, raw[table.name]) for table in STAGING}


def rows(name: str) -> pl.DataFrame:
    return staged()[f"staging.{name}"].rows


@cache
def citations() -> pl.DataFrame:
    """How often each table of facts cites each source."""
    cited = [
        frame.rows.select(pl.col(column).alias("source_id"), pl.lit(name).alias("table"))
        for name, frame in staged().items()
        if name not in ("staging.reference__sources", "staging.feed_list__feeds")
        for column in frame.rows.columns
        if column.endswith("source_id")
    ]
    return pl.concat(cited).drop_nulls().group_by("source_id", "table").len()


class TestFiles:
    def test_there_are_files(self) -> None:
        assert len(YAML_FILES) > 200
        assert len(CSV_FILES) == 15

    def test_every_file_is_plain_utf_8_with_unix_line_ends(self) -> None:
        faults = []
        for path in (*YAML_FILES, *CSV_FILES):
            content = path.read_bytes()
            content.decode("utf-8")
            if content.startswith(b"\xef\xbb\xbf") or b"\r" in content or not content.endswith(b"\n"):
                faults.append(path.name)
        assert faults == []

    def test_every_yaml_file_opens_with_its_schema(self) -> None:
        faults = []
        for path in YAML_FILES:
            first = path.read_text(encoding="utf-8").partition("\n")[0]
            found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
            if not found or not (path.parent / found[1]).is_file():
                faults.append(path.name)
        assert faults == []

    def test_nothing_lies_about_that_is_never_read(self) -> None:
        read = {path for source in SOURCES for pattern in source.files for path in DATA.glob(pattern)}
        here = {path for part in SHIPPED for path in (DATA / part).rglob("*") if path.is_file()}
        assert {path.name for path in here - read if not path.name.endswith(".schema.json")} == set()

    def test_no_word_that_is_compared_has_space_around_it(self) -> None:
        """`AWS ` would be another provider than `AWS`; what is only quoted stays as it was printed."""
        faults = []
        for reading in readings().values():
            for name, frame in reading.raw.items():
                compared = frame.select(pl.selectors.string() - pl.selectors.by_name(*QUOTED, require_all=False))
                spaced = compared.select(pl.all().str.strip_chars() != pl.all()).sum().row(0, named=True)
                faults += [f"{name}.{column}: {count}" for column, count in spaced.items() if count]
        assert faults == []


class TestRecords:
    def test_every_file_is_read(self) -> None:
        assert [reading.rejected.to_dicts() for reading in readings().values() if reading.rejected.height] == []

    @pytest.mark.parametrize("name", [table.name for table in STAGING if table.name not in BROUGHT_IN])
    def test_every_record_keeps_its_contract(self, name: str) -> None:
        assert staged()[name].rejected.to_dicts() == []
        assert staged()[name].rows.height > 0

    def test_no_feed_is_shipped_switched_on(self) -> None:
        feeds = rows("feed_list__feeds")
        assert feeds.height > 20
        assert not feeds["is_enabled"].any()

    def test_every_record_reaches_the_ledger(self, ledger_folder: DataFolder) -> None:
        with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
            assert connection.sql("from quality.rejected_rows").fetchall() == []
            assert (
                connection.sql("from quality.check_results where not has_passed and severity = 'ERROR'").fetchall()
                == []
            )

    def test_the_file_of_a_model_has_its_name(self) -> None:
        models = rows("disclosures__models").select("model_id", pl.col("file").str.extract(r"([^/]+)\.yaml$"))
        assert models.filter(pl.col("model_id") != pl.col("file")).rows() == []

    def test_a_phase_has_its_model_in_its_id(self) -> None:
        phases = rows("disclosures__training_phases").select("phase_id", "model_id")
        assert phases.filter(~pl.col("phase_id").str.starts_with(pl.col("model_id") + "__")).rows() == []

    def test_models_of_a_family_and_phases_of_a_claim_exist(self) -> None:
        models, phases = rows("disclosures__models"), rows("disclosures__training_phases")
        assert set(models["covers_models"].explode().drop_nulls()) <= set(models["model_id"])
        covered = rows("corrections__cost_claims")["covers_phase_ids"].explode().drop_nulls()
        assert set(covered) <= set(phases["phase_id"])

    def test_hardware_named_by_maps_and_proxies_exists(self) -> None:
        known = set(rows("reference__hardware")["hardware_id"])
        proxies = rows("reference__price_proxies")
        named = {*rows("reference__accelerator_map")["hardware_id"].drop_nulls(), *proxies["hardware_id"]}
        assert {*named, *proxies["price_proxy_hardware_id"]} <= known

    def test_every_price_has_a_label_the_map_knows(self) -> None:
        label = ["accelerator", "accelerator_memory_gb", "form_factor"]
        known = rows("reference__accelerator_map").select(label)
        quoted = pl.concat([rows(f"prices__{name}_quotes").select(label) for name in ("rental", "purchase")])
        assert quoted.join(known, on=label, how="anti", nulls_equal=True).unique().rows() == []


class TestProvenance:
    def test_every_feed_names_a_source(self) -> None:
        assert set(rows("feed_list__feeds")["source_id"]) <= set(rows("reference__sources")["source_id"])

    def test_every_seller_of_a_feed_has_the_one_name_of_its_company(self) -> None:
        names = dict(rows("reference__provider_map").select("provider_as_published", "provider").iter_rows())
        sellers = set(rows("feed_list__feeds")["provider"].drop_nulls())
        assert {names.get(seller, seller) for seller in sellers} <= set(names.values())

    def test_every_source_that_is_named_exists(self) -> None:
        assert set(citations()["source_id"]) <= set(rows("reference__sources")["source_id"])

    def test_every_source_is_cited_or_a_source_of_prices(self) -> None:
        sources = rows("reference__sources").filter(~pl.col("source_id").is_in(citations()["source_id"].implode()))
        assert sources.filter(pl.col("used_in").is_null())["source_id"].to_list() == []

    def test_every_source_says_on_what_ground_it_is_used(self) -> None:
        sources = rows("reference__sources")
        assert sources.filter(pl.col("licence").str.strip_chars() == "")["source_id"].to_list() == []
        no_document = pl.col("source_id").is_in([*NOT_FROM_A_DOCUMENT, "src_own_quotes"]) | (pl.col("kind") == "method")
        document = sources.filter(~no_document)
        assert document.filter(pl.col("url").is_null())["source_id"].to_list() == []

    def test_sources_without_a_licence_have_no_rows_but_single_facts(self) -> None:
        unlicensed = rows("reference__sources").filter(pl.col("licence").str.contains(UNLICENSED.pattern))
        found = citations().join(unlicensed, on="source_id", how="semi").group_by("source_id").agg(pl.col("len").sum())
        assert dict(found.rows()) == SINGLE_FACTS

    def test_every_disclosed_number_can_be_looked_up(self) -> None:
        own = rows("reference__sources").select("source_id", pl.col("locator").alias("source_locator"))
        numbers = rows("disclosures__disclosed_quantities").join(own, on="source_id", how="left")
        lost = numbers.filter(pl.coalesce("locator", "source_locator").is_null())
        assert set(lost["source_id"]) <= NOT_FROM_A_DOCUMENT

    def test_every_disclosed_number_has_a_value(self) -> None:
        numbers = rows("disclosures__disclosed_quantities")
        values = pl.any_horizontal(pl.col("value", "value_low", "value_high").is_not_null())
        assert numbers.filter(~values).select("phase_id", "quantity").rows() == []

    def test_what_was_checked_nowhere_says_so(self) -> None:
        for name, frame in staged().items():
            if "confidence" in frame.rows.columns and "source_id" in frame.rows.columns:
                remembered = frame.rows.filter(pl.col("source_id").is_in(NOT_FROM_A_DOCUMENT))
                assert set(remembered["confidence"]) <= {"unverified"}, name

    def test_every_quote_can_be_looked_up(self) -> None:
        for name in ("rental", "purchase"):
            quotes = rows(f"prices__{name}_quotes")
            assert quotes.filter(pl.coalesce("locator", "url").is_null())["quote_id"].to_list() == []
