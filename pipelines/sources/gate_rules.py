"""What a read of a feed is judged by, all of it from the data folder: limits, bounds, rates, names, other prices."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.sources import prices, reference
from pipelines.sources.gates import HOURLY, LABEL, SINGLE_PRICE, Rules, sku_key
from pipelines.sources.log_files import LOG, SNAPSHOTS, read_log
from pipelines.sources.price_events import MOMENT, PRICE
from pipelines.sources.unit_prices import BOUGHT, exact, per_dollar

METHOD = "gates"


def rules_of(folder: Path, feed_id: str, moment: datetime) -> Rules:
    """Everything a read of `feed_id` at `moment` is judged by.

    What other feeds said is taken as it was known at that moment; its own prices are no second source.
    """
    by_hand, quotes = reference.read(folder).raw, prices.read(folder).raw
    others = [log for home, log in _logs(folder, moment) if home != feed_id]
    companies = (
        by_hand["staging.reference__provider_map"]
        .select("provider_as_published", pl.col("provider").alias("company"))
        .unique("provider_as_published", keep="first", maintain_order=True)
    )
    labels = (
        by_hand["staging.reference__accelerator_map"]
        .select(*LABEL, "hardware_id")
        .with_columns(pl.col(LABEL).replace("", None))
        .unique(LABEL, keep="first", maintain_order=True)
    )
    released = (
        by_hand["staging.reference__hardware"]
        .select("hardware_id", pl.col("released_on").str.to_date("%Y-%m-%d", strict=False))
        .unique("hardware_id", keep="first", maintain_order=True)
    )
    bounds = _bounds(by_hand["staging.reference__price_bounds"])
    chips = (
        labels.filter(pl.col("accelerator").is_in(bounds["accelerator"].drop_nulls().implode()))
        .drop_nulls("hardware_id")
        .select("hardware_id", pl.col("accelerator").alias("known_chip"))
        .unique("hardware_id", keep="first", maintain_order=True)
    )
    accelerators = labels.join(released, on="hardware_id", how="left", maintain_order="left").join(
        chips, on="hardware_id", how="left", maintain_order="left"
    )
    rented = (
        _usable(quotes["staging.prices__rental_quotes"])
        .join(companies, left_on="provider", right_on="provider_as_published", how="left")
        .with_columns(pl.coalesce("company", "provider").alias("company"))
    )
    return Rules(
        limits=_limits(by_hand["staging.reference__method_constants"]),
        bounds=bounds,
        rates=_rates(quotes["staging.prices__exchange_rates"], others),
        accelerators=accelerators,
        companies=companies,
        counts=_counts(rented),
        evidence=_evidence(rented, others, companies, accelerators),
    )


def _limits(constants: pl.DataFrame) -> dict[str, float]:
    own = constants.filter(pl.col("method_id") == METHOD)
    return dict(own.select("constant_id", pl.col("value").cast(pl.Float64)).iter_rows())


def _bounds(table: pl.DataFrame) -> pl.DataFrame:
    limits = ("floor_usd_per_gpu_hour", "ceiling_usd_per_gpu_hour", "floor_usd_per_gpu", "ceiling_usd_per_gpu")
    return table.with_columns(pl.col("accelerator", "pricing_category", "provider").replace("", None)).select(
        "accelerator",
        "pricing_category",
        pl.col("provider").alias("company"),
        *(exact(pl.col(name)) for name in limits),
    )


def _logs(folder: Path, moment: datetime) -> list[tuple[str, pl.DataFrame]]:
    """The log of every feed as it was at a moment."""
    stamp = moment.strftime(MOMENT)
    return [
        (path.parent.name, read_log(path).filter(pl.col("recorded_at") <= stamp))
        for path in sorted(folder.glob(f"{SNAPSHOTS}/*/{LOG}"))
    ]


def _rates(by_hand: pl.DataFrame, logs: list[pl.DataFrame]) -> pl.DataFrame:
    """Rates kept by hand and rates of feeds; of one day the one recorded last counts."""
    columns = ("observed_on", "base_currency", "quote_currency", "rate")
    found = [by_hand.select(columns), *(log.select(columns) for log in logs if "quote_currency" in log.columns)]
    return per_dollar(
        pl.concat(found)
        .with_columns(pl.col("observed_on").str.to_date("%Y-%m-%d", strict=False))
        .drop_nulls("observed_on")
        .unique(["observed_on", "base_currency", "quote_currency"], keep="last", maintain_order=True)
    )


def _usable(quotes: pl.DataFrame) -> pl.DataFrame:
    return quotes.filter(pl.col("is_usable").is_in(["yes", "true"]))


def _counts(quotes: pl.DataFrame) -> pl.DataFrame:
    """Accelerators of a product, where every quote of it says the same."""
    return (
        quotes.filter((pl.col("sku") != "") & (pl.col("accelerator_count") != ""))
        .group_by("company", sku_key(pl.col("sku")).alias("sku_key"))
        .agg(exact(pl.col("accelerator_count")).unique().alias("known_count"))
        .filter(pl.col("known_count").list.len() == 1)
        .with_columns(pl.col("known_count").list.first())
    )


def _evidence(
    rented: pl.DataFrame, logs: list[pl.DataFrame], companies: pl.DataFrame, accelerators: pl.DataFrame
) -> pl.DataFrame:
    """Prices of rent known from elsewhere, by company, hardware and terms."""
    columns = ["company", *LABEL, "pricing_category", HOURLY, SINGLE_PRICE, "observed_on"]
    by_hand = rented.with_columns(pl.lit(None, pl.String).alias(SINGLE_PRICE)).select(columns)
    of_feeds = [
        log.filter(pl.col("event") == PRICE)
        .join(companies, left_on="provider", right_on="provider_as_published", how="left")
        .with_columns(pl.coalesce("company", "provider").alias("company"))
        .select(columns)
        for log in logs
        if HOURLY in log.columns
    ]
    return (
        pl.concat([by_hand, *of_feeds])
        .with_columns(
            pl.col(LABEL).replace("", None),
            exact(pl.col(HOURLY)),
            exact(pl.col(SINGLE_PRICE)),
            pl.col("observed_on").str.to_date("%Y-%m-%d", strict=False),
        )
        .filter(pl.col("pricing_category") != BOUGHT)
        .join(accelerators, on=LABEL, how="inner", nulls_equal=True)
        .drop_nulls(["hardware_id", "observed_on"])
        .drop(*LABEL, "released_on", "known_chip")
    )
