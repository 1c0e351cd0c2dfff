"""What a cost is made of: the parts of `amortized`, and of a cluster bought what stands beside `purchase`."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.core import CostComponents
from pipelines.contracts.table import USD, table_of
from pipelines.costing.intervals import Range, named, product
from pipelines.costing.price_bases.amortized import PARTS, parts
from pipelines.costing.price_bases.basis import Pricing

CENTS = USD.scale
KEY = ("phase_id", "price_basis", "component")


def cost_components(pricing: Pricing, costs: pl.DataFrame) -> pl.DataFrame:
    """The parts of every amortised and purchase cost that has a middle.

    Args:
        pricing: as for the costs.
        costs: core.phase_costs.

    Returns:
        core.cost_components: parts that are in a cost add up to its middle to the cent.
    """
    priced = costs.lazy().filter(pl.col("cost_mid_usd").is_not_null())
    rows = pl.concat([_used_up(pricing, priced), _bought(pricing, priced)], how="diagonal")
    columns = {name: pl.col(name).cast(dtype) for name, dtype in table_of(CostComponents).dtypes.items()}
    return rows.select(**columns).sort(KEY).collect()


def _used_up(pricing: Pricing, priced: pl.LazyFrame) -> pl.LazyFrame:
    """Hours times each part of an hour; the accelerators take up the cents of rounding."""
    hours = Range(*(pl.col(name).cast(pl.Float64) for name in ("gpu_hours", "gpu_hours_low", "gpu_hours_high")))
    costed = priced.filter(pl.col("price_basis") == "amortized").drop("flags", "quote_id", "hardware_id", "started_on")
    joined = costed.join(parts(pricing), on="phase_id", how="inner")
    rows = pl.concat(
        [
            joined.with_columns(
                pl.lit(part).alias("component"),
                pl.lit(value=True).alias("is_in_cost"),
                *product(hours, named(part)).columns("part"),
                pl.when(pl.lit(part) == "energy").then("observation_id").alias("observation_id"),
                pl.when(pl.lit(part) != "energy").then("quote_id").alias("quote_id"),
            )
            for part in PARTS
        ]
    ).with_columns(_cents("part_mid").alias("part_usd"))
    others = pl.col("part_usd").filter(pl.col("component") != "accelerators").sum().over("phase_id")
    mid = pl.when(pl.col("component") == "accelerators").then(pl.col("cost_mid_usd") - others).otherwise("part_usd")
    return _with_ends(rows.with_columns(mid.alias("cost_mid_usd"))).filter(pl.col("cost_mid_usd") > 0)


def _bought(pricing: Pricing, priced: pl.LazyFrame) -> pl.LazyFrame:
    """Accelerators at their quotes, in the cost; what servers and network add, beside it."""
    constants = pricing.constants
    price = pl.col("unit_price").cast(pl.Float64)
    covering = price * pl.col("server_mid")
    cluster = constants.range("interconnect_share_ratio")
    extra = (
        pricing.offers.lazy()
        .group_by("phase_id")
        .agg(
            (price.min() * price.max()).sqrt().alias("bare"),
            (covering.min() * covering.max()).sqrt().alias("covering"),
        )
    )
    costed = priced.filter(pl.col("price_basis") == "purchase").join(extra, on="phase_id", how="inner")
    added = {
        "servers": pl.col("covering") - pl.col("bare"),
        "interconnect": pl.col("covering") * cluster.mid / (1 - cluster.mid),
    }
    rows = [
        costed.with_columns(
            pl.lit(name).alias("component"),
            pl.lit(value=False).alias("is_in_cost"),
            (amount * pl.col("gpu_count")).round(CENTS).cast(USD).alias("cost_mid_usd"),
            pl.lit(None, pl.Float64).alias("cost_low_usd"),
            pl.lit(None, pl.Float64).alias("cost_high_usd"),
        )
        for name, amount in added.items()
    ]
    whole = costed.with_columns(pl.lit("accelerators").alias("component"), pl.lit(value=True).alias("is_in_cost"))
    return (
        pl.concat([whole, *rows])
        .with_columns(pl.lit(None, pl.String).alias("observation_id"))
        .filter(pl.col("cost_mid_usd") > 0)
    )


def _cents(column: str) -> pl.Expr:
    return pl.col(column).round(CENTS).cast(USD)


def _with_ends(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(pl.col(f"part_{end}").round(CENTS).alias(f"cost_{end}_usd") for end in ("low", "high"))
