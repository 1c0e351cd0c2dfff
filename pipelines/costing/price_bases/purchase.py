"""`purchase`: every accelerator bought outright, at the hardware's own quotes, lowest to highest.

Quotes of the nearest day before the start, else of the earliest day after it (flagged `later_price`). A price derived
from a claim is not usable and never gets here.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.table import UNIT_PRICE
from pipelines.costing.market import price_ends
from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns
from pipelines.costing.runs import flagged
from pipelines.costing.sight import sight_of_quotes


def usable_offers(quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Quotes that may enter the rule: usable, dated, for a known accelerator bought."""
    return quotes.filter(
        pl.col("is_usable")
        & pl.col("list_unit_price_usd_per_gpu").is_not_null()
        & pl.col("hardware_id").is_not_null()
        & pl.col("observed_on").is_not_null()
    ).select(
        "quote_id",
        "source_id",
        "hardware_id",
        "observed_on",
        pl.col("list_unit_price_usd_per_gpu").cast(UNIT_PRICE).alias("unit_price"),
        pl.col("flags").list.contains("estimated_price").alias("is_estimate"),
    )


def sees(pricing: Pricing) -> pl.LazyFrame:
    """The offers of each run's accelerator up to its start; where there is none yet, all of them."""
    asked = pricing.runs.select("phase_id", "hardware_id", pl.col("started_on").alias("priced_on"))
    seen = sight_of_quotes(asked, usable_offers(pricing.quotes))
    return asked.join(seen, on=["hardware_id", "priced_on"], how="left").select(
        "phase_id", pl.coalesce("until", "ever").alias("seen")
    )


def price(pricing: Pricing) -> pl.LazyFrame:
    """The price of one accelerator of each run (PRICE_COLUMNS, USD per GPU); the middle is the geometric mean."""
    offers = usable_offers(pricing.quotes)
    wait = (pl.col("observed_on") - pl.col("started_on")).dt.total_days()
    has_earlier = (wait <= 0).any().over("phase_id")
    is_eligible = (wait <= 0) | ~has_earlier
    nearest = (
        pricing.runs.filter(pl.col("hardware_id").is_not_null())
        .select("phase_id", "hardware_id", "started_on")
        .join(offers, on="hardware_id", how="inner")
        .filter(is_eligible)
        .filter(wait.abs() == wait.abs().min().over("phase_id"))
        .with_columns((wait > 0).alias("is_later"), *price_ends(pricing.constants, by=["phase_id"]))
        .sort("phase_id", "unit_price", "quote_id")
    )
    ends = nearest.group_by("phase_id", maintain_order=True).agg(
        pl.col("unit_price_low", "unit_price_high").first(),
        pl.col("quote_id").first(),
        pl.col("source_id").first().alias("price_source_id"),
        pl.col("observed_on").first().alias("price_observed_on"),
        pl.len().cast(pl.Int64).alias("price_quote_count"),
        pl.col("is_later").any(),
        pl.col("is_estimate").any(),
    )
    low, high = (pl.col(name).cast(pl.Float64) for name in ("unit_price_low", "unit_price_high"))
    return price_columns(
        ends.with_columns(
            pl.when(low == high)
            .then("unit_price_low")
            .otherwise((low * high).sqrt().round(2).cast(UNIT_PRICE))
            .alias("unit_price"),
            flagged(later_price=pl.col("is_later"), estimated_price=pl.col("is_estimate")).alias("price_flags"),
        )
    )


BASIS = PriceBasis("purchase", price, quantity="gpu_count", sees=sees)
