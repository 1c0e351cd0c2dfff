"""`rental`: hours x the market's on-demand price on the day the run started. No later quote is ever used."""

from __future__ import annotations

import polars as pl

from pipelines.costing.market import market_prices
from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns


def price_on(pricing: Pricing, day: pl.Expr) -> pl.LazyFrame:
    """The market price of each run's accelerator on a day (PRICE_COLUMNS, USD per GPU-hour)."""
    asked = pricing.runs.filter(pl.col("hardware_id").is_not_null()).select(
        "phase_id", "hardware_id", day.alias("priced_on")
    )
    unique = asked.select("hardware_id", "priced_on").unique()
    prices = market_prices(unique, pricing.quotes, pricing.hardware, pricing.constants)
    return price_columns(asked.join(prices, on=["hardware_id", "priced_on"], how="inner"))


def price(pricing: Pricing) -> pl.LazyFrame:
    """The market price as of the start of each run."""
    return price_on(pricing, pl.col("started_on"))


BASIS = PriceBasis("rental", price)
