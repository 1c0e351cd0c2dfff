"""Quotes of one's own as CSV: what a seller offered, or what an invoice says, one row a price.

The header has `provider, accelerator, price, currency, unit, observed_on` and may have any other term of a price. Where
they are left out, a price is on demand, for one accelerator, with its host unknown. A column of any other name is
refused: a misspelt term would change what the price means.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import TERMS, Feed, Format
from pipelines.sources.formats.reading import read_table, shaped

KIND = "accelerator_prices"
NEEDED = ("provider", "accelerator", "price", "currency", "unit", "observed_on")
RENAMED = {"price": "price_as_published", "unit": "unit_as_published"}
KNOWN = (*NEEDED, *(term for term in TERMS if term not in (*NEEDED, "unit_as_published")), "effective_from", "note")
DEFAULTS = {"pricing_category": "on_demand", "price_scope": "accelerator", "host_included": "unknown"}


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: one a row."""
    table = read_table(data, feed, NEEDED, known=KNOWN)
    there = table.collect_schema().names()
    defaults = [
        (pl.col(name).fill_null(value) if name in there else pl.lit(value)).alias(name)
        for name, value in DEFAULTS.items()
    ]
    return shaped(
        table.rename(RENAMED).with_columns(*defaults, pl.col("accelerator").alias("accelerator_as_published")), KIND
    )


FORMAT = Format("own_quotes", KIND, ".csv", read, dates_its_rows=True)
