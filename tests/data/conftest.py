"""The ledger of the project's own data, made by the real steps and kept in memory: no file, DuckDB or Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.contracts.core import ModelCosts, PhaseCosts, UnsummedPhaseCosts
from pipelines.contracts.table import Contract, Table, table_of
from pipelines.contracts.validation import REJECTED, stage
from pipelines.graph.build import ordered
from pipelines.graph.step import Workbench
from pipelines.graph.tables import COSTS, INPUTS
from pipelines.paths import ROOT, DataFolder
from pipelines.sources import SOURCES
from pipelines.warehouse.store import Warehouse

AS_OF = date(2026, 11, 23)
"""The day `rental_now` is priced on in the golden files."""

Row = dict[str, Any]


class MemoryBench(Workbench):
    """A workbench whose tables stand nowhere but here."""

    def __init__(self) -> None:
        folder = DataFolder(ROOT / "data")
        super().__init__(folder, Warehouse(folder.work), AS_OF, is_full=True)
        self.tables: dict[str, pl.DataFrame] = {}

    def read(self, declared: Table) -> pl.DataFrame:
        """A table made before."""
        return self.tables[declared.name]


@dataclass(frozen=True)
class RealLedger:
    """Every core table of the project's data, as of `AS_OF`."""

    tables: Mapping[str, pl.DataFrame]

    def table(self, contract: type[Contract]) -> pl.DataFrame:
        """The rows of a table."""
        return self.tables[table_of(contract).name]

    def row(self, contract: type[Contract], **key: str) -> Row:
        """The one row of a table with this key; none or several are an error."""
        found = pl.all_horizontal(*(pl.col(name) == value for name, value in key.items()))
        return self.table(contract).row(by_predicate=found, named=True)

    def rows(self, contract: type[Contract], **key: str) -> list[Row]:
        """The rows of a table with this key, in the table's order."""
        return self.table(contract).filter(**key).to_dicts()

    def hours(self, model_id: str, scope: str = "own") -> Decimal | None:
        """Accelerator-hours of a model in a scope."""
        return self.cost(model_id, scope)["gpu_hours"]

    def cost(self, model_id: str, scope: str = "own", price_basis: str = "rental") -> Row:
        """A row of core.model_costs."""
        return self.row(ModelCosts, model_id=model_id, scope=scope, price_basis=price_basis)

    def phase_cost(self, phase_id: str, price_basis: str = "rental") -> Row:
        """A row of core.phase_costs."""
        return self.row(PhaseCosts, phase_id=phase_id, price_basis=price_basis)

    def beside(self, phase_id: str, price_basis: str = "rental") -> Row:
        """A row of core.unsummed_phase_costs."""
        return self.row(UnsummedPhaseCosts, phase_id=phase_id, price_basis=price_basis)


@pytest.fixture(scope="session")
def real() -> RealLedger:
    """The ledger of the project's own data, of which nothing is set aside."""
    bench = MemoryBench()
    set_aside = [REJECTED.empty()]
    for source in SOURCES:
        reading = source.read(ROOT / "data")
        set_aside.append(reading.rejected)
        for table in source.tables:
            staged = stage(table, reading.raw[table.name])
            bench.tables[table.name] = staged.rows
            set_aside.append(staged.rejected)
    for step in ordered(INPUTS):
        made = step.run(bench)
        bench.tables[step.table.name] = made.rows
        set_aside.append(made.rejected)
    bench.tables[REJECTED.name] = pl.concat(set_aside)
    assert bench.tables[REJECTED.name].is_empty()
    for step in ordered(COSTS):
        bench.tables[step.table.name] = step.run(bench).rows
    return RealLedger(bench.tables)
