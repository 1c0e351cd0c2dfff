"""What each table of a build was made from, and with it which tables are older than what they read.

A staging table is known by a hash of what was read for it, any other by what it was made from. The build notes both
with the table, in the same transaction; rows are never hashed for it. Reading the same again, or making a table again
from the same, is no change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

from pipelines.contracts.table import Table
from pipelines.warehouse.release import ReleaseRefusedError

DAY = "day"
"""Among what a table was made from: the day that is priced. No table is called so."""

DIGITS = 16
"""Of a hash: enough to tell a few versions of a table apart."""

TOLD = 5
"""How many outdated tables a message names."""


class Made(Protocol):
    """A table and what it is made from, as a step declares it."""

    @property
    def table(self) -> Table:
        """What is made."""

    @property
    def reads(self) -> tuple[Table, ...]:
        """What it is made from."""

    @property
    def takes_day(self) -> bool:
        """Whether it depends on the day that is priced."""


def content_note(staging_table: str) -> str:
    """Under which name a build keeps the hash of what was read for a staging table."""
    return f"read for {staging_table}"


def origin_note(table: str) -> str:
    """Under which name a build keeps what a table was made from."""
    return f"origin of {table}"


def version(table: str, notes: Mapping[str, str]) -> str:
    """Which version of a table a build holds; empty where that was never noted."""
    known = notes.get(content_note(table)) or notes.get(origin_note(table), "")
    return hashlib.sha256(known.encode()).hexdigest()[:DIGITS] if known else ""


def origin(step: Made, notes: Mapping[str, str], day: date) -> dict[str, str]:
    """The note that a table was made from what the build holds now and, if it takes the day, on which."""
    reads = {read.name: version(read.name, notes) for read in step.reads}
    made_from = reads | ({DAY: day.isoformat()} if step.takes_day else {})
    return {origin_note(step.table.name): json.dumps(made_from, sort_keys=True)}


def _origin_of(step: Made, notes: Mapping[str, str]) -> dict[str, str]:
    return dict(json.loads(notes.get(origin_note(step.table.name), "{}")))


def day_of(steps: Iterable[Made], notes: Mapping[str, str]) -> date | None:
    """The latest day a table of the build was made on; None in an empty build."""
    days = [_origin_of(step, notes).get(DAY) for step in steps if step.takes_day]
    return max((date.fromisoformat(day) for day in days if day), default=None)


def outdated(steps: Iterable[Made], notes: Mapping[str, str], day: date | None = None) -> dict[str, list[str]]:
    """Tables that are older than what they read.

    Args:
        steps: how tables are made.
        notes: of the build.
        day: on which those that take the day must have been made; any day will do when not given.

    Returns:
        By name of the table, what was made again since, or the day; all it reads where it was never made. What is made
        from such a table is not named for that alone: see `following`.
    """
    found = {}
    for step in steps:
        before = _origin_of(step, notes)
        newer = [read.name for read in step.reads if before.get(read.name) != version(read.name, notes)]
        if day and step.takes_day and before.get(DAY) != day.isoformat():
            newer.append(f"the prices of {day.isoformat()}")
        if newer:
            found[step.table.name] = newer
    return found


def refuse_outdated(found: Mapping[str, Sequence[str]]) -> None:
    """Let no release out of which a part is older than what it is made from.

    Args:
        found: tables that are outdated, each with what was made again since.

    Raises:
        ReleaseRefusedError: there are some; the message names them and the remedy.
    """
    if not found:
        return
    told = [f"{name} (older than {', '.join(newer[:3])})" for name, newer in list(found.items())[:TOLD]]
    more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
    selection = " or ".join(f'key:"{name.replace(".", "/")}"+' for name in list(found)[:TOLD])
    raise ReleaseRefusedError(
        f"the last release stays, because tables are older than what they are made from: {', '.join(told)}{more}. "
        f"In the UI materialize {selection}, or everything; or run `costledger run`"
    )


def following(names: Collection[str], steps: Iterable[Made]) -> set[str]:
    """Tables, and all that is made from them, by name; the steps in any order."""
    readers: dict[str, list[str]] = {}
    for step in steps:
        for read in step.reads:
            readers.setdefault(read.name, []).append(step.table.name)
    found, new = set(names), list(names)
    while new:
        further = [reader for reader in readers.get(new.pop(), ()) if reader not in found]
        found.update(further)
        new += further
    return found
