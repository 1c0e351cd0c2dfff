"""Electricity prices in dollars, and the one a run is priced with: the newest known on or before its start."""

from __future__ import annotations

import polars as pl

from pipelines.costing.constants import Constants
from pipelines.costing.currency import USD, with_rate

ANY_COUNTRY = "*"
"""The country of an area whose price stands in for every country without one."""

CENTS_UNIT, UNIT = "US cents per kWh", r"^([A-Z]{3}) per kWh$"
CENTS_PER_DOLLAR, MONTHS_PER_HALF, MONTHS_PER_YEAR = 100, 6, 12


def electricity_prices(
    kept: pl.DataFrame, events: pl.DataFrame, areas: pl.DataFrame, rates: pl.DataFrame
) -> pl.DataFrame:
    """Electricity prices with their last day, in US dollars, and the countries whose runs they price.

    Args:
        kept: staging.prices__electricity_prices.
        events: staging.feeds__electricity_prices.
        areas: staging.reference__electricity_areas.
        rates: core.exchange_rates.

    Returns:
        core.electricity_prices; the price in dollars is absent where unit, period or exchange rate are not known.
    """
    from pipelines.contracts.core import ElectricityPrices
    from pipelines.contracts.table import table_of
    from pipelines.costing.feed_rows import with_feed_electricity_prices

    is_cents = pl.col("unit_as_published") == CENTS_UNIT
    currency = pl.when(is_cents).then(pl.lit(USD)).otherwise(pl.col("unit_as_published").str.extract(UNIT))
    countries = areas.lazy().group_by("area").agg(pl.col("country").sort().alias("countries"))
    return (
        with_rate(
            with_feed_electricity_prices(kept, events)
            .lazy()
            .with_columns(currency.alias("currency"), _last_day().alias("period_ended_on")),
            rates.lazy(),
            "currency",
            "period_ended_on",
        )
        .join(countries, on="area", how="left", maintain_order="left")
        .with_columns(
            (pl.col("price") * pl.col("usd_per_unit") / pl.when(is_cents).then(CENTS_PER_DOLLAR).otherwise(1)).alias(
                "price_usd_per_kwh"
            ),
            pl.col("countries").fill_null([]),
        )
        .rename({"rate_on": "exchange_rate_on"})
        .select(list(table_of(ElectricityPrices).dtypes))
        .collect()
    )


def _last_day() -> pl.Expr:
    """Last day of a period written as 2023, 2023-07 or 2023-S1."""
    period = pl.col("period")
    year = period.str.extract(r"^(\d{4})(?:-S[12]|-\d{2})?$").cast(pl.Int32, strict=False)
    half = period.str.extract(r"-S([12])$").cast(pl.Int32, strict=False) * MONTHS_PER_HALF
    month = pl.coalesce(half, period.str.extract(r"-(\d{2})$").cast(pl.Int32, strict=False), MONTHS_PER_YEAR)
    return pl.when(month.is_between(1, MONTHS_PER_YEAR)).then(pl.date(year, month, 1)).dt.month_end()


def price_of_runs(asked: pl.LazyFrame, electricity: pl.LazyFrame, constants: Constants) -> pl.LazyFrame:
    """The electricity price of each country on each day: the newest whose period had ended, its own country's first.

    Args:
        asked: country and started_on, unique.
        electricity: core.electricity_prices.
        constants: stale_price_days.

    Returns:
        A row for each ask that has a price: country, started_on, price_usd_per_kwh, observation_id,
        electricity_source_id, is_stand_in (no price of the country itself) and is_stale (its period ended more
        than stale_price_days before).
    """
    known = (
        electricity.filter(pl.col("price_usd_per_kwh").is_not_null() & pl.col("period_ended_on").is_not_null())
        .explode("countries")
        .filter(pl.col("countries").is_not_null())
        .select(
            pl.col("countries").alias("priced_country"),
            "period_ended_on",
            "price_usd_per_kwh",
            "observation_id",
            "vintage",
            pl.col("source_id").alias("electricity_source_id"),
        )
        .sort("period_ended_on", "vintage", "observation_id", descending=[False, True, False], nulls_last=True)
        .unique(["priced_country", "period_ended_on"], keep="first", maintain_order=True)
        .drop("vintage")
    )

    def newest(asks: pl.LazyFrame, country: pl.Expr, *, is_stand_in: bool) -> pl.LazyFrame:
        return (
            asks.with_columns(country.alias("priced_country"), pl.lit(is_stand_in).alias("is_stand_in"))
            .join_asof(
                known,
                left_on="started_on",
                right_on="period_ended_on",
                by="priced_country",
                strategy="backward",
                coalesce=False,
                check_sortedness=False,
            )
            .filter(pl.col("observation_id").is_not_null())
        )

    days = asked.filter(pl.col("started_on").is_not_null()).sort("started_on")
    own = newest(days, pl.col("country"), is_stand_in=False)
    others = days.join(own, on=["country", "started_on"], how="anti", nulls_equal=True, maintain_order="left")
    age = (pl.col("started_on") - pl.col("period_ended_on")).dt.total_days()
    return (
        pl.concat([own, newest(others, pl.lit(ANY_COUNTRY), is_stand_in=True)])
        .with_columns((age > constants["stale_price_days"]).alias("is_stale"))
        .drop("priced_country", "period_ended_on")
    )
