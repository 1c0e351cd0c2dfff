"""Dollars for other money, at the rate of a day that is named."""

from __future__ import annotations

import polars as pl

USD = "USD"


def dollars_per_unit(rates: pl.LazyFrame) -> pl.LazyFrame:
    """What a unit of each currency is worth in dollars, on every day that has a rate.

    Rates are quoted as units of a quote currency for one unit of a base currency; a currency that is quoted against
    the same base as the dollar is converted through that base, at the rates of one day.

    Args:
        rates: core.exchange_rates.

    Returns:
        currency, rate_on and usd_per_unit (USD per unit), sorted by day. The dollar itself has no row.
    """
    dollars = rates.filter(pl.col("quote_currency") == USD).select(
        "base_currency", "observed_on", pl.col("rate").alias("usd_per_base")
    )
    bases = dollars.select(
        pl.col("base_currency").alias("currency"),
        pl.col("observed_on").alias("rate_on"),
        pl.col("usd_per_base").alias("usd_per_unit"),
    )
    crossed = (
        rates.filter(pl.col("quote_currency") != USD)
        .join(dollars, on=["base_currency", "observed_on"], how="inner")
        .select(
            pl.col("quote_currency").alias("currency"),
            pl.col("observed_on").alias("rate_on"),
            (pl.col("usd_per_base") / pl.col("rate")).alias("usd_per_unit"),
        )
    )
    found = pl.concat([bases, crossed]).unique(["currency", "rate_on"], keep="first", maintain_order=True)
    return found.sort("rate_on", "currency")


def with_rate(frame: pl.LazyFrame, rates: pl.LazyFrame, currency: str, day: str) -> pl.LazyFrame:
    """The frame with the newest rate on or before a day: rate_on and usd_per_unit; one dollar for a dollar.

    Args:
        frame: any frame.
        rates: core.exchange_rates.
        currency: its column with the currency (ISO 4217).
        day: its column with the day.
    """
    is_dollar = pl.col(currency) == USD
    return (
        frame.with_row_index("__place")
        .sort(day, nulls_last=True)
        .join_asof(
            dollars_per_unit(rates).rename({"currency": currency}),
            left_on=day,
            right_on="rate_on",
            by=currency,
            strategy="backward",
            coalesce=False,
            check_sortedness=False,
        )
        .with_columns(pl.when(is_dollar).then(1.0).otherwise("usd_per_unit").alias("usd_per_unit"))
        .sort("__place")
        .drop("__place")
    )


def claims_in_dollars(staged: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """core.cost_claims: claims, with amounts printed in other money converted at the rate of the day they were made.

    Args:
        staged: staging.corrections__cost_claims.
        rates: core.exchange_rates.
    """
    from pipelines.contracts.core import CostClaims
    from pipelines.contracts.table import table_of

    rate = pl.col("usd_per_unit")
    return (
        with_rate(staged.lazy(), rates.lazy(), "printed_currency", "claimed_on")
        .rename({"rate_on": "exchange_rate_on"})
        .with_columns(
            (pl.coalesce("printed_low_in_currency", "printed_high_in_currency") * rate)
            .round(2)
            .alias("converted_low_usd"),
            (pl.coalesce("printed_high_in_currency", "printed_low_in_currency") * rate)
            .round(2)
            .alias("converted_high_usd"),
        )
        .select(list(table_of(CostClaims).dtypes))
        .collect()
    )
