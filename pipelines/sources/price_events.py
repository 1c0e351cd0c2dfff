"""What a read leaves behind: events of the log, and the rows that were set aside or wait. Frames to frames."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from pipelines.sources.formats.format import LINE, TERMS
from pipelines.sources.gates import HOURLY, SINGLE_PRICE

PRICE, GONE = "price", "gone"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
SEPARATOR = "|"

LOG_COLUMNS = (
    "series_id",
    "event",
    "recorded_at",
    "observed_on",
    "effective_from",
    "price_as_published",
    *TERMS,
    "accelerator_as_published",
    HOURLY,
    SINGLE_PRICE,
    "exchange_rate",
    "exchange_rate_on",
    "flags",
    "note",
    "snapshot",
    LINE,
)
"""Columns of `log.csv` of a feed of accelerator prices; all text."""

SAYS_WHY = (
    LINE,
    "column",
    "value",
    "check",
    "reason",
    "held",
    "held_since",
    "series_id",
    "slot",
    "price_as_published",
)
"""Columns of `set_aside.csv` that are not terms of the row itself."""

SET_ASIDE_COLUMNS = (*SAYS_WHY, *TERMS)
"""Columns of `set_aside.csv`; a row with held=yes waits, and is compared with the next read."""

KEY = ["series_id", "slot"]
NOT_BELIEVED = "price_not_believed"
"""Flag of a `gone` event whose line is still in the feed, at a price that was set aside or is held."""


def empty(columns: tuple[str, ...]) -> pl.DataFrame:
    """A frame of text columns without rows."""
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))


def price_events(rows: pl.DataFrame, moment: datetime, day: date, snapshot: str) -> pl.DataFrame:
    """An event for every row whose price is new or changed, and believed."""
    believed = rows.filter(pl.col("outcome") == "believed")
    flags = (
        pl.col("flags").fill_null("").str.split(";").list.filter(pl.element() != ""),
        pl.when(pl.col("jumps") & pl.col("is_confirmed")).then(pl.lit("jump_confirmed")),
        pl.when(pl.col("jumps") & ~pl.col("is_confirmed") & pl.col("is_corroborated")).then(
            pl.lit("jump_corroborated")
        ),
        pl.when(pl.col("jumps") & ~pl.col("is_confirmed") & ~pl.col("is_corroborated")).then(pl.lit("jump_accepted")),
    )
    words = pl.concat_list(*flags).list.drop_nulls().list.join(";")
    return believed.select(
        "series_id",
        pl.lit(PRICE).alias("event"),
        pl.lit(moment.strftime(MOMENT)).alias("recorded_at"),
        pl.coalesce("observed_day", pl.lit(day)).cast(pl.String).alias("observed_on"),
        pl.col("effective_day").cast(pl.String).alias("effective_from"),
        "price_as_published",
        *TERMS,
        "accelerator_as_published",
        pl.col(HOURLY).cast(pl.String),
        pl.col(SINGLE_PRICE).cast(pl.String),
        pl.col("exchange_rate").cast(pl.String),
        pl.when(pl.col("exchange_rate").is_not_null()).then(pl.col("exchange_rate_on")).cast(pl.String),
        words.replace("", None).alias("flags"),
        "note",
        pl.lit(snapshot).alias("snapshot"),
        pl.col(LINE).cast(pl.String),
    ).select(LOG_COLUMNS)


def gone_events(
    rows: pl.DataFrame, still_open: pl.DataFrame, moment: datetime, day: date, snapshot: str
) -> pl.DataFrame:
    """An event for every open line that the read does not have, or not at a price that can be believed.

    What a file says of a day gone by stands until it says otherwise, or no longer says it.
    """
    good = rows.filter(pl.col("outcome").is_in(["believed", "equal"]))
    doubtful = (
        rows.filter(pl.col("outcome").is_in(["set_aside", "held"]))
        .join(good, on=KEY, how="anti")
        .with_columns(
            pl.when(pl.col("outcome") == "held")
            .then(pl.lit("its price moved a lot, and is held"))
            .otherwise(pl.concat_str(pl.lit("its price was set aside: "), pl.col("check")))
            .alias("why")
        )
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, "why", pl.lit(value=True).alias("is_there"))
    )
    announced = rows.filter(pl.col("slot").str.starts_with("from ")).select("series_id").unique()
    is_past = pl.col("slot").str.starts_with("on ")
    ended = (
        still_open.join(good, on=KEY, how="anti")
        .join(doubtful, on=KEY, how="left", maintain_order="left")
        .filter(
            pl.when(is_past)
            .then(pl.col("is_there").is_null())
            .otherwise(
                pl.col("is_there").is_not_null()
                | (pl.col("slot") != "")
                | ~pl.col("series_id").is_in(announced["series_id"].implode())
            )
        )
    )
    absent = pl.lit(None, pl.String)
    return ended.select(
        "series_id",
        pl.lit(GONE).alias("event"),
        pl.lit(moment.strftime(MOMENT)).alias("recorded_at"),
        pl.when(is_past).then("observed_on").otherwise(pl.lit(day.isoformat())).alias("observed_on"),
        pl.when(pl.col("slot") != "").then("effective_from").alias("effective_from"),
        absent.alias("price_as_published"),
        *TERMS,
        "accelerator_as_published",
        *(absent.alias(name) for name in (HOURLY, SINGLE_PRICE, "exchange_rate", "exchange_rate_on")),
        pl.when(pl.col("is_there").is_not_null()).then(pl.lit(NOT_BELIEVED)).alias("flags"),
        pl.col("why").alias("note"),
        pl.lit(snapshot).alias("snapshot"),
        absent.alias(LINE),
    ).select(LOG_COLUMNS)


def set_aside(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows set aside and held, with what is wrong with each."""
    is_held = pl.col("outcome") == "held"
    chosen = rows.filter(pl.col("outcome").is_in(["set_aside", "held"])).rechunk()
    moved = pl.format(
        "moved from {} to {}, by the factor {}: believed once a later read or another source says so too",
        pl.col("before").cast(pl.Float64).cast(pl.String),
        pl.col("price_as_published"),
        pl.col("ratio").round(3).cast(pl.String),
    )
    value = pl.coalesce(
        *(
            pl.when(pl.col("column_name") == name).then(pl.col(name))
            for name in (
                "price_as_published",
                "accelerator_count",
                "observed_on",
                "effective_from",
                "price_scope",
                "unit_as_published",
                "currency",
            )
        )
    )
    return chosen.select(
        pl.col(LINE).cast(pl.String),
        pl.when(is_held).then(pl.lit("price_as_published")).otherwise("column_name").alias("column"),
        pl.when(is_held).then("price_as_published").otherwise(value).alias("value"),
        pl.when(is_held).then(pl.lit("jump")).otherwise("check").alias("check"),
        pl.when(is_held).then(moved).otherwise("reason").alias("reason"),
        pl.when(is_held).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("held"),
        pl.when(is_held).then("held_since").alias("held_since"),
        *KEY,
        "price_as_published",
        *TERMS,
    ).select(SET_ASIDE_COLUMNS)
