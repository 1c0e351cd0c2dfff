"""Where things are: the project's root, and the data folder in use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SQL = ROOT / "sql"
DATA_VARIABLE = "COSTLEDGER_DATA"


@dataclass(frozen=True)
class DataFolder:
    """A folder of disclosures, prices and reference data, and what is built from it."""

    root: Path

    @property
    def work(self) -> Path:
        """The private file a build writes."""
        return self.root / "build" / "work.duckdb"

    @property
    def published(self) -> Path:
        """The folder people read."""
        return self.root / "published"

    @property
    def ledger(self) -> Path:
        """The file people query."""
        return self.published / "ledger.duckdb"


def data_folder(given: str | Path | None = None) -> DataFolder:
    """The data folder in use: the one given, else `COSTLEDGER_DATA`, else the project's own `data/`."""
    return DataFolder(Path(given or os.environ.get(DATA_VARIABLE) or ROOT / "data").expanduser().resolve())
