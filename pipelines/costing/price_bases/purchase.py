"""`purchase`: every accelerator bought outright, at the hardware's own quotes, lowest to highest.

Quotes are taken as they are: of bare cards and with a share of the server alike. What servers and network add stands
beside the cost (`costing.components`), never in it.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.market import price_ends
from pipelines.costing.price_bases.basis import NEVER_IN, PriceBasis, Pricing, price_columns
from pipelines.costing.purchases import sight_of_offers
from pipelines.costing.runs import flagged


def price(pricing: Pricing) -> pl.LazyFrame:
    """The price of one accelerator of each run (PRICE_COLUMNS, USD per GPU); the middle is the geometric mean."""
    ends = (
        pricing.offers.lazy()
        .with_columns(*price_ends(pricing.constants, by=["phase_id"]))
        .group_by("phase_id", maintain_order=True)
        .agg(
            pl.col("unit_price_low", "unit_price_high").first(),
            pl.col("quote_id").first(),
            pl.col("source_id").first().alias("price_source_id"),
            pl.col("observed_on").first().alias("price_observed_on"),
            pl.len().cast(pl.Int64).alias("price_quote_count"),
            pl.col("is_later").any(),
            pl.col("is_estimate").any(),
            (~pl.col("covers_server")).any().alias("is_bare"),
        )
    )
    low, high = (pl.col(name).cast(pl.Float64) for name in ("unit_price_low", "unit_price_high"))
    return price_columns(
        ends.with_columns(
            pl.when(low == high)
            .then("unit_price_low")
            .otherwise((low * high).sqrt().round(2).cast(UNIT_PRICE))
            .alias("unit_price"),
            flagged(
                later_price=pl.col("is_later"),
                estimated_price=pl.col("is_estimate"),
                bare_card_price=pl.col("is_bare"),
            ).alias("price_flags"),
        )
    )


def sees(pricing: Pricing) -> pl.LazyFrame:
    """The offers of each run's accelerator up to its start; where there is none yet, all of them."""
    return sight_of_offers(pricing.runs, pricing.quotes, pricing.hardware)


BASIS = PriceBasis(
    "purchase",
    price,
    quantity="gpu_count",
    sees=sees,
    leaves_out=(*NEVER_IN, "buildings", "servers", "interconnect", "energy"),
)
