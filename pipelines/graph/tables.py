"""Every step of the ledger, from staged records to the release."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts import (
    core,
    epoch,
    epoch_inputs,
    feed_list,
    feeds,
    inputs,
    makeup,
    question_inputs,
    quote_inputs,
    scenarios,
    series,
)
from pipelines.contracts.derive import public_tables
from pipelines.contracts.quality import CheckResults, RejectedRows, Releases
from pipelines.contracts.raw import STAGING, raw_of
from pipelines.contracts.table import TABLES, Table, table_of
from pipelines.contracts.validation import require, stage
from pipelines.costing import epoch as epoch_costing
from pipelines.costing import feed_rows, ledger
from pipelines.costing.currency import claims_in_dollars
from pipelines.costing.electricity import electricity_prices
from pipelines.costing.energy import phase_energy
from pipelines.costing.epoch_inputs import amortized_inputs
from pipelines.costing.hardware_prices import hardware_prices
from pipelines.costing.inflation import deflators
from pipelines.costing.methods import published_method_costs
from pipelines.costing.scenario_dollars import scenario_deflators
from pipelines.fingerprint import code_fingerprint, joined_fingerprint, source_fingerprint
from pipelines.graph.changes import changes_until
from pipelines.graph.history import PAST as PAST_VERSIONS
from pipelines.graph.history import PRICE_QUOTES
from pipelines.graph.origins import day_of, outdated, refuse_outdated
from pipelines.graph.scenario_steps import SCENARIOS
from pipelines.graph.step import CHANGES, Batch, Computed, Step, Workbench, incremental_step, input_step, table_step
from pipelines.sources.source import Source
from pipelines.warehouse.checks import RULES, run_rules
from pipelines.warehouse.release import release
from pipelines.warehouse.sql import MARTS, SqlFile, SqlFileError, sql_files

COSTING_READS = [
    core.TrainingPhases,
    core.Models,
    core.Hardware,
    core.PriceQuotes,
    core.MethodConstants,
    core.ElectricityPrices,
]

EPOCH_READS = [
    epoch.EpochModels,
    epoch_inputs.StagedEpochHardware,
    epoch_inputs.StagedEpochHardwarePrices,
    epoch_inputs.StagedEpochHardwareMap,
    core.Hardware,
    core.PriceQuotes,
    core.MethodConstants,
    core.ElectricityPrices,
]
"""As `costing.epoch.EpochTables` has them."""

INPUTS = (
    input_step(core.Sources, [inputs.StagedSources], ledger.unchanged),
    input_step(feeds.Feeds, [feed_list.StagedFeeds], ledger.unchanged),
    input_step(core.Hardware, [inputs.StagedHardware, inputs.StagedPriceProxies], ledger.hardware_with_proxies),
    input_step(core.MethodConstants, [inputs.StagedMethodConstants], ledger.unchanged),
    input_step(epoch.MethodRules, [epoch_inputs.StagedMethodRules], ledger.unchanged),
    input_step(core.Models, [inputs.StagedModels], ledger.unchanged),
    input_step(core.ModelLineage, [inputs.StagedModelLineage], ledger.unchanged),
    input_step(
        core.TrainingPhases,
        [inputs.StagedTrainingPhases, core.Models, core.Hardware, core.MethodConstants],
        ledger.checked_phases,
    ),
    input_step(core.DisclosedQuantities, [inputs.StagedDisclosedQuantities], ledger.unchanged),
    PRICE_QUOTES,
    input_step(
        core.TokenPrices,
        [quote_inputs.StagedTokenPrices, feeds.StagedFeedTokenPrices],
        feed_rows.with_feed_token_prices,
        joins_tables=True,
    ),
    input_step(
        core.ExchangeRates,
        [series.StagedExchangeRates, feeds.StagedFeedExchangeRates],
        feed_rows.with_feed_exchange_rates,
        joins_tables=True,
    ),
    input_step(
        core.PriceIndex,
        [series.StagedPriceIndex, feeds.StagedFeedPriceIndex],
        feed_rows.with_feed_price_index,
        joins_tables=True,
    ),
    input_step(
        core.ElectricityPrices,
        [
            series.StagedElectricityPrices,
            feeds.StagedFeedElectricityPrices,
            series.StagedElectricityAreas,
            core.ExchangeRates,
        ],
        electricity_prices,
        joins_tables=True,
    ),
    *SCENARIOS,
    input_step(scenarios.ComputeRules, [question_inputs.StagedComputeRules], ledger.unchanged),
    input_step(core.GridIntensities, [series.StagedGridIntensities], ledger.unchanged),
    input_step(core.CostClaims, [inputs.StagedCostClaims, core.ExchangeRates], claims_in_dollars),
    input_step(feeds.FeedReads, [feeds.StagedReads], ledger.unchanged),
)
"""Core tables whose rows come from people."""

COSTS = (
    table_step(core.ScopeMembers, [core.Models, core.ModelLineage], ledger.scope_members),
    incremental_step(core.PhaseCosts, COSTING_READS, ledger.changed_phase_costs),
    incremental_step(core.UnsummedPhaseCosts, COSTING_READS, ledger.changed_unsummed_phase_costs),
    table_step(core.Deflators, [core.PriceIndex], deflators),
    table_step(scenarios.ScenarioDeflators, [scenarios.Scenarios, core.PriceIndex], scenario_deflators),
    table_step(core.CostComponents, [core.PhaseCosts, *COSTING_READS], ledger.cost_components),
    table_step(makeup.CostInputs, [core.PhaseCosts, *COSTING_READS], ledger.cost_inputs),
    table_step(
        core.PhaseEnergy,
        [core.TrainingPhases, core.Models, core.Hardware, core.GridIntensities, core.MethodConstants],
        phase_energy,
    ),
    incremental_step(
        core.ModelCosts,
        [core.ScopeMembers, core.PhaseCosts, core.TrainingPhases, core.Models, core.ModelLineage, RejectedRows],
        ledger.changed_model_costs,
    ),
    table_step(
        makeup.ClusterCosts,
        [core.ScopeMembers, core.PhaseCosts, core.ModelLineage, RejectedRows, *COSTING_READS],
        ledger.cluster_costs,
    ),
    table_step(
        scenarios.HardwarePrices,
        [core.Hardware, core.PriceQuotes, core.MethodConstants, core.ElectricityPrices],
        hardware_prices,
    ),
    table_step(
        scenarios.ScenarioCosts,
        [
            *(
                scenarios.Scenarios,
                scenarios.ScenarioPrices,
                scenarios.ScenarioConstants,
                core.ScopeMembers,
                core.PhaseCosts,
            ),
            *(core.TrainingPhases, core.Models, core.ModelLineage, RejectedRows),
            *(core.Hardware, core.PriceQuotes, core.MethodConstants, core.ElectricityPrices),
        ],
        ledger.scenario_costs,
    ),
    table_step(
        epoch.EpochModels,
        [
            epoch_inputs.StagedEpochModels,
            epoch_inputs.StagedEpochHardware,
            epoch_inputs.StagedEpochModelMap,
            epoch_inputs.StagedEpochHardwareMap,
        ],
        epoch_costing.epoch_models,
    ),
    table_step(
        epoch.PublishedMethodCosts,
        [
            epoch.EpochModels,
            epoch_inputs.StagedEpochHardware,
            epoch_inputs.StagedEpochHardwarePrices,
            epoch_inputs.StagedEpochPriceIndex,
            core.MethodConstants,
            epoch.MethodRules,
        ],
        published_method_costs,
    ),
    table_step(epoch.EpochCosts, EPOCH_READS, epoch_costing.epoch_costs),
    table_step(epoch.EpochAmortizedInputs, [epoch.PublishedMethodCosts, *EPOCH_READS], amortized_inputs),
)
"""Core tables the ledger computes."""


def read_source(source: Source, bench: Workbench, wanted: set[str]) -> Batch:
    """Read a source once and make the wanted ones of its raw and staging tables, to be stored.

    Args:
        source: what is read.
        bench: where.
        wanted: names of tables.

    Returns:
        The tables in order.
    """
    before = None if source.is_large else source_fingerprint(bench.folder, source)
    reading = source.read(bench.folder.root)
    fingerprint = before or source_fingerprint(bench.folder, source, reading.hashes)
    made: list[tuple[Table, Computed]] = []
    for table in source.tables:
        raw = reading.raw[table.name]
        if raw_of(table).name in wanted:
            made.append((raw_of(table), Computed(raw)))
        if table.name in wanted:
            staged = stage(table, raw)
            unread = reading.rejected.filter(pl.col("table_name") == table.name)
            made.append((table, Computed(staged.rows, pl.concat([unread, staged.rejected]))))
    return Batch(made, bench.notes_of(source, fingerprint, reading, {table.name for table in source.tables} & wanted))


def _mart(file: SqlFile) -> Step:
    declared = TABLES.get(f"marts.{file.name}")
    if declared is None:
        raise SqlFileError(f"sql/marts/{file.name}.sql has no contract: declare it in pipelines/contracts/marts.py")

    def run(bench: Workbench) -> Computed:
        return Computed(require(declared, bench.warehouse.select(declared, file.query)))

    reads = tuple(TABLES[name] for name in file.reads)
    return Step(declared, reads, run, file.question, ("sql", "duckdb"), asks_file=True)


def _rejected_rows(bench: Workbench) -> Computed:
    return Computed(bench.warehouse.rejections())


def _check_results(bench: Workbench) -> Computed:
    return Computed(require(table_of(CheckResults), run_rules(bench.warehouse)))


def _release(bench: Workbench) -> Computed:
    notes, steps = bench.warehouse.notes(), [step for step in STEPS if step is not RELEASE]
    bench.as_of = day_of(steps, notes) or bench.as_of  # of what is published, which may be made on a day before
    refuse_outdated(outdated(steps, notes, bench.as_of))
    made_from = joined_fingerprint(notes), code_fingerprint()

    def beside(release_id: str) -> list[tuple[Table, pl.DataFrame]]:
        return [(CHANGES, require(CHANGES, changes_until(bench, COSTS, release_id)))]

    with bench.edition as edition:
        return Computed(release(bench.warehouse, edition, bench.as_of, *made_from, beside))


SET_ASIDE = Step(
    table_of(RejectedRows),
    (*STAGING, *(step.table for step in INPUTS)),
    _rejected_rows,
    "What was set aside, with the reason and the remedy.",
    asks_file=True,
)

MART_STEPS = tuple(_mart(file) for file in sql_files(MARTS))
"""One step for each SQL file."""

PAST = {table_of(Releases).name, CHANGES.name}
"""Rules compare with the releases before this one, which the run starts with; the new one is made after them."""

CHECKED = Step(
    table_of(CheckResults),
    tuple(TABLES[name] for name in sorted({read for rule in RULES for read in rule.file.reads} - PAST)),
    _check_results,
    "The rules of sql/checks, each with its figure. A broken ERROR refuses the release.",
    ("sql", "duckdb"),
    asks_file=True,
)

RELEASE = Step(
    table_of(Releases),
    tuple(table for table in public_tables() if table.name not in PAST),
    _release,
    "Publishes the ledger by atomic replacement, and says what moved. Refused when a blocking check fails.",
    ("duckdb", "parquet"),
    also=(CHANGES,),
    asks_file=True,
)

STEPS: tuple[Step, ...] = (*INPUTS, *PAST_VERSIONS, SET_ASIDE, *COSTS, *MART_STEPS, CHECKED, RELEASE)
"""Every step after the sources; `graph.build` sorts them by what they read."""
