"""The costs of models under each scenario, by the functions that cost the ledger itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipelines.costing import disclosure as known
from pipelines.costing.inputs import SUMMED, Inputs
from pipelines.costing.model_costs import GRAIN, counted_phases, summed
from pipelines.costing.overrides import (
    Overrides,
    needed_bases,
    overrides_of,
    touched_bases,
    with_constants,
    with_hours,
    with_prices,
)
from pipelines.costing.phase_costs import costs_at, prices_on
from pipelines.costing.price_bases import PRICE_BASES, Pricing

SCENARIO = "scenario_id"
KEY = ["phase_id", "price_basis"]
SUMMED_ENDS = ("cost_low_usd", "cost_mid_usd")
"""What of a phase is added to a sum: its middle, else its lower end."""

COSTS = ("cost_low_usd", "cost_mid_usd", "cost_high_usd", "gpu_hours", "gpu_hours_low", "gpu_hours_high")


@dataclass(frozen=True)
class Tables:
    """What scenarios are costed from, named by their tables in core; `rejected` is quality.rejected_rows."""

    scenarios: pl.DataFrame
    scenario_prices: pl.DataFrame
    scenario_constants: pl.DataFrame
    scope_members: pl.DataFrame
    phase_costs: pl.DataFrame
    phases: pl.DataFrame
    models: pl.DataFrame
    model_lineage: pl.DataFrame
    rejected: pl.DataFrame
    hardware: pl.DataFrame
    price_quotes: pl.DataFrame
    method_constants: pl.DataFrame
    electricity_prices: pl.DataFrame


def scenario_costs(tables: Tables, as_of: date) -> pl.DataFrame:
    """The rows of core.model_costs that each scenario changes, with `scenario_id`.

    Args:
        tables: of the ledger.
        as_of: the day of the release.
    """
    members, models = tables.scope_members, tables.models
    by_model = known.disclosure_by_model(
        members, tables.phase_costs, tables.phases, models, tables.model_lineage, tables.rejected
    )
    inputs = Inputs(
        tables.phases,
        models,
        tables.hardware,
        tables.price_quotes,
        tables.method_constants,
        tables.electricity_prices,
        as_of=as_of,
    ).of_roles(SUMMED)
    changes = dict(overrides_of(tables.scenarios, tables.scenario_prices, tables.scenario_constants))
    return scenario_model_costs(
        members,
        tables.phase_costs,
        scenario_phase_costs(inputs, changes),
        models,
        known.disclosure_by_scope(members, by_model),
    )


def scenario_phase_costs(inputs: Inputs, changes: Mapping[str, Overrides], also: Collection[str] = ()) -> pl.DataFrame:
    """Costs of phases under scenarios, in the columns of core.phase_costs, scenario_id and more.

    Args:
        inputs: of the ledger.
        changes: what each scenario changes, by its id.
        also: names of price bases to price on beside those a scenario may change.

    Returns:
        Rows on those bases.
    """
    plain = [overrides for overrides in changes.values() if not overrides.has_other_constants]
    usual = _found(inputs, Overrides(), {name for overrides in plain for name in needed_bases(overrides, also)})

    def under(scenario_id: str, overrides: Overrides) -> pl.LazyFrame:
        own = overrides.has_other_constants
        pricing, prices = _found(inputs, overrides, needed_bases(overrides, also)) if own else usual
        costable = with_hours(pricing.runs, pricing.constants, inputs.phases, overrides)
        others = with_prices(prices, inputs.phases, inputs.hardware, overrides)
        wanted = others.filter(pl.col("price_basis").is_in([*touched_bases(overrides), *also]))
        told = pl.lit(overrides.method_flags, pl.List(pl.String))
        return costs_at(costable, wanted).with_columns(
            pl.lit(scenario_id).alias(SCENARIO), pl.concat_list("flags", told).alias("flags")
        )

    none = under("", Overrides()).filter(pl.lit(value=False))
    return pl.concat(pl.collect_all([none, *(under(*each) for each in changes.items())]))


def _found(inputs: Inputs, overrides: Overrides, names: Collection[str]) -> tuple[Pricing, pl.DataFrame]:
    """Runs at the constants of a scenario, and their prices."""
    pricing = replace(inputs, constants=with_constants(inputs.constants, overrides)).pricing()
    return pricing, prices_on(pricing, [basis for name, basis in PRICE_BASES.items() if name in names])


def scenario_model_costs(
    members: pl.DataFrame,
    usual_phases: pl.DataFrame,
    phase_costs: pl.DataFrame,
    models: pl.DataFrame,
    disclosure: pl.DataFrame,
) -> pl.DataFrame:
    """Costs of models that scenarios change: those that a changed phase counts in, summed again.

    Args:
        members: core.scope_members.
        usual_phases: core.phase_costs.
        phase_costs: result of `scenario_phase_costs`.
        models: core.models.
        disclosure: result of `disclosure.disclosure_by_scope`.

    Returns:
        Rows of core.model_costs under each scenario, with `scenario_id` and `has_same_phases`: whether the same phases
        have a cost as without it, so that the two can be set against each other. What is not among them is as it is.
    """
    changed = phase_costs.join(usual_phases.select(*KEY, *COSTS), on=[*KEY, *COSTS], how="anti", nulls_equal=True)
    keys = counted_phases(members, changed, models).select(SCENARIO, *GRAIN).unique()
    rows = summed(members, phase_costs, models, disclosure, keys, within=(SCENARIO,))
    elsewhere = counted_phases(members, _known_elsewhere(usual_phases, changed), models)
    others = elsewhere.select(SCENARIO, *GRAIN, pl.lit(value=False).alias("has_same_phases")).unique()
    return rows.join(others, on=[SCENARIO, *GRAIN], how="left").with_columns(
        pl.col("has_same_phases").fill_null(value=True)
    )


def _known_elsewhere(usual_phases: pl.DataFrame, phase_costs: pl.DataFrame) -> pl.DataFrame:
    """Costs of phases whose part in a sum is of another kind than usual: a cost for none, a low end for a middle."""
    told = [pl.col(name).is_not_null() for name in SUMMED_ENDS]
    usual = usual_phases.select(*KEY, *(each.name.prefix("usual_") for each in told))
    both = phase_costs.join(usual, on=KEY, how="left")
    differ = [
        each != pl.col(f"usual_{name}").fill_null(value=False) for each, name in zip(told, SUMMED_ENDS, strict=True)
    ]
    return both.filter(pl.any_horizontal(differ))
