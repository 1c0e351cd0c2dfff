"""A step makes one table from others; a workbench is where it reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.contracts.table import Contract, Table, table_of
from pipelines.contracts.validation import REJECTED, check_references, require, validate
from pipelines.paths import DataFolder
from pipelines.warehouse.publish import RELEASES, LedgerHeldError, past_releases
from pipelines.warehouse.store import Warehouse


@dataclass(frozen=True)
class Computed:
    """Rows of a table, and what was set aside on their way (contract `quality.rejected_rows`)."""

    rows: pl.DataFrame
    rejected: pl.DataFrame = field(default_factory=REJECTED.empty)


class Workbench:
    """The data folder, the build file and the day of one run; tables made in the run are kept at hand."""

    def __init__(self, folder: DataFolder, warehouse: Warehouse, as_of: date) -> None:
        """Work in `folder` on `warehouse`, pricing `rental_now` on `as_of`."""
        self.folder = folder
        self.warehouse = warehouse
        self.as_of = as_of
        self._made: dict[str, pl.DataFrame] = {}

    def begin(self) -> None:
        """Put the history the published file carries into the build, where rules compare with it.

        Raises:
            LedgerHeldError: the published file is held by somebody who writes, and the build knows no history.
        """
        known = self.warehouse.history()
        try:
            carried = past_releases(self.folder)
        except LedgerHeldError:
            if known.is_empty():
                raise
            carried = RELEASES.empty()
        both = pl.concat([known, carried]).unique("release_id", keep="last").sort("published_at", "release_id")
        self.warehouse.write(RELEASES, both)

    def note_read(self, source: str, fingerprint: str) -> None:
        """Remember what a source read; the release is said to be made from that."""
        self.warehouse.note(source, fingerprint)

    def read(self, declared: Table) -> pl.DataFrame:
        """Rows of a table: made in this run, else from the build file."""
        if declared.name not in self._made:
            self._made[declared.name] = self.warehouse.read(declared)
        return self._made[declared.name]

    def write(self, made: list[tuple[Table, Computed]]) -> None:
        """Store tables, and what was set aside on their way, in one transaction."""
        self.warehouse.write_all([(declared, computed.rows, computed.rejected) for declared, computed in made])
        self._made |= {declared.name: computed.rows for declared, computed in made}


@dataclass(frozen=True)
class Step:
    """How one table is made.

    Attributes:
        table: what is made.
        reads: what it is made from; the graph is drawn from this and nothing else is read.
        run: makes it.
        description: in one line.
        kinds: the tools, for the UI.
    """

    table: Table
    reads: tuple[Table, ...]
    run: Callable[[Workbench], Computed]
    description: str = ""
    kinds: tuple[str, ...] = ("polars", "duckdb")


def table_step(contract: type[Contract], reads: list[type[Contract]], function: Callable[..., pl.DataFrame]) -> Step:
    """A step over a pure function of frames; a row that breaks the contract refuses the table.

    Args:
        contract: of the table that is made.
        reads: contracts of the tables handed to the function, in its order.
        function: frames to the table; may take `as_of`, the day of the release, by keyword.
    """
    declared, given = table_of(contract), tuple(table_of(read) for read in reads)
    call = _caller(function)

    def run(bench: Workbench) -> Computed:
        return Computed(require(declared, call(bench, given)))

    return Step(declared, given, run, _first_line(function))


def input_step(
    contract: type[Contract],
    reads: list[type[Contract]],
    function: Callable[..., pl.DataFrame],
    *,
    joins_tables: bool = False,
) -> Step:
    """A step whose rows come from people: rows that refer to something unknown are set aside.

    Values were checked when the rows were staged, and are checked again only where rows of several tables come
    together (`joins_tables`). The tables that the contract's foreign keys name are read too.
    """
    declared, given = table_of(contract), tuple(table_of(read) for read in reads)
    parents = tuple(table for table in declared.parents if table not in given)
    call = _caller(function)

    def run(bench: Workbench) -> Computed:
        rows = call(bench, given)
        joined = validate(declared, rows) if joins_tables else Computed(rows)
        rows = joined.rows
        known = {table.name: bench.read(table) for table in (*given, *parents)} | {declared.name: rows}
        checked = check_references(declared, rows, known)
        return Computed(checked.rows, pl.concat([joined.rejected, checked.rejected]))

    return Step(declared, (*given, *parents), run, _first_line(function))


def _caller(function: Callable[..., pl.DataFrame]) -> Callable[[Workbench, tuple[Table, ...]], pl.DataFrame]:
    wants_day = "as_of" in function.__code__.co_varnames[: function.__code__.co_argcount]

    def call(bench: Workbench, given: tuple[Table, ...]) -> pl.DataFrame:
        frames = [bench.read(table) for table in given]
        return function(*frames, as_of=bench.as_of) if wants_day else function(*frames)

    return call


def _first_line(function: Callable[..., pl.DataFrame]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
