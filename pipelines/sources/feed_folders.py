"""The folder of a feed below `data/snapshots/`: its name, who may write in it, and writing that is whole or nothing.

Belongs here: what snapshots and the log of reads share. Does not belong here: what is in the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = "snapshots"

_FEED_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LOCK_SECONDS = 60.0


class SnapshotError(Exception):
    """What is kept of one feed cannot be read or written; the message names the file and the remedy."""


def feed_folder(folder: Path, feed_id: str) -> Path:
    """Where everything of a feed is kept, below the data folder; it need not exist.

    Raises:
        SnapshotError: the id cannot name a folder.
    """
    if not _FEED_ID.fullmatch(feed_id):
        raise SnapshotError(f"feed_id {feed_id!r} cannot name a folder: use small letters, digits, _ and -")
    return folder / FOLDER / feed_id


@contextmanager
def reading(folder: Path, feed_id: str, seconds: float = _LOCK_SECONDS) -> Iterator[Path]:
    """Keep other processes and threads from reading the same feed; may be entered again inside itself.

    Everything that depends on what is kept (ask, compare, save, record) belongs inside one of these.

    Yields:
        The folder of the feed, which exists.

    Raises:
        SnapshotError: somebody else has been reading it for this long, or the folder cannot be written.
    """
    place = feed_folder(folder, feed_id)
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place / ".lock", is_singleton=True)
        try:
            lock.acquire(timeout=seconds)
        except Timeout as error:
            raise SnapshotError(
                f"{place}: another process has been reading this feed for {seconds:g} seconds: wait for it to end"
            ) from error
    try:
        yield place
    finally:
        lock.release()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file, and the remedy, where the disk refuses.

    Raises:
        SnapshotError: for an OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise SnapshotError(
            f"{path}: it cannot be written ({error.strerror or error}): make room or allow it, and read again"
        ) from error


def write_file(path: Path, data: bytes) -> None:
    """Write a new file down to the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring names that were made in a folder down to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def moment_text(moment: datetime) -> str:
    """A UTC moment to the second, as it stands in files."""
    if moment.tzinfo is None:
        raise ValueError("a moment says its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """The moment a file states.

    Raises:
        ValueError: it is none, or says no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} says no zone")
    return moment.astimezone(UTC)
