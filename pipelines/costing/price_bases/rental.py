"""`rental`: hours x the market's on-demand price on the day the run started. No later quote is ever used."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipelines.costing.market import ON_DEMAND, market_prices, usable_rentals
from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns
from pipelines.costing.sight import sight_of_quotes


def price_on(pricing: Pricing, day: pl.Expr, categories: Collection[str] = ON_DEMAND) -> pl.LazyFrame:
    """The market price of each run's accelerator on a day, on these terms (PRICE_COLUMNS, USD per GPU-hour)."""
    asked = pricing.runs.filter(pl.col("hardware_id").is_not_null()).select(
        "phase_id", "hardware_id", day.alias("priced_on")
    )
    unique = asked.select("hardware_id", "priced_on").unique()
    prices = market_prices(unique, pricing.quotes, pricing.hardware, pricing.constants, categories)
    return price_columns(asked.join(prices, on=["hardware_id", "priced_on"], how="inner"))


def sight_on(pricing: Pricing, day: pl.Expr, categories: Collection[str] = ON_DEMAND) -> pl.LazyFrame:
    """A hash of the quotes `price_on` can look at: of each run's accelerator and its proxy, up to the day."""
    proxies = pricing.hardware.select("hardware_id", pl.col("price_proxy_hardware_id").alias("proxy_id"))
    asked = pricing.runs.select("phase_id", "hardware_id", day.alias("priced_on")).join(
        proxies, on="hardware_id", how="left"
    )
    ask = ["hardware_id", "priced_on"]
    asks = pl.concat([asked.select(ask), asked.select(pl.col("proxy_id").alias("hardware_id"), "priced_on")])
    rentals = usable_rentals(pricing.quotes, categories).rename({"priced_hardware_id": "hardware_id"})
    seen = sight_of_quotes(asks, rentals)
    of_proxy = seen.select(pl.col("hardware_id").alias("proxy_id"), "priced_on", pl.col("until").alias("of_proxy"))
    return (
        asked.join(seen, on=ask, how="left")
        .join(of_proxy, on=["proxy_id", "priced_on"], how="left")
        .select("phase_id", pl.struct("priced_on", "until", "proxy_id", "of_proxy").hash().alias("seen"))
    )


def on_terms(name: str, *categories: str) -> PriceBasis:
    """The basis that rents at the market price as of the start of each run, from quotes on these terms alone."""

    def price(pricing: Pricing) -> pl.LazyFrame:
        return price_on(pricing, pl.col("started_on"), categories)

    def sees(pricing: Pricing) -> pl.LazyFrame:
        return sight_on(pricing, pl.col("started_on"), categories)

    return PriceBasis(name, price, sees=sees)


BASIS = on_terms("rental", *ON_DEMAND)
