"""Whole clusters, bought: figures worked out by hand from round inputs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pipelines.contracts.makeup import ClusterCosts
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing import ledger
from tests.unit.costing.builders import STARTED, Row, TinyLedger, chip, edge, model, offer, phase

BARE = {"price_scope": "single_card_or_unstated"}


def clusters(books: TinyLedger) -> dict[tuple[str, str], Row]:
    """core.cluster_costs by model and scope."""
    made = ledger.cluster_costs(
        books.scope_members,
        books.phase_costs,
        books.core_lineage,
        books.rejected_rows,
        *books._priced_with,
        as_of=books.as_of,
    )
    require(table_of(ClusterCosts), made)
    return {(row["model_id"], row["scope"]): row for row in made.iter_rows(named=True)}


def own(*quotes: Row, **given: Any) -> Row:
    """Eight accelerators."""
    phases = given.pop("phases", [phase(hours=1000, gpu_count=8)])
    return clusters(TinyLedger(phases=phases, quotes=quotes, **given))["model", "own"]


def test_is_accelerators_servers_and_network() -> None:
    """8 x 30,000 x 1.64 / 0.81."""
    row = own(offer(30_000, STARTED, **BARE))
    assert float(row["cluster_mid_usd"]) == pytest.approx(8 * 30_000 * 1.64 / 0.81, abs=0.01)
    assert row["flags"] == ["server_overhead_added"]


def test_a_quote_with_its_server_gets_a_network_alone() -> None:
    row = own(offer(30_000, STARTED))
    assert float(row["cluster_mid_usd"]) == pytest.approx(8 * 30_000 / 0.81, abs=0.01)
    assert row["flags"] == []


def test_the_ends_are_those_of_a_product_of_lognormals() -> None:
    """In squares: ln 2 for the quote, 1.64 (1.3 to 2.1) for the server, 1 / 0.81 (1.07 to 1.32) for the network."""
    row = own(offer(30_000, STARTED, **BARE))
    middle = float(row["cluster_mid_usd"])
    low = math.hypot(math.log(2), math.log(1.64 / 1.3), math.log(1 / 0.81 / 1.07))
    high = math.hypot(math.log(2), math.log(2.1 / 1.64), math.log(1.32 * 0.81))
    assert row["cluster_low_usd"] == pytest.approx(middle * math.exp(-low), rel=1e-3)
    assert row["cluster_high_usd"] == pytest.approx(middle * math.exp(high), rel=1e-3)


def test_of_quotes_of_both_kinds_the_bare_one_is_raised() -> None:
    """As bought the price is the root of 30,000 x 40,000; with servers that of 40,000 x 49,200."""
    row = own(offer(30_000, STARTED, **BARE), offer(40_000, STARTED))
    assert float(row["cluster_mid_usd"]) == pytest.approx(8 * (40_000 * 49_200) ** 0.5 / 0.81, rel=1e-6)


def test_one_cluster_serves_several_phases_and_models() -> None:
    """The base's 16 accelerators, and the child's 8 of the same kind and developer."""
    books = TinyLedger(
        phases=[phase("base", 1000, gpu_count=16), phase("child", 100, phase="sft", gpu_count=8)],
        edges=[edge("child", "base")],
        models=[model("base"), model("child")],
        quotes=[offer(30_000, STARTED)],
    )
    found = clusters(books)
    assert found["child", "cumulative"]["cluster_mid_usd"] == found["base", "own"]["cluster_mid_usd"]
    assert 2 * found["child", "own"]["cluster_mid_usd"] == pytest.approx(found["base", "own"]["cluster_mid_usd"])


def test_the_error_of_accelerators_of_different_kinds_is_not_the_same() -> None:
    """Two clusters of equal cost: the sum is surer than either."""
    phases = [phase(hours=1000, gpu_count=8), phase(hours=1000, phase="sft", gpu_count=8, hardware_id="other")]
    both = own(
        offer(30_000, STARTED),
        offer(30_000, STARTED, hardware_id="other"),
        phases=phases,
        hardware=[chip(), chip("other")],
    )
    one = own(offer(30_000, STARTED))
    assert both["cluster_mid_usd"] == 2 * one["cluster_mid_usd"]
    assert both["cluster_high_usd"] < 2 * one["cluster_high_usd"] * 0.95


def test_what_is_not_known_has_the_reason_of_the_purchase() -> None:
    assert own(offer(30_000), phases=[phase(hours=1000)])["cost_missing_reason"] == "gpu_count_not_disclosed"
    assert own()["cost_missing_reason"] == "no_price"


def test_a_floor_stays_one() -> None:
    row = own(
        offer(30_000, STARTED),
        phases=[phase(hours=1000, gpu_count=8), phase(hours=10, phase="sft", hardware_id="other")],
        hardware=[chip(), chip("other")],
    )
    assert (row["is_lower_bound"], row["cluster_high_usd"]) == (True, None)
