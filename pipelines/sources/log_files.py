"""The logs of a feed on disk: CSV of text, only ever longer, replaced in one step, so no reader sees half of one."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

SNAPSHOTS, LOG, SET_ASIDE = "snapshots", "log.csv", "set_aside.csv"


def read_log(path: Path, columns: tuple[str, ...] | None = None) -> pl.DataFrame:
    """A log as text, empty cells null; without a file, no rows.

    Args:
        path: of the file.
        columns: it has by its kind; those it lacks are null.
    """
    try:
        found = pl.read_csv(path, infer_schema=False)
    except (FileNotFoundError, pl.exceptions.NoDataError):
        found = pl.DataFrame()
    if columns is None:
        return found
    absent = [pl.lit(None, pl.String).alias(name) for name in columns if name not in found.columns]
    return (
        found.with_columns(absent).select(columns)
        if found.width
        else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    )


def append_log(path: Path, events: pl.DataFrame) -> None:
    """Add events at the end of a log."""
    if events.is_empty():
        return
    before = path.read_bytes() if path.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    replace_file(path, before + events.write_csv(include_header=not before).encode())


def write_rows(path: Path, rows: pl.DataFrame) -> None:
    """Write a file of the last read alone."""
    replace_file(path, rows.write_csv().encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put bytes in place of a file in one step; a file with these bytes already is left as it is."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
