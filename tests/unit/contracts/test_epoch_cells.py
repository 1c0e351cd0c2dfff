"""Cells of Epoch's tables: what they can be, and what is told of those that cannot."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.contracts.epoch_inputs import StagedEpochHardware, StagedEpochHardwarePrices, StagedEpochModels
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import Contract, table_of
from pipelines.contracts.validation import Validated, conform, stage

TENSOR, HALF, SINGLE = "peak_tensor16_flop_per_s", "peak_fp16_flop_per_s", "peak_fp32_flop_per_s"
ON_DEMAND, BOUGHT = "on_demand_usd_per_gpu_hour", "purchase_usd_per_gpu"
WHOLE, PART = "training_compute_flop", "finetune_compute_flop"


def staged(contract: type[Contract], **cells: str) -> Validated:
    """One row with these cells, as text."""
    names = {"model_name": "Model", "hardware_name": "Chip", "priced_on": "2024-01-01"}
    given = {name: text for name, text in names.items() if name in table_of(contract).dtypes}
    place = {"file": "epoch/table.csv", "line": 2, "file_sha256": "0"}
    return stage(table_of(contract), conform(raw_of(table_of(contract)), pl.DataFrame([{**given, **place, **cells}])))


@pytest.mark.parametrize(
    ("contract", "cells", "emptied"),
    [
        (StagedEpochModels, {"wall_clock_hours": "9022.8"}, None),
        (StagedEpochModels, {"wall_clock_hours": "20000.5"}, "wall_clock_hours"),
        (StagedEpochModels, {"utilization_ratio": "0.01"}, None),
        (StagedEpochModels, {"utilization_ratio": "0.004"}, "utilization_ratio"),
        (StagedEpochModels, {"utilization_ratio": "1e-9"}, "utilization_ratio"),
        (StagedEpochModels, {WHOLE: "1.65e19", PART: "3.8e19"}, None),
        (StagedEpochModels, {WHOLE: "1e20", PART: "1.1e21"}, PART),
        (StagedEpochModels, {PART: "1.1e21"}, None),
        (StagedEpochHardware, {TENSOR: "989500000000000", SINGLE: "67000000000000"}, None),
        (StagedEpochHardware, {TENSOR: "989.5"}, TENSOR),
        (StagedEpochHardware, {TENSOR: "989500000000"}, TENSOR),
        (StagedEpochHardware, {TENSOR: "9.895e17"}, TENSOR),
        (StagedEpochHardware, {TENSOR: "5.53e16", SINGLE: "2e13"}, TENSOR),
        (StagedEpochHardware, {TENSOR: "1.2e12", SINGLE: "2e13"}, TENSOR),
        (StagedEpochHardware, {SINGLE: "19.5"}, SINGLE),
        (StagedEpochHardware, {SINGLE: "1000000000"}, None),
        (StagedEpochHardware, {SINGLE: "2e10", HALF: "2e13"}, SINGLE),
        (StagedEpochHardware, {SINGLE: "2e16", HALF: "2e13"}, SINGLE),
        (StagedEpochHardware, {SINGLE: "12e12", HALF: "1.875e11"}, None),
        (StagedEpochHardware, {"tdp_w": "23000", HALF: "7.5e15"}, None),
        (StagedEpochHardware, {"tdp_w": "30000", HALF: "7.8e13"}, "tdp_w"),
        (StagedEpochHardware, {"tdp_w": "23000"}, "tdp_w"),
        (StagedEpochModels, {WHOLE: "4.64e26"}, None),
        (StagedEpochModels, {WHOLE: "4.64e28"}, WHOLE),
        (StagedEpochModels, {"gpu_count": "100000"}, None),
        (StagedEpochModels, {"gpu_count": "10000000"}, "gpu_count"),
        (StagedEpochHardware, {"tdp_w": "0.7"}, "tdp_w"),
        (StagedEpochHardware, {"tdp_w": "700000"}, "tdp_w"),
        (StagedEpochHardware, {"released_on": "1922-09-20"}, "released_on"),
        (StagedEpochHardware, {"released_on": "1999-01-01"}, None),
        *(
            (StagedEpochHardware, {"release_price": text}, None)
            for text in ("$1,099.00", "$1099.00", " 1099 ", "$2000000.00")
        ),
        *(
            (StagedEpochHardware, {"release_price": text}, "release_price")
            for text in ("$1,0,0,0", "call us", "$0.01", "$99999999", "1.099,00", "$-5", "1e3", "$10,99.00")
        ),
        (StagedEpochHardwarePrices, {ON_DEMAND: "1e-7"}, ON_DEMAND),
        (StagedEpochHardwarePrices, {ON_DEMAND: "0.06"}, None),
        (StagedEpochHardwarePrices, {ON_DEMAND: "2000"}, ON_DEMAND),
        (StagedEpochHardwarePrices, {BOUGHT: "0.001"}, BOUGHT),
        (StagedEpochHardwarePrices, {BOUGHT: "30.00"}, None),
        (StagedEpochHardwarePrices, {BOUGHT: "2250000"}, None),
    ],
)
def test_what_is_in_another_unit_is_emptied_and_the_row_stays(
    contract: type[Contract], cells: dict[str, str], emptied: str | None
) -> None:
    found = staged(contract, **cells)
    assert found.rows["set_aside_cells"].to_list() == [[emptied] if emptied else []]
    assert found.rejected["is_set_aside"].to_list() == ([False] if emptied else [])
    for name in cells:
        assert (found.rows[name].item() is None) == (name == emptied)


@pytest.mark.parametrize(
    ("contract", "name", "text"),
    [
        (StagedEpochModels, "utilization_ratio", "4.5e2"),
        (StagedEpochModels, "gpu_count", "-8.0"),
        (StagedEpochHardware, "release_price", "$1,0,0,0"),
        (StagedEpochHardware, "tdp_w", "soon"),
    ],
)
def test_a_value_is_told_as_it_was_received(contract: type[Contract], name: str, text: str) -> None:
    [finding] = staged(contract, **{name: text}).rejected.to_dicts()
    assert (finding["column_name"], finding["value"], finding["line"]) == (name, text, 2)


def test_of_a_rule_over_two_cells_the_one_at_fault_is_told_as_it_was_received() -> None:
    [finding] = staged(StagedEpochModels, **{WHOLE: "1e20", PART: "11E20"}).rejected.to_dicts()
    assert (finding["column_name"], finding["value"]) == (PART, "11E20")
    assert "a part" in finding["reason"]
