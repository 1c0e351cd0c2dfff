"""From the logs of live feeds to rows beside the hand-kept ones: events to prices with the days they were seen.

A log has a row where something happened. What held in between follows from the record of reads: a line that is open
was seen at every good read since.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.contracts.feeds import GONE, GOOD_READS
from pipelines.costing.runs import flagged

NOT_STATED = "not stated"
ESTIMATE = "model_estimate_not_a_sale"
"""How the reader of a feed marks a price that nobody asked for or paid."""
LINE_OF_PRICES = ["feed_id", "series_id", "dated_on"]


def feed_quotes(events: pl.DataFrame, reads: pl.DataFrame) -> pl.LazyFrame:
    """The prices of feeds, each from the day it was first seen to the day it was last seen.

    A price is open until the next event of its line. It was last seen at the feed's last good read, or at the last one
    before the event that ended it. Where the file itself dates the price, only that day is known.

    Args:
        events: staging.feeds__price_events.
        reads: staging.feeds__reads.

    Returns:
        The prices, with the columns of the events and quote_id, dated, last_seen_on, effective_to, commitment, locator
        and is_usable. Not usable, and flagged, are a price that another replaced on the very day it was first seen, for
        the day's last price stands; a price the file dates itself, once it says otherwise of that day or no longer says
        it; and a rent without the machine the accelerator needs.
    """
    ended = (
        _lines(events.lazy())
        .with_columns(
            pl.col("recorded_at", "observed_on", "event", "since")
            .shift(-1)
            .over(LINE_OF_PRICES, order_by=["since", "recorded_at"])
            .name.suffix("_next")
        )
        .filter(pl.col("event") != GONE)
    )
    next_day = pl.col("since_next").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    ended_at = pl.max_horizontal("recorded_at_next", next_day).alias("ended_at")
    seen = _last_seen(ended.select("event_id", "feed_id", ended_at), reads)
    last_day = pl.min_horizontal("last_read_on", pl.col("effective_to") - pl.duration(days=1))
    has_price = pl.any_horizontal(
        (pl.col(name) > 0).fill_null(value=False)
        for name in ("list_unit_price_usd_per_gpu_hour", "list_unit_price_usd_per_gpu")
    )
    is_own_day = pl.col("dated_on").is_not_null()
    is_replaced = (
        ~is_own_day & (pl.col("event_next") != GONE) & (pl.col("effective_to") <= pl.col("observed_on"))
    ).fill_null(value=False)
    is_revised = (is_own_day & (pl.col("event_next") != GONE)).fill_null(value=False)
    is_retracted = (is_own_day & (pl.col("event_next") == GONE)).fill_null(value=False)
    lacks_host = pl.col("host_included").eq_missing("no") & (pl.col("pricing_category") != "purchase")
    return (
        ended.join(seen, on="event_id", how="left")
        .with_columns(
            pl.col("since_next").alias("effective_to"),
            pl.when("is_announced").then("since").otherwise("observed_on").alias("observed_on"),
        )
        .with_columns(
            pl.col("event_id").alias("quote_id"),
            pl.col("observed_on").alias("dated"),
            pl.when(~pl.col("is_dated")).then(pl.max_horizontal("observed_on", last_day)).alias("last_seen_on"),
            pl.col("pricing_category").str.extract(r"_(1y|3y)$").alias("commitment"),
            pl.col("provider").alias("provider_as_published"),
            pl.col("flags").list.contains(ESTIMATE).alias("is_estimate"),
            _locator().alias("locator"),
            pl.col("price_scope", "unit_as_published").fill_null(NOT_STATED),
            pl.col("accelerator", "price_as_published").fill_null(""),
            (has_price & ~is_replaced & ~is_revised & ~is_retracted & ~lacks_host).alias("is_usable"),
            pl.concat_list(
                "flags",
                flagged(
                    replaced_same_day=is_replaced,
                    superseded=is_revised,
                    retracted=is_retracted,
                    host_not_included=lacks_host,
                ),
            ).alias("flags"),
        )
    )


def _lines(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the day from which each tells the price of its line (since).

    A price announced for a day to come tells it from that day on, if it was not taken back before. In a file that dates
    its rows every day is a line of its own.
    """
    recorded_on = pl.col("recorded_at").dt.date()
    announced = (pl.col("effective_from") > recorded_on).fill_null(value=False)
    last = pl.col("event").sort_by("recorded_at").last().over("feed_id", "series_id", "effective_from")
    return (
        events.with_columns(announced.alias("is_announced"), (last == GONE).alias("is_taken_back"))
        .filter(~(pl.col("is_announced") & ((pl.col("event") == GONE) | pl.col("is_taken_back"))))
        .with_columns(
            pl.when("is_announced").then("effective_from").otherwise(recorded_on).alias("since"),
            pl.when(pl.col("is_dated") & ~pl.col("is_announced")).then("observed_on").alias("dated_on"),
        )
    )


def _last_seen(events: pl.LazyFrame, reads: pl.DataFrame) -> pl.LazyFrame:
    """Day of the last good read of each event's feed before the event that ended it: event_id, last_read_on."""
    good = (
        reads.lazy()
        .filter(pl.col("status").is_in(GOOD_READS))
        .select("feed_id", "read_at", pl.col("read_at").dt.date().alias("last_read_on"))
        .sort("read_at")
    )
    newest = good.group_by("feed_id").agg(pl.col("last_read_on").max().alias("newest_read_on"))
    return (
        events.sort("ended_at")
        .join_asof(
            good,
            left_on="ended_at",
            right_on="read_at",
            by="feed_id",
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .join(newest, on="feed_id", how="left")
        .select(
            "event_id",
            pl.when(pl.col("ended_at").is_null())
            .then("newest_read_on")
            .otherwise("last_read_on")
            .alias("last_read_on"),
        )
    )


def _locator() -> pl.Expr:
    """Where in the stored bytes a row stood."""
    return pl.concat_str("snapshot", "snapshot_line", separator=" ", ignore_nulls=True)


def with_feed_token_prices(kept: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """core.token_prices: hand-kept prices, and those of feeds.

    Args:
        kept: staging.prices__token_prices.
        events: staging.feeds__token_prices.
    """
    series = ["feed_id", "host", "model_as_published", "condition", "effective_from"]
    seen_on = pl.coalesce("observed_on", pl.col("recorded_at").dt.date())
    following = pl.col("observed_on").shift(-1).over(series, order_by="recorded_at")
    prices = (
        events.with_columns(seen_on.alias("observed_on"))
        .with_columns(pl.coalesce("effective_to", following).alias("effective_to"))
        .filter(pl.col("event") != GONE)
        .with_columns(
            pl.col("event_id").alias("quote_id"),
            pl.col("model_family").fill_null(pl.col("model_as_published")),
            pl.col("is_alias").fill_null(value=False),
            pl.lit("day").alias("observed_precision"),
            pl.lit(value=True).alias("is_usable"),
            _locator().alias("locator"),
        )
    )
    return _beside(kept, prices)


def with_feed_exchange_rates(kept: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """core.exchange_rates: hand-kept rates, and for other days and pairs what feeds last gave.

    Args:
        kept: staging.prices__exchange_rates.
        events: staging.feeds__exchange_rates.
    """
    key = ["observed_on", "base_currency", "quote_currency"]
    rates = _last_of(events, key).with_columns(_locator().alias("locator"))
    return _beside(kept, rates.join(kept, on=key, how="anti"))


def with_feed_price_index(kept: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """core.price_index: every vintage, hand-kept or recorded by a feed on the day it was read.

    Args:
        kept: staging.prices__price_index.
        events: staging.feeds__price_index.
    """
    key = ["series_id", "observed_on", "vintage_on"]
    dated = events.with_columns(
        pl.col("recorded_at").dt.date().alias("vintage_on"),
        pl.col("unit_as_published").fill_null(NOT_STATED),
        _locator().alias("locator"),
    )
    return _beside(kept, _last_of(dated, key).join(kept, on=key, how="anti"))


def with_feed_electricity_prices(kept: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """core.electricity_prices: hand-kept prices, and every one a feed gave, with the day it was read.

    Args:
        kept: staging.prices__electricity_prices.
        events: staging.feeds__electricity_prices.
    """
    prices = events.with_columns(
        pl.col("event_id").alias("observation_id"),
        pl.col("recorded_at").dt.date().cast(pl.String).alias("vintage"),
        _locator().alias("locator"),
    )
    return _beside(kept, prices)


def _last_of(events: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The row recorded last for each key."""
    return events.sort("recorded_at", "event_id").unique(key, keep="last", maintain_order=True)


def _beside(kept: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of feeds after the hand-kept ones, in their columns."""
    if rows.is_empty():
        return kept
    absent = [name for name in kept.columns if name not in rows.columns]
    filled = rows.with_columns(pl.lit(None, kept.schema[name]).alias(name) for name in absent)
    return pl.concat([kept, filled.select(kept.columns)])
