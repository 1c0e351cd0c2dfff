"""Publishing: tables are copied into a new private file, which is made read-only and renamed over the last release.

Readers keep the file they have open and the next one to open gets the new release; nobody sees half of one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import polars as pl

from pipelines.contracts.derive import datapackage, dictionary, parquet_name, public_tables
from pipelines.contracts.quality import Releases
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import conform, conform_strictly
from pipelines.paths import DataFolder
from pipelines.warehouse.disk import writing
from pipelines.warehouse.frames import execute_over, frame_of
from pipelines.warehouse.macros import macro_dictionary
from pipelines.warehouse.mould import escaped, mould
from pipelines.warehouse.store import Warehouse

RELEASES = table_of(Releases)
SLOW_COMPRESSION = "fsst"
"""Takes as long as all others together, and makes this file larger."""

READ_ONLY = 0o444


class LedgerHeldError(Exception):
    """Somebody has the published file open for writing."""


def past_tables(folder: DataFolder, tables: Sequence[Table]) -> dict[str, pl.DataFrame] | None:
    """What the published file says, by the name of the table; None when there is no such file, or it is damaged.

    Columns that an older file lacks are absent, tables that it lacks are empty.

    Raises:
        LedgerHeldError: the file cannot be opened because somebody writes in it.
    """
    if not folder.ledger.exists():
        return None
    try:
        with duckdb.connect(str(folder.ledger), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return {declared.name: _past_rows(connection, declared) for declared in tables}
    except (duckdb.Error, OSError) as error:
        if not _is_database(folder.ledger):
            return None
        raise LedgerHeldError(
            f"{folder.ledger} cannot be read ({error}): its history would be lost; close whoever holds it and run again"
        ) from error


def past_releases(folder: DataFolder) -> pl.DataFrame:
    """The releases the published file knows (contract `history.releases`), as `past_tables` has them.

    Raises:
        LedgerHeldError: the file cannot be opened because somebody writes in it.
    """
    return (past_tables(folder, [RELEASES]) or {RELEASES.name: RELEASES.empty()})[RELEASES.name]


def _past_rows(connection: duckdb.DuckDBPyConnection, declared: Table) -> pl.DataFrame:
    try:
        return conform(declared, frame_of(connection.sql(f"from {declared.name}")))
    except duckdb.CatalogException:
        return declared.empty()


def _is_database(path: Path) -> bool:
    """Whether a file begins as DuckDB's files do; what does not is damaged, and holds no history to lose."""
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return True


class Edition:
    """A release in the making, under private names beside the published files; nobody sees it before `publish`.

    Tables can be put in as they are made, while others still are. Leaving it (as a context) takes the private files
    away.
    """

    def __init__(self, folder: DataFolder) -> None:
        """Make a release of a data folder; nothing is written before the first table."""
        self._folder = folder
        self._new_file = folder.published / f".ledger.{os.getpid()}.duckdb"
        self._new_folder = folder.published / f".parquet.{os.getpid()}"
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._held: set[str] = set()

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take away what was not published."""
        with suppress(duckdb.Error):  # of a full disk: the file goes away
            self._close()
        self._held.clear()
        self._new_file.unlink(missing_ok=True)
        self._new_file.with_name(self._new_file.name + ".wal").unlink(missing_ok=True)
        shutil.rmtree(self._new_folder, ignore_errors=True)
        with suppress(OSError):  # a first release that was refused leaves no folder; one with files stays
            self._folder.published.rmdir()

    def put(
        self, tables: Iterable[Table], read: Callable[[Table], pl.DataFrame], *, is_written_out: bool = False
    ) -> None:
        """Copy tables into the new file, sorted by their keys, and into Parquet files.

        Args:
            tables: public tables; those that are in it already are left out.
            read: table to its rows, in the types of its contract.
            is_written_out: whether all that was put in is compressed and written now; else it is at the end.

        Raises:
            OSError: the disk takes no more.
        """
        with writing(self._folder.ledger):
            self._put(tables, read)
            if is_written_out:
                self._open().execute("checkpoint edition")

    def _put(self, tables: Iterable[Table], read: Callable[[Table], pl.DataFrame]) -> None:
        connection = self._open()
        new = [declared for declared in tables if declared.name not in self._held]
        with ThreadPoolExecutor(max_workers=1) as beside:
            files = []
            connection.begin()  # one commit, not one for each table
            for declared in new:
                rows = _in_order(declared, read(declared))
                files.append(beside.submit(rows.write_parquet, self._new_folder / Path(parquet_name(declared)).name))
                _insert(connection, declared, rows)
            connection.commit()
            for file in files:
                file.result()
        self._held.update(declared.name for declared in new)

    def publish(self, warehouse: Warehouse, release: pl.DataFrame) -> None:
        """Put in what is missing, and replace the published file, Parquet files, data package and dictionary.

        Args:
            warehouse: the build, complete and checked.
            release: history.releases, the new one last.

        Raises:
            OSError: the disk takes no more; the last release stays.
        """
        with writing(self._folder.ledger):
            self._put(public_tables(), warehouse.read)
            self._close()
        published, newest = self._folder.published, release.sort("published_at").row(-1, named=True)
        _write(published / "datapackage.json", datapackage(newest["release_id"], newest["published_at"].isoformat()))
        _write(published / "DICTIONARY.md", dictionary() + macro_dictionary())
        _replace_folder(self._new_folder, published / "parquet")
        self._new_file.chmod(READ_ONLY)
        ledger = self._folder.ledger
        self._new_file.replace(ledger)
        ledger.with_name(ledger.name + ".wal").unlink(missing_ok=True)

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._folder.published.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(mould(self._folder.work.parent), self._new_file)
            self._new_folder.mkdir(exist_ok=True)
            self._connection = duckdb.connect(config={"threads": 1})
            self._connection.execute("set timezone = 'UTC'")
            self._connection.execute(f"set disabled_compression_methods = '{SLOW_COMPRESSION}'")
            # private until it is whole, and thrown away otherwise: there is nothing to recover
            self._connection.execute(f"attach '{escaped(self._new_file)}' as edition (recovery_mode 'no_wal_writes')")
            self._connection.execute("use edition")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.execute("use memory")
            self._connection.execute("detach edition")
            self._connection.close()
            self._connection = None


def _in_order(declared: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Columns as the contract has them, rows by its key."""
    placed = conform_strictly(declared, rows)
    return placed.sort(declared.key, nulls_last=True) if declared.key else placed


def _insert(connection: duckdb.DuckDBPyConnection, declared: Table, rows: pl.DataFrame) -> None:
    if rows.height:
        execute_over(connection, f"insert into {declared.name} by name from incoming", rows)


def _write(path: Path, text: str) -> None:
    """Write a text file in one step."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _replace_folder(new: Path, target: Path) -> None:
    """Put a folder of files in the place of another; files of tables that are no more go away."""
    target.mkdir(exist_ok=True)
    names = {path.name for path in new.iterdir()}
    for path in sorted(new.iterdir()):
        path.replace(target / path.name)
    for stale in target.glob("*.parquet"):
        if stale.name not in names:
            stale.unlink()
