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


def ends_with_assumed_start(constants: Constants) -> list[pl.Expr]:
    """unit_price_low and unit_price_high of runs on a basis that looks its price up by the start.

    The error of the start and that of an assumed run time are independent days; what they come to in price is
    independent of the price's own ends. Those of a disclosed start stay. `purchase` stays too: it is the accelerator's
    own quotes from lowest to highest, and not what one would have been on the day.

    Args:
        constants: start_width_days, usual_run_hours, run_hours_width_low_ratio and _high_ratio, and
            price_performance_trend_per_year.

    Returns:
        Expressions over the columns of `what_is_assumed`, and unit_price, unit_price_low, unit_price_high.
    """
    later, earlier = start_moves(constants, pl.col("is_run_time_assumed"))
    price = pl.col("unit_price").cast(pl.Float64)

    def end(name: str, moved: pl.Expr) -> pl.Expr:
        wider = product_end(price, (price, pl.col(name).cast(pl.Float64)), (pl.lit(1.0), moved))
        rounded = wider.round(UNIT_PRICE.scale).cast(UNIT_PRICE)
        return pl.when("is_start_assumed").then(rounded).otherwise(name).alias(name)

    return [end("unit_price_low", later), end("unit_price_high", earlier)]


def what_is_assumed() -> tuple[pl.Expr, pl.Expr]:
    """is_start_assumed and is_run_time_assumed, of the `flags` of a run or of its cost."""
    words = {"is_start_assumed": "assumed_start", "is_run_time_assumed": "assumed_run_time"}
    start, run_time = (pl.col("flags").list.contains(word).alias(name) for name, word in words.items())
    return start, run_time


def start_moves(constants: Constants, is_run_time_assumed: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """By what a price is multiplied if the start was as late, or as early, as it may have been."""
    per_day = constants["price_performance_trend_per_year"] * math.log(10) / DAYS_PER_YEAR
    start_days, run_days = constants["start_width_days"], constants["usual_run_hours"] / HOURS_PER_DAY
    shorter = run_days * (1 - constants["run_hours_width_low_ratio"])
    longer = run_days * (constants["run_hours_width_high_ratio"] - 1)

    def moved(sign: int, other_run_days: float) -> pl.Expr:
        usual, more = (math.exp(sign * per_day * days) for days in (start_days, math.hypot(start_days, other_run_days)))
        return pl.when(is_run_time_assumed).then(more).otherwise(usual)

    return moved(-1, shorter), moved(1, longer)
