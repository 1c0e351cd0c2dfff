"""The cost of every model in every scope on every basis, with what is missing said.

Sums add middles exactly (Decimal); their ends know what the phases share (`sums`). Purchase is not additive: one
cluster serves several phases, so it takes the largest number of accelerators per developer and hardware type.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.types import HOURS, USD
from pipelines.costing.price_bases import PRICE_BASES
from pipelines.costing.sums import spread, sum_end

GRAIN = ["model_id", "scope", "price_basis"]
ENDS = ("low", "mid", "high")


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
) -> pl.DataFrame:
    """The same with more columns, in no order; needs no contract, which takes long to load."""
    notes = pl.DataFrame(
        {"price_basis": list(PRICE_BASES), "scope_note": [list(basis.leaves_out) for basis in PRICE_BASES.values()]}
    )
    grid = grid_of(models, members) if wanted is None else wanted.select(GRAIN)
    counted = counted_phases(members, phase_costs, models)
    if wanted is not None:
        counted = counted.join(wanted, on=GRAIN, how="semi")
    hours = _hours(counted)
    additive = [name for name, basis in PRICE_BASES.items() if basis.quantity == "gpu_hours"]
    costs = pl.concat([_summed(counted.filter(pl.col("price_basis").is_in(additive))), _bought(counted, additive)])
    rows = (
        grid.join(notes, on="price_basis", how="left")
        .join(hours, on=GRAIN, how="left")
        .join(costs, on=GRAIN, how="left")
        .join(disclosure, on=["model_id", "scope"], how="left")
    )
    return _told(rows)


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


def _ends(costs: pl.DataFrame) -> pl.DataFrame:
    """Both ends of the sum of costs that have a middle, with the price of one accelerator as a shared error.

    Args:
        costs: GRAIN, hardware_id, cost_low_usd, cost_mid_usd, cost_high_usd, and unit_price with its low and high.

    Returns:
        GRAIN, sum_low_usd and sum_high_usd (5% and 95% points).
    """
    mid, price = pl.col("cost_mid_usd").cast(pl.Float64), pl.col("unit_price").cast(pl.Float64)
    known = costs.filter(pl.col("cost_mid_usd").is_not_null())
    sides = []
    for side in ("low", "high"):
        whole, shared = spread(mid, pl.col(f"cost_{side}_usd")), spread(price, pl.col(f"unit_price_{side}"))
        terms = known.select(
            *GRAIN,
            pl.col("hardware_id").alias("factor"),
            mid.alias("mid"),
            (whole**2 - shared**2).clip(lower_bound=0.0).sqrt().alias("own_spread"),
            pl.min_horizontal(whole, shared).alias("shared_spread"),
        )
        ends = sum_end(terms, GRAIN, is_upper=side == "high")
        sides.append(ends.rename({"end": f"sum_{side}_usd"}))
    low, high = sides
    return low.join(high, on=GRAIN, how="inner")


def _with_ends(costs: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Sums with their ends; what has no middle adds its known end as it is."""
    return (
        costs.join(ends, on=GRAIN, how="left")
        .with_columns(
            _added(f"sum_{side}_usd", f"cost_{side}_usd").alias(f"cost_{side}_usd") for side in ("low", "high")
        )
        .drop("sum_low_usd", "sum_high_usd")
    )


def _added(one: str, other: str) -> pl.Expr:
    """The sum of what is known of two; nothing where neither is."""
    return pl.when(pl.any_horizontal(pl.col(one, other).is_not_null())).then(pl.sum_horizontal(one, other))


def _hours(counted: pl.DataFrame) -> pl.DataFrame:
    """Hours of each scope, and which phases leave an end open."""
    low, mid, high = "gpu_hours_low", "gpu_hours", "gpu_hours_high"
    has_hours = pl.any_horizontal(pl.col(low, mid, high).is_not_null())
    return (
        counted.filter(has_hours)
        .group_by(GRAIN)
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


def _summed(counted: pl.DataFrame) -> pl.DataFrame:
    """Costs that add up: hours times price."""
    is_priced = pl.any_horizontal(pl.col("cost_low_usd", "cost_mid_usd", "cost_high_usd").is_not_null())
    hours = pl.coalesce("gpu_hours", "gpu_hours_low", "gpu_hours_high")
    has_no_middle = pl.col("cost_mid_usd").is_null()
    sums = counted.group_by(GRAIN).agg(
        _total("cost_low_usd", has_no_middle).alias("cost_low_usd"),
        _floor("cost_low_usd", "cost_mid_usd").alias("cost_mid_usd"),
        _total("cost_high_usd", has_no_middle).alias("cost_high_usd"),
        hours.filter(~is_priced).sum().cast(HOURS).alias("unpriced_gpu_hours"),
        (~is_priced & hours.is_not_null()).any().alias("has_unpriced"),
        pl.lit(value=False).alias("counts_partly_disclosed"),
        pl.lit(value=False).alias("counts_undisclosed"),
    )
    prices = {f"unit_price{end}_usd_per_gpu_hour": f"unit_price{end}" for end in ("_low", "", "_high")}
    return _with_ends(sums, _ends(counted.rename(prices)))


def _bought(counted: pl.DataFrame, additive: list[str]) -> pl.DataFrame:
    """Costs of clusters: per developer and hardware type the phase with most accelerators, summed over types."""
    hours = pl.coalesce("gpu_hours", "gpu_hours_low", "gpu_hours_high")
    states_no_count = pl.col("gpu_count").is_null().all().over(*GRAIN, "member_model_id", "hardware_id")
    clusters = (
        counted.filter(
            ~pl.col("price_basis").is_in(additive) & (pl.col("hardware_id").is_not_null() | hours.is_not_null())
        )
        .with_columns(states_no_count.alias("states_no_count"))
        .sort("cost_mid_usd", descending=True, nulls_last=True)
        .sort("gpu_count", descending=True, nulls_last=True, maintain_order=True)
        .group_by(*GRAIN, "developer", "hardware_id", maintain_order=True)
        .agg(
            pl.col("gpu_count", "cost_low_usd", "cost_mid_usd", "cost_high_usd").first(),
            *(
                pl.col(f"unit_price{end}_usd_per_gpu").first().alias(f"unit_price{end}")
                for end in ("_low", "", "_high")
            ),
            hours.sum().alias("hours"),
            hours.filter("states_no_count").sum().alias("uncounted_hours"),
            pl.col("states_no_count").any().alias("lacks_members"),
            pl.col("gpu_count").is_null().any().alias("lacks_counts"),
        )
    )
    is_priced = pl.col("cost_mid_usd").is_not_null()
    sums = clusters.group_by(GRAIN).agg(
        _total("cost_low_usd", ~is_priced).alias("cost_low_usd"),
        _total("cost_mid_usd").alias("cost_mid_usd"),
        _total("cost_high_usd", ~is_priced).alias("cost_high_usd"),
        pl.when(is_priced).then("uncounted_hours").otherwise("hours").sum().cast(HOURS).alias("unpriced_gpu_hours"),
        (~is_priced | pl.col("lacks_members")).any().alias("has_unpriced"),
        pl.col("lacks_counts").any().alias("counts_partly_disclosed"),
        pl.col("gpu_count").is_null().all().alias("counts_undisclosed"),
    )
    return _with_ends(sums, _ends(clusters))


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """Lower bounds, reasons and flags of every row."""
    has_hours = pl.any_horizontal(pl.col("gpu_hours_low", "gpu_hours", "gpu_hours_high").is_not_null())
    has_floor = pl.any_horizontal(pl.col("cost_low_usd", "cost_mid_usd").is_not_null())
    has_cost = has_floor | pl.col("cost_high_usd").is_not_null()
    open_hours = pl.col("is_open_above") | pl.col("is_open_below_among_others")
    hours_incomplete = (pl.col("is_incomplete") | open_hours.fill_null(value=False)) & (has_hours | has_cost)
    partly_priced = has_cost & pl.col("has_unpriced").fill_null(value=False)
    cost_incomplete = hours_incomplete | partly_priced
    extra = {
        "partly_priced": partly_priced,
        "gpu_count_partly_disclosed": has_cost & pl.col("counts_partly_disclosed").fill_null(value=False),
    }
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
    named = [pl.when(condition).then(pl.lit(name)) for name, condition in extra.items()]
    return rows.with_columns(
        pl.when(~hours_incomplete).then("gpu_hours_high").alias("gpu_hours_high"),
        pl.col("cost_low_usd").round(USD.scale),
        pl.when(~cost_incomplete).then(pl.col("cost_high_usd").round(USD.scale)).alias("cost_high_usd"),
        pl.when(has_hours).then(pl.col("unpriced_gpu_hours").fill_null(0)).alias("unpriced_gpu_hours"),
        pl.col("phase_count").fill_null(0),
        cost_incomplete.alias("is_lower_bound"),
        reason.alias("cost_missing_reason"),
        pl.concat_list(pl.col("phase_flags").fill_null([]), "disclosure_flags", pl.concat_list(named).list.drop_nulls())
        .list.unique()
        .list.sort()
        .alias("flags"),
    )
