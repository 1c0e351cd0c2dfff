"""The published file, open for reading: its faults in plain words, rows as records, a reader's own SQL.

It is opened read-only, with access to everything outside it switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb

from pipelines.warehouse.faults import NothingPublishedError, QueryError, UnreadableLedgerError
from pipelines.warehouse.shapes import Result

if TYPE_CHECKING:
    import polars as pl

Record = TypeVar("Record")
Answer = TypeVar("Answer")

CONFINED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
}
"""Settings of every connection: a query can neither read nor write outside the file, nor undo that."""

PUBLISH_AGAIN = "publish it again with `costledger run --force`"


class Published:
    """The published file of a data folder, open for reading."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            NothingPublishedError: there is none.
            UnreadableLedgerError: it is no DuckDB file, or one of a newer DuckDB.
        """
        self.path = path
        if not path.exists():
            raise NothingPublishedError(f"nothing is published in {path.parent} yet: run `costledger run`")
        try:
            self._connection = duckdb.connect(str(path), read_only=True, config=CONFINED)
        except duckdb.Error as error:
            raise UnreadableLedgerError(f"{path} cannot be read ({_first_line(error)}): {PUBLISH_AGAIN}") from error

    def __enter__(self) -> Self:
        """Use as a context manager: closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._connection.close()

    # ---- a reader's own question

    def query(self, sql: str, limit: int | None = None) -> Result:
        """Run a reader's SQL.

        Args:
            sql: one or more statements; the rows of the last are returned.
            limit: most rows to return; all when not given.

        Raises:
            QueryError: it does not parse, asks for what is not there, or wants to write.
        """
        try:
            self._connection.execute(sql)
            described = self._connection.description
            if not described:
                raise QueryError("nothing was asked: write a SELECT")
            rows = self._connection.fetchall() if limit is None else self._connection.fetchmany(limit + 1)
        except duckdb.Error as error:
            raise QueryError(_refusal(error)) from error
        shown = rows if limit is None else rows[:limit]
        names = _unique([str(column[0]) for column in described])
        return Result(names, [str(column[1]) for column in described], shown, len(rows) > len(shown))

    # ---- reading

    def rows(self, kind: type[Record], source: str, parameters: Sequence[Any] = (), **expressions: str) -> list[Record]:
        """Rows of `from … as t …` as records: a field is the column of `t` of its name, or the expression given."""
        names = [each.name for each in fields(kind) if each.default_factory is MISSING]  # type: ignore[arg-type]
        selected = ", ".join(f"{expressions.get(name, f't.{name}')} as {name}" for name in names)
        return [kind(*row) for row in self.fetch(f"select {selected} {source}", parameters)]

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a question of this program's own.

        Raises:
            UnreadableLedgerError: the file is damaged, or has other tables than this program expects.
        """
        return self._asked(lambda: self._connection.execute(sql, parameters).fetchall())

    def frame(self, sql: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
        """The same as a frame, in the types of the file.

        Raises:
            UnreadableLedgerError: the file is damaged, or has other tables than this program expects.
        """
        from pipelines.warehouse.frames import frame_of

        return self._asked(lambda: frame_of(self._connection.sql(sql, params=list(parameters))))

    def of_another_version(self, error: Exception) -> UnreadableLedgerError:
        """What to say of a file whose tables are not those this program expects."""
        return UnreadableLedgerError(
            f"{self.path} was published by another version of costledger ({_first_line(error)}): {PUBLISH_AGAIN}"
        )

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise self.of_another_version(error) from error
        except duckdb.Error as error:
            raise UnreadableLedgerError(
                f"{self.path} cannot be read ({_first_line(error)}): {PUBLISH_AGAIN}"
            ) from error


def _unique(names: list[str]) -> list[str]:
    """Column names with a number behind those that come again."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _refusal(error: duckdb.Error) -> str:
    """A DuckDB error in plain words: without its class, with its advice, without a stack."""
    text = str(error).strip()
    if "read-only mode" in text:
        return "the published ledger is read-only: ask with SELECT (copy the file to work on it)"
    if isinstance(error, duckdb.PermissionException) or "disabled by configuration" in text:
        return f"a query sees the published ledger and nothing outside it ({text.partition(chr(10))[0]})"
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("Stack Trace"))
