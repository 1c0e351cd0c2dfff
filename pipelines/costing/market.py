"""The market rule: the price of an accelerator-hour as of a day, from dated quotes and never a later one.

Of the quotes on the terms asked for: per provider its newest usable one on or before the day, lowest over its regions;
then the lower median over providers whose quote is fresh; if none is fresh, the newest older quote. A price that a feed
kept showing is as new as the last day it was shown, seen from a day before that as new as that day. Source:
docs/methods.md, market rule.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.constants import Constants
from pipelines.costing.runs import flagged

ON_DEMAND = ("on_demand",)
"""Terms of the ordinary market price; other terms are price bases of their own."""


def price_ends(constants: Constants, by: list[str]) -> list[pl.Expr]:
    """Lowest and highest unit_price of each group; a single quote has no spread and takes the usual width."""
    price = pl.col("unit_price")
    single = pl.len().over(by) == 1
    widths = {"low": (price.min(), "price_width_low_ratio"), "high": (price.max(), "price_width_high_ratio")}
    return [
        pl.when(single)
        .then((price.cast(pl.Float64) * constants[constant]).round(UNIT_PRICE.scale))
        .otherwise(end.over(by).cast(pl.Float64))
        .cast(UNIT_PRICE)
        .alias(f"unit_price_{name}")
        for name, (end, constant) in widths.items()
    ]


def widened(constants: Constants, is_assumed: pl.Expr) -> list[pl.Expr]:
    """Ends at least as far from the price as is usual, where the price stands in for another or is old."""
    price = pl.col("unit_price").cast(pl.Float64)
    low, high = (
        (price * constants[f"price_width_{end}_ratio"]).round(UNIT_PRICE.scale).cast(UNIT_PRICE)
        for end in ("low", "high")
    )
    return [
        pl.when(is_assumed)
        .then(pl.min_horizontal("unit_price_low", low))
        .otherwise("unit_price_low")
        .alias("unit_price_low"),
        pl.when(is_assumed)
        .then(pl.max_horizontal("unit_price_high", high))
        .otherwise("unit_price_high")
        .alias("unit_price_high"),
    ]


def usable_rentals(quotes: pl.LazyFrame, categories: Collection[str] = ON_DEMAND) -> pl.LazyFrame:
    """Quotes that may enter the rule: usable, on one of these terms, dated, for a known accelerator."""
    return quotes.filter(
        pl.col("is_usable")
        & pl.col("pricing_category").is_in(list(categories))
        & pl.col("hardware_id").is_not_null()
        & pl.col("observed_on").is_not_null()
        & pl.col("list_unit_price_usd_per_gpu_hour").is_not_null()
    ).select(
        "quote_id",
        "provider",
        "observed_on",
        "last_seen_on",
        "source_id",
        pl.col("hardware_id").alias("priced_hardware_id"),
        pl.col("list_unit_price_usd_per_gpu_hour").alias("unit_price"),
    )


def priced_as(asked: pl.LazyFrame, rentals: pl.LazyFrame, hardware: pl.LazyFrame) -> pl.LazyFrame:
    """The accelerator whose quotes price each ask: itself, else its declared proxy if it has no quote by that day.

    A later quote of its own does not shut the proxy out: that would be looking ahead.
    """
    first_quoted = rentals.group_by("priced_hardware_id").agg(pl.col("observed_on").min().alias("first_quoted_on"))
    proxy = hardware.select("hardware_id", "price_proxy_hardware_id")
    is_quoted = (pl.col("first_quoted_on") <= pl.col("priced_on")).fill_null(value=False)
    return (
        asked.join(first_quoted, left_on="hardware_id", right_on="priced_hardware_id", how="left")
        .join(proxy, on="hardware_id", how="left")
        .with_columns(
            pl.when(is_quoted).then("hardware_id").otherwise("price_proxy_hardware_id").alias("priced_hardware_id")
        )
        .drop("first_quoted_on")
    )


def market_prices(
    asked: pl.LazyFrame,
    quotes: pl.LazyFrame,
    hardware: pl.LazyFrame,
    constants: Constants,
    categories: Collection[str] = ON_DEMAND,
) -> pl.LazyFrame:
    """The market price of each asked accelerator on each asked day.

    Args:
        asked: hardware_id and priced_on, unique.
        quotes: core.price_quotes.
        hardware: core.hardware (for the declared proxies).
        constants: fresh_quote_days, stale_price_days, thin_price_providers, and the usual width of a price.
        categories: terms of the quotes that take part (vocabulary.PRICING_CATEGORY).

    Returns:
        A row for each ask that has a price: hardware_id, priced_on, unit_price with its low and high (the spread over
        the providers; for a single one the usual width of a price; USD per GPU-hour), quote_id and source of the
        median, price_observed_on, price_quote_count and price_flags.
    """
    ask = ["hardware_id", "priced_on"]
    rentals = usable_rentals(quotes, categories)
    age = (pl.col("priced_on") - pl.col("seen_on")).dt.total_days()
    newest = (
        priced_as(asked, rentals, hardware)
        .join(rentals, on="priced_hardware_id", how="inner")
        .filter(pl.col("observed_on") <= pl.col("priced_on"))
        .with_columns(pl.min_horizontal(pl.coalesce("last_seen_on", "observed_on"), "priced_on").alias("seen_on"))
        .sort("seen_on", "unit_price", "quote_id", descending=[True, False, False])
        .unique([*ask, "provider"], keep="first", maintain_order=True)
        .with_columns((age <= constants["fresh_quote_days"]).alias("is_fresh"))
    )
    has_fresh = pl.col("is_fresh").any().over(ask)
    fresh = newest.filter(pl.col("is_fresh"))
    oldest_resort = newest.filter(~has_fresh).unique(ask, keep="first", maintain_order=True)
    median = ((pl.len() - 1) // 2).over(ask)
    chosen = (
        pl.concat([fresh, oldest_resort])
        .sort(*ask, "unit_price", "quote_id")
        .with_columns(
            *price_ends(constants, by=ask),
            pl.len().over(ask).cast(pl.Int64).alias("price_quote_count"),
        )
        .filter(pl.int_range(pl.len()).over(ask) == median)
    )
    is_stale = age > constants["stale_price_days"]
    is_proxy = pl.col("priced_hardware_id") != pl.col("hardware_id")
    return chosen.select(
        *ask,
        "unit_price",
        *widened(constants, is_stale | is_proxy),
        "quote_id",
        pl.col("source_id").alias("price_source_id"),
        pl.col("seen_on").alias("price_observed_on"),
        "price_quote_count",
        flagged(
            stale_price=is_stale,
            thin_price=pl.col("price_quote_count") < constants["thin_price_providers"],
            proxy_price=is_proxy,
        ).alias("price_flags"),
    )
