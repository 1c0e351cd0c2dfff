"""Epoch's models by the ledger's own rules: where hours, starts and their widths come from."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import core, epoch, epoch_inputs
from pipelines.costing.epoch import epoch_costs
from tests.unit.costing.builders import AS_OF, Row, chip, constants, electricity, frame, market

PUBLISHED = date(2024, 12, 31)
WIDTHS = {
    "hours_width_low_ratio": 0.5,
    "hours_width_high_ratio": 2,
    "compute_width_low_ratio": 1 / 3,
    "compute_width_high_ratio": 3,
}
PEAK = 1e15


def model(**given: Any) -> Row:
    """A row of core.epoch_models."""
    return {
        "model_name": "Model",
        "developer": "Lab",
        "published_on": PUBLISHED,
        "chip_names": ["Chip"],
        "base_models": [],
        "assessment": "Confident",
        "set_aside_cells": [],
        "flags": [],
        **given,
    }


def listed(name: str = "Chip", **given: Any) -> Row:
    """A row of Epoch's table of chips."""
    return {"hardware_name": name, "peak_tensor16_flop_per_s": PEAK, "set_aside_cells": [], **given}


def costs(
    *models: Row,
    chips: tuple[Row, ...] = (listed(),),
    prices: tuple[Row, ...] = (),
    hardware: tuple[Row, ...] = (chip(),),
    ours: str | None = "chip",
) -> dict[tuple[str, str], Row]:
    """Costs by model and basis; the chip is the accelerator `ours` of the ledger."""
    same = [{"epoch_hardware": "Chip", "hardware_id": ours}] if ours else []
    found = epoch_costs(
        frame(epoch.EpochModels, models),
        frame(epoch_inputs.StagedEpochHardware, chips),
        frame(epoch_inputs.StagedEpochHardwarePrices, prices),
        frame(epoch_inputs.StagedEpochHardwareMap, same),
        frame(core.Hardware, hardware),
        frame(core.PriceQuotes, market(4, date(2024, 7, 1))),
        constants(**WIDTHS),
        frame(core.ElectricityPrices, [electricity(ended_on=date(2020, 12, 31))]),
        AS_OF,
    )
    return {(row["model_name"], row["price_basis"]): row for row in found.iter_rows(named=True)}


def rental(**given: Any) -> Row:
    """The rental cost of one model."""
    return costs(model(**given))["Model", "rental"]


def distance(row: Row, end: str) -> float:
    """How far an end lies from the middle, in logarithms."""
    return abs(math.log(row[f"cost_{end}_usd"] / float(row["cost_mid_usd"])))


START = 0.14 * math.log(10) / 365.25 * 120
"""What an assumed start adds to a price, as docs/methods.md has it."""


class TestWidthOfHours:
    def test_stated_hours_are_a_point_where_epoch_is_confident(self) -> None:
        row = rental(stated_gpu_hours=1000.0, gpu_count=10)
        assert (distance(row, "low"), distance(row, "high")) == (pytest.approx(START, abs=1e-4),) * 2
        assert "vague_hours" not in row["flags"]

    @pytest.mark.parametrize("assessment", ["Likely", "Speculative", "Unknown", None])
    def test_and_vague_where_it_is_not(self, assessment: str | None) -> None:
        row = rental(stated_gpu_hours=1000.0, gpu_count=10, assessment=assessment)
        both = pytest.approx(math.hypot(math.log(2), START), abs=1e-4)
        assert (distance(row, "low"), distance(row, "high")) == (both, both)
        assert row["gpu_hours"] == 1000
        assert "vague_hours" in row["flags"]

    def test_chips_times_duration_are_stated_too(self) -> None:
        row = rental(gpu_count=10, wall_clock_hours=100.0, assessment="Likely")
        assert row["gpu_hours"] == 1000
        assert "vague_hours" in row["flags"]

    def test_compute_is_an_estimate_at_whatever_utilisation(self) -> None:
        flop = 1000 * 3600 * PEAK * 0.5
        row = rental(training_compute_flop=flop, utilization_ratio=0.5, gpu_count=10)
        assert float(row["gpu_hours"]) == pytest.approx(1000)
        both = pytest.approx(math.hypot(math.log(3), START), abs=1e-4)
        assert (distance(row, "low"), distance(row, "high")) == (both, both)

    def test_and_an_assumed_utilisation_comes_on_top(self) -> None:
        row = rental(training_compute_flop=1000 * 3600 * PEAK * 0.375, gpu_count=10)
        assert float(row["gpu_hours"]) == pytest.approx(1000)
        assert distance(row, "low") == pytest.approx(
            math.sqrt(math.log(3) ** 2 + math.log(0.65 / 0.375) ** 2 + START**2), abs=1e-4
        )
        assert distance(row, "high") == pytest.approx(
            math.sqrt(math.log(3) ** 2 + math.log(0.375 / 0.10) ** 2 + START**2), abs=1e-4
        )


class TestStart:
    FLOP = 1e6 * 3600 * PEAK * 0.375

    def test_hours_of_the_run_over_its_chips_are_its_length(self) -> None:
        row = rental(training_compute_flop=self.FLOP, gpu_count=1000)
        assert row["started_on"] == date(2024, 9, 20)  # 60 days and 1,000 hours before

    def test_hours_that_include_a_base_models_tell_no_length(self) -> None:
        row = rental(training_compute_flop=self.FLOP, gpu_count=10, base_models=["Base"])
        assert row["is_with_base"]
        assert row["started_on"] == date(2024, 9, 28)  # 60 days and the usual 793.5 hours before
        assert {"assumed_run_time", "scope_includes_base"} <= set(row["flags"])

    def test_unless_the_length_is_stated(self) -> None:
        row = rental(training_compute_flop=self.FLOP, gpu_count=10, base_models=["Base"], wall_clock_hours=240.0)
        assert row["started_on"] == PUBLISHED - timedelta(days=70)
        assert "assumed_run_time" not in row["flags"]


class TestChips:
    def test_an_accelerator_without_a_16_bit_peak_takes_epochs(self) -> None:
        """As K80: its compute was counted at the peak Epoch has for it."""
        old = chip(peak_bf16_flop_per_s=None)
        single = listed(peak_tensor16_flop_per_s=None, peak_fp32_flop_per_s=2e12)
        found = costs(model(training_compute_flop=500 * 3600 * 2e12 * 0.375), chips=(single,), hardware=(old,))
        assert float(found["Model", "rental"]["gpu_hours"]) == pytest.approx(500)

    def test_one_that_has_a_peak_keeps_it(self) -> None:
        found = costs(
            model(training_compute_flop=500 * 3600 * PEAK * 0.375), chips=(listed(peak_tensor16_flop_per_s=2e12),)
        )
        assert float(found["Model", "rental"]["gpu_hours"]) == pytest.approx(500)

    def test_one_price_told_in_two_tables_is_one_quote(self) -> None:
        """A lone price has the usual width; the same price twice would have none."""
        day = date(2024, 2, 1)
        price = {"hardware_name": "Chip", "priced_on": day, "purchase_usd_per_gpu": 999.0, "set_aside_cells": []}
        row = costs(
            model(gpu_count=8),
            chips=(listed(released_on=day, release_price="$999.00"),),
            prices=(price,),
            hardware=(),
            ours=None,
        )["Model", "purchase"]
        assert row["price_quote_count"] == 1
        assert (row["cost_low_usd"], float(row["cost_mid_usd"]), row["cost_high_usd"]) == (3996, 7992, 15984)

    def test_a_release_price_of_its_own_is_another_quote(self) -> None:
        day = date(2024, 2, 1)
        price = {"hardware_name": "Chip", "priced_on": day, "purchase_usd_per_gpu": 1200.0, "set_aside_cells": []}
        row = costs(
            model(gpu_count=8),
            chips=(listed(released_on=day, release_price="$999.00"),),
            prices=(price,),
            hardware=(),
            ours=None,
        )["Model", "purchase"]
        assert row["price_quote_count"] == 2


def test_every_cost_says_what_it_leaves_out() -> None:
    found = costs(model(stated_gpu_hours=1000.0, gpu_count=8))
    assert {basis for _, basis in found} >= {"rental", "amortized", "purchase"}
    for row in found.values():
        assert {"staff", "experiments", "failed_runs"} <= set(row["scope_note"])
    assert isinstance(pl.DataFrame(list(found.values()))["scope_note"].dtype, pl.List)
