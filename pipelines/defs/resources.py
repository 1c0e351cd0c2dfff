"""The ledger's own resource: the data folder in use and the day prices are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import dagster as dg
from pydantic import PrivateAttr

from pipelines.graph.step import Workbench
from pipelines.paths import DataFolder, data_folder
from pipelines.warehouse.store import Warehouse


def today() -> date:
    """The day a run prices that names none."""
    return datetime.now(UTC).date()


class Ledger(dg.ConfigurableResource):
    """Where the ledger reads and writes.

    Attributes:
        data: data folder; empty means `COSTLEDGER_DATA`, else the project's own.
        as_of: day of the release, ISO 8601; empty means today (UTC).
        is_full: compute every cost again, whatever the build before left.
    """

    data: str = ""
    as_of: str = ""
    is_full: bool = False

    _bench: Workbench = PrivateAttr()

    @property
    def folder(self) -> DataFolder:
        """The data folder in use."""
        return data_folder(self.data or None)

    @property
    def bench(self) -> Workbench:
        """Where steps read and write, held while a run lasts."""
        return self._bench

    @contextmanager
    def yield_for_execution(self, _context: dg.InitResourceContext) -> Iterator["Ledger"]:
        """Hold the build file for the run."""
        with Warehouse(self.folder.work).session() as warehouse:
            self._bench = Workbench(self.folder, warehouse, self.as_of_on, is_full=self.is_full)
            self._bench.begin()
            yield self

    @property
    def as_of_on(self) -> date:
        """The day `rental_now` is priced on."""
        return date.fromisoformat(self.as_of) if self.as_of else today()
