"""Printing: to a terminal with colours and its width, to a pipe plain and unwrapped, as JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TextIO

from rich.console import Console, RenderableType

from pipelines.screens.upkeep import moment

UNWRAPPED = 100_000
"""Columns of a line that goes to a pipe: nothing is folded or cut."""


def console(stream: TextIO | None = None) -> Console:
    """A console that takes text as it is: no markup, no emoji, no highlighting of its own."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else UNWRAPPED
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def width() -> int:
    """Columns there are to print in."""
    return console().width


def show(*parts: RenderableType | None, to: TextIO | None = None) -> None:
    """Print parts below one another; those that are None are left out.

    In a pipe, lines carry no padding at their ends.
    """
    target = console(to)
    kept = [part for part in parts if part is not None]
    if target.is_terminal:
        for part in kept:
            target.print(part)
        return
    with target.capture() as capture:
        for part in kept:
            target.print(part)
    stream = to or sys.stdout
    stream.write("\n".join(line.rstrip() for line in capture.get().split("\n")))
    stream.flush()


@contextmanager
def working(message: str) -> Iterator[None]:
    """A spinner on the terminal while something long runs; nothing in a pipe.

    It writes to a stream of its own: what runs may take standard error for its logs.
    """
    if not sys.stderr.isatty():
        yield
        return
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal, Console(file=terminal).status(message):
        yield


def show_json(value: object) -> None:
    """Print a record, list or mapping as JSON: numbers as numbers, days as ISO 8601, unknowns as null."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def show_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV with a header; an unknown is an empty cell, a list is JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(plain(value)) for value in row] for row in rows)
    sys.stdout.write(buffer.getvalue())
    sys.stdout.flush()


def _csv_cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def plain(value: Any) -> Any:
    """A value as JSON knows it; a number JSON has no word for (infinite, not a number) becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, float)):
        return _number(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _number(value: Decimal | float) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else float(value)


def versions() -> dict[str, str | None]:
    """The versions of costledger and of what it runs on, by name; None where one is not installed."""
    from importlib import metadata

    def of(name: str) -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    names = ("costledger", "dagster", "duckdb", "polars", "pandera")
    return {**{name: of(name) for name in names}, "python": sys.version.split()[0]}
