"""What was fetched, kept as it came: one folder a change, with where it is from and what it hashes to; and the reads.

    data/snapshots/<feed_id>/origin.yaml                      where the feed is read and on what ground
                            /2026-11-23T07-15-00Z/<feed_id>.csv   the bytes (page-001.json and so on where paged)
                                                 /lock.json       their hash, size, address and validators
                            /reads.csv                        one row a read, append only

Belongs here: bytes and the log of reads. What the bytes mean, and whether they are believed, is decided elsewhere.
A snapshot is whole or not there: it is written beside its place and renamed into it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from pipelines.sources.feed_folders import (
    SnapshotError,
    feed_folder,
    moment_of,
    moment_text,
    reading,
    sync_folder,
    write_file,
    writing,
)
from pipelines.sources.fetching import Fetched, Validators
from pipelines.sources.formats.format import Feed
from pipelines.sources.read_log import Read, due, reads, record_read

__all__ = [
    "Lock",
    "Page",
    "Read",
    "Snapshot",
    "SnapshotError",
    "due",
    "feed_folder",
    "known_validators",
    "newest",
    "pages",
    "reading",
    "reads",
    "record_read",
    "save",
    "snapshots",
]

LOCK_FILE = "lock.json"
ORIGIN_FILE = "origin.yaml"

_NAME = "%Y-%m-%dT%H-%M-%SZ"
_NAMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ")
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Page:
    """A stored file: its name in the folder of the snapshot, bytes, SHA-256."""

    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Lock:
    """What is known of a snapshot; the fields of `lock.json`.

    Attributes:
        sha256: over the bytes of all pages, one after another.
        size: bytes of all pages.
        url: where the first page came from.
        feed_url: `url` of the feed then.
        fetched_at: UTC moment of the read, ISO 8601.
        etag: ETag of the answer.
        last_modified: Last-Modified of the answer.
        content_type: what the server called it.
        version: what stood for `{version}`.
        pages: the files, in order.
    """

    sha256: str
    size: int
    url: str
    feed_url: str
    fetched_at: str
    etag: str | None
    last_modified: str | None
    content_type: str | None
    version: str | None
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Snapshot:
    """One stored answer of a feed.

    Attributes:
        feed_id: whose.
        path: its folder.
        lock: what is known of it.
        is_new: whether this read wrote it, or had the bytes that were there.
    """

    feed_id: str
    path: Path
    lock: Lock
    is_new: bool = False

    @property
    def name(self) -> str:
        """Name of the folder: the moment it was saved, later than that of the snapshot before."""
        return self.path.name

    @property
    def validators(self) -> Validators:
        """What to ask the upstream with."""
        return Validators(self.lock.feed_url, self.lock.etag, self.lock.last_modified, self.lock.version)


def save(folder: Path, feed: Feed, suffix: str, fetched: Fetched, moment: datetime) -> Snapshot:
    """Keep an answer, unless the newest snapshot has the same bytes; then nothing is written.

    Args:
        folder: the data folder.
        feed: whose answer it is.
        suffix: of the stored file, as the format says.
        fetched: the answer.
        moment: UTC moment of the read.

    Returns:
        The new snapshot, or the newest one.

    Raises:
        SnapshotError: it cannot be written, or what is there cannot be read; nothing half is left.
    """
    with reading(folder, feed.feed_id) as place:
        before = newest(folder, feed.feed_id)
        if before and before.lock.sha256 == _sha256(fetched.pages) and _is_whole(before):
            return before
        lock = _lock_of(feed, suffix, fetched, moment)
        path = place / _name_after(before, moment)
        with writing(path):
            for left in place.glob(f"{_UNFINISHED}*"):  # of a process that was killed: nobody else is here
                shutil.rmtree(left)
            _write_origin(place, feed)
            _write_snapshot(path, lock, fetched.pages)
        return Snapshot(feed.feed_id, path, lock, is_new=True)


def _write_snapshot(path: Path, lock: Lock, bodies: Sequence[bytes]) -> None:
    unfinished = path.with_name(_UNFINISHED + path.name)
    unfinished.mkdir()
    try:
        for page, body in zip(lock.pages, bodies, strict=True):
            write_file(unfinished / page.file, body)
        write_file(unfinished / LOCK_FILE, (json.dumps(asdict(lock), indent=2) + "\n").encode())
        sync_folder(unfinished)
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync_folder(path.parent)


def _write_origin(place: Path, feed: Feed) -> None:
    """Keep `origin.yaml` as data/feeds.yaml has it now."""
    known = {
        "feed_id": feed.feed_id,
        "url": feed.url,
        "version_url": feed.version_url,
        "format": feed.format,
        "source_id": feed.source_id,
        "licence": feed.licence,
    }
    stated = {name: value for name, value in known.items() if value is not None}
    text = "# Written by each save, from data/feeds.yaml.\n" + yaml.safe_dump(
        stated, sort_keys=False, allow_unicode=True
    )
    target, unfinished = place / ORIGIN_FILE, place / f".{ORIGIN_FILE}"
    if not target.is_file() or target.read_bytes() != text.encode():
        write_file(unfinished, text.encode())
        unfinished.replace(target)


def _lock_of(feed: Feed, suffix: str, fetched: Fetched, moment: datetime) -> Lock:
    is_paged = len(fetched.pages) > 1
    return Lock(
        sha256=_sha256(fetched.pages),
        size=sum(map(len, fetched.pages)),
        url=fetched.url,
        feed_url=fetched.feed_url,
        fetched_at=moment_text(moment),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        content_type=fetched.content_type,
        version=fetched.version,
        pages=tuple(
            Page(f"page-{number:03d}{suffix}" if is_paged else f"{feed.feed_id}{suffix}", len(body), _sha256((body,)))
            for number, body in enumerate(fetched.pages, start=1)
        ),
    )


def _name_after(before: Snapshot | None, moment: datetime) -> str:
    """Names are in the order of saving, even of two in a second or after a clock went back."""
    name = moment.astimezone(UTC).strftime(_NAME)
    if before and name <= before.name:
        last = datetime.strptime(before.name, _NAME).replace(tzinfo=UTC)
        name = (last + timedelta(seconds=1)).strftime(_NAME)
    return name


def newest(folder: Path, feed_id: str) -> Snapshot | None:
    """The snapshot saved last, None if there is none.

    Raises:
        SnapshotError: it is damaged.
    """
    paths = _paths(folder, feed_id)
    return _load(feed_id, paths[-1]) if paths else None


def snapshots(folder: Path, feed_id: str) -> tuple[Snapshot, ...]:
    """Every snapshot of a feed, in the order they were saved.

    Raises:
        SnapshotError: one of them is damaged.
    """
    return tuple(_load(feed_id, path) for path in _paths(folder, feed_id))


def pages(snapshot: Snapshot) -> tuple[bytes, ...]:
    """The bytes as they came, page by page.

    Raises:
        SnapshotError: a file is missing, or is not what was saved.
    """
    return tuple(_page(snapshot, page) for page in snapshot.lock.pages)


def known_validators(folder: Path, feed_id: str) -> Validators | None:
    """What to ask the upstream with: None where nothing is kept, or what is kept is not whole.

    Raises:
        SnapshotError: the newest lock is damaged.
    """
    last = newest(folder, feed_id)
    if last is None:
        return None
    files = [(last.path / page.file, page.size) for page in last.lock.pages]
    return last.validators if all(file.is_file() and file.stat().st_size == size for file, size in files) else None


def _paths(folder: Path, feed_id: str) -> list[Path]:
    place = feed_folder(folder, feed_id)
    return sorted(path for path in place.glob("*Z") if _NAMED.fullmatch(path.name)) if place.is_dir() else []


def _load(feed_id: str, path: Path) -> Snapshot:
    file = path / LOCK_FILE
    try:
        return Snapshot(feed_id, path, _parse_lock(json.loads(file.read_bytes())))
    except OSError as error:
        raise _damaged(path, f"{LOCK_FILE} cannot be opened ({error.strerror})") from error
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise _damaged(path, f"{LOCK_FILE} is damaged ({error})") from error


def _parse_lock(given: Any) -> Lock:
    """The lock, with every name and type checked."""
    stored = tuple(Page(**page) for page in given["pages"])
    lock = Lock(**{**given, "pages": stored})
    texts = (lock.sha256, lock.url, lock.feed_url, lock.fetched_at, *(page.sha256 for page in stored))
    optional = (lock.etag, lock.last_modified, lock.content_type, lock.version)
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(text, str | None) for text in optional):
        raise TypeError("a text is not a text")
    if not stored or any("/" in page.file or page.file.startswith(".") for page in stored):
        raise ValueError("its pages are not files of the folder")
    if lock.size != sum(page.size for page in stored):
        raise ValueError("its sizes do not add up")
    moment_of(lock.fetched_at)
    return lock


def _page(snapshot: Snapshot, page: Page) -> bytes:
    try:
        body = (snapshot.path / page.file).read_bytes()
    except OSError as error:
        raise _damaged(snapshot.path, f"{page.file} cannot be opened ({error.strerror})") from error
    if len(body) != page.size or _sha256((body,)) != page.sha256:
        raise _damaged(snapshot.path, f"{page.file} is not what was saved (see {LOCK_FILE})")
    return body


def _is_whole(snapshot: Snapshot) -> bool:
    try:
        pages(snapshot)
    except SnapshotError:
        return False
    return True


def _damaged(path: Path, fault: str) -> SnapshotError:
    return SnapshotError(
        f"{path}: {fault}: restore the folder from a backup, or move it away; the next read then fetches anew"
    )


def _sha256(bodies: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(body)
    return digest.hexdigest()
