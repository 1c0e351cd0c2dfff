"""The private file a build writes: one writer, every write validated before and in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import local
from typing import cast

import duckdb
import polars as pl
from filelock import FileLock, Timeout

from pipelines.contracts.derive import PUBLIC_SCHEMAS, create_table
from pipelines.contracts.quality import RejectedRows, Releases
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import ContractBrokenError, conform, conform_strictly
from pipelines.warehouse.disk import writing
from pipelines.warehouse.frames import execute_over, frame_of
from pipelines.warehouse.mould import escaped

LOCK_SECONDS = 60
REJECTIONS = "build.rejections"
"""Everything set aside so far, by the table it did not reach; `quality.rejected_rows` is made from it."""


NOTES = "build.notes"
"""What each source read and each table was made from, as hashes: a release is said to be made from that, not from what
lies there later."""

REFERENCE_FILE = "data/reference/"

SCHEMAS = ("raw", "staging", *PUBLIC_SCHEMAS)

CATALOG = "work"
ROWS_OF_A_GROUP = 30_720
"""A table larger than a group is written as it comes; a smaller one to the log first, and to the file again later."""


class WarehouseBusyError(Exception):
    """Another process is building in the same data folder."""


class TableMissingError(Exception):
    """A table that is read has not been built yet."""


class Warehouse:
    """The build file of one data folder.

    Inside `session()` the file is opened once, and every read and write, of any thread, has its own view of it;
    outside, each opens the file and closes it, so that a failure leaves nothing locked either way.
    """

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is created with the first write."""
        self.path = path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._views = local()
        self._in_use: set[str] = set()
        self._noted: dict[str, str] = {}

    @contextmanager
    def session(self) -> Iterator[Warehouse]:
        """Hold the build file for many reads and writes.

        Raises:
            WarehouseBusyError: another process holds it for longer than LOCK_SECONDS.
        """
        with self.connect() as connection:
            self._connection, self._views = connection, local()
            self._in_use, self._noted = _in_use(connection), self.notes()  # nobody else writes until the session ends
            try:
                yield self
            finally:
                self._connection = None
                self._noted = {}

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the build file, one process at a time.

        Raises:
            WarehouseBusyError: another process holds it for longer than LOCK_SECONDS.
        """
        if self._connection is not None:
            yield self._own_view(self._connection)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_suffix(".lock")).acquire(timeout=LOCK_SECONDS):
                connection = _open(self.path)
                try:
                    with writing(self.path):
                        _prepare(connection)
                    yield connection
                finally:
                    connection.close()
        except Timeout as error:
            raise WarehouseBusyError(
                f"{self.path} is in use by another build: wait for it, or end it, and run again"
            ) from error

    def _own_view(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """The open file as this thread sees it."""
        if not hasattr(self._views, "cursor"):
            self._views.cursor = connection.cursor()
            self._views.cursor.execute(f"use {CATALOG}")
        return cast("duckdb.DuckDBPyConnection", self._views.cursor)

    def read(self, declared: Table) -> pl.DataFrame:
        """All rows of a table, in its contract's types.

        Raises:
            TableMissingError: it has not been built.
        """
        with self.connect() as connection:
            return _read(connection, declared)

    def read_all(self, tables: tuple[Table, ...]) -> list[pl.DataFrame]:
        """Several tables through one connection.

        Raises:
            TableMissingError: one of them has not been built.
        """
        with self.connect() as connection:
            return [_read(connection, declared) for declared in tables]

    def write(self, declared: Table, frame: pl.DataFrame, rejected: pl.DataFrame | None = None) -> None:
        """Replace a table, and what was set aside on its way, in one transaction.

        Raises:
            ContractBrokenError: the frame has other columns or types than the contract.
            OSError: the disk takes no more.
        """
        self.write_all([(declared, frame, rejected)])

    def write_all(
        self,
        writes: list[tuple[Table, pl.DataFrame, pl.DataFrame | None]],
        inputs: Mapping[Table, pl.DataFrame] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Replace several tables in one transaction.

        Args:
            writes: table, rows, and what was set aside on their way.
            inputs: what the rows of a table depend on, a hash for each key; gone for a table that gives none.
            notes: words about the build, by name, kept with the tables.

        Raises:
            ContractBrokenError: a frame has other columns or types than its contract.
            OSError: the disk takes no more.
        """
        ready = [(declared, conform_strictly(declared, frame), rejected) for declared, frame, rejected in writes]
        with writing(self.path), self.connect() as connection:
            connection.begin()
            try:
                in_use = self._in_use if self._connection else _in_use(connection)
                for declared, frame, rejected in ready:
                    _replace(connection, declared, frame)
                    if rejected is not None:
                        _replace_rejections(connection, declared, rejected, in_use)
                    _replace_inputs(connection, declared, (inputs or {}).get(declared), in_use)
                _note(connection, {name: word for name, word in (notes or {}).items() if self._noted.get(name) != word})
                connection.commit()
                if self._connection:
                    self._noted |= notes or {}
            except BaseException:
                with suppress(duckdb.Error):  # nothing is left to take back where the disk was full
                    connection.rollback()
                raise

    def inputs_of(self, declared: Table) -> pl.DataFrame | None:
        """What the rows of a table depended on when they were written; None where that is not known."""
        with self.connect() as connection:
            try:
                return frame_of(connection.sql(f"from {_inputs_name(declared)}"))
            except duckdb.CatalogException:
                return None

    def select(self, declared: Table, query: str) -> pl.DataFrame:
        """The rows of a SELECT, in the types of a contract.

        Raises:
            TableMissingError: a table it reads has not been built.
            KeyError: a constant it needs is not in the data; the message names the file.
        """
        with self.connect() as connection:
            return as_contract(declared, _run(connection, query))

    def query(self, query: str) -> pl.DataFrame:
        """The rows of a SELECT as DuckDB types them.

        Raises:
            TableMissingError: a table it reads has not been built.
        """
        with self.connect() as connection:
            return _run(connection, query)

    def history(self) -> pl.DataFrame:
        """The releases the build knows (contract `history.releases`); none in a fresh one."""
        try:
            return self.read(table_of(Releases))
        except (TableMissingError, ContractBrokenError):
            return table_of(Releases).empty()

    def notes(self) -> dict[str, str]:
        """Every word kept about the build."""
        with self.connect() as connection:
            return dict(connection.execute(f"select name, value from {NOTES}").fetchall())

    def rejections(self) -> pl.DataFrame:
        """Everything set aside so far (contract `quality.rejected_rows`), in the order of tables, files and lines."""
        place = "table_name, file, line, record_id, column_name, check_name"
        with self.connect() as connection:
            return as_contract(table_of(RejectedRows), frame_of(connection.sql(f"from {REJECTIONS} order by {place}")))


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    """The build file; a damaged one is made anew, for everything in it can be computed again."""
    connection = duckdb.connect()
    attach = f"attach '{escaped(path)}' as {CATALOG} (row_group_size {ROWS_OF_A_GROUP})"
    try:
        connection.execute(attach)
    except duckdb.IOException as error:
        if "not a valid DuckDB" not in str(error):
            connection.close()
            raise
        path.unlink()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        connection.execute(attach)
    connection.execute(f"use {CATALOG}")
    return connection


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Schemas and the table of rejections, so that every write finds its place."""
    connection.execute("set global timezone = 'UTC'")
    connection.execute("set threads = 1")  # steps run side by side; one of them is too small to be shared out
    for schema in ("build", *SCHEMAS):
        connection.execute(f"create schema if not exists {schema}")
    connection.execute(create_table(table_of(RejectedRows), name=REJECTIONS, replace=False))
    connection.execute(f"create table if not exists {NOTES} (name varchar primary key, value varchar not null)")


def _run(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    try:
        return frame_of(connection.sql(query))
    except duckdb.CatalogException as error:
        raise TableMissingError(f"{error} (build it first: `costledger run`, or materialize what it reads)") from error
    except duckdb.InvalidInputException as error:
        said = str(error).removeprefix("Invalid Input Error: ")
        if not said.startswith(REFERENCE_FILE):
            raise
        raise KeyError(said) from error  # as costing says it: a mart asks for a constant that the data lacks


def _read(connection: duckdb.DuckDBPyConnection, declared: Table) -> pl.DataFrame:
    return as_contract(declared, _run(connection, f"from {declared.name}"))


def as_contract(declared: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame from DuckDB in the types of its contract; DuckDB widens decimals and integers of sums.

    Raises:
        ContractBrokenError: a column is missing or extra.
    """
    found = frame.schema
    widened = [pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items() if found.get(name, dtype) != dtype]
    return conform_strictly(declared, frame.with_columns(widened) if widened else frame)


def _replace(connection: duckdb.DuckDBPyConnection, declared: Table, frame: pl.DataFrame) -> None:
    """The table as the frame is: it was conformed to the contract, and an index has no use here."""
    execute_over(connection, f"create or replace table {declared.name} as from incoming", frame)


def _note(connection: duckdb.DuckDBPyConnection, words: Mapping[str, str]) -> None:
    if words:
        pairs = [list(words), list(words.values())]
        connection.execute(f"insert or replace into {NOTES} select unnest($1), unnest($2)", pairs)


def _inputs_name(declared: Table) -> str:
    return f"build.inputs_of_{declared.name.replace('.', '_')}"


def _in_use(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables of inputs, and names of tables with rows set aside: of the others there is nothing to take away."""
    found = connection.execute(
        f"select 'build.' || table_name from duckdb_tables() where schema_name = 'build' "
        f"union all select distinct table_name from {REJECTIONS}"
    )
    return {name for (name,) in found.fetchall()}


def _replace_inputs(
    connection: duckdb.DuckDBPyConnection, declared: Table, inputs: pl.DataFrame | None, in_use: set[str]
) -> None:
    name = _inputs_name(declared)
    if inputs is not None:
        in_use.add(name)
        execute_over(connection, f"create or replace table {name} as from incoming", inputs)
    elif name in in_use:
        connection.execute(f"drop table if exists {name}")


def _replace_rejections(
    connection: duckdb.DuckDBPyConnection, declared: Table, rejected: pl.DataFrame, in_use: set[str]
) -> None:
    if declared.name in in_use:
        connection.execute(f"delete from {REJECTIONS} where table_name = ?", [declared.name])
    if rejected.height:
        in_use.add(declared.name)
        found = conform(table_of(RejectedRows), rejected)
        execute_over(connection, f"insert into {REJECTIONS} by name from incoming", found)
