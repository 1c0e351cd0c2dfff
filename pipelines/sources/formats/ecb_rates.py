"""ECB reference rates, `eurofxref-hist`: units of each currency for one euro, a day a line, newest first.

A zip with one CSV, or that CSV. Lines end in a comma. `N/A` is a day without a rate, and is left out; there are no
days for weekends.
"""

from __future__ import annotations

import re

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.fred import check_days
from pipelines.sources.formats.reading import ZIP, header_of, only_member, read_table, shaped, text_of
from pipelines.sources.text import UnreadableError

KIND = "exchange_rates"
CURRENCY = re.compile(r"^[A-Z]{3}$")


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of exchange_rates: one a day and currency."""
    if data.startswith(ZIP):
        _, data = only_member(data, feed, ".csv")
    header, _ = header_of(text_of(data, feed))
    table = read_table(data, feed, ("Date",))
    names = [name for name in header if name and name != "Date"]
    unknown = [name for name in names if not CURRENCY.match(name)]
    if unknown or not names:
        raise UnreadableError(f"{(unknown or ['nothing'])[0][:100]!r} is no currency: the format has changed", 1)
    check_days(table, "Date")
    rates = table.unpivot(on=names, index=[LINE, "Date"], variable_name="quote_currency", value_name="rate")
    return shaped(
        rates.filter(pl.col("rate").is_not_null() & (pl.col("rate") != "N/A")).with_columns(
            pl.col("Date").alias("observed_on"), pl.lit("EUR").alias("base_currency")
        ),
        KIND,
    )


FORMAT = Format("ecb_rates", KIND, ".zip", read)
