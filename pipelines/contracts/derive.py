"""What follows from a contract: DDL, comments, column descriptions, the dictionary and `datapackage.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import cast

import polars as pl

from pipelines.contracts import units, vocabulary, vocabulary_questions
from pipelines.contracts.table import TABLES, Table

PUBLIC_SCHEMAS = ("core", "marts", "quality", "history")
"""Schemas of the published file; raw and staging stay in the build."""

DUCKDB_TYPES = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMPTZ",
}
PACKAGE_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "datetime",
}


@dataclass(frozen=True)
class Column:
    """A column as people read about it."""

    name: str
    type: str
    description: str
    unit: str | None
    nullable: bool
    is_key: bool
    allowed: tuple[str, ...]


def public_tables() -> list[Table]:
    """Every table of the published file, by schema and name, whichever module was loaded first."""
    public = (declared for declared in TABLES.values() if declared.schema_name in PUBLIC_SCHEMAS)
    return sorted(public, key=lambda declared: (PUBLIC_SCHEMAS.index(declared.schema_name), declared.name))


def duckdb_type(dtype: pl.DataType) -> str:
    """The DuckDB type of a polars type.

    >>> duckdb_type(pl.List(pl.String()))
    'VARCHAR[]'
    """
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{duckdb_type(cast('pl.DataType', dtype.inner))}[]"
    return DUCKDB_TYPES[dtype.base_type()]


@cache
def columns(declared: Table) -> tuple[Column, ...]:
    """The columns of a table in order, with description, unit and allowed values."""
    described = []
    for name, dtype in declared.dtypes.items():
        column = declared.declared[name]
        allowed = next(
            ((check.statistics or {})["allowed_values"] for check in column.checks if check.name == "isin"), ()
        )
        described.append(
            Column(
                name=name,
                type=duckdb_type(dtype),
                description=column.description or "",
                unit=(column.metadata or {}).get("unit") or units.unit_of(name),
                nullable=bool(column.nullable),
                is_key=name in declared.key,
                allowed=tuple(allowed),
            )
        )
    return tuple(described)


def create_table(declared: Table, name: str | None = None, *, replace: bool = True) -> str:
    """`create table` with the contract's types; an old one is replaced, or else left as it is.

    No primary key is declared: every row was checked against its contract's key before, and nobody writes in what is
    published, while the index of one takes as long as the rows and half of the file.

    Args:
        declared: the table.
        name: another name for it.
        replace: False keeps a table that exists.
    """
    described = columns(declared)
    lines = [f'  "{column.name}" {column.type}{"" if column.nullable else " not null"}' for column in described]
    verb = "create or replace table" if replace else "create table if not exists"
    return f"{verb} {name or declared.name} (\n" + ",\n".join(lines) + "\n)"


def comment_of_table(declared: Table) -> str:
    """What DuckDB shows for a table: its description and its key."""
    return f"{declared.description} Key: {', '.join(declared.key)}." if declared.key else declared.description


def comment_of(column: Column) -> str:
    """What DuckDB shows for a column: description, unit, allowed values."""
    unit = "" if column.unit in (None, *units.SELF_EVIDENT_UNITS) else f" Unit: {column.unit}."
    allowed = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
    return f"{column.description}{unit}{allowed}"


def comments(declared: Table, name: str | None = None) -> str:
    """`comment on` statements for the table (under another name, if given) and every column."""
    name = name or declared.name
    statements = [f"comment on table {name} is {_quoted(comment_of_table(declared))}"]
    statements += [
        f'comment on column {name}."{column.name}" is {_quoted(comment_of(column))}' for column in columns(declared)
    ]
    return ";\n".join(statements)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def dictionary(tables: Iterable[Table] | None = None) -> str:
    """`DICTIONARY.md`: every public table and column, from the contracts."""
    parts = [
        "# Dictionary\n\nGenerated from the contracts in `pipelines/contracts/`. Money is in US dollars of the day; "
        "a unit stands last in a name. An unknown is absent with a reason, never zero.\n"
    ]
    for declared in tables or public_tables():
        parts.append(f"\n## {declared.name}\n\n{declared.description}\n")
        if declared.key:
            parts.append(f"\nKey: {', '.join(f'`{name}`' for name in declared.key)}.\n")
        parts += [f"\n> {vocabulary.USAGE_WARNING[name]}\n" for name in declared.warnings]
        parts.append("\n| column | type | unit | description |\n|---|---|---|---|\n")
        for column in columns(declared):
            allowed = f" One of: {', '.join(f'`{word}`' for word in column.allowed)}." if column.allowed else ""
            parts.append(f"| `{column.name}` | {column.type} | {column.unit or ''} | {column.description}{allowed} |\n")
    parts.append("\n## Words\n")
    for title, words in VOCABULARIES.items():
        parts.append(f"\n### {title}\n\n| word | meaning |\n|---|---|\n")
        parts += [f"| `{word}` | {meaning} |\n" for word, meaning in words.items()]
    return "".join(parts)


VOCABULARIES = {
    "Price bases": vocabulary.PRICE_BASIS,
    "Scopes": vocabulary.COST_SCOPE,
    "Row roles": vocabulary.ROW_ROLE,
    "Phases": vocabulary.PHASE,
    "Relations": vocabulary.RELATION,
    "Verdicts": vocabulary.VERDICT,
    "Flags": vocabulary.COST_FLAG,
    "Flags of Epoch's models": vocabulary.EPOCH_FLAG,
    "Reasons for a difference between methods": vocabulary.DIFFERENCE_REASON,
    "Reasons for a missing cost": vocabulary.MISSING_REASON,
    "What a scenario changed in a cost": vocabulary_questions.SCENARIO_FLAG,
    "Reasons for no difference under a scenario": vocabulary_questions.DIFFERENCE_MISSING_REASON,
    "Changes of a cost": vocabulary.COST_CHANGE,
    "Causes of a change": vocabulary.CHANGE_CAUSE,
    "Confidence": vocabulary.CONFIDENCE,
    "Pricing categories": vocabulary.PRICING_CATEGORY,
    "Forms of disclosure": vocabulary.DISCLOSED_AS,
}


def datapackage(version: str, created: str) -> str:
    """`datapackage.json` (Frictionless Data Package v1) of the Parquet files beside it, a line for each of them.

    Args:
        version: of the release.
        created: time of the release, ISO 8601.
    """
    package = {
        "profile": "data-package",
        "name": "training-cost-ledger",
        "title": "What it really cost to train a model",
        "version": version,
        "created": created,
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
                "title": "CC BY 4.0",
            }
        ],
    }
    described = (json.dumps(_resource(declared), ensure_ascii=False) for declared in public_tables())
    resources = ",\n".join(f"    {resource}" for resource in described)
    head = json.dumps(package, indent=2, ensure_ascii=False).removesuffix("\n}")
    return f'{head},\n  "resources": [\n{resources}\n  ]\n}}\n'


def parquet_name(declared: Table) -> str:
    """Path of a table's Parquet file below the published folder."""
    return f"parquet/{declared.schema_name}.{declared.table_name}.parquet"


def _resource(declared: Table) -> dict[str, object]:
    schema: dict[str, object] = {"fields": [_field(column) for column in columns(declared)]}
    if declared.key:
        schema["primaryKey"] = list(declared.key)
    keys = [
        {
            "fields": [key.column],
            "reference": {"resource": key.parent, "fields": [key.parent_column]},
        }
        for key in declared.foreign_keys
        if key.sets_aside
    ]
    if keys:
        schema["foreignKeys"] = keys
    return {
        "name": declared.name,
        "path": parquet_name(declared),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": declared.description,
        "schema": schema,
    }


def _field(column: Column) -> dict[str, object]:
    kind = "array" if column.type.endswith("[]") else PACKAGE_TYPES.get(column.type, "number")
    field: dict[str, object] = {"name": column.name, "type": kind, "description": column.description}
    if column.unit:
        field["unit"] = column.unit
    constraints: dict[str, object] = {} if column.nullable else {"required": True}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    if constraints:
        field["constraints"] = constraints
    return field
