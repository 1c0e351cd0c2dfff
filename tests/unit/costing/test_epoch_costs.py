"""Epoch's models by the ledger's own rules: where hours, starts and their widths come from."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import core, epoch, epoch_inputs
from pipelines.costing.epoch import epoch_costs, epoch_models
from tests.unit.costing.builders import AS_OF, Row, chip, constants, electricity, frame, market

PUBLISHED = date(2024, 12, 31)
WIDTHS = {
    "hours_width_low_ratio": 0.5,
    "hours_width_high_ratio": 2,
    "compute_width_low_ratio": 1 / 3,
    "compute_width_high_ratio": 3,
}
PEAK, TENSOR = 1e15, "peak_tensor16_flop_per_s"


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
        as_of=AS_OF,
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

    @staticmethod
    def bought(listed_usd: float) -> Row:
        """The purchase of 8 chips whose release price is $999, and whose price in the table of prices is this."""
        day = date(2024, 2, 1)
        price = {"hardware_name": "Chip", "priced_on": day, "purchase_usd_per_gpu": listed_usd, "set_aside_cells": []}
        return costs(
            model(gpu_count=8),
            chips=(listed(released_on=day, release_price="$999.00"),),
            prices=(price,),
            hardware=(),
            ours=None,
        )["Model", "purchase"]

    def test_one_price_told_in_two_tables_is_one_quote(self) -> None:
        """A lone price has the usual width; the same price twice would have none."""
        row = self.bought(999.0)
        assert row["price_quote_count"] == 1
        assert (row["cost_low_usd"], float(row["cost_mid_usd"]), row["cost_high_usd"]) == (3996, 7992, 15984)

    def test_a_release_price_of_its_own_is_another_quote(self) -> None:
        assert self.bought(1200.0)["price_quote_count"] == 2


def test_every_cost_says_what_it_leaves_out() -> None:
    found = costs(model(stated_gpu_hours=1000.0, gpu_count=8))
    assert {basis for _, basis in found} >= {"rental", "amortized", "purchase"}
    for row in found.values():
        assert {"staff", "experiments", "failed_runs"} <= set(row["scope_note"])
    assert isinstance(pl.DataFrame(list(found.values()))["scope_note"].dtype, pl.List)


class TestWhatCannotBe:
    def test_hours_no_run_can_have_say_so(self) -> None:
        for columns in ({"stated_gpu_hours": 1e-5}, {"gpu_count": 10**7, "wall_clock_hours": 20_000.0}):
            row = rental(**columns)
            assert (row["cost_mid_usd"], row["cost_missing_reason"]) == (None, "implausible_hours")
        assert rental()["cost_missing_reason"] == "hours_not_disclosed"

    def test_a_known_utilisation_is_not_replaced_by_an_assumed_one(self) -> None:
        row = rental(training_compute_flop=3.6e29, utilization_ratio=0.01)
        assert row["cost_missing_reason"] == "implausible_hours"
        assert "known_utilization" in row["flags"]
        assert "assumed_utilization" not in row["flags"]

    def test_compute_no_run_can_have_at_any_utilisation(self) -> None:
        assert rental(training_compute_flop=1.0)["cost_missing_reason"] == "implausible_hours"

    @pytest.mark.parametrize(("emptied", "reason"), [([TENSOR], "set_aside"), (["tdp_w"], "peak_unknown")])
    def test_another_peak_does_not_stand_in_for_one_that_was_emptied(self, emptied: list[str], reason: str) -> None:
        row = listed(set_aside_cells=emptied, **{TENSOR: None}, peak_int8_op_per_s=1e15)
        found = costs(model(training_compute_flop=3.6e20), chips=(row,), hardware=(), ours=None)
        assert found["Model", "rental"]["cost_missing_reason"] == reason
        slow = {**row, "peak_fp32_flop_per_s": PEAK}
        found = costs(model(training_compute_flop=3.6e20), chips=(slow,), hardware=(), ours=None)
        assert (found["Model", "rental"]["gpu_hours"] is None) == (reason == "set_aside")

    def test_a_cell_of_the_hours_that_was_emptied_is_not_undisclosed(self) -> None:
        assert rental(set_aside_cells=["gpu_count"])["cost_missing_reason"] == "set_aside"


class TestWhatContradictsItself:
    def test_a_run_before_its_chip(self) -> None:
        early = chip(released_on=PUBLISHED - timedelta(days=10))
        found = costs(model(stated_gpu_hours=1000.0), hardware=(early,))
        assert "before_release" in found["Model", "rental"]["flags"]
        assert "before_release" not in rental(stated_gpu_hours=1000.0)["flags"]

    def test_a_chip_that_stands_twice(self) -> None:
        found = costs(model(stated_gpu_hours=1000.0), chips=(listed(), listed(tdp_w=5.0)))
        assert "repeated_chip" in found["Model", "rental"]["flags"]
        assert "repeated_chip" not in rental(stated_gpu_hours=1000.0)["flags"]

    @pytest.mark.parametrize("ratio", [0.03, 0.9])
    def test_a_stated_utilisation_out_of_reach(self, ratio: float) -> None:
        given = {"training_compute_flop": 3.6e20, "utilization_ratio": ratio}
        assert "implausible_utilization" in rental(**given)["flags"]
        assert "implausible_utilization" not in rental(**{**given, "utilization_ratio": 0.4})["flags"]
        assert "implausible_utilization" not in rental(**given, stated_gpu_hours=300.0)["flags"]

    def test_hours_of_a_fine_tune_are_set_against_its_own_compute(self) -> None:
        given = {"base_models": ["Base"], "stated_gpu_hours": 250.0, "training_compute_flop": 3.6e23}
        assert "implausible_utilization" not in rental(**given, finetune_compute_flop=3.6e20)["flags"]
        assert "implausible_utilization" in rental(**given, finetune_compute_flop=3.6e18)["flags"]
        assert "implausible_utilization" not in rental(**given)["flags"]

    def test_what_a_row_of_the_models_contradicts(self) -> None:
        def flags(**columns: Any) -> list[str]:
            rows = [{"model_name": "Base"}, {"model_name": "Model", **columns}]
            staged = frame(epoch_inputs.StagedEpochModels, [{"set_aside_cells": [], **row} for row in rows])
            nothing = (epoch_inputs.StagedEpochHardware, epoch_inputs.StagedEpochModelMap)
            made = epoch_models(staged, *(frame(each, []) for each in (*nothing, epoch_inputs.StagedEpochHardwareMap)))
            return list(made.filter(pl.col("model_name") == "Model")["flags"][0])

        assert flags(stated_gpu_hours=20480.0, gpu_count=8, wall_clock_hours=80.0) == ["hours_conflict"]
        assert flags(stated_gpu_hours=700.0, gpu_count=8, wall_clock_hours=80.0) == []
        assert flags(training_compute_flop=1e19, finetune_compute_flop=2e19) == ["compute_conflict"]
        assert flags(base_model_cell="Model ") == ["base_is_itself"]
        assert flags(base_model_cell="Base, Other") == ["base_not_listed"]
        assert flags(base_model_cell=" Base") == []


class TestPricesOfItsTable:
    @staticmethod
    def priced(*given: Row, **columns: Any) -> dict[tuple[str, str], Row]:
        """Costs of a model on a chip that only Epoch has, with these prices."""
        row = {"hardware_name": "Chip", "priced_on": date(2024, 2, 1), "set_aside_cells": []}
        prices = tuple(
            {**row, "line": line, "price_vendor": f"Cloud {line}", **each} for line, each in enumerate(given)
        )
        about = model(gpu_count=8, stated_gpu_hours=1000.0)
        return costs(about, chips=(listed(**columns),), prices=prices, hardware=(), ours=None)

    def test_a_row_printed_twice_counts_once(self) -> None:
        price = {"price_vendor": "Cloud", "purchase_usd_per_gpu": 999.0, "on_demand_usd_per_gpu_hour": 0.5}
        once, twice = self.priced(price), self.priced(price, price)
        for key in ("purchase", "amortized", "rental"):
            assert twice["Model", key] == once["Model", key]
        assert once["Model", "purchase"]["cost_low_usd"] < once["Model", "purchase"]["cost_high_usd"]

    def test_a_price_far_off_the_others_is_told_on_its_bases_alone(self) -> None:
        found = self.priced(
            *({"purchase_usd_per_gpu": each, "on_demand_usd_per_gpu_hour": 2.0} for each in (2e4, 3e4, 2e6))
        )
        assert {basis for (_, basis), row in found.items() if "outlier_price" in row["flags"]} == {
            "purchase",
            "amortized",
        }
        near = self.priced(*({"purchase_usd_per_gpu": each} for each in (2e4, 3e4, 1e5)))
        assert not any("outlier_price" in row["flags"] for row in near.values())

    def test_rent_that_pays_for_the_chip_in_a_day(self) -> None:
        found = self.priced(
            {"on_demand_usd_per_gpu_hour": 200.0}, released_on=date(2024, 1, 1), release_price="$9,999.00"
        )
        assert "outlier_price" in found["Model", "rental"]["flags"]
        fair = self.priced({"on_demand_usd_per_gpu_hour": 2.0}, released_on=date(2024, 1, 1), release_price="$9,999.00")
        assert not any("outlier_price" in row["flags"] for row in fair.values())
