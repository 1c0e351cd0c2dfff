"""An assumed start widens the price that is looked up for it, and nothing else."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.costing.price_bases import PRICE_BASES
from tests.unit.costing.builders import STARTED, Row, TinyLedger, market, model, offer, phase, rental

BY_START = sorted(set(PRICE_BASES) - {"disclosed", "rental_now", "purchase"})
OTHERS = ["disclosed", "rental_now"]
RELEASED = {"known run time": STARTED + timedelta(days=61), "assumed run time": STARTED + timedelta(days=94)}
"""Days of release from which the assumed start is STARTED: 60 days and a run of 12.5 or of 793.5 hours before."""

TREND = 0.14 * math.log(10) / 365.25
QUOTES = [
    *market(4),
    offer(30_000),
    *(rental(price, pricing_category=terms) for terms, price in (("spot", 1), ("reserved_1y", 3), ("reserved_3y", 2))),
]


def cost(basis: str, start: str = "disclosed", quotes: list[Row] | None = None) -> Row:
    """A run of 100 hours that started on STARTED, which is disclosed or follows from the release."""
    is_timed = start != "assumed run time"
    told = phase(
        hours=100,
        stated_price=2,
        gpu_count=8,
        wall_clock_hours=Decimal("12.5") if is_timed else Decimal(60_000),
        started_on=STARTED if start == "disclosed" else None,
    )
    released: date = RELEASED.get(start, STARTED + timedelta(days=61))
    tiny = TinyLedger(phases=[told], models=[model(released_on=released)], quotes=quotes or QUOTES)
    return tiny.phase_cost(price_basis=basis)


def distances(row: Row) -> tuple[float, float]:
    """How far the ends lie from the middle, in logarithms."""
    low, mid, high = (float(row[f"cost_{end}_usd"]) for end in ("low", "mid", "high"))
    return math.log(mid / low), math.log(high / mid)


@pytest.mark.parametrize("basis", BY_START)
def test_the_interval_contains_that_of_the_disclosed_start(basis: str) -> None:
    """Of the same start the price is the same; what is less sure of it has the wider ends."""
    rows = [cost(basis, start) for start in ("disclosed", "known run time", "assumed run time")]
    assert [row["started_on"] for row in rows] == [STARTED] * 3
    assert len({row["cost_mid_usd"] for row in rows}) == 1
    lows, highs = ([row[f"cost_{end}_usd"] for row in rows] for end in ("low", "high"))
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)
    assert len(set(lows)) == len(set(highs)) == 3


@pytest.mark.parametrize("basis", OTHERS)
def test_what_is_not_priced_by_the_start_stays(basis: str) -> None:
    disclosed, *assumed = (cost(basis, start) for start in ("disclosed", "known run time", "assumed run time"))
    for row in assumed:
        assert distances(row) == distances(disclosed)
        assert "assumed_start" not in row["flags"]


def test_purchase_is_its_own_quotes_from_lowest_to_highest() -> None:
    """An assumed start may pick other quotes, and is flagged; it does not widen those it picked."""
    disclosed, *assumed = (cost("purchase", start) for start in ("disclosed", "known run time", "assumed run time"))
    for row in assumed:
        assert distances(row) == distances(disclosed)
        assert "assumed_start" in row["flags"]


def test_the_start_is_sure_within_120_days_and_moves_the_price_by_the_trend_of_them() -> None:
    """Three providers from $4 to $4 have no spread of their own."""
    [low, high] = distances(cost("rental", "known run time"))
    assert [low, high] == pytest.approx([120 * TREND] * 2, abs=2e-4)
    assert math.exp(high) == pytest.approx(1.1117, abs=2e-4)


def test_an_assumed_run_time_adds_its_days_by_the_square() -> None:
    """793.5 hours are 33.06 days: 16.53 less or 33.06 more. A longer run is an earlier start, and a higher price."""
    [low, high] = distances(cost("rental", "assumed run time"))
    assert low == pytest.approx(math.hypot(120, 16.53125) * TREND, abs=2e-4)
    assert high == pytest.approx(math.hypot(120, 33.0625) * TREND, abs=2e-4)


def test_its_error_is_independent_of_the_prices_own() -> None:
    """A lone provider is sure within half and double."""
    found = distances(cost("rental", "known run time", [rental(4)]))
    assert found == pytest.approx((math.hypot(math.log(2), 120 * TREND),) * 2, abs=2e-4)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.decimals("0.5", "20", places=2), min_size=1, max_size=4), st.sampled_from(BY_START[-4:]))
def test_whatever_the_prices_it_never_narrows(prices: list[Decimal], basis: str) -> None:
    terms = {"rental_spot": "spot", "rental_1y": "reserved_1y", "rental_3y": "reserved_3y"}.get(basis, "on_demand")
    quotes = [rental(price, provider=f"P{number}", pricing_category=terms) for number, price in enumerate(prices)]
    disclosed, assumed = (cost(basis, start, quotes) for start in ("disclosed", "known run time"))
    assert assumed["cost_low_usd"] < disclosed["cost_low_usd"]
    assert assumed["cost_high_usd"] > disclosed["cost_high_usd"]
