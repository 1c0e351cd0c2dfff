"""Dollars of one time as dollars of another."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.contracts.core import Deflators, PriceIndex
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require, validate
from pipelines.costing.inflation import deflators
from tests.unit.costing.builders import SOURCED, Row, frame

NEW, OLD = date(2025, 1, 31), date(2024, 1, 31)


def month(year: int, number: int, value: float, vintage: date = NEW, series: str = "CPI") -> Row:
    return {
        **SOURCED,
        "series_id": series,
        "observed_on": date(year, number, 1),
        "vintage_on": vintage,
        "index_value": value,
        "unit_as_published": "index",
    }


INDEX = [*(month(2023, number, 100) for number in range(1, 13)), month(2024, 1, 110), month(2024, 2, 130)]


def factors(rows: list[Row], as_of: date = date(2024, 2, 20)) -> dict[tuple[date, int], dict[str, Any]]:
    made = require(table_of(Deflators), deflators(frame(PriceIndex, rows), as_of))
    return {(row["month_on"], row["to_year"]): row for row in made.to_dicts()}


def test_is_the_mean_of_the_year_over_the_month() -> None:
    found = factors(INDEX)
    assert found[date(2024, 1, 1), 2023]["deflator_ratio"] == pytest.approx(100 / 110)
    assert found[date(2023, 6, 1), 2024]["deflator_ratio"] == pytest.approx(1.2)  # (110 + 130) / 2 / 100
    assert found[date(2023, 6, 1), 2024]["year_month_count"] == 2
    assert found[date(2023, 6, 1), 2023]["deflator_ratio"] == 1


def test_an_index_that_has_ended_is_carried_and_says_so() -> None:
    found = factors(INDEX, as_of=date(2024, 5, 3))
    carried = found[date(2024, 5, 1), 2023]
    assert carried["deflator_ratio"] == pytest.approx(100 / 130)
    assert carried["index_month_on"] == date(2024, 2, 1)
    assert (date(2024, 6, 1), 2023) not in found


def test_a_month_that_was_never_published_takes_the_one_before_and_says_so() -> None:
    without_june = [row for row in INDEX if row["observed_on"] != date(2023, 6, 1)]
    without_june[4] = month(2023, 5, 98)
    found = factors([without_june[-1], *without_june[:-1]])  # in any order
    assert found[date(2023, 6, 1), 2024]["index_month_on"] == date(2023, 5, 1)
    assert found[date(2023, 6, 1), 2024]["deflator_ratio"] == pytest.approx(120 / 98)
    assert found[date(2023, 6, 1), 2023]["year_month_count"] == 11
    assert {key[0] for key in found} == {key[0] for key in factors(INDEX)}


def test_a_value_of_another_day_than_the_first_is_set_aside() -> None:
    """It would be a second value of its month, and no cost is of that day."""
    middle = {**month(2024, 2, 131), "observed_on": date(2024, 2, 15)}
    checked = validate(table_of(PriceIndex), frame(PriceIndex, [*INDEX, middle]))
    assert checked.rows.height == len(INDEX)
    assert "must be the first day of its month: write it as 2024-07-01" in checked.rejected["reason"][0]


def test_the_newest_vintage_stands_alone() -> None:
    older = [month(2023, number, 50, OLD) for number in range(1, 13)]
    assert factors([*INDEX, *older]) == factors(INDEX)
    assert all(row["vintage_on"] == NEW for row in factors([*INDEX, *older]).values())


def test_there_and_back_is_where_one_started() -> None:
    found = factors(INDEX)
    there, whole_year = found[date(2024, 1, 1), 2023]["deflator_ratio"], 100
    assert 110 * there == pytest.approx(whole_year)


def test_series_do_not_mix() -> None:
    other = [month(2023, number, 7, series="PPI") for number in range(1, 13)]
    made = deflators(frame(PriceIndex, [*INDEX, *other]), date(2024, 2, 1))
    assert (
        made.filter(series_id="CPI")
        .drop("series_id")
        .equals(deflators(frame(PriceIndex, INDEX), date(2024, 2, 1)).drop("series_id"))
    )
