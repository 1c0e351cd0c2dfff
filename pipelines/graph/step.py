"""A step makes one table from others; a workbench is where it reads and writes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import TypeVar, cast

import polars as pl

from pipelines.contracts.core import ExchangeRates, ModelCosts, ModelLineage, PriceQuotes, Sources, TrainingPhases
from pipelines.contracts.history import PastExchangeRates, PastModelLineage, PastTrainingPhases
from pipelines.contracts.quality import CostChanges, Releases
from pipelines.contracts.table import Contract, Table, table_of
from pipelines.contracts.validation import REJECTED, ContractBrokenError, check_references, require, validate
from pipelines.costing.evidence import INPUT_HASH, Recomputable
from pipelines.fingerprint import code_fingerprint, content_fingerprints
from pipelines.graph.origins import content_note, origin
from pipelines.paths import DataFolder
from pipelines.sources.source import Reading, Source
from pipelines.warehouse.publish import Edition, past_tables
from pipelines.warehouse.store import TableMissingError, Warehouse

Made = TypeVar("Made")

RELEASES, CHANGES = table_of(Releases), table_of(CostChanges)
CARRIED = tuple(
    table_of(contract)
    for contract in (
        Releases,
        CostChanges,
        Sources,
        PriceQuotes,
        TrainingPhases,
        ModelLineage,
        ExchangeRates,
        PastTrainingPhases,
        PastModelLineage,
        PastExchangeRates,
        ModelCosts,
    )
)
"""Tables of the last release from which history goes on, and with which the new costs are compared."""


@dataclass(frozen=True)
class Computed:
    """Rows of a table, and what was set aside on their way (contract `quality.rejected_rows`).

    Attributes:
        rows: all of them.
        rejected: what was set aside.
        inputs: for a table that is computed in part, the key of every row and the hash of what it depends on.
        recomputed: how many of the rows were computed and not kept from the build before; None for all.
        stands: whether the table is the one the build before left, row for row, and need not be written.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame = field(default_factory=REJECTED.empty)
    inputs: pl.DataFrame | None = None
    recomputed: int | None = None
    stands: bool = False


@dataclass(frozen=True)
class Batch:
    """Tables that are stored in one transaction.

    Attributes:
        tables: each with its rows.
        notes: what is to be noted of them.
    """

    tables: list[tuple[Table, Computed]]
    notes: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """A table as the build before left it: its rows, and for each key the hash of what it depends on."""

    rows: pl.DataFrame
    inputs: pl.DataFrame


@dataclass(frozen=True)
class Renewal:
    """How much of a table a run had to compute."""

    table_name: str
    recomputed_row_count: int
    row_count: int


class Workbench:
    """The data folder, the build file and the day of one run; tables made in the run are kept at hand."""

    def __init__(self, folder: DataFolder, warehouse: Warehouse, as_of: date, *, is_full: bool = False) -> None:
        """Work in `folder` on `warehouse`, pricing `rental_now` on `as_of`.

        `is_full` computes every row again, whatever the build before left.
        """
        self.folder = folder
        self.warehouse = warehouse
        self.as_of = as_of
        self.is_full = is_full
        self.renewals: list[Renewal] = []
        self.moment = datetime.now(UTC)
        self.edition = Edition(folder)
        self._made: dict[str, pl.DataFrame] = {}
        self._aside: dict[str, pl.DataFrame] = {}
        self._past: dict[str, pl.DataFrame] = {}
        self._notes: dict[str, str] | None = None
        self._shared: dict[Callable[..., object], tuple[list[pl.DataFrame], object]] = {}
        self._sharing = Lock()

    def begin(self) -> None:
        """Take the history that the published file carries; rules compare with its releases.

        Raises:
            LedgerHeldError: the published file is held by somebody who writes.
        """
        self._past = past_tables(self.folder, CARRIED) or {}
        known = pl.concat([self.warehouse.history(), self.past(RELEASES)])
        releases = known.unique("release_id", keep="last").sort("published_at", "release_id")
        last = releases["published_at"].max()
        now = datetime.now(UTC)
        self.moment = max(now, last + timedelta(microseconds=1)) if isinstance(last, datetime) else now
        self.warehouse.write_all([(RELEASES, releases, None), (CHANGES, self.past(CHANGES), None)])

    def past(self, declared: Table) -> pl.DataFrame:
        """Rows of a table in the last release; none where nothing is published."""
        return self._past.get(declared.name, declared.empty())

    def take_notes(self) -> dict[str, str]:
        """Every word kept about the build, as the build before left them."""
        self._notes = self.warehouse.notes()
        return self._notes

    @property
    def notes(self) -> dict[str, str]:
        """The same, with what this run added."""
        return self.take_notes() if self._notes is None else self._notes

    def notes_of(self, source: Source, fingerprint: str, reading: Reading, made: Collection[str]) -> dict[str, str]:
        """What to note of the staging tables that are made; a release is said to be made from that.

        Args:
            source: what was read.
            fingerprint: hash of its files.
            reading: what was in them.
            made: names of the staging tables that were made of it. The source counts as read when all its tables are
                as in this reading, whenever they were made.
        """
        found = content_fingerprints(source, reading)
        new = {content_note(name): found[name] for name in made}
        held = self.notes | new
        if all(held.get(content_note(name)) == content for name, content in found.items()):
            new |= {source.name: fingerprint}
        return new

    def read(self, declared: Table) -> pl.DataFrame:
        """Rows of a table: made in this run, else from the build file."""
        if declared.name not in self._made:
            self._made[declared.name] = self.warehouse.read(declared)
        return self._made[declared.name]

    def gone(self, tables: Iterable[Table]) -> dict[str, pl.Series]:
        """Ids of records that were set aside on their way to core tables, by table, as far as this run made them."""
        found = {}
        for declared in tables:
            ways = [
                rejected.filter("is_set_aside").select(pl.coalesce("record_id", "model_id")).to_series().drop_nulls()
                for name, rejected in list(self._aside.items())
                if rejected.height and (name == declared.name or name.endswith(f"__{declared.table_name}"))
            ]
            found[declared.name] = pl.concat(ways) if ways else pl.Series([], dtype=pl.String)
        return found

    def shared(self, make: Callable[..., Made], tables: Iterable[Table]) -> Made:
        """What a function makes of tables, where several tables are parts of it: made once while they are the same."""
        given = [self.read(table) for table in tables]
        with self._sharing:
            before, made = self._shared.get(make, ([], None))
            if len(before) != len(given) or any(one is not other for one, other in zip(before, given, strict=True)):
                made = make(*given)
                self._shared[make] = given, made
            return cast("Made", made)

    def kept(self, declared: Table) -> Kept | None:
        """A table as the build before left it; None where it must be computed in full."""
        if self.is_full:
            return None
        inputs = self.warehouse.inputs_of(declared)
        try:
            return None if inputs is None else Kept(self.warehouse.read(declared), inputs)
        except (TableMissingError, ContractBrokenError, pl.exceptions.PolarsError):  # left by other code
            return None

    def make(self, step: Step) -> Computed:
        """Run a step and store its table, with what it was made from."""
        batch = self.computed(step)
        self.save(batch)
        return batch.tables[0][1]

    def computed(self, step: Step) -> Batch:
        """The table of a step and what it was made from, to be stored."""
        return Batch([(step.table, step.run(self))], origin(step, self.notes, self.as_of))

    def save(self, batch: Batch) -> None:
        """Store tables, and have them at hand."""
        self.store(batch)
        self.keep(batch)

    def keep(self, batch: Batch) -> None:
        """Have tables at hand for what is made from them."""
        self.notes.update(batch.notes)
        self._made |= {declared.name: computed.rows for declared, computed in batch.tables}
        self._aside |= {declared.name: computed.rejected for declared, computed in batch.tables}
        self.renewals += [
            Renewal(declared.name, computed.recomputed, computed.rows.height)
            for declared, computed in batch.tables
            if computed.recomputed is not None
        ]

    def store(self, batch: Batch) -> None:
        """Store tables, what was set aside on their way and what is to be noted of them, in one transaction."""
        changed = [(declared, computed) for declared, computed in batch.tables if not computed.stands]
        self.warehouse.write_all(
            [(declared, computed.rows, computed.rejected) for declared, computed in changed],
            {declared: computed.inputs for declared, computed in changed if computed.inputs is not None},
            batch.notes,
        )


@dataclass(frozen=True)
class Step:
    """How one table is made.

    Attributes:
        table: what is made.
        reads: what it is made from; the graph is drawn from this and nothing else is read.
        run: makes it.
        also: tables that are made with it, in the same transaction.
        description: in one line.
        kinds: the tools, for the UI.
        takes_day: whether it depends on the day that is priced.
        asks_file: whether it asks the build file, so that what it reads must be stored and not only at hand.
    """

    table: Table
    reads: tuple[Table, ...]
    run: Callable[[Workbench], Computed]
    description: str = ""
    kinds: tuple[str, ...] = ("polars", "duckdb")
    also: tuple[Table, ...] = ()
    takes_day: bool = False
    asks_file: bool = False


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

    return Step(declared, given, run, _first_line(function), takes_day=_takes_day(function))


def incremental_step(
    contract: type[Contract], reads: list[type[Contract]], function: Callable[..., Recomputable]
) -> Step:
    """A step that keeps the rows of the build before whose inputs are the same, and computes the others.

    Args:
        contract: of the table that is made.
        reads: contracts of the tables handed to the function, in its order.
        function: frames to what each row depends on and how to compute it; takes `code`, and may take `as_of`.
    """
    declared, given = table_of(contract), tuple(table_of(read) for read in reads)
    call = _caller(function)

    def run(bench: Workbench) -> Computed:
        return renewed(declared, call(bench, given), bench.kept(declared))

    return Step(declared, given, run, _first_line(function), takes_day=_takes_day(function))


def renewed(declared: Table, work: Recomputable, kept: Kept | None) -> Computed:
    """A table of which only those rows are computed whose inputs changed.

    Args:
        declared: the table.
        work: what each row depends on now, and how to compute it.
        kept: what the build before left; nothing computes all.

    Raises:
        ContractBrokenError: a computed row breaks the contract, or the rows are not those that were asked for.
    """
    key = list(declared.key)
    stale = work.inputs if kept is None else work.inputs.join(kept.inputs, on=[*key, INPUT_HASH], how="anti")
    fresh = require(declared, work.compute(stale.select(key))) if stale.height else declared.empty()
    rows = fresh
    if kept is not None:
        unchanged = work.inputs.join(stale, on=key, how="anti")
        rows = pl.concat([kept.rows.join(unchanged, on=key, how="semi"), fresh]).sort(key)
    if rows.height != work.inputs.height:
        raise ContractBrokenError(
            f"{declared.name}: {work.inputs.height} rows were to be made, and there are {rows.height}: "
            "build in full with `costledger run --force`"
        )
    stands = kept is not None and stale.is_empty() and kept.rows.height == rows.height
    return Computed(rows, inputs=work.inputs, recomputed=stale.height, stands=stands)


def input_step(
    contract: type[Contract],
    reads: list[type[Contract]],
    function: Callable[..., pl.DataFrame],
    *,
    joins_tables: bool = False,
) -> Step:
    """A step whose rows come from people: rows that refer to something unknown are set aside.

    Values were checked when the rows were staged, and are checked again only where rows of several tables come
    together (`joins_tables`) and not all of them are the first's. The tables that the contract's foreign keys name are
    read too.
    """
    declared, given = table_of(contract), tuple(table_of(read) for read in reads)
    parents = tuple(table for table in declared.parents if table not in given)
    call = _caller(function)

    def run(bench: Workbench) -> Computed:
        rows = call(bench, given)
        is_checked = not joins_tables or rows is bench.read(given[0])
        joined = Computed(rows) if is_checked else validate(declared, rows)
        rows = joined.rows
        known = {table.name: bench.read(table) for table in (*given, *parents)} | {declared.name: rows}
        checked = check_references(declared, rows, known, bench.gone([*given, *parents, declared]))
        return Computed(checked.rows, pl.concat([joined.rejected, checked.rejected]))

    return Step(declared, (*given, *parents), run, _first_line(function), takes_day=_takes_day(function))


def _caller(function: Callable[..., Made]) -> Callable[[Workbench, tuple[Table, ...]], Made]:
    """A call of a function with the tables it reads, and with the day and the code if it takes them."""
    taken = inspect.signature(function).parameters

    def call(bench: Workbench, given: tuple[Table, ...]) -> Made:
        frames = [bench.read(table) for table in given]
        besides: dict[str, date | str] = {"as_of": bench.as_of, "code": code_fingerprint()}
        return function(*frames, **{name: value for name, value in besides.items() if name in taken})

    return call


def _takes_day(function: Callable[..., object]) -> bool:
    return "as_of" in inspect.signature(function).parameters


def _first_line(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
