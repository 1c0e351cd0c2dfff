"""From published prices to the ledger's quotes: one spelling a company, one id a chip, usable or not."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.core import PriceQuotes
from pipelines.contracts.table import table_of

CLAIM_FLAGS = ("press_estimate", "implied_not_stated")
"""A price worked out from a claim is what is to be checked, never evidence."""

LABEL = ["accelerator", "accelerator_memory_gb", "form_factor"]


def price_quotes(
    rentals: pl.DataFrame,
    purchases: pl.DataFrame,
    accelerators: pl.DataFrame,
    providers: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Rental and purchase quotes as one table.

    Args:
        rentals: staging.prices__rental_quotes.
        purchases: staging.prices__purchase_quotes.
        accelerators: staging.reference__accelerator_map.
        providers: staging.reference__provider_map.
        as_of: the day of the release.

    Returns:
        core.price_quotes. A quote is usable when its source says so, its accelerator is known, its day has come, and
        its price was not worked out from a claim. Where only a latest day of observation is known, that day is taken
        and flagged; so is a label that no row of the map names.
    """
    rented = rentals.lazy().with_columns(
        pl.col("provider").alias("provider_as_published"),
        pl.coalesce("observed_on", "observed_not_after").alias("dated"),
        pl.col("pricing_category").str.extract(r"_(1y|3y)$").alias("commitment"),
        pl.col("observed_on").is_null().alias("is_late_date"),
        pl.lit(value=False).alias("is_estimate"),
    )
    bought = purchases.lazy().with_columns(
        pl.lit(None, pl.String).alias("provider_as_published"),
        pl.col("observed_on").alias("dated"),
        pl.lit("purchase").alias("pricing_category"),
        pl.col("list_unit_price_usd_per_gpu").cast(pl.String).alias("price_as_published"),
        pl.lit("accelerator").alias("unit_as_published"),
        pl.lit(value=False).alias("is_late_date"),
    )
    names = providers.lazy().select("provider_as_published", pl.col("provider").alias("company"))
    labels = accelerators.lazy().select(*LABEL, "hardware_id", pl.lit(value=True).alias("is_mapped"))
    series = ["source_id", "provider", "sku", "accelerator", "accelerator_memory_gb", "form_factor", "region"]
    terms = ["pricing_category", "commitment_payment", "price_scope", "currency"]
    joined = (
        pl.concat([rented, bought], how="diagonal")
        .join(names, on="provider_as_published", how="left")
        .join(labels, on=LABEL, how="left", nulls_equal=True)
        .with_columns(pl.coalesce("company", "provider_as_published", pl.lit("unnamed")).alias("provider"))
    )
    is_future = (pl.col("dated") > as_of).fill_null(value=False)
    from_claim = pl.col("flags").list.set_intersection(list(CLAIM_FLAGS)).list.len() > 0
    added = [
        pl.when(pl.col("is_late_date")).then(pl.lit("dated_by_latest_day")),
        pl.when(pl.col("is_estimate")).then(pl.lit("estimated_price")),
        pl.when(pl.col("is_mapped").is_null()).then(pl.lit("unmapped_accelerator")),
        pl.when(is_future).then(pl.lit("future_date")),
    ]
    return (
        joined.with_columns(
            pl.concat_str([pl.col(name).fill_null("") for name in (*series, *terms)], separator="|").alias("series_id"),
            pl.col("dated").alias("observed_on"),
            pl.col("dated").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("recorded_at"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("superseded_at"),
            (pl.col("is_usable") & pl.col("hardware_id").is_not_null() & ~from_claim & ~is_future).alias("is_usable"),
            pl.concat_list("flags", pl.concat_list(added).list.drop_nulls()).alias("flags"),
        )
        .select(list(table_of(PriceQuotes).dtypes))
        .sort("series_id", "observed_on", "quote_id")
        .collect()
    )
