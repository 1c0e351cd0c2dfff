"""The log of reads of a feed, one row a read, append only, and when the next read is due.

Belongs here: `reads.csv`. A row is one line, written at once; what a crash leaves of a line is cut off by the next
row, and rows before it are never touched.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.sources.feed_folders import SnapshotError, feed_folder, moment_of, moment_text, reading, writing
from pipelines.sources.formats.format import Feed

READS_FILE = "reads.csv"

STATUSES = ("changed", "equal", "not_modified", "refused", "held", "failed")
"""What a read can come to."""

_RETRIED = ("refused", "failed")
_FIRST_RETRY = timedelta(minutes=15)
_LAST_RETRY = timedelta(hours=24)
_MESSAGE_CHARACTERS = 1000


@dataclass(frozen=True)
class Read:
    """One read of a feed: a row of `reads.csv`.

    Attributes:
        read_at: UTC moment.
        status: one of STATUSES.
        http_status: what the server answered, if it did.
        sha256: of the bytes that were read, or are kept where they are the same.
        snapshot: name of the folder that holds them.
        row_count: rows the format found.
        believed_count: rows believed.
        set_aside_count: rows set aside.
        held_count: rows that wait for a second read.
        message: what happened, for people, on one line.
    """

    read_at: datetime
    status: str
    http_status: int | None = None
    sha256: str | None = None
    snapshot: str | None = None
    row_count: int | None = None
    believed_count: int | None = None
    set_aside_count: int | None = None
    held_count: int | None = None
    message: str = ""


_COLUMNS = tuple(field.name for field in fields(Read))
_COUNTS = ("http_status", "row_count", "believed_count", "set_aside_count", "held_count")


def record_read(folder: Path, feed_id: str, read: Read) -> None:
    """Add a row to the log of reads; rows that are there stay as they are, whatever happens.

    Raises:
        SnapshotError: it cannot be written.
    """
    if read.status not in STATUSES:
        raise ValueError(f"a read is one of {', '.join(STATUSES)}, not {read.status!r}")
    message = " ".join(read.message.replace("\0", " ").split())[:_MESSAGE_CHARACTERS]
    cells = asdict(read) | {"read_at": moment_text(read.read_at), "message": message}
    row = _row("" if cells[name] is None else str(cells[name]) for name in _COLUMNS)
    with reading(folder, feed_id) as place, writing(place / READS_FILE), (place / READS_FILE).open("a+b") as log:
        log.write((_before_next_row(log) + row).encode())
        log.flush()
        os.fsync(log.fileno())


def _before_next_row(log: io.BufferedRandom) -> str:
    """What has to stand between the end of the file and the next row; a half line at the end is cut off."""
    log.seek(0)
    whole, newline, torn = log.read().rpartition(b"\n")
    if not newline:
        log.truncate(0)
        return _row(_COLUMNS)
    if torn:
        with suppress(ValueError):
            _parse(torn)
            return "\n"
        log.truncate(len(whole) + 1)
    return ""


def reads(folder: Path, feed_id: str, last: int | None = None) -> tuple[Read, ...]:
    """Reads of a feed, oldest first; a last line that a crash cut off is left out.

    Args:
        folder: the data folder.
        feed_id: the feed.
        last: only so many of the newest, which is quick however long the log is.

    Raises:
        SnapshotError: a line before the last is not a read.
    """
    file = feed_folder(folder, feed_id) / READS_FILE
    try:
        *lines, torn = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SnapshotError(f"{file}: it cannot be opened ({error.strerror}): restore it") from error
    if not lines:
        return ()
    if lines[0].rstrip(b"\r") != ",".join(_COLUMNS).encode():
        raise SnapshotError(f"{file}, line 1: the header is {','.join(_COLUMNS)}: mend it, or move the file away")
    first = 1 if last is None else max(1, len(lines) - last)
    found = []
    for number, line in enumerate(lines[first:], start=first + 1):
        try:
            found.append(_parse(line))
        except ValueError as error:
            raise SnapshotError(f"{file}, line {number}: not a read ({error}): mend or remove the line") from error
    with suppress(ValueError):
        found.append(_parse(torn))
    return tuple(found if last is None else found[-last:])


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _parse(line: bytes) -> Read:
    """A line of the log.

    Raises:
        ValueError: it is none.
    """
    try:
        rows = list(csv.reader([line.decode()], strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if len(rows) != 1 or len(rows[0]) != len(_COLUMNS):
        raise ValueError(f"{len(_COLUMNS)} cells are wanted")
    cells = dict(zip(_COLUMNS, rows[0], strict=True))
    if cells["status"] not in STATUSES:
        raise ValueError(f"status {cells['status']!r} is unknown")
    counts = {name: int(cells[name]) if cells[name] else None for name in _COUNTS}
    return Read(
        read_at=moment_of(cells["read_at"]),
        status=cells["status"],
        sha256=cells["sha256"] or None,
        snapshot=cells["snapshot"] or None,
        message=cells["message"],
        **counts,
    )


def due(feed: Feed, reads: Sequence[Read], moment: datetime) -> datetime:
    """The moment from which a feed is to be read next.

    `every_hours` after a read that went through. After one that failed or was refused a quarter of an hour (less for
    a feed that is read more often), then twice that, and so on, up to `every_hours` or a day, whichever is longer.

    Args:
        feed: how often it is read.
        reads: what is known of its reads, oldest first; the newest few are enough.
        moment: the present; nothing is due later than one such span from it, whatever a clock once said.
    """
    if not reads:
        return moment
    every = timedelta(hours=feed.every_hours)
    bad = next((count for count, read in enumerate(reversed(reads)) if read.status not in _RETRIED), len(reads))
    wait = every
    if bad:
        doublings = min(bad - 1, 30)
        wait = min(min(_FIRST_RETRY, every) * 2**doublings, max(every, _LAST_RETRY))
    return min(reads[-1].read_at, moment) + wait
