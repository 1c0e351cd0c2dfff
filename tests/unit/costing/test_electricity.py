"""Electricity prices in dollars, and money of other countries: dated rates, never a later one."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.contracts.core import CostClaims, ElectricityPrices, ExchangeRates
from pipelines.contracts.feeds import StagedFeedElectricityPrices
from pipelines.contracts.inputs import StagedCostClaims
from pipelines.contracts.series import StagedElectricityAreas, StagedElectricityPrices
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing.currency import claims_in_dollars, dollars_per_unit
from pipelines.costing.electricity import electricity_prices
from tests.unit.costing.builders import PLACE, SOURCED, Row, frame


def rate(quote: str, value: float, day: date = date(2023, 12, 1), base: str = "EUR") -> Row:
    return {**SOURCED, "observed_on": day, "base_currency": base, "quote_currency": quote, "rate": value}


def observed(price: float, unit: str = "US cents per kWh", period: str = "2023", area: str = "US") -> Row:
    return {
        **SOURCED,
        "observation_id": f"{area}-{period}",
        "area": area,
        "area_kind": "country",
        "period": period,
        "frequency": "annual",
        "price": price,
        "unit_as_published": unit,
        "sector": "industrial",
    }


def priced(*rows: Row, rates: tuple[Row, ...] = (), areas: tuple[tuple[str, str], ...] = ()) -> list[dict[str, Any]]:
    staged = frame(StagedElectricityPrices, rows)
    known = frame(StagedElectricityAreas, ({**PLACE, "country": country, "area": area} for country, area in areas))
    made = electricity_prices(staged, frame(StagedFeedElectricityPrices, ()), known, frame(ExchangeRates, rates))
    return require(table_of(ElectricityPrices), made).to_dicts()


@pytest.mark.parametrize(
    ("period", "last_day"),
    [
        ("2023", date(2023, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2023-S1", date(2023, 6, 30)),
        ("2023-S2", date(2023, 12, 31)),
    ],
)
def test_a_price_may_be_used_from_the_last_day_of_its_period(period: str, last_day: date) -> None:
    assert [row["period_ended_on"] for row in priced(observed(8, period=period))] == [last_day]


def test_cents_are_dollars_and_need_no_rate() -> None:
    (row,) = priced(observed(8.06))
    assert row["price_usd_per_kwh"] == pytest.approx(0.0806)
    assert (row["usd_per_unit"], row["exchange_rate_on"]) == (1, None)


def test_euros_take_the_newest_rate_of_the_time_and_name_its_day() -> None:
    rates = rate("USD", 1.10), rate("USD", 1.50, date(2024, 1, 1)), rate("USD", 1.0, date(2023, 1, 1))
    (row,) = priced(observed(0.2, "EUR per kWh"), rates=rates)
    assert row["price_usd_per_kwh"] == pytest.approx(0.22)
    assert row["exchange_rate_on"] == date(2023, 12, 1)


@pytest.mark.parametrize("unit", ["EUR per kWh", "pence per kWh", "EUR per MWh"])
def test_without_a_rate_or_a_known_unit_there_is_no_price_in_dollars(unit: str) -> None:
    (row,) = priced(observed(0.2, unit))
    assert row["price_usd_per_kwh"] is None
    assert row["price"] == 0.2


def test_an_area_names_the_countries_it_prices() -> None:
    rows = priced(observed(8), observed(9, area="Iowa"), areas=(("US", "US"), ("*", "US")))
    assert [row["countries"] for row in rows] == [["*", "US"], []]


def test_other_money_goes_through_the_base_it_shares_with_the_dollar() -> None:
    rates = frame(ExchangeRates, [rate("USD", 1.05), rate("CNY", 7.35), rate("CNY", 8, date(2024, 1, 1))])
    found = dollars_per_unit(rates.lazy()).collect().rows()
    assert sorted(found) == [("CNY", date(2023, 12, 1), pytest.approx(1 / 7)), ("EUR", date(2023, 12, 1), 1.05)]


def test_a_claim_in_other_money_is_converted_at_the_rate_of_its_day() -> None:
    claim = {
        **SOURCED,
        "claim_id": "tokens",
        "model_id": "ling",
        "printed_currency": "CNY",
        "printed_low_in_currency": 5_080_000,
        "printed_high_in_currency": 6_350_000,
        "what_it_says": "a trillion tokens",
        "claimed_scope": "pretraining",
        "claimed_by": "Lab",
        "claimed_on": date(2024, 3, 7),
        "presented_as_scope": "phases",
        "covers_phase_ids": [],
        "claimed_basis": "stated_price",
    }
    in_dollars = {**claim, "claim_id": "dollars", "printed_currency": None, "claimed_low_usd": 1}
    rates = [rate("USD", 1.0, day) for day in (date(2024, 3, 1), date(2024, 4, 1))]
    rates += [rate("CNY", 7.25, date(2024, 3, 1)), rate("CNY", 9, date(2024, 4, 1))]
    made = claims_in_dollars(frame(StagedCostClaims, [claim, in_dollars]), frame(ExchangeRates, rates))
    one, other = require(table_of(CostClaims), made).to_dicts()
    assert (one["converted_low_usd"], one["converted_high_usd"]) == (700_689.66, 875_862.07)
    assert one["exchange_rate_on"] == date(2024, 3, 1)
    assert one["usd_per_unit"] == pytest.approx(1 / 7.25)
    assert other["converted_low_usd"] is None
    assert isinstance(made["usd_per_unit"].dtype, pl.Float64)
