"""Sums over the members of a scope, and what cannot be summed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from tests.unit.costing.builders import (
    STARTED,
    Row,
    TinyLedger,
    chip,
    edge,
    market,
    model,
    offer,
    phase,
    rental,
    set_aside,
)

R1_STORY = TinyLedger(
    phases=[
        phase("v3", 2_664_000, stated_price=2, gpu_count=2048),
        phase("v3", 119_000, stated_price=2, phase="context_extension"),
        phase("v3", 5_000, stated_price=2, phase="post_training"),
        phase("zero", 101_376, stated_price=2, phase="reinforcement_learning", gpu_count=512),
        phase("r1", 40_960, stated_price=2, phase="reinforcement_learning", gpu_count=512),
        phase("r1", 5_000, stated_price=2, phase="synthetic_data_generation"),
    ],
    edges=[
        edge("zero", "v3"),
        edge("r1", "v3"),
        edge("r1", "zero", "effort", "data"),
        edge("v3", "r1", "none", "data"),
    ],
    quotes=[*market("3.42"), offer(33800), offer(44750)],
)


class TestSums:
    @pytest.mark.parametrize(
        ("scope", "hours", "cost", "phases"),
        [("own", 45_960, 91_920, 2), ("effort", 147_336, 294_672, 3), ("cumulative", 2_935_336, 5_870_672, 6)],
    )
    def test_tell_the_story_of_r1(self, scope: str, hours: int, cost: int, phases: int) -> None:
        row = R1_STORY.cost("r1", scope, "disclosed")
        assert (row["gpu_hours"], row["cost_mid_usd"], row["phase_count"]) == (hours, cost, phases)
        assert (row["gpu_hours_low"], row["gpu_hours_high"]) == (hours, hours)
        assert (row["cost_low_usd"], row["cost_high_usd"]) == (cost, cost)
        assert not row["is_lower_bound"]

    def test_are_exact_where_floats_are_not(self) -> None:
        cents = [phase(hours="0.1", stated_price=1, phase_id=f"part-{number}", phase="sft") for number in range(10)]
        row = TinyLedger(phases=cents).cost(price_basis="disclosed")
        assert (row["gpu_hours"], row["cost_mid_usd"]) == (1, 1)

    def test_add_low_ends_and_high_ends(self) -> None:
        row = TinyLedger(phases=[phase(low=100, high=400), phase(hours=50, phase="sft")], quotes=market(2)).cost()
        assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == (150, 250, 450)
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (300, 500, 900)

    def test_take_primary_rows_only(self) -> None:
        roles = ("alternative", "restated_base", "hypothetical", "estimate", "context_only")
        extra = [phase(hours=1000, row_role=role, phase_id=f"model__{role}", gpu_count=9) for role in roles]
        row = TinyLedger(phases=[phase(hours=10), *extra], quotes=[*market(2), offer(100)]).cost()
        assert (row["gpu_hours"], row["cost_mid_usd"], row["phase_count"]) == (10, 20, 1)

    def test_count_an_ancestor_once_that_two_paths_lead_to(self) -> None:
        tiny = TinyLedger(
            phases=[phase(name, hours) for name, hours in (("d", 1), ("b", 10), ("c", 100), ("a", 1000))],
            edges=[edge("d", "b"), edge("d", "c"), edge("b", "a"), edge("c", "a")],
            quotes=market(1),
        )
        assert tiny.cost("d", "cumulative")["gpu_hours"] == 1111

    def test_do_not_add_teachers(self) -> None:
        tiny = TinyLedger(
            phases=[phase("student", 86_000), phase("teacher", 7_000_000)],
            edges=[edge("student", "teacher", "none", "teacher")],
            quotes=market(1),
        )
        assert tiny.cost("student", "cumulative")["gpu_hours"] == 86_000

    def test_of_a_cycle_count_each_member_once(self) -> None:
        tiny = TinyLedger(
            phases=[phase("v3", 100), phase("r1", 1)],
            edges=[edge("r1", "v3"), edge("v3", "r1", relation="data")],
            quotes=market(1),
        )
        assert [tiny.cost(name, "cumulative")["gpu_hours"] for name in ("r1", "v3")] == [101, 101]

    def test_have_ends_in_whole_cents(self) -> None:
        phases = [phase(hours=h, phase_id=f"p{h}", phase="sft") for h in ("0.1", "0.2", "0.4")]
        assert TinyLedger(phases=phases, quotes=market(1)).cost()["cost_low_usd"] == 0.7

    def test_collect_the_flags_of_their_phases(self) -> None:
        assumed = TinyLedger(
            phases=[phase(low=1, high=2), phase(hours=1, phase="sft", started_on=None)], quotes=market(2)
        )
        assert assumed.cost()["flags"] == ["assumed_run_time", "assumed_start", "range_disclosed"]


class TestPurchase:
    """One cluster serves several phases: what is bought once is not bought twice."""

    @pytest.mark.parametrize("scope", ["own", "cumulative"])
    def test_of_v3_is_2048_accelerators_bought_once(self, scope: str) -> None:
        row = R1_STORY.cost("v3", scope, "purchase")
        assert row["cost_low_usd"] == pytest.approx(2048 * 33_800)
        assert row["cost_high_usd"] == pytest.approx(2048 * 44_750)
        assert row["cost_mid_usd"] == 2048 * Decimal("38891.52")
        assert row["flags"] == ["gpu_count_partly_disclosed"]

    def test_of_r1_is_v3s_cluster_and_not_512_more(self) -> None:
        assert R1_STORY.cost("r1", "own", "purchase")["cost_low_usd"] == pytest.approx(512 * 33_800)
        assert R1_STORY.cost("r1", "effort", "purchase")["cost_low_usd"] == pytest.approx(512 * 33_800)
        assert R1_STORY.cost("r1", "cumulative", "purchase")["cost_low_usd"] == pytest.approx(2048 * 33_800)

    def test_takes_the_largest_number_a_phase_used_at_once(self) -> None:
        phases = [phase(hours=1, gpu_count=count, phase_id=f"p{count}", phase="sft") for count in (64, 512, 8)]
        assert TinyLedger(phases=phases, quotes=[offer(100)]).cost(price_basis="purchase")["cost_mid_usd"] == 51_200

    def test_adds_over_hardware_types(self) -> None:
        tiny = TinyLedger(
            phases=[phase(hours=1, gpu_count=8), phase(hours=1, gpu_count=32, phase="sft", hardware_id="small")],
            hardware=[chip(), chip("small")],
            quotes=[offer(100), offer(10, hardware_id="small")],
        )
        assert tiny.cost(price_basis="purchase")["cost_mid_usd"] == 800 + 320

    def test_adds_over_developers_who_do_not_share_a_cluster(self) -> None:
        tiny = TinyLedger(
            phases=[phase("base", 1, gpu_count=64), phase("tune", 1, gpu_count=8, phase="sft")],
            models=[model("base", developer="Lab"), model("tune", developer="Shop")],
            edges=[edge("tune", "base")],
            quotes=[offer(100)],
        )
        assert tiny.cost("tune", "cumulative", "purchase")["cost_mid_usd"] == 7200

    def test_of_the_largest_cluster_takes_that_runs_price(self) -> None:
        phases = [phase(hours=1, gpu_count=64), phase(hours=1, gpu_count=8, phase="sft", started_on=date(2020, 1, 1))]
        quotes = [offer(100), offer(900, date(2019, 1, 1))]
        row = TinyLedger(phases=phases, quotes=quotes).cost(price_basis="purchase")
        assert row["cost_mid_usd"] == 6400

    def test_is_unknown_where_no_number_is_disclosed(self) -> None:
        row = TinyLedger(phases=[phase(hours=7)], quotes=[offer(100)]).cost(price_basis="purchase")
        assert (row["cost_mid_usd"], row["cost_missing_reason"]) == (None, "gpu_count_not_disclosed")
        assert (row["gpu_hours"], row["unpriced_gpu_hours"]) == (7, 7)

    def test_is_partly_priced_where_one_type_has_no_offer_or_no_number(self) -> None:
        for other in (
            phase(hours=5, phase="sft", hardware_id="rare", gpu_count=4),
            phase(hours=5, phase="sft", hardware_id="small"),
        ):
            tiny = TinyLedger(
                phases=[phase(hours=1, gpu_count=8), other],
                hardware=[chip(), chip("rare"), chip("small")],
                quotes=[offer(100), offer(10, hardware_id="small")],
            )
            row = tiny.cost(price_basis="purchase")
            assert (row["cost_mid_usd"], row["unpriced_gpu_hours"]) == (800, 5)
            assert row["is_lower_bound"]
            assert "partly_priced" in row["flags"]

    def test_is_partly_priced_where_a_phase_names_no_hardware(self) -> None:
        phases = [phase(hours=1, gpu_count=8), phase(hours=5, phase="sft", hardware_id=None, gpu_count=4)]
        row = TinyLedger(phases=phases, quotes=[offer(100)]).cost(price_basis="purchase")
        assert (row["is_lower_bound"], row["unpriced_gpu_hours"]) == (True, 5)

    def test_of_eight_accelerators_below_an_undisclosed_cluster_is_a_lower_bound(self) -> None:
        tiny = TinyLedger(
            phases=[phase("base", 30_840_000), phase("tune", 8, gpu_count=8, phase="sft")],
            edges=[edge("tune", "base")],
            quotes=[offer(100)],
        )
        row = tiny.cost("tune", "cumulative", "purchase")
        assert row["cost_mid_usd"] == 800
        assert row["is_lower_bound"]


class TestGrid:
    def test_has_a_row_for_every_model_scope_and_basis(self) -> None:
        tiny = TinyLedger(phases=[phase("a", 1)], models=[model("silent")], edges=[edge("b", "ghost")])
        keys = tiny.model_costs.select("model_id", "scope", "price_basis").rows()
        assert keys == sorted(
            (name, scope, basis) for name in ("a", "b", "silent") for scope in COST_SCOPE for basis in PRICE_BASIS
        )

    @pytest.mark.parametrize("phases", [[], [phase(hours=9, row_role="estimate")]], ids=["no phase", "an estimate"])
    def test_has_these_rows_even_where_no_phase_is_summed(self, phases: list[Row]) -> None:
        tiny = TinyLedger(phases=phases, models=[model()])
        assert tiny.model_costs.height == len(COST_SCOPE) * len(PRICE_BASIS)


class TestUnpriced:
    def test_hours_are_counted_by_basis(self) -> None:
        tiny = TinyLedger(
            phases=[phase(hours=100, stated_price=2), phase(hours=7, phase="sft", hardware_id="rare")],
            hardware=[chip(), chip("rare")],
            quotes=market(3),
        )
        assert tiny.cost(price_basis="disclosed")["unpriced_gpu_hours"] == 7
        assert tiny.cost(price_basis="rental")["unpriced_gpu_hours"] == 7
        assert tiny.cost(price_basis="purchase")["unpriced_gpu_hours"] == 107

    def test_hours_of_a_lower_end_are_counted_with_it(self) -> None:
        row = TinyLedger(phases=[phase(low=40)]).cost()
        assert (row["cost_missing_reason"], row["unpriced_gpu_hours"]) == ("no_price", 40)

    def test_hours_known_only_from_above_leave_a_sum_partly_priced(self) -> None:
        tiny = TinyLedger(
            phases=[phase(hours=100), phase(high=40, phase="sft", hardware_id="rare")],
            hardware=[chip(), chip("rare")],
            quotes=market(3),
        )
        assert "partly_priced" in tiny.cost()["flags"]


class TestOneSided:
    def test_a_lower_end_among_points_makes_a_floor(self) -> None:
        row = TinyLedger(phases=[phase(hours=100), phase(low=40, phase="sft")], quotes=market(2)).cost()
        assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == (140, 140, None)
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (280, 280, None)
        assert row["is_lower_bound"]

    def test_an_upper_end_among_points_makes_a_floor_of_the_points(self) -> None:
        row = TinyLedger(phases=[phase(hours=100), phase(high=40, phase="sft")], quotes=market(2)).cost()
        assert (row["gpu_hours_low"], row["gpu_hours"]) == (100, 100)
        assert (row["cost_low_usd"], row["cost_mid_usd"]) == (200, 200)
        assert row["is_lower_bound"]

    def test_lower_ends_alone_add_up_without_a_middle(self) -> None:
        row = TinyLedger(phases=[phase(low=100), phase(low=40, phase="sft")], quotes=market(2)).cost()
        assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == (140, None, None)
        assert row["is_lower_bound"]

    @pytest.mark.parametrize(
        "unknown",
        [
            {"edges": [edge("model", "silent")], "models": [model("silent")]},
            {"rejected": [set_aside("core.training_phases")]},
            {"phases": [phase(high=100), phase(phase="sft", row_role="context_only")]},
        ],
        ids=["an undisclosed base", "a phase set aside", "a phase without quantity"],
    )
    def test_an_upper_end_over_something_unknown_bounds_nothing_and_says_so(self, unknown: Row) -> None:
        tiny = TinyLedger(**{"phases": [phase(high=100)], "quotes": market(2), **unknown})
        row = tiny.cost(scope="cumulative")
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (None, None, None)
        assert row["cost_missing_reason"] is not None
        assert tiny.checked() is tiny

    def test_upper_ends_alone_are_a_ceiling(self) -> None:
        row = TinyLedger(phases=[phase(high=100)], quotes=market(2)).cost()
        assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == (None, None, 100)
        assert not row["is_lower_bound"]


class TestEstimatesFromCompute:
    def test_are_costed_as_a_range_with_their_flag(self) -> None:
        worked = phase(training_compute_flop=1000 * 3600 * 1e15 * 0.375)
        row = TinyLedger(phases=[worked], quotes=[rental(2), *market(2)]).cost()
        assert row["gpu_hours"] == 1000
        assert row["cost_low_usd"] == pytest.approx(2 * 576.9231, abs=0.01)
        assert row["cost_high_usd"] == pytest.approx(7500, abs=0.01)
        assert row["flags"] == ["assumed_utilization"]


def test_the_start_used_stands_in_the_row() -> None:
    assert R1_STORY.phase_cost("v3__pretraining")["started_on"] == STARTED
