"""From published prices to quotes a cost may be based on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import core, feeds, inputs, quote_inputs
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing.quotes import price_quotes
from tests.unit.costing.builders import (
    PLACE,
    PRICED_ON,
    Row,
    frame,
    label,
    published_offer,
    published_rental,
    row_of,
    spelling,
)


def quotes_of(
    rentals: Sequence[Row] = (),
    offers: Sequence[Row] = (),
    labels: Sequence[Row] = (label("chip"),),
    spellings: Sequence[Row] = (),
    events: Sequence[Row] = (),
    reads: Sequence[Row] = (),
) -> pl.DataFrame:
    """core.price_quotes, checked against its contract."""
    given = (
        (quote_inputs.StagedRentalQuotes, rentals),
        (quote_inputs.StagedPurchaseQuotes, offers),
        (inputs.StagedAcceleratorMap, labels),
        (inputs.StagedProviderMap, spellings),
        (feeds.StagedPriceEvents, events),
        (feeds.StagedReads, reads),
    )
    frames = [require(table_of(contract), frame(contract, rows)) for contract, rows in given]
    quotes = price_quotes(*frames, as_of=date(2026, 11, 23))
    return require(table_of(core.PriceQuotes), quotes)


def quote_of(rental: Row, **given: Sequence[Row]) -> Row:
    """The quote made of one published rental price."""
    return quotes_of([rental], **given).row(0, named=True)


class TestUsable:
    @pytest.mark.parametrize("flag", ["press_estimate", "implied_not_stated"])
    def test_a_price_worked_out_from_a_claim_is_evidence_of_nothing(self, flag: str) -> None:
        quotes = quotes_of(
            [published_rental(2, flags=["lower_bound", flag])],
            [published_offer("24902.34", flags=["lower_bound", flag], is_estimate=True)],
        )
        assert quotes["is_usable"].to_list() == [False, False]

    def test_other_flags_leave_it_usable_and_are_kept(self) -> None:
        quote = quote_of(published_rental(2, flags=["used_market"]))
        assert quote["is_usable"]
        assert quote["flags"] == ["used_market"]

    def test_what_its_source_calls_wrong_stays_so(self) -> None:
        assert not quote_of(published_rental(2, is_usable=False))["is_usable"]

    def test_an_accelerator_the_map_does_not_know_cannot_be_used(self) -> None:
        quote = quote_of(published_rental(2, accelerator="B9000"))
        assert (quote["hardware_id"], quote["is_usable"]) == (None, False)

    def test_nor_can_one_the_ledger_has_no_hardware_for(self) -> None:
        assert not quote_of(published_rental(2), labels=[label(None)])["is_usable"]


class TestHardware:
    def test_is_found_by_name_memory_and_form_factor_together(self) -> None:
        labels = [label("sxm"), label("pcie", form_factor="PCIe"), label("small", memory="40")]
        assert quote_of(published_rental(2, form_factor="PCIe"), labels=labels)["hardware_id"] == "pcie"
        assert quote_of(published_rental(2, accelerator_memory_gb="40"), labels=labels)["hardware_id"] == "small"

    def test_is_found_where_memory_and_form_factor_are_not_published(self) -> None:
        bare = published_rental(2, accelerator_memory_gb=None, form_factor=None)
        assert quote_of(bare, labels=[label("chip", memory=None, form_factor=None)])["hardware_id"] == "chip"

    def test_is_not_guessed_where_the_label_says_less_than_the_map(self) -> None:
        bare = published_rental(2, accelerator_memory_gb=None, form_factor=None)
        assert quote_of(bare, labels=[label("chip")])["hardware_id"] is None


class TestProvider:
    def test_has_one_spelling_and_keeps_the_published_one(self) -> None:
        quote = quote_of(published_rental(2, provider="amazon"), spellings=[spelling("amazon", "AWS")])
        assert (quote["provider"], quote["provider_as_published"]) == ("AWS", "amazon")

    def test_keeps_its_spelling_where_the_map_has_none(self) -> None:
        assert quote_of(published_rental(2, provider="Voltage Park"))["provider"] == "Voltage Park"

    def test_of_an_offer_is_unnamed(self) -> None:
        assert quotes_of(offers=[published_offer(30000)])["provider"].to_list() == ["unnamed"]


class TestDate:
    def test_is_the_day_it_was_seen(self) -> None:
        quote = quote_of(published_rental(2, observed_not_after=date(2026, 1, 1)))
        assert quote["observed_on"] == PRICED_ON
        assert quote["flags"] == []
        assert quote["recorded_at"] == datetime(2024, 12, 1, tzinfo=UTC)

    def test_is_the_latest_possible_day_where_only_that_is_known(self) -> None:
        seen: Row = {
            "observed_on": None,
            "observed_not_before": date(2023, 1, 1),
            "observed_not_after": date(2024, 6, 1),
        }
        quote = quote_of(published_rental(2, **seen))
        assert quote["observed_on"] == date(2024, 6, 1)
        assert quote["flags"] == ["dated_by_latest_day"]


class TestTerms:
    @pytest.mark.parametrize(
        ("category", "commitment"),
        [("on_demand", None), ("spot", None), ("reserved_1y", "1y"), ("committed_3y", "3y"), ("marketplace", None)],
    )
    def test_name_the_length_of_a_commitment(self, category: str, commitment: str | None) -> None:
        quote = quote_of(published_rental(2, pricing_category=category))
        assert (quote["pricing_category"], quote["commitment"]) == (category, commitment)

    def test_of_an_offer_are_a_purchase_of_one_accelerator(self) -> None:
        quote = quotes_of(offers=[published_offer("33800.50")]).row(0, named=True)
        assert quote["pricing_category"] == "purchase"
        assert quote["list_unit_price_usd_per_gpu_hour"] is None
        assert str(quote["list_unit_price_usd_per_gpu"]) == quote["price_as_published"] == "33800.50"

    def test_of_an_estimate_say_so(self) -> None:
        assert quotes_of(offers=[published_offer(5463, is_estimate=True)])["flags"].to_list() == [["estimated_price"]]


class TestRepeated:
    """A purchase that a feed repeats of a document kept by hand is one fact."""

    def bought(self, price: str, **given: Any) -> Row:
        """A purchase as a feed of the same document has it."""
        offered = published_offer(price)
        at = datetime(2026, 1, 1, 12, tzinfo=UTC)
        row = {
            **{name: value for name, value in offered.items() if name not in ("quote_id", "observed_precision")},
            **PLACE,
            "event_id": f"feed/{price}",
            "feed_id": "feed",
            "series_id": "s",
            "event": "price",
            "recorded_at": at,
            "pricing_category": "purchase",
            "unit_as_published": "unit",
            "price_as_published": price,
            "snapshot": "2026-01-01T12-00-00Z",
            "snapshot_line": "7",
            "is_dated": True,
            **given,
        }
        names = table_of(feeds.StagedPriceEvents).dtypes
        return {name: value for name, value in row.items() if name in names}

    def test_counts_once_as_the_person_wrote_it_down(self) -> None:
        kept, said = published_offer("30000"), self.bought("30000")
        quotes = quotes_of(offers=[kept], events=[said])
        used = {row["quote_id"]: (row["is_usable"], row["flags"]) for row in quotes.iter_rows(named=True)}
        assert used == {kept["quote_id"]: (True, []), said["event_id"]: (False, ["kept_by_hand_too"])}

    @pytest.mark.parametrize(
        "other", [{"source_id": "other"}, {"observed_on": date(2024, 1, 2)}, {"list_unit_price_usd_per_gpu": 29999}]
    )
    def test_another_source_day_or_price_is_another_fact(self, other: Row) -> None:
        quotes = quotes_of(offers=[published_offer("30000")], events=[self.bought("30000", **other)])
        assert quotes["is_usable"].to_list() == [True, True]


class TestSeries:
    def test_is_shared_by_quotes_that_differ_in_day_and_price_only(self) -> None:
        quotes = quotes_of([published_rental(2), published_rental(3, observed_on=date(2025, 1, 1))])
        assert quotes["series_id"].n_unique() == 1
        assert quotes["observed_on"].is_sorted()

    @pytest.mark.parametrize("other", [{"region": "eu"}, {"sku": "p5"}, {"pricing_category": "spot"}], ids=str)
    def test_differs_where_seller_product_region_or_terms_do(self, other: Row) -> None:
        quotes = quotes_of([published_rental(2), published_rental(3, **other)])
        assert quotes["series_id"].n_unique() == 2

    def test_joins_spellings_of_one_company(self) -> None:
        rentals = [published_rental(2, provider="aws"), published_rental(3, provider="AWS")]
        assert quotes_of(rentals, spellings=[spelling("aws", "AWS")])["series_id"].n_unique() == 1


def test_every_published_price_is_one_quote() -> None:
    rentals = [published_rental(price, provider=name) for price in (1, 2, 3) for name in ("aws", "AWS", "Lambda")]
    offers = [published_offer(price) for price in (10, 20)]
    quotes = quotes_of(rentals, offers, spellings=[spelling("aws", "AWS"), spelling("AWS", "AWS")])
    assert sorted(quotes["quote_id"]) == sorted(row["quote_id"] for row in [*rentals, *offers])
    assert row_of(quotes, quote_id="rp-aws-1")["provider"] == "AWS"
