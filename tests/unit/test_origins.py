"""Which tables are older than what they are made from, and what has to be made with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from pipelines.contracts.table import TABLES, Table
from pipelines.graph.origins import content_note, day_of, following, origin, outdated, refuse_outdated, version
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
    takes_day: bool = False


DAY, NEXT = date(2026, 11, 23), date(2026, 11, 24)
CHAIN = (Made(CORE, (STAGED,)), Made(COSTS, (CORE,), takes_day=True), Made(MART, (COSTS, CORE)))


def built(content: str) -> dict[str, str]:
    """The notes of a build of the chain."""
    notes = {content_note(STAGED.name): content}
    for step in CHAIN:
        notes |= origin(step, notes, DAY)
    return notes


def test_a_whole_build_is_up_to_date() -> None:
    assert outdated(CHAIN, built("a")) == {}


def test_what_was_read_anew_outdates_what_is_made_of_it() -> None:
    notes = built("a") | {content_note(STAGED.name): "b"}
    assert outdated(CHAIN, notes) == {CORE.name: [STAGED.name]}
    notes |= origin(CHAIN[0], notes, DAY)
    assert outdated(CHAIN, notes) == {COSTS.name: [CORE.name], MART.name: [CORE.name]}
    notes |= origin(CHAIN[2], notes, DAY)
    assert outdated(CHAIN, notes) == {COSTS.name: [CORE.name]}, "the mart was made of old costs, which are named"
    notes |= origin(CHAIN[1], notes, DAY)
    assert outdated(CHAIN, notes) == {MART.name: [COSTS.name]}


def test_a_table_priced_on_another_day_than_asked_is_outdated() -> None:
    notes = built("a")
    assert day_of(CHAIN, notes) == DAY
    assert outdated(CHAIN, notes, DAY) == {}
    assert outdated(CHAIN, notes, NEXT) == {COSTS.name: ["the prices of 2026-11-24"]}
    notes |= origin(CHAIN[1], notes, NEXT)
    assert outdated(CHAIN, notes, NEXT) == {MART.name: [COSTS.name]}
    assert day_of(CHAIN, notes) == NEXT
    assert day_of(CHAIN, {}) is None


def test_making_a_table_again_from_the_same_outdates_nothing() -> None:
    notes = built("a")
    assert outdated(CHAIN, notes | origin(CHAIN[0], notes, DAY)) == {}
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
