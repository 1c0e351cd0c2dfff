"""What a run can see of dated quotes, as a hash: quotes that come later, or of other accelerators, do not change it."""

from __future__ import annotations

import polars as pl

LAST_SEEN = "last_seen_on"


def sight_of_quotes(asked: pl.LazyFrame, quotes: pl.LazyFrame, market: list[str] | None = None) -> pl.LazyFrame:
    """A hash of the quotes of an accelerator up to a day, and of all its quotes.

    Rows are hashed and summed day by day, so one sort answers every ask. That a price was still seen on a later day
    (`last_seen_on`) shows from the day after: before it, the quote counts as seen on the day that asks.

    Args:
        asked: the columns of `market`, and priced_on.
        quotes: those columns, observed_on and every column the rule looks at.
        market: columns that say which quotes are looked at; hardware_id when not given.

    Returns:
        Each ask once: its columns, `until` (null without a quote by that day) and `ever`.
    """
    market = market or ["hardware_id"]
    ask = [*market, "priced_on"]
    names = quotes.collect_schema().names()
    row = pl.struct(sorted(set(names) - {LAST_SEEN})).hash()
    events = [quotes.select(*market, pl.col("observed_on").alias("priced_on"), row.alias("hash"))]
    if LAST_SEEN in names:
        later = quotes.filter(pl.col(LAST_SEEN).is_not_null())
        since = pl.col(LAST_SEEN).dt.offset_by("1d").alias("priced_on")
        events.append(later.select(*market, since, pl.struct("quote_id", LAST_SEEN).hash().alias("hash")))
    asks = asked.select(ask).unique().with_columns(pl.lit(None, pl.UInt64).alias("hash"))
    of_hardware = pl.col("hash").sum().over(market)
    return (
        pl.concat([*events, asks.select(*ask, "hash")])
        .sort(*ask, pl.col("hash").is_null())
        .with_columns(
            pl.col("hash").fill_null(0).cum_sum().over(market).alias("sum"),
            pl.col("hash").is_not_null().cum_sum().over(market).alias("count"),
            of_hardware.alias("ever"),
        )
        .filter(pl.col("hash").is_null())
        .select(*ask, pl.when(pl.col("count") > 0).then("sum").alias("until"), "ever")
    )
