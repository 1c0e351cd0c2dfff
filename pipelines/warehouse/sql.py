"""SQL files: one SELECT each, named by the table or rule it makes, its dependencies read from the SQL itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts.derive import create_table
from pipelines.contracts.table import TABLES
from pipelines.paths import SQL

MARTS, CHECKS, COOKBOOK = SQL / "marts", SQL / "checks", SQL / "cookbook"


class SqlFileError(Exception):
    """A SQL file is not one SELECT over tables that exist."""


@dataclass(frozen=True)
class SqlFile:
    """A SELECT in a file.

    Attributes:
        name: the file's stem.
        question: its first comment line, in plain words.
        query: the text.
        reads: the warehouse tables it reads, `schema.table`, sorted.
    """

    name: str
    question: str
    query: str
    reads: tuple[str, ...]


@cache
def sql_file(path: Path) -> SqlFile:
    """Read one SQL file.

    Raises:
        SqlFileError: it does not parse, is more than one statement, or does not open with a comment.
    """
    query = path.read_text(encoding="utf-8")
    first = query.splitlines()[0] if query else ""
    if not first.startswith("-- "):
        raise SqlFileError(f"{path}: the first line is not '-- ' and the question in plain words")
    return SqlFile(path.stem, first.removeprefix("-- ").strip(), query, tables_read(query, str(path)))


def sql_files(folder: Path) -> list[SqlFile]:
    """Every SQL file of a folder, by name."""
    return [sql_file(path) for path in sorted(folder.glob("*.sql"))]


def tables_read(query: str, name: str = "query") -> tuple[str, ...]:
    """The `schema.table` names a SELECT reads; its own CTEs have no schema and are left out.

    Raises:
        SqlFileError: it is not exactly one SELECT.
    """
    row = _parser().execute("select json_serialize_sql(?)", [query]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True, "error_message": "nothing parsed"}
    if tree.get("error"):
        raise SqlFileError(f"{name}: {tree.get('error_message')}")
    if len(tree["statements"]) != 1:
        raise SqlFileError(f"{name}: one SELECT a file, found {len(tree['statements'])} statements")
    return tuple(sorted(_base_tables(tree)))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _base_tables(node: object) -> set[str]:
    found: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            if current.get("type") == "BASE_TABLE" and current.get("schema_name"):
                found.add(f"{current['schema_name']}.{current['table_name']}")
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
    return found


def empty_warehouse() -> duckdb.DuckDBPyConnection:
    """A database in memory with every declared table, empty, and every macro: SQL can be bound against it."""
    from pipelines.warehouse.macros import macros  # it stands on this module

    connection = duckdb.connect()
    for schema in sorted({declared.schema_name for declared in TABLES.values()}):
        connection.execute(f"create schema {schema}")
    for declared in TABLES.values():
        connection.execute(create_table(declared))
    for macro in macros():
        connection.execute(macro.create())
    return connection


def output_of(query: str, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Column name to DuckDB type of a SELECT, without running it."""
    return {str(row[0]): str(row[1]) for row in connection.execute(f"describe {query.rstrip().rstrip(';')}").fetchall()}
