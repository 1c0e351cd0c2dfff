"""Contracts of core tables that questions read: rules of law that count compute, scenarios and their costs."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import question_inputs as q
from pipelines.contracts import vocabulary as v
from pipelines.contracts.core import ADD_HARDWARE, SOURCE, CostColumns
from pipelines.contracts.table import HOURS, ForeignKey, column, table


@table("core.compute_rules", key=("rule_id",), foreign_keys=(SOURCE,))
class ComputeRules(q.StagedComputeRules):
    """One row per rule of law that depends on the compute of a training run."""


@table("core.scenarios", key=("scenario_id",), foreign_keys=(SOURCE,))
class Scenarios(q.StagedScenarios):
    """One row per scenario: what is to be costed otherwise, and why."""


SCENARIO = ForeignKey("scenario_id", "core.scenarios", "the scenario itself was set aside: mend it first")


@table(
    "core.scenario_prices",
    key=("scenario_id", "hardware_id"),
    foreign_keys=(SCENARIO, ForeignKey("hardware_id", "core.hardware", ADD_HARDWARE), SOURCE),
)
class ScenarioPrices(q.StagedScenarioPrices):
    """One row per scenario and accelerator that it gives a price."""


@table("core.scenario_constants", key=("scenario_id", "constant_id"), foreign_keys=(SCENARIO, SOURCE))
class ScenarioConstants(q.StagedScenarioConstants):
    """One row per scenario and constant of the method that it gives another value."""


@table("core.scenario_costs", key=("scenario_id", "model_id", "scope", "price_basis"), warnings=("assumed_price",))
class ScenarioCosts(CostColumns):
    """One row per scenario and row of core.model_costs: what it is under the scenario."""

    scenario_id: pl.String = column("The scenario.")
    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued, but for what the scenario changes.", isin=list(v.PRICE_BASIS))
    gpu_hours: HOURS = column("Accelerator-hours; for a lower bound the floor.", nullable=True, gt=0)
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")
    is_changed: pl.Boolean = column("True where the scenario changes a phase that is counted in.")
