"""How a table is declared, and what can be asked of the declaration."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts import core
from pipelines.contracts.table import TABLES, Contract, ForeignKey, Table, column, table, table_of
from tests.unit.contracts.things import THINGS, Things


def test_name_and_layer() -> None:
    assert (THINGS.schema_name, THINGS.table_name) == ("staging", "test__things")


def test_the_docstring_is_the_description_on_one_line() -> None:
    class Wrapped(Contract):
        """One row per thing, \n        wrapped."""

    assert Table("core.wrapped", Wrapped, key=()).description == "One row per thing, wrapped."


def test_key_stands_first_and_place_last() -> None:
    assert next(iter(THINGS.dtypes)) == "thing_id"
    assert list(THINGS.dtypes)[-2:] == ["file", "line"]
    assert THINGS.dtypes["low_hours"] == pl.Decimal(18, 4)
    assert THINGS.dtypes["kin_ids"] == pl.List(pl.String)


def test_an_empty_frame_has_every_column() -> None:
    assert dict(THINGS.empty().schema) == THINGS.dtypes
    assert THINGS.empty().is_empty()


def test_the_schema_is_strict_and_built_once() -> None:
    assert THINGS.pandera is THINGS.pandera
    assert THINGS.pandera.strict is True


def test_a_table_is_found_by_its_contract() -> None:
    assert table_of(core.Models) is TABLES["core.models"]


def test_a_contract_without_a_table_has_none() -> None:
    with pytest.raises(KeyError, match="Things is not declared with @table"):
        table_of(Things)


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"table core\.models is declared twice"):
        table("core.models", key=())(Things)
    assert TABLES["core.models"].contract is core.Models


def test_a_foreign_key_refers_to_the_first_column_of_the_parents_key() -> None:
    assert ForeignKey("any", "core.hardware", "mend").parent_column == "hardware_id"


def test_a_column_carries_description_unit_and_checks() -> None:
    class Measured(Contract):
        """One row per measure."""

        weight: pl.Float64 = column("How heavy it is.", unit="kg", metadata={"more": 1}, nullable=True, gt=0)

    [found] = Measured.to_schema().columns.values()
    assert found.description == "How heavy it is."
    assert found.metadata == {"unit": "kg", "more": 1}
    assert found.nullable
    assert [check.name for check in found.checks] == ["greater_than"]


def test_a_contract_takes_its_parents_columns_and_checks() -> None:
    class More(Things):
        """One row per thing, with more."""

        more: pl.String = column("More.")

    assert set(More.to_schema().columns) == {*THINGS.dtypes, "more"}
    with pytest.raises(pa.errors.SchemaError):
        More.validate(THINGS.empty())
