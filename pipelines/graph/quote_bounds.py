"""Hand-kept quotes against the bounds of `data/reference/price_bounds.csv`, by the rule that judges those of feeds."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.core import PriceQuotes
from pipelines.contracts.quarantine import ROW, Validated, split
from pipelines.contracts.table import table_of
from pipelines.sources.gates import with_bounds
from pipelines.sources.unit_prices import BOUGHT

QUOTES = table_of(PriceQuotes)
RENT, PURCHASE = "list_unit_price_usd_per_gpu_hour", "list_unit_price_usd_per_gpu"
REMEDY = (
    "write the price of one accelerator (not of the machine, not of a month), or, if it is right, mend "
    "data/reference/price_bounds.csv"
)


def within_bounds(quotes: pl.DataFrame, bounds: pl.DataFrame, accelerators: pl.DataFrame) -> Validated:
    """Set aside hand-kept quotes that a cost could be based on and whose price cannot be that of one accelerator.

    Args:
        quotes: core.price_quotes; those of feeds were judged when they were read.
        bounds: staging.reference__price_bounds.
        accelerators: staging.reference__accelerator_map.

    Returns:
        The other quotes, and what was set aside with its price and the bounds.
    """
    numbered = quotes.with_row_index(ROW)
    by_company = bounds.with_columns(pl.col("provider").alias("company"))
    chips = (
        accelerators.filter(pl.col("accelerator").is_in(bounds["accelerator"].drop_nulls().unique().implode()))
        .drop_nulls("hardware_id")
        .select("hardware_id", pl.col("accelerator").alias("known_chip"))
        .unique("hardware_id", keep="first", maintain_order=True)
    )
    usable = (
        numbered.filter(pl.col("feed_id").is_null() & pl.col("is_usable"))
        .select(
            ROW, "accelerator", "hardware_id", "pricing_category", pl.col("provider").alias("company"), RENT, PURCHASE
        )
        .join(chips, on="hardware_id", how="left", maintain_order="left")
    )
    is_bought = pl.col("pricing_category") == BOUGHT
    price = pl.when(is_bought).then(pl.col(PURCHASE).cast(pl.Float64)).otherwise(pl.col(RENT).cast(pl.Float64))
    limits = [pl.col(name).cast(pl.Float64) for name in ("floor", "ceiling")]
    is_below, is_above = price < limits[0], price > limits[1]
    found = (
        with_bounds(usable, by_company)
        .filter((is_below | is_above).fill_null(value=False))
        .rechunk()
        .select(
            ROW,
            pl.when(is_bought).then(pl.lit(PURCHASE)).otherwise(pl.lit(RENT)).alias("column_name"),
            price.cast(pl.String).alias("value"),
            pl.when(is_below).then(pl.lit("below_floor")).otherwise(pl.lit("above_ceiling")).alias("check_name"),
            pl.format(
                "{} USD for one accelerator is not within the bounds of its kind, {} to {}: {}",
                price,
                limits[0].cast(pl.String).fill_null("none"),
                limits[1].cast(pl.String).fill_null("none"),
                pl.lit(REMEDY),
            ).alias("reason"),
        )
    )
    return split(QUOTES, numbered, found)
