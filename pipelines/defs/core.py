"""The core layer: inputs checked against each other, then costs."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts import core, inputs
from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import table_of
from pipelines.costing import ledger
from pipelines.costing.quotes import price_quotes as to_price_quotes
from pipelines.defs.factory import table_asset

INPUTS = [
    table_of(contract)
    for contract in (
        core.Sources,
        core.Hardware,
        core.MethodConstants,
        core.Models,
        core.ModelLineage,
        core.TrainingPhases,
        core.DisclosedQuantities,
        core.PriceQuotes,
        core.TokenPrices,
        core.ExchangeRates,
        core.PriceIndex,
        core.ElectricityPrices,
        core.CostClaims,
    )
]
"""Core tables whose rows come from people."""

unchanged = [
    table_asset(contract, reads=[staged], is_input=True)(ledger.unchanged)
    for contract, staged in (
        (core.Sources, inputs.StagedSources),
        (core.MethodConstants, inputs.StagedMethodConstants),
        (core.Models, inputs.StagedModels),
        (core.ModelLineage, inputs.StagedModelLineage),
        (core.DisclosedQuantities, inputs.StagedDisclosedQuantities),
        (core.TokenPrices, inputs.StagedTokenPrices),
        (core.ExchangeRates, inputs.StagedExchangeRates),
        (core.PriceIndex, inputs.StagedPriceIndex),
        (core.ElectricityPrices, inputs.StagedElectricityPrices),
        (core.CostClaims, inputs.StagedCostClaims),
    )
]
"""Staged tables that only need their references checked."""


@table_asset(core.Hardware, reads=[inputs.StagedHardware, inputs.StagedPriceProxies], is_input=True)
def hardware(staged: pl.DataFrame, proxies: pl.DataFrame) -> pl.DataFrame:
    """Accelerators, with the one whose price stands in."""
    return ledger.hardware_with_proxies(staged, proxies)


@table_asset(
    core.TrainingPhases,
    reads=[inputs.StagedTrainingPhases, core.Models, core.Hardware, core.MethodConstants],
    is_input=True,
)
def training_phases(
    staged: pl.DataFrame, models: pl.DataFrame, hardware: pl.DataFrame, constants: pl.DataFrame
) -> pl.DataFrame:
    """Phases, with the utilisation they imply."""
    return ledger.checked_phases(staged, models, hardware, constants)


@table_asset(
    core.PriceQuotes,
    reads=[
        inputs.StagedRentalQuotes,
        inputs.StagedPurchaseQuotes,
        inputs.StagedAcceleratorMap,
        inputs.StagedProviderMap,
    ],
    is_input=True,
)
def price_quotes(
    rentals: pl.DataFrame, purchases: pl.DataFrame, accelerators: pl.DataFrame, providers: pl.DataFrame
) -> pl.DataFrame:
    """Rental and purchase quotes, joined to hardware."""
    return to_price_quotes(rentals, purchases, accelerators, providers)


@table_asset(core.ScopeMembers, reads=[core.Models, core.ModelLineage])
def scope_members(models: pl.DataFrame, lineage: pl.DataFrame) -> pl.DataFrame:
    """Which models count in which scope."""
    return ledger.scope_members(models, lineage)


COSTING_READS = [core.TrainingPhases, core.Models, core.Hardware, core.PriceQuotes, core.MethodConstants]


@table_asset(core.PhaseCosts, reads=COSTING_READS)
def phase_costs(
    phases: pl.DataFrame,
    models: pl.DataFrame,
    hardware: pl.DataFrame,
    quotes: pl.DataFrame,
    constants: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Cost of every summed phase on every price basis."""
    return ledger.phase_costs(phases, models, hardware, quotes, constants, as_of)


@table_asset(core.UnsummedPhaseCosts, reads=COSTING_READS)
def unsummed_phase_costs(
    phases: pl.DataFrame,
    models: pl.DataFrame,
    hardware: pl.DataFrame,
    quotes: pl.DataFrame,
    constants: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Cost of every phase that is shown and never summed."""
    return ledger.unsummed_phase_costs(phases, models, hardware, quotes, constants, as_of)


@table_asset(
    core.ModelCosts,
    reads=[
        core.ScopeMembers,
        core.PhaseCosts,
        core.TrainingPhases,
        core.Models,
        core.ModelLineage,
        RejectedRows,
    ],
)
def model_costs(
    members: pl.DataFrame,
    costs: pl.DataFrame,
    phases: pl.DataFrame,
    models: pl.DataFrame,
    lineage: pl.DataFrame,
    rejected: pl.DataFrame,
) -> pl.DataFrame:
    """Cost of every model in every scope on every price basis."""
    return ledger.model_costs(members, costs, phases, models, lineage, rejected)
