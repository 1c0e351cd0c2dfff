"""A disk that takes no more, told as Python tells it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

UNWRITTEN = "Could not write file"
"""What DuckDB says in errors of several kinds: of the write itself, of the commit, of all that is asked later."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around what writes a file of DuckDB.

    Raises:
        OSError: it could not be written; names the file and the reason.
    """
    try:
        yield
    except duckdb.Error as error:
        if not isinstance(error, duckdb.IOException) and UNWRITTEN not in str(error):
            raise
        reason = str(error).splitlines()[0].rsplit('": ', 1)[-1]
        remedy = f"it could not be written ({reason}): make room on the disk, and run again"
        raise OSError(errno.EIO, remedy, str(path)) from error
