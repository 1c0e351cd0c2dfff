"""What a source is: a name, the staging tables it fills, and a function that reads a data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES, Table
from pipelines.contracts.validation import REJECTED, conform, rejections
from pipelines.sources.text import UnreadableError

Row = dict[str, str | int | None]
"""A record as text: its cells, with `file`, `line` and `file_sha256`."""


@dataclass(frozen=True)
class Reading:
    """What was in the files of a source.

    Attributes:
        raw: records by staging table.
        rejected: what could not be read (contract `quality.rejected_rows`).
        hashes: of the bytes of files, where the source takes them on its way.
    """

    raw: Mapping[str, pl.DataFrame]
    rejected: pl.DataFrame
    hashes: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One upstream.

    Attributes:
        name: names its staging tables, `staging.<name>__<table>`.
        files: glob patterns below the data folder; what is matched is read, and nothing else but `beside`.
        read: data folder to records.
        beside: data folder to what is taken from files of which the rest does not matter: another byte in them is no
            reason to compute anything again.
        beside_tables: names, without the prefix, of the staging tables that these files fill; they bring no news of
            their own.
        is_optional: whether a data folder without any of its files is whole.
        is_large: whether its files are long enough to be gone through once only; its readings have their hashes.
    """

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], Reading]
    beside: Callable[[Path], Iterable[str]] | None = None
    beside_tables: tuple[str, ...] = ()
    is_optional: bool = False
    is_large: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The staging tables this source fills."""
        prefix = f"staging.{self.name}__"
        return tuple(declared for name, declared in TABLES.items() if name.startswith(prefix))

    def paths(self, folder: Path) -> Iterator[Path]:
        """The files of a data folder that are read; one that several patterns match comes as often."""
        return (path for pattern in self.files for path in folder.glob(pattern))


class ReadingBuilder:
    """Collects records and faults while a source is read."""

    def __init__(self, source: str) -> None:
        """Start with nothing read for the named source."""
        self.prefix = f"staging.{source}__"
        self._rows: dict[str, list[Row]] = {name: [] for name in TABLES if name.startswith(self.prefix)}
        self._rejected: list[pl.DataFrame] = []

    def add(self, table: str, row: Row) -> None:
        """Keep a record of the named table."""
        self._rows[self.prefix + table].append(row)

    def set_file_aside(self, table: str, file: str, error: UnreadableError, model_id: str | None = None) -> None:
        """Record that a whole file could not be read."""
        self._reject(table, file=file, line=error.line, model_id=model_id, check="unreadable", reason=error.remedy)

    def set_record_aside(
        self,
        table: str,
        file: str,
        line: int,
        record_id: str | None,
        column: str | None,
        reason: str,
        model_id: str | None = None,
    ) -> None:
        """Record that one record could not be read."""
        self._reject(
            table,
            file=file,
            line=line,
            record_id=record_id,
            column=column,
            model_id=model_id,
            check="unreadable",
            reason=reason,
        )

    def set_value_aside(
        self,
        table: str,
        *,
        file: str,
        line: int,
        record_id: str,
        column: str | None,
        value: str | None,
        check: str,
        reason: str,
    ) -> None:
        """Record a row that was set aside before, with the reason given then."""
        self._reject(
            table, file=file, line=line, record_id=record_id, column=column, value=value, check=check, reason=reason
        )

    def _reject(self, table: str, *, check: str, column: str | None = None, **columns: object) -> None:
        self._rejected.append(
            rejections(table_name=self.prefix + table, check_name=check, column_name=column, **columns)
        )

    def result(self) -> Reading:
        """Everything collected, as frames."""
        frames: dict[str, pl.DataFrame] = {}
        for name, rows in self._rows.items():
            raw = raw_of(TABLES[name])
            frames[name] = conform(raw, pl.DataFrame(rows, schema=raw.dtypes) if rows else raw.empty())
        return Reading(frames, pl.concat([REJECTED.empty(), *self._rejected]))
