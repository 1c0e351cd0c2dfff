"""Run the whole graph in this process and publish."""

from __future__ import annotations

from datetime import date
from graphlib import TopologicalSorter

from pipelines.contracts.raw import raw_of
from pipelines.graph.step import Step, Workbench
from pipelines.graph.tables import STEPS, read_source
from pipelines.paths import DataFolder
from pipelines.sources import SOURCES
from pipelines.warehouse.store import Warehouse


def ordered(steps: tuple[Step, ...]) -> list[Step]:
    """Steps so that each stands after what it reads.

    Raises:
        graphlib.CycleError: a table is made from itself.
    """
    by_name = {step.table.name: step for step in steps}
    edges = {name: [read.name for read in step.reads] for name, step in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(edges).static_order() if name in by_name]


def build(folder: DataFolder, as_of: date) -> None:
    """Read every source, compute every table, check them and publish.

    Args:
        folder: the data folder to read and to publish in.
        as_of: the day `rental_now` is priced on.

    Raises:
        ReleaseRefusedError: a blocking check failed; the last release stays.
        ContractBrokenError: a computed table breaks its contract; the last release stays.
        WarehouseBusyError: another build holds the folder.
    """
    warehouse = Warehouse(folder.work)
    with warehouse.session():
        bench = Workbench(folder, warehouse, as_of)
        bench.begin()
        for source in SOURCES:
            read_source(source, bench, {name for table in source.tables for name in (table.name, raw_of(table).name)})
        for step in ordered(STEPS):
            bench.write([(step.table, step.run(bench))])
