"""The cost of every phase on every price basis."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.contracts.types import A_CENT, COST, HOURS, UNIT_PRICE, USD
from pipelines.costing.intervals import product_end
from pipelines.costing.price_bases import PRICE_BASES, PriceBasis, Pricing

CENTS = USD.scale
LEAST_COST = pl.lit(A_CENT, USD)
"""No cost is shown as zero: what is less than half a cent is shown as one."""
START_FLAGS = ("assumed_start", "assumed_run_time")


def price_phases(pricing: Pricing, bases: Iterable[PriceBasis] | None = None) -> pl.DataFrame:
    """Price every phase on every basis.

    The middle is exact: hours (4 decimals) x price (6 decimals), rounded once to the cent. Ends combine the range of
    the hours with the range of the price (`intervals.product_end`).

    Args:
        pricing: runs, quotes, hardware, constants and the day of the release.
        bases: the bases to price on; all of PRICE_BASES when not given.

    Returns:
        Rows of core.phase_costs (the columns of core.unsummed_phase_costs are the same), sorted by their key.
    """
    from pipelines.contracts.core import PhaseCosts
    from pipelines.contracts.table import table_of

    return priced(pricing, bases).select(list(table_of(PhaseCosts).dtypes)).sort("phase_id", "price_basis")


def priced(pricing: Pricing, bases: Iterable[PriceBasis] | None = None) -> pl.DataFrame:
    """The same with more columns, in no order; needs no contract, which takes long to load."""
    chosen = tuple(bases) if bases is not None else tuple(PRICE_BASES.values())
    rows = pl.concat(pl.collect_all([_price_on_basis(pricing, basis) for basis in chosen]))
    return rows.drop("developer", *(f"unit_price{end}" for end in ("", "_low", "_high")))


def _price_on_basis(pricing: Pricing, basis: PriceBasis) -> pl.LazyFrame:
    """Rows of core.phase_costs on one basis."""
    per_hour = basis.quantity == "gpu_hours"
    low, mid, high = (
        pl.col(f"hours_{end}") if per_hour else pl.col("gpu_count").cast(HOURS) for end in ("low", "mid", "high")
    )
    has_hours = pl.any_horizontal(pl.col("hours_low", "hours_mid", "hours_high").is_not_null())
    is_quantified = (
        has_hours if per_hour else pl.col("gpu_count").is_not_null() & (pl.col("row_role") != "context_only")
    )
    exact = (mid.cast(COST) * pl.col("unit_price")).round(CENTS).cast(USD)
    cost = pl.when(is_quantified).then(_at_least(LEAST_COST, exact))
    return (
        pricing.runs.join(basis.price(pricing), on="phase_id", how="left")
        .with_columns(cost.alias("cost_mid_usd"))
        .with_columns(
            _end(is_quantified, mid, low, "unit_price_low").alias("cost_low_usd"),
            _end(is_quantified, mid, high, "unit_price_high").alias("cost_high_usd"),
        )
        .with_columns(
            pl.lit(basis.name).alias("price_basis"),
            pl.col("hours_mid").alias("gpu_hours"),
            pl.col("hours_low").alias("gpu_hours_low"),
            pl.col("hours_high").alias("gpu_hours_high"),
            *(
                _unit_price(is_quantified, source, wanted=per_hour is (unit == "gpu_hour")).alias(
                    f"{source}_usd_per_{unit}"
                )
                for source in ("unit_price", "unit_price_low", "unit_price_high")
                for unit in ("gpu_hour", "gpu")
            ),
            _missing_reason(is_quantified, has_hours, per_hour=per_hour).alias("cost_missing_reason"),
            _flags(basis, is_quantified).alias("flags"),
            *(
                pl.when(is_quantified).then(pl.col(name)).alias(name)
                for name in ("quote_id", "price_source_id", "price_observed_on", "price_quote_count")
            ),
        )
    )


def _flags(basis: PriceBasis, is_quantified: pl.Expr) -> pl.Expr:
    """Flags of the run and of its price; an assumed start matters only where the price is looked up by it."""
    run_flags = pl.col("flags")
    if not basis.depends_on_start:
        run_flags = run_flags.list.set_difference(list(START_FLAGS))
    price_flags = pl.when(is_quantified).then("price_flags").fill_null([])
    return pl.concat_list(run_flags, price_flags).list.unique().list.sort()


def _end(is_quantified: pl.Expr, mid: pl.Expr, end: pl.Expr, price_end: str) -> pl.Expr:
    """One end of the cost in USD; for a one-sided quantity the known end at that end of the price."""
    middle, quantity, price, edge = (
        expression.cast(pl.Float64) for expression in (mid, end, pl.col("unit_price"), pl.col(price_end))
    )
    both = product_end(middle * price, (middle, quantity), (price, edge))
    known = pl.when(mid.is_not_null()).then(both).otherwise(quantity * edge)
    return pl.when(is_quantified).then(_at_least(LEAST_COST.cast(pl.Float64), known.round(CENTS)))


def _at_least(floor: pl.Expr, amount: pl.Expr) -> pl.Expr:
    return pl.when(amount < floor).then(floor).otherwise(amount)


def _unit_price(is_quantified: pl.Expr, source: str, *, wanted: bool) -> pl.Expr:
    return pl.when(is_quantified & pl.lit(wanted)).then(source).cast(UNIT_PRICE)


def _missing_reason(is_quantified: pl.Expr, has_hours: pl.Expr, *, per_hour: bool) -> pl.Expr:
    unquantified = pl.lit("hours_not_disclosed" if per_hour else "gpu_count_not_disclosed")
    return (
        pl.when(~is_quantified & (pl.lit(per_hour) | has_hours))
        .then(unquantified)
        .when(~is_quantified)
        .then(pl.lit("hours_not_disclosed"))
        .when(pl.col("unit_price").is_null())
        .then(pl.lit("no_price"))
    )
