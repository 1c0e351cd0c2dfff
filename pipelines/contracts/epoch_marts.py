"""Contracts of the marts that set Epoch's figures and the published method beside the ledger's own."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.epoch import JUNE_2025
from pipelines.contracts.table import HOURS, USD, Contract, column, table


@table("marts.method_comparison", key=("model_name", "price_basis"), warnings=("assumed_price",))
class MethodComparison(Contract):
    """One row per model of Epoch's and price basis that either method can cost: both costs, and why they differ."""

    model_name: pl.String = column("Model exactly as Epoch prints it.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.CLAIM_COMPARED_ON))
    model_id: pl.String = column("The same model in the ledger; absent where it has none.", nullable=True)
    published_on: pl.Date = column("Day of publication.", nullable=True)
    published_method_cost_usd: pl.Float64 = column(
        "Cost by the published method, in dollars of the publication.", nullable=True, gt=0
    )
    published_method_cost_usd_2025_06: pl.Float64 = column(
        "The same by that method's price index.", nullable=True, gt=0, unit=JUNE_2025
    )
    default_method_cost_usd: USD = column("Cost by the ledger's own rules, from the same inputs.", nullable=True, gt=0)
    default_low_usd: pl.Float64 = column("Its lower end.", nullable=True)
    default_high_usd: pl.Float64 = column("Its upper end.", nullable=True)
    default_to_published_ratio: pl.Float64 = column("The ledger's over the published cost.", nullable=True, gt=0)
    difference_reason: pl.String = column(
        "Why they differ, what explains most of it first, or why only one is there: words of the dictionary."
    )
    published_missing_reason: pl.String = column(
        "Why the published method gives none for a model it selects.", nullable=True, isin=list(v.MISSING_REASON)
    )
    default_missing_reason: pl.String = column("Why the ledger gives none.", nullable=True, isin=list(v.MISSING_REASON))
    published_gpu_hours: pl.Float64 = column("Chip-hours of the published method.", nullable=True)
    default_gpu_hours: HOURS = column("Chip-hours of the ledger's.", nullable=True)
    published_price_observed_on: pl.Date = column("Day of the price of the published method.", nullable=True)
    default_price_observed_on: pl.Date = column("Day of the price of the ledger's.", nullable=True)
    ledger_cost_usd: USD = column("Own cost of the same model from the disclosures the ledger holds.", nullable=True)
    published_flags: pl.List(pl.String) = column("Assumptions and faults behind the published cost.")
    default_flags: pl.List(pl.String) = column("Assumptions and limits behind the ledger's.")


@table("marts.method_differences", key=("model_name", "price_basis", "reason"))
class MethodDifferences(Contract):
    """One row per cost that both methods give and reason why they differ: by what it makes the ledger's another."""

    model_name: pl.String = column("Model exactly as Epoch prints it.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.CLAIM_COMPARED_ON))
    reason: pl.String = column("What differs.", isin=list(v.DIFFERENCE_REASON))
    cost_ratio: pl.Float64 = column(
        "By what the cost is multiplied when the ledger's input takes the place of the published one, after those "
        "named before it in the words; absent where that is part of another reason.",
        nullable=True,
        gt=0,
    )


@table("marts.epoch_conflicts", key=("model_name", "quantity"))
class EpochConflicts(Contract):
    """One row per model in both and quantity: Epoch's figure and ours side by side, and the rule that chose."""

    model_name: pl.String = column("Model exactly as Epoch prints it.")
    quantity: pl.String = column("What is compared.", isin=list(v.COMPARED_QUANTITY))
    model_id: pl.String = column("The same model in the ledger.")
    map_rule: pl.String = column("How it was found to be the same.", isin=list(v.MAP_RULE))
    ledger_figure: pl.Float64 = column("Our figure; absent for chips.", nullable=True, unit="as the quantity")
    epoch_figure: pl.Float64 = column("Epoch's figure; absent for chips.", nullable=True, unit="as the quantity")
    epoch_to_ledger_ratio: pl.Float64 = column("Epoch's over ours.", nullable=True)
    ledger_text: pl.String = column("Our accelerators; absent for figures.", nullable=True)
    epoch_text: pl.String = column("Chips as Epoch names them; absent for figures.", nullable=True)
    is_conflict: pl.Boolean = column(
        "True where both are known and further apart than the agreement ratio, or no chip is the same."
    )
    chosen_by: pl.String = column(
        "The rule that decides which stands in the ledger, and what that rests on.", isin=list(v.CHOSEN_BY)
    )
