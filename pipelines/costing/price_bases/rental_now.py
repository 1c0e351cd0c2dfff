"""`rental_now`: hours x the market's on-demand price on the day of the release. Deliberate repricing."""

from __future__ import annotations

import polars as pl

from pipelines.costing.market import ON_DEMAND
from pipelines.costing.price_bases.basis import PriceBasis, Pricing
from pipelines.costing.price_bases.rental import price_on, sight_on


def price(pricing: Pricing) -> pl.LazyFrame:
    """The market price as of the release."""
    return price_on(pricing, pl.lit(pricing.as_of), ON_DEMAND, pricing.market)


def sees(pricing: Pricing) -> pl.LazyFrame:
    """The quotes up to the release, and its day: prices age."""
    return sight_on(pricing, pl.lit(pricing.as_of), ON_DEMAND, pricing.market_sight)


BASIS = PriceBasis("rental_now", price, depends_on_start=False, sees=sees)
