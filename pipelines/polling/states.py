"""Which feeds there are and how each stands: switched on, last read, next due."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.paths import DataFolder

if TYPE_CHECKING:
    from pipelines.sources.feed_list import FeedList
    from pipelines.sources.formats.format import Feed

GOOD = ("changed", "equal", "not_modified", "held")
"""Reads that were believed, as far as there was something to believe."""

SWITCHED_ON = re.compile(r"^[-\s]*is_enabled:\s*[\"']?(yes|true)", re.IGNORECASE | re.MULTILINE)
"""A look at the text of `data/feeds.yaml` that needs no reader."""

LIST = "feeds.yaml"
LATELY = 40
"""Reads that are looked at to say when the next is due."""


class UnknownFeedError(Exception):
    """`data/feeds.yaml` has no such feed, or what it says of it cannot be read.

    Attributes:
        did_you_mean: the nearest ids.
    """

    def __init__(self, message: str, did_you_mean: list[str]) -> None:
        """Keep the nearest ids."""
        super().__init__(message)
        self.did_you_mean = did_you_mean


@dataclass(frozen=True)
class FeedState:
    """How a feed stands.

    Attributes:
        feed_id: the feed.
        is_enabled: whether schedules read it.
        every_hours: how long a good read lasts.
        last_read_at: UTC moment of the last read; None before the first.
        last_status: how it ended.
        last_message: what was said about it.
        last_good_at: UTC moment of the last read that was believed.
        row_count: rows of that one.
        set_aside_count: rows it set aside.
        held_count: rows it holds.
        next_due_at: when the next read is due, where schedules read it.
        is_due: whether that has come.
    """

    feed_id: str
    is_enabled: bool
    every_hours: float
    last_read_at: datetime | None
    last_status: str | None
    last_message: str | None
    last_good_at: datetime | None
    row_count: int | None
    set_aside_count: int | None
    held_count: int | None
    next_due_at: datetime | None
    is_due: bool


def feed_list(folder: DataFolder) -> FeedList:
    """The feeds of a data folder; the file is read again when it changed."""
    from pipelines.sources.feed_list import FILE

    try:
        found = (folder.root / FILE).stat()
    except OSError:
        return _feed_list(folder.root, 0, 0)
    return _feed_list(folder.root, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _feed_list(root: Path, _mtime_ns: int, _size: int) -> FeedList:
    from pipelines.sources.feed_list import feeds_of

    return feeds_of(root)


def feed_of(folder: DataFolder, feed_id: str) -> Feed:
    """One feed.

    Raises:
        UnknownFeedError: there is none of that id, or its record has a fault.
    """
    from rapidfuzz import process

    known = feed_list(folder)
    if feed_id in known.feeds:
        return known.feeds[feed_id]
    named = re.compile(rf": {re.escape(feed_id)}[ :]")
    faults = [fault for fault in known.faults if named.search(fault) or not known.feeds]
    near = [name for name, _, _ in process.extract(feed_id, list(known.feeds), limit=3, score_cutoff=60)]
    why = f": {'; '.join(faults)}" if faults else ""
    raise UnknownFeedError(f"data/feeds.yaml has no feed {feed_id!r} that can be read{why}", near)


def list_faults(folder: DataFolder, files: Collection[str | None]) -> tuple[str, ...]:
    """What is wrong with the list of feeds.

    Args:
        folder: the data folder.
        files: names of files that changed since the last release or were set aside in it. Where the list is none of
            them and no feed is switched on, it is not read, which would load what takes long.
    """
    is_told = any(file and file.removeprefix("data/") == LIST for file in files)
    return tuple(feed_list(folder).faults) if is_told or _is_in_use(folder) else ()


def _is_in_use(folder: DataFolder) -> bool:
    """Whether a feed is switched on, or was ever read."""
    try:
        text = (folder.root / LIST).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    return bool(SWITCHED_ON.search(text)) or any(folder.root.glob("snapshots/*/reads.csv"))


def states_in_use(folder: DataFolder, now: datetime) -> list[FeedState]:
    """How the feeds stand that are switched on or were read; nothing is loaded where there are none."""
    if not _is_in_use(folder):
        return []
    return [feed for feed in feed_states(folder, now) if feed.is_enabled or feed.last_read_at]


def feed_states(folder: DataFolder, now: datetime) -> list[FeedState]:
    """How every feed stands, in the order of `data/feeds.yaml`."""
    from pipelines.sources.snapshots import SnapshotError, due, reads

    found = []
    for feed in feed_list(folder).feeds.values():
        try:
            lately = reads(folder.root, feed.feed_id, last=LATELY)
            fault = None
        except SnapshotError as error:
            lately, fault = (), str(error)
        last = lately[-1] if lately else None
        good = next((read for read in reversed(lately) if read.status in GOOD), None)
        at = due(feed, lately, now) if feed.is_enabled else None
        found.append(
            FeedState(
                feed_id=feed.feed_id,
                is_enabled=feed.is_enabled,
                every_hours=feed.every_hours,
                last_read_at=last.read_at if last else None,
                last_status=last.status if last else None,
                last_message=fault or (last.message if last else None),
                last_good_at=good.read_at if good else None,
                row_count=good.row_count if good else None,
                set_aside_count=good.set_aside_count if good else None,
                held_count=good.held_count if good else None,
                next_due_at=at,
                is_due=at is not None and at <= now,
            )
        )
    return found
