"""Publishing: the build is copied into a new private file, made read-only and renamed over the last release.

Readers keep the file they have open and the next one to open gets the new release; nobody sees half of one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contracts.derive import datapackage, dictionary, parquet_name, public_tables
from pipelines.contracts.quality import Releases
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import conform
from pipelines.paths import DataFolder
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
        return conform(declared, connection.sql(f"from {declared.name}").pl())
    except duckdb.CatalogException:
        return declared.empty()


def _is_database(path: Path) -> bool:
    """Whether a file begins as DuckDB's files do; what does not is damaged, and holds no history to lose."""
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return True


def publish(warehouse: Warehouse, folder: DataFolder, release: pl.DataFrame) -> None:
    """Replace the published file, Parquet files, data package and dictionary by the build.

    Args:
        warehouse: the build, complete and checked.
        folder: the data folder to publish in.
        release: history.releases, the new one last.
    """
    tables = public_tables()
    folder.published.mkdir(parents=True, exist_ok=True)
    new_file = folder.published / f".ledger.{os.getpid()}.duckdb"
    new_folder = folder.published / f".parquet.{os.getpid()}"
    try:
        _copy(warehouse, new_file, new_folder, tables)
        newest = release.sort("published_at").row(-1, named=True)
        _write(
            folder.published / "datapackage.json",
            datapackage(newest["release_id"], newest["published_at"].isoformat()),
        )
        _write(folder.published / "DICTIONARY.md", dictionary() + macro_dictionary())
        _replace_folder(new_folder, folder.published / "parquet")
        new_file.chmod(READ_ONLY)
        new_file.replace(folder.ledger)
        folder.ledger.with_name(folder.ledger.name + ".wal").unlink(missing_ok=True)
    finally:
        new_file.unlink(missing_ok=True)
        shutil.rmtree(new_folder, ignore_errors=True)


def _copy(warehouse: Warehouse, new_file: Path, new_folder: Path, tables: list[Table]) -> None:
    """The build as a database file and, at the same time, as Parquet files."""
    shutil.copyfile(mould(warehouse.path.parent), new_file)
    new_folder.mkdir(parents=True)
    with warehouse.connect() as connection, ThreadPoolExecutor(max_workers=1) as beside:
        exported = beside.submit(_export, connection.cursor(), new_folder, tables)
        connection.execute(f"set disabled_compression_methods = '{SLOW_COMPRESSION}'")
        connection.execute(f"attach '{escaped(new_file)}' as release")
        connection.begin()  # one commit, not one for each statement
        for declared in tables:
            connection.execute(f"insert into release.{declared.name} by name {_in_order(declared)}")
        connection.commit()
        connection.execute("detach release")
        exported.result()


def _export(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[Table]) -> None:
    for declared in tables:
        target = escaped(folder / Path(parquet_name(declared)).name)
        connection.execute(f"copy ({_in_order(declared)}) to '{target}' (format parquet)")
    connection.close()


def _in_order(declared: Table) -> str:
    return f"from {declared.name}" + (f" order by {', '.join(declared.key)}" if declared.key else "")


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
