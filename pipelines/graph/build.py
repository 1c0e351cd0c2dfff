"""Run the whole graph in this process and publish."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from itertools import chain

from pipelines.contracts.derive import public_tables
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES, Table
from pipelines.graph.history import PAST as PAST_VERSIONS
from pipelines.graph.step import Batch, Renewal, Step, Workbench
from pipelines.graph.tables import CHECKED, INPUTS, RELEASE, STEPS, read_source
from pipelines.paths import DataFolder
from pipelines.sources import SOURCES
from pipelines.sources.source import Source
from pipelines.warehouse.store import Warehouse

WORKERS = min(4, (os.cpu_count() or 1) + 1)
"""DuckDB and polars work while Python does not: more steps than that side by side gain nothing."""


BYTES_OF_AN_ORDINARY_TASK = 2**21
"""As much as is read in the time of an ordinary task."""


def ordered(steps: tuple[Step, ...]) -> list[Step]:
    """Steps so that each stands after what it reads.

    Raises:
        graphlib.CycleError: a table is made from itself.
    """
    by_name = {step.table.name: step for step in steps}
    edges = {name: [read.name for read in step.reads] for name, step in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(edges).static_order() if name in by_name]


def build(folder: DataFolder, as_of: date, *, is_full: bool = False) -> list[Renewal]:
    """Read every source, compute every table, check them and publish.

    Args:
        folder: the data folder to read and to publish in.
        as_of: the day `rental_now` is priced on.
        is_full: compute every cost again, whatever the build before left.

    Returns:
        How many of the costs had to be computed.

    Raises:
        ReleaseRefusedError: a blocking check failed; the last release stays.
        ContractBrokenError: a computed table breaks its contract; the last release stays.
        WarehouseBusyError: another build holds the folder.
    """
    warehouse = Warehouse(folder.work)
    bench = Workbench(folder, warehouse, as_of, is_full=is_full)
    waiting: dict[str, Batch] = {}
    with warehouse.session(), bench.edition:
        bench.take_notes()  # tasks add to them, side by side
        try:
            run_all(_tasks(bench, waiting))
        except Exception:  # whatever it is goes on, once what was set aside is stored: that may be why a step failed
            for batch in waiting.values():
                bench.store(batch)
            raise
    order = [step.table.name for step in STEPS]
    return sorted(bench.renewals, key=lambda renewal: order.index(renewal.table_name))


@dataclass(frozen=True)
class Task:
    """A piece of the build.

    Attributes:
        makes: names of tables.
        reads: names of tables that other tasks make.
        run: does it.
        weight: how long it takes, against an ordinary one.
    """

    makes: tuple[str, ...]
    reads: tuple[str, ...]
    run: Callable[[], object]
    weight: float = 1.0


PAST, EARLY = "the past", ("early inputs", "large tables", "early tables")
"""Tasks that make no table."""

LONGEST = "core.scenario_costs"
"""Takes longest to make. While it is made, what does not stand on it is copied into the release."""

LARGE = ("core.epoch_models", "core.epoch_costs")
"""Take longest to copy."""

WEIGHTS = {
    LONGEST: 8.0,
    "core.epoch_costs": 8.0,
    "marts.method_comparison": 6.0,
    "marts.scenario_costs": 4.0,
    CHECKED.table.name: 4.0,
    EARLY[0]: 3.0,
    EARLY[1]: 8.0,
    EARLY[2]: 12.0,
}
"""How long a task takes, in times of an ordinary one; what much waits for goes first."""

STORING = 0.3
"""The weight of storing a table."""


def _tasks(bench: Workbench, waiting: dict[str, Batch]) -> list[Task]:
    """All there is to do.

    Args:
        bench: where.
        waiting: gets the tables that are made and not stored yet, by the name of the first of them.
    """

    def reading(source: Source) -> Iterator[Task]:
        names = tuple(name for table in source.tables for name in (table.name, raw_of(table).name))
        size = sum(path.stat().st_size for path in source.paths(bench.folder.root) if path.exists())
        weight = 1.0 + size / BYTES_OF_AN_ORDINARY_TASK
        return both(names, (), lambda: read_source(source, bench, set(names)), weight)

    def making(step: Step) -> Iterator[Task]:
        read = _stored(_names(step.reads)) if step.asks_file else _names(step.reads)
        reads = (PAST, *read, *(EARLY if step is RELEASE else ()))
        return both((step.table.name,), reads, lambda: bench.computed(step), WEIGHTS.get(step.table.name, 1.0))

    def both(
        names: tuple[str, ...], reads: tuple[str, ...], make: Callable[[], Batch], weight: float
    ) -> Iterator[Task]:
        """Two tasks, for what is made from tables need not wait until they are stored."""

        def compute() -> None:
            waiting[names[0]] = batch = make()
            bench.keep(batch)

        yield Task(names, reads, compute, weight)
        yield Task(_stored(names), names, lambda: bench.store(waiting.pop(names[0])), STORING)

    def copying(name: str, after: tuple[str, ...], tables: list[Table]) -> Task:
        def put() -> None:
            bench.edition.put(tables, bench.read, is_written_out=name == EARLY[-1])

        return Task((name,), (*after, *_names(tables)), put, WEIGHTS[name])

    begin = Task((PAST,), (), bench.begin)
    early, given = _early_tables(), {step.table for step in (*INPUTS, *PAST_VERSIONS)}
    copies = (
        copying(EARLY[0], (), [table for table in early if table in given]),
        copying(EARLY[1], EARLY[:1], [TABLES[name] for name in LARGE]),
        copying(EARLY[2], EARLY[1:2], [table for table in early if table not in given]),
    )
    return [begin, *chain(*map(reading, SOURCES)), *chain(*map(making, STEPS)), *copies]


def _stored(names: Iterable[str]) -> tuple[str, ...]:
    """What a task makes that stores tables."""
    return tuple(f"stored {name}" for name in names)


def _names(tables: Iterable[Table]) -> tuple[str, ...]:
    return tuple(table.name for table in tables)


def _early_tables() -> list[Table]:
    """Public tables that do not stand on the one that takes longest."""
    late = {LONGEST, CHECKED.table.name, RELEASE.table.name}
    for step in ordered(STEPS):
        if late & {read.name for read in step.reads}:
            late.add(step.table.name)
    made = {step.table.name for step in STEPS} - late
    return [table for table in public_tables() if table.name in made]


def run_all(tasks: list[Task]) -> None:
    """Run tasks side by side, each when what it reads is made; the first fault ends the rest.

    Of those that are ready, the one goes first on which the longest chain of others waits.
    """
    maker = {name: number for number, task in enumerate(tasks) for name in task.makes}
    reads = {number: {maker[name] for name in task.reads if name in maker} for number, task in enumerate(tasks)}
    order, urgency = TopologicalSorter(reads), _urgency(tasks, reads)
    order.prepare()
    ready: list[int] = []
    running: dict[Future[object], int] = {}
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:
        while order.is_active():
            ready = sorted([*ready, *order.get_ready()], key=lambda number: (-urgency[number], number))
            free = WORKERS - len(running)
            running |= {workers.submit(tasks[number].run): number for number in ready[:free]}
            ready = ready[free:]
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda future: running[future]):
                future.result()
                order.done(running.pop(future))


def _urgency(tasks: list[Task], reads: Mapping[int, Collection[int]]) -> dict[int, float]:
    """How much work stands behind each task, itself included."""
    behind = dict.fromkeys(reads, 0.0)
    for number in reversed([*TopologicalSorter(reads).static_order()]):
        behind[number] += tasks[number].weight
        for read in reads[number]:
            behind[read] = max(behind[read], behind[number])
    return behind
