"""The ledger of the project's own data, made by the real steps and kept in memory: no file, DuckDB or Dagster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

import polars as pl
import pytest

from pipelines.contracts.core import ModelCosts, PhaseCosts, UnsummedPhaseCosts
from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import Contract, Table, table_of
from pipelines.contracts.validation import REJECTED
from pipelines.graph.build import ordered
from pipelines.graph.step import Workbench
from pipelines.graph.tables import COSTS, INPUTS, SET_ASIDE, read_source
from pipelines.paths import ROOT, data_folder
from pipelines.sources import SOURCES
from pipelines.warehouse.store import Warehouse

AS_OF = date(2026, 11, 23)
"""The day `rental_now` is priced on in the golden files."""

Row = dict[str, Any]


class MemoryWarehouse:
    """The part of a warehouse that the steps before publication use."""

    def __init__(self) -> None:
        self.tables: dict[str, pl.DataFrame] = {}
        self._rejected: list[pl.DataFrame] = [REJECTED.empty()]

    def read(self, declared: Table) -> pl.DataFrame:
        """A table written before."""
        return self.tables[declared.name]

    def write_all(self, writes: Sequence[tuple[Table, pl.DataFrame, pl.DataFrame]]) -> None:
        """Keep tables, and what was set aside on their way."""
        for declared, rows, rejected in writes:
            self.tables[declared.name] = rows
            self._rejected.append(rejected)

    def rejections(self) -> pl.DataFrame:
        """Everything that was set aside."""
        return pl.concat(self._rejected)


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
    """The ledger of the project's own data."""
    warehouse = MemoryWarehouse()
    bench = Workbench(data_folder(ROOT / "data"), cast("Warehouse", warehouse), AS_OF)
    for source in SOURCES:
        read_source(source, bench, {table.name for table in source.tables})
    for step in ordered((*INPUTS, SET_ASIDE, *COSTS)):
        bench.write([(step.table, step.run(bench))])
    assert bench.read(table_of(RejectedRows)).is_empty(), "the project's own data is set aside in part"
    return RealLedger(warehouse.tables)
