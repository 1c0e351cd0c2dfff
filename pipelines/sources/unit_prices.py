"""Printed prices to one unit: US dollars for one accelerator and an hour, or for one accelerator bought.

Exact decimals all the way; what cannot be converted stays absent, and the gates say why. Pure functions of frames.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.table import UNIT_PRICE

EXACT = pl.Decimal(38, 12)
"""Holds a printed price and an exchange rate; polars keeps this scale through products and quotients."""

PLAIN_NUMBER = r"^[+-]?[0-9]{1,12}(?:\.[0-9]+)?$"
POWER_OF_TEN = r"^[+-]?[0-9]{1,3}(?:\.[0-9]+)?[eE][+-]?[0-9]{1,2}$"
PLACES = r"^([+-]?[0-9]+(?:\.[0-9]{0,12})?)"

HOURS_PER_MONTH = 8760 // 12
PER_HOUR = {
    "second": (3600, 1),
    "minute": (60, 1),
    "hour": (1, 1),
    "day": (1, 24),
    "month": (1, HOURS_PER_MONTH),
}
"""Unit of a price to what it is multiplied with and divided by for an hour."""

NOT_HOURLY = ("year", "term")
"""Units of totals: what is paid for a whole commitment says nothing of an hour without its terms."""

UNITS = (*PER_HOUR, *NOT_HOURLY, "unit")

SHARED = ("instance", "component")
"""Scopes whose price is divided by the number of accelerators."""

SINGLE = ("accelerator", "share_of_server", "single_card_or_unstated")
"""Scopes whose price is for one accelerator."""

BOUGHT = "purchase"


def exact(text: pl.Expr) -> pl.Expr:
    """Text as an exact number; null for whatever is not one (`$5`, `2,5`, `x8`, `NaN`), cut at 12 places."""
    plain = pl.when(text.str.contains(PLAIN_NUMBER)).then(text.str.extract(PLACES, 1)).cast(EXACT, strict=False)
    power = pl.when(text.str.contains(POWER_OF_TEN)).then(text).cast(pl.Float64, strict=False)
    return pl.coalesce(plain, pl.when(power.abs() < 10**12).then(power).cast(EXACT, strict=False))


def per_dollar(rates: pl.DataFrame) -> pl.DataFrame:
    """What a US dollar costs in each currency on each day.

    Args:
        rates: observed_on (date), base_currency, quote_currency, rate (text or number): units of the quote currency
            for one unit of the base.

    Returns:
        currency, exchange_rate_on (date), exchange_rate (units of the currency for a dollar), sorted by day; a day on
        which the base has no dollar rate is left out.
    """
    typed = rates.select(
        "observed_on", "base_currency", "quote_currency", exact(pl.col("rate").cast(pl.String)).alias("rate")
    ).filter(pl.col("rate") > 0)
    of_dollar = typed.filter(pl.col("quote_currency") == "USD").select(
        "observed_on", "base_currency", pl.col("rate").alias("usd_rate")
    )
    crossed = typed.join(of_dollar, on=["observed_on", "base_currency"], how="inner")
    found = [
        _rate("quote_currency", pl.col("rate") / pl.col("usd_rate"), crossed),
        _rate("base_currency", pl.lit(1).cast(EXACT) / pl.col("usd_rate"), of_dollar),
        _rate("quote_currency", pl.col("rate"), typed.filter(pl.col("base_currency") == "USD")),
    ]
    return (
        pl.concat(found)
        .filter(pl.col("currency") != "USD")
        .unique(["currency", "exchange_rate_on"], keep="last", maintain_order=True)
        .sort("exchange_rate_on", "currency")
    )


def _rate(currency: str, rate: pl.Expr, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.col(currency).alias("currency"),
        pl.col("observed_on").alias("exchange_rate_on"),
        rate.cast(EXACT).alias("exchange_rate"),
    )


def with_unit_prices(rows: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Rows with their number, the rate it is converted by, and the price of one accelerator.

    Args:
        rows: price_as_published, accelerator_count, price_scope, unit_as_published, pricing_category, currency as
            text; known_count (exact): what stands in for a count that is not given; price_on (date): the day whose
            newest rate, on it or before, converts the price.
        rates: as `per_dollar` returns them.

    Returns:
        The rows in their order with price, accelerators (exact), exchange_rate, exchange_rate_on (both absent for
        dollars), list_unit_price_usd_per_gpu_hour and list_unit_price_usd_per_gpu (UNIT_PRICE).
    """
    numbered = rows.with_columns(
        exact(pl.col("price_as_published").str.strip_chars()).alias("price"),
        pl.when(pl.col("accelerator_count").is_null())
        .then("known_count")
        .otherwise(exact(pl.col("accelerator_count").str.strip_chars()))
        .alias("accelerators"),
    ).with_row_index("__order")
    dated = (
        numbered.sort("price_on")
        .join_asof(
            rates.sort("exchange_rate_on"),
            left_on="price_on",
            right_on="exchange_rate_on",
            by="currency",
            strategy="backward",
            coalesce=False,
            check_sortedness=False,  # sorted in the lines above; with `by` polars cannot see it
        )
        .sort("__order")
        .drop("__order")
    )
    one = pl.lit(1).cast(EXACT)
    in_dollars = (
        pl.when(pl.col("currency") == "USD").then(pl.col("price")).otherwise(pl.col("price") / pl.col("exchange_rate"))
    )
    divisor = (
        pl.when(pl.col("price_scope").is_in(SINGLE))
        .then(one)
        .when(pl.col("price_scope").is_in(SHARED) & (pl.col("accelerators") > 0))
        .then(pl.col("accelerators"))
    )
    times = pl.col("unit_as_published").replace_strict(
        {unit: pair[0] for unit, pair in PER_HOUR.items()}, default=None, return_dtype=pl.Int64
    )
    over = pl.col("unit_as_published").replace_strict(
        {unit: pair[1] for unit, pair in PER_HOUR.items()}, default=None, return_dtype=pl.Int64
    )
    single = in_dollars / divisor
    hourly = single * times.cast(EXACT) / over.cast(EXACT)
    is_bought = (pl.col("pricing_category") == BOUGHT).fill_null(value=False)
    return dated.with_columns(
        _priced(pl.when(~is_bought).then(hourly)).alias("list_unit_price_usd_per_gpu_hour"),
        _priced(pl.when(is_bought).then(single)).alias("list_unit_price_usd_per_gpu"),
    )


def _priced(amount: pl.Expr) -> pl.Expr:
    """An amount to six places; absent where it does not fit."""
    return (
        pl.when(amount.abs() < 10 ** (UNIT_PRICE.precision - UNIT_PRICE.scale))
        .then(amount.round(UNIT_PRICE.scale))
        .cast(UNIT_PRICE, strict=False)
    )
