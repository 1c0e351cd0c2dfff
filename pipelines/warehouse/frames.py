"""Frames into DuckDB and out of it, by Arrow's interface for streams: neither side needs pyarrow, slow to load."""

from __future__ import annotations

from typing import Protocol

import duckdb
import polars as pl


class Streamed(Protocol):
    """What gives its rows as an Arrow stream: a frame, or a question to DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None, /) -> object:
        """The rows."""


class Stream:
    """Rows as a stream and nothing else.

    DuckDB would have a frame itself made into a table of pyarrow. Polars would look for much else in a question, and
    DuckDB's bindings report at the end of the process whatever that creates.
    """

    def __init__(self, source: Streamed) -> None:
        """Stand for something with rows."""
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Its rows."""
        return self._source.__arrow_c_stream__(requested_schema)


def execute_over(connection: duckdb.DuckDBPyConnection, sql: str, frame: pl.DataFrame) -> None:
    """Run a statement that reads the frame under the name `incoming`."""
    incoming = Stream(frame)  # noqa: F841 - DuckDB finds it by name, faster than registered
    connection.execute(sql)


def frame_of(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """The rows of a question, in DuckDB's types."""
    return pl.DataFrame(Stream(relation))
