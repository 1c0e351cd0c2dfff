"""FRED's `fredgraph.csv`: two columns, the day an observation begins and its index.

The first was `DATE` in copies to 2024-08 and `observation_date` from 2025-03. `.` and an empty cell are an observation
FRED does not have: the row keeps its day and no value. The base of the index is not in the file. Only the newest
vintage is served.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import DAY, header_of, read_table, refusing, shaped, text_of
from pipelines.sources.text import UnreadableError

KIND = "price_index"
DATES = ("observation_date", "DATE")


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of price_index: one a day of the series."""
    header, _ = header_of(text_of(data, feed))
    dates = [name for name in header if name in DATES]
    if len(header) != 2 or len(dates) != 1 or not all(header):
        raise UnreadableError(f"the header is {','.join(header)[:200]!r}: {DATES[0]} and one series are wanted", 1)
    series = next(name for name in header if name not in DATES)
    table = read_table(data, feed, header)
    check_days(table, dates[0])
    return shaped(
        table.select(
            LINE,
            pl.lit(series).alias("series_id"),
            pl.col(dates[0]).alias("observed_on"),
            pl.col(series).replace(".", None).alias("index_value"),
        ),
        KIND,
    )


def check_days(table: pl.LazyFrame, column: str) -> None:
    """That every cell of a column is a day.

    Raises:
        UnreadableError: one is not, with its line.
    """
    with refusing():
        is_day = pl.col(column).str.contains(DAY) & pl.col(column).str.to_date(strict=False).is_not_null()
        other = table.filter(~is_day.fill_null(value=False)).select(LINE, column).head(1).collect()
    if other.height:
        line, cell = other.row(0)
        raise UnreadableError(f"{column} is {cell!r}, days as YYYY-MM-DD are wanted: the format has changed", line)


FORMAT = Format("fred", KIND, ".csv", read)
