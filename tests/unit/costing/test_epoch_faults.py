"""What contradicts itself in Epoch's tables."""

from __future__ import annotations

from datetime import date
from statistics import median

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.types import LEAST_HOURS, MOST_HOURS
from pipelines.costing.epoch_faults import (
    has_compute_conflict,
    has_hours_conflict,
    has_possible_hours,
    is_out_of_line,
    is_outlier,
    is_unpayable,
    most_compute_before,
)

PRICES = st.one_of(st.none(), st.sampled_from([0.01, 0.5, 1.0, 2.0, 2.0, 30.0, 500.0]))


@given(st.lists(st.tuples(st.sampled_from("abc"), PRICES), max_size=25))
def test_an_outlier_is_far_off_the_median_of_the_others(rows: list[tuple[str, float | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"chip": pl.String, "price": pl.Float64}, orient="row")
    found = frame.with_columns(is_outlier("price", "chip").alias("far"))["far"].to_list()
    for place, (chip, price) in enumerate(rows):
        others = [each for at, (name, each) in enumerate(rows) if at != place and name == chip and each is not None]
        is_known = price is not None and others
        assert found[place] == (not 1 / 20 <= price / median(others) <= 20 if is_known else None)


@pytest.mark.parametrize(
    ("rent", "bought", "odd"), [(2.0, 20_000.0, False), (70.0, 20_000.0, True), (0.09, 20_000.0, True)]
)
def test_rent_that_would_pay_for_a_chip_in_days_or_never(rent: float, bought: float, odd: bool) -> None:
    frame = pl.DataFrame({"chip": ["a", "a", "b"], "price": [rent, bought, rent], "is_bought": [False, True, False]})
    found = frame.select(is_unpayable("price", pl.col("is_bought"), "chip")).to_series().to_list()
    assert found == [odd, odd, None]


@pytest.mark.parametrize(
    ("stated", "count", "clock", "conflict"),
    [
        (100.0, 10, 10.0, False),
        (200.0, 10, 10.0, False),
        (201.0, 10, 10.0, True),
        (49.0, 10, 10.0, True),
        (9.0, None, 1.0, None),
    ],
)
def test_hours_conflict_beyond_a_factor_of_two(
    stated: float, count: int | None, clock: float, conflict: bool | None
) -> None:
    schema = {"stated_gpu_hours": pl.Float64, "gpu_count": pl.Int64, "wall_clock_hours": pl.Float64}
    frame = pl.DataFrame([(stated, count, clock)], schema=schema, orient="row")
    assert frame.select(has_hours_conflict()).item() is conflict


def test_a_part_is_no_more_than_the_whole() -> None:
    frame = pl.DataFrame({"finetune_compute_flop": [2e20, 1e20, None], "training_compute_flop": [1e20, 1e20, 1e20]})
    assert frame.select(has_compute_conflict()).to_series().to_list() == [True, False, None]


def test_hours_that_can_be() -> None:
    hours = pl.Series([LEAST_HOURS / 2, LEAST_HOURS, MOST_HOURS, MOST_HOURS * 2, None])
    assert pl.select(has_possible_hours(pl.lit(hours))).to_series().to_list() == [False, True, True, False, None]


@pytest.mark.parametrize(
    ("flop", "rank", "is_told"),
    [
        (1e22, None, False),
        (1.1e22, None, True),
        (1e15, None, False),
        (1e18, 1, False),
        (9e17, 5, True),
        (9e17, 6, False),
    ],
)
def test_compute_out_of_line_with_what_came_before(flop: float, rank: int | None, is_told: bool) -> None:
    days = [date(2015, 1, day) for day in range(1, 22)]
    before = pl.DataFrame(
        {"published_on": days[:20], "training_compute_flop": [1e20] * 20, "compute_rank": [None] * 20}
    )
    own = {"published_on": days[20:], "training_compute_flop": [flop], "compute_rank": [rank]}
    models = pl.concat([before, pl.DataFrame(own)], how="vertical_relaxed")
    found = models.join(most_compute_before(models), on="published_on").select(is_out_of_line().fill_null(value=False))
    assert found.to_series().to_list() == [False] * 20 + [is_told]
    few = models.tail(5)
    assert not few.join(most_compute_before(few), on="published_on").select(is_out_of_line()).to_series().any()
