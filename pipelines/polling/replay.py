"""Folding every stored read of a feed again: what the log should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.paths import DataFolder
from pipelines.polling.states import feed_of
from pipelines.polling.words import ACCEPTED

if TYPE_CHECKING:
    from pipelines.sources.believing import Book
    from pipelines.sources.snapshots import Snapshot


@dataclass(frozen=True)
class Replayed:
    """What folding every stored read again came to.

    Attributes:
        feed_id: the feed.
        read_count: reads folded.
        event_count: rows of the log.
        is_same: whether the log is what it was.
    """

    feed_id: str
    read_count: int
    event_count: int
    is_same: bool


def replay(folder: DataFolder, feed_id: str) -> Replayed:
    """Fold every stored read of a feed again from nothing, and put the result in place of its log.

    Raises:
        UnknownFeedError: there is no such feed.
        SnapshotError: what is stored cannot be read.
    """
    from pipelines.sources.believing import new_book, rows_of
    from pipelines.sources.log_files import LOG, SET_ASIDE, read_log, write_rows
    from pipelines.sources.snapshots import pages, reading
    from pipelines.sources.text import UnreadableError

    feed = feed_of(folder, feed_id)
    with reading(folder.root, feed_id) as place:
        book: Book = new_book(folder.root, feed)
        aside, count = book.state.held, 0
        settled: str | None = None
        for moment, snapshot, is_accepted in _stored_reads(folder.root, feed_id):
            count += 1
            if snapshot.lock.sha256 == settled and not is_accepted:
                continue
            try:
                rows = rows_of(feed, pages(snapshot))
            except UnreadableError:
                continue
            folded = book.take(rows, moment, snapshot.name, is_accepted=is_accepted)
            if folded.status != "refused":
                aside = folded.set_aside
                settled = None if aside.height else snapshot.lock.sha256
        columns = tuple(book.state.log.columns)
        is_same = (place / LOG).exists() and read_log(place / LOG, columns).equals(book.state.log)
        if not is_same:
            write_rows(place / LOG, book.state.log)
            write_rows(place / SET_ASIDE, aside)
    return Replayed(feed_id, count, book.state.log.height, is_same)


def _stored_reads(root: Path, feed_id: str) -> Iterator[tuple[datetime, Snapshot, bool]]:
    """Moment, bytes and whether they were accepted by hand, of every read whose bytes are kept, in order."""
    from pipelines.sources.snapshots import reads, snapshots

    kept = {snapshot.name: snapshot for snapshot in snapshots(root, feed_id)}
    found = [
        (read.read_at, kept[read.snapshot], read.message.startswith(ACCEPTED))
        for read in reads(root, feed_id)
        if read.snapshot in kept
    ]
    recorded = {snapshot.name for _, snapshot, _ in found}
    found += [
        (datetime.fromisoformat(snapshot.lock.fetched_at), snapshot, False)
        for name, snapshot in kept.items()
        if name not in recorded
    ]
    return iter(sorted(found, key=lambda each: each[0]))
