"""The market rule of METHODS 1.1: what an hour of an accelerator cost on a day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts import core
from pipelines.contracts.vocabulary import PRICING_CATEGORY
from pipelines.costing.constants import Constants
from pipelines.costing.market import market_prices
from tests.unit.costing.builders import METHOD, Row, chip, constants, frame, rental

DAY = date(2025, 1, 1)
FRESH, STALE = int(METHOD["fresh_quote_days"]), int(METHOD["stale_price_days"])


def days_before(days: int) -> date:
    """A day before `DAY`; a negative number is a day after it."""
    return DAY - timedelta(days=days)


def prices_of(*quotes: Row, hardware: tuple[Row, ...] = (chip(),)) -> list[Row]:
    """The market price of `chip` on `DAY`: one row, or none."""
    return (
        market_prices(
            pl.LazyFrame({"terms": ["on_demand"], "hardware_id": ["chip"], "priced_on": [DAY]}),
            frame(core.PriceQuotes, quotes).lazy(),
            frame(core.Hardware, hardware).lazy(),
            Constants(constants()),
        )
        .collect()
        .to_dicts()
    )


def price_of(*quotes: Row, hardware: tuple[Row, ...] = (chip(),)) -> Row:
    """The market price of `chip` on `DAY`, which must exist."""
    [price] = prices_of(*quotes, hardware=hardware)
    return price


def amount_of(*quotes: Row, hardware: tuple[Row, ...] = (chip(),)) -> Decimal:
    """That price in USD per GPU-hour."""
    return price_of(*quotes, hardware=hardware)["unit_price"]


class TestEachProvider:
    def test_the_newest_quote_counts_even_if_an_older_one_was_lower(self) -> None:
        assert amount_of(rental(1, days_before(100)), rental(3, days_before(10))) == 3

    def test_a_quote_of_the_day_itself_counts(self) -> None:
        assert amount_of(rental(3, days_before(10)), rental(5, DAY)) == 5

    def test_a_quote_of_the_day_after_never_counts(self) -> None:
        assert amount_of(rental(3, days_before(10)), rental(5, days_before(-1))) == 3

    def test_a_price_known_only_later_is_no_price(self) -> None:
        assert prices_of(rental(5, days_before(-1))) == []

    def test_the_lowest_region_of_the_newest_day_counts(self) -> None:
        quotes = [rental(price, days_before(10), region=f"region-{price}") for price in (7, 4, 9)]
        assert amount_of(*quotes) == 4

    def test_a_lower_region_of_an_older_day_does_not(self) -> None:
        assert amount_of(rental(2, days_before(11), region="old"), rental(4, days_before(10), region="new")) == 4

    def test_many_regions_are_one_provider(self) -> None:
        crowd = [rental(9, days_before(10), region=f"r{number}", quote_id=f"q{number}") for number in range(5)]
        price = price_of(*crowd, rental(1, provider="B"), rental(2, provider="C"))
        assert (price["unit_price"], price["price_quote_count"]) == (2, 3)


class TestAssumedPrices:
    """What stands in for another price, or is old, is at least as uncertain as a price usually is."""

    def test_of_a_stand_in_three_providers_are_no_narrower_than_one(self) -> None:
        quotes = [rental(price, provider=name, hardware_id="twin") for price, name in ((3, "A"), (4, "B"), (5, "C"))]
        price = price_of(*quotes, hardware=PROXIED)
        assert "proxy_price" in price["price_flags"]
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (2, 4, 8)

    def test_a_spread_that_is_wider_stays(self) -> None:
        quotes = [rental(price, provider=name, hardware_id="twin") for price, name in ((1, "A"), (4, "B"), (9, "C"))]
        price = price_of(*quotes, hardware=PROXIED)
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (1, 4, 9)

    def test_its_own_fresh_price_keeps_its_spread(self) -> None:
        price = price_of(*(rental(price, provider=name) for price, name in ((3, "A"), (4, "B"), (5, "C"))))
        assert (price["unit_price_low"], price["unit_price_high"]) == (3, 5)


class TestUnsold:
    """Accelerators that only their maker has, who rents them out, have a wider price of their own."""

    @staticmethod
    def price_with(*ids: str) -> Row:
        """The price of a lone provider where the wider width applies to these ids."""
        wider = {"price_width_low_ratio_unsold": 0.25, "price_width_high_ratio_unsold": 4.0}
        rows = pl.concat(
            constants()
            .head(1)
            .with_columns(
                pl.lit(name).alias("constant_id"),
                pl.lit(value).alias("value"),
                pl.lit(list(ids), pl.List(pl.String)).alias("applies_to"),
            )
            for name, value in wider.items()
        )
        [price] = (
            market_prices(
                pl.LazyFrame({"terms": ["on_demand"], "hardware_id": ["chip"], "priced_on": [DAY]}),
                frame(core.PriceQuotes, [rental(4)]).lazy(),
                frame(core.Hardware, (chip(),)).lazy(),
                Constants(pl.concat([constants(), rows])),
            )
            .collect()
            .to_dicts()
        )
        return price

    def test_its_price_is_sure_within_a_quarter_and_four_times(self) -> None:
        price = self.price_with("chip")
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (1, 4, 16)

    def test_another_keeps_the_usual_width(self) -> None:
        price = self.price_with("twin")
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (2, 4, 8)


class TestPanel:
    """When most of the providers seen in a year have no fresh price, the median is one of others: that is told."""

    @staticmethod
    def flags(fresh: int, *ages: int) -> list[str]:
        """Flags of a price of so many fresh providers, beside others whose quote is so old."""
        young = [rental(4 + number, days_before(1), provider=f"F{number}") for number in range(fresh)]
        old = [rental(2, days_before(age), provider=f"O{number}") for number, age in enumerate(ages)]
        return list(price_of(*young, *old)["price_flags"])

    @pytest.mark.parametrize(
        ("fresh", "others", "is_thinned"), [(3, 0, False), (3, 3, False), (3, 4, True), (4, 4, False), (4, 5, True)]
    )
    def test_it_is_thinned_when_fewer_than_half_are_left(self, fresh: int, others: int, is_thinned: bool) -> None:
        assert ("thinned_panel" in self.flags(fresh, *[FRESH + 1] * others)) is is_thinned

    def test_from_one_day_to_the_next(self) -> None:
        assert "thinned_panel" not in self.flags(3, *[FRESH] * 4)
        assert "thinned_panel" in self.flags(3, *[FRESH + 1] * 4)

    def test_the_interval_is_that_of_all_who_were_in_it(self) -> None:
        young = [rental(10 + number, days_before(1), provider=f"F{number}") for number in range(3)]
        old = [rental(2 + number, days_before(FRESH + 1), provider=f"O{number}") for number in range(4)]
        gone = rental(1, days_before(STALE + 1), provider="gone")
        price = price_of(*young, *old, gone)
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (2, 11, 12)
        price = price_of(*young, *old[:3], gone)  # of half of them it is their own
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (10, 11, 12)

    def test_also_where_one_alone_is_left(self) -> None:
        old = [rental(price, days_before(FRESH + 1), provider=f"O{price}") for price in (1, 90)]
        price = price_of(rental(10, days_before(1), provider="F"), *old)
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (1, 10, 90)

    def test_a_provider_not_seen_for_a_year_has_left_the_market(self) -> None:
        assert "thinned_panel" in self.flags(1, STALE, STALE)
        assert "thinned_panel" not in self.flags(1, STALE + 1, STALE + 1)


class TestMedian:
    @pytest.mark.parametrize(
        ("prices", "median"),
        [((4,), 4), ((4, 6), 4), ((6, 4, 5), 5), ((9, 1, 8, 2), 2), ((5, 1, 4, 2, 3), 3)],
    )
    def test_of_an_even_number_it_is_the_lower_one(self, prices: tuple[int, ...], median: int) -> None:
        assert amount_of(*(rental(price, provider=f"P{price}") for price in prices)) == median

    def test_the_row_names_the_quote_that_is_the_price(self) -> None:
        quotes = [
            rental(2, days_before(1), provider="A"),
            rental(4, days_before(70), provider="B", source_id="the-median"),
            rental(9, days_before(3), provider="C"),
        ]
        price = price_of(*quotes)
        assert price["quote_id"] == quotes[1]["quote_id"]
        assert price["price_source_id"] == "the-median"
        assert price["price_observed_on"] == days_before(70)

    def test_the_interval_is_the_spread_of_the_providers(self) -> None:
        price = price_of(*(rental(price, provider=f"P{price}") for price in (2, 4, 9)))
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (2, 4, 9)

    def test_a_lone_provider_has_the_usual_width_for_a_spread(self) -> None:
        price = price_of(rental(3))
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (Decimal("1.5"), 3, 6)

    def test_several_that_agree_have_no_spread(self) -> None:
        price = price_of(*(rental(3, provider=name) for name in "ABC"))
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (3, 3, 3)

    def test_two_are_no_surer_than_one(self) -> None:
        """The lower median of two is the lower: the spread alone would have nothing below it."""
        price = price_of(*(rental(price, provider=f"P{price}") for price in (3, 4)))
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (Decimal("1.5"), 3, 6)
        price = price_of(*(rental(price, provider=f"P{price}") for price in (3, 9)))
        assert (price["unit_price_low"], price["unit_price"], price["unit_price_high"]) == (Decimal("1.5"), 3, 9)

    def test_quotes_at_one_price_always_give_the_same_quote_id(self) -> None:
        quotes = [rental(3, provider=name, quote_id=name) for name in "CBA"]
        for ordered in (quotes, quotes[::-1]):
            price = price_of(*ordered)
            assert price["quote_id"] == "B"


class TestAge:
    def test_a_provider_is_fresh_for_180_days(self) -> None:
        old, young = rental(1, days_before(FRESH), provider="Old"), rental(5, days_before(1), provider="Young")
        price = price_of(old, young)
        assert (price["unit_price"], price["price_quote_count"]) == (1, 2)

    def test_after_that_it_leaves_the_median(self) -> None:
        old, young = rental(1, days_before(FRESH + 1), provider="Old"), rental(5, days_before(1), provider="Young")
        price = price_of(old, young)
        assert (price["unit_price"], price["price_quote_count"]) == (5, 1)

    def test_where_none_is_fresh_the_newest_older_quote_stands_alone(self) -> None:
        price = price_of(
            rental(1, days_before(FRESH + 20), provider="A"), rental(8, days_before(FRESH + 10), provider="B")
        )
        assert (price["unit_price"], price["price_quote_count"]) == (8, 1)

    def test_of_several_equally_old_ones_it_is_the_lowest(self) -> None:
        assert amount_of(*(rental(p, days_before(FRESH + 9), provider=f"P{p}") for p in (6, 4, 5))) == 4

    @pytest.mark.parametrize(("age", "is_stale"), [(STALE, False), (STALE + 1, True)])
    def test_it_is_stale_beyond_365_days(self, age: int, is_stale: bool) -> None:
        price = price_of(rental(4, days_before(age)))
        assert ("stale_price" in price["price_flags"]) is is_stale

    @pytest.mark.parametrize(("providers", "is_thin"), [("A", True), ("AB", True), ("ABC", False)])
    def test_it_is_thin_below_three_providers(self, providers: str, is_thin: bool) -> None:
        price = price_of(*(rental(4, provider=name) for name in providers))
        assert ("thin_price" in price["price_flags"]) is is_thin


class TestShown:
    """A price that a feed kept showing."""

    def test_every_day_for_400_days_is_not_stale(self) -> None:
        price = price_of(rental(4, days_before(400), last_seen_on=DAY))
        assert (price["price_observed_on"], price["price_flags"]) == (DAY, ["thin_price"])

    def test_and_since_then_no_more_grows_old(self) -> None:
        price = price_of(rental(4, days_before(900), last_seen_on=days_before(STALE + 1)))
        assert price["price_observed_on"] == days_before(STALE + 1)
        assert "stale_price" in price["price_flags"]

    def test_is_as_new_as_the_day_it_is_asked_for_and_never_newer(self) -> None:
        price = price_of(rental(4, days_before(10), last_seen_on=days_before(-300)))
        assert price["price_observed_on"] == DAY

    def test_only_after_the_day_is_no_price(self) -> None:
        assert prices_of(rental(4, days_before(-1), last_seen_on=days_before(-9))) == []

    def test_is_newer_than_one_written_down_in_between(self) -> None:
        assert amount_of(rental(4, days_before(90), last_seen_on=days_before(1)), rental(9, days_before(30))) == 4

    def test_longer_ago_gives_way_to_the_newer_one(self) -> None:
        old = rental(4, days_before(90), last_seen_on=days_before(31))
        assert amount_of(old, rental(9, days_before(30), last_seen_on=DAY)) == 9


class TestNeverEnters:
    @pytest.mark.parametrize("category", sorted(PRICING_CATEGORY.keys() - {"on_demand"}))
    def test_other_terms_than_on_demand(self, category: str) -> None:
        assert prices_of(rental(1, pricing_category=category)) == []
        assert amount_of(rental(1, pricing_category=category), rental(3, provider="B")) == 3

    @pytest.mark.parametrize(
        "fault",
        [
            {"is_usable": False},
            {"observed_on": None},
            {"list_unit_price_usd_per_gpu_hour": None},
            {"hardware_id": None},
            {"hardware_id": "other"},
        ],
        ids=lambda fault: next(iter(fault)),
    )
    def test_a_quote_that_is_not_a_usable_dated_price_of_this_hardware(self, fault: Row) -> None:
        assert prices_of({**rental(1), **fault}) == []
        assert amount_of({**rental(1), **fault}, rental(3, provider="B")) == 3


PROXIED = (chip(price_proxy_hardware_id="twin"), chip("twin"))


class TestProxy:
    def test_prices_hardware_without_any_quote_and_says_so(self) -> None:
        price = price_of(rental(3, hardware_id="twin"), hardware=PROXIED)
        assert price["unit_price"] == 3
        assert "proxy_price" in price["price_flags"]

    def test_is_not_asked_where_one_old_lone_quote_of_its_own_exists(self) -> None:
        crowd = [rental(3, hardware_id="twin", provider=name) for name in "ABC"]
        price = price_of(rental(7, days_before(900)), *crowd, hardware=PROXIED)
        assert price["unit_price"] == 7
        assert price["price_flags"] == ["stale_price", "thin_price"]

    @pytest.mark.parametrize("useless", [{"is_usable": False}, {"pricing_category": "spot"}], ids=str)
    def test_is_asked_where_the_only_quotes_of_its_own_may_not_be_used(self, useless: Row) -> None:
        assert amount_of(rental(7, **useless), rental(3, hardware_id="twin"), hardware=PROXIED) == 3

    def test_never_lends_a_later_price(self) -> None:
        assert prices_of(rental(3, days_before(-1), hardware_id="twin"), hardware=PROXIED) == []

    def test_does_not_pass_the_question_on(self) -> None:
        chain = (chip(price_proxy_hardware_id="b"), chip("b", price_proxy_hardware_id="c"), chip("c"))
        assert prices_of(rental(3, hardware_id="c"), hardware=chain) == []

    def test_a_quote_of_its_own_from_after_the_day_changes_nothing(self) -> None:
        lent = rental(3, hardware_id="twin")
        assert amount_of(lent, rental(7, days_before(-1)), hardware=PROXIED) == 3


QUOTES = st.lists(
    st.builds(
        lambda provider, hardware_id, age, cents, category, is_usable, shown: (
            provider,
            hardware_id,
            age,
            Decimal(cents) / 100,
            category,
            is_usable,
            shown,
        ),
        st.sampled_from("ABCDE"),
        st.sampled_from(["chip", "twin"]),
        st.integers(-3, 3) | st.integers(FRESH - 2, FRESH + 2) | st.integers(STALE - 1, STALE + 2),
        st.integers(1, 500),
        st.sampled_from(["on_demand", "on_demand", "on_demand", "spot", "marketplace"]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([None, None, 0, 1, FRESH, STALE, 2 * STALE]),
    ),
    max_size=14,
)
Quote = tuple[str, str, int, Decimal, str, bool, int | None]
"""Provider, accelerator, age in days, price, terms, whether usable, and for how many days a feed showed it."""


def naive_price(quotes: list[Quote]) -> tuple[Decimal, int, int, bool] | None:
    """The rule read aloud: price, providers, age of the price, and whether it is a proxy's; None without one."""
    usable = [quote for quote in quotes if quote[4] == "on_demand" and quote[5] and quote[2] >= 0]
    own = [quote for quote in usable if quote[1] == "chip"]
    newest: dict[str, tuple[int, Decimal]] = {}
    for provider, _, first, price, _, _, shown in own or usable:
        age = max(first - (shown or 0), 0)
        newest[provider] = min(newest.get(provider, (age, price)), (age, price))
    fresh = sorted((price, age) for age, price in newest.values() if age <= FRESH)
    if fresh:
        price, age = fresh[(len(fresh) - 1) // 2]
        return price, len(fresh), age, not own
    if newest:
        age, price = min(newest.values())
        return price, 1, age, not own
    return None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(QUOTES)
def test_the_rule_read_aloud_gives_the_same_price(quotes: list[Quote]) -> None:
    rows = [
        rental(
            price,
            days_before(age),
            provider=provider,
            hardware_id=hardware_id,
            pricing_category=category,
            is_usable=is_usable,
            quote_id=f"q{number}",
            last_seen_on=None if shown is None else days_before(age - shown),
        )
        for number, (provider, hardware_id, age, price, category, is_usable, shown) in enumerate(quotes)
    ]
    expected, prices = naive_price(quotes), prices_of(*rows, hardware=PROXIED)
    assert len(prices) == (expected is not None)
    if expected is None:
        return
    [price], (amount, providers, age, is_proxy) = prices, expected
    assert (price["unit_price"], price["price_quote_count"]) == (amount, providers)
    assert ("proxy_price" in price["price_flags"]) is is_proxy
    assert ("stale_price" in price["price_flags"]) is (age > STALE)
    assert ("thin_price" in price["price_flags"]) is (providers < 3)
    assert price["price_observed_on"] <= DAY


@settings(max_examples=60, deadline=None, derandomize=True)
@given(QUOTES, st.integers(1, 900), st.integers(0, 900), st.integers(1, 500))
def test_what_is_first_seen_later_never_changes_a_price(
    quotes: list[Quote], days_later: int, shown: int, cents: int
) -> None:
    rows = [
        rental(
            price,
            days_before(age),
            provider=provider,
            hardware_id=hardware_id,
            quote_id=f"q{number}",
            last_seen_on=None if shown is None else days_before(age - shown),
        )
        for number, (provider, hardware_id, age, price, _, _, shown) in enumerate(quotes)
    ]
    later = rental(
        Decimal(cents) / 100,
        days_before(-days_later),
        provider="A",
        quote_id="later",
        last_seen_on=days_before(-days_later - shown),
    )
    assert prices_of(*rows, later, hardware=PROXIED) == prices_of(*rows, hardware=PROXIED)


class TestManyAtOnce:
    """Asked together, in whatever order, each price is what it is when asked alone."""

    HARDWARE = (chip(), chip("twin"), chip("bare", price_proxy_hardware_id="chip"))
    OFFERS = tuple(
        rental(
            2 + (7 * number) % 11,
            days_before(37 * number),
            provider=f"P{number % 5}",
            hardware_id=("chip", "twin")[number % 2],
            pricing_category=("on_demand", "spot", "committed_1y")[number % 3],
        )
        for number in range(40)
    )
    ASKED = pl.DataFrame(
        [
            (terms, hardware_id, days_before(days))
            for days in range(0, 1400, 90)
            for hardware_id in ("twin", "bare", "chip")
            for terms in ("spot", "on_demand", "commitment_1y")
        ],
        schema={"terms": pl.String, "hardware_id": pl.String, "priced_on": pl.Date},
        orient="row",
    )

    def answer(self, asked: pl.DataFrame) -> list[Row]:
        """Prices of asks, in one order."""
        quotes, hardware = frame(core.PriceQuotes, self.OFFERS).lazy(), frame(core.Hardware, self.HARDWARE).lazy()
        found = market_prices(asked.lazy(), quotes, hardware, Constants(constants())).collect()
        return found.sort("terms", "hardware_id", "priced_on").to_dicts()

    def test_as_alone(self) -> None:
        alone = [price for ask in self.ASKED.iter_slices(1) for price in self.answer(ask)]
        together = self.answer(self.ASKED)
        assert len(together) > len(self.ASKED) / 2
        key = ("terms", "hardware_id", "priced_on")
        assert together == sorted(alone, key=lambda row: [str(row[name]) for name in key])

    def test_in_any_order(self) -> None:
        assert self.answer(self.ASKED.sample(fraction=1, shuffle=True, seed=1)) == self.answer(self.ASKED)
