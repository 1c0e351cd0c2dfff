"""Units that names promise."""

from __future__ import annotations

import pytest

from pipelines.contracts.units import UNIT_NAMES, UNIT_SUFFIXES, unit_of


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("gpu_hours", "GPU-hour"),
        ("gpu_hours_low", "GPU-hour"),
        ("own_gpu_hours", "GPU-hour"),
        ("wall_clock_hours", "hour"),
        ("cost_mid_usd", "USD"),
        ("unit_price_usd_per_gpu_hour", "USD per GPU-hour"),
        ("list_unit_price_usd_per_gpu", "USD per GPU"),
        ("rental_usd_per_trillion_tokens", "USD per trillion tokens"),
        ("peak_bf16_flop_per_s", "FLOP/s"),
        ("training_compute_flop", "FLOP"),
        ("gpu_count", "GPU"),
        ("model_count", "count"),
        ("tdp_w", "W"),
        ("own_cost_share", "ratio"),
        ("released_on", "date"),
        ("published_at", "UTC time"),
        ("model_id", "id"),
        ("name", None),
        ("usd", None),
        ("hours_usd_note", None),
        ("", None),
    ],
)
def test_unit_of_a_name(column: str, unit: str | None) -> None:
    assert unit_of(column) == unit


def test_the_longest_suffix_wins() -> None:
    for suffix, unit in UNIT_SUFFIXES.items():
        assert unit_of(f"some{suffix}") == unit


@pytest.mark.parametrize(("name", "unit"), UNIT_NAMES.items())
def test_no_name_of_its_own_says_what_its_suffix_says(name: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.contracts.units.UNIT_NAMES", {})
    assert unit_of(name) != unit
