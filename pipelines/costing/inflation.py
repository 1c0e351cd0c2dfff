"""Dollars of one time as dollars of another, by a named price index."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.core import Deflators
from pipelines.contracts.table import table_of


def newest_vintage(index: pl.LazyFrame) -> pl.LazyFrame:
    """The months of each series as its newest vintage has them; an older vintage fills no gap.

    Args:
        index: core.price_index.
    """
    return index.filter(pl.col("vintage_on") == pl.col("vintage_on").max().over("series_id"))


def deflators(index: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """By what dollars of each month are multiplied to be dollars of each year.

    deflator = mean of the index over the year / index of the month. A month the series has no value of, within it or
    after it and up to the day of the release, takes the last value before; a year is converted to if the series has any
    month of it.

    Args:
        index: core.price_index.
        as_of: the day of the release.

    Returns:
        core.deflators, of the newest vintage of each series.
    """
    known = newest_vintage(index.lazy()).select(
        "series_id", pl.col("observed_on").alias("index_month_on"), "index_value", "vintage_on", "source_id"
    )
    years = known.group_by("series_id", pl.col("index_month_on").dt.year().cast(pl.Int64).alias("to_year")).agg(
        pl.col("index_value").mean().alias("year_value"), pl.len().cast(pl.Int64).alias("year_month_count")
    )
    end = pl.max_horizontal(pl.lit(as_of).dt.month_start(), pl.col("index_month_on").max().over("series_id"))
    following = pl.col("index_month_on").shift(-1).over("series_id", order_by="index_month_on")
    until = pl.coalesce(following.dt.offset_by("-1mo"), end)
    months = known.with_columns(pl.date_ranges("index_month_on", until, "1mo").alias("month_on")).explode("month_on")
    return (
        months.join(years, on="series_id", how="inner")
        .with_columns((pl.col("year_value") / pl.col("index_value")).alias("deflator_ratio"))
        .select(list(table_of(Deflators).dtypes))
        .sort("series_id", "month_on", "to_year")
        .collect()
    )
