"""What an accelerator draws while it trains, with its share of the server and of the building."""

from __future__ import annotations

import polars as pl

from pipelines.costing.constants import Constants
from pipelines.costing.intervals import Range, product

WATTS_PER_KILOWATT = 1000


def drawn_kw(constants: Constants, tdp_w: pl.Expr, hardware_id: pl.Expr, developer: pl.Expr) -> Range:
    """Power of one accelerator in kW: design power x power of its node per accelerator x average load x building.

    Args:
        constants: node_power_ratio and average_load_ratio (by hardware), pue_ratio (by developer).
        tdp_w: thermal design power of the accelerator; null gives null.
        hardware_id: the accelerator.
        developer: who runs the building.
    """
    design = tdp_w / WATTS_PER_KILOWATT
    return product(
        Range(design, design, design),
        constants.range("node_power_ratio", hardware_id),
        constants.range("average_load_ratio", hardware_id),
        constants.range("pue_ratio", developer),
    )
