"""`data/scenarios/`: what is read, and what a fault in a file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.contracts.table import TABLES
from pipelines.contracts.validation import stage
from pipelines.sources import scenarios
from pipelines.sources.source import Reading
from tests.unit.sources.files import write

GOOD = """\
scenario_id: dear
label: Dear
why: Because.
utilization_ratio: 0.4
prices:
  - hardware_id: h800
    price_usd_per_gpu_hour: 3.42
    source_id: report
    confidence: verified
constants:
  - constant_id: start_delay_days
    value: 30
    source_id: report
    confidence: verified
"""


def read(folder: Path, text: str) -> Reading:
    write(folder, "scenarios/dear.yaml", text)
    return scenarios.read(folder)


def test_a_file_is_a_scenario_with_its_changes(tmp_path: Path) -> None:
    reading = read(tmp_path, GOOD)
    [scenario] = reading.raw["staging.scenarios__scenarios"].to_dicts()
    assert (scenario["scenario_id"], scenario["change_count"], scenario["line"]) == ("dear", "2", 1)
    [price] = reading.raw["staging.scenarios__scenario_prices"].to_dicts()
    assert (price["scenario_id"], price["price_usd_per_gpu_hour"], price["line"]) == ("dear", "3.42", 6)
    [constant] = reading.raw["staging.scenarios__scenario_constants"].to_dicts()
    assert (constant["constant_id"], constant["value"]) == ("start_delay_days", "30")
    assert reading.rejected.is_empty()


def test_a_folder_without_scenarios_is_no_fault(tmp_path: Path) -> None:
    reading = scenarios.read(tmp_path)
    assert reading.rejected.is_empty()
    assert all(frame.is_empty() for frame in reading.raw.values())


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("why:", "wy:", 3, "unknown key 'wy'"),
        ("    price_usd_per_gpu_hour:", "    price:", 7, "unknown key 'price'"),
        ("prices:\n", "prices: 3\nx:\n", None, ""),
        ("    value: 30", "    value: [[1]]", 12, ""),
    ],
)
def test_a_fault_sets_the_whole_scenario_aside(tmp_path: Path, old: str, new: str, line: int | None, told: str) -> None:
    reading = read(tmp_path, GOOD.replace(old, new))
    assert all(frame.is_empty() for frame in reading.raw.values())
    [finding] = reading.rejected.to_dicts()
    assert finding["file"] == "scenarios/dear.yaml"
    assert line is None or finding["line"] == line
    assert told in finding["reason"]


@pytest.mark.parametrize(
    ("old", "new", "table", "column"),
    [
        ("utilization_ratio: 0.4", "utilization_ratio: 37.5", "scenarios", "utilization_ratio"),
        ("why: Because.", "why: Because.\nrental_terms: rented", "scenarios", "rental_terms"),
        ("why: Because.", "why: Because.\nhours_factor: 0", "scenarios", "hours_factor"),
        ("3.42", "0", "scenario_prices", "price_usd_per_gpu_hour"),
        ("3.42", "-3", "scenario_prices", "price_usd_per_gpu_hour"),
        ("3.42", "about 3", "scenario_prices", "price_usd_per_gpu_hour"),
        ("value: 30", "value: 0", "scenario_constants", "value"),
    ],
)
def test_a_wrong_value_is_set_aside_with_its_place(tmp_path: Path, old: str, new: str, table: str, column: str) -> None:
    reading = read(tmp_path, GOOD.replace(old, new))
    declared = TABLES[f"staging.scenarios__{table}"]
    staged = stage(declared, reading.raw[declared.name])
    assert staged.rows.is_empty()
    assert set(staged.rejected["column_name"]) == {column}
    assert set(staged.rejected["file"]) == {"scenarios/dear.yaml"}
