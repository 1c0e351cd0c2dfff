"""Versions of a table: what it said when, kept as rows that are closed and never changed.

A version holds from `recorded_at` to before `superseded_at`; the one that still holds has no end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipelines.contracts.table import PLACE

MOMENT = pl.Datetime("us", "UTC")
VERSION_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"
KNOWN_BEFORE = "__known"
UNSAID = (*PLACE, "note", "flags", "implied_utilization_ratio", "recorded_at", "superseded_at")
"""Columns in which two versions may differ and still say the same: where they stand, and what follows from the rest."""


def supersede(
    previous: pl.DataFrame, current: pl.DataFrame, key: Sequence[str], content: Sequence[str], moment: datetime
) -> pl.DataFrame:
    """All versions of a table after it was read anew.

    Args:
        previous: the versions so far: the columns of `current` and superseded_at; one open version a key at most.
        current: the table as it is now, its key unique, with recorded_at: since when a row counts as known that no
            version so far has; null for now.
        key: what names a row.
        content: the columns that make another version; all others are of no consequence.
        moment: now; later than every time in `previous`.

    Returns:
        The columns of `current` and superseded_at, sorted by key and time. A row that says what the open version says
        keeps that version's recorded_at; one that says something else, or is gone, closes it. A row that was known
        before and said something else counts as known from now on, whatever its own recorded_at is.
    """
    open_versions = previous.filter(pl.col("superseded_at").is_null())
    said = [pl.col(name).eq_missing(pl.col(f"{name}{KNOWN_BEFORE}")) for name in content]
    before = open_versions.select(
        *key,
        *(pl.col(name).alias(f"{name}{KNOWN_BEFORE}") for name in (*content, "recorded_at")),
        pl.lit(value=True).alias("is_open"),
    )
    compared = (
        current.join(before, on=list(key), how="left")
        .join(previous.select(*key, pl.lit(value=True).alias("is_old")).unique(), on=list(key), how="left")
        .with_columns(
            (pl.col("is_open").fill_null(value=False) & pl.all_horizontal(said)).alias("is_same"),
            pl.lit(moment, MOMENT).alias("this_moment"),
        )
        .with_columns(
            pl.when("is_same")
            .then(f"recorded_at{KNOWN_BEFORE}")
            .when(pl.col("is_old"))
            .then("this_moment")
            .otherwise(pl.coalesce("recorded_at", "this_moment"))
            .alias("recorded_at")
        )
    )
    standing = compared.filter("is_same").select(key)
    ended = open_versions.join(standing, on=list(key), how="anti").with_columns(
        pl.lit(moment, MOMENT).alias("superseded_at")
    )
    names = [*(name for name in current.columns if name != "superseded_at"), "superseded_at"]
    latest = compared.with_columns(pl.lit(None, MOMENT).alias("superseded_at")).select(names)
    closed = previous.filter(pl.col("superseded_at").is_not_null())
    return pl.concat([closed.select(names), ended.select(names), latest]).sort(*key, "recorded_at", "superseded_at")


def known_since(rows: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Rows with recorded_at: the day they were observed, else the day their source was published.

    Args:
        rows: with source_id, and observed_on where they have such a day, first_source_id where an earlier document may
            have said the same.
        sources: core.sources.
    """
    if "observed_on" in rows.columns:
        day = pl.col("observed_on")
        return rows.with_columns(day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("recorded_at"))
    published = sources.select(
        "source_id",
        pl.col("published_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("recorded_at"),
    )
    dated = rows.join(published, on="source_id", how="left", maintain_order="left")
    if "first_source_id" not in rows.columns:
        return dated
    first = published.rename({"source_id": "first_source_id", "recorded_at": "first_recorded_at"})
    earlier = pl.when(pl.col("recorded_at").is_not_null()).then(pl.min_horizontal("recorded_at", "first_recorded_at"))
    return (
        dated.join(first, on="first_source_id", how="left", maintain_order="left")
        .with_columns(earlier.alias("recorded_at"))
        .drop("first_recorded_at")
    )


def held_at(moment: datetime) -> pl.Expr:
    """Whether a version held at a moment; one without recorded_at was always known."""
    begun = (pl.col("recorded_at") <= moment).fill_null(value=True)
    return begun & (pl.col("superseded_at") > moment).fill_null(value=True)


def superseded(
    previous: pl.DataFrame, closed: pl.DataFrame, current: pl.DataFrame, key: Sequence[str], moment: datetime
) -> pl.DataFrame:
    """The versions of a table that no longer hold: the old ones, and what the last release said and this does not.

    Args:
        previous: the table of the last release, with recorded_at: since when its rows count as known of themselves.
        closed: the versions that the last release knew as superseded.
        current: the table as it is now, with recorded_at likewise.
        key: what names a row.
        moment: now.
    """
    said = [name for name in current.columns if name not in (*key, *UNSAID)]
    replaced_at = closed.group_by(key).agg(pl.col("superseded_at").max().alias("replaced_at"))
    known = previous.join(replaced_at, on=list(key), how="left").with_columns(
        pl.max_horizontal("recorded_at", "replaced_at").alias("recorded_at"),
        pl.lit(None, MOMENT).alias("superseded_at"),
    )
    names = closed.columns
    versions = supersede(pl.concat([closed, known.select(names)]), current, key, said, moment)
    return versions.filter(pl.col("superseded_at").is_not_null()).select(names)


QUOTE_SAYS = (
    "series_id",
    "provider",
    "hardware_id",
    "pricing_category",
    "price_as_published",
    "currency",
    "list_unit_price_usd_per_gpu_hour",
    "list_unit_price_usd_per_gpu",
    "observed_on",
    "effective_from",
    "source_id",
    "has_been_usable",
)
"""What makes another version of a quote; a feed's days follow from its reads and are of no version."""


def quote_versions(current: pl.DataFrame, previous: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """Every version of every quote.

    Args:
        current: the quotes as they are now, in the columns of core.price_quotes; recorded_at as if nothing were known.
        previous: core.price_quotes of the last release; empty where there is none.
        moment: now.

    Returns:
        core.price_quotes. Without a last release the quotes as given. Else a quote kept by hand that is new counts as
        known from now, and one that was changed or is gone stays as a version of its own: its id followed by `@` and
        the moment, not usable, flagged `superseded` or `retracted`.
    """
    if previous.is_empty():
        return current
    ended_at = pl.concat_str(pl.lit("@"), pl.col("superseded_at").dt.to_string(VERSION_TIME))
    is_closed = pl.col("superseded_at").is_not_null()
    known = previous.with_columns(
        pl.when(is_closed).then(pl.col("quote_id").str.strip_suffix(ended_at)).otherwise("quote_id").alias("quote_id"),
        pl.coalesce("has_been_usable", "is_usable").alias("has_been_usable"),
    )
    by_hand = pl.col("feed_id").is_null()
    given = current.with_columns(pl.when(~by_hand).then("recorded_at").alias("recorded_at"))
    versions = supersede(known, given, ["quote_id"], QUOTE_SAYS, moment).rechunk()
    is_gone = ~pl.col("quote_id").is_in(current["quote_id"].implode())
    ended = pl.when(is_gone).then(pl.lit("retracted")).otherwise(pl.lit("superseded"))
    return (
        versions.with_columns(
            pl.when(pl.col("superseded_at") == moment)
            .then(pl.concat_list("flags", ended))
            .otherwise("flags")
            .alias("flags"),
            (pl.col("is_usable") & ~is_closed).alias("is_usable"),
            pl.when(is_closed).then(pl.concat_str("quote_id", ended_at)).otherwise("quote_id").alias("quote_id"),
        )
        .select(current.columns)
        .sort("series_id", "observed_on", "quote_id")
    )
