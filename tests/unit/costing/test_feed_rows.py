"""From the logs of feeds to prices with the days they were seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import core, feeds, inputs, quote_inputs, series
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import REJECTED, require
from pipelines.costing import feed_rows
from pipelines.costing.quotes import price_quotes, unmapped
from tests.unit.costing.builders import PLACE, SOURCED, Row, exact, frame, label, spelling


def at(day: int, hour: int = 12) -> datetime:
    """A moment of January 2026."""
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def event(day: int, price: str | None = "2", *, hour: int = 12, series: str = "s", **given: Any) -> Row:
    """A row of staging.feeds__price_events; without a price the line is gone."""
    return {
        **SOURCED,
        "event_id": f"lambda/{series}/{at(day, hour).isoformat()}",
        "feed_id": "lambda",
        "series_id": series,
        "event": "gone" if price is None else "price",
        "recorded_at": at(day, hour),
        "observed_on": date(2026, 1, day),
        "provider": "lambda labs",
        "accelerator": "H100",
        "accelerator_memory_gb": "80",
        "form_factor": "SXM5",
        "pricing_category": "on_demand",
        "price_scope": "instance",
        "currency": "USD",
        "unit_as_published": "hour",
        "price_as_published": price,
        "list_unit_price_usd_per_gpu_hour": exact(price),
        "flags": [],
        "snapshot": "2026-01-01T12-00-00Z",
        "snapshot_line": "7",
        "is_dated": False,
        **given,
    }


def read(day: int, status: str = "equal", hour: int = 12, feed_id: str = "lambda") -> Row:
    """A row of staging.feeds__reads."""
    return {**PLACE, "feed_id": feed_id, "read_at": at(day, hour), "status": status}


def quotes_of(events: list[Row], reads: list[Row], labels: tuple[Row, ...] = (label("h100"),)) -> list[Row]:
    """core.price_quotes of these events, checked against its contract, by time."""
    given = (
        (quote_inputs.StagedRentalQuotes, []),
        (quote_inputs.StagedPurchaseQuotes, []),
        (inputs.StagedAcceleratorMap, labels),
        (inputs.StagedProviderMap, [spelling("lambda labs", "Lambda")]),
        (feeds.StagedPriceEvents, events),
        (feeds.StagedReads, reads),
    )
    frames = [require(table_of(contract), frame(contract, rows)) for contract, rows in given]
    quotes = price_quotes(*frames, as_of=date(2026, 6, 1))
    return require(table_of(core.PriceQuotes), quotes).sort("recorded_at", "quote_id").to_dicts()


def days(row: Row) -> tuple[int, int | None, int | None]:
    """First day seen, last day seen, first day it no longer held."""
    last, end = row["last_seen_on"], row["effective_to"]
    return row["observed_on"].day, last and last.day, end and end.day


class TestDays:
    def test_of_an_open_line_end_with_the_last_good_read(self) -> None:
        reads = [read(1, "changed"), read(5), read(9, "not_modified"), read(11, "refused"), read(12, "failed")]
        assert [days(row) for row in quotes_of([event(1)], reads)] == [(1, 9, None)]

    def test_of_a_line_that_changed_end_with_the_last_good_read_before(self) -> None:
        reads = [read(1, "changed"), read(4), read(6, "failed"), read(7, "changed"), read(9)]
        rows = quotes_of([event(1), event(7, "3")], reads)
        assert [days(row) for row in rows] == [(1, 4, 7), (7, 9, None)]
        assert [row["price_as_published"] for row in rows] == ["2", "3"]

    def test_of_a_line_that_is_gone_end_too_and_no_price_is_made_of_it(self) -> None:
        rows = quotes_of([event(1), event(7, None)], [read(1), read(6), read(7), read(9)])
        assert [days(row) for row in rows] == [(1, 6, 7)]
        assert rows[0]["is_usable"]

    def test_of_a_line_that_came_back_begin_anew(self) -> None:
        rows = quotes_of([event(1), event(3, None), event(8)], [read(day) for day in (1, 2, 3, 8, 9)])
        assert [days(row) for row in rows] == [(1, 2, 3), (8, 9, None)]

    def test_of_feeds_and_lines_do_not_mix(self) -> None:
        events = [event(1), event(2, "5", series="t"), event(1, feed_id="other", event_id="o")]
        rows = quotes_of(events, [read(1), read(4), read(8, feed_id="other")])
        assert sorted(days(row) for row in rows) == [(1, 4, None), (1, 8, None), (2, 4, None)]

    def test_of_a_price_the_file_dates_itself_are_that_day_alone(self) -> None:
        events = [
            event(9, price, is_dated=True, observed_on=date(2026, 1, day), event_id=f"{day}")
            for day, price in ((2, "2"), (5, "3"))
        ]
        rows = quotes_of(events, [read(9), read(20)])
        assert sorted(days(row) for row in rows) == [(2, None, None), (5, None, None)]
        assert all(row["is_usable"] for row in rows)

    @pytest.mark.parametrize(("later", "flag"), [("3", "superseded"), (None, "retracted")])
    def test_of_a_price_the_file_dates_itself_hold_until_it_says_otherwise(self, later: str | None, flag: str) -> None:
        first = event(9, "2", is_dated=True, observed_on=date(2026, 1, 2), event_id="first")
        second = event(12, later, is_dated=True, observed_on=date(2026, 1, 2), event_id="second")
        rows = quotes_of([first, second], [read(9), read(12)])
        assert [(row["price_as_published"], row["is_usable"], row["flags"]) for row in rows] == [
            ("2", False, [flag]),
            *([("3", True, [])] if later else []),
        ]

    def test_of_a_price_announced_for_a_day_to_come_begin_on_that_day(self) -> None:
        announced = event(4, "3", effective_from=date(2026, 1, 8))
        rows = quotes_of([event(1), announced], [read(day) for day in (1, 4, 7, 12)])
        assert sorted(days(row) for row in rows) == [(1, 7, 8), (8, 12, None)]

    def test_of_one_that_was_taken_back_never_begin(self) -> None:
        announced = event(4, "3", effective_from=date(2026, 1, 8))
        taken_back = event(6, None, effective_from=date(2026, 1, 8))
        rows = quotes_of([event(1), announced, taken_back], [read(day) for day in (1, 4, 6, 12)])
        assert [days(row) for row in rows] == [(1, 12, None)]

    def test_without_a_record_of_reads_are_the_day_of_the_event(self) -> None:
        assert [days(row) for row in quotes_of([event(3)], [])] == [(3, 3, None)]

    def test_of_a_price_replaced_on_its_first_day_count_for_nothing(self) -> None:
        rows = quotes_of([event(1, "2", hour=6), event(1, "3", hour=18)], [read(1, hour=6), read(1, hour=18), read(2)])
        assert [(row["price_as_published"], row["is_usable"], row["flags"]) for row in rows] == [
            ("2", False, ["replaced_same_day"]),
            ("3", True, []),
        ]


class TestQuote:
    def test_that_nobody_asked_for_is_an_estimate(self) -> None:
        [row] = quotes_of([event(1, flags=["model_estimate_not_a_sale"])], [read(1)])
        assert row["flags"] == ["model_estimate_not_a_sale", "estimated_price"]

    def test_knows_its_feed_its_bytes_and_the_moment_it_was_read(self) -> None:
        [row] = quotes_of([event(3)], [read(3)])
        assert (row["feed_id"], row["series_id"], row["recorded_at"]) == ("lambda", "s", at(3))
        assert row["locator"] == "2026-01-01T12-00-00Z 7"
        assert (row["provider"], row["provider_as_published"]) == ("Lambda", "lambda labs")
        assert (row["hardware_id"], row["is_usable"], row["has_been_usable"]) == ("h100", True, True)

    @pytest.mark.parametrize(
        ("terms", "flags"),
        [({"host_included": "no"}, ["host_not_included"]), ({"list_unit_price_usd_per_gpu_hour": None}, [])],
        ids=["no host", "no price"],
    )
    def test_is_not_usable_without_the_machine_or_a_price(self, terms: Row, flags: list[str]) -> None:
        [row] = quotes_of([event(3, **terms)], [read(3)])
        assert (row["is_usable"], row["flags"]) == (False, flags)

    def test_of_a_label_the_ledger_leaves_out_is_kept_and_not_used(self) -> None:
        [row] = quotes_of([event(3)], [read(3)], (label(None),))
        assert (row["hardware_id"], row["is_usable"]) == (None, False)


class TestUnmapped:
    def split(self, events: list[Row], labels: tuple[Row, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
        found = unmapped(frame(feeds.StagedPriceEvents, events), frame(inputs.StagedAcceleratorMap, labels))
        return found.rows, found.rejected

    def test_labels_ask_for_a_row_of_the_map_once_each(self) -> None:
        new = [event(day, series=f"{day}", accelerator="B9", accelerator_memory_gb=None, line=day) for day in (2, 3)]
        rows, rejected = self.split([event(1), *new], (label("h100"),))
        assert rows["series_id"].to_list() == ["s"]
        [asked] = rejected.to_dicts()
        assert (asked["value"], asked["line"], asked["check_name"]) == ("B9", 2, "unmapped_accelerator")
        for part in ("data/reference/accelerator_map.csv", "'B9'", "'none'", "'SXM5'", "2 row"):
            assert part in asked["reason"]

    def test_nothing_is_asked_where_the_map_names_all(self) -> None:
        rows, rejected = self.split([event(1)], (label(None),))
        assert (rows.height, rejected.height, rejected.schema) == (1, 0, REJECTED.empty().schema)


def logged(day: int, **given: Any) -> Row:
    """What every row of a log has."""
    return {**SOURCED, "event_id": f"f/{day}/{sorted(given.items())}", "feed_id": "f", "recorded_at": at(day), **given}


KEPT_RATE: Row = {
    **SOURCED,
    "observed_on": date(2026, 1, 1),
    "base_currency": "EUR",
    "quote_currency": "USD",
    "rate": 1.1,
}


class TestOtherKinds:
    def rate(self, read_on: int, rate: float, day: int = 2) -> Row:
        return logged(read_on, observed_on=date(2026, 1, day), base_currency="EUR", quote_currency="USD", rate=rate)

    def test_a_rate_is_the_one_a_person_wrote_else_the_last_a_feed_gave(self) -> None:
        events = [self.rate(3, 1.2), self.rate(4, 1.3), self.rate(3, 9.9, day=1)]
        rows = feed_rows.with_feed_exchange_rates(
            frame(series.StagedExchangeRates, [KEPT_RATE]), frame(feeds.StagedFeedExchangeRates, events)
        )
        assert require(table_of(core.ExchangeRates), rows)["rate"].to_list() == [1.1, 1.3]

    def test_every_revision_of_an_index_is_a_vintage(self) -> None:
        month = {"series_id": "PPI", "observed_on": date(2025, 11, 1)}
        kept: Row = {
            **SOURCED, **month, "vintage_on": date(2026, 1, 1), "index_value": 100.0, "unit_as_published": "2000 = 100"
        }  # fmt: skip
        values = ((1, 100.5), (5, 101.0), (9, 102.0))
        events = [logged(day, index_value=value, **month) for day, value in values]
        rows = feed_rows.with_feed_price_index(
            frame(series.StagedPriceIndex, [kept]), frame(feeds.StagedFeedPriceIndex, events)
        )
        checked = require(table_of(core.PriceIndex), rows)
        assert checked.select(pl.col("vintage_on").dt.day(), "index_value").rows() == [
            (1, 100.0), (5, 101.0), (9, 102.0)
        ]  # fmt: skip

    def test_a_price_of_tokens_ends_where_the_next_begins(self) -> None:
        model = {"host": "h", "model_as_published": "m", "flags": []}
        events = [
            logged(day, event="price", observed_on=date(2026, 1, day), input_usd_per_million_tokens=price, **model)
            for day, price in ((1, 2.0), (6, 1.0))
        ]
        rows = feed_rows.with_feed_token_prices(
            frame(quote_inputs.StagedTokenPrices, []), frame(feeds.StagedFeedTokenPrices, events)
        )
        checked = require(table_of(core.TokenPrices), rows)
        assert checked["effective_to"].to_list() == [date(2026, 1, 6), None]
        assert checked["is_usable"].all()

    def test_every_price_of_electricity_a_feed_gave_is_kept_with_its_day(self) -> None:
        told = {
            "area": "US", "area_kind": "country", "period": "2025-11", "frequency": "monthly",
            "unit_as_published": "US cents per kWh", "sector": "industrial",
        }  # fmt: skip
        events = [logged(day, price=float(day), **told) for day in (1, 2)]
        rows = feed_rows.with_feed_electricity_prices(
            frame(series.StagedElectricityPrices, []), frame(feeds.StagedFeedElectricityPrices, events)
        )
        assert require(table_of(series.StagedElectricityPrices), rows)["vintage"].to_list() == [
            "2026-01-01",
            "2026-01-02",
        ]

    def test_without_feeds_the_kept_rows_are_handed_on_as_they_are(self) -> None:
        kept = frame(series.StagedExchangeRates, [KEPT_RATE])
        assert feed_rows.with_feed_exchange_rates(kept, frame(feeds.StagedFeedExchangeRates, [])) is kept
