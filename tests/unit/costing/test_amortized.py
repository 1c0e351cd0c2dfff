"""Amortised hardware: every figure worked out by hand, from round inputs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.contracts.core import CostComponents
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing import ledger
from tests.unit.costing.builders import (
    PRICED_ON,
    STARTED,
    Row,
    TinyLedger,
    chip,
    electricity,
    model,
    offer,
    phase,
    rental,
)

TREND_A_YEAR = 0.14
HOUR = 0.14 * 2.302585092994046 / 8766  # what an hour takes off the value: 3.6774e-5
POWER_KW = 0.7 * 1.8 * 0.75 * 1.25  # 1.18125
ENERGY = POWER_KW * 0.08  # 0.0945
QUOTED = STARTED - timedelta(days=365)
LN_2 = math.log(2)
POWERED = chip(tdp_w=700)


def tiny(*quotes: Row, **given: Any) -> TinyLedger:
    """A run of 1,000 hours with these quotes and a price of electricity."""
    known: dict[str, Any] = {"electricity": [electricity(0.08)], "hardware": [POWERED], **given}
    return TinyLedger(phases=[phase(hours=1000, gpu_count=8)], quotes=quotes, **known)


def cost(*quotes: Row, **given: Any) -> Row:
    """The amortised cost of that run."""
    return tiny(*quotes, **given).phase_cost("model__pretraining", "amortized")


def components(ledger_of: TinyLedger) -> dict[tuple[str, str], Row]:
    """core.cost_components by price basis and part."""
    made = ledger.cost_components(ledger_of.phase_costs, *ledger_of._priced_with, as_of=ledger_of.as_of)
    require(table_of(CostComponents), made)
    return {(row["price_basis"], row["component"]): row for row in made.iter_rows(named=True)}


def test_is_the_hardware_used_up_its_interconnect_and_its_energy() -> None:
    row = cost(offer(30000, STARTED))
    hardware = 30000 * HOUR / 0.81  # 1.36201
    assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(hardware + ENERGY, abs=1e-6)
    assert float(row["cost_mid_usd"]) == pytest.approx(1456.51, abs=0.02)
    assert row["flags"] == ["assumed_country", "assumed_electricity_price"]
    assert (row["quote_id"], row["price_observed_on"]) == (f"Shop/chip/{STARTED}/30000", STARTED)


def test_an_older_quote_has_lost_what_the_trend_takes_in_that_time() -> None:
    left = 10 ** (-TREND_A_YEAR * 365 / 365.25)  # 0.72459
    row = cost(offer(30000, QUOTED))
    assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(30000 * left * HOUR / 0.81 + ENERGY, abs=1e-6)


def test_a_later_quote_gains_nothing() -> None:
    row = cost(offer(30000, STARTED + timedelta(days=365)))
    assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(30000 * HOUR / 0.81 + ENERGY, abs=1e-6)
    assert "later_price" in row["flags"]


class TestWhatTheQuoteCovers:
    def test_a_bare_card_gets_a_usual_share_of_a_server(self) -> None:
        row = cost(offer(30000, STARTED, price_scope="single_card_or_unstated"))
        hardware = 30000 * 1.64 * HOUR / 0.81
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(hardware + ENERGY, abs=1e-6)
        assert "server_overhead_added" in row["flags"]

    def test_a_quote_of_a_server_is_better_than_a_card_of_the_same_day(self) -> None:
        both = offer(20000, STARTED, price_scope="single_card_or_unstated"), offer(30000, STARTED)
        row = cost(*both)
        assert row["unit_price_usd_per_gpu_hour"] == cost(both[1])["unit_price_usd_per_gpu_hour"]
        assert row["price_quote_count"] == 1
        assert "server_overhead_added" not in row["flags"]

    def test_an_accelerator_that_is_a_server_needs_none(self) -> None:
        whole = offer(30000, STARTED, price_scope="single_card_or_unstated")
        row = cost(whole, hardware=[chip(tdp_w=700, accelerators_per_server=1)])
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(30000 * HOUR / 0.81 + ENERGY, abs=1e-6)
        assert "server_overhead_added" not in row["flags"]


class TestEnergy:
    def test_takes_the_newest_price_whose_period_had_ended(self) -> None:
        prices = [
            electricity(0.05, date(2023, 12, 31)),
            electricity(0.08, STARTED),
            electricity(0.5, date(2025, 1, 31)),
        ]
        assert cost(offer(30000, STARTED), electricity=prices) == cost(
            offer(30000, STARTED), electricity=[electricity(0.08, STARTED)]
        )

    def test_of_its_own_country_before_any_other(self) -> None:
        row = cost(offer(30000, STARTED), electricity=[electricity(0.5), electricity(0.08, date(2024, 3, 1), "US")])
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(30000 * HOUR / 0.81 + ENERGY, abs=1e-6)
        assert row["flags"] == ["assumed_country"]

    def test_where_it_ran_comes_before_where_the_developer_is(self) -> None:
        prices = [electricity(0.5, STARTED, "US"), electricity(0.08, STARTED, "FR")]
        run = [phase(hours=1000, gpu_count=8, ran_in="FR")]
        row = replace(tiny(offer(30000, STARTED), electricity=prices), phases=run).phase_cost(
            "model__pretraining", "amortized"
        )
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(30000 * HOUR / 0.81 + ENERGY, abs=1e-6)
        assert row["flags"] == []

    def test_a_series_that_has_ended_is_carried_and_flagged(self) -> None:
        row = cost(offer(30000, STARTED), electricity=[electricity(0.08, date(2022, 12, 31), "US")])
        assert row["flags"] == ["assumed_country", "stale_electricity_price"]

    @pytest.mark.parametrize(
        "unknown", [{"electricity": []}, {"hardware": [chip()]}, {"electricity": [electricity(0.08, date(2025, 1, 2))]}]
    )
    def test_without_power_or_price_it_is_the_usual_share(self, unknown: dict[str, Any]) -> None:
        row = cost(offer(30000, STARTED), **unknown)
        hardware = 30000 * HOUR / 0.81
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(hardware / (1 - 0.065), abs=1e-6)
        assert row["flags"] == ["assumed_energy"]


def test_is_absent_without_a_purchase_quote_and_takes_no_proxys() -> None:
    twins = [chip(tdp_w=700, price_proxy_hardware_id="twin"), chip("twin")]
    assert cost(offer(30000, hardware_id="twin"), hardware=twins)["cost_missing_reason"] == "no_price"
    assert cost(rental(2))["cost_missing_reason"] == "no_price"


def test_twice_the_hours_cost_twice_as_much() -> None:
    once = tiny(offer(30000, STARTED))
    twice = replace(once, phases=[phase(hours=2000, gpu_count=8)])
    price_basis = "amortized"
    one, two = (each.phase_cost("model__pretraining", price_basis) for each in (once, twice))
    assert abs(2 * one["cost_mid_usd"] - two["cost_mid_usd"]) <= Decimal("0.02")
    assert two["cost_low_usd"] == pytest.approx(2 * one["cost_low_usd"], abs=0.05)


def test_the_interval_is_that_of_the_quote_where_all_else_is_small() -> None:
    """By hand: ln 2 for the quote, ln(0.18 / 0.14) for the trend, ln(1.32 x 0.81) for the network, in squares."""
    row = cost(offer(30000, STARTED), electricity=[electricity(1e-9)])
    distance = (0.69315**2 + 0.25131**2 + 0.06691**2) ** 0.5
    middle = 1000 * 30000 * HOUR / 0.81
    assert row["cost_high_usd"] == pytest.approx(middle * 2.718281828**distance, rel=1e-3)


class TestParts:
    def test_add_up_to_the_cost_to_the_cent(self) -> None:
        bare = tiny(offer(30000, QUOTED, price_scope="single_card_or_unstated"))
        parts = components(bare)
        inside = sum(row["cost_mid_usd"] for (basis, _), row in parts.items() if basis == "amortized")
        assert inside == bare.phase_cost("model__pretraining", "amortized")["cost_mid_usd"]
        assert {part for basis, part in parts if basis == "amortized"} == {
            "accelerators",
            "servers",
            "interconnect",
            "energy",
        }

    def test_are_those_of_the_formula(self) -> None:
        parts = components(tiny(offer(30000, STARTED, price_scope="single_card_or_unstated")))
        card = 1000 * 30000 * HOUR
        assert float(parts["amortized", "accelerators"]["cost_mid_usd"]) == pytest.approx(card, abs=0.02)
        assert float(parts["amortized", "servers"]["cost_mid_usd"]) == pytest.approx(0.64 * card, abs=0.01)
        assert float(parts["amortized", "interconnect"]["cost_mid_usd"]) == pytest.approx(
            1.64 * card * 0.19 / 0.81, abs=0.01
        )
        assert float(parts["amortized", "energy"]["cost_mid_usd"]) == pytest.approx(1000 * ENERGY, abs=0.01)
        assert parts["amortized", "energy"]["observation_id"] is not None

    def test_servers_and_network_stand_beside_a_purchase_and_never_in_it(self) -> None:
        bare = tiny(offer(30000, STARTED, price_scope="single_card_or_unstated"))
        parts = components(bare)
        bought = {part: row for (basis, part), row in parts.items() if basis == "purchase"}
        assert {part: row["is_in_cost"] for part, row in bought.items()} == {
            "accelerators": True,
            "servers": False,
            "interconnect": False,
        }
        assert bought["accelerators"]["cost_mid_usd"] == 240_000
        assert bought["servers"]["cost_mid_usd"] == Decimal("153600.00")  # 8 x 30,000 x 0.64
        assert float(bought["interconnect"]["cost_mid_usd"]) == pytest.approx(393_600 * 0.19 / 0.81, abs=0.01)
        assert bare.phase_cost("model__pretraining", "purchase")["flags"] == ["bare_card_price"]

    def test_what_stands_beside_has_ends_of_quote_server_and_network(self) -> None:
        """In squares: ln 2 for a single quote, 0.64 (0.3 to 1.1) for the server, 0.19 / 0.81 for the network."""
        bought = components(tiny(offer(30000, STARTED, price_scope="single_card_or_unstated")))
        servers, wires = bought["purchase", "servers"], bought["purchase", "interconnect"]
        assert servers["cost_low_usd"] == pytest.approx(153_600 * math.exp(-math.hypot(LN_2, math.log(0.64 / 0.3))))
        assert servers["cost_high_usd"] == pytest.approx(153_600 * math.exp(math.hypot(LN_2, math.log(1.1 / 0.64))))
        network = math.log(0.32 / (0.19 / 0.81))
        high = math.hypot(LN_2, math.log(2.1 / 1.64), network)
        assert wires["cost_high_usd"] == pytest.approx(393_600 * 0.19 / 0.81 * math.exp(high), rel=1e-3)

    def test_a_quote_with_its_server_adds_none(self) -> None:
        parts = components(tiny(offer(30000, STARTED)))
        assert ("purchase", "servers") not in parts
        assert ("amortized", "servers") not in parts


def test_what_each_cost_leaves_out_is_said() -> None:
    costs = tiny(offer(30000, PRICED_ON), models=[model()])
    for basis in ("rental", "amortized", "purchase"):
        note = costs.cost(price_basis=basis)["scope_note"]
        assert {"failed_runs", "experiments", "staff", "data"} <= set(note)
    assert "energy" in costs.cost(price_basis="purchase")["scope_note"]
    assert "energy" not in costs.cost(price_basis="amortized")["scope_note"]
