"""What is known to be missing from a figure, and that it is said wherever the figure is shown."""

from __future__ import annotations

import pytest

from tests.unit.costing.builders import Row, TinyLedger, chip, edge, market, model, phase, set_aside

TUNED = phase("tuned", 5, phase="sft")
CHILD = phase("child", 1, phase="sft")
GRANDCHILD = (edge("child", "tuned"), edge("tuned", "base"))


def told(tiny: TinyLedger, model_id: str, scope: str = "cumulative") -> tuple[bool, list[str], list[str]]:
    """Whether a figure is a lower bound, which ancestors are undisclosed, and what the flags say."""
    row = tiny.cost(model_id, scope)
    return row["is_lower_bound"], row["undisclosed_ancestors"], row["flags"]


class TestComplete:
    def test_nothing_is_said_of_a_model_that_discloses_everything(self) -> None:
        tiny = TinyLedger(phases=[phase("base", 10), TUNED], edges=[edge("tuned", "base")], quotes=market(2))
        assert told(tiny, "tuned") == (False, [], [])

    def test_nothing_is_said_of_a_teacher_that_discloses_nothing(self) -> None:
        tiny = TinyLedger(
            phases=[phase("student", 10)], edges=[edge("student", "secret", "none", "teacher")], quotes=market(2)
        )
        assert told(tiny, "student") == (False, [], [])


class TestUndisclosedAncestor:
    def test_is_named_wherever_it_stands(self) -> None:
        tiny = TinyLedger(phases=[CHILD, TUNED], edges=GRANDCHILD, models=[model("base")], quotes=market(2))
        for model_id in ("child", "tuned"):
            assert told(tiny, model_id) == (True, ["base"], ["undisclosed_ancestors"])
        assert told(tiny, "child", "own") == (False, [], [])

    def test_of_an_effort_bounds_the_effort(self) -> None:
        tiny = TinyLedger(
            phases=[phase("r1", 10)],
            edges=[edge("r1", "zero", "effort", "data")],
            models=[model("zero")],
            quotes=market(2),
        )
        assert told(tiny, "r1", "effort") == (True, ["zero"], ["undisclosed_ancestors"])

    def test_is_the_model_itself_where_only_its_base_is_known(self) -> None:
        tiny = TinyLedger(phases=[phase("base", 10)], edges=[edge("tuned", "base")], quotes=market(2))
        assert told(tiny, "tuned") == (True, ["tuned"], ["own_hours_not_disclosed"])
        assert tiny.cost("tuned", "cumulative")["gpu_hours"] == 10
        assert tiny.cost("tuned")["cost_missing_reason"] == "hours_not_disclosed"


class TestBaseUnknown:
    @pytest.mark.parametrize("stage", ["sft", "post_training", "reinforcement_learning", "distillation"])
    def test_is_said_of_a_fine_tune_without_a_base(self, stage: str) -> None:
        tiny = TinyLedger(phases=[phase(hours=5, phase=stage)], quotes=market(2))
        assert told(tiny, "model") == (True, ["model"], ["base_unknown"])
        assert told(tiny, "model", "own") == (False, [], [])

    @pytest.mark.parametrize("stage", ["pretraining", "full_training"])
    def test_is_not_said_of_a_model_that_made_its_own_weights(self, stage: str) -> None:
        tiny = TinyLedger(phases=[phase(hours=5, phase=stage), phase(hours=1, phase="sft")], quotes=market(2))
        assert told(tiny, "model") == (False, [], [])

    def test_is_said_although_a_teacher_is_named(self) -> None:
        tiny = TinyLedger(phases=[TUNED], edges=[edge("tuned", "teacher", "none", "teacher")], quotes=market(2))
        assert told(tiny, "tuned") == (True, ["tuned"], ["base_unknown"])

    def test_of_an_ancestor_bounds_every_figure_that_stands_on_it(self) -> None:
        tiny = TinyLedger(phases=[CHILD, TUNED], edges=[edge("child", "tuned")], quotes=market(2))
        is_lower_bound, undisclosed, flags = told(tiny, "child")
        assert is_lower_bound
        assert undisclosed == ["tuned"]
        assert "base_unknown" in flags

    def test_is_not_said_where_the_models_own_pretraining_has_no_hours(self) -> None:
        silent = phase(row_role="context_only", gpu_count=256)
        tiny = TinyLedger(phases=[silent, phase(hours=5, phase="sft")], quotes=market(2))
        assert told(tiny, "model") == (True, [], ["phases_without_quantity"])


class TestSetAside:
    def test_a_phase_bounds_its_model_and_every_figure_that_stands_on_it(self) -> None:
        tiny = TinyLedger(
            phases=[CHILD, TUNED, phase("base", 10)],
            edges=GRANDCHILD,
            quotes=market(2),
            rejected=[set_aside("staging.disclosures__training_phases", "base")],
        )
        assert [told(tiny, name) for name in ("base", "tuned", "child")] == [(True, [], ["set_aside"])] * 3
        assert told(tiny, "base", "own") == (True, [], ["set_aside"])
        assert told(tiny, "child", "own") == (False, [], [])

    @pytest.mark.parametrize("table", ["core.training_phases", "staging.disclosures__training_phases"])
    def test_the_only_phase_leaves_no_cost_and_says_why(self, table: str) -> None:
        tiny = TinyLedger(models=[model()], phases=[CHILD], quotes=market(2), rejected=[set_aside(table)])
        row = tiny.cost()
        assert (row["gpu_hours"], row["cost_missing_reason"]) == (None, "set_aside")

    def test_a_parent_leaves_its_edge_and_is_named(self) -> None:
        tiny = TinyLedger(phases=[TUNED], edges=[edge("tuned", "broken")], quotes=market(2))
        assert told(tiny, "tuned") == (True, ["broken"], ["set_aside", "undisclosed_ancestors"])

    def test_an_edge_bounds_its_child(self) -> None:
        tiny = TinyLedger(
            phases=[phase("tuned", 5)], quotes=market(2), rejected=[set_aside("core.model_lineage", "tuned")]
        )
        assert told(tiny, "tuned") == (True, [], ["set_aside"])
        assert told(tiny, "tuned", "own") == (False, [], [])

    def test_an_edge_bounds_every_figure_that_stands_on_its_child(self) -> None:
        tiny = TinyLedger(
            phases=[CHILD, phase("tuned", 5)],
            edges=[edge("child", "tuned")],
            quotes=market(2),
            rejected=[set_aside("core.model_lineage", "tuned")],
        )
        assert told(tiny, "child") == (True, [], ["set_aside"])

    @pytest.mark.parametrize(
        "harmless",
        [
            set_aside("core.training_phases", is_set_aside=False),
            set_aside("core.training_phases", None),
            set_aside("core.training_phases", "other"),
            set_aside("core.disclosed_quantities"),
            set_aside("core.price_quotes", None),
        ],
        ids=["kept and marked", "of no model", "of another model", "a quantity's place", "a price"],
    )
    def test_what_the_figure_does_not_depend_on_bounds_nothing(self, harmless: Row) -> None:
        tiny = TinyLedger(phases=[phase(hours=10)], quotes=market(2), rejected=[harmless])
        assert told(tiny, "model") == (False, [], [])


class TestPhaseWithoutQuantity:
    def test_of_an_ancestor_is_named_in_the_childs_figure(self) -> None:
        silent = phase("tuned", row_role="context_only", phase="reinforcement_learning")
        tiny = TinyLedger(phases=[CHILD, TUNED, silent, phase("base", 10)], edges=GRANDCHILD, quotes=market(2))
        row = tiny.cost("child", "cumulative")
        assert row["phases_without_quantity"] == ["tuned__reinforcement_learning"]
        assert told(tiny, "child") == (True, [], ["phases_without_quantity"])

    def test_is_a_primary_one_that_states_compute_on_unknown_hardware(self) -> None:
        worked = phase(training_compute_flop=1e20, hardware_id="unknown", phase="sft")
        tiny = TinyLedger(phases=[phase(hours=10), worked], quotes=market(2), hardware=[chip()])
        assert tiny.cost()["phases_without_quantity"] == ["model__sft"]
        assert told(tiny, "model", "own") == (True, [], ["phases_without_quantity"])

    @pytest.mark.parametrize("role", ["alternative", "hypothetical", "estimate", "restated_base"])
    def test_is_not_one_that_is_never_summed(self, role: str) -> None:
        beside = phase(row_role=role, phase_id="beside")
        row = TinyLedger(phases=[phase(hours=10), beside], quotes=market(2)).cost()
        assert row["phases_without_quantity"] == []
        assert not row["is_lower_bound"]


class TestEstimates:
    def test_of_an_ancestor_are_not_its_disclosure(self) -> None:
        guessed = phase("base", 57_000_000, row_role="estimate")
        tiny = TinyLedger(phases=[TUNED, guessed], edges=[edge("tuned", "base")], quotes=market(2))
        assert told(tiny, "tuned") == (True, ["base"], ["third_party_estimate", "undisclosed_ancestors"])
        assert tiny.cost("tuned", "cumulative")["gpu_hours"] == 5

    def test_beside_a_disclosure_are_not_mentioned(self) -> None:
        guessed = phase(hours=9, row_role="estimate", phase_id="guess")
        tiny = TinyLedger(phases=[phase(hours=10), guessed], quotes=market(2))
        assert told(tiny, "model", "own") == (False, [], [])


class TestFamily:
    FAMILY = model("family", covers_models=["small", "large"])

    def test_holds_the_figure_and_its_members_hold_a_floor(self) -> None:
        tiny = TinyLedger(
            phases=[phase("family", 400_000), phase("base", 10)],
            models=[self.FAMILY],
            edges=[edge("small", "base"), edge("large", "base"), edge("family", "base")],
            quotes=market(2),
        )
        assert told(tiny, "family") == (False, [], ["covers_models"])
        assert told(tiny, "small") == (True, ["small"], ["covers_models", "own_hours_not_disclosed"])
        assert [tiny.cost(name, "cumulative")["gpu_hours"] for name in ("family", "small")] == [400_010, 10]

    def test_bounds_a_member_that_discloses_something_of_its_own(self) -> None:
        tiny = TinyLedger(phases=[phase("family", 400), phase("small", 7)], models=[self.FAMILY], quotes=market(2))
        assert told(tiny, "small", "own") == (True, [], ["covers_models"])

    def test_bounds_what_stands_on_a_member(self) -> None:
        tiny = TinyLedger(
            phases=[phase("family", 400), CHILD],
            models=[self.FAMILY, model("small")],
            edges=[edge("child", "small")],
            quotes=market(2),
        )
        assert told(tiny, "child") == (True, ["small"], ["covers_models", "undisclosed_ancestors"])


class TestRestated:
    def test_figure_of_a_parent_is_not_a_disclosure_of_the_parent(self) -> None:
        printed_again = phase("tuned", 7_000_000, row_role="restated_base")
        tiny = TinyLedger(phases=[CHILD, printed_again, phase("base", 7_000_000)], edges=GRANDCHILD, quotes=market(2))
        assert tiny.cost("child", "cumulative")["gpu_hours"] == 7_000_001
        assert told(tiny, "child") == (True, ["tuned"], ["restated_base", "undisclosed_ancestors"])
