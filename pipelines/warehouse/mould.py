"""An empty ledger with every public table, comment and macro, made once for each form of the contracts.

A comment is a statement of its own in DuckDB, and a ledger has about a thousand columns: said at every release, they
would take longer than its rows. So a release begins as a copy of this file.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import duckdb

from pipelines.contracts.derive import PUBLIC_SCHEMAS, comments, create_table, public_tables
from pipelines.warehouse.macros import macros

STORAGE_VERSION = "v1.0.0"
"""Storage format that older DuckDB clients can read."""


def escaped(path: Path) -> str:
    """A path as the text of a SQL literal."""
    return str(path).replace("'", "''")


def statements() -> str:
    """The SQL that makes an empty ledger: schemas, tables, comments that name their keys, macros."""
    tables = [text for declared in public_tables() for text in (create_table(declared), comments(declared))]
    schemas = [f"create schema {schema};" for schema in PUBLIC_SCHEMAS]
    return "\n".join([*schemas, *(f"{text};" for text in (*tables, *(macro.create() for macro in macros())))])


def mould(folder: Path) -> Path:
    """The empty ledger kept in a folder, made when there is none of this form.

    Args:
        folder: where it is kept; those of other forms are removed.
    """
    sql = statements()
    form = hashlib.sha256(f"{duckdb.__version__}\n{STORAGE_VERSION}\n{sql}".encode()).hexdigest()[:16]
    kept = folder / f"empty-{form}.duckdb"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob("empty-*.duckdb"):
            other.unlink()
        _make(kept, sql)
    return kept


def _make(path: Path, sql: str) -> None:
    """Write the file in one step: another build may be looking for it."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{escaped(new)}' as ledger (storage_version '{STORAGE_VERSION}')")
        connection.execute("use ledger")
        connection.begin()
        connection.execute(sql)
        connection.commit()
        connection.execute("use memory")
        connection.execute("detach ledger")
    new.replace(path)
