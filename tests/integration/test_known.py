"""The ledger as it was known on a day: the command and the macros of the published file give the same figures."""

from __future__ import annotations

import json
import random
import re
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.costing import knowledge
from pipelines.graph.build import build
from pipelines.known import KnownLedger
from pipelines.paths import SQL, DataFolder
from pipelines.warehouse.answers import Ledger
from pipelines.warehouse.known import tables_of
from pipelines.warehouse.macros import macros
from tests.conftest import AS_OF
from tests.integration.test_history import QUOTE, edit, write_feed

pytestmark = pytest.mark.integration

BASES = ["disclosed", "rental", "rental_now"]
COMPARED = ["gpu_hours", "unpriced_gpu_hours", "cost_mid_usd", "cost_missing_reason", "is_lower_bound"]
FIRST, LAST = date(2016, 1, 1), AS_OF
RANDOM = random.Random(20261123)
DAYS = [FIRST + timedelta(days=RANDOM.randrange((LAST - FIRST).days)) for _ in range(8)]


def by_macro(folder: DataFolder, day: date) -> pl.DataFrame:
    """What the macro says, as any reader asks it."""
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        connection.execute("set timezone = 'Pacific/Auckland'")
        found = connection.sql(f"from core.model_costs_as_known_on(date '{day}')").pl()
    key = ["model_id", "scope", "price_basis"]
    return found.select(*key, *COMPARED).sort(key)


def by_command(folder: DataFolder, day: date) -> pl.DataFrame:
    """What the costing functions say."""
    with Ledger(folder.ledger) as ledger:
        tables = tables_of(ledger, knowledge.READS)
    found = knowledge.as_known_on(tables, day)["core.model_costs"]
    key = ["model_id", "scope", "price_basis"]
    return found.filter(pl.col("price_basis").is_in(BASES)).select(*key, *COMPARED).sort(key)


def ask(folder: DataFolder, *words: str, code: int = 0) -> Any:
    """The JSON answer of the command."""
    result = CliRunner().invoke(app, [*words, "--json", "--data", str(folder.root)])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if result.stdout else None


def cost(answer: Any, scope: str, basis: str) -> dict[str, Any]:
    """One cost of an answer."""
    [found] = [each for each in answer["costs"] if (each["scope"], each["price_basis"]) == (scope, basis)]
    return found


@pytest.fixture(scope="module")
def corrected(ledger_folder: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A ledger with a feed, whose quotes, phases and edges were corrected in a second release."""
    import shutil

    folder = DataFolder(tmp_path_factory.mktemp("corrected") / "data")
    shutil.copytree(ledger_folder.root, folder.root)
    write_feed(
        folder,
        "2024-08-30, price, 1.11, H100",
        "2024-12-30, price, 2.11, H100",
        "2025-12-30, gone, , H100",
        reads=[
            "2024-08-30 changed",
            "2024-10-01 equal",
            "2024-12-30 changed",
            "2025-09-30 equal",
            "2025-12-30 changed",
        ],
    )
    edit(
        folder.root / "prices" / "rental_quotes.csv",
        rf"^({QUOTE},.*?),3\.42,hour,USD,3\.42,",
        r"\1,3.52,hour,USD,3.52,",
    )
    edit(folder.root / "disclosures" / "tulu-3-8b.yaml", r"gpu_hours: \{value: 192\}", "gpu_hours: {value: 200}")
    edit(folder.root / "disclosures" / "tulu-3-8b.yaml", r"counts_in: cumulative", "counts_in: none")
    build(folder, AS_OF)
    return folder


@pytest.mark.parametrize("day", [*DAYS, LAST], ids=str)
def test_the_macro_and_the_command_agree(corrected: DataFolder, day: date) -> None:
    assert_frame_equal(by_macro(corrected, day), by_command(corrected, day), check_dtypes=False)


def test_today_without_a_correction_is_the_ledger(ledger_folder: DataFolder) -> None:
    """What is known by the day of the release is the release, where every source has a day."""
    with Ledger(ledger_folder.ledger) as ledger:
        published = tables_of(ledger, ("core.model_costs", *knowledge.READS))
    known = knowledge.as_known_on(published, AS_OF)["core.model_costs"]
    late = published["core.sources"].filter(pl.col("published_on") > AS_OF)
    assert late.is_empty()
    assert_frame_equal(known, published["core.model_costs"])


class TestCorrections:
    DAY_BEFORE = "2026-11-22"

    def test_a_corrected_quote_is_what_it_was(self, corrected: DataFolder) -> None:
        today = ask(corrected, "explain", "deepseek-v3", "--basis", "rental")
        then = ask(corrected, "explain", "deepseek-v3", "--basis", "rental", "--as-known-on", self.DAY_BEFORE)
        prices = {
            price["unit_price_usd_per_gpu_hour"]
            for answer in (today, then)
            for member in answer["members"]
            for phase in member["phases"]
            for price in phase["costs"]
        }
        assert (today["cost"]["cost_mid_usd"], then["cost"]["cost_mid_usd"]) == (9813760.0, 9534960.0)
        assert prices == {3.42, 3.52}
        assert then["as_known_on"] == self.DAY_BEFORE
        assert "as_known_on" not in today

    def test_a_corrected_phase_and_edge_are_what_they_were(self, corrected: DataFolder) -> None:
        then = ask(corrected, "show", "tulu-3-8b", "--as-known-on", self.DAY_BEFORE)
        today = ask(corrected, "show", "tulu-3-8b")
        own = [cost(answer, "own", "rental")["gpu_hours"] for answer in (then, today)]
        assert own[1] - own[0] == 8
        assert [answer["built_on"][0]["counts_in"] for answer in (then, today)] == ["cumulative", "none"]

    def test_how_long_a_feed_showed_a_price_is_cut_at_the_day(self, corrected: DataFolder) -> None:
        seen = {}
        for day in ("2024-09-15", "2024-11-15", "2025-01-15", "2025-11-15", "2026-06-01"):
            with duckdb.connect(str(corrected.ledger), read_only=True) as connection:
                found = connection.execute(
                    "select last_seen_on from core.price_quotes_as_known_on($1) where feed_id = 'lambda' "
                    "order by recorded_at",
                    [day],
                ).fetchall()
            with KnownLedger(corrected, date.fromisoformat(day)) as ledger:
                assert found == ledger.fetch(
                    "select last_seen_on from core.price_quotes where feed_id = 'lambda' order by recorded_at"
                )
            seen[day] = [str(row[0]) for row in found]
        assert seen == {
            "2024-09-15": ["2024-08-30"],
            "2024-11-15": ["2024-10-01"],
            "2025-01-15": ["2024-10-01", "2024-12-30"],
            "2025-11-15": ["2024-10-01", "2025-09-30"],
            "2026-06-01": ["2024-10-01", "2025-09-30"],
        }


class TestStory:
    """What the ledger's own sources had said of R1 by then."""

    def test_before_its_paper_the_hours_are_absent_with_a_reason(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "show", "deepseek-r1", "--as-known-on", "2025-03-01")
        own = [each for each in answer["costs"] if each["scope"] != "cumulative"]
        assert {each["cost_missing_reason"] for each in own} == {"hours_not_disclosed"}
        base = cost(answer, "cumulative", "disclosed")
        assert (base["cost_mid_usd"], base["is_lower_bound"]) == (5_576_000, True)

    def test_after_it_they_are_there(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "show", "deepseek-r1", "--as-known-on", "2025-09-17")
        assert cost(answer, "cumulative", "disclosed")["cost_mid_usd"] == 5870672.0

    def test_before_anything_was_known_there_is_a_reason(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "show", "deepseek-r1", "--as-known-on", "2019-01-01", code=1)
        assert answer["error"]["kind"] == "not_known_yet"
        assert "2025-01-20" in answer["error"]["message"]

    def test_a_model_nobody_knows_is_still_unknown(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "show", "deepsek-r1", "--as-known-on", "2025-09-17", code=1)
        assert answer["error"]["kind"] == "unknown_model"

    @pytest.mark.parametrize("day", ["2999-01-01", "yesterday"])
    def test_a_day_to_come_or_none_is_wrong_usage(self, ledger_folder: DataFolder, day: str) -> None:
        for verb in (("show", "deepseek-r1"), ("explain", "deepseek-r1"), ("compare", "deepseek-r1", "deepseek-v3")):
            ask(ledger_folder, *verb, "--as-known-on", day, code=2)

    def test_every_screen_says_what_it_is(self, ledger_folder: DataFolder) -> None:
        for verb in (["show", "deepseek-v3"], ["explain", "deepseek-v3"], ["compare", "deepseek-r1", "deepseek-v3"]):
            words = [*verb, "--as-known-on", "2025-10-01", "--data", str(ledger_folder.root)]
            printed = CliRunner().invoke(app, words)
            assert printed.exit_code == 0
            assert printed.stdout.startswith("As known on 2025-10-01\n")

    def test_models_side_by_side(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "compare", "deepseek-r1", "deepseek-v3", "--as-known-on", "2025-10-01")
        assert answer["as_known_on"] == "2025-10-01"
        assert [model["model_id"] for model in answer["models"]] == ["deepseek-r1", "deepseek-v3"]


class TestMacros:
    def test_every_file_is_a_macro_of_the_published_file_with_its_answer(self, ledger_folder: DataFolder) -> None:
        with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
            found = connection.sql(
                "select function_name, parameters, comment from duckdb_functions() "
                "where function_type = 'table_macro' and schema_name = 'core'"
            ).fetchall()
        assert sorted(found) == sorted((each.name, list(each.parameters), each.question) for each in macros())
        assert {each.name for each in macros()} == {path.stem for path in (SQL / "macros").glob("*.sql")}

    def test_the_dictionary_describes_them(self, ledger_folder: DataFolder) -> None:
        text = (ledger_folder.published / "DICTIONARY.md").read_text(encoding="utf-8")
        assert all(each.call in text for each in macros())

    @pytest.mark.parametrize("macro", macros(), ids=lambda macro: macro.name)
    def test_a_file_keeps_the_style(self, macro: Any) -> None:
        assert macro.question[0].isupper()
        assert macro.question.endswith(".")
        code = re.sub(r"'[^']*'|--[^\n]*", "", macro.query)
        assert not re.search(r"\b(SELECT|FROM|WHERE|JOIN|WITH|CASE|GROUP BY|ORDER BY)\b", code)
        assert all(len(line) <= 120 and line == line.rstrip() for line in macro.query.splitlines())

    def test_the_rent_of_a_day_is_that_of_the_phases_that_started_on_it(self, ledger_folder: DataFolder) -> None:
        with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
            [(hardware_id, price)] = connection.sql(
                "select hardware_id, unit_price_usd_per_gpu_hour from core.phase_costs "
                "where phase_id = 'deepseek-v3__pretraining' and price_basis = 'rental'"
            ).fetchall()
            found = connection.execute(
                "select unit_price_usd_per_gpu_hour from core.rental_prices_as_known_on('2024-09-02', $1) "
                "where hardware_id = $2",
                [AS_OF, hardware_id],
            ).fetchall()
        assert found == [(price,)]

    def test_they_answer_where_the_file_is_attached_and_in_use(self, ledger_folder: DataFolder) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{ledger_folder.ledger}' as costs (read_only)")
            connection.execute("use costs")
            assert connection.sql("select count(*) from core.model_costs_as_known_on('2025-01-01')").fetchall()

    def test_they_answer_through_the_command(self, ledger_folder: DataFolder) -> None:
        answer = ask(ledger_folder, "query", "select count(*) as n from core.models_as_known_on('2020-01-01')")
        assert 0 < answer["rows"][0]["n"] < 236


@pytest.mark.parametrize(("day", "hours"), [("2025-01-21", None), ("2025-03-01", 2_788_000), ("2025-10-01", 2_935_336)])
def test_r1_stands_on_v3_since_its_first_paper(ledger_folder: DataFolder, day: str, hours: float | None) -> None:
    """Of 22 January 2025; its own hours were told in September, so V3 is all of the cumulative cost until then."""
    page = ask(ledger_folder, "show", "deepseek-r1", "--as-known-on", day)
    [cost] = [cost for cost in page["costs"] if (cost["scope"], cost["price_basis"]) == ("cumulative", "disclosed")]
    assert cost["gpu_hours"] == hours
    assert ("deepseek-v3" in [edge["parent_model_id"] for edge in page["built_on"]]) is (hours is not None)
    macro = by_macro(ledger_folder, date.fromisoformat(day)).filter(
        model_id="deepseek-r1", scope="cumulative", price_basis="disclosed"
    )
    assert macro["gpu_hours"].to_list() == [hours]


@pytest.mark.parametrize(
    "words",
    [("show", "deepseek-r1", "--as-known-on", "2025-10-01"), ("whatif", "deepseek-v3", "--price", "h800=3")],
    ids=["as known", "what if"],
)
def test_a_ledger_of_an_older_version_asks_to_be_published_again(
    ledger_copy: DataFolder, words: tuple[str, ...]
) -> None:
    ledger_copy.ledger.chmod(0o644)
    with duckdb.connect(str(ledger_copy.ledger)) as connection:
        connection.execute("alter table core.method_constants drop column value_low")
    done = CliRunner().invoke(app, [*words, "--data", str(ledger_copy.root)])
    assert done.exit_code == 1
    assert "was published by another version of costledger" in done.output
    assert "costledger run --force" in done.output
