"""From published prices to the ledger's quotes: one spelling a company, one id a chip, usable or not."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.core import PriceQuotes
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import REJECTED, Validated, conform
from pipelines.costing.feed_rows import feed_quotes
from pipelines.costing.runs import flagged

CLAIM_FLAGS = ("press_estimate", "implied_not_stated")
"""A price worked out from a claim is what is to be checked, never evidence."""

OF_FEEDS_ONLY = {
    "series_id": pl.String(),
    "feed_id": pl.String(),
    "last_seen_on": pl.Date(),
    "recorded_at": pl.Datetime("us", "UTC"),
}
"""Columns that hand-kept quotes do not have, or get here."""

LABEL = ["accelerator", "accelerator_memory_gb", "form_factor"]

PURCHASE = ["source_id", "hardware_id", "dated", "list_unit_price_usd_per_gpu"]
"""Columns by which two purchase quotes are one and the same fact."""


def price_quotes(
    rentals: pl.DataFrame,
    purchases: pl.DataFrame,
    accelerators: pl.DataFrame,
    providers: pl.DataFrame,
    events: pl.DataFrame,
    reads: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Rental and purchase quotes, hand-kept and of feeds, as one table.

    Args:
        rentals: staging.prices__rental_quotes.
        purchases: staging.prices__purchase_quotes.
        accelerators: staging.reference__accelerator_map.
        providers: staging.reference__provider_map.
        events: staging.feeds__price_events.
        reads: staging.feeds__reads.
        as_of: the day of the release.

    Returns:
        core.price_quotes. A quote is usable when its source says so, its accelerator is known, its day has come, and
        its price was not worked out from a claim. Where only a latest day of observation is known, that day is taken
        and flagged; so is a label that no row of the map names. A hand-kept quote counts as known from the day it was
        observed, one of a feed from the moment it was read (`history` tells what a later release makes of that). A
        purchase that a feed repeats of a document kept by hand is the same fact: it is flagged and not used again.
    """
    rented = rentals.lazy().with_columns(
        pl.col("provider").alias("provider_as_published"),
        pl.coalesce("observed_on", "observed_not_after").alias("dated"),
        pl.col("pricing_category").str.extract(r"_(1y|3y)$").alias("commitment"),
        pl.col("observed_on").is_null().alias("is_late_date"),
        pl.lit(value=False).alias("is_estimate"),
        *(pl.lit(None, dtype).alias(name) for name, dtype in OF_FEEDS_ONLY.items()),
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
        pl.concat([rented, bought, *([feed_quotes(events, reads)] if events.height else [])], how="diagonal_relaxed")
        .join(names, on="provider_as_published", how="left")
        .join(labels, on=LABEL, how="left", nulls_equal=True)
        .with_columns(pl.coalesce("company", "provider_as_published", pl.lit("unnamed")).alias("provider"))
        .pipe(_with_repeated)
    )
    is_future = (pl.col("dated") > as_of).fill_null(value=False)
    is_left_out = is_future | pl.col("is_repeated")
    from_claim = pl.col("flags").list.set_intersection(list(CLAIM_FLAGS)).list.len() > 0
    added = flagged(
        dated_by_latest_day=pl.col("is_late_date"),
        estimated_price=pl.col("is_estimate"),
        unmapped_accelerator=pl.col("is_mapped").is_null(),
        future_date=is_future,
        kept_by_hand_too=pl.col("is_repeated"),
    )
    return (
        joined.with_columns(
            pl.coalesce(
                "series_id", pl.concat_str([pl.col(name).fill_null("") for name in (*series, *terms)], separator="|")
            ).alias("series_id"),
            pl.col("dated").alias("observed_on"),
            pl.coalesce("recorded_at", pl.col("dated").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")).alias(
                "recorded_at"
            ),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("superseded_at"),
            (pl.col("is_usable") & pl.col("hardware_id").is_not_null() & ~from_claim & ~is_left_out).alias("is_usable"),
            pl.concat_list("flags", added).alias("flags"),
        )
        .with_columns(pl.col("is_usable").alias("has_been_usable"))
        .select(list(table_of(PriceQuotes).dtypes))
        .sort("series_id", "observed_on", "quote_id")
        .collect()
    )


def _with_repeated(quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Quotes, and of each whether it is a purchase of a feed that is kept by hand too (is_repeated)."""
    of_feed = pl.col("feed_id").is_not_null()
    by_hand = quotes.filter(~of_feed).select(PURCHASE).drop_nulls().unique()
    return quotes.join(
        by_hand.with_columns(pl.lit(value=True).alias("is_known")), on=PURCHASE, how="left"
    ).with_columns((of_feed & pl.col("is_known").fill_null(value=False)).alias("is_repeated"))


def unmapped(events: pl.DataFrame, accelerators: pl.DataFrame) -> Validated:
    """Set aside the rows of feeds whose accelerator no row of the map names.

    A person who writes down a quote can write the map's row with it. A feed cannot, so its rows wait outside for one.

    Args:
        events: staging.feeds__price_events.
        accelerators: staging.reference__accelerator_map.

    Returns:
        The other rows, and one rejection for each label and feed, at the first row that waits for it.
    """
    waiting = events.join(accelerators, on=LABEL, how="anti", nulls_equal=True)
    if waiting.is_empty():
        return Validated(events, REJECTED.empty())
    label = [pl.col(name).fill_null("none") for name in LABEL]
    asked = (
        waiting.sort("file", "line")
        .group_by("file", *LABEL, maintain_order=True)
        .agg(pl.col("line", "event_id").first(), pl.len().alias("row_count"))
        .rechunk()
        .select(
            pl.lit(table_of(PriceQuotes).name).alias("table_name"),
            "file",
            "line",
            pl.col("event_id").alias("record_id"),
            pl.lit("accelerator").alias("column_name"),
            pl.col("accelerator").alias("value"),
            pl.lit("unmapped_accelerator").alias("check_name"),
            pl.format(
                "no row of data/reference/accelerator_map.csv names accelerator '{}' with memory '{}' and form factor "
                "'{}', for which {} row(s) wait: add one, without a hardware_id if the ledger is to leave it out",
                *label,
                pl.col("row_count"),
            ).alias("reason"),
            pl.lit(value=True).alias("is_set_aside"),
        )
    )
    return Validated(events.join(accelerators, on=LABEL, how="semi", nulls_equal=True), conform(REJECTED, asked))
