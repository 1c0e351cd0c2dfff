"""The cost of every model in every scope on every basis, with what is missing said.

Sums add middles exactly (Decimal); their ends know what the phases share (`sums`). Purchase is not additive: one
cluster serves several phases, so it takes the largest number of accelerators per developer and hardware type.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.types import HOURS, USD
from pipelines.costing.price_bases import PRICE_BASES
from pipelines.costing.runs import flagged
from pipelines.costing.scope_note import scope_note
from pipelines.costing.sums import spread, sum_ends

GRAIN = ["model_id", "scope", "price_basis"]
SIDES = ("low", "high")


def model_costs(
    members: pl.DataFrame,
    phase_costs: pl.DataFrame,
    models: pl.DataFrame,
    disclosure: pl.DataFrame,
    wanted: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Sum phases over the members of each scope.

    Args:
        members: core.scope_members.
        phase_costs: core.phase_costs.
        models: core.models (for the developer of each member).
        disclosure: result of `disclosure.disclosure_by_scope`.
        wanted: keys of the rows to make; all when not given.

    Returns:
        core.model_costs: a row for every model, scope and basis; an unknown is null with a reason.
    """
    from pipelines.contracts.core import ModelCosts
    from pipelines.contracts.table import table_of

    rows, dtypes = summed(members, phase_costs, models, disclosure, wanted), table_of(ModelCosts).dtypes
    return rows.select(pl.col(name).cast(dtype) for name, dtype in dtypes.items()).sort(GRAIN)


def summed(
    members: pl.DataFrame,
    phase_costs: pl.DataFrame,
    models: pl.DataFrame,
    disclosure: pl.DataFrame,
    wanted: pl.DataFrame | None = None,
    within: tuple[str, ...] = (),
) -> pl.DataFrame:
    """The same with more columns, in no order; needs no contract, which takes long to load.

    `within` names columns of the phase costs and of what is wanted that set apart costs of several worlds: scenarios.
    """
    grain = [*within, *GRAIN]
    grid = grid_of(models, members) if wanted is None else wanted.select(grain)
    counted = counted_phases(members, phase_costs, models)
    if wanted is not None:
        counted = counted.join(wanted, on=grain, how="semi")
    phases = counted.lazy()
    is_additive = pl.col("price_basis").is_in(
        [name for name, basis in PRICE_BASES.items() if basis.quantity == "gpu_hours"]
    )
    added, clusters = phases.filter(is_additive), _clusters(phases.filter(~is_additive), grain)
    ends = _ends(pl.concat([_priced_terms(added, grain, "gpu_hour"), _priced_terms(clusters, grain, "gpu")]), grain)
    costs = pl.concat([_summed(added, grain), _bought(clusters, grain)])
    rows = (
        grid.lazy()
        .join(_hours(phases, grain), on=grain, how="left")
        .join(_with_ends(costs, ends, grain), on=grain, how="left")
        .join(disclosure.lazy(), on=["model_id", "scope"], how="left")
    )
    return _told(rows).with_columns(scope_note()).collect()


def grid_of(models: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The key of every row of core.model_costs."""
    bases = pl.DataFrame({"price_basis": list(PRICE_BASES)})
    return models.select("model_id").join(members.select("scope").unique(), how="cross").join(bases, how="cross")


def counted_phases(members: pl.DataFrame, phase_costs: pl.DataFrame, models: pl.DataFrame) -> pl.DataFrame:
    """The phases summed into each scope of each model: rows of core.phase_costs with their model, scope, developer."""
    developers = models.select(pl.col("model_id").alias("member_model_id"), "developer")
    primary = phase_costs.filter(pl.col("row_role") == "primary").rename({"model_id": "member_model_id"})
    return (
        members.select("model_id", "scope", "member_model_id")
        .join(primary, on="member_model_id", how="inner")
        .join(developers, on="member_model_id", how="left")
    )


def _floor(low: str, mid: str) -> pl.Expr:
    """The sum of middles; where only a lower end is known it stands in, so that the sum is a floor.

    Without any middle there is none: a sum of lower ends alone is no middle.
    """
    column = pl.coalesce(mid, pl.col(low).cast(USD) if mid.startswith("cost") else pl.col(low))
    return pl.when(pl.col(mid).is_not_null().any()).then(column.sum())


def _total(end: str, among: pl.Expr | None = None) -> pl.Expr:
    """The sum of one end, where any phase (among those named) has it."""
    column = pl.col(end) if among is None else pl.col(end).filter(among)
    return pl.when(column.is_not_null().any()).then(column.sum())


def _priced_terms(costs: pl.LazyFrame, grain: list[str], unit: str) -> pl.LazyFrame:
    """What has a middle, with the price of one accelerator by this unit: what `_ends` asks."""
    mid = pl.col("cost_mid_usd")
    return costs.filter(mid.is_not_null()).select(
        *grain,
        "hardware_id",
        mid.cast(pl.Float64).alias("mid"),
        *(pl.col(f"cost_{side}_usd").alias(side) for side in SIDES),
        pl.col(f"unit_price_usd_per_{unit}").cast(pl.Float64).alias("price"),
        *(pl.col(f"unit_price_{side}_usd_per_{unit}").alias(f"price_{side}") for side in SIDES),
    )


def _ends(terms: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Both ends of the sum of costs that have a middle, with the price of one accelerator as a shared error.

    Args:
        terms: result of `_priced_terms`.
        grain: columns that name a sum.

    Returns:
        grain, sum_low_usd and sum_high_usd (5% and 95% points).
    """

    def on_side(side: str) -> pl.LazyFrame:
        whole, shared = spread(pl.col("mid"), pl.col(side)), spread(pl.col("price"), pl.col(f"price_{side}"))
        return terms.select(
            *grain,
            pl.lit(side == "high").alias("is_upper"),
            pl.col("hardware_id").alias("factor"),
            "mid",
            (whole**2 - shared**2).clip(lower_bound=0.0).sqrt().alias("own_spread"),
            pl.min_horizontal(whole, shared).alias("shared_spread"),
        )

    def end(*, is_upper: bool) -> pl.Expr:
        return pl.col("end").filter(pl.col("is_upper") == is_upper).first()

    both = sum_ends(pl.concat([on_side(side) for side in SIDES]).collect(), grain)
    return (
        both.lazy()
        .group_by(grain)
        .agg(end(is_upper=False).alias("sum_low_usd"), end(is_upper=True).alias("sum_high_usd"))
    )


def _with_ends(costs: pl.LazyFrame, ends: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Sums with their ends; what has no middle adds its known end as it is."""
    return (
        costs.join(ends, on=grain, how="left")
        .with_columns(_added(f"sum_{side}_usd", f"cost_{side}_usd").alias(f"cost_{side}_usd") for side in SIDES)
        .drop("sum_low_usd", "sum_high_usd")
    )


def _added(one: str, other: str) -> pl.Expr:
    """The sum of what is known of two; nothing where neither is."""
    return pl.when(pl.any_horizontal(pl.col(one, other).is_not_null())).then(pl.sum_horizontal(one, other))


def _hours(counted: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Hours of each scope, and which phases leave an end open."""
    low, mid, high = "gpu_hours_low", "gpu_hours", "gpu_hours_high"
    has_hours = pl.any_horizontal(pl.col(low, mid, high).is_not_null())
    return (
        counted.filter(has_hours)
        .group_by(grain)
        .agg(
            _total(low).alias(low),
            _floor(low, mid).alias(mid),
            _total(high).alias(high),
            pl.len().cast(pl.Int64).alias("phase_count"),
            pl.col(high).is_null().any().alias("is_open_above"),
            (pl.col(low).is_null().any() & (pl.len() > 1)).alias("is_open_below_among_others"),
            pl.col("flags").explode().drop_nulls().unique().alias("phase_flags"),
        )
    )


def _summed(counted: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Costs that add up: hours times price."""
    is_priced = pl.any_horizontal(pl.col("cost_low_usd", "cost_mid_usd", "cost_high_usd").is_not_null())
    hours = pl.coalesce("gpu_hours", "gpu_hours_low", "gpu_hours_high")
    has_no_middle = pl.col("cost_mid_usd").is_null()
    return counted.group_by(grain).agg(
        _total("cost_low_usd", has_no_middle).alias("cost_low_usd"),
        _floor("cost_low_usd", "cost_mid_usd").alias("cost_mid_usd"),
        _total("cost_high_usd", has_no_middle).alias("cost_high_usd"),
        hours.filter(~is_priced).sum().cast(HOURS).alias("unpriced_gpu_hours"),
        (~is_priced & hours.is_not_null()).any().alias("has_unpriced"),
        pl.lit(value=False).alias("counts_partly_disclosed"),
        pl.lit(value=False).alias("counts_undisclosed"),
    )


def _clusters(counted: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Per developer and hardware type the phase with most accelerators: one cluster serves several phases."""
    hours = pl.coalesce("gpu_hours", "gpu_hours_low", "gpu_hours_high")
    states_no_count = pl.col("gpu_count").is_null().all().over(*grain, "member_model_id", "hardware_id")
    prices = (f"unit_price{end}_usd_per_gpu" for end in ("_low", "", "_high"))
    return (
        counted.filter(pl.col("hardware_id").is_not_null() | hours.is_not_null())
        .with_columns(states_no_count.alias("states_no_count"))
        .sort("cost_mid_usd", descending=True, nulls_last=True)
        .sort("gpu_count", descending=True, nulls_last=True, maintain_order=True)
        .group_by(*grain, "developer", "hardware_id", maintain_order=True)
        .agg(
            pl.col("gpu_count", "cost_low_usd", "cost_mid_usd", "cost_high_usd", *prices).first(),
            hours.sum().alias("hours"),
            hours.filter("states_no_count").sum().alias("uncounted_hours"),
            pl.col("states_no_count").any().alias("lacks_members"),
            pl.col("gpu_count").is_null().any().alias("lacks_counts"),
        )
    )


def _bought(clusters: pl.LazyFrame, grain: list[str]) -> pl.LazyFrame:
    """Costs of clusters, summed over developers and hardware types."""
    is_priced = pl.col("cost_mid_usd").is_not_null()
    return clusters.group_by(grain).agg(
        _total("cost_low_usd", ~is_priced).alias("cost_low_usd"),
        _total("cost_mid_usd").alias("cost_mid_usd"),
        _total("cost_high_usd", ~is_priced).alias("cost_high_usd"),
        pl.when(is_priced).then("uncounted_hours").otherwise("hours").sum().cast(HOURS).alias("unpriced_gpu_hours"),
        (~is_priced | pl.col("lacks_members")).any().alias("has_unpriced"),
        pl.col("lacks_counts").any().alias("counts_partly_disclosed"),
        pl.col("gpu_count").is_null().all().alias("counts_undisclosed"),
    )


def _told(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Lower bounds, reasons and flags of every row."""
    has_hours = pl.any_horizontal(pl.col("gpu_hours_low", "gpu_hours", "gpu_hours_high").is_not_null())
    has_floor = pl.any_horizontal(pl.col("cost_low_usd", "cost_mid_usd").is_not_null())
    has_cost = has_floor | pl.col("cost_high_usd").is_not_null()
    open_hours = pl.col("is_open_above") | pl.col("is_open_below_among_others")
    hours_incomplete = (pl.col("is_incomplete") | open_hours.fill_null(value=False)) & (has_hours | has_cost)
    partly_priced = has_cost & pl.col("has_unpriced").fill_null(value=False)
    cost_incomplete = hours_incomplete | partly_priced
    extra = flagged(
        partly_priced=partly_priced,
        gpu_count_partly_disclosed=has_cost & pl.col("counts_partly_disclosed").fill_null(value=False),
    )
    reason = (
        pl.when(has_floor | (has_cost & ~cost_incomplete))
        .then(None)
        .when(has_cost)
        .then(pl.lit("one_sided"))
        .when(pl.col("counts_undisclosed").fill_null(value=False) & has_hours)
        .then(pl.lit("gpu_count_not_disclosed"))
        .when(has_hours)
        .then(pl.lit("no_price"))
        .when(pl.col("is_own_restated"))
        .then(pl.lit("restated_base"))
        .when(pl.col("is_own_set_aside"))
        .then(pl.lit("set_aside"))
        .otherwise(pl.lit("hours_not_disclosed"))
    )
    return rows.with_columns(
        pl.when(~hours_incomplete).then("gpu_hours_high").alias("gpu_hours_high"),
        pl.col("cost_low_usd").round(USD.scale),
        pl.when(~cost_incomplete).then(pl.col("cost_high_usd").round(USD.scale)).alias("cost_high_usd"),
        pl.when(has_hours).then(pl.col("unpriced_gpu_hours").fill_null(0)).alias("unpriced_gpu_hours"),
        pl.col("phase_count").fill_null(0),
        cost_incomplete.alias("is_lower_bound"),
        reason.alias("cost_missing_reason"),
        pl.concat_list(pl.col("phase_flags").fill_null([]), "disclosure_flags", extra)
        .list.unique()
        .list.sort()
        .alias("flags"),
    )
