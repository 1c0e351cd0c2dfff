"""The base of every contract: a pandera model with a table name, a key and foreign keys.

A contract is declared once, as a class with `@table(...)`; its docstring's first sentence states the grain.
Everything else about the table (DDL, comments, Dagster schema, dictionary) is derived from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pandera.polars as pa
import polars as pl
from pandera.api.dataframe.model_components import FieldInfo

from pipelines.contracts.limits import (
    LEAST_HOURS_FACTOR,
    LEAST_RENT,
    LEAST_UTILIZATION,
    MOST_DISCLOSED_HOURS,
    MOST_HOURS_FACTOR,
    MOST_RENT,
)
from pipelines.contracts.types import A_CENT, COST, HOURS, LEAST_HOURS, MOST_HOURS, UNIT_PRICE, USD

__all__ = [
    "A_CENT",
    "COST",
    "HOURS",
    "LEAST_HOURS",
    "LEAST_HOURS_FACTOR",
    "LEAST_RENT",
    "LEAST_UTILIZATION",
    "MOST_DISCLOSED_HOURS",
    "MOST_HOURS",
    "MOST_HOURS_FACTOR",
    "MOST_RENT",
    "PLACE",
    "TABLES",
    "UNIT_PRICE",
    "USD",
    "Contract",
    "ForeignKey",
    "Table",
    "column",
    "table",
    "table_of",
]

PLACE = ("file", "line")
"""Columns that say where a record was read; they stand last."""

CELLS = "set_aside_cells"
"""Where a table has this column, a cell that breaks its rule is emptied and told, and its row stays."""


class Contract(pa.DataFrameModel):
    """Base of all contracts: no column may be missing and none may be extra."""

    class Config:
        strict = True


@dataclass(frozen=True)
class ForeignKey:
    """A column (or list column) whose values must be keys of another table.

    Attributes:
        column: the referring column.
        parent: name of the table referred to, `schema.table`.
        remedy: what to do about a value that is not there.
        sets_aside: False keeps the row (the finding is reported, the caller marks the row).
    """

    column: str
    parent: str
    remedy: str
    sets_aside: bool = True

    @property
    def parent_column(self) -> str:
        """The key column of the parent."""
        return TABLES[self.parent].key[0]


@dataclass(frozen=True)
class Table:
    """A contract with its place in the warehouse.

    Attributes:
        name: `schema.table`.
        declared_by: the contract, or what makes it: a class takes 1 ms to create, and is not always asked for.
        key: columns that tell its rows apart.
        foreign_keys: columns that refer to other tables.
        warnings: what a reader should know before he sums.
    """

    name: str
    declared_by: type[Contract] | Callable[[], type[Contract]]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    warnings: tuple[str, ...] = ()
    _cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def schema_name(self) -> str:
        """The layer: raw, staging, core, marts, quality or history."""
        return self.name.partition(".")[0]

    @property
    def table_name(self) -> str:
        """The name without its layer."""
        return self.name.partition(".")[2]

    @property
    def contract(self) -> type[Contract]:
        """The class that declares its columns."""
        if "contract" not in self._cache:
            maker = self.declared_by
            self._cache["contract"] = maker if isinstance(maker, type) else maker()
        return cast("type[Contract]", self._cache["contract"])

    @property
    def parents(self) -> tuple[Table, ...]:
        """The tables its foreign keys name, each once, itself left out."""
        names = dict.fromkeys(key.parent for key in self.foreign_keys if key.parent != self.name)
        return tuple(TABLES[name] for name in names)

    @property
    def description(self) -> str:
        """The docstring of the contract; its first sentence is the grain."""
        return " ".join((self.contract.__doc__ or "").split())

    @property
    def pandera(self) -> pa.DataFrameSchema:
        """The schema pandera validates with, built once."""
        if "pandera" not in self._cache:
            self._cache["pandera"] = self.contract.to_schema()
        return cast("pa.DataFrameSchema", self._cache["pandera"])

    @property
    def values_schema(self) -> pa.DataFrameSchema:
        """The checks alone: types, absent values and keys are looked at once for all columns (`validation`)."""
        if "values" not in self._cache:
            free = [name for name, column in self.pandera.columns.items() if not column.checks]
            slim = self.pandera.remove_columns(free)
            for column in slim.columns.values():
                column.nullable, column.unique = True, False
            slim.strict = False
            self._cache["values"] = slim
        return cast("pa.DataFrameSchema", self._cache["values"])

    @property
    def required(self) -> list[str]:
        """Columns whose value may not be absent."""
        return [name for name in self.dtypes if not self.declared[name].nullable]

    @property
    def checks(self) -> list[tuple[pa.Check, str | None]]:
        """Every check with its column, None for those of whole rows: what the schema has, without building it."""
        if "checks" not in self._cache:
            of_columns = [(check, name) for name, held in self.declared.items() for check in held.checks]
            self._cache["checks"] = [*of_columns, *((check, None) for check in self.contract.__root_checks__)]
        return cast("list[tuple[pa.Check, str | None]]", self._cache["checks"])

    @property
    def declared(self) -> dict[str, FieldInfo]:
        """Column name to what the contract says of it, without the schema of pandera, which takes 5 ms to build."""
        if "declared" not in self._cache:
            parts = [part for kind in reversed(self.contract.__mro__) for part in vars(kind).items()]
            self._cache["declared"] = {name: held for name, held in parts if isinstance(held, FieldInfo)}
        return cast("dict[str, FieldInfo]", self._cache["declared"])

    @property
    def described(self) -> dict[str, str]:
        """Column name to description."""
        return {name: held.description or "" for name, held in self.declared.items()}

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """Column name to polars type: the key first, the place it was read from last."""
        if "dtypes" not in self._cache:
            kinds = [kind for kind in reversed(self.contract.__mro__) if issubclass(kind, Contract)]
            hints = [hint for kind in kinds for hint in inspect.get_annotations(kind, eval_str=True).items()]
            types = {name: _type_of(hint) for name, hint in hints if name in self.declared}
            rest = sorted((name for name in types if name not in self.key), key=lambda name: name in PLACE)
            self._cache["dtypes"] = {name: types[name] for name in (*self.key, *rest)}
        return cast("dict[str, pl.DataType]", self._cache["dtypes"])

    def empty(self) -> pl.DataFrame:
        """A frame of this contract without rows."""
        if "empty" not in self._cache:
            self._cache["empty"] = pl.DataFrame(schema=self.dtypes)
        return cast("pl.DataFrame", self._cache["empty"]).clone()


def _type_of(hint: object) -> pl.DataType:
    """The type an annotation means: `pl.String` is the type of `pl.String()`."""
    return cast("pl.DataType", hint() if isinstance(hint, type) else hint)


TABLES: dict[str, Table] = {}
"""Every declared table by name, in the order of declaration."""

C = TypeVar("C", bound=type[Contract])


def table(
    name: str,
    *,
    key: tuple[str, ...],
    foreign_keys: tuple[ForeignKey, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Callable[[C], C]:
    """Declare the class below as the contract of table `name`, and register it."""

    def register(contract: C) -> C:
        _register(Table(name, contract, key, foreign_keys, warnings))
        return contract

    return register


def derived_table(name: str, make: Callable[[], type[Contract]], dtypes: Mapping[str, pl.DataType]) -> None:
    """Declare a table without key whose contract is made when it is asked for; its types are known before."""
    _register(Table(name, make, (), _cache={"dtypes": dict(dtypes)}))


def _register(declared: Table) -> None:
    if declared.name in TABLES:
        raise ValueError(f"table {declared.name} is declared twice")
    TABLES[declared.name] = declared


def table_of(contract: type[Contract]) -> Table:
    """The table a contract class declares.

    Raises:
        KeyError: the class has no `@table`.
    """
    for declared in TABLES.values():
        if declared.declared_by is contract:
            return declared
    raise KeyError(f"{contract.__name__} is not declared with @table")


def column(
    description: str,
    *,
    nullable: bool = False,
    unit: str | None = None,
    remedy: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **checks: Any,
) -> Any:
    """A column of a contract.

    Args:
        description: what is measured, never a repeat of the name.
        nullable: whether the value may be absent; an unknown is absent, never zero.
        unit: unit of a name without a unit suffix (see `units.UNIT_SUFFIXES`).
        remedy: what to do about a value that fails a check, said behind the bound.
        metadata: more to carry along.
        **checks: pandera's built-in checks (`ge`, `le`, `isin`, `str_matches`, `unique`).
    """
    return pa.Field(
        description=description,
        nullable=nullable,
        metadata={"unit": unit, **({"remedy": remedy} if remedy else {}), **(metadata or {})},
        **checks,
    )
