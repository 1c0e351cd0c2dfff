"""Electricity and emissions of a phase: by hand, monotone, and absent with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.core import GridIntensities, PhaseEnergy
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing.energy import phase_energy
from tests.unit.costing.builders import SOURCED, Row, TinyLedger, chip, frame, model, phase
from tests.unit.costing.test_properties import FEW_EXAMPLES

KW = 0.7 * 1.8 * 0.75 * 1.25


def grid(country: str, year: int, grams: float) -> Row:
    return {**SOURCED, "country": country, "year": year, "grid_intensity_g_per_kwh": grams}


GRIDS = (grid("US", 2023, 400), grid("US", 2021, 500), grid("*", 2023, 480), grid("FR", 2024, 50))


def energy(*phases: Row, hardware: tuple[Row, ...] = (chip(tdp_w=700),), **given: Any) -> list[Row]:
    """Rows of core.phase_energy of a tiny ledger."""
    tiny = TinyLedger(phases=phases, hardware=hardware, **given)
    grids = frame(GridIntensities, GRIDS)
    made = phase_energy(tiny.core_phases, tiny.core_models, tiny.core_hardware, grids, tiny.core_constants)
    return require(table_of(PhaseEnergy), made).to_dicts()


def test_is_hours_times_power_of_the_node_its_load_and_its_building() -> None:
    (row,) = energy(phase(hours=1000))
    assert row["energy_kwh"] == pytest.approx(1000 * KW)  # 1,181.25 kWh
    assert row["emissions_tco2e"] == pytest.approx(1000 * KW * 400 / 1e6)
    assert row["energy_low_kwh"] < row["energy_kwh"] < row["energy_high_kwh"]
    assert row["flags"] == ["assumed_country", "other_year_intensity"]  # it started in 2025


def test_the_ends_are_those_of_the_factors() -> None:
    """By hand: ln(2.4 / 1.8), ln(1 / 0.75) and ln(1.4 / 1.25), in squares."""
    (row,) = energy(phase(hours=1000))
    distance = (0.28768**2 + 0.28768**2 + 0.11333**2) ** 0.5
    assert row["energy_high_kwh"] == pytest.approx(1000 * KW * 2.718281828**distance, rel=1e-4)


def test_takes_the_grid_of_the_place_and_of_the_nearest_year() -> None:
    (row,) = energy(phase(hours=1, ran_in="FR"))
    assert (row["country"], row["grid_year"], row["grid_intensity_g_per_kwh"]) == ("FR", 2024, 50)
    assert row["flags"] == ["other_year_intensity"]


def test_of_two_years_as_near_the_earlier_counts() -> None:
    from datetime import date

    (row,) = energy(phase(hours=1, started_on=date(2022, 5, 1)))
    assert row["grid_year"] == 2021


def test_without_a_grid_of_the_country_the_worlds_is_taken() -> None:
    (row,) = energy(phase(hours=1), models=[model(country="INT")])
    assert (row["country"], row["grid_intensity_g_per_kwh"]) == ("*", 480)
    assert "world_intensity" in row["flags"]
    assert "assumed_country" not in row["flags"]


@pytest.mark.parametrize(
    ("disclosed", "hardware", "reason"),
    [
        (phase(), (chip(tdp_w=700),), "hours_not_disclosed"),
        (phase(hours=1, hardware_id=None), (chip(tdp_w=700),), "hardware_not_disclosed"),
        (phase(hours=1), (chip(),), "power_not_known"),
    ],
)
def test_what_is_unknown_is_absent_with_a_reason(disclosed: Row, hardware: tuple[Row, ...], reason: str) -> None:
    (row,) = energy(disclosed, hardware=hardware)
    assert row["missing_reason"] == reason
    assert (row["energy_kwh"], row["emissions_tco2e"], row["country"], row["drawn_kw"]) == (None,) * 4


def test_one_end_of_the_hours_gives_one_end_of_the_electricity() -> None:
    (row,) = energy(phase(high=1000))
    assert (row["energy_low_kwh"], row["energy_kwh"]) == (None, None)
    assert row["energy_high_kwh"] == pytest.approx(1000 * 0.7 * 2.4 * 1 * 1.4, rel=0.3)


def test_what_the_developer_states_stands_beside_it_and_zero_is_a_statement() -> None:
    (row,) = energy(phase(hours=1000, emissions_location_tco2e=8930, emissions_market_tco2e=0, energy_kwh=5))
    assert (row["disclosed_location_tco2e"], row["disclosed_market_tco2e"]) == (8930, 0)
    assert row["disclosed_energy_kwh"] == 5
    assert (row["disclosed_water_liters"], row["water_missing_reason"]) == (None, "water_not_disclosed")
    assert row["energy_kwh"] == pytest.approx(1000 * KW)


@FEW_EXAMPLES
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(20, 2000))
def test_more_hours_and_more_power_never_use_less(hours: int, more: int, tdp_w: int) -> None:
    chips = (chip(tdp_w=tdp_w), chip("hotter", tdp_w=tdp_w + 1))
    rows = energy(
        phase("a", hours),
        phase("b", hours + more),
        phase("c", hours, hardware_id="hotter"),
        hardware=chips,
    )
    base, longer, hotter = (row["energy_kwh"] for row in rows)
    assert base < longer
    assert base < hotter
    assert longer / base == pytest.approx((hours + more) / hours)
