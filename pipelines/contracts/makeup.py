"""Contracts on what a cost is made of, what moves it, what it leaves out, and the electricity behind it."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.table import USD, Contract, column, table


@table("core.cost_inputs", key=("phase_id", "price_basis", "input"), warnings=("assumed_price",))
class CostInputs(Contract):
    """One row per phase, price basis and input of its cost: what the cost would be with that input alone elsewhere."""

    phase_id: pl.String = column("The phase.")
    price_basis: pl.String = column("How the phase is valued.", isin=list(v.PRICE_BASIS))
    input: pl.String = column("What is uncertain.", isin=list(v.SENSITIVITY_INPUT))
    model_id: pl.String = column("The model trained.")
    input_id: pl.String = column("Accelerator whose phases share its error, else the phase.")
    cost_mid_usd: USD = column("The cost as it is.", gt=0)
    cost_at_low_usd: pl.Float64 = column("The cost with this input at its 5% point.", gt=0)
    cost_at_high_usd: pl.Float64 = column("The cost with this input at its 95% point.", gt=0)
    cost_if_quarter_less_usd: pl.Float64 = column(
        "The cost if this input were 25% less; absent for a day.", nullable=True, gt=0
    )
    cost_if_quarter_more_usd: pl.Float64 = column(
        "The cost if this input were 25% more; absent for a day.", nullable=True, gt=0
    )


@table("core.cluster_costs", key=("model_id", "scope"), warnings=("assumed_price", "lower_bounds"))
class ClusterCosts(Contract):
    """One row per model and scope: what its clusters cost bought whole, accelerators, servers and network.

    `purchase` in core.model_costs counts accelerators at their quotes. This adds the share of a server where a quote is
    of a bare card, and the network; as there, of each developer and accelerator the largest cluster counts, once.
    """

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    cluster_low_usd: pl.Float64 = column("Lower end.", nullable=True, gt=0)
    cluster_mid_usd: USD = column("Whole clusters; for a lower bound the floor.", nullable=True, gt=0)
    cluster_high_usd: pl.Float64 = column("Upper end; absent where there is none.", nullable=True, gt=0)
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")
    cost_missing_reason: pl.String = column("Why there is no figure.", nullable=True, isin=list(v.MISSING_REASON))
    flags: pl.List(pl.String) = column("Assumptions and limits behind the figure.")


@table(
    "marts.cost_makeup",
    key=("model_id", "scope", "price_basis", "component"),
    warnings=("assumed_price", "lower_bounds"),
)
class CostMakeup(Contract):
    """One row per model, scope, price basis that has parts, and part: accelerators, servers, interconnect, energy."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    component: pl.String = column("The part.", isin=list(v.COST_COMPONENT))
    is_in_cost: pl.Boolean = column("False for a part that stands beside the cost and is not in it.")
    cost_low_usd: pl.Float64 = column("Lower end of the part.", nullable=True, ge=0)
    cost_mid_usd: USD = column("The part, over the phases that have one.")
    cost_high_usd: pl.Float64 = column("Upper end of the part.", nullable=True, ge=0)
    component_share: pl.Float64 = column("The part over all parts, those beside the cost included.", ge=0, le=1)


@table(
    "marts.left_out_lines",
    key=("model_id", "scope", "price_basis", "left_out"),
    warnings=("assumed_price", "lower_bounds"),
)
class LeftOutLines(Contract):
    """One row per model, scope, price basis and line that a source gives a multiplier for: in no cost, optional.

    The multipliers are of four frontier models (arXiv 2405.21015): read them as an order of magnitude. What people cost
    does not depend on how hardware is valued, and the share that was published is of amortised cost: staff stand on
    `amortized` alone.
    """

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    left_out: pl.String = column("What the line is for.", isin=list(v.LEFT_OUT_LINE))
    cost_usd: USD = column("The cost the line is added to.", nullable=True)
    line_low_usd: pl.Float64 = column(
        "Lower end of the line, by the ends of the multipliers; the cost is taken as it is.", ge=0
    )
    line_mid_usd: pl.Float64 = column("The line.", ge=0)
    line_high_usd: pl.Float64 = column("Upper end of the line.", ge=0)
    is_lower_bound: pl.Boolean = column("True where the cost is a floor, and so the line.")
    arithmetic: pl.String = column("How the middle is worked out.")


@table("marts.energy_by_model", key=("model_id", "scope"), warnings=("lower_bounds",))
class EnergyByModel(Contract):
    """One row per model and scope with any electricity, worked out or stated by developers."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    model_name: pl.String = column("Its name.")
    energy_low_kwh: pl.Float64 = column("Lower ends of the phases, added.", nullable=True)
    energy_kwh: pl.Float64 = column("Electricity worked out; for a lower bound the floor.", nullable=True)
    energy_high_kwh: pl.Float64 = column("Upper ends of the phases, added; absent for a lower bound.", nullable=True)
    emissions_low_tco2e: pl.Float64 = column("Lower ends of the emissions, added.", nullable=True)
    emissions_tco2e: pl.Float64 = column("Location-based emissions worked out.", nullable=True)
    emissions_high_tco2e: pl.Float64 = column("Upper ends of the emissions, added.", nullable=True)
    disclosed_energy_kwh: pl.Float64 = column(
        "Electricity that developers state, of the phases that have it.", nullable=True
    )
    disclosed_location_tco2e: pl.Float64 = column(
        "Location-based emissions that developers state, of all phases but phases_without_statement.", nullable=True
    )
    disclosed_market_tco2e: pl.Float64 = column("Market-based emissions that developers state.", nullable=True)
    disclosed_water_liters: pl.Float64 = column("Water that developers state.", nullable=True)
    same_phases_tco2e: pl.Float64 = column(
        "Emissions worked out of just those phases whose emissions are stated.", nullable=True
    )
    worked_out_to_disclosed_ratio: pl.Float64 = column(
        "Emissions worked out over those stated, of the same phases.", nullable=True, gt=0
    )
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the electricity.")
    phases_without_energy: pl.List(pl.String) = column("Phases without electricity.")
    phases_without_statement: pl.List(pl.String) = column(
        "Phases whose location-based emissions are not stated, where those of others are."
    )
    flags: pl.List(pl.String) = column("Assumptions behind the figures.")
