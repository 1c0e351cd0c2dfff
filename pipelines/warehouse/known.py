"""A ledger in memory that answers like the published one, from tables that were computed for the question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.table import TABLES
from pipelines.contracts.validation import ContractBrokenError
from pipelines.paths import SQL
from pipelines.warehouse.answers import Ledger
from pipelines.warehouse.frames import execute_over
from pipelines.warehouse.published import CONFINED, Published
from pipelines.warehouse.sql import empty_warehouse, sql_file
from pipelines.warehouse.store import as_contract

COMPUTED = ("model_comparison", "cost_makeup", "price_sensitivity", "energy_by_model")
"""Marts that a model's answers ask for; they are computed from the tables given."""


def tables_of(ledger: Published, names: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """Tables of a ledger as frames of their contracts, by name.

    Raises:
        UnreadableLedgerError: the file is damaged, or has other tables than this program expects.
    """
    try:
        return {name: as_contract(TABLES[name], ledger.frame(f"from {name}")) for name in names}
    except ContractBrokenError as error:
        raise ledger.of_another_version(error) from error


class LedgerInMemory(Ledger):
    """Tables in memory, asked like the published file; those that are not given are empty."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], path: Path) -> None:
        """Hold the tables given by name; `path` names the file they come from in messages."""
        self.path = path
        self._connection = empty_warehouse()
        for name, frame in tables.items():
            execute_over(self._connection, f"insert into {name} by name from incoming", frame)
        for name in COMPUTED:
            rows = sql_file(SQL / "marts" / f"{name}.sql").query.rstrip().rstrip(";")
            self._connection.execute(f"insert into marts.{name} by name {rows}")
        for setting, value in CONFINED.items():
            self._connection.execute(f"set {setting} = {str(value).lower()}")
