"""What is derived from a contract can be executed, read back and read by people."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import jsonschema
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contracts import vocabulary
from pipelines.contracts.derive import (
    PUBLIC_SCHEMAS,
    VOCABULARIES,
    Column,
    columns,
    comment_of,
    comment_of_table,
    comments,
    create_table,
    datapackage,
    dictionary,
    duckdb_type,
    parquet_name,
    public_tables,
)
from pipelines.contracts.table import TABLES, Table
from pipelines.warehouse.store import as_contract
from tests.unit.contracts.things import THINGS, WORDS

every_table = pytest.mark.parametrize("declared", [*TABLES.values(), THINGS], ids=lambda declared: declared.name)

VALUES: dict[Any, Any] = {
    pl.String: "it's 'quoted', \u00e9 and 😀",
    pl.Int64: 2**63 - 1,
    pl.Float64: 0.1,
    pl.Boolean: True,
    pl.Date: date(2024, 2, 29),
    pl.Datetime: datetime(2024, 12, 26, 23, 59, 59, 999_999, tzinfo=UTC),
    pl.List: ["a", "", "it's"],
}
PACKAGE = {
    "type": "object",
    "required": ["profile", "name", "version", "created", "licenses", "resources"],
    "properties": {
        "profile": {"const": "data-package"},
        "name": {"pattern": "^[-a-z0-9._/]+$"},
        "created": {"format": "date-time"},
        "licenses": {"minItems": 1, "items": {"anyOf": [{"required": ["name"]}, {"required": ["path"]}]}},
        "resources": {
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path", "schema", "description"],
                "properties": {
                    "name": {"pattern": "^[-a-z0-9._/]+$"},
                    "path": {"pattern": r"^(?!/)(?!.*\.\.)[-a-z0-9._/]+$"},
                    "schema": {
                        "type": "object",
                        "required": ["fields"],
                        "additionalProperties": False,
                        "properties": {
                            "primaryKey": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                            "foreignKeys": {
                                "items": {
                                    "required": ["fields", "reference"],
                                    "properties": {"reference": {"required": ["resource", "fields"]}},
                                }
                            },
                            "fields": {
                                "minItems": 1,
                                "items": {
                                    "required": ["name", "type", "description"],
                                    "properties": {
                                        "type": {
                                            "enum": [
                                                "string",
                                                "integer",
                                                "number",
                                                "boolean",
                                                "date",
                                                "datetime",
                                                "array",
                                            ]
                                        },
                                        "constraints": {"properties": {"enum": {"minItems": 1, "uniqueItems": True}}},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""The parts of Frictionless Data Package v1 that a reader of ours relies on."""


def value_of(dtype: pl.DataType) -> Any:
    """The largest or oddest value of a type."""
    if isinstance(dtype, pl.Decimal):
        return Decimal("9" * (dtype.precision - dtype.scale) + "." + "9" * dtype.scale)
    return VALUES[dtype.base_type()]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for schema in {declared.schema_name for declared in TABLES.values()}:
            connection.execute(f"create schema {schema}")
        yield connection


class TestCreateTable:
    @every_table
    @pytest.mark.parametrize("rows", [0, 1], ids=["empty", "one row"])
    def test_a_frame_comes_back_as_it_went(
        self, database: duckdb.DuckDBPyConnection, declared: Table, rows: int
    ) -> None:
        row = {name: value_of(dtype) for name, dtype in declared.dtypes.items()}
        frame = pl.DataFrame([row] * rows, schema=declared.dtypes)
        database.execute(create_table(declared))
        database.register("incoming", frame.to_arrow())
        database.execute(f"insert into {declared.name} by name from incoming")
        assert_frame_equal(as_contract(declared, database.sql(f"from {declared.name}").pl()), frame)

    @every_table
    def test_columns_stand_in_the_order_of_the_contract(
        self, database: duckdb.DuckDBPyConnection, declared: Table
    ) -> None:
        database.execute(create_table(declared))
        found = database.sql(f"describe {declared.name}").fetchall()
        assert [(name, kind, null == "YES") for name, kind, null, *_ in found] == [
            (column.name, column.type.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"), column.nullable)
            for column in columns(declared)
        ]

    def test_an_old_table_is_replaced_or_left(self, database: duckdb.DuckDBPyConnection) -> None:
        database.execute("create or replace table staging.test__things as select 1 as one")
        database.execute(create_table(THINGS, replace=False))
        assert database.sql("from staging.test__things").columns == ["one"]
        database.execute(create_table(THINGS))
        assert database.sql("from staging.test__things").columns == list(THINGS.dtypes)

    def test_another_name_may_be_given(self, database: duckdb.DuckDBPyConnection) -> None:
        database.execute(create_table(THINGS, name="core.elsewhere"))
        assert database.sql("from core.elsewhere").columns == list(THINGS.dtypes)


class TestComments:
    @every_table
    def test_every_table_and_column_has_one(self, database: duckdb.DuckDBPyConnection, declared: Table) -> None:
        database.execute(create_table(declared))
        database.execute(comments(declared))
        here = f"schema_name = '{declared.schema_name}' and table_name = '{declared.table_name}'"
        [(table_comment,)] = database.sql(f"select comment from duckdb_tables() where {here}").fetchall()
        found = database.sql(f"select column_name, comment from duckdb_columns() where {here}").fetchall()
        assert table_comment == comment_of_table(declared)
        assert dict(found) == {column.name: comment_of(column) for column in columns(declared)}
        assert all(comment for _, comment in found)

    def test_a_comment_says_unit_and_words(self) -> None:
        by_name = {column.name: column for column in columns(THINGS)}
        assert comment_of(by_name["low_hours"]) == "Lower end of its duration. Unit: hour."
        assert comment_of(by_name["word"]) == "Its kind. One of: pretraining, sft, distillation."
        assert comment_of(by_name["model_id"]) == "The model it belongs to."

    def test_another_name_may_be_given(self, database: duckdb.DuckDBPyConnection) -> None:
        database.execute(create_table(THINGS, name="core.renamed"))
        database.execute(comments(THINGS, name="core.renamed"))
        [(found,)] = database.sql("select comment from duckdb_tables() where table_name = 'renamed'").fetchall()
        assert found == f"{THINGS.description} Key: {', '.join(THINGS.key)}."


class TestColumns:
    def test_of_a_table(self) -> None:
        by_name = {column.name: column for column in columns(THINGS)}
        assert list(by_name) == list(THINGS.dtypes)
        assert by_name["word"] == Column("word", "VARCHAR", "Its kind.", None, False, False, tuple(WORDS))
        assert by_name["thing_id"].is_key
        assert by_name["low_hours"].nullable

    @pytest.mark.parametrize(
        ("dtype", "name"),
        [
            (pl.String(), "VARCHAR"),
            (pl.Int64(), "BIGINT"),
            (pl.Float64(), "DOUBLE"),
            (pl.Boolean(), "BOOLEAN"),
            (pl.Date(), "DATE"),
            (pl.Datetime("us", "UTC"), "TIMESTAMPTZ"),
            (pl.Decimal(18, 2), "DECIMAL(18,2)"),
            (pl.List(pl.List(pl.Int64)), "BIGINT[][]"),
        ],
    )
    def test_types(self, dtype: pl.DataType, name: str) -> None:
        assert duckdb_type(dtype) == name

    def test_a_type_without_a_name_is_refused(self) -> None:
        with pytest.raises(KeyError):
            duckdb_type(pl.Int8())

    def test_the_published_schemas(self) -> None:
        assert {declared.schema_name for declared in public_tables()} == set(PUBLIC_SCHEMAS)


class TestDictionary:
    TEXT = dictionary()

    def section(self, name: str) -> str:
        return self.TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    @pytest.mark.parametrize("declared", public_tables(), ids=lambda declared: declared.name)
    def test_every_public_table_with_every_column(self, declared: Table) -> None:
        section = self.section(declared.name)
        assert section.strip().startswith(declared.description)
        rows = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
        assert rows == [column.name for column in columns(declared)]
        for warning in declared.warnings:
            assert vocabulary.USAGE_WARNING[warning] in section

    def test_no_private_table(self) -> None:
        headings = re.findall(r"^## (\w+\.\w+)$", self.TEXT, flags=re.MULTILINE)
        assert headings == [declared.name for declared in public_tables()]

    def test_every_row_has_the_cells_of_its_table(self) -> None:
        """A pipe in a description would break the table."""
        widths = {"column": 5, "word": 3}
        width = 0
        for line in self.TEXT.splitlines():
            if line.startswith(("| column", "| word")):
                width = widths[line.split()[1]]
            if line.startswith("|"):
                assert line.count("|") == width, line

    def test_every_word_is_explained(self) -> None:
        for title, words in VOCABULARIES.items():
            section = self.TEXT.partition(f"\n### {title}\n")[2].partition("\n### ")[0]
            assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == list(words)

    def test_some_tables_alone(self) -> None:
        assert "## staging.test__things" in dictionary([THINGS])
        assert "## core.models" not in dictionary([THINGS])


class TestDatapackage:
    PACKAGE: dict[str, Any] = json.loads(datapackage("2026-11-23T00-00-00Z", "2026-11-23T00:00:00+00:00"))

    def test_keeps_the_standard(self) -> None:
        jsonschema.Draft202012Validator(PACKAGE, format_checker=jsonschema.FormatChecker()).validate(self.PACKAGE)

    def test_has_every_public_table_once(self) -> None:
        resources = self.PACKAGE["resources"]
        assert [resource["name"] for resource in resources] == [declared.name for declared in public_tables()]
        assert len({resource["path"] for resource in resources}) == len(resources)
        assert [resource["path"] for resource in resources] == [parquet_name(declared) for declared in public_tables()]

    @pytest.mark.parametrize("resource", PACKAGE["resources"], ids=lambda resource: resource["name"])
    def test_keys_name_fields_that_exist(self, resource: dict[str, Any]) -> None:
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        others = {other["name"]: other["schema"] for other in self.PACKAGE["resources"]}
        assert list(fields) == list(TABLES[resource["name"]].dtypes)
        for name in resource["schema"].get("primaryKey", []):
            assert fields[name]["constraints"]["required"] is True
        for key in resource["schema"].get("foreignKeys", []):
            parent = others[key["reference"]["resource"]]
            assert set(key["fields"]) <= set(fields)
            assert set(key["reference"]["fields"]) <= {field["name"] for field in parent["fields"]}

    def test_a_decimal_is_a_number_and_a_list_an_array(self) -> None:
        [costs] = [resource for resource in self.PACKAGE["resources"] if resource["name"] == "core.model_costs"]
        kinds = {field["name"]: (field["type"], field.get("unit")) for field in costs["schema"]["fields"]}
        assert kinds["cost_mid_usd"] == ("number", "USD")
        assert kinds["flags"] == ("array", None)
        assert kinds["is_lower_bound"] == ("boolean", None)


def test_tables_are_published_in_the_same_order_whichever_module_was_loaded_first() -> None:
    code = "from pipelines.contracts import quality, all; from pipelines.contracts.derive import public_tables as p; "
    told = subprocess.run(
        [sys.executable, "-c", code + "print(*(t.name for t in p()))"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [declared.name for declared in public_tables()]
