"""YAML mappings to rows: known keys become cells, an unknown key sets the record aside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.contracts.raw import raw_of
from pipelines.contracts.reasons import suggestion
from pipelines.contracts.table import TABLES
from pipelines.contracts.validation import LIST_SEPARATOR
from pipelines.sources.source import ReadingBuilder, Row
from pipelines.sources.text import Node, TextFile, UnreadableError, read_yaml

OWN_COLUMNS = ("file", "line", "file_sha256")
"""Where a row was read: no key of a record."""


def keys_of(table: str) -> list[str]:
    """The keys a record of a staging table may have."""
    return [name for name in raw_of(TABLES[table]).dtypes if name not in OWN_COLUMNS]


ONLY_YAML = "only *.yaml files directly in {folder}/ are read: move or rename it"


def strays(folder: Path, read: Iterable[Path]) -> list[Path]:
    """YAML files that look like records and would be missed in silence."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml") and path.is_file())
    return sorted(set(found) - set(read))


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The message for a key that no contract knows."""
    known = list(known)
    return f"unknown key {key!r}{suggestion(key, known) or ': known are ' + ', '.join(known)}"


def cell(node: Node) -> str | None:
    """A node as one text cell; a list of words is joined.

    Raises:
        UnreadableError: a mapping, or a list of more than words.
    """
    if isinstance(node.value, list):
        return LIST_SEPARATOR.join(item.text() or "" for item in node.value)
    return node.text()


def row_of(node: Node, known: Iterable[str], file: TextFile) -> Row:
    """A mapping of scalars as a row.

    Raises:
        UnreadableError: not a mapping, an unknown key, or a value that is no scalar.
    """
    known = list(known)
    row: Row = {"file": file.name, "line": node.line, "file_sha256": file.sha256}
    for key, value in node.mapping().items():
        if key not in known:
            raise UnreadableError(unknown_key(key, known), node.lines[key])
        row[key] = cell(value)
    return row


def read_list(builder: ReadingBuilder, table: str, file: TextFile, known: Iterable[str] | None = None) -> None:
    """Add every record of a YAML list to `table`; a record that cannot be read is set aside alone.

    Raises:
        UnreadableError: the file as a whole cannot be read.
    """
    name = f"{builder.prefix}{table}"
    known = list(known or keys_of(name))
    id_column = TABLES[name].key[0]
    for node in read_yaml(file).items():
        try:
            builder.add(table, row_of(node, known, file))
        except UnreadableError as error:
            builder.set_record_aside(
                table, file.name, error.line or node.line, _id(node, id_column), None, error.remedy
            )


def _id(node: Node, column: str) -> str | None:
    if not isinstance(node.value, dict) or column not in node.value:
        return None
    value = node.value[column].value
    return value if isinstance(value, str) else None
