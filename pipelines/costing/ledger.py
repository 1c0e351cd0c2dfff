"""The costing functions as the assets call them: frames of core tables in, frames of core tables out.

Costs come in two forms: `..._costs` computes a whole table and is the reference; `changed_..._costs` knows besides
what each row depends on, so that a build computes only the rows for which that changed (`costing.evidence`).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.scenarios import ScenarioCosts
from pipelines.contracts.table import table_of
from pipelines.costing import clusters, components, disclosure, runs, scenarios
from pipelines.costing import cost_inputs as inputs_of
from pipelines.costing import model_costs as sums
from pipelines.costing.constants import Constants
from pipelines.costing.evidence import Recomputable, frame_hash, priced_phases, seed_of, summed_models
from pipelines.costing.inputs import SUMMED, UNSUMMED, Inputs
from pipelines.costing.lineage import scope_members
from pipelines.costing.phase_costs import price_phases

__all__ = [
    "changed_model_costs",
    "changed_phase_costs",
    "changed_unsummed_phase_costs",
    "checked_phases",
    "cluster_costs",
    "cost_components",
    "cost_inputs",
    "hardware_with_proxies",
    "model_costs",
    "phase_costs",
    "scenario_costs",
    "scope_members",
    "unchanged",
    "unsummed_phase_costs",
]


def unchanged(staged: pl.DataFrame) -> pl.DataFrame:
    """The staged rows as they are."""
    return staged


def hardware_with_proxies(hardware: pl.DataFrame, proxies: pl.DataFrame) -> pl.DataFrame:
    """core.hardware: accelerators with the one whose price stands in when they have no quote."""
    return hardware.join(proxies.select("hardware_id", "price_proxy_hardware_id"), on="hardware_id", how="left")


def checked_phases(
    phases: pl.DataFrame, models: pl.DataFrame, hardware: pl.DataFrame, constants: pl.DataFrame
) -> pl.DataFrame:
    """core.training_phases: phases with the utilisation they imply, and flags of what does not fit together."""
    method = Constants(constants)
    implied = runs.implied_utilization(phases.lazy(), models.lazy(), hardware.lazy(), method)
    low, high = method["plausible_utilization_low_ratio"], method["plausible_utilization_high_ratio"]
    ratio = pl.col("implied_utilization_ratio")
    return (
        phases.lazy()
        .join(implied, on="phase_id", how="left", maintain_order="left")
        .join(models.lazy().select("model_id", "released_on"), on="model_id", how="left", maintain_order="left")
        .with_columns(
            runs.flagged(
                implausible_utilization=~ratio.is_between(low, high),
                hours_conflict=runs.hours_conflict(method),
                start_after_release=pl.col("started_on") > pl.col("released_on"),
            ).alias("flags")
        )
        .drop("released_on")
        .collect()
    )


def phase_costs(*tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.phase_costs: the phases that are summed.

    `tables` are those of `inputs.Inputs`, in its order; so are those of the other costs of phases.
    """
    return price_phases(Inputs(*tables, as_of=as_of).of_roles(SUMMED).pricing())


def unsummed_phase_costs(*tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.unsummed_phase_costs: estimates, alternatives, hypothetical runs and restated figures."""
    return price_phases(Inputs(*tables, as_of=as_of).of_roles(UNSUMMED).pricing())


def cost_components(costs: pl.DataFrame, *tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.cost_components: what the amortised and purchase costs of the summed phases are made of."""
    return components.cost_components(Inputs(*tables, as_of=as_of).of_roles(SUMMED).pricing(), costs)


def cost_inputs(costs: pl.DataFrame, *tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.cost_inputs: what each cost of a summed phase would be with one of its inputs elsewhere."""
    return inputs_of.cost_inputs(Inputs(*tables, as_of=as_of).of_roles(SUMMED).pricing(), costs)


def changed_phase_costs(*tables: pl.DataFrame, as_of: date, code: str) -> Recomputable:
    """core.phase_costs, row by row; `code` is the fingerprint of the code."""
    return _changed(Inputs(*tables, as_of=as_of).of_roles(SUMMED), code)


def changed_unsummed_phase_costs(*tables: pl.DataFrame, as_of: date, code: str) -> Recomputable:
    """core.unsummed_phase_costs, row by row; `code` is the fingerprint of the code."""
    return _changed(Inputs(*tables, as_of=as_of).of_roles(UNSUMMED), code)


def _changed(inputs: Inputs, code: str) -> Recomputable:
    return priced_phases(inputs.pricing(), seed_of(code, frame_hash(inputs.constants)))


def model_costs(
    members: pl.DataFrame,
    costs: pl.DataFrame,
    phases: pl.DataFrame,
    models: pl.DataFrame,
    lineage: pl.DataFrame,
    rejected: pl.DataFrame,
) -> pl.DataFrame:
    """core.model_costs: phases summed over the members of each scope, with what is missing said."""
    by_model = disclosure.disclosure_by_model(members, costs, phases, models, lineage, rejected)
    return sums.model_costs(members, costs, models, disclosure.disclosure_by_scope(members, by_model))


def cluster_costs(
    members: pl.DataFrame,
    costs: pl.DataFrame,
    lineage: pl.DataFrame,
    rejected: pl.DataFrame,
    *tables: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """core.cluster_costs: purchase costs with servers and network, summed over the members of each scope."""
    inputs = Inputs(*tables, as_of=as_of)
    by_model = disclosure.disclosure_by_model(members, costs, inputs.phases, inputs.models, lineage, rejected)
    return clusters.cluster_costs(
        inputs.of_roles(SUMMED).pricing(),
        costs,
        members,
        inputs.models,
        disclosure.disclosure_by_scope(members, by_model),
    )


def changed_model_costs(
    members: pl.DataFrame,
    costs: pl.DataFrame,
    phases: pl.DataFrame,
    models: pl.DataFrame,
    lineage: pl.DataFrame,
    rejected: pl.DataFrame,
    code: str,
) -> Recomputable:
    """core.model_costs, row by row; `code` is the fingerprint of the code."""
    by_model = disclosure.disclosure_by_model(members, costs, phases, models, lineage, rejected)
    return summed_models(members, costs, models, disclosure.disclosure_by_scope(members, by_model), seed_of(code))


def scenario_costs(*tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.scenario_costs: what scenarios change, by the functions that cost the ledger itself.

    `tables` are those of `scenarios.Tables`, in its order.
    """
    rows, declared = scenarios.scenario_costs(scenarios.Tables(*tables), as_of), table_of(ScenarioCosts)
    return rows.select(pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items()).sort(declared.key)
