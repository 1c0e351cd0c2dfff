"""Bounds of constants: each kind, told by its name, and nothing that is shipped outside them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipelines.contracts.inputs import StagedMethodConstants
from pipelines.contracts.question_inputs import StagedScenarioConstants
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import validate

METHODS, SCENARIOS = table_of(StagedMethodConstants), table_of(StagedScenarioConstants)
SOURCED = {"file": "x.yaml", "line": 7, "source_id": "a", "confidence": "verified", "value_low": None}


def reasons(constant_id: str, value: float, **given: Any) -> list[str]:
    """What is said of a constant of a method, and of a scenario where it has no ends."""
    row = {**SOURCED, "method_id": "ledger", "method_version": "1", "constant_id": constant_id, "value": value}
    row |= {"value_high": None, "unit": "as stated", "applies_to": [], "note": None, **given}
    of_method = validate(METHODS, pl.DataFrame([row], schema=METHODS.dtypes)).rejected["reason"].to_list()
    if not given:
        asked = {name: ({**row, "scenario_id": "s", "locator": None})[name] for name in SCENARIOS.dtypes}
        of_scenario = validate(SCENARIOS, pl.DataFrame([asked], schema=SCENARIOS.dtypes)).rejected["reason"].to_list()
        assert of_scenario == of_method
    return of_method


@pytest.mark.parametrize(
    ("constant_id", "least", "most"),
    [
        ("interconnect_share_ratio", 0.0001, 0.75),
        ("interconnect_share", 0.0001, 0.75),
        ("staff_share_ratio", 0.0001, 0.75),
        ("panel_least_share_ratio", 0.0001, 1),
        ("usual_utilization_high_ratio", 0.0001, 1),
        ("average_load_ratio_tpu", 0.0001, 1),
        ("load_gpu_ratio", 0.0001, 1),
        ("agreement_ratio", 0.0001, 1),
        ("price_width_low_ratio_unsold", 0.01, 1),
        ("price_width_high_ratio", 1, 100),
        ("server_overhead_ratio_a100", 1, 100),
        ("usual_node_power_ratio", 1, 100),
        ("pue_ratio", 1, 100),
        ("published_cost_growth_ratio", 0.0001, 100),
        ("jump_factor", 0.0001, 100),
        ("price_performance_trend_per_year", 0.001, 0.5),
        ("price_performance_orders_per_year", 0.001, 0.5),
        ("start_delay_days", 0.5, 3650),
        ("start_width_days", 0.5, 730),
        ("usual_run_hours", 1, 100_000),
    ],
)
def test_a_kind_has_its_bounds(constant_id: str, least: float, most: float) -> None:
    assert reasons(constant_id, least) == []
    assert reasons(constant_id, most) == []
    [above] = reasons(constant_id, most * 1.01)
    assert "constant_id is " in above
    assert f"value is {most * 1.01}" in above
    if least != 0.5:
        assert len(reasons(constant_id, least * 0.99)) == 1


def test_ends_are_bounded_too() -> None:
    [told] = reasons("average_load_ratio", 0.75, value_high=1.2)
    assert "from 0.0001 to 1" in told


def test_a_count_is_bounded_by_nothing_but_sense() -> None:
    assert reasons("thin_price_providers", 3) == []
    assert reasons("hours_per_year", 8766) == []
