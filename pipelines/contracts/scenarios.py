"""Contracts of core tables that questions read: rules of law, scenarios and their costs, prices of today."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import question_inputs as q
from pipelines.contracts import vocabulary as v
from pipelines.contracts.core import ADD_HARDWARE, SOURCE, CostColumns
from pipelines.contracts.table import HOURS, UNIT_PRICE, Contract, ForeignKey, column, table


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


@table("core.scenario_deflators", key=("scenario_id", "month_on"))
class ScenarioDeflators(Contract):
    """One row per scenario in dollars of a year, and month: by what dollars of the month are multiplied.

    As core.deflators, by the index and the vintage that the scenario names; the newest where it names none.
    """

    scenario_id: pl.String = column("The scenario.")
    month_on: pl.Date = column("First day of the month whose dollars are converted.")
    series_id: pl.String = column("The index.")
    to_year: pl.Int64 = column("Year whose dollars they become.", unit="year")
    deflator_ratio: pl.Float64 = column("Mean index of the year over the index of the month.", gt=0)
    index_month_on: pl.Date = column("The month whose index was used; an earlier one where the index has ended.")
    vintage_on: pl.Date = column("Day the index was published or copied.")
    is_of_release: pl.Boolean = column("True for the month of the day of the release, on which `rental_now` is priced.")


@table("core.scenario_costs", key=("scenario_id", "model_id", "scope", "price_basis"), warnings=("assumed_price",))
class ScenarioCosts(CostColumns):
    """One row per scenario and row of core.model_costs that it changes: what it then is, in dollars of the day.

    A row counts as changed when a phase that is counted in has other hours or another price. All others are as in
    core.model_costs; marts.scenario_costs has both.
    """

    scenario_id: pl.String = column("The scenario.")
    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued, but for what the scenario changes.", isin=list(v.PRICE_BASIS))
    gpu_hours: HOURS = column("Accelerator-hours; for a lower bound the floor.", nullable=True, gt=0)
    has_same_phases: pl.Boolean = column("True where the same phases have a cost as in core.model_costs.")
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")


@table("core.hardware_prices", key=("hardware_id",), warnings=("assumed_price",))
class HardwarePrices(Contract):
    """One row per accelerator: what an hour of it costs rented, and what it costs owned, on the day of the release."""

    hardware_id: pl.String = column("The accelerator.", unique=True)
    rent_usd_per_gpu_hour: UNIT_PRICE = column("Market rent.", nullable=True, gt=0)
    rent_low_usd_per_gpu_hour: UNIT_PRICE = column("Its lower end.", nullable=True, gt=0)
    rent_high_usd_per_gpu_hour: UNIT_PRICE = column("Its upper end.", nullable=True, gt=0)
    rent_quote_id: pl.String = column("The quote it is.", nullable=True)
    rent_observed_on: pl.Date = column("Day that was seen.", nullable=True)
    rent_flags: pl.List(pl.String) = column("What to know about the rent.")
    owned_usd_per_gpu: pl.Float64 = column(
        "Price with its share of server and interconnect, less what the trend of prices took since its day.",
        nullable=True,
        gt=0,
    )
    owned_low_usd_per_gpu: pl.Float64 = column("Its lower end.", nullable=True, gt=0)
    owned_high_usd_per_gpu: pl.Float64 = column("Its upper end.", nullable=True, gt=0)
    energy_usd_per_gpu_hour: pl.Float64 = column("Electricity of an hour of training on it.", nullable=True, gt=0)
    owned_quote_id: pl.String = column("The purchase quote it rests on.", nullable=True)
    owned_observed_on: pl.Date = column("Day that was seen.", nullable=True)
    owned_flags: pl.List(pl.String) = column("What to know about that price.")
