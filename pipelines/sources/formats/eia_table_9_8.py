"""EIA Monthly Energy Review table 9.8, average retail prices of electricity in the United States, with taxes.

Two forms: the spreadsheet's (a month a line, a sector a column, units on the second line, `2021 January`) and the
long one (`MSN,YYYYMM,Value,...`, month 13 is the year). Cells that say they are not available are no observation and
are left out.
"""

from __future__ import annotations

import calendar

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import header_of, read_table, refusing, shaped, text_of
from pipelines.sources.text import UnreadableError

KIND = "electricity_prices"
TITLE = r"^Average Retail Price of Electricity, (\w+)"
UNIT = r"(?i)^\(?cents per kilowatthour,\s+including taxes\)?$"
NOT_THERE = ("Not Available", "Not Applicable", "Not Meaningful", "Withheld")
LONG = ("MSN", "YYYYMM", "Value", "Description", "Unit")
MONTHS = {name: f"{number:02}" for number, name in enumerate(calendar.month_name) if number}
PERIOD = r"^(\d{4}) ([A-Z][a-z]+)$"
MONTH_NUMBER = r"^(\d{4})(0[1-9]|1[0-3])$"
YEAR = "13"


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of electricity_prices: one a month or year and sector."""
    header, _ = header_of(text_of(data, feed))
    rows = _long(data, feed) if "MSN" in header else _wide(data, feed, header)
    kept = rows.filter(pl.col("price").is_not_null() & ~pl.col("price").is_in(NOT_THERE))
    _check(rows)
    return shaped(
        kept.select(
            LINE,
            pl.lit("US").alias("area"),
            pl.lit("country").alias("area_kind"),
            "period",
            "frequency",
            "price",
            pl.lit("US cents per kWh").alias("unit_as_published"),
            pl.col("sector").str.to_lowercase(),
            pl.lit("included").alias("taxes"),
        ),
        KIND,
    )


def _wide(data: bytes, feed: Feed, header: list[str]) -> pl.LazyFrame:
    table = read_table(data, feed, ("Month",))
    sectors = [name for name in header if name and name != "Month"]
    if not sectors:
        raise UnreadableError("no sector stands in the header: the format has changed", 1)
    long = table.unpivot(on=sectors, index=[LINE, "Month"], variable_name="title", value_name="price")
    units = long.filter(pl.col("Month").is_null()).select("title", pl.col("price").alias("unit"))
    months = long.filter(pl.col("Month").is_not_null()).join(units, on="title", how="left")
    year, month = (pl.col("Month").str.extract(PERIOD, group) for group in (1, 2))
    number = month.replace_strict(MONTHS, default=None, return_dtype=pl.String)
    return months.with_columns(
        pl.col("title").str.extract(TITLE).alias("sector"),
        pl.concat_str(year, number, separator="-").alias("period"),
        pl.lit("monthly").alias("frequency"),
        pl.col("Month").alias("printed"),
    )


def _long(data: bytes, feed: Feed) -> pl.LazyFrame:
    table = read_table(data, feed, LONG)
    year, month = (pl.col("YYYYMM").str.extract(MONTH_NUMBER, group) for group in (1, 2))
    is_year = month == YEAR
    return table.with_columns(
        pl.col("Description").str.extract(TITLE).alias("sector"),
        pl.col("Unit").alias("unit"),
        pl.when(is_year).then(year).otherwise(pl.concat_str(year, month, separator="-")).alias("period"),
        pl.when(is_year).then(pl.lit("annual")).otherwise(pl.lit("monthly")).alias("frequency"),
        pl.col("Value").alias("price"),
        pl.col("YYYYMM").alias("printed"),
    )


def _check(rows: pl.LazyFrame) -> None:
    """That months, sectors and units are those this reader knows."""
    with refusing():
        is_known = pl.col("period").is_not_null() & pl.col("sector").is_not_null()
        is_known &= pl.col("unit").str.contains(UNIT).fill_null(value=False)
        other = rows.filter(~is_known).select(LINE, "printed", "sector", "unit").head(1).collect()
    if other.height:
        line, printed, sector, unit = other.row(0)
        found = f"month {printed!r}, sector {sector!r}, unit {unit!r}"
        raise UnreadableError(f"{found}: not as the table was (months, sectors, cents per kilowatthour)", line)


FORMAT = Format("eia_table_9_8", KIND, ".csv", read)
