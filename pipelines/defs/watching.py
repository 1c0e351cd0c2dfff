"""What changed in the data folder: cheap looks at times and sizes first, the rows themselves only when those moved."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.fingerprint import code_fingerprint, content_fingerprints, joined_fingerprint
from pipelines.graph.origins import content_note
from pipelines.paths import DataFolder
from pipelines.sources import SOURCES
from pipelines.sources.source import Source
from pipelines.warehouse.publish import LedgerHeldError, past_releases
from pipelines.warehouse.store import Warehouse, WarehouseBusyError

STARTED = "COSTLEDGER_STARTED"
"""Environment variable by which `serve` tells the sensors what the newest release was made from."""

LOOK_SECONDS = 0.25
SETTLE_SECONDS = 0.2
"""A change is taken up when nothing moved for so long: editors and copies write in several strokes."""


@dataclass(frozen=True)
class Look:
    """The files of one source from outside.

    Attributes:
        digest: of names, times and sizes.
        newest_ns: the latest time among them.
    """

    digest: str = ""
    newest_ns: int = 0


@dataclass(frozen=True)
class Known:
    """What was seen so far; travels as the cursor of the sensor.

    Attributes:
        start: which start of the UI this was seen in.
        looks: the files from outside, by source.
        contents: hash of what was read, by staging table.
    """

    start: str = ""
    looks: Mapping[str, Look] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """As a cursor."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_text(text: str | None) -> Known:
        """From a cursor; nothing is known where there is none."""
        if not text:
            return Known()
        held = json.loads(text)
        looks = {name: Look(**look) for name, look in held["looks"].items()}
        return Known(held["start"], looks, held["contents"])

    @staticmethod
    def in_use(cursor: str | None) -> Known:
        """The cursor, or, the first time after a start of the UI, what the newest release was made from."""
        known, started = Known.from_text(cursor), Known.from_text(os.environ.get(STARTED))
        return known if known.start == started.start else started


def look(folder: DataFolder, source: Source) -> Look:
    """See the files of a source from outside."""
    seen = []
    for path in source.paths(folder.root):
        try:
            found = path.stat()
        except OSError:  # removed between the listing and now
            continue
        seen.append((str(path), found.st_mtime_ns, found.st_size, found.st_ino))
    digest = hashlib.sha256(repr(sorted(seen)).encode("utf-8", "surrogateescape")).hexdigest()
    return Look(digest, max((moment for _, moment, _, _ in seen), default=0))


def moved(folder: DataFolder, known: Known) -> dict[str, Look]:
    """Sources whose files look different from what is known."""
    looks = {source.name: look(folder, source) for source in SOURCES}
    return {name: now for name, now in looks.items() if known.looks.get(name) != now}


def wait_for_change(folder: DataFolder, known: Known, seconds: float) -> dict[str, Look]:
    """Watch a folder until something in it moved and lies still again, for `seconds` at the most.

    Returns:
        The sources that look different, with their new look; empty when nothing moved.
    """
    end = time.monotonic() + seconds
    found = moved(folder, known)
    while not found and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        found = moved(folder, known)
    while found and time.monotonic() < end + 2 * seconds:
        time.sleep(SETTLE_SECONDS)
        again = moved(folder, known)
        if again == found:
            break
        found = again
    return found


def younger_files(folder: DataFolder, source: Source, moment_ns: int) -> list[str]:
    """Files of a source with a later time, below the data folder."""
    found = set(source.paths(folder.root))
    return sorted(path.relative_to(folder.root).as_posix() for path in found if _time_of(path) > moment_ns)


def _time_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def contents(folder: DataFolder, names: Mapping[str, object]) -> dict[str, str]:
    """Hash of what the named sources read now, by staging table."""
    found: dict[str, str] = {}
    for source in SOURCES:
        if source.name in names:
            found |= content_fingerprints(source, source.read(folder.root))
    return found


def released(folder: DataFolder) -> dict[str, str]:
    """Hash of what the newest release read, by staging table; empty where other code made it or it cannot be told."""
    try:
        releases = past_releases(folder)
        notes = Warehouse(folder.work).notes() if folder.work.exists() else {}
    except (LedgerHeldError, WarehouseBusyError):
        return {}
    if releases.is_empty():
        return {}
    newest = releases.sort("published_at").row(-1, named=True)
    made_from = (newest["input_fingerprint"], newest["code_fingerprint"])
    if made_from != (joined_fingerprint(notes), code_fingerprint()):
        return {}
    names = [table.name for source in SOURCES for table in source.tables]
    return {name: notes[content_note(name)] for name in names if content_note(name) in notes}


def starting_point(folder: DataFolder, start: str) -> Known:
    """What `serve` tells the sensors: the newest release is what is known."""
    return Known(start, {}, released(folder))
