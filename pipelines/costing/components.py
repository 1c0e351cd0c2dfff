"""What a cost is made of: the parts of `amortized`, and of a cluster bought what stands beside `purchase`."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.core import CostComponents
from pipelines.contracts.table import USD, table_of
from pipelines.costing.constants import Constants
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
    costed = priced.filter(pl.col("price_basis") == "purchase").join(with_servers(pricing), on="phase_id", how="inner")
    cost = Range(*(pl.col(f"cost_{end}_usd").cast(pl.Float64) for end in ("mid", "low", "high")))
    servers = named("servers")
    added = {
        "servers": product(cost, Range(servers.mid - 1, servers.low - 1, servers.high - 1)),
        "interconnect": product(cost, servers, network(pricing.constants)),
    }
    rows = [
        costed.with_columns(pl.lit(name).alias("component"), *part.columns("part"))
        .with_columns(pl.lit(value=False).alias("is_in_cost"), _cents("part_mid").alias("cost_mid_usd"))
        .pipe(_with_ends)
        for name, part in added.items()
    ]
    whole = costed.with_columns(pl.lit("accelerators").alias("component"), pl.lit(value=True).alias("is_in_cost"))
    return (
        pl.concat([whole, *rows], how="diagonal")
        .with_columns(pl.lit(None, pl.String).alias("observation_id"))
        .filter(pl.col("cost_mid_usd") > 0)
    )


def with_servers(pricing: Pricing) -> pl.LazyFrame:
    """By what a purchase price is multiplied to have servers in it: its quotes with them, over its quotes as they are.

    Returns:
        phase_id, servers_mid, servers_low, servers_high; 1 where every quote that is an end covers its server.
    """
    price = pl.col("unit_price").cast(pl.Float64)

    def ratio(server: pl.Expr) -> pl.Expr:
        covering = price * server
        return (covering.min() * covering.max() / (price.min() * price.max())).sqrt()

    server = named("server")
    ratios = Range(*(ratio(end) for end in (server.mid, server.low, server.high)))
    return pricing.offers.lazy().group_by("phase_id").agg(*ratios.columns("servers"))


def network(constants: Constants) -> Range:
    """What the network adds to accelerators and servers, over what these cost."""
    share = constants.range("interconnect_share_ratio")
    return Range(*(end / (1 - end) for end in (share.mid, share.low, share.high)))


def _cents(column: str) -> pl.Expr:
    return pl.col(column).round(CENTS).cast(USD)


def _with_ends(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(pl.col(f"part_{end}").round(CENTS).alias(f"cost_{end}_usd") for end in ("low", "high"))
