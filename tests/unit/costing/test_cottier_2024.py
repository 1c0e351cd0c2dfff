"""The published method, rule by rule, on invented rows; its constants and tables are the project's own data."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import log
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.epoch import EpochModels, PublishedMethodCosts
from pipelines.contracts.epoch_inputs import (
    StagedEpochHardware,
    StagedEpochHardwarePrices,
    StagedEpochPriceIndex,
)
from pipelines.contracts.table import Contract, table_of
from pipelines.contracts.validation import require, stage
from pipelines.costing.constants import Constants
from pipelines.costing.methods import published_method_costs
from pipelines.costing.methods.cottier_2024 import METHOD
from pipelines.costing.methods.rules import Rules
from pipelines.paths import ROOT
from pipelines.sources import reference

Row = dict[str, Any]
LISTS = ("chip_names", "hardware_ids", "base_models", "set_aside_cells", "flags")


@cache
def method() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Constants and rules as they are shipped."""
    reading = reference.SOURCE.read(ROOT / "data")
    staged = {table.name: stage(table, reading.raw[table.name]).rows for table in reference.SOURCE.tables}
    return staged["staging.reference__method_constants"], staged["staging.reference__method_rules"]


def frame(contract: type[Contract], rows: list[Row]) -> pl.DataFrame:
    """Rows of a contract; columns left out are absent, lists empty."""
    dtypes = table_of(contract).dtypes
    empty = {name: [] for name in dtypes if name in LISTS}
    return pl.DataFrame([{**dict.fromkeys(dtypes), **empty, **row} for row in rows], schema=dtypes)


def model(name: str = "Alder", **columns: Any) -> Row:
    """A selected model with everything known; its cell lists its chips unless it is given."""
    chips = columns.get("chip_names", ["NVIDIA A100 SXM4 40 GB"])
    return {
        "model_name": name,
        "developer": "Somebody",
        "published_on": date(2022, 6, 15),
        "compute_rank": 1,
        "hardware_cell": ",".join(chips),
        "chip_names": chips,
        "gpu_count": 100,
        "wall_clock_hours": 240.0,
        "training_compute_flop": 1e22,
        **columns,
    }


def chip(name: str, line: int = 2, **columns: Any) -> Row:
    """A chip of the table."""
    return {
        "file": "epoch/hardware.csv",
        "line": line,
        "hardware_name": name,
        "released_on": date(2020, 5, 14),
        "tdp_w": 400.0,
        "peak_tensor16_flop_per_s": 312e12,
        **columns,
    }


CHIPS = [
    chip("NVIDIA A100 SXM4 40 GB", 2),
    chip("NVIDIA A100", 3),
    chip("NVIDIA A100 PCIe", 8),
    chip("Google TPU v1", 4, released_on=date(2015, 5, 15), peak_tensor16_flop_per_s=None, peak_int8_op_per_s=92e12),
    chip("Google TPU v3", 5, released_on=date(2018, 5, 18), tdp_w=220.0, peak_tensor16_flop_per_s=123e12),
    chip("Google TPU v4", 6, released_on=date(2021, 5, 20), tdp_w=None, peak_tensor16_flop_per_s=275e12),
    chip(
        "NVIDIA Tesla K80",
        7,
        released_on=date(2014, 11, 17),
        tdp_w=300.0,
        peak_tensor16_flop_per_s=None,
        peak_fp16_flop_per_s=1e12,
        peak_fp32_flop_per_s=8e12,
    ),
]


def price(hardware_name: str, day: date | None, line: int, **columns: Any) -> Row:
    """A row of the table of prices."""
    return {
        "file": "epoch/hardware_prices.csv",
        "line": line,
        "hardware_name": hardware_name,
        "priced_on": day,
        **columns,
    }


PRICES = [
    price("NVIDIA A100", date(2020, 1, 1), 2, purchase_usd_per_gpu=10_000.0, note="Single-unit list price"),
    price("NVIDIA A100 PCIe", date(2020, 6, 1), 3, purchase_usd_per_gpu=25_000.0, note="DGX server of 8"),
    price("NVIDIA Tesla K80", date(2014, 11, 17), 4, purchase_usd_per_gpu=5_000.0, note="SINGLE-UNIT release price"),
]
INDEX = [
    {"file": "epoch/price_index.csv", "line": 2, "observed_on": date(2022, 6, 1), "index_value": 150.0},
    {"file": "epoch/price_index.csv", "line": 3, "observed_on": date(2025, 6, 1), "index_value": 165.0},
]


def costs(
    models: list[Row],
    chips: list[Row] | None = None,
    prices: list[Row] | None = None,
    index: list[Row] | None = None,
) -> dict[tuple[str, str], Row]:
    """The method's rows by model and basis; they keep their contract."""
    made = published_method_costs(
        frame(EpochModels, models),
        frame(StagedEpochHardware, CHIPS if chips is None else chips),
        frame(StagedEpochHardwarePrices, PRICES if prices is None else prices),
        frame(StagedEpochPriceIndex, INDEX if index is None else index),
        *method(),
    )
    rows = require(table_of(PublishedMethodCosts), made).to_dicts()
    return {(row["model_name"], row["price_basis"]): row for row in rows}


def one(basis: str = "amortized", **columns: Any) -> Row:
    """The row of a single model."""
    return costs([model(**columns)])["Alder", basis]


class TestSelection:
    def test_models_up_to_the_rank_with_a_date_are_costed(self) -> None:
        found = costs(
            [
                model("Fifth", compute_rank=5),
                model("Sixth", compute_rank=6),
                model("Unranked", compute_rank=None),
                model("Undated", published_on=None),
            ]
        )
        assert {name for name, _ in found} == {"Fifth"}

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"base_models": ["Another"]}, "has_base_model"),
            ({"chip_names": ["NVIDIA A100", "Google TPU v3"]}, "several_chips"),
            ({"chip_names": ["NVIDIA A100X"]}, "hardware_unknown"),
        ],
    )
    def test_what_is_never_costed(self, columns: Row, reason: str) -> None:
        found = costs([model(**columns)])
        assert {row["cost_missing_reason"] for row in found.values()} == {reason}
        assert {row["published_method_cost_usd"] for row in found.values()} == {None}

    @pytest.mark.parametrize("cell", ["NVIDIA A100,NVIDIA A100", "NVIDIA A100,", ",NVIDIA A100", ","])
    def test_a_comma_makes_a_list_whatever_it_lists(self, cell: str) -> None:
        found = costs([model(hardware_cell=cell, chip_names=["NVIDIA A100"])])
        assert {row["cost_missing_reason"] for row in found.values()} == {"several_chips"}

    def test_no_models_no_rows(self) -> None:
        assert costs([]) == {}


class TestImputedChip:
    def test_the_commonest_of_the_year_gpus_first_ties_by_alphabet(self) -> None:
        others = [
            model("a", compute_rank=None, chip_names=["Google TPU v3"]),
            model("b", compute_rank=None, chip_names=["Google TPU v3"]),
            model("c", compute_rank=None, chip_names=["NVIDIA Tesla K80"]),
            model("d", compute_rank=None, chip_names=["NVIDIA A100"]),
            model("e", compute_rank=None, chip_names=["NVIDIA Tesla K80", "NVIDIA A100"]),
        ]
        row = costs([model(chip_names=[]), *others])["Alder", "amortized"]
        assert row["chip"] == "NVIDIA A100"
        assert "imputed_chip" in row["flags"]

    def test_a_chip_named_twice_in_a_cell_counts_twice(self) -> None:
        others = [
            model("a", compute_rank=None, chip_names=["NVIDIA A100"]),
            model("b", hardware_cell=" NVIDIA Tesla K80 , NVIDIA Tesla K80,", chip_names=["NVIDIA Tesla K80"]),
        ]
        assert costs([model(chip_names=[]), *others])["Alder", "amortized"]["chip"] == "NVIDIA Tesla K80"

    def test_tpus_only_in_a_year_without_gpus(self) -> None:
        row = costs([model(chip_names=[]), model("a", chip_names=["Google TPU v3"])])["Alder", "amortized"]
        assert row["chip"] == "Google TPU v3"

    def test_another_year_does_not_count(self) -> None:
        other = model("a", chip_names=["NVIDIA A100"], published_on=date(2021, 12, 31))
        assert costs([model(chip_names=[]), other])["Alder", "amortized"]["cost_missing_reason"] == "hardware_unknown"


class TestHours:
    def test_stated_before_multiplied_before_compute(self) -> None:
        assert one(stated_gpu_hours=5.0)["method_gpu_hours"] == 5
        assert one()["method_gpu_hours"] == 24_000
        computed = one(wall_clock_hours=None)
        assert computed["method_gpu_hours"] == pytest.approx(1e22 / (312e12 * 0.375) / 3600, rel=1e-12)
        assert "assumed_utilization" in computed["flags"]
        known = one(wall_clock_hours=None, utilization_ratio=0.5)
        assert known["method_gpu_hours"] == pytest.approx(1e22 / (312e12 * 0.5) / 3600, rel=1e-12)
        assert "known_utilization" in known["flags"]

    def test_without_any_there_is_no_cost(self) -> None:
        assert one(gpu_count=None, training_compute_flop=None)["cost_missing_reason"] == "hours_not_disclosed"

    def test_compute_without_a_peak_is_no_lack_of_disclosure(self) -> None:
        chips = [chip("NVIDIA A100 SXM4 40 GB", peak_tensor16_flop_per_s=None)]
        found = costs([model(gpu_count=None)], chips=chips)
        assert found["Alder", "amortized"]["cost_missing_reason"] == "peak_unknown"

    @pytest.mark.parametrize(
        ("basis", "lost", "columns"),
        [
            ("purchase", "gpu_count", {"gpu_count": None}),
            ("rental", "gpu_count", {"gpu_count": None}),
            ("rental", "wall_clock_hours", {"wall_clock_hours": None}),
            ("amortized", "gpu_count", {"gpu_count": None, "training_compute_flop": None}),
            ("amortized", "training_compute_flop", {"gpu_count": None, "training_compute_flop": None}),
        ],
    )
    def test_a_cell_that_was_emptied_is_not_undisclosed(self, basis: str, lost: str, columns: Row) -> None:
        assert one(basis, set_aside_cells=[lost], **columns)["cost_missing_reason"] == "set_aside"
        assert one(basis, set_aside_cells=["utilization_ratio"], **columns)["cost_missing_reason"] != "set_aside"

    @pytest.mark.parametrize(
        ("cell", "columns", "reason"),
        [
            ("peak_tensor16_flop_per_s", {"gpu_count": None}, "set_aside"),
            ("tdp_w", {}, "set_aside"),
            ("released_on", {}, "power_unknown"),
        ],
    )
    def test_nor_is_one_of_its_chip(self, cell: str, columns: Row, reason: str) -> None:
        bare = {"peak_tensor16_flop_per_s": None, "tdp_w": None, "set_aside_cells": [cell]}
        found = costs([model(**columns)], chips=[chip("NVIDIA A100 SXM4 40 GB", **bare), *CHIPS[1:]])
        assert found["Alder", "amortized"]["cost_missing_reason"] == reason

    def test_the_peak_is_that_of_tensor_units_then_32_bits_and_for_the_first_tpu_8_bits(self) -> None:
        slow = one(chip_names=["NVIDIA Tesla K80"], gpu_count=None)
        assert slow["method_gpu_hours"] == pytest.approx(1e22 / (8e12 * 0.375) / 3600, rel=1e-12)
        first = one(chip_names=["Google TPU v1"], gpu_count=None)
        assert first["method_gpu_hours"] == pytest.approx(1e22 / (92e12 * 0.375) / 3600, rel=1e-12)

    def test_another_peak_does_not_stand_in_for_one_that_was_emptied(self) -> None:
        cells = {"peak_tensor16_flop_per_s": None, "peak_tf32_flop_per_s": 156e12, "peak_fp32_flop_per_s": 19e12}
        for emptied, reason in (("peak_tensor16_flop_per_s", "set_aside"), ("peak_int8_op_per_s", None)):
            chips = [chip("NVIDIA A100 SXM4 40 GB", **cells, set_aside_cells=[emptied]), *CHIPS[1:]]
            row = costs([model(gpu_count=None)], chips=chips)["Alder", "amortized"]
            assert row["cost_missing_reason"] == reason

    @pytest.mark.parametrize(
        ("basis", "columns"),
        [
            ("amortized", {"stated_gpu_hours": 1e-5}),
            ("amortized", {"gpu_count": 10**7, "wall_clock_hours": 20_000.0}),
            ("rental", {"gpu_count": 10**7, "wall_clock_hours": 20_000.0}),
            ("rental", {"gpu_count": 1, "wall_clock_hours": 1e-5}),
            ("amortized", {"gpu_count": None, "training_compute_flop": 1.0}),
        ],
    )
    def test_hours_no_run_can_have_give_no_cost(self, basis: str, columns: Row) -> None:
        row = one(basis, **columns)
        assert (row["published_method_cost_usd"], row["cost_missing_reason"]) == (None, "implausible_hours")

    @pytest.mark.parametrize(
        ("columns", "flagged"),
        [
            ({"gpu_count": None, "utilization_ratio": 0.03}, True),
            ({"gpu_count": None, "utilization_ratio": 0.4}, False),
            ({"gpu_count": None}, False),
            ({"training_compute_flop": 1e22}, False),
            ({"training_compute_flop": 1e20}, True),
        ],
    )
    def test_a_utilisation_out_of_reach_is_told(self, columns: Row, flagged: bool) -> None:
        assert ("implausible_utilization" in one(**columns)["flags"]) == flagged

    def test_a_run_before_its_chip_is_told(self) -> None:
        assert "before_release" in one(published_on=date(2020, 5, 20))["flags"]
        assert "before_release" not in one()["flags"]

    def test_rental_multiplies_and_nothing_else(self) -> None:
        assert one("rental", stated_gpu_hours=5.0)["method_gpu_hours"] == 24_000

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"gpu_count": None}, "gpu_count_not_disclosed"),
            ({"gpu_count": None, "stated_gpu_hours": 5.0}, "gpu_count_not_disclosed"),
            ({"wall_clock_hours": None}, "hours_not_disclosed"),
            ({"wall_clock_hours": None, "gpu_count": None}, "hours_not_disclosed"),
            ({"wall_clock_hours": None, "stated_gpu_hours": 5.0}, "duration_not_disclosed"),
        ],
    )
    def test_rental_says_which_of_them_is_missing(self, columns: Row, reason: str) -> None:
        assert one("rental", **columns)["cost_missing_reason"] == reason


class TestDates:
    def test_start_is_publication_less_whole_hours_less_60_days(self) -> None:
        assert one(wall_clock_hours=47.9)["started_on"] == date(2022, 4, 14)
        assert one(wall_clock_hours=48.0)["started_on"] == date(2022, 4, 14)
        assert one(wall_clock_hours=48.9)["started_on"] == date(2022, 4, 14)
        assert one(wall_clock_hours=49.0)["started_on"] == date(2022, 4, 13)

    def test_the_usual_run_time(self) -> None:
        row = one(wall_clock_hours=None)
        assert row["started_on"] == date(2022, 3, 13)
        assert row["acquired_on"] == date(2022, 1, 12)
        assert "assumed_run_time" in row["flags"]

    @pytest.mark.parametrize(
        ("name", "start"),
        [
            ("Gemini 1.0 Ultra", date(2023, 5, 10)),
            ("GPT-4", date(2022, 8, 5)),
            ("GPT-4 Turbo", date(2022, 4, 6)),
            ("GPT-3.5 (text)", date(2022, 3, 14)),
            ("GPT-3 175B", date(2019, 10, 1)),
        ],
    )
    def test_special_dates_are_data(self, name: str, start: date) -> None:
        assert costs([model(name)])[name, "amortized"]["started_on"] == start

    @pytest.mark.parametrize(("name", "is_assumed"), [("GPT-3.5", False), ("GPT-4", True), ("Alder", True)])
    def test_a_start_that_is_told_assumes_no_run_time(self, name: str, is_assumed: bool) -> None:
        row = costs([model(name, wall_clock_hours=None)])[name, "amortized"]
        assert ("assumed_run_time" in row["flags"]) == is_assumed


class TestPurchasePrice:
    def test_dgx_before_earliest_and_available_90_days_after_release(self) -> None:
        row = one("purchase")
        assert row["list_price_usd_per_gpu"] == 25_000
        assert row["available_on"] == date(2020, 8, 12)
        assert row["price_observed_on"] == date(2020, 6, 1)
        assert row["published_method_cost_usd"] == pytest.approx(100 * 25_000 / 0.81, rel=1e-12)

    def test_a_single_unit_takes_the_overhead_of_its_family(self) -> None:
        without_dgx = [row for row in PRICES if row["note"] != "DGX server of 8"]
        row = costs([model()], prices=without_dgx)["Alder", "purchase"]
        assert row["list_price_usd_per_gpu"] == pytest.approx(10_000 * 1.66, rel=1e-12)
        old = one("purchase", chip_names=["NVIDIA Tesla K80"])
        assert old["list_price_usd_per_gpu"] == pytest.approx(5_000 * 1.64, rel=1e-12)

    def test_dgx_is_compared_as_written(self) -> None:
        lowered = [{**row, "note": row["note"].replace("DGX", "dgx")} for row in PRICES]
        row = costs([model()], prices=lowered)["Alder", "purchase"]
        assert row["list_price_usd_per_gpu"] == pytest.approx(16_600, rel=1e-12)

    def test_a_price_after_release_decides_the_day(self) -> None:
        late = [price("NVIDIA A100", date(2021, 3, 1), 2, purchase_usd_per_gpu=9_000.0, note="DGX")]
        assert costs([model()], prices=late)["Alder", "purchase"]["available_on"] == date(2021, 3, 1)

    def test_tpus_have_a_fixed_price_with_server_from_their_release_on(self) -> None:
        row = one("purchase", chip_names=["Google TPU v3"])
        assert row["list_price_usd_per_gpu"] == pytest.approx(5_276 * 1.64, rel=1e-12)
        assert row["available_on"] == date(2018, 5, 18)

    def test_without_a_family_there_is_none(self) -> None:
        chips = [*CHIPS, chip("AMD Something", 9)]
        found = costs([model(chip_names=["AMD Something"])], chips=chips)
        assert {row["cost_missing_reason"] for row in found.values()} == {"no_price"}

    def test_the_release_is_unknown_of_a_chip_and_not_of_none(self) -> None:
        undated = [chip("NVIDIA A100 SXM4 40 GB", released_on=None), *CHIPS[1:]]
        assert "release_unknown" in costs([model()], chips=undated)["Alder", "amortized"]["flags"]
        for nothing in ({"chip_names": []}, {"hardware_cell": "NVIDIA A100,"}, {"chip_names": ["NVIDIA A100X"]}):
            alone = costs([model(**nothing)])  # of a year in which no model names a chip
            assert "release_unknown" not in alone["Alder", "amortized"]["flags"], nothing

    def test_only_chips_of_the_table_of_chips_price_a_family(self) -> None:
        clone = price("NVIDIA A100 SXM4 clone", date(2020, 1, 1), 9, purchase_usd_per_gpu=100.0, note="DGX")
        row = costs([model()], prices=[*PRICES, clone])["Alder", "purchase"]
        assert row["list_price_usd_per_gpu"] == 25_000
        assert "unlisted_price" in row["flags"]
        assert "unlisted_price" not in one("purchase")["flags"]

    @pytest.mark.parametrize(("amount", "is_told"), [(25_000.0, False), (2_500_000.0, True), (250.0, True)])
    def test_a_price_far_off_those_of_its_family_is_told(self, amount: float, is_told: bool) -> None:
        others = [price("NVIDIA A100", date(2020, 7, 1), 10 + each, purchase_usd_per_gpu=10_000.0) for each in range(3)]
        far = price("NVIDIA A100 PCIe", date(2020, 6, 1), 3, purchase_usd_per_gpu=amount, note="DGX server of 8")
        row = costs([model()], prices=[*others, far])["Alder", "amortized"]
        assert ("outlier_price" in row["flags"]) == is_told

    def test_a_family_of_one_price_is_held_against_release_prices(self) -> None:
        chips = [*CHIPS[:-2], chip("NVIDIA Tesla K80", 7, release_price="$5,000.00")]
        for amount, is_told in ((4_000.0, False), (400_000.0, True)):
            alone = price("NVIDIA Tesla K80", date(2015, 1, 1), 4, purchase_usd_per_gpu=amount)
            found = costs([model(chip_names=["NVIDIA Tesla K80"])], chips=chips, prices=[alone])["Alder", "purchase"]
            assert found["list_price_usd_per_gpu"] == amount
            assert ("outlier_price" in found["flags"]) == is_told

    def test_a_family_inside_another_word_is_flagged(self) -> None:
        chips = [*CHIPS, chip("NVIDIA RTX A1000", 9)]
        row = costs([model(chip_names=["NVIDIA RTX A1000"])], chips=chips)["Alder", "purchase"]
        assert "unlike_family" in row["flags"]
        assert "unlike_family" not in one("purchase")["flags"]

    def test_a_chip_that_stands_twice_is_its_first_row(self) -> None:
        twice = [*CHIPS, chip("NVIDIA A100 SXM4 40 GB", 99, tdp_w=1.0)]
        row = costs([model()], chips=twice)["Alder", "amortized"]
        assert row["published_method_cost_usd"] == one()["published_method_cost_usd"]
        assert "repeated_chip" in row["flags"]


class TestAmortized:
    def test_the_whole_sum_by_hand(self) -> None:
        row = one()
        days = (date(2022, 4, 6) - date(2020, 8, 12)).days
        value = 25_000 * 10 ** (-0.14 * days / 365.25)
        hardware = value * 0.14 * log(10) / 8766 * 24_000
        energy = 0.4 * ((6.5 / 8) / 0.4) * 0.75 * 1.25 * 24_000 * 0.0832
        assert row["value_usd_per_gpu"] == pytest.approx(value, rel=1e-12)
        assert row["accelerator_cost_usd"] == pytest.approx(hardware / 1.66, rel=1e-12)
        assert row["server_cost_usd"] == pytest.approx(hardware - hardware / 1.66, rel=1e-12)
        assert row["interconnect_cost_usd"] == pytest.approx(hardware * 0.19 / 0.81, rel=1e-12)
        assert row["energy_cost_usd"] == pytest.approx(energy, rel=1e-12)
        assert row["published_method_cost_usd"] == pytest.approx(hardware / 0.81 + energy, rel=1e-12)
        assert row["published_method_cost_usd_2025_06"] == pytest.approx((hardware / 0.81 + energy) * 1.1, rel=1e-12)

    def test_a_gpu_before_its_day_keeps_its_price_a_tpu_gains(self) -> None:
        early = date(2018, 3, 1)
        gpu = one(published_on=early)
        assert gpu["value_usd_per_gpu"] == gpu["list_price_usd_per_gpu"]
        tpu = one(published_on=early, chip_names=["Google TPU v3"])
        days = (date(2017, 12, 21) - date(2018, 5, 18)).days
        assert tpu["value_usd_per_gpu"] == pytest.approx(5_276 * 1.64 * 10 ** (-0.14 * days / 365.25), rel=1e-12)
        assert days < 0

    @pytest.mark.parametrize("developer", ["Google", "google brain,Somebody", "X,Meta AI", "DeepMind", "Amazon"])
    def test_large_clouds_cool_better(self, developer: str) -> None:
        assert one(developer=developer)["energy_cost_usd"] == pytest.approx(one()["energy_cost_usd"] * 1.1 / 1.25)

    def test_tpu_v4_without_power_takes_373_watts(self) -> None:
        row = one(chip_names=["Google TPU v4"])
        assert row["energy_cost_usd"] == pytest.approx(0.373 * 1.56 * 0.43 * 1.25 * 24_000 * 0.0832, rel=1e-12)

    def test_without_power_there_is_no_cost(self) -> None:
        chips = [chip("NVIDIA A100 SXM4 40 GB", tdp_w=None), *CHIPS[1:]]
        assert costs([model()], chips=chips)["Alder", "amortized"]["cost_missing_reason"] == "power_unknown"

    @pytest.mark.parametrize(("year", "used"), [(2031, 2025), (2009, 2010), (2024, 2024)])
    def test_a_year_without_an_electricity_price_takes_the_nearest(self, year: int, used: int) -> None:
        row = one(published_on=date(year, 1, 1))
        assert row["energy_year"] == used
        assert ("energy_year_carried" in row["flags"]) == (year != used)

    def test_a_month_outside_the_index_is_not_adjusted_and_says_so(self) -> None:
        row = one(published_on=date(2031, 1, 1))
        assert row["published_method_cost_usd_2025_06"] == row["published_method_cost_usd"]
        assert "not_deflated" in row["flags"]


def rented(*prices: Row, **columns: Any) -> Row:
    """The rental row of a model whose hardware was chosen on 2022-02-05."""
    return costs([model(**columns)], prices=list(prices))["Alder", "rental"]


def offer(vendor: str, day: date, line: int, hardware_name: str = "NVIDIA A100 SXM4 40 GB", **columns: Any) -> Row:
    """A rental price."""
    return price(hardware_name, day, line, price_vendor=vendor, **columns)


A100 = "NVIDIA A100 SXM4 40 GB"
AWS, AZURE, GOOGLE, LAMBDA = "Amazon Web Services", "Microsoft Azure", "Google Cloud", "Lambda Labs"
THREE, ONE, NONE = "committed_3y_usd_per_gpu_hour", "committed_1y_usd_per_gpu_hour", "on_demand_usd_per_gpu_hour"
BEFORE, EARLIER, AFTER = date(2022, 2, 1), date(2022, 1, 1), date(2022, 3, 1)


class TestRental:
    def test_nearest_before_the_choice_even_if_a_later_one_is_nearer(self) -> None:
        row = rented(
            offer(AWS, EARLIER, 2, **{THREE: 1.0}),
            offer(AWS, BEFORE, 3, **{THREE: 2.0}),
            offer(AWS, date(2022, 2, 6), 4, **{THREE: 3.0}),
        )
        assert row["method_price_usd_per_gpu_hour"] == 2
        assert row["published_method_cost_usd"] == 48_000
        assert row["flags"] == []

    def test_else_the_nearest_later_one_flagged(self) -> None:
        row = rented(offer(AWS, date(2022, 9, 1), 2, **{THREE: 3.0}), offer(AWS, AFTER, 3, **{THREE: 2.0}))
        assert row["method_price_usd_per_gpu_hour"] == 2
        assert row["flags"] == ["look_ahead_price"]

    def test_of_one_day_the_first_row(self) -> None:
        row = rented(offer(AWS, BEFORE, 2, **{THREE: 2.0}), offer(AWS, BEFORE, 3, **{THREE: 1.0}))
        assert row["method_price_usd_per_gpu_hour"] == 2

    def test_an_empty_cell_in_that_row_ends_the_try(self) -> None:
        row = rented(
            offer(AWS, EARLIER, 2, **{THREE: 1.0}),
            offer(AWS, BEFORE, 3, **{NONE: 9.0}),
            offer(AZURE, BEFORE, 4, **{THREE: 5.0}),
        )
        assert (row["price_vendor"], row["method_price_usd_per_gpu_hour"]) == (AZURE, 5)

    def test_kind_of_price_before_vendor(self) -> None:
        row = rented(offer(AWS, BEFORE, 2, **{ONE: 1.0}), offer("Z", BEFORE, 3, **{THREE: 8.0}))
        assert (row["price_vendor"], row["commitment"]) == ("Z", "3y")

    @pytest.mark.parametrize(
        ("vendor", "kind", "factor"),
        [
            (AWS, ONE, 0.36 / 0.59),
            (AWS, NONE, 0.36),
            (GOOGLE, NONE, 0.44),
            (AZURE, ONE, 0.51 / 0.75),
            (LAMBDA, NONE, 0.44),
        ],
    )
    def test_other_terms_are_turned_into_three_years(self, vendor: str, kind: str, factor: float) -> None:
        row = rented(offer(vendor, BEFORE, 2, **{kind: 2.0}))
        assert row["method_price_usd_per_gpu_hour"] == pytest.approx(2 * factor, rel=1e-12)
        assert row["quoted_usd_per_gpu_hour"] == 2

    def test_a_vendor_without_discounts_prices_only_at_three_years(self) -> None:
        assert rented(offer("Z", BEFORE, 2, **{NONE: 2.0}))["cost_missing_reason"] == "no_price"
        assert rented(offer("Z", BEFORE, 2, **{THREE: 2.0}))["method_price_usd_per_gpu_hour"] == 2

    @pytest.mark.parametrize(
        ("developer", "vendor"),
        [
            ("Somebody", AWS),
            ("OpenAI", AZURE),
            ("Google Brain", GOOGLE),
            ("Microsoft,NVIDIA", AZURE),
            ("OpenAI,DeepMind", GOOGLE),
            ("DeepMind,OpenAI", AZURE),
        ],
    )
    def test_own_vendor_first_the_last_organization_decides(self, developer: str, vendor: str) -> None:
        everybody = [offer(name, BEFORE, line, **{THREE: 1.0}) for line, name in enumerate((AZURE, GOOGLE, AWS), 2)]
        assert rented(*everybody, developer=developer)["price_vendor"] == vendor

    def test_then_the_known_vendors_then_as_the_table_names_them(self) -> None:
        others = [offer("Zeta", BEFORE, 2, **{THREE: 1.0}), offer("Alpha", BEFORE, 3, **{THREE: 1.0})]
        assert rented(*others)["price_vendor"] == "Zeta"
        assert rented(*others, offer(GOOGLE, BEFORE, 4, **{THREE: 1.0}))["price_vendor"] == GOOGLE
        row = rented(*others, offer(GOOGLE, BEFORE, 4, **{THREE: 1.0}), offer(AZURE, BEFORE, 5, **{THREE: 1.0}))
        assert row["price_vendor"] == AZURE

    def test_tpus_are_rented_of_one_vendor(self) -> None:
        others = [offer(AWS, BEFORE, 2, "Google TPU v3", **{THREE: 1.0})]
        assert rented(*others, chip_names=["Google TPU v3"])["cost_missing_reason"] == "no_price"
        own = offer(GOOGLE, BEFORE, 3, "Google TPU v3", **{THREE: 2.0})
        assert rented(*others, own, chip_names=["Google TPU v3"])["method_price_usd_per_gpu_hour"] == 2

    def test_the_chip_then_its_family_then_the_members_in_order(self) -> None:
        member = offer(AWS, BEFORE, 2, "NVIDIA A100 SXM4 80 GB", **{THREE: 3.0})
        first = offer(AWS, EARLIER, 3, "NVIDIA A100 PCIe", **{THREE: 2.0})
        family = offer(AWS, EARLIER, 4, "NVIDIA A100", **{THREE: 4.0})
        own = offer(AWS, EARLIER, 5, **{THREE: 5.0})
        assert rented(member)["method_price_usd_per_gpu_hour"] == 3
        assert rented(member, first)["method_price_usd_per_gpu_hour"] == 2
        assert rented(member, first, family)["method_price_usd_per_gpu_hour"] == 4
        assert rented(member, first, family, own)["method_price_usd_per_gpu_hour"] == 5

    def test_a_row_without_a_day_is_no_row_of_its_vendor(self) -> None:
        undated = price(A100, None, 2, price_vendor=AWS, set_aside_cells=["priced_on"], **{THREE: 9.0})
        member = offer(AWS, BEFORE, 3, "NVIDIA A100 PCIe", **{THREE: 3.0})
        row = rented(undated, member)
        assert row["method_price_usd_per_gpu_hour"] == 3
        assert row["price_hardware_name"] == "NVIDIA A100 PCIe"
        assert row["flags"] == ["cell_set_aside"]

    def test_a_vendor_is_as_old_as_its_first_row_with_a_day(self) -> None:
        undated = price(A100, None, 2, price_vendor="Alpha", **{THREE: 1.0})
        others = [offer("Zeta", BEFORE, 3, **{THREE: 1.0}), offer("Alpha", BEFORE, 4, **{THREE: 1.0})]
        assert rented(undated, *others)["price_vendor"] == "Zeta"

    def test_a_chip_that_is_no_member_has_no_stand_in(self) -> None:
        chips = [*CHIPS, chip("NVIDIA A100 Special", 9)]
        offers = [offer(AWS, BEFORE, 2, "NVIDIA A100", **{THREE: 3.0})]
        found = costs([model(chip_names=["NVIDIA A100 Special"])], chips=chips, prices=offers)
        assert found["Alder", "rental"]["cost_missing_reason"] == "no_price"


class TestData:
    def test_a_missing_rule_names_its_file(self) -> None:
        with pytest.raises(KeyError, match=r"method_rules\.csv.*no rule 'nothing': restore it"):
            Rules(method()[1], METHOD).of("nothing")

    def test_a_missing_constant_names_its_file(self) -> None:
        with pytest.raises(KeyError, match=r"methods\.yaml.*cottier-2024.*'nothing'"):
            Constants(method()[0], METHOD)["nothing"]
