"""Which models count in which scope: each once, however they are reached."""

from __future__ import annotations

from tests.unit.costing.builders import Row, TinyLedger, edge, model


def members(model_id: str, scope: str, *edges: Row, others: tuple[str, ...] = ()) -> dict[str, int]:
    """Members of a scope with their distance, for models that stand in edges or in `others`."""
    named = {name for row in edges for name in (row["child_model_id"], row["parent_model_id"])}
    tiny = TinyLedger(models=[model(name) for name in sorted(named | {model_id, *others})], edges=edges)
    rows = [row for row in tiny.scope_members.to_dicts() if row["model_id"] == model_id and row["scope"] == scope]
    found = {row["member_model_id"]: row["distance"] for row in rows}
    assert len(found) == len(rows), "a member stands twice"
    return found


CHAIN = (edge("c", "b"), edge("b", "a"))
DIAMOND = (edge("d", "b"), edge("d", "c"), edge("b", "a"), edge("c", "a"))


class TestCumulative:
    def test_holds_the_model_itself(self) -> None:
        assert members("a", "cumulative") == {"a": 0}

    def test_walks_a_chain_to_its_end(self) -> None:
        assert members("c", "cumulative", *CHAIN) == {"c": 0, "b": 1, "a": 2}
        assert members("b", "cumulative", *CHAIN) == {"b": 0, "a": 1}

    def test_holds_an_ancestor_once_however_many_paths_lead_to_it(self) -> None:
        assert members("d", "cumulative", *DIAMOND) == {"d": 0, "b": 1, "c": 1, "a": 2}

    def test_gives_the_shortest_of_several_distances(self) -> None:
        assert members("c", "cumulative", *CHAIN, edge("c", "a", relation="data")) == {"c": 0, "b": 1, "a": 1}

    def test_holds_a_parent_once_that_gave_weights_and_data(self) -> None:
        assert members("b", "cumulative", edge("b", "a"), edge("b", "a", relation="data")) == {"b": 0, "a": 1}

    def test_leaves_out_what_does_not_count(self) -> None:
        assert members("b", "cumulative", edge("b", "a", "none", "teacher")) == {"b": 0}

    def test_does_not_walk_past_an_edge_that_does_not_count(self) -> None:
        assert members("c", "cumulative", edge("c", "b", "none", "data"), edge("b", "a")) == {"c": 0}

    def test_counts_data_and_teachers_where_the_source_says_so(self) -> None:
        assert members("c", "cumulative", edge("c", "b", relation="data"), edge("b", "a", relation="teacher")) == {
            "c": 0,
            "b": 1,
            "a": 2,
        }

    def test_keeps_a_parent_that_no_file_describes(self) -> None:
        tiny = TinyLedger(models=[model("child")], edges=[edge("child", "ghost")])
        found = tiny.scope_members.filter(scope="cumulative")
        assert found["member_model_id"].to_list() == ["child", "ghost"]

    def test_ends_in_a_cycle_of_data(self) -> None:
        cycle = (edge("a", "b", relation="data"), edge("b", "c", relation="data"), edge("c", "a", relation="data"))
        assert members("a", "cumulative", *cycle) == {"a": 0, "b": 1, "c": 2}
        assert members("c", "cumulative", *cycle) == {"c": 0, "a": 1, "b": 2}

    def test_ends_in_a_cycle_further_up(self) -> None:
        edges = (edge("child", "a"), edge("a", "b"), edge("b", "a", relation="data"))
        assert members("child", "cumulative", *edges) == {"child": 0, "a": 1, "b": 2}

    def test_of_one_of_two_siblings_leaves_the_other_out(self) -> None:
        assert members("b", "cumulative", edge("b", "a"), edge("c", "a")) == {"b": 0, "a": 1}


class TestEffort:
    def test_adds_parents_that_the_headline_includes(self) -> None:
        assert members("r1", "effort", edge("r1", "zero", "effort", "data"), edge("r1", "v3")) == {"r1": 0, "zero": 1}

    def test_goes_one_step_only(self) -> None:
        assert members("c", "effort", edge("c", "b", "effort"), edge("b", "a", "effort")) == {"c": 0, "b": 1}

    def test_is_part_of_cumulative(self) -> None:
        edges = (edge("r1", "zero", "effort", "data"), edge("r1", "v3"), edge("zero", "v3"))
        assert members("r1", "cumulative", *edges) == {"r1": 0, "zero": 1, "v3": 1}

    def test_of_an_ancestor_is_not_inherited(self) -> None:
        edges = (edge("distill", "r1"), edge("r1", "zero", "effort", "data"))
        assert members("distill", "cumulative", *edges) == {"distill": 0, "r1": 1}


class TestOwn:
    def test_is_the_model_alone(self) -> None:
        assert members("d", "own", *DIAMOND, edge("d", "x", "effort", "data")) == {"d": 0}


def test_every_model_has_all_three_scopes_and_no_other_model_has_any() -> None:
    tiny = TinyLedger(models=[model("a"), model("b")], edges=[edge("b", "ghost")])
    pairs = set(tiny.scope_members.select("model_id", "scope").iter_rows())
    assert pairs == {(name, scope) for name in "ab" for scope in ("own", "effort", "cumulative")}


def test_rows_stand_in_a_fixed_order() -> None:
    tiny = TinyLedger(models=[model(name) for name in "dcba"], edges=DIAMOND)
    rows = tiny.scope_members.select("model_id", "scope", "distance", "member_model_id").rows()
    assert rows == sorted(rows)
