"""Which tables are older than what they are made from, and what has to be made with them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pipelines.contracts.table import TABLES, Table
from pipelines.graph.origins import content_note, following, origin, outdated, refuse_outdated, version
from pipelines.graph.tables import STEPS
from pipelines.warehouse.release import ReleaseRefusedError

STAGED, CORE, COSTS, MART = (
    TABLES[name] for name in ("staging.disclosures__models", "core.models", "core.model_costs", "marts.coverage")
)


@dataclass(frozen=True)
class Made:
    """A step as far as this is concerned."""

    table: Table
    reads: tuple[Table, ...]


CHAIN = (Made(CORE, (STAGED,)), Made(COSTS, (CORE,)), Made(MART, (COSTS, CORE)))


def built(content: str) -> dict[str, str]:
    """The notes of a build of the chain."""
    notes = {content_note(STAGED.name): content}
    for step in CHAIN:
        notes |= origin(step, notes)
    return notes


def test_a_whole_build_is_up_to_date() -> None:
    assert outdated(CHAIN, built("a")) == {}


def test_what_was_read_anew_outdates_what_is_made_of_it() -> None:
    notes = built("a") | {content_note(STAGED.name): "b"}
    assert outdated(CHAIN, notes) == {CORE.name: [STAGED.name]}
    notes |= origin(CHAIN[0], notes)
    assert outdated(CHAIN, notes) == {COSTS.name: [CORE.name], MART.name: [CORE.name]}
    notes |= origin(CHAIN[2], notes)
    assert outdated(CHAIN, notes) == {COSTS.name: [CORE.name]}, "the mart was made of old costs, which are named"
    notes |= origin(CHAIN[1], notes)
    assert outdated(CHAIN, notes) == {MART.name: [COSTS.name]}


def test_making_a_table_again_from_the_same_outdates_nothing() -> None:
    notes = built("a")
    assert outdated(CHAIN, notes | origin(CHAIN[0], notes)) == {}
    there_and_back = built("b") | built("a")
    assert outdated(CHAIN, there_and_back) == {}


def test_a_build_without_notes_is_outdated_as_a_whole() -> None:
    assert outdated(CHAIN, {}) == {
        CORE.name: [STAGED.name],
        COSTS.name: [CORE.name],
        MART.name: [COSTS.name, CORE.name],
    }
    assert version(CORE.name, {}) == ""


def test_what_follows_a_table_is_all_that_is_made_of_it() -> None:
    assert following([COSTS.name], CHAIN) == {COSTS.name, MART.name}
    assert following([STAGED.name], reversed(CHAIN)) == {STAGED.name, CORE.name, COSTS.name, MART.name}
    assert "history.releases" in following([STAGED.name], STEPS)


def test_a_refusal_names_the_tables_and_the_remedy() -> None:
    refuse_outdated({})
    with pytest.raises(ReleaseRefusedError) as refused:
        refuse_outdated({f"core.t{number}": ["staging.x"] for number in range(7)})
    said = str(refused.value)
    assert "core.t0 (older than staging.x)" in said
    assert "and 2 more" in said
    assert 'key:"core/t0"+ or key:"core/t1"+' in said
    assert "costledger run" in said
