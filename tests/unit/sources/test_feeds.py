"""The logs of live feeds: what is read of them, what is set aside, and what makes a build necessary."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.table import TABLES
from pipelines.contracts.validation import stage
from pipelines.fingerprint import source_fingerprint
from pipelines.paths import DataFolder
from pipelines.sources import feeds
from pipelines.sources.source import Reading
from tests.unit.sources.files import write

EVENTS, RATES, READS = "staging.feeds__price_events", "staging.feeds__exchange_rates", "staging.feeds__reads"
HOME = "snapshots/lambda"
ORIGIN = "url: https://prices.test/vms.csv\nlicence: facts\nsource_id: src_skypilot\nformat: skypilot\n"
LOG = """\
series_id,event,recorded_at,observed_on,price_as_published,provider,accelerator,pricing_category,price_scope,currency,\
unit_as_published,list_unit_price_usd_per_gpu_hour,flags,snapshot,line
lambda|H100,price,2026-01-02T03:04:05Z,2026-01-02,2.99,lambda,H100,on_demand,instance,USD,hour,2.99,,2026-01-02T03-04-05Z,7
lambda|H100,gone,2026-02-02T03:04:05Z,2026-02-02,,lambda,H100,on_demand,instance,USD,hour,,a;b,2026-02-02T03-04-05Z,
"""
READS_LOG = """\
read_at,status,http_status,sha256,snapshot,row_count,believed_count,set_aside_count,held_count,message
2026-01-02T03:04:05Z,changed,200,abc,2026-01-02T03-04-05Z,9,8,1,0,
2026-01-03T03:04:05Z,not_modified,304,,,,,,,
2026-01-04T03:04:05Z,failed,,,,,,,,no answer
"""
SET_ASIDE = """\
line,column,value,check,reason,held,provider,accelerator
9,price,-1,not_positive,the price is below zero,no,lambda,H100
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one feed."""
    for name, text in (
        ("origin.yaml", ORIGIN),
        ("log.csv", LOG),
        ("reads.csv", READS_LOG),
        ("set_aside.csv", SET_ASIDE),
    ):
        write(tmp_path, f"{HOME}/{name}", text)
    return tmp_path


def staged(reading: Reading, table: str) -> list[dict[str, object]]:
    result = stage(TABLES[table], reading.raw[table])
    assert result.rejected.to_dicts() == []
    return result.rows.to_dicts()


class TestRead:
    def test_an_event_has_its_feed_its_source_and_an_id_of_feed_line_and_moment(self, folder: Path) -> None:
        first, last = staged(feeds.read(folder), EVENTS)
        assert (first["feed_id"], first["source_id"], first["confidence"]) == ("lambda", "src_skypilot", "secondary")
        assert first["url"] == "https://prices.test/vms.csv"
        assert (first["snapshot"], first["snapshot_line"]) == ("2026-01-02T03-04-05Z", "7")
        assert (first["file"], first["line"], last["line"]) == (f"{HOME}/log.csv", 2, 3)
        feed, series, moment = str(first["event_id"]).split("/")
        assert (feed, len(series), moment) == ("lambda", 12, "2026-01-02T03-04-05Z")
        assert str(last["event_id"]).split("/")[1] == series
        assert (last["event"], last["flags"]) == ("gone", ["a", "b"])

    def test_every_read_is_a_row_also_one_that_failed(self, folder: Path) -> None:
        statuses = [row["status"] for row in staged(feeds.read(folder), READS)]
        assert statuses == ["changed", "not_modified", "failed"]

    def test_what_was_set_aside_keeps_the_reason_it_was_given(self, folder: Path) -> None:
        [row] = feeds.read(folder).rejected.to_dicts()
        assert (row["file"], row["line"], row["column_name"], row["value"]) == (
            f"{HOME}/set_aside.csv",
            2,
            "price",
            "-1",
        )
        assert (row["check_name"], row["reason"]) == ("not_positive", "the price is below zero")
        assert row["table_name"] == EVENTS

    def test_the_columns_of_a_log_tell_its_kind(self, folder: Path) -> None:
        write(
            folder, f"{HOME}/log.csv",
            "observed_on,base_currency,quote_currency,rate,recorded_at,snapshot,line\n"
            "2026-01-01,EUR,USD,1.1,2026-01-02T03:04:05Z,x,1\n",
        )  # fmt: skip
        reading = feeds.read(folder)
        assert staged(reading, RATES)[0]["rate"] == 1.1
        assert reading.raw[EVENTS].is_empty()

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("origin.yaml", None, "origin.yaml beside it"),
            ("log.csv", "", "the file is empty"),
            ("log.csv", LOG.replace("provider,", "seller,"), "unknown column 'seller'"),
            ("reads.csv", "", "the file is empty"),
            ("set_aside.csv", "", "the file is empty"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_set_aside_alone(
        self, folder: Path, name: str, content: str | None, told: str
    ) -> None:
        path = folder / HOME / name
        path.unlink() if content is None else path.write_text(content, encoding="utf-8")
        reading = feeds.read(folder)
        assert any(told in reason for reason in reading.rejected["reason"])
        assert reading.raw[READS].height == (0 if name == "reads.csv" else 3)

    def test_a_moment_that_is_none_sets_the_row_aside(self, folder: Path) -> None:
        write(folder, f"{HOME}/log.csv", LOG.replace("2026-01-02T03:04:05Z", "yesterday"))
        result = stage(TABLES[EVENTS], feeds.read(folder).raw[EVENTS])
        assert result.rows.height == 1
        assert "a UTC time as" in result.rejected["reason"][0]


class TestFingerprint:
    """A poll that changed nothing is no reason to compute anything again on the same day."""

    def fingerprint(self, folder: Path) -> str:
        return source_fingerprint(DataFolder(folder), feeds.SOURCE)

    def test_another_read_of_the_same_day_changes_nothing(self, folder: Path) -> None:
        before = self.fingerprint(folder)
        write(folder, f"{HOME}/reads.csv", READS_LOG + "2026-01-03T23:00:00Z,equal,200,,,,,,,\n")
        assert self.fingerprint(folder) == before

    def test_nor_does_one_that_was_not_good_on_another(self, folder: Path) -> None:
        before = self.fingerprint(folder)
        write(folder, f"{HOME}/reads.csv", READS_LOG + "2026-02-03T23:00:00Z,refused,200,,,,,,,\n")
        assert self.fingerprint(folder) == before

    def test_nor_do_the_stored_bytes(self, folder: Path) -> None:
        before = self.fingerprint(folder)
        write(folder, f"{HOME}/2026-01-02T03-04-05Z/lambda.csv", "x")
        assert self.fingerprint(folder) == before

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("reads.csv", READS_LOG + "2026-01-04T23:00:00Z,equal,200,,,,,,,\n"),
            ("log.csv", LOG.replace("2.99", "3.99")),
            ("set_aside.csv", SET_ASIDE.replace("-1", "-2")),
            ("origin.yaml", ORIGIN.replace("skypilot", "other")),
        ],
    )
    def test_a_good_read_on_a_later_day_and_every_other_file_count(self, folder: Path, name: str, text: str) -> None:
        before = self.fingerprint(folder)
        write(folder, f"{HOME}/{name}", text)
        assert self.fingerprint(folder) != before
