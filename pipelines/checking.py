"""Validate a data folder without building or publishing: what would be set aside, and why.

The steps are those of a build, up to the core tables whose rows come from people; their tables stay in memory.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import polars as pl

from pipelines.contracts.core import ModelLineage
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import REJECTED
from pipelines.graph.step import Batch, Computed, Workbench
from pipelines.graph.tables import INPUTS, read_source
from pipelines.paths import DataFolder
from pipelines.refresh import told_of_constants
from pipelines.sources import SOURCES
from pipelines.sources.source import Reading, Source
from pipelines.warehouse.faults import RefusedError
from pipelines.warehouse.shapes import Rejection
from pipelines.warehouse.store import Warehouse


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        records: how many records were kept, by the core table they are for.
        findings: values that fail, in the order of files and lines.
        refusals: why no release would go out at all, so far as it can be told before costs are computed.
    """

    records: dict[str, int]
    findings: list[Rejection]
    refusals: list[str]


class MemoryBench(Workbench):
    """A workbench that stores nothing."""

    def __init__(self, folder: DataFolder) -> None:
        """Work in `folder`; its build file is not opened."""
        super().__init__(folder, Warehouse(folder.work), datetime.now(UTC).date())
        self.tables: dict[str, Computed] = {}

    def read(self, declared: Table) -> pl.DataFrame:
        """Rows of a table made before."""
        return self.tables[declared.name].rows

    @property
    def notes(self) -> dict[str, str]:
        """None: nothing is built."""
        return {}

    def notes_of(self, _source: Source, _fingerprint: str, _reading: Reading, _made: Collection[str]) -> dict[str, str]:
        """Nothing is built, so nothing is remembered."""
        return {}

    def keep(self, batch: Batch) -> None:
        """Have tables at hand, with what was set aside on their way."""
        self.tables |= {declared.name: computed for declared, computed in batch.tables}
        self._aside |= {declared.name: computed.rejected for declared, computed in batch.tables}

    def store(self, batch: Batch) -> None:
        """Nothing is stored."""


def _whole_files(rejected: list[pl.DataFrame]) -> pl.DataFrame:
    """Files that could not be read at all."""
    return pl.concat(rejected).filter((pl.col("check_name") == "unreadable") & pl.col("record_id").is_null())


def check(folder: DataFolder) -> Checked:
    """Check every record of a data folder.

    Args:
        folder: an existing data folder; a missing file in it is a finding.

    Raises:
        RefusedError: something that every row depends on is missing.
    """
    bench = MemoryBench(folder)
    for source in SOURCES:
        bench.save(read_source(source, bench, {table.name for table in source.tables}))
    for step in INPUTS:
        try:
            bench.make(step)
        except KeyError as error:
            if ".yaml" not in str(error):
                raise
            unread = [computed.rejected for computed in bench.tables.values()]
            faults = [f"{row['file']}: {row['reason']}" for row in _whole_files(unread).iter_rows(named=True)]
            faults += told_of_constants(pl.concat(unread).iter_rows(named=True), str(error.args[0]))
            raise RefusedError("nothing can be built from this data", (*faults, str(error.args[0]))) from error
    rejected = pl.concat([REJECTED.empty(), *(computed.rejected for computed in bench.tables.values())])
    ordered = rejected.sort("file", "line", nulls_last=True, maintain_order=True)
    names = [field.name for field in fields(Rejection)]
    return Checked(
        records={step.table.name: bench.read(step.table).height for step in INPUTS},
        findings=[Rejection(**row) for row in ordered.select(names).iter_rows(named=True)],
        refusals=_cycles(bench.read(table_of(ModelLineage))),
    )


def _cycles(lineage: pl.DataFrame) -> list[str]:
    """Models that stand on each other through weights, each circle with the places of its edges."""
    edges = {
        (row["child_model_id"], row["parent_model_id"]): f"{row['file']}:{row['line']}"
        for row in lineage.filter(pl.col("relation") == "weights").iter_rows(named=True)
    }
    found = []
    while True:
        order: TopologicalSorter[str] = TopologicalSorter()
        for child, parent in edges:
            order.add(child, parent)
        try:
            order.prepare()
        except CycleError as error:
            circle = pairwise(error.args[1])
            places = [edges.pop((child, parent)) for parent, child in circle]
            members = ", ".join(sorted(set(error.args[1])))
            found.append(
                f"{members} stand on each other through weights: take out one of the edges at {', '.join(places)}"
            )
        else:
            return found
