"""History in real builds: what was known when, from release to release, with feeds and corrections."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.contracts.table import TABLES
from pipelines.graph.build import build
from pipelines.paths import DataFolder
from pipelines.refresh import changed_since, newest_release
from pipelines.warehouse.release import ReleaseRefusedError
from pipelines.warehouse.store import as_contract
from tests.conftest import AS_OF
from tests.integration.test_build import break_release, published

pytestmark = pytest.mark.integration

QUOTES, PHASES = TABLES["core.price_quotes"], TABLES["history.training_phases"]
QUOTE = "rp00907"
"""The only quote behind DeepSeek-V3's rent."""

ORIGIN = "url: https://prices.test/vms.csv\nlicence: facts\nsource_id: src_skypilot\nformat: skypilot\n"
LOG_HEADER = (
    "series_id,event,recorded_at,observed_on,price_as_published,provider,sku,accelerator,accelerator_memory_gb,"
    "form_factor,pricing_category,price_scope,currency,unit_as_published,list_unit_price_usd_per_gpu_hour,flags,"
    "snapshot,line\n"
)


def rows(folder: DataFolder, query: str) -> list[tuple[object, ...]]:
    """Rows of a question to the published file."""
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.sql(query).fetchall()


def versions_of(folder: DataFolder, quote_id: str) -> list[dict[str, object]]:
    """Every version of a quote, oldest first."""
    found = published(folder, QUOTES).filter(pl.col("quote_id").str.split("@").list.first() == quote_id)
    return found.sort("recorded_at").to_dicts()


def edit(path: Path, pattern: str, replacement: str) -> None:
    """Replace what a pattern finds in a file, once."""
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count
    path.write_text(text, encoding="utf-8")


def write_feed(folder: DataFolder, *events: str, reads: list[str], feed_id: str = "lambda") -> None:
    """The logs of a feed; an event is `day, event, price, accelerator`."""
    home = folder.root / "snapshots" / feed_id
    home.mkdir(parents=True, exist_ok=True)
    (home / "origin.yaml").write_text(ORIGIN, encoding="utf-8")
    lines = []
    for written in events:
        day, event, price, accelerator = (part.strip() for part in written.split(","))
        lines.append(
            f"{feed_id}|{accelerator},{event},{day}T03:00:00Z,{day},{price},lambda,gpu_1x,{accelerator},80,SXM,on_demand,"
            f"instance,USD,hour,{price},,{day}T03-00-00Z,2\n"
        )
    (home / "log.csv").write_text(LOG_HEADER + "".join(lines), encoding="utf-8")
    header = "read_at,status,http_status,sha256,snapshot,row_count,believed_count,set_aside_count,held_count,message\n"
    text = "".join(f"{read.split()[0]}T03:00:00Z,{read.split()[1]},200,,,1,1,0,0,\n" for read in reads)
    (home / "reads.csv").write_text(header + text, encoding="utf-8")


class TestQuotes:
    def test_a_first_release_knows_them_since_they_were_observed(self, ledger_folder: DataFolder) -> None:
        quotes = published(ledger_folder, QUOTES)
        dated = quotes.filter(pl.col("observed_on").is_not_null())
        assert (dated["recorded_at"].dt.date() == dated["observed_on"]).all()
        assert quotes["superseded_at"].null_count() == quotes.height

    def test_a_correction_an_addition_and_a_withdrawal(self, ledger_copy: DataFolder) -> None:
        path = ledger_copy.root / "prices" / "rental_quotes.csv"
        before = datetime.now(UTC)
        edit(path, rf"^({QUOTE},.*?),3\.42,hour,USD,3\.42,", r"\1,3.52,hour,USD,3.52,")
        edit(path, r"^rp00002,", "rp00002-new,")
        build(ledger_copy, AS_OF)
        old, new = versions_of(ledger_copy, QUOTE)
        assert (old["quote_id"], old["is_usable"], old["has_been_usable"]) == (
            f"{QUOTE}@{new['recorded_at']:%Y-%m-%dT%H:%M:%S.%fZ}",
            False,
            True,
        )
        assert "superseded" in old["flags"]  # type: ignore[operator]  # a list
        assert (str(old["list_unit_price_usd_per_gpu_hour"]), str(new["list_unit_price_usd_per_gpu_hour"])) == (
            "3.420000",
            "3.520000",
        )
        assert old["recorded_at"] == datetime(2024, 8, 24, tzinfo=UTC)
        assert old["superseded_at"] == new["recorded_at"]
        assert before <= new["recorded_at"] <= datetime.now(UTC)  # type: ignore[operator]  # a time
        [gone], [added] = versions_of(ledger_copy, "rp00002"), versions_of(ledger_copy, "rp00002-new")
        assert "retracted" in gone["flags"]  # type: ignore[operator]  # a list
        assert gone["superseded_at"] == added["recorded_at"] == new["recorded_at"]
        assert rows(
            ledger_copy,
            "select unit_price_usd_per_gpu_hour::varchar from core.phase_costs "
            "where phase_id = 'deepseek-v3__pretraining' and price_basis = 'rental'",
        ) == [("3.520000",)]

    def test_history_goes_on_from_the_published_file_alone(self, ledger_copy: DataFolder) -> None:
        path = ledger_copy.root / "prices" / "rental_quotes.csv"
        edit(path, rf"^({QUOTE},.*?),3\.42,hour,USD,3\.42,", r"\1,3.52,hour,USD,3.52,")
        build(ledger_copy, AS_OF)
        first = versions_of(ledger_copy, QUOTE)
        ledger_copy.work.unlink()
        build(ledger_copy, AS_OF)
        assert versions_of(ledger_copy, QUOTE) == first
        edit(path, rf"^({QUOTE},.*?),3\.52,hour,USD,3\.52,", r"\1,3.42,hour,USD,3.42,")
        build(ledger_copy, AS_OF)
        third = versions_of(ledger_copy, QUOTE)
        assert [str(row["list_unit_price_usd_per_gpu_hour"]) for row in third] == ["3.420000", "3.520000", "3.420000"]
        assert third[0] == first[0]
        assert [row["superseded_at"] for row in third] == [third[1]["recorded_at"], third[2]["recorded_at"], None]

    def test_a_refused_release_leaves_history_as_it_was(self, ledger_copy: DataFolder) -> None:
        path = ledger_copy.root / "prices" / "rental_quotes.csv"
        good = (ledger_copy.root / "disclosures" / "deepseek-v3.yaml").read_text(encoding="utf-8")
        edit(path, rf"^({QUOTE},.*?),3\.42,hour,USD,3\.42,", r"\1,9.99,hour,USD,9.99,")
        break_release(ledger_copy)
        with pytest.raises(ReleaseRefusedError):
            build(ledger_copy, AS_OF)
        assert len(versions_of(ledger_copy, QUOTE)) == 1
        (ledger_copy.root / "disclosures" / "deepseek-v3.yaml").write_text(good, encoding="utf-8")
        edit(path, rf"^({QUOTE},.*?),9\.99,hour,USD,9\.99,", r"\1,3.42,hour,USD,3.42,")
        build(ledger_copy, AS_OF)
        [only] = versions_of(ledger_copy, QUOTE)
        assert only["recorded_at"] == datetime(2024, 8, 24, tzinfo=UTC)

    def test_a_release_of_an_older_version_is_where_history_begins(self, ledger_copy: DataFolder) -> None:
        """Files published before there were versions lack their columns and tables."""
        ledger_copy.ledger.chmod(0o644)
        with duckdb.connect(str(ledger_copy.ledger)) as connection:
            for column in ("last_seen_on", "has_been_usable", "feed_id"):
                connection.execute(f"alter table core.price_quotes drop column {column}")
            connection.execute("drop table history.training_phases")
        edit(
            ledger_copy.root / "prices" / "rental_quotes.csv",
            rf"^({QUOTE},.*?),3\.42,hour,USD,3\.42,",
            r"\1,3.52,hour,USD,3.52,",
        )
        build(ledger_copy, AS_OF)
        quotes = published(ledger_copy, QUOTES)
        assert quotes.filter(pl.col("superseded_at").is_not_null())["has_been_usable"].to_list() == [True]


class TestDisclosures:
    def test_a_corrected_phase_and_edge_keep_what_they_said(self, ledger_copy: DataFolder) -> None:
        path = ledger_copy.root / "disclosures" / "tulu-3-8b.yaml"
        edit(path, r"gpu_hours: \{value: 192\}", "gpu_hours: {value: 200}")
        edit(path, r"counts_in: cumulative", "counts_in: none")
        build(ledger_copy, AS_OF)
        [past] = published(ledger_copy, PHASES).to_dicts()
        assert (past["phase_id"], int(past["gpu_hours"])) == ("tulu-3-8b__sft", 192)
        assert past["recorded_at"] == datetime(2024, 11, 22, tzinfo=UTC)
        assert rows(ledger_copy, "select parent_model_id, counts_in, superseded_at from history.model_lineage") == [
            ("llama-3-1-8b", "cumulative", past["superseded_at"])
        ]
        edit(path, r"gpu_hours: \{value: 200\}", "gpu_hours: {value: 208}")
        build(ledger_copy, AS_OF)
        first, second = published(ledger_copy, PHASES).sort("superseded_at").to_dicts()
        assert first == past
        assert (int(second["gpu_hours"]), second["recorded_at"]) == (200, past["superseded_at"])

    def test_a_corrected_rate_keeps_what_it_said(self, ledger_copy: DataFolder) -> None:
        edit(
            ledger_copy.root / "prices" / "exchange_rates.csv",
            r"^2016-01-04,EUR,USD,1\.0898",
            "2016-01-04,EUR,USD,1.09",
        )
        build(ledger_copy, AS_OF)
        assert rows(ledger_copy, "select rate from history.exchange_rates") == [(1.0898,)]
        assert rows(
            ledger_copy,
            "select rate from core.exchange_rates where observed_on = '2016-01-04' and quote_currency = 'USD'",
        ) == [(1.09,)]


class TestReleases:
    def test_two_within_a_second_both_remain(self, ledger_copy: DataFolder) -> None:
        for _ in range(3):
            build(ledger_copy, AS_OF)
        releases = published(ledger_copy, TABLES["history.releases"]).sort("published_at")
        assert releases.height == 4
        assert releases["release_id"].n_unique() == releases["published_at"].n_unique() == 4

    def test_one_after_the_clock_was_set_back_is_still_the_newest(
        self, ledger_copy: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Earlier(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
                return datetime(2020, 1, 1, tzinfo=UTC)

        before = newest_release(ledger_copy)
        monkeypatch.setattr("pipelines.warehouse.release.datetime", Earlier)
        build(ledger_copy, AS_OF)
        after = newest_release(ledger_copy)
        assert after.published_at == before.published_at + timedelta(microseconds=1)
        assert after.release_id != before.release_id


class TestFeeds:
    def test_a_feed_prices_a_run_and_its_reads_are_told(self, data_copy: DataFolder) -> None:
        write_feed(
            data_copy,
            "2024-08-30, price, 1.11, H800",
            reads=["2024-08-30 changed", "2024-09-01 equal", "2024-09-03 failed", "2026-11-22 equal"],
        )
        edit(data_copy.root / "reference" / "accelerator_map.csv", r"\Z", "H800,80,SXM,h800,\n")
        build(data_copy, AS_OF)
        assert rows(data_copy, "select status, read_at::date::varchar from quality.feed_reads order by read_at") == [
            ("changed", "2024-08-30"),
            ("equal", "2024-09-01"),
            ("failed", "2024-09-03"),
            ("equal", "2026-11-22"),
        ]
        [(feed, seen, recorded)] = rows(
            data_copy,
            "select feed_id, last_seen_on, recorded_at from core.price_quotes where feed_id is not null",
        )
        assert (feed, seen, recorded) == ("lambda", date(2026, 11, 22), datetime(2024, 8, 30, 3, tzinfo=UTC))
        assert rows(
            data_copy,
            "select unit_price_usd_per_gpu_hour::varchar, price_observed_on, price_quote_count from core.phase_costs "
            "where phase_id = 'deepseek-v3__pretraining' and price_basis = 'rental'",
        ) == [("1.110000", date(2024, 9, 2), 2)]

    def test_an_accelerator_nobody_mapped_waits_outside(self, data_copy: DataFolder) -> None:
        write_feed(data_copy, "2026-08-30, price, 1.11, B9", reads=["2026-08-30 changed", "2026-09-30 refused"])
        build(data_copy, AS_OF)
        assert rows(data_copy, "select count(*) from core.price_quotes where feed_id is not null") == [(0,)]
        [(table, file, value, reason)] = rows(
            data_copy, "select table_name, file, value, reason from quality.rejected_rows"
        )
        assert (table, file, value) == ("core.price_quotes", "snapshots/lambda/log.csv", "B9")
        assert "data/reference/accelerator_map.csv" in str(reason)
        assert rows(data_copy, "select check_name from quality.check_results where not has_passed order by all") == [
            ("feed_reads__last_read_was_believed",),
            ("rejected_rows__nothing_is_set_aside",),
        ]

    def test_a_feed_that_is_taken_away_is_a_withdrawal(self, data_copy: DataFolder) -> None:
        write_feed(data_copy, "2026-08-30, price, 1.11, H100", reads=["2026-08-30 changed"])
        build(data_copy, AS_OF)
        for path in (data_copy.root / "snapshots" / "lambda").iterdir():
            path.unlink()
        build(data_copy, AS_OF)
        [(usable, flags)] = rows(data_copy, "select is_usable, flags from core.price_quotes where feed_id is not null")
        assert (usable, flags) == (False, ["retracted"])

    def test_a_poll_that_found_nothing_new_leaves_the_release_current(self, data_copy: DataFolder) -> None:
        write_feed(data_copy, "2026-08-30, price, 1.11, H100", reads=["2026-08-30 changed"])
        build(data_copy, AS_OF)
        release = newest_release(data_copy)
        reads = data_copy.root / "snapshots" / "lambda" / "reads.csv"
        with reads.open("a", encoding="utf-8") as file:
            file.write("2026-08-30T09:00:00Z,not_modified,304,,,,,,,\n")
        (data_copy.root / "snapshots" / "lambda" / "2026-08-30T09-00-00Z").mkdir()
        assert changed_since(data_copy, release) == []
        with reads.open("a", encoding="utf-8") as file:
            file.write("2026-08-31T09:00:00Z,not_modified,304,,,,,,,\n")
        assert changed_since(data_copy, release) == ["snapshots/lambda/reads.csv"]


def test_versions_hold_one_at_a_time(ledger_copy: DataFolder) -> None:
    """Over every quote and phase: versions follow each other without a gap in a row, and none overlaps another."""
    path = ledger_copy.root / "prices" / "rental_quotes.csv"
    for price in ("3.50", "3.60"):
        edit(path, rf"^({QUOTE},.*?),3\.\d+,hour,USD,3\.\d+,", rf"\1,{price},hour,USD,{price},")
        build(ledger_copy, AS_OF)
    with duckdb.connect(str(ledger_copy.ledger), read_only=True) as connection:
        quotes = as_contract(QUOTES, connection.sql("from core.price_quotes").pl())
    base = pl.col("quote_id").str.split("@").list.first()
    steps = quotes.sort("recorded_at").with_columns(pl.col("recorded_at").shift(-1).over(base).alias("next_at"))
    replaced = steps.filter(pl.col("superseded_at").is_not_null())
    assert replaced.height == 2
    assert (replaced["superseded_at"] == replaced["next_at"]).all()
