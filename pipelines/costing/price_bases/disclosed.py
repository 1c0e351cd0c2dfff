"""`disclosed`: hours x the developer's own stated price.

Only an explicit statement counts, never a ratio implied by a claim; absent where none is stated.
"""

from __future__ import annotations

import polars as pl

from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns


def price(pricing: Pricing) -> pl.LazyFrame:
    """The stated price of each run that has one (PRICE_COLUMNS, USD per GPU-hour)."""
    stated = pl.col("stated_price_usd_per_gpu_hour")
    return price_columns(
        pricing.runs.filter(stated.is_not_null()).select(
            "phase_id",
            stated.alias("unit_price"),
            stated.alias("unit_price_low"),
            stated.alias("unit_price_high"),
            pl.lit(None, pl.String).alias("quote_id"),
            pl.coalesce("stated_price_source_id", "source_id").alias("price_source_id"),
            pl.lit(None, pl.Date).alias("price_observed_on"),
            pl.lit(None, pl.Int64).alias("price_quote_count"),
            pl.lit([], pl.List(pl.String)).alias("price_flags"),
        )
    )


def sees(pricing: Pricing) -> pl.LazyFrame:
    """Nothing but the run."""
    return pricing.runs.select("phase_id", pl.lit(None, pl.UInt64).alias("seen"))


BASIS = PriceBasis("disclosed", price, depends_on_start=False, sees=sees)
