"""One read of a feed: fetch, keep the bytes, judge the rows, add to the log. The order of these steps, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.paths import DataFolder
from pipelines.polling.states import GOOD, feed_of
from pipelines.polling.words import how_to_accept, message_of, stays

if TYPE_CHECKING:
    from pipelines.sources.fetching import Fetched, NotModified, Settings
    from pipelines.sources.formats.format import Feed
    from pipelines.sources.price_log import Folded
    from pipelines.sources.snapshots import Read, Snapshot

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Polled:
    """How a read of a feed ended.

    Attributes:
        feed_id: the feed.
        status: changed, equal, not_modified, held, refused or failed.
        message: what happened and what can be done about it; empty where there is nothing to say.
        changed: whether the log has new events, so that something downstream can change.
        read_at: UTC moment of the read.
        http_status: what the server answered; None where no server was asked, or none answered.
        snapshot: name of the folder with the bytes.
        row_count: rows of the file.
        believed_count: rows that became a price.
        unchanged_count: rows that say what the log says.
        set_aside_count: rows set aside.
        held_count: rows that wait for another read or source.
        gone_count: lines that are not there any more, or not at a price that can be believed.
        unmapped: accelerators that wait for a row in data/reference/accelerator_map.csv.
    """

    feed_id: str
    status: str
    message: str
    changed: bool
    read_at: datetime
    http_status: int | None = None
    snapshot: str | None = None
    row_count: int | None = None
    believed_count: int | None = None
    unchanged_count: int | None = None
    set_aside_count: int | None = None
    held_count: int | None = None
    gone_count: int | None = None
    unmapped: tuple[str, ...] = ()


def poll(
    folder: DataFolder,
    feed_id: str,
    now: datetime,
    *,
    accept: bool = False,
    file: Path | None = None,
    settings: Settings | None = None,
    on_progress: Progress | None = None,
) -> Polled:
    """Read one feed.

    Whatever the outside world does is an outcome and not an exception.

    Args:
        folder: the data folder.
        feed_id: the feed; it need not be switched on.
        now: UTC moment of the read.
        accept: believe the read although the gates find it unlikely.
        file: take these bytes instead of asking the server.
        settings: how patient to be with the server.
        on_progress: is told the bytes of the page so far, and the page.

    Raises:
        UnknownFeedError: there is no such feed.
    """
    from pipelines.sources.snapshots import SnapshotError, reading

    feed = feed_of(folder, feed_id)
    moment = now.astimezone(UTC).replace(microsecond=0)
    try:
        with reading(folder.root, feed_id):
            moment = _after_the_last(folder.root, feed_id, moment)
            return _read(folder.root, feed, moment, accept=accept, file=file, settings=settings, progress=on_progress)
    except SnapshotError as error:
        return Polled(feed_id, "failed", str(error), changed=False, read_at=moment)


def _after_the_last(root: Path, feed_id: str, moment: datetime) -> datetime:
    """A moment that no read has yet: reads follow each other within a second when they are asked for by hand."""
    from pipelines.sources.snapshots import reads

    last = reads(root, feed_id, last=1)
    is_taken = bool(last) and moment <= last[0].read_at < moment + timedelta(minutes=1)
    return last[0].read_at + timedelta(seconds=1) if is_taken else moment


def _read(
    root: Path,
    feed: Feed,
    moment: datetime,
    *,
    accept: bool,
    file: Path | None,
    settings: Settings | None,
    progress: Progress | None,
) -> Polled:
    from pipelines.sources.fetching import FetchError, NotModified
    from pipelines.sources.formats import FORMATS
    from pipelines.sources.snapshots import newest, save
    from pipelines.sources.text import UnreadableError

    file = file or (root / feed.path if feed.path else None)
    try:
        answer = _from_file(feed, file) if file else _ask(root, feed, settings, progress)
    except (FetchError, OSError) as error:
        return _told(root, Polled(feed.feed_id, "failed", str(error), changed=False, read_at=moment))
    except UnreadableError as error:
        return _told(root, Polled(feed.feed_id, "refused", error.remedy, changed=False, read_at=moment))
    if isinstance(answer, NotModified):
        snapshot, is_asked = newest(root, feed.feed_id), True
        if snapshot is None:  # it answered a question that was not asked
            message = "the server says that nothing changed, and nothing is kept: read it again"
            return _told(root, Polled(feed.feed_id, "failed", message, changed=False, read_at=moment))
    else:
        snapshot, is_asked = save(root, feed, FORMATS[feed.format].suffix, answer, moment), False
    http_status = None if file else answer.http_status
    return _believe(root, feed, snapshot, moment, http_status, accept=accept, is_not_modified=is_asked)


def _ask(root: Path, feed: Feed, settings: Settings | None, progress: Progress | None) -> Fetched | NotModified:
    from pipelines.sources import fetching
    from pipelines.sources.formats import FORMATS
    from pipelines.sources.snapshots import known_validators

    given = {"settings": settings} if settings else {}
    return fetching.fetch(
        feed,
        known_validators(root, feed.feed_id),
        next_page=FORMATS[feed.format].next_page,
        on_progress=progress,
        **given,
    )


def _from_file(feed: Feed, file: Path) -> Fetched:
    from pipelines.sources.fetching import Fetched, FetchError

    try:
        size = file.stat().st_size
        if size > feed.max_bytes:
            raise FetchError(f"{file}: {size:,} bytes are more than max_bytes of the feed in data/feeds.yaml")
        return Fetched((file.read_bytes(),), file.resolve().as_uri(), feed.url, 0)
    except OSError as error:
        raise FetchError(f"{file}: it cannot be opened ({error.strerror}): write it, or name it in full") from error


def _believe(
    root: Path,
    feed: Feed,
    snapshot: Snapshot,
    moment: datetime,
    http_status: int | None,
    *,
    accept: bool,
    is_not_modified: bool,
) -> Polled:
    """Judge the bytes of a read, unless they are those of the last good one and nothing in them waits."""
    import polars as pl

    from pipelines.sources.believing import book_of, keep, rows_of
    from pipelines.sources.snapshots import SnapshotError, pages, reads
    from pipelines.sources.text import UnreadableError

    past = reads(root, feed.feed_id)
    last = next((read for read in reversed(past) if read.status in GOOD), None)
    same = "not_modified" if is_not_modified else "equal"
    plain = Polled(
        feed.feed_id, same, "", changed=False, read_at=moment, http_status=http_status, snapshot=snapshot.name
    )
    if last and _says_nothing_new(last, snapshot) and not accept:
        return _told(root, _all_as_before(plain, last), snapshot)
    refused = replace(plain, status="refused")
    try:
        rows = rows_of(feed, pages(snapshot))
        book = book_of(root, feed, last.row_count if last else None)
        folded = book.take(rows, moment, snapshot.name, is_accepted=accept)
    except UnreadableError as error:
        place = f"line {error.line}: " if error.line else ""
        return _told(root, replace(refused, message=f"{place}{error.remedy}; {stays(last)}"), snapshot)
    except pl.exceptions.PolarsError as error:
        raise SnapshotError(f"{root / 'snapshots' / feed.feed_id}: a log is damaged ({error}): replay it") from error
    if folded.status == "refused":
        why = f"{folded.message}; {stays(last)}{how_to_accept(feed.feed_id, folded, past, moment)}"
        return _told(root, replace(refused, message=why, row_count=folded.row_count), snapshot)
    keep(root, feed, folded)
    is_same = folded.status == "equal" and last is not None and last.sha256 == snapshot.lock.sha256
    message = message_of(feed.feed_id, folded, is_accepted=accept)
    told = replace(plain, status=same if is_same else folded.status, message=message)
    return _told(root, _counted(told, folded), snapshot)


def _all_as_before(polled: Polled, last: Read) -> Polled:
    return replace(
        polled,
        row_count=last.row_count,
        believed_count=0,
        unchanged_count=last.row_count,
        set_aside_count=0,
        held_count=0,
        gone_count=0,
    )


def _counted(polled: Polled, folded: Folded) -> Polled:
    return replace(
        polled,
        changed=not folded.events.is_empty(),
        row_count=folded.row_count,
        believed_count=folded.believed_count,
        unchanged_count=folded.unchanged_count,
        set_aside_count=folded.set_aside_count,
        held_count=folded.held_count,
        gone_count=folded.events.height - folded.believed_count,
        unmapped=folded.unmapped,
    )


def _says_nothing_new(last: Read, snapshot: Snapshot) -> bool:
    """Whether bytes were judged before, with nothing left over that another look could change."""
    return last.sha256 == snapshot.lock.sha256 and not last.set_aside_count and not last.held_count


def _told(root: Path, polled: Polled, snapshot: Snapshot | None = None) -> Polled:
    """Add the read to the record of reads."""
    from pipelines.sources.snapshots import Read, record_read

    read = Read(
        read_at=polled.read_at,
        status=polled.status,
        http_status=polled.http_status,
        sha256=snapshot.lock.sha256 if snapshot else None,
        snapshot=polled.snapshot,
        row_count=polled.row_count,
        believed_count=polled.believed_count,
        set_aside_count=polled.set_aside_count,
        held_count=polled.held_count,
        message=polled.message,
    )
    record_read(root, polled.feed_id, read)
    return polled
