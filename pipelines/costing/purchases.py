"""Purchase quotes of a run's accelerator: those nearest its start, and what each of them covers."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.constants import Constants
from pipelines.costing.sight import sight_of_quotes

SERVER_SCOPE = "share_of_server"
"""The word of core.price_quotes.price_scope for a price with its share of the server in it."""


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
        "price_scope",
        pl.col("list_unit_price_usd_per_gpu").cast(UNIT_PRICE).alias("unit_price"),
        pl.col("flags").list.contains("estimated_price").alias("is_estimate"),
    )


def sight_of_offers(runs: pl.LazyFrame, quotes: pl.LazyFrame, hardware: pl.LazyFrame) -> pl.LazyFrame:
    """A hash of what `nearest_offers` can look at: offers up to the start, where there is none yet all of them.

    Returns:
        phase_id and `seen`.
    """
    asked = runs.select("phase_id", "hardware_id", pl.col("started_on").alias("priced_on"))
    return (
        asked.join(sight_of_quotes(asked, usable_offers(quotes)), on=["hardware_id", "priced_on"], how="left")
        .join(hardware.select("hardware_id", "accelerators_per_server"), on="hardware_id", how="left")
        .select("phase_id", pl.struct(pl.coalesce("until", "ever"), "accelerators_per_server").hash().alias("seen"))
    )


def nearest_offers(
    runs: pl.LazyFrame, quotes: pl.LazyFrame, hardware: pl.LazyFrame, constants: Constants
) -> pl.LazyFrame:
    """The purchase quotes of the nearest day before each start, else of the earliest day after it.

    A price derived from a claim is not usable and never gets here.

    Args:
        runs: result of `costing.runs.runs`.
        quotes: core.price_quotes.
        hardware: core.hardware.
        constants: server_overhead_ratio.

    Returns:
        A row for each run and quote: phase_id, hardware_id, developer, country, is_country_assumed, started_on,
        quote_id, source_id, observed_on, unit_price (USD per GPU), is_later, is_estimate, covers_server (a share of
        the server is in the price, or the accelerator is a server by itself), and server_mid, server_low,
        server_high: by what the price is multiplied to cover the server (1 where it does).
    """
    offers = usable_offers(quotes)
    wait = (pl.col("observed_on") - pl.col("started_on")).dt.total_days()
    has_earlier = (wait <= 0).any().over("phase_id")
    is_eligible = (wait <= 0) | ~has_earlier
    has_server = pl.col("price_scope").eq(SERVER_SCOPE) | pl.col("accelerators_per_server").eq(1)
    is_server = has_server.fill_null(value=False)
    overhead = constants.range("server_overhead_ratio", pl.col("hardware_id"))
    return (
        runs.filter(pl.col("hardware_id").is_not_null())
        .select("phase_id", "hardware_id", "developer", "country", "is_country_assumed", "started_on")
        .join(offers, on="hardware_id", how="inner")
        .filter(is_eligible)
        .filter(wait.abs() == wait.abs().min().over("phase_id"))
        .join(hardware.select("hardware_id", "accelerators_per_server"), on="hardware_id", how="left")
        .with_columns((wait > 0).alias("is_later"), is_server.alias("covers_server"))
        .with_columns(
            pl.when(is_server).then(1.0).otherwise(end).alias(name)
            for name, end in zip(
                ("server_mid", "server_low", "server_high"), (overhead.mid, overhead.low, overhead.high), strict=True
            )
        )
        .drop("price_scope", "accelerators_per_server")
        .sort("phase_id", "unit_price", "quote_id")
    )
