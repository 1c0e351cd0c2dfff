"""What the build file keeps beside its tables, on real files: notes, rows set aside, hashes of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from pipelines.contracts.quarantine import REJECTED
from pipelines.contracts.validation import rejections
from pipelines.warehouse.store import Warehouse
from tests.unit.contracts.things import THINGS

INPUTS = pl.DataFrame({"thing_id": ["a"], "input_hash": ["1"]})


def set_aside() -> pl.DataFrame:
    """One row of THINGS that was set aside."""
    return rejections(table_name=THINGS.name, file="things.csv", line=2, check_name="type", reason="broken: mend it")


@pytest.fixture(params=["in one session", "one file at a time"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """A build file held open, and one that every write opens anew: both must say the same."""
    warehouse = Warehouse(tmp_path / "build" / "work.duckdb")
    with opening(warehouse, is_session=request.param == "in one session"):
        warehouse.write(THINGS, THINGS.empty(), REJECTED.empty())
        yield warehouse


@contextmanager
def opening(warehouse: Warehouse, *, is_session: bool) -> Iterator[None]:
    """Hold the build file open, or do not."""
    if is_session:
        with warehouse.session():
            yield
    else:
        yield


class TestNotes:
    def test_the_last_word_counts(self, opened: Warehouse) -> None:
        for word in ("old", "new", "old"):
            opened.write_all([], notes={"reference": word, "prices": "same"})
            assert opened.notes() == {"reference": word, "prices": "same"}

    def test_a_word_said_before_the_session_can_be_said_again_after_another(self, tmp_path: Path) -> None:
        warehouse = Warehouse(tmp_path / "work.duckdb")
        warehouse.write_all([], notes={"reference": "old"})
        with warehouse.session():
            warehouse.write_all([], notes={"reference": "new"})
            warehouse.write_all([], notes={"reference": "old"})
            assert warehouse.notes() == {"reference": "old"}
        warehouse.write_all([], notes={"reference": "newer"})
        assert warehouse.notes() == {"reference": "newer"}


class TestRowsSetAside:
    def test_they_go_when_the_table_is_whole_again(self, opened: Warehouse) -> None:
        opened.write(THINGS, THINGS.empty(), set_aside())
        assert opened.rejections()["reason"].to_list() == ["broken: mend it"]
        opened.write(THINGS, THINGS.empty(), set_aside())
        assert opened.rejections().height == 1
        opened.write(THINGS, THINGS.empty(), REJECTED.empty())
        assert opened.rejections().is_empty()

    def test_those_of_a_session_before_go_too(self, tmp_path: Path) -> None:
        warehouse = Warehouse(tmp_path / "work.duckdb")
        warehouse.write(THINGS, THINGS.empty(), set_aside())
        with warehouse.session():
            warehouse.write(THINGS, THINGS.empty(), REJECTED.empty())
        assert warehouse.rejections().is_empty()


class TestHashesOfInputs:
    def test_a_table_that_gives_none_loses_them(self, opened: Warehouse) -> None:
        opened.write_all([(THINGS, THINGS.empty(), None)], {THINGS: INPUTS})
        kept = opened.inputs_of(THINGS)
        assert kept is not None
        assert kept.rows() == INPUTS.rows()
        opened.write_all([(THINGS, THINGS.empty(), None)])
        assert opened.inputs_of(THINGS) is None

    def test_those_of_a_session_before_are_lost_too(self, tmp_path: Path) -> None:
        warehouse = Warehouse(tmp_path / "work.duckdb")
        warehouse.write_all([(THINGS, THINGS.empty(), None)], {THINGS: INPUTS})
        with warehouse.session():
            warehouse.write_all([(THINGS, THINGS.empty(), None)])
        assert warehouse.inputs_of(THINGS) is None
