"""Contracts of the tables that take a cost of a phase apart."""

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
