"""Contracts of Epoch's models in the ledger: what it states, what the published method makes of it, what ours does.

They stand in tables of their own: the ledger's models and their sums are not widened by them.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.core import ADD_MODEL, SOURCE, CostColumns
from pipelines.contracts.epoch_inputs import SET_ASIDE_CELLS, StagedMethodRules
from pipelines.contracts.table import HOURS, MOST_HOURS, UNIT_PRICE, Contract, ForeignKey, column, table

JUNE_2025 = "USD of June 2025"


@table("core.method_rules", key=("method_id", "rule", "rule_position"), foreign_keys=(SOURCE,))
class MethodRules(StagedMethodRules):
    """One row per rule of a costing method that is a table."""


@table(
    "core.epoch_models",
    key=("model_name",),
    foreign_keys=(ForeignKey("model_id", "core.models", ADD_MODEL, sets_aside=False),),
)
class EpochModels(Contract):
    """One row per model of Epoch's table, as it was brought into the data folder; none where it was not."""

    model_name: pl.String = column("Model exactly as Epoch prints it, spaces included.", unique=True)
    model_id: pl.String = column("The same model in the ledger; absent where it has none.", nullable=True)
    map_rule: pl.String = column("How that was found.", nullable=True, isin=list(v.MAP_RULE))
    map_confidence: pl.String = column("How sure that is.", nullable=True, isin=list(v.CONFIDENCE))
    developer: pl.String = column("Organizations, separated by commas.", nullable=True)
    published_on: pl.Date = column("Day of publication.", nullable=True)
    compute_rank: pl.Int64 = column(
        "Rank by training compute among models published until then.", nullable=True, unit="rank"
    )
    hardware_cell: pl.String = column("Chips as Epoch prints them, with commas and repeats.", nullable=True)
    chip_names: pl.List(pl.String) = column("The same, each once.")
    hardware_ids: pl.List(pl.String) = column("Accelerators of the ledger among them.")
    base_models: pl.List(pl.String) = column("Models it was built on, as Epoch names them.")
    gpu_count: pl.Int64 = column("Chips used at once.", nullable=True)
    wall_clock_hours: pl.Float64 = column("Duration by the clock.", nullable=True)
    stated_gpu_hours: pl.Float64 = column("Chip-hours as Epoch states them.", nullable=True, le=MOST_HOURS)
    utilization_ratio: pl.Float64 = column("Share of the peak that was used.", nullable=True)
    training_compute_flop: pl.Float64 = column(
        "Arithmetic done; of a model with a base model the base's is in it.", nullable=True
    )
    finetune_compute_flop: pl.Float64 = column("Arithmetic of the fine-tune alone.", nullable=True)
    assessment: pl.String = column("How sure Epoch is of the figures.", nullable=True)
    url: pl.String = column("Address of the document.", nullable=True)
    set_aside_cells: pl.List(pl.String) = column(SET_ASIDE_CELLS)
    flags: pl.List(pl.String) = column("What to know about the row.")


@table("core.published_method_costs", key=("method_id", "model_name", "price_basis"), warnings=("assumed_price",))
class PublishedMethodCosts(Contract):
    """One row per published method, model it selects and price basis: its cost, with the inputs behind it."""

    method_id: pl.String = column("The method.")
    method_version: pl.String = column("Its version.", nullable=True)
    model_name: pl.String = column("Model exactly as Epoch prints it.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.CLAIM_COMPARED_ON))
    published_method_cost_usd: pl.Float64 = column("Cost in dollars of the publication.", nullable=True, gt=0)
    published_method_cost_usd_2025_06: pl.Float64 = column(
        "The same by the method's price index.", nullable=True, gt=0, unit=JUNE_2025
    )
    accelerator_cost_usd: pl.Float64 = column("Part of the accelerators.", nullable=True)
    server_cost_usd: pl.Float64 = column("Part of the rest of the servers.", nullable=True)
    interconnect_cost_usd: pl.Float64 = column("Part of the network.", nullable=True)
    energy_cost_usd: pl.Float64 = column("Part of the electricity.", nullable=True)
    chip: pl.String = column("Chip it is costed with, as Epoch names it.", nullable=True)
    method_gpu_hours: pl.Float64 = column("Chip-hours it is costed with.", nullable=True)
    hours_basis: pl.String = column("Where these come from.", nullable=True, isin=list(v.HOURS_BASIS))
    used_utilization_ratio: pl.Float64 = column("Utilisation behind hours from compute.", nullable=True)
    gpu_count: pl.Int64 = column("Chips used at once.", nullable=True)
    started_on: pl.Date = column("The start used.", nullable=True)
    acquired_on: pl.Date = column("Day on which rented hardware is taken to have been chosen.", nullable=True)
    available_on: pl.Date = column("Day from which the chip could be bought.", nullable=True)
    list_price_usd_per_gpu: pl.Float64 = column("Purchase price with the share of a server.", nullable=True)
    server_overhead_ratio: pl.Float64 = column("That price over the price of a bare card.", nullable=True)
    value_usd_per_gpu: pl.Float64 = column("The same, depreciated to the start.", nullable=True)
    method_price_usd_per_gpu_hour: pl.Float64 = column("Rental price at three-year terms.", nullable=True)
    quoted_usd_per_gpu_hour: pl.Float64 = column("That price as quoted.", nullable=True)
    commitment: pl.String = column(
        "Length of the commitment of the quote; absent without one.", nullable=True, isin=["1y", "3y"]
    )
    price_vendor: pl.String = column("Seller of the chip-hours.", nullable=True)
    price_hardware_name: pl.String = column("Chip the price is of.", nullable=True)
    price_observed_on: pl.Date = column("Day of the price.", nullable=True)
    price_url: pl.String = column("Where the price stands.", nullable=True)
    tdp_w: pl.Float64 = column("Design power of the chip.", nullable=True)
    energy_year: pl.Int64 = column("Year of the electricity price.", nullable=True, unit="year")
    energy_usd_per_kwh: pl.Float64 = column("That price.", nullable=True, unit="USD per kWh")
    cost_missing_reason: pl.String = column("Why the method gives no cost.", nullable=True, isin=list(v.MISSING_REASON))
    flags: pl.List(pl.String) = column("Assumptions and faults behind the figure.")
    scope_note: pl.List(pl.String) = column("What the cost leaves out, in words of a vocabulary.")


@table("core.epoch_costs", key=("model_name", "price_basis"), warnings=("assumed_price", "excludes_staff_and_rnd"))
class EpochCosts(CostColumns):
    """One row per model of Epoch's that names its chips and price basis: its cost by the ledger's own rules.

    Never summed with anything: where hours come from compute that includes a base model's, `is_with_base` says so.
    """

    model_name: pl.String = column("Model exactly as Epoch prints it.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.CLAIM_COMPARED_ON))
    chip_names: pl.List(pl.String) = column("Chips, as Epoch names them.")
    gpu_hours: HOURS = column("Chip-hours, the middle.", nullable=True, gt=0)
    hours_basis: pl.String = column("Where these come from.", nullable=True, isin=list(v.HOURS_BASIS))
    is_with_base: pl.Boolean = column("True where the hours include the base model's.")
    gpu_count: pl.Int64 = column("Chips used at once.", nullable=True)
    started_on: pl.Date = column("The start used for the price.", nullable=True)
    unit_price_usd_per_gpu_hour: UNIT_PRICE = column("The price used; absent with several chips.", nullable=True, gt=0)
    unit_price_usd_per_gpu: UNIT_PRICE = column(
        "The purchase price used; absent with several chips.", nullable=True, gt=0
    )
    quote_id: pl.String = column("The quote the price is.", nullable=True)
    price_source_id: pl.String = column("The document the price was taken from.", nullable=True)
    price_observed_on: pl.Date = column("Day that price was seen.", nullable=True)
    price_quote_count: pl.Int64 = column("Providers (or quotes) behind the price.", nullable=True, ge=1)


@table("core.epoch_amortized_inputs", key=("model_name",), warnings=("assumed_price",))
class EpochAmortizedInputs(Contract):
    """One row per model that the published method costs and the ledger can: what its hour on `amortized` is made of."""

    model_name: pl.String = column("Model exactly as Epoch prints it.")
    hardware_id: pl.String = column("The accelerator, or the chip of Epoch's that it is priced as.")
    started_on: pl.Date = column("The start used.")
    price_observed_on: pl.Date = column("Day of the purchase quote, from which it is depreciated.")
    list_price_usd_per_gpu: pl.Float64 = column("That quote with the share of a server.", gt=0)
    hardware_usd_per_gpu_hour: pl.Float64 = column("What an hour takes of it, with the network.", gt=0)
    energy_usd_per_gpu_hour: pl.Float64 = column("Electricity of an hour.", gt=0)
    tdp_w: pl.Float64 = column("Design power of the chip.", nullable=True)
    energy_usd_per_kwh: pl.Float64 = column(
        "Price of electricity; absent where energy is a usual share.", nullable=True, unit="USD per kWh"
    )
