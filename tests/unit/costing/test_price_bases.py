"""Each price basis: which price a run is given, and what is said of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.contracts.vocabulary import PRICE_BASIS
from pipelines.costing.price_bases import PRICE_BASES
from tests.unit.costing.builders import AS_OF, STARTED, Row, TinyLedger, chip, market, offer, phase, rental

NEXT_DAY = STARTED + timedelta(days=1)
LONG_AFTER = date(2029, 1, 1)


def priced(price_basis: str, *quotes: Row, disclosed: Row | None = None, **given: Any) -> Row:
    """The phase cost of one run on one basis."""
    run = disclosed or phase(hours=100, gpu_count=8)
    return TinyLedger(phases=[run], quotes=quotes, **given).phase_cost(run["phase_id"], price_basis)


def test_every_word_for_a_basis_has_a_module_and_the_reverse() -> None:
    assert list(PRICE_BASES) == list(PRICE_BASIS)
    assert all(basis.name == name for name, basis in PRICE_BASES.items())


class TestDisclosed:
    def test_is_the_developers_own_price_whatever_the_market_says(self) -> None:
        row = priced("disclosed", *market(9), disclosed=phase(hours=45960, stated_price="2.00"))
        assert row["cost_mid_usd"] == 91920
        assert (row["cost_low_usd"], row["cost_high_usd"]) == (91920, 91920)
        assert row["unit_price_usd_per_gpu_hour"] == 2
        assert row["quote_id"] is None

    def test_is_absent_where_none_is_stated(self) -> None:
        row = priced("disclosed", *market(9))
        assert row["cost_mid_usd"] is None
        assert row["cost_missing_reason"] == "no_price"

    def test_names_the_document_the_price_stands_in(self) -> None:
        stated = phase(hours=1, stated_price=2, stated_price_source_id="price-page")
        assert priced("disclosed", disclosed=stated)["price_source_id"] == "price-page"
        assert priced("disclosed", disclosed=phase(hours=1, stated_price=2))["price_source_id"] == "report"

    def test_does_not_depend_on_an_assumed_start(self) -> None:
        assert priced("disclosed", disclosed=phase(hours=1, stated_price=2, started_on=None))["flags"] == []

    def test_a_range_of_hours_is_a_range_of_cost(self) -> None:
        row = priced("disclosed", disclosed=phase(low=100, high=400, stated_price=2))
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (200, 400, 800)

    def test_is_never_taken_from_a_quote_that_an_author_assumed(self) -> None:
        assumed = rental(2, pricing_category="assumed")
        assert priced("disclosed", assumed)["cost_missing_reason"] == "no_price"


class TestRental:
    def test_is_the_market_price_on_the_day_the_run_started(self) -> None:
        row = priced("rental", *market(3, STARTED - timedelta(days=40)), *market(4, STARTED), *market(9, NEXT_DAY))
        assert row["cost_mid_usd"] == 400
        assert row["price_observed_on"] == STARTED == row["started_on"]
        assert row["price_quote_count"] == 3

    def test_has_no_price_where_every_quote_is_later(self) -> None:
        row = priced("rental", *market(4, NEXT_DAY))
        assert row["cost_mid_usd"] is None
        assert row["cost_missing_reason"] == "no_price"
        assert row["price_observed_on"] is None

    def test_two_runs_on_one_chip_have_each_their_own_day(self) -> None:
        tiny = TinyLedger(
            phases=[phase(hours=10), phase(hours=10, phase="sft", started_on=NEXT_DAY)],
            quotes=[*market(3), *market(5, NEXT_DAY)],
        )
        assert tiny.phase_cost()["cost_mid_usd"] == 30
        assert tiny.phase_cost("model__sft")["cost_mid_usd"] == 50

    def test_each_phase_is_priced_on_its_own_chip(self) -> None:
        tiny = TinyLedger(
            phases=[phase(hours="65.6"), phase(hours="214.4", phase="sft", hardware_id="small")],
            hardware=[chip(), chip("small")],
            quotes=[*market(4), *market(1, hardware_id="small")],
        )
        assert tiny.phase_cost()["cost_mid_usd"] == Decimal("262.40")
        assert tiny.phase_cost("model__sft")["cost_mid_usd"] == Decimal("214.40")

    def test_the_spread_of_the_market_is_an_interval_around_a_point(self) -> None:
        row = priced("rental", *(rental(price, provider=f"P{price}") for price in (2, 4, 9)))
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (200, 400, 900)

    def test_an_assumed_start_is_flagged(self) -> None:
        row = priced("rental", *market(4), disclosed=phase(hours=100, started_on=None))
        assert {"assumed_start", "assumed_run_time"} <= set(row["flags"])

    def test_needs_to_know_the_hardware(self) -> None:
        row = priced("rental", *market(4), disclosed=phase(hours=100, hardware_id=None))
        assert row["cost_missing_reason"] == "no_price"

    def test_says_so_when_a_proxy_lends_its_price(self) -> None:
        twins = (chip(price_proxy_hardware_id="twin"), chip("twin"))
        assert priced("rental", *market(4, hardware_id="twin"), hardware=twins)["flags"] == ["proxy_price"]


class TestCommitments:
    TERMS = (
        ("rental_spot", "spot"),
        ("rental_1y", "reserved_1y"),
        ("rental_1y", "committed_1y"),
        ("rental_3y", "reserved_3y"),
        ("rental_3y", "committed_3y"),
    )

    @pytest.mark.parametrize(("price_basis", "category"), TERMS)
    def test_is_the_market_rule_on_quotes_of_those_terms_alone(self, price_basis: str, category: str) -> None:
        quotes = [*market(9), rental(2, pricing_category=category), rental(7, pricing_category="marketplace")]
        row = priced(price_basis, *quotes)
        assert row["cost_mid_usd"] == 200
        assert row["flags"] == ["thin_price"]
        assert priced("rental", *quotes)["cost_mid_usd"] == 900

    @pytest.mark.parametrize(("price_basis", "category"), TERMS)
    def test_has_no_price_where_every_quote_is_later_or_on_other_terms(self, price_basis: str, category: str) -> None:
        later = rental(2, NEXT_DAY, pricing_category=category)
        row = priced(price_basis, *market(9), later, offer(30000))
        assert (row["cost_mid_usd"], row["cost_missing_reason"]) == (None, "no_price")

    @pytest.mark.parametrize(("price_basis", "category"), TERMS)
    def test_a_proxy_lends_its_price_on_those_terms(self, price_basis: str, category: str) -> None:
        twins = (chip(price_proxy_hardware_id="twin"), chip("twin"))
        lent = rental(3, hardware_id="twin", pricing_category=category)
        row = priced(price_basis, *market(9), lent, hardware=twins)
        assert row["cost_mid_usd"] == 300
        assert "proxy_price" in row["flags"]

    def test_twice_the_hours_cost_twice_as_much(self) -> None:
        for price_basis, category in self.TERMS:
            quote = rental("1.37", pricing_category=category)
            once = priced(price_basis, quote, disclosed=phase(hours=100))["cost_mid_usd"]
            assert priced(price_basis, quote, disclosed=phase(hours=200))["cost_mid_usd"] == 2 * once


class TestRentalNow:
    def test_is_the_market_price_on_the_day_of_the_release(self) -> None:
        quotes = [*market(4), *market(1, AS_OF), *market(9, AS_OF + timedelta(days=1))]
        assert priced("rental_now", *quotes)["cost_mid_usd"] == 100
        assert priced("rental", *quotes)["cost_mid_usd"] == 400

    def test_does_not_depend_on_the_start(self) -> None:
        row = priced("rental_now", *market(4), disclosed=phase(hours=100, started_on=None))
        assert row["flags"] == []

    def test_grows_stale_while_the_rental_of_the_start_does_not(self) -> None:
        assert priced("rental_now", *market(4), as_of=LONG_AFTER)["flags"] == ["stale_price", "thin_price"]
        assert priced("rental", *market(4), as_of=LONG_AFTER)["flags"] == []


class TestPurchase:
    def test_is_every_accelerator_at_the_price_of_one(self) -> None:
        row = priced("purchase", offer(30000))
        assert row["cost_mid_usd"] == 240_000
        assert row["unit_price_usd_per_gpu"] == 30000
        assert row["unit_price_usd_per_gpu_hour"] is None

    def test_runs_from_the_lowest_to_the_highest_offer_of_the_nearest_day(self) -> None:
        row = priced("purchase", offer(33800), offer(44750), disclosed=phase(hours=100, gpu_count=2048))
        assert row["cost_low_usd"] == pytest.approx(69_222_400)
        assert row["cost_high_usd"] == pytest.approx(91_648_000)
        assert row["unit_price_usd_per_gpu"] == Decimal("38891.52")  # the geometric mean
        assert row["price_quote_count"] == 2

    def test_takes_the_nearest_day_before_the_start(self) -> None:
        offers = [offer(1000 * age, STARTED - timedelta(days=age)) for age in (900, 30, 400)]
        row = priced("purchase", *offers)
        assert row["unit_price_usd_per_gpu"] == 30_000
        assert row["flags"] == []

    def test_takes_an_older_day_before_a_nearer_later_one(self) -> None:
        row = priced("purchase", offer(20000, STARTED - timedelta(days=900)), offer(50000, NEXT_DAY))
        assert row["unit_price_usd_per_gpu"] == 20_000
        assert row["flags"] == []

    def test_takes_the_day_of_the_start_itself(self) -> None:
        assert priced("purchase", offer(20000, STARTED), offer(10000))["unit_price_usd_per_gpu"] == 20_000

    def test_else_takes_the_earliest_later_day_and_says_so(self) -> None:
        row = priced("purchase", *(offer(1000 * days, STARTED + timedelta(days=days)) for days in (90, 7, 400)))
        assert row["unit_price_usd_per_gpu"] == 7000
        assert row["flags"] == ["later_price"]
        assert row["price_observed_on"] == STARTED + timedelta(days=7)

    def test_says_so_when_an_offer_is_an_estimate(self) -> None:
        assert priced("purchase", offer(5463, flags=["estimated_price"]))["flags"] == ["estimated_price"]

    @pytest.mark.parametrize("useless", [{"is_usable": False}, {"hardware_id": "other"}], ids=str)
    def test_never_takes_an_offer_that_may_not_be_used(self, useless: Row) -> None:
        assert priced("purchase", {**offer(24902), **useless})["cost_missing_reason"] == "no_price"

    def test_takes_no_proxys_price(self) -> None:
        twins = (chip(price_proxy_hardware_id="twin"), chip("twin"))
        row = priced("purchase", offer(30000, hardware_id="twin"), hardware=twins)
        assert row["cost_missing_reason"] == "no_price"

    def test_needs_to_know_how_many(self) -> None:
        row = priced("purchase", offer(30000), disclosed=phase(hours=100))
        assert row["cost_mid_usd"] is None
        assert row["cost_missing_reason"] == "gpu_count_not_disclosed"

    def test_needs_no_hours(self) -> None:
        row = priced("purchase", offer(30000), disclosed=phase(gpu_count=16))
        assert (row["gpu_hours"], row["cost_mid_usd"]) == (None, 480_000)

    def test_does_not_buy_what_is_only_context(self) -> None:
        row = priced("purchase", offer(30000), disclosed=phase(gpu_count=440, row_role="context_only"))
        assert row["cost_mid_usd"] is None
        assert row["cost_missing_reason"] == "only_context"
        rented = priced("rental", *market(4), disclosed=phase(gpu_count=440, row_role="context_only"))
        assert rented["cost_missing_reason"] == "hours_not_disclosed"

    def test_is_not_renting(self) -> None:
        assert priced("purchase", *market(4))["cost_missing_reason"] == "no_price"
        assert priced("rental", offer(30000))["cost_missing_reason"] == "no_price"
