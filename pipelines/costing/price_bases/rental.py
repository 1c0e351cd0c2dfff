"""`rental`: hours x the market's on-demand price on the day the run started. No later quote is ever used."""

from __future__ import annotations

import polars as pl

from pipelines.costing.market import ASK, ON_DEMAND, market_prices, sight_of_market
from pipelines.costing.price_bases.basis import PriceBasis, Pricing, price_columns


def price_on(
    pricing: Pricing, day: pl.Expr, terms: str = ON_DEMAND, market: pl.DataFrame | None = None
) -> pl.LazyFrame:
    """The market price of each run's accelerator on a day, on these terms (PRICE_COLUMNS, USD per GPU-hour).

    `market` is `pricing.market` where that has the day; on any other day the price is looked for here.
    """
    asked = _asked(pricing, day, terms)
    if market is None:
        found = market_prices(_unique(asked), pricing.quotes, pricing.hardware, pricing.constants)
    else:
        found = market.lazy()
    return price_columns(asked.join(found, on=list(ASK), how="inner"))


def sight_on(
    pricing: Pricing, day: pl.Expr, terms: str = ON_DEMAND, market_sight: pl.DataFrame | None = None
) -> pl.LazyFrame:
    """A hash of the quotes `price_on` can look at: of each run's accelerator and its proxy, up to the day.

    `market_sight` is `pricing.market_sight` where that has the day.
    """
    asked = _asked(pricing, day, terms)
    looked = (
        market_sight.lazy()
        if market_sight is not None
        else sight_of_market(_unique(asked), pricing.quotes, pricing.hardware)
    )
    return asked.join(looked, on=list(ASK), how="left").select(
        "phase_id", pl.struct("priced_on", "seen").hash().alias("seen")
    )


def _asked(pricing: Pricing, day: pl.Expr, terms: str) -> pl.LazyFrame:
    return pricing.runs.select("phase_id", pl.lit(terms).alias("terms"), "hardware_id", day.alias("priced_on"))


def _unique(asked: pl.LazyFrame) -> pl.LazyFrame:
    return asked.select(ASK).unique().drop_nulls()


def on_terms(name: str, terms: str) -> PriceBasis:
    """The basis that rents at the market price as of the start of each run, on these terms (of market.TERMS)."""

    def price(pricing: Pricing) -> pl.LazyFrame:
        return price_on(pricing, pl.col("started_on"), terms, pricing.market)

    def sees(pricing: Pricing) -> pl.LazyFrame:
        return sight_on(pricing, pl.col("started_on"), terms, pricing.market_sight)

    return PriceBasis(name, price, sees=sees)


BASIS = on_terms("rental", ON_DEMAND)
