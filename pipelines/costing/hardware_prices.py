"""What each accelerator costs on the day of the release: rented by the hour, and owned."""

from __future__ import annotations

import math
from datetime import date

import polars as pl

from pipelines.contracts.scenarios import HardwarePrices
from pipelines.contracts.table import table_of
from pipelines.costing.constants import Constants
from pipelines.costing.intervals import Range, named, product
from pipelines.costing.price_bases import PRICE_BASES, Pricing
from pipelines.costing.price_bases.amortized import DAYS_PER_YEAR, parts
from pipelines.costing.runs import flagged

ENDS = {"": "mid", "_low": "low", "_high": "high"}


def left(constants: Constants, years: pl.Expr) -> Range:
    """Share of a price of `years` ago that is left: 10^(-trend x years), the higher the slower the trend."""
    trend = constants.range("price_performance_trend_per_year")
    return Range(*((-end * years * math.log(10)).exp() for end in (trend.mid, trend.high, trend.low)))


def hardware_prices(
    hardware: pl.DataFrame, quotes: pl.DataFrame, constants: pl.DataFrame, electricity: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """core.hardware_prices: rent and price of every accelerator, by the rules that price a run that starts on the day.

    Owned means the purchase quote nearest to the day with its share of server and interconnect, less what the trend of
    prices took from it since, as `amortized` values hardware; its energy is that of a full hour in the United States.
    """
    method = Constants(constants)
    runs = hardware.lazy().select(
        pl.col("hardware_id").alias("phase_id"),
        "hardware_id",
        pl.lit(None, pl.String).alias("developer"),
        pl.lit("US").alias("country"),
        pl.lit(value=True).alias("is_country_assumed"),
        pl.lit(as_of).alias("started_on"),
    )
    pricing = Pricing(runs, quotes.lazy(), hardware.lazy(), method, as_of, electricity.lazy())
    rent = (
        PRICE_BASES["rental_now"]
        .price(pricing)
        .select(
            pl.col("phase_id").alias("hardware_id"),
            *(pl.col(f"unit_price{end}").alias(f"rent{end}_usd_per_gpu_hour") for end in ENDS),
            pl.col("quote_id").alias("rent_quote_id"),
            pl.col("price_observed_on").alias("rent_observed_on"),
            pl.col("price_flags").alias("rent_flags"),
        )
    )
    age_days = (pl.lit(as_of) - pl.col("observed_on")).dt.total_days().clip(lower_bound=0)
    is_stale = age_days > method["stale_price_days"]
    share = method.range("interconnect_share_ratio")
    cluster = Range(*(1 / (1 - end) for end in (share.mid, share.low, share.high)))
    worth = product(named("quote"), named("server"), cluster, left(method, age_days / DAYS_PER_YEAR))
    owned = parts(pricing).select(
        pl.col("phase_id").alias("hardware_id"),
        *(getattr(worth, part).alias(f"owned{end}_usd_per_gpu") for end, part in ENDS.items()),
        pl.col("energy_mid").alias("energy_usd_per_gpu_hour"),
        pl.col("quote_id").alias("owned_quote_id"),
        pl.col("observed_on").alias("owned_observed_on"),
        pl.concat_list("flags", flagged(stale_price=is_stale)).list.sort().alias("owned_flags"),
    )
    dtypes = table_of(HardwarePrices).dtypes
    return (
        hardware.lazy()
        .select("hardware_id")
        .join(rent, on="hardware_id", how="left")
        .join(owned, on="hardware_id", how="left")
        .with_columns(pl.col("rent_flags", "owned_flags").fill_null([]))
        .select(pl.col(name).cast(dtype) for name, dtype in dtypes.items())
        .sort("hardware_id")
        .collect()
    )
