"""How much further the ends of a price lie where the day it is looked up for is assumed.

Prices of accelerators fall by the price-performance trend, so a start that is wrong by some days is a price that is
wrong by the trend of these days. No later quote is looked at: the trend stands for what other days would say. Source:
arXiv 2405.21015 (start +-120 days, run time 0.5 to 2 times; docs/methods.md, intervals).
"""

from __future__ import annotations

import math

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.constants import Constants
from pipelines.costing.intervals import product_end

HOURS_PER_DAY, DAYS_PER_YEAR = 24, 365.25
GIVEN = "scenario_price"


def ends_with_assumed_start(constants: Constants) -> list[pl.Expr]:
    """unit_price_low and unit_price_high of runs; those of a disclosed start, or of a basis that asks none, stay.

    The error of the start and that of an assumed run time are independent days; what they come to in price is
    independent of the price's own ends. A price that a scenario gives is not looked up and stays; so does `purchase`,
    which is the accelerator's own quotes from lowest to highest, and not what one would have been on the day.

    Args:
        constants: start_width_days, usual_run_hours, run_hours_width_low_ratio and _high_ratio, and
            price_performance_trend_per_year.

    Returns:
        Expressions over `flags` of the run, `depends_on_start` and `is_per_hour` of the basis, and price_flags,
        unit_price, unit_price_low, unit_price_high.
    """
    later, earlier = start_moves(constants)
    is_given = pl.col("price_flags").list.contains(GIVEN).fill_null(value=False)
    is_looked_up = pl.col("depends_on_start") & pl.col("is_per_hour")
    is_assumed = is_looked_up & pl.col("flags").list.contains("assumed_start") & ~is_given
    price = pl.col("unit_price").cast(pl.Float64)

    def end(name: str, moved: pl.Expr) -> pl.Expr:
        wider = product_end(price, (price, pl.col(name).cast(pl.Float64)), (pl.lit(1.0), moved))
        rounded = wider.round(UNIT_PRICE.scale).cast(UNIT_PRICE)
        return pl.when(is_assumed).then(rounded).otherwise(name).alias(name)

    return [end("unit_price_low", later), end("unit_price_high", earlier)]


def start_moves(constants: Constants) -> tuple[pl.Expr, pl.Expr]:
    """By what a price is multiplied if the start was as late, or as early, as it may have been; over `flags`."""
    per_day = constants["price_performance_trend_per_year"] * math.log(10) / DAYS_PER_YEAR
    start_days, run_days = constants["start_width_days"], constants["usual_run_hours"] / HOURS_PER_DAY
    shorter = run_days * (1 - constants["run_hours_width_low_ratio"])
    longer = run_days * (constants["run_hours_width_high_ratio"] - 1)
    is_run_assumed = pl.col("flags").list.contains("assumed_run_time")

    def moved(sign: int, other_run_days: float) -> pl.Expr:
        days = pl.when(is_run_assumed).then(math.hypot(start_days, other_run_days)).otherwise(start_days)
        return (sign * per_day * days).exp()

    return moved(-1, shorter), moved(1, longer)
