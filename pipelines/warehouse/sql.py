"""SQL files: one SELECT each, named by the table or rule it makes, its dependencies read from the SQL itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from pipelines.contracts.derive import create_table
from pipelines.contracts.table import TABLES
from pipelines.paths import SQL

NAME = re.compile(r"\b(?:raw|staging|core|marts|quality|history)\.[a-z_0-9]+\b(?!\()")
ASIDE = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
"""Quoted text and comments."""

MARTS, CHECKS, COOKBOOK = SQL / "marts", SQL / "checks", SQL / "cookbook"


class SqlFileError(Exception):
    """A SQL file has not the form that is asked of it."""


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
        SqlFileError: it does not open with a comment.
    """
    query = path.read_text(encoding="utf-8")
    first = query.splitlines()[0] if query else ""
    if not first.startswith("-- "):
        raise SqlFileError(f"{path}: the first line is not '-- ' and the question in plain words")
    return SqlFile(path.stem, first.removeprefix("-- ").strip(), query, named_tables(query))


def sql_files(folder: Path) -> list[SqlFile]:
    """Every SQL file of a folder, by name."""
    return [sql_file(path) for path in sorted(folder.glob("*.sql"))]


def named_tables(query: str) -> tuple[str, ...]:
    """The `schema.table` names in a SELECT, sorted.

    DuckDB's parser would know, and takes 3 ms a file, of fifty files in every run; a test asks it instead.
    """
    return tuple(sorted(set(NAME.findall(ASIDE.sub("", query)))))


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
