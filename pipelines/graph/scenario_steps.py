"""Steps of scenarios and of what they change: each is taken whole or set aside whole."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.contracts import core, question_inputs, scenarios
from pipelines.contracts.quarantine import Validated
from pipelines.contracts.table import Contract, table_of
from pipelines.costing.scenario_faults import Whole, whole_scenarios
from pipelines.graph.step import Computed, Step, Workbench

MADE_FROM = tuple(
    table_of(contract)
    for contract in (
        question_inputs.StagedScenarios,
        question_inputs.StagedScenarioPrices,
        question_inputs.StagedScenarioConstants,
        core.Sources,
        core.Hardware,
        core.MethodConstants,
        core.PriceIndex,
    )
)


def _step(contract: type[Contract], part: Callable[[Whole], Validated]) -> Step:
    declared = table_of(contract)

    def run(bench: Workbench) -> Computed:
        made = part(bench.shared(whole_scenarios, MADE_FROM))
        return Computed(made.rows, made.rejected)

    return Step(declared, MADE_FROM, run, declared.description)


SCENARIOS = (
    _step(scenarios.Scenarios, lambda whole: whole.scenarios),
    _step(scenarios.ScenarioPrices, lambda whole: whole.prices),
    _step(scenarios.ScenarioConstants, lambda whole: whole.constants),
)
"""One step a table, in the order of declaration."""
