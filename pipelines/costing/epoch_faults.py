"""What is doubtful about figures of Epoch's tables that keep their contract: they contradict each other.

None of it changes a cost: it is a flag, for which of two figures is wrong cannot be known.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.epoch_inputs import (
    COMPUTE_LEAP,
    FIRST_RANKS,
    LEAP_AFTER_DAYS,
    LEAST_PAYING_HOURS,
    MOST_HOURS_RATIO,
    MOST_PAYING_HOURS,
    MOST_PRICE_RATIO,
)
from pipelines.contracts.types import LEAST_HOURS, MOST_HOURS
from pipelines.costing.constants import Constants


def has_possible_hours(hours: pl.Expr) -> pl.Expr:
    """Whether chip-hours are of a run that can be; absent for absent hours."""
    return hours.is_between(LEAST_HOURS, MOST_HOURS)


def has_hours_conflict() -> pl.Expr:
    """Whether stated chip-hours are not chips times duration."""
    ratio = pl.col("stated_gpu_hours") / (pl.col("gpu_count") * pl.col("wall_clock_hours"))
    return ~ratio.is_between(1 / MOST_HOURS_RATIO, MOST_HOURS_RATIO)


def has_compute_conflict() -> pl.Expr:
    """Whether the fine-tune, which is a part, took more than the whole."""
    return pl.col("finetune_compute_flop") > pl.col("training_compute_flop")


def most_compute_before(models: pl.DataFrame) -> pl.DataFrame:
    """The most compute of a model of an earlier day, by day of publication; absent where few days come before.

    Args:
        models: staging.epoch__models.

    Returns:
        published_on and most_before_flop.
    """
    of_days = models.group_by("published_on").agg(pl.col("training_compute_flop").max()).drop_nulls()
    before = pl.col("training_compute_flop").cum_max().shift(1)
    is_late = pl.int_range(pl.len()) >= LEAP_AFTER_DAYS
    return of_days.sort("published_on").select("published_on", pl.when(is_late).then(before).alias("most_before_flop"))


def is_out_of_line() -> pl.Expr:
    """Whether compute is a leap over all before it, or far below what its rank would have it be."""
    ratio = pl.col("training_compute_flop") / pl.col("most_before_flop")
    return (ratio > COMPUTE_LEAP) | ((pl.col("compute_rank") <= FIRST_RANKS) & (ratio < 1 / COMPUTE_LEAP))


def is_implausible(utilization: pl.Expr, constants: Constants) -> pl.Expr:
    """Whether a share of the peak is outside what runs reach."""
    low, high = (constants[f"plausible_utilization_{end}_ratio"] for end in ("low", "high"))
    return ~utilization.is_between(low, high)


def is_outlier(price: str, *group: str) -> pl.Expr:
    """Whether a price is far off the median of the others of its group; absent where there are no others.

    The median without the price itself: of the sorted prices those in the middle, which are one further behind it.
    """
    value, count = pl.col(price), pl.col(price).count().cast(pl.Int64)
    ordered, place = value.drop_nulls().sort(), value.rank("ordinal").over(group).cast(pl.Int64) - 1

    def other(number: pl.Expr) -> pl.Expr:
        here, behind = (ordered.get(number + step, null_on_oob=True).over(group) for step in (0, 1))
        return pl.when(number.over(group) < place).then(here).otherwise(behind)

    median = (other((count - 2) // 2) + other((count - 1) // 2)) / 2
    is_far = ~(value / median).is_between(1 / MOST_PRICE_RATIO, MOST_PRICE_RATIO)
    return pl.when(count.over(group) > 1).then(is_far)


def is_unpayable(price: str, is_bought: pl.Expr, chip: str) -> pl.Expr:
    """Whether what a chip is rented and bought for do not go together; absent where only one of them is known."""
    rent, bought = (
        pl.when(is_own).then(price).otherwise(pl.col(price).filter(is_own).median().over(chip))
        for is_own in (~is_bought, is_bought)
    )
    return ~(bought / rent).is_between(LEAST_PAYING_HOURS, MOST_PAYING_HOURS)
