"""The reasons why two methods differ, one input at a time, on invented rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import log
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.contracts.core import MethodConstants
from pipelines.contracts.epoch import EpochAmortizedInputs, EpochCosts, PublishedMethodCosts
from pipelines.contracts.table import Contract, table_of
from pipelines.warehouse.sql import MARTS, empty_warehouse, sql_file

Row = dict[str, Any]
QUERY = sql_file(MARTS / "method_differences.sql").query
START, OF_QUOTE = date(2022, 1, 1), date(2021, 1, 1)
TREND, SHARE, HOURS, LIST, OVERHEAD, KWH, TDP = 0.14, 0.19, 1000.0, 16_400.0, 1.64, 0.08, 400.0
CONSTANTS = {"price_performance_orders_per_year": TREND, "days_per_year": 365.25, "interconnect_share": SHARE}
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The constants of the published method, and no costs."""
    with empty_warehouse() as connection:
        rows = [{"method_id": "cottier-2024", "constant_id": name, "value": value} for name, value in CONSTANTS.items()]
        fill(connection, MethodConstants, rows)
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, contract: type[Contract], rows: list[Row]) -> None:
    """Replace a table; columns left out are absent."""
    declared = table_of(contract)
    frame = pl.DataFrame([dict.fromkeys(declared.dtypes) | row for row in rows], schema=declared.dtypes)
    connection.register("given", frame.to_arrow())
    connection.execute(f"create or replace table {declared.name} as from given")
    connection.unregister("given")


def hour(days: int, list_price: float = LIST, tdp: float = TDP, kwh: float = KWH) -> tuple[float, float]:
    """Hardware with network, and energy, of an hour by the published constants."""
    hardware = list_price * 10 ** (-TREND * days / 365.25) * TREND * log(10) / 8766 / (1 - SHARE)
    return hardware, tdp / 1000 * 1.8 * 0.75 * 1.25 * kwh


def amortized(warehouse: duckdb.DuckDBPyConnection, published: Row | None = None, **ours: Any) -> dict[str, float]:
    """Reasons for a cost on `amortized` whose inputs are the same but for these of the ledger's."""
    hardware, energy = hour((START - OF_QUOTE).days)
    start, seen = ours.get("started_on", START), ours.get("price_observed_on", OF_QUOTE)
    kwh, tdp = ours.get("energy_usd_per_kwh", KWH), ours.get("tdp_w", TDP)
    list_price = ours.get("list_price_usd_per_gpu", LIST)
    our_hardware, our_energy = hour(max((start - seen).days, 0), list_price, tdp or TDP, kwh or KWH)
    if kwh is None or tdp is None:
        our_energy = our_hardware * 0.065 / 0.935
    our_energy *= ours.get("building", 1)
    of_one = {"model_name": "Alder", "price_basis": "amortized", "price_observed_on": OF_QUOTE, "flags": []}
    theirs = {
        "method_id": "cottier-2024",
        "published_method_cost_usd": (hardware + energy) * HOURS,
        "accelerator_cost_usd": hardware * (1 - SHARE) / OVERHEAD * HOURS,
        "server_cost_usd": hardware * (1 - SHARE) * (1 - 1 / OVERHEAD) * HOURS,
        "interconnect_cost_usd": hardware * SHARE * HOURS,
        "energy_cost_usd": energy * HOURS,
        "chip": "NVIDIA A100",
        "method_gpu_hours": HOURS,
        "started_on": START,
        "available_on": OF_QUOTE,
        "list_price_usd_per_gpu": LIST,
        "tdp_w": TDP,
        "energy_usd_per_kwh": KWH,
        **(published or {}),
    }
    hours = ours.get("gpu_hours", HOURS)
    cost = (our_hardware + our_energy) * hours
    fill(warehouse, PublishedMethodCosts, [of_one | theirs])
    fill(warehouse, EpochCosts, [of_one | {"price_observed_on": seen, "gpu_hours": hours, "cost_mid_usd": cost}])
    inputs = {
        "started_on": start,
        "price_observed_on": seen,
        "list_price_usd_per_gpu": list_price,
        "hardware_usd_per_gpu_hour": our_hardware,
        "energy_usd_per_gpu_hour": our_energy,
        "tdp_w": tdp,
        "energy_usd_per_kwh": kwh,
    }
    fill(warehouse, EpochAmortizedInputs, [{"model_name": "Alder", **inputs}])
    return found(warehouse)


def found(warehouse: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Reasons of the one cost there is, with their factors."""
    return {row["reason"]: row["cost_ratio"] for row in warehouse.sql(QUERY).pl().to_dicts()}


class TestAmortized:
    def test_the_same_inputs_have_no_reason(self, warehouse: duckdb.DuckDBPyConnection) -> None:
        assert amortized(warehouse) == {}

    @pytest.mark.parametrize(
        ("ours", "reason"),
        [
            ({"gpu_hours": 1500.0}, "hours"),
            ({"started_on": START + 100 * DAY, "price_observed_on": OF_QUOTE}, "start"),
            ({"price_observed_on": OF_QUOTE - 90 * DAY}, "availability"),
            ({"list_price_usd_per_gpu": 20_000.0}, "list_price"),
            ({"tdp_w": 700.0}, "chip_power"),
            ({"energy_usd_per_kwh": 0.12}, "electricity_price"),
            ({"energy_usd_per_kwh": None}, "energy_share"),
            ({"tdp_w": None}, "energy_share"),
            ({"building": 1.1 / 1.25}, "constants"),
        ],
    )
    def test_one_input_is_one_reason(self, ours: Row, reason: str, warehouse: duckdb.DuckDBPyConnection) -> None:
        reasons = amortized(warehouse, **ours)
        assert set(reasons) == {reason}
        [(ratio,)] = warehouse.sql(
            "select costs.cost_mid_usd::double / published_method_cost_usd "
            "from core.epoch_costs as costs, core.published_method_costs"
        ).fetchall()
        assert reasons[reason] == pytest.approx(ratio, rel=1e-4)

    def test_a_start_before_the_chip_could_be_had_changes_nothing(self, warehouse: duckdb.DuckDBPyConnection) -> None:
        hardware, energy = hour(0)
        early = {
            "available_on": START + 100 * DAY,
            "published_method_cost_usd": (hardware + energy) * HOURS,
            "accelerator_cost_usd": hardware * HOURS,
            "server_cost_usd": 0.0,
            "interconnect_cost_usd": 0.0,
        }
        same = {"started_on": START + 10 * DAY, "price_observed_on": START + 50 * DAY}
        assert amortized(warehouse, early, **same) == {}

    def test_a_later_price_is_a_reason_only_where_it_is_another_one(self, warehouse: duckdb.DuckDBPyConnection) -> None:
        late = {"flags": ["look_ahead_price"], "price_observed_on": START + DAY}
        assert set(amortized(warehouse, late, list_price_usd_per_gpu=9_000.0)) == {"list_price", "look_ahead_price"}
        assert amortized(warehouse, late) == {}
        same_day = late | {"price_observed_on": OF_QUOTE}
        assert set(amortized(warehouse, same_day, list_price_usd_per_gpu=9_000.0)) == {"list_price"}


class TestPurchase:
    @pytest.mark.parametrize(
        ("price", "flags", "reasons"),
        [
            (10_000.0, ["bare_card_price"], {"server_and_network": 0.81 / 1.64}),
            (16_400.0, [], {"network": 0.81}),
            (12_000.0, ["bare_card_price"], {"server_and_network": 0.81 / 1.64, "list_price": 1.2}),
            (10_000.0, [], {"network": 0.81, "list_price": 10_000 / 16_400}),
        ],
    )
    def test_like_is_compared_with_like(
        self, price: float, flags: list[str], reasons: Row, warehouse: duckdb.DuckDBPyConnection
    ) -> None:
        of_one = {"model_name": "Alder", "price_basis": "purchase", "price_observed_on": OF_QUOTE}
        theirs = {"method_id": "cottier-2024", "published_method_cost_usd": 8 * LIST / (1 - SHARE), "flags": []}
        prices = {"list_price_usd_per_gpu": LIST, "server_overhead_ratio": OVERHEAD}
        ours = {"cost_mid_usd": 8 * price, "unit_price_usd_per_gpu": price, "flags": flags}
        fill(warehouse, PublishedMethodCosts, [of_one | theirs | prices])
        fill(warehouse, EpochCosts, [of_one | ours])
        assert found(warehouse) == pytest.approx(reasons)


class TestRental:
    @pytest.mark.parametrize(
        ("hours", "seen", "start", "reasons"),
        [
            (HOURS, OF_QUOTE, START + DAY, {"commitment_terms"}),
            (HOURS, OF_QUOTE + DAY, START, {"commitment_terms", "price_day", "look_ahead_price"}),
            (2 * HOURS, OF_QUOTE, START, {"commitment_terms", "hours"}),
            (HOURS, OF_QUOTE + DAY, START + DAY, {"commitment_terms", "price_day", "look_ahead_price", "start"}),
        ],
    )
    def test_days_are_reasons_only_where_the_prices_are_of_different_days(
        self, hours: float, seen: date, start: date, reasons: set[str], warehouse: duckdb.DuckDBPyConnection
    ) -> None:
        of_one = {"model_name": "Alder", "price_basis": "rental"}
        theirs = {
            "method_id": "cottier-2024",
            "published_method_cost_usd": HOURS,
            "method_gpu_hours": HOURS,
            "method_price_usd_per_gpu_hour": 1.0,
            "started_on": START,
            "price_observed_on": OF_QUOTE,
            "flags": ["look_ahead_price"],
        }
        ours = {"cost_mid_usd": 2 * hours, "gpu_hours": hours, "started_on": start, "price_observed_on": seen}
        fill(warehouse, PublishedMethodCosts, [of_one | theirs])
        fill(warehouse, EpochCosts, [of_one | ours | {"flags": []}])
        differences = found(warehouse)
        assert set(differences) == reasons
        assert differences["commitment_terms"] == 2
