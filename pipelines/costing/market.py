"""The market rule: the price of an accelerator-hour as of a day, from dated quotes and never a later one.

Of the quotes on the terms asked for: per provider its newest usable one on or before the day, lowest over its regions;
then the lower median over providers whose quote is fresh; if none is fresh, the newest older quote. A price that a feed
kept showing is as new as the last day it was shown, seen from a day before that as new as that day. Source:
docs/methods.md, market rule.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.constants import Constants
from pipelines.costing.runs import flagged
from pipelines.costing.sight import sight_of_quotes

ON_DEMAND = "on_demand"
TERMS = {
    ON_DEMAND: ("on_demand",),
    "spot": ("spot",),
    "commitment_1y": ("reserved_1y", "committed_1y"),
    "commitment_3y": ("reserved_3y", "committed_3y"),
}
"""What is one market: categories of quotes (vocabulary.PRICING_CATEGORY) that compete with each other."""

MARKET_OF = {category: terms for terms, categories in TERMS.items() for category in categories}
ASK = ("terms", "hardware_id", "priced_on")
NUMBER, RANK = "__ask", "__rank"
MOST_QUOTES = 2**32
"""More than there are: a day and a rank fit into one number."""


def price_ends(constants: Constants, by: list[str]) -> list[pl.Expr]:
    """Lowest and highest unit_price of each group; a single quote has no spread and takes the usual width.

    The width is that of the accelerator (hardware_id), one a group.
    """
    ends = {"low": pl.col("unit_price").min().over(by), "high": pl.col("unit_price").max().over(by)}
    return [
        _end(constants, pl.len().over(by) == 1, end, end, name).alias(f"unit_price_{name}")
        for name, end in ends.items()
    ]


def _end(constants: Constants, is_single: pl.Expr, price: pl.Expr, end: pl.Expr, name: str) -> pl.Expr:
    """The low or high end of a price: that of its group, or the usual width of a single price."""
    widest = (price.cast(pl.Float64) * _width(constants, f"price_width_{name}_ratio")).round(UNIT_PRICE.scale)
    return pl.when(is_single).then(widest).otherwise(end.cast(pl.Float64)).cast(UNIT_PRICE)


def _width(constants: Constants, name: str) -> pl.Expr:
    """The usual width of a price, as a multiple of it: wider for accelerators that are not sold."""
    return constants.range(name, pl.col("hardware_id")).mid


def widened(constants: Constants, is_assumed: pl.Expr) -> list[pl.Expr]:
    """Ends at least as far from the price as is usual, where it is not what several providers ask on the day."""
    price = pl.col("unit_price").cast(pl.Float64)
    low, high = (
        (price * _width(constants, f"price_width_{end}_ratio")).round(UNIT_PRICE.scale).cast(UNIT_PRICE)
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


def usable_rentals(quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Quotes that may enter the rule: usable, on terms that are a market, dated, for a known accelerator."""
    return quotes.filter(
        pl.col("is_usable")
        & pl.col("pricing_category").is_in(list(MARKET_OF))
        & pl.col("hardware_id").is_not_null()
        & pl.col("observed_on").is_not_null()
        & pl.col("list_unit_price_usd_per_gpu_hour").is_not_null()
    ).select(
        pl.col("pricing_category").replace_strict(MARKET_OF, return_dtype=pl.String).alias("terms"),
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
    quoted = rentals.rename({"priced_hardware_id": "hardware_id"})
    first_quoted = quoted.group_by("terms", "hardware_id").agg(pl.col("observed_on").min().alias("first_quoted_on"))
    proxy = hardware.select("hardware_id", "price_proxy_hardware_id")
    is_quoted = (pl.col("first_quoted_on") <= pl.col("priced_on")).fill_null(value=False)
    return (
        asked.join(first_quoted, on=["terms", "hardware_id"], how="left")
        .join(proxy, on="hardware_id", how="left")
        .with_columns(
            pl.when(is_quoted).then("hardware_id").otherwise("price_proxy_hardware_id").alias("priced_hardware_id")
        )
        .drop("first_quoted_on")
    )


def market_prices(
    asked: pl.LazyFrame, quotes: pl.LazyFrame, hardware: pl.LazyFrame, constants: Constants
) -> pl.LazyFrame:
    """The market price of each asked accelerator on each asked day and terms.

    Args:
        asked: terms (of TERMS), hardware_id and priced_on, unique.
        quotes: core.price_quotes.
        hardware: core.hardware (for the declared proxies).
        constants: fresh_quote_days, stale_price_days, thin_price_providers, panel_days, panel_least_share_ratio, and
            the usual width of a price.

    Returns:
        A row for each ask that has a price: terms, hardware_id, priced_on, unit_price with its low and high (the spread
        over the providers, of a thinned panel over all that were in it; where they are few, the price is old or a
        stand-in's, at least the usual width of a price; USD per GPU-hour), quote_id and source of the median,
        price_observed_on, price_quote_count and price_flags.
    """
    # collected, for numbers must be the same wherever they are read, and a plan that is read twice may run twice
    rentals = usable_rentals(quotes).sort("unit_price", "quote_id").with_row_index(RANK).collect().lazy()
    asks = priced_as(asked, rentals, hardware).with_row_index(NUMBER).collect().lazy()
    chosen = _chosen(asks, rentals, constants)
    price, is_proxy = pl.col("unit_price"), pl.col("priced_hardware_id") != pl.col("hardware_id")
    is_stale = _age() > constants["stale_price_days"]
    is_thin = pl.col("price_quote_count") < constants["thin_price_providers"]
    is_thinned = pl.col("price_quote_count") < constants["panel_least_share_ratio"] * pl.col("panel_count")
    is_alone = (pl.col("price_quote_count") == 1) & ~is_thinned
    prices = rentals.select(RANK, "unit_price")
    return (
        chosen.join(asks, on=NUMBER, how="left")
        .join(rentals.select(RANK, "unit_price", "quote_id", "source_id"), on=RANK, how="left")
        .with_columns(
            pl.when(is_thinned).then(f"{end}_of_panel").otherwise(f"{end}_rank").alias(f"{end}_rank")
            for end in ("lowest", "highest")
        )
        .join(prices.rename({"unit_price": "lowest"}), left_on="lowest_rank", right_on=RANK, how="left")
        .join(prices.rename({"unit_price": "highest"}), left_on="highest_rank", right_on=RANK, how="left")
        .with_columns(
            _end(constants, is_alone, price, pl.col(end), name).alias(f"unit_price_{name}")
            for name, end in (("low", "lowest"), ("high", "highest"))
        )
        .select(
            *ASK,
            "unit_price",
            *widened(constants, is_stale | is_proxy | is_thin),
            "quote_id",
            pl.col("source_id").alias("price_source_id"),
            pl.col("seen_on").alias("price_observed_on"),
            "price_quote_count",
            flagged(
                stale_price=is_stale,
                thin_price=is_thin,
                thinned_panel=is_thinned,
                proxy_price=is_proxy,
            ).alias("price_flags"),
        )
    )


def _chosen(asks: pl.LazyFrame, rentals: pl.LazyFrame, constants: Constants) -> pl.LazyFrame:
    """The quotes that make the price of each ask: the median one, the lowest and the highest.

    There are many more candidates than quotes, so here asks, quotes and providers are numbers: a later day, and on one
    day a lower price, is a larger `newness`.

    Args:
        asks: NUMBER, terms, priced_hardware_id and priced_on.
        rentals: `usable_rentals` with RANK, their order by price.
        constants: as of `market_prices`.

    Returns:
        For each ask that has a price: NUMBER, RANK of the median with its `seen_on`, lowest_rank, highest_rank and
        price_quote_count; and of all providers the price could have come from lowest_of_panel, highest_of_panel and
        panel_count.
    """
    provider = pl.col("provider").rank("dense").alias("provider")
    offers = rentals.select(
        "terms",
        "priced_hardware_id",
        provider,
        "observed_on",
        pl.coalesce("last_seen_on", "observed_on").alias("shown"),
        RANK,
    )
    seen_on = pl.min_horizontal("shown", "priced_on").cast(pl.Int32).cast(pl.Int64)
    newness = pl.col("newness")
    is_in_panel = _age() <= constants["panel_days"]
    median = (pl.len() - 1) // 2
    return (
        asks.select(NUMBER, "terms", "priced_hardware_id", "priced_on")
        .join(offers, on=["terms", "priced_hardware_id"], how="inner")
        .filter(pl.col("observed_on") <= pl.col("priced_on"))
        .select(
            NUMBER, "provider", "priced_on", (seen_on * MOST_QUOTES + (MOST_QUOTES - 1 - pl.col(RANK))).alias("newness")
        )
        .group_by(NUMBER, "provider")
        .agg(newness.max(), pl.col("priced_on").first())
        .with_columns(
            (newness // MOST_QUOTES).cast(pl.Int32).cast(pl.Date).alias("seen_on"),
            (MOST_QUOTES - 1 - newness % MOST_QUOTES).cast(pl.UInt32).alias(RANK),
            (newness == newness.max().over(NUMBER)).alias("is_newest_of_all"),
        )
        .with_columns(
            is_in_panel.sum().over(NUMBER).alias("panel_count"),
            pl.when(is_in_panel).then(RANK).min().over(NUMBER).alias("lowest_of_panel"),
            pl.when(is_in_panel).then(RANK).max().over(NUMBER).alias("highest_of_panel"),
        )
        .filter((_age() <= constants["fresh_quote_days"]) | pl.col("is_newest_of_all"))
        .sort(RANK)
        .group_by(NUMBER)
        .agg(
            pl.col(RANK, "seen_on").get(median),
            pl.col(RANK).first().alias("lowest_rank"),
            pl.col(RANK).last().alias("highest_rank"),
            pl.len().cast(pl.Int64).alias("price_quote_count"),
            pl.col("panel_count", "lowest_of_panel", "highest_of_panel").first(),
        )
    )


def _age() -> pl.Expr:
    return (pl.col("priced_on") - pl.col("seen_on")).dt.total_days()


def sight_of_market(asked: pl.LazyFrame, quotes: pl.LazyFrame, hardware: pl.LazyFrame) -> pl.LazyFrame:
    """A hash of the quotes `market_prices` can look at: of each accelerator and its proxy, up to the day.

    Returns:
        terms, hardware_id, priced_on and `seen`.
    """
    proxies = hardware.select("hardware_id", pl.col("price_proxy_hardware_id").alias("proxy_id"))
    asked = asked.join(proxies, on="hardware_id", how="left")
    asks = pl.concat([asked.select(ASK), asked.select("terms", pl.col("proxy_id").alias("hardware_id"), "priced_on")])
    rentals = usable_rentals(quotes).rename({"priced_hardware_id": "hardware_id"})
    seen = sight_of_quotes(asks, rentals, ["terms", "hardware_id"])
    of_proxy = seen.select("terms", pl.col("hardware_id").alias("proxy_id"), "priced_on", pl.col("until").alias("of"))
    return (
        asked.join(seen, on=ASK, how="left")
        .join(of_proxy, on=["terms", "proxy_id", "priced_on"], how="left")
        .select(*ASK, pl.struct("until", "proxy_id", "of").hash().alias("seen"))
    )
