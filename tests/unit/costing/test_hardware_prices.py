"""What an accelerator costs on the day of the release: figures worked out by hand from round inputs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.contracts.scenarios import HardwarePrices
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing.hardware_prices import hardware_prices
from tests.unit.costing.builders import Row, TinyLedger, chip, electricity, market, offer, phase

YEARS = 2 * 365 / 365.25


def priced(books: TinyLedger, *quotes: Row) -> Row:
    """The row of the one accelerator."""
    books = replace(books, quotes=quotes)
    made = hardware_prices(
        books.core_hardware, books.core_quotes, books.core_constants, books.core_electricity, books.as_of
    )
    require(table_of(HardwarePrices), made)
    return made.row(0, named=True)


BOOKS = TinyLedger(phases=[phase(hours=1)], hardware=[chip(tdp_w=700)], electricity=[electricity(0.08)])
TODAY = BOOKS.as_of
OLD = TODAY - timedelta(days=2 * 365)


def test_rent_is_the_market_and_the_price_has_server_and_network() -> None:
    row = priced(BOOKS, *market(4, TODAY), offer(30_000, TODAY))
    assert row["rent_usd_per_gpu_hour"] == 4
    assert row["owned_usd_per_gpu"] == pytest.approx(30_000 / 0.81)
    assert "stale_price" not in row["owned_flags"]


def test_an_old_price_has_lost_what_the_trend_takes() -> None:
    """Two years at 0.14 orders of magnitude: 52% are left."""
    row = priced(BOOKS, offer(30_000, OLD))
    assert row["owned_usd_per_gpu"] == pytest.approx(30_000 / 0.81 * 10 ** (-0.14 * YEARS))
    assert row["owned_observed_on"] == OLD
    assert "stale_price" in row["owned_flags"]


def test_a_price_is_stale_after_a_year() -> None:
    ages = (365, 366)
    flags = [priced(BOOKS, offer(30_000, TODAY - timedelta(days=age)))["owned_flags"] for age in ages]
    assert ["stale_price" in each for each in flags] == [False, True]


def test_the_ends_are_those_of_a_product_of_lognormals() -> None:
    """In squares: ln 2 for a single quote, 0.04 x years for the trend, 0.19 / 0.065 / 0.2424 for the network."""
    row = priced(BOOKS, offer(30_000, OLD))
    trend = 0.04 * YEARS * math.log(10)
    low = math.sqrt(math.log(2) ** 2 + trend**2 + math.log(1.07 * 0.81) ** 2)
    high = math.sqrt(math.log(2) ** 2 + trend**2 + math.log(1.32 * 0.81) ** 2)
    assert row["owned_low_usd_per_gpu"] == pytest.approx(row["owned_usd_per_gpu"] * math.exp(-low), rel=2e-3)
    assert row["owned_high_usd_per_gpu"] == pytest.approx(row["owned_usd_per_gpu"] * math.exp(high), rel=2e-3)
