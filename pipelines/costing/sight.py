"""What a run can see of dated quotes, as a hash: quotes that come later, or of other accelerators, do not change it."""

from __future__ import annotations

import polars as pl

LAST_SEEN = "last_seen_on"
ASK = ["hardware_id", "priced_on"]


def sight_of_quotes(asked: pl.LazyFrame, quotes: pl.LazyFrame) -> pl.LazyFrame:
    """A hash of the quotes of an accelerator up to a day, and of all its quotes.

    Rows are hashed and summed day by day, so one sort answers every ask. That a price was still seen on a later day
    (`last_seen_on`) shows from the day after: before it, the quote counts as seen on the day that asks.

    Args:
        asked: hardware_id and priced_on.
        quotes: hardware_id, observed_on and every column the rule looks at.

    Returns:
        Each ask once: hardware_id, priced_on, `until` (null without a quote by that day) and `ever`.
    """
    names = quotes.collect_schema().names()
    row = pl.struct(sorted(set(names) - {LAST_SEEN})).hash()
    events = [quotes.select("hardware_id", pl.col("observed_on").alias("priced_on"), row.alias("hash"))]
    if LAST_SEEN in names:
        later = quotes.filter(pl.col(LAST_SEEN).is_not_null())
        since = pl.col(LAST_SEEN).dt.offset_by("1d").alias("priced_on")
        events.append(later.select("hardware_id", since, pl.struct("quote_id", LAST_SEEN).hash().alias("hash")))
    asks = asked.select(ASK).unique().with_columns(pl.lit(None, pl.UInt64).alias("hash"))
    of_hardware = pl.col("hash").sum().over("hardware_id")
    return (
        pl.concat([*events, asks.select(*ASK, "hash")])
        .sort(*ASK, pl.col("hash").is_null())
        .with_columns(
            pl.col("hash").fill_null(0).cum_sum().over("hardware_id").alias("sum"),
            pl.col("hash").is_not_null().cum_sum().over("hardware_id").alias("count"),
            of_hardware.alias("ever"),
        )
        .filter(pl.col("hash").is_null())
        .select(*ASK, pl.when(pl.col("count") > 0).then("sum").alias("until"), "ever")
    )
