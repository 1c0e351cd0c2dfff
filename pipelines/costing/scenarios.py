"""The costs of models under each scenario, by the functions that cost the ledger itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.costing import disclosure as known
from pipelines.costing import runs
from pipelines.costing.constants import Constants
from pipelines.costing.model_costs import GRAIN, counted_phases, summed
from pipelines.costing.overrides import Overrides, bases_of, overrides_of, touched_bases, with_constants, with_hours
from pipelines.costing.phase_costs import priced
from pipelines.costing.price_bases import Pricing

COSTS = ("cost_low_usd", "cost_mid_usd", "cost_high_usd", "gpu_hours", "gpu_hours_low", "gpu_hours_high")


@dataclass(frozen=True)
class Inputs:
    """What costs are computed from.

    Attributes:
        phases: core.training_phases, those that are summed.
        models: core.models.
        hardware: core.hardware.
        quotes: core.price_quotes.
        constants: core.method_constants.
        electricity: core.electricity_prices.
        as_of: day on which `rental_now` is priced.
    """

    phases: pl.DataFrame
    models: pl.DataFrame
    hardware: pl.DataFrame
    quotes: pl.DataFrame
    constants: pl.DataFrame
    electricity: pl.DataFrame
    as_of: date

    def pricing(self, overrides: Overrides) -> Pricing:
        """What phases are priced with under a scenario."""
        constants = with_constants(self.constants, overrides)
        method = Constants(constants)
        costable = runs.runs(self.phases.lazy(), self.models.lazy(), self.hardware.lazy(), method).collect().lazy()
        usual = Pricing(costable, self.quotes.lazy(), self.hardware.lazy(), method, self.as_of, self.electricity.lazy())
        return with_hours(usual, self.phases, overrides)


@dataclass(frozen=True)
class Tables:
    """What scenarios are costed from, named by their tables in core; `rejected` is quality.rejected_rows."""

    scenarios: pl.DataFrame
    scenario_prices: pl.DataFrame
    scenario_constants: pl.DataFrame
    scope_members: pl.DataFrame
    phase_costs: pl.DataFrame
    model_costs: pl.DataFrame
    phases: pl.DataFrame
    models: pl.DataFrame
    model_lineage: pl.DataFrame
    rejected: pl.DataFrame
    hardware: pl.DataFrame
    price_quotes: pl.DataFrame
    method_constants: pl.DataFrame
    electricity_prices: pl.DataFrame


def scenario_costs(tables: Tables, summed_phases: pl.DataFrame, as_of: date) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every scenario's id, and the rows of core.model_costs under it.

    Args:
        tables: of the ledger.
        summed_phases: the phases of core.phase_costs.
        as_of: the day of the release.
    """
    members, models = tables.scope_members, tables.models
    by_model = known.disclosure_by_model(
        members, tables.phase_costs, tables.phases, models, tables.model_lineage, tables.rejected
    )
    by_scope = known.disclosure_by_scope(members, by_model)
    inputs = Inputs(
        summed_phases,
        models,
        tables.hardware,
        tables.price_quotes,
        tables.method_constants,
        tables.electricity_prices,
        as_of,
    )
    for scenario_id, overrides in overrides_of(tables.scenarios, tables.scenario_prices, tables.scenario_constants):
        priced_otherwise = scenario_phase_costs(inputs, overrides)
        rows = scenario_model_costs(members, tables.phase_costs, priced_otherwise, tables.model_costs, models, by_scope)
        yield scenario_id, rows


def scenario_phase_costs(inputs: Inputs, overrides: Overrides, also: Iterable[str] = ()) -> pl.DataFrame | None:
    """Costs of phases under a scenario, in the columns of core.phase_costs and more.

    Args:
        inputs: of the ledger.
        overrides: what the scenario changes.
        also: names of price bases to price on beside those it may change.

    Returns:
        Rows on those bases; nothing where there is none.
    """
    every = bases_of(overrides)
    names = [name for name in every if name in {*touched_bases(overrides), *also}]
    if not names:
        return None
    rows, told = priced(inputs.pricing(overrides), [every[name] for name in names]), overrides.method_flags
    return rows.with_columns(pl.concat_list("flags", pl.lit(told, pl.List(pl.String))).alias("flags"))


def scenario_model_costs(
    members: pl.DataFrame,
    usual_phases: pl.DataFrame,
    phase_costs: pl.DataFrame | None,
    usual: pl.DataFrame,
    models: pl.DataFrame,
    disclosure: pl.DataFrame,
) -> pl.DataFrame:
    """Costs of models under a scenario: those that a changed phase counts in are summed again, the others are kept.

    Args:
        members: core.scope_members.
        usual_phases: core.phase_costs.
        phase_costs: result of `scenario_phase_costs`.
        usual: core.model_costs.
        models: core.models.
        disclosure: result of `disclosure.disclosure_by_scope`.

    Returns:
        The rows of core.model_costs under the scenario, with `is_changed`.
    """
    if phase_costs is None:
        return usual.with_columns(pl.lit(value=False).alias("is_changed"))
    key = ["phase_id", "price_basis"]
    changed = phase_costs.join(usual_phases.select(*key, *COSTS), on=[*key, *COSTS], how="anti", nulls_equal=True)
    keys = counted_phases(members, changed, models).select(GRAIN).unique()
    again = summed(members, phase_costs, models, disclosure, keys).with_columns(pl.lit(value=True).alias("is_changed"))
    kept = usual.join(keys, on=GRAIN, how="anti").with_columns(pl.lit(value=False).alias("is_changed"))
    names = [name for name in usual.columns if name in again.columns]
    return pl.concat([kept.select(*names, "is_changed"), again.select(*names, "is_changed")], how="vertical_relaxed")
