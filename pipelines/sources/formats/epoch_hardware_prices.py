"""Epoch AI's `Hardware prices.csv`: dated prices of one chip, rented by the hour or bought, in one table.

Rows carry their own dates and stay when a newer one is added. One row may hold four prices. A purchase of several at
once is one chip's share of a server. Estimates stand among sales and are told apart by their note. A row without any
price is passed on without one, so that it is seen.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import flag, flags_of, read_table, shaped, whole
from pipelines.sources.text import UnreadableError

KIND = "accelerator_prices"
NEEDED = ("Price source", "Price date", "Hardware model")
PRICES = {
    "Price per chip-hour (on-demand)": "on_demand",
    "Price per chip-hour (1-year CUD)": "committed_1y",
    "Price per chip-hour (3-year CUD)": "committed_3y",
    "Price (hardware purchase)": "purchase",
}
OPTIONAL = (*PRICES, "Vendor", "Location", "Notes", "Cloud GPU description", "Number of GPUs")
NOT_A_SALE = r"(?i)not a real sale price|estimated"
DAY_IN_ADDRESS = r"/(\d{4})/(\d{2})/(\d{2})/"
DAY_OF_COPY = r"/web/(\d{4})(\d{2})(\d{2})\d*/"


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: one a price that is there."""
    table = read_table(data, feed, NEEDED)
    there = table.collect_schema().names()
    unknown = [name for name in there if name.startswith("Price") and name not in (*NEEDED, *PRICES)]
    if unknown or not set(PRICES) & set(there):
        named = unknown[0] if unknown else "any price"
        raise UnreadableError(f"no column of prices is known for {named!r}: the format has changed")
    table = table.with_columns(pl.lit(None, pl.String).alias(name) for name in OPTIONAL if name not in there)
    rows = table.unpivot(
        on=list(PRICES),
        index=[LINE, *NEEDED, *(name for name in OPTIONAL if name not in PRICES)],
        variable_name="column",
        value_name="price_as_published",
    )
    priced = rows.filter(pl.col("price_as_published").is_not_null())
    unpriced = rows.filter(pl.col("price_as_published").is_null().all().over(LINE)).unique(LINE, keep="first")
    unpriced = unpriced.with_columns(pl.lit(None, pl.String).alias("column"))
    return shaped(pl.concat([priced, unpriced]).select(LINE, *_terms(feed)), KIND)


def _terms(feed: Feed) -> list[pl.Expr]:
    is_purchase = pl.col("column") == "Price (hardware purchase)"
    number = whole(pl.col("Number of GPUs"))
    is_one = number.fill_null("1") == "1"
    purchase_scope = pl.when(is_one).then(pl.lit("single_card_or_unstated")).otherwise(pl.lit("share_of_server"))
    return [
        pl.coalesce("Vendor", pl.lit(feed.provider, pl.String)).alias("provider"),
        pl.when(is_purchase).then("Price source").otherwise("Cloud GPU description").alias("sku"),
        pl.col("Hardware model").alias("accelerator"),
        pl.col("Hardware model").alias("accelerator_as_published"),
        number.alias("accelerator_count"),
        pl.col("Location").alias("region"),
        pl.col("column").replace_strict(PRICES, default=None, return_dtype=pl.String).alias("pricing_category"),
        pl.when(is_purchase).then(purchase_scope).otherwise(pl.lit("accelerator")).alias("price_scope"),
        pl.when(~is_purchase).then(pl.lit("unknown")).alias("host_included"),
        pl.lit(feed.currency).alias("currency"),
        pl.when(is_purchase).then(pl.lit("unit")).otherwise(pl.lit("hour")).alias("unit_as_published"),
        pl.col("price_as_published"),
        pl.col("Price date").alias("observed_on"),
        _flags().alias("flags"),
        pl.col("Notes").alias("note"),
    ]


def _flags() -> pl.Expr:
    source, day = pl.col("Price source"), pl.col("Price date")
    in_source = pl.coalesce(_day_in(source, DAY_IN_ADDRESS), _day_in(source, DAY_OF_COPY))
    return flags_of(
        flag("price_date_after_source_date", day > in_source),
        flag("model_estimate_not_a_sale", pl.col("Notes").str.contains(NOT_A_SALE)),
        flag("no_source", source.is_null() | (source == "No source")),
        flag("no_date", day.is_null()),
        flag("no_price", pl.col("price_as_published").is_null()),
    )


def _day_in(source: pl.Expr, pattern: str) -> pl.Expr:
    return pl.concat_str([source.str.extract(pattern, group) for group in (1, 2, 3)], separator="-")


FORMAT = Format("epoch_hardware_prices", KIND, ".csv", read, dates_its_rows=True)
