"""`rental`: hours x the market's on-demand price on the day the run started. No later quote is ever used."""

from __future__ import annotations

import polars as pl

from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns


def price_on(pricing: Pricing, day: pl.Expr, terms: str) -> pl.LazyFrame:
    """The market price of each run's accelerator on a day, on these terms (PRICE_COLUMNS, USD per GPU-hour)."""
    asked = pricing.runs.select("phase_id", "hardware_id", day.alias("priced_on"))
    found = pricing.market.lazy().filter(pl.col("terms") == terms)
    return price_columns(asked.join(found, on=["hardware_id", "priced_on"], how="inner"))


def sight_on(pricing: Pricing, day: pl.Expr, terms: str) -> pl.LazyFrame:
    """A hash of the quotes `price_on` can look at: of each run's accelerator and its proxy, up to the day."""
    asked = pricing.runs.select("phase_id", "hardware_id", day.alias("priced_on"))
    found = pricing.market_sight.lazy().filter(pl.col("terms") == terms)
    return asked.join(found, on=["hardware_id", "priced_on"], how="left").select(
        "phase_id", pl.struct("priced_on", "seen").hash().alias("seen")
    )


def on_terms(name: str, terms: str) -> PriceBasis:
    """The basis that rents at the market price as of the start of each run, on these terms (of market.TERMS)."""

    def price(pricing: Pricing) -> pl.LazyFrame:
        return price_on(pricing, pl.col("started_on"), terms)

    def sees(pricing: Pricing) -> pl.LazyFrame:
        return sight_on(pricing, pl.col("started_on"), terms)

    return PriceBasis(name, price, sees=sees)


BASIS = on_terms("rental", "on_demand")
