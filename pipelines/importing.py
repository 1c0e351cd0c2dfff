"""Bringing another's tables into the data folder in use: `costledger import epoch DIR_OR_URL`.

Everything is fetched and read before anything is replaced; then the folder changes places with the one that was there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipelines.paths import DataFolder
from pipelines.sources import epoch
from pipelines.sources.epoch import EpochFile
from pipelines.sources.text import UnreadableError
from pipelines.warehouse.faults import LedgerError, NoDataError

if TYPE_CHECKING:
    from pipelines.sources.fetching import FetchError

ORIGIN = "origin.json"
LICENCE = (
    "CC BY 4.0, Epoch AI; cite: Cottier et al., The rising costs of training frontier AI models, arXiv 2405.21015. "
    "The index is of the US Bureau of Labor Statistics, by FRED."
)


class ImportRefusedError(LedgerError):
    """What was to be brought in is not what it should be; nothing was changed."""

    kind = "import_refused"


@dataclass(frozen=True)
class Imported:
    """One file that was brought in.

    Attributes:
        file: its place in the data folder.
        published_as: its name at the source.
        row_count: records that keep their contract.
        set_aside_count: records that do not.
        emptied_cell_count: cells that break their rule, in records that are kept.
        sha256: hash of its bytes.
    """

    file: str
    published_as: str
    row_count: int
    set_aside_count: int
    emptied_cell_count: int
    sha256: str


def import_epoch(folder: DataFolder, where: str) -> list[Imported]:
    """Bring Epoch's three tables and the index beside them into the data folder.

    Args:
        folder: the data folder.
        where: a folder that holds the files, or an address below which they lie, under the names they are published
            under or those they have in the data folder.

    Returns:
        What came. The next run reads it.

    Raises:
        NoDataError: there is no such data folder.
        ImportRefusedError: a file is missing, cannot be had, is not the table it should be, or has no rows.
    """
    if not folder.root.is_dir():
        raise NoDataError(f"{folder.root} does not exist: name a data folder with --data, or make one")
    is_address = "://" in where
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder.root) as made:
        new = Path(made) / "new"
        (new / epoch.FOLDER).mkdir(parents=True)
        for file in epoch.FILES:
            content = _fetched(where, file) if is_address else _read(Path(where).expanduser(), file)
            try:
                epoch.check_header(content, file)
            except UnreadableError as error:
                raise ImportRefusedError(f"{where}: {file.published_as}: {error.remedy}") from error
            (new / file.name).write_bytes(content)
        found = [_measured(new, file) for file in epoch.FILES]
        origin = {
            "from": where,
            "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "licence": LICENCE,
            "files": [asdict(each) for each in found],
        }
        text = json.dumps(origin, indent=2, ensure_ascii=False) + "\n"
        (new / epoch.FOLDER / ORIGIN).write_text(text, encoding="utf-8")
        _put(new / epoch.FOLDER, folder.root / epoch.FOLDER, Path(made) / "old")
    return found


def _read(folder: Path, file: EpochFile) -> bytes:
    names = (file.published_as, Path(file.name).name)
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        there = "" if folder.is_dir() else " (there is no such folder)"
        raise ImportRefusedError(
            f"{folder}{there}: no file {' or '.join(map(repr, names))}: download it from {file.published_by}"
        )
    try:
        return epoch.content_of(path)
    except UnreadableError as error:
        raise ImportRefusedError(f"{path}: {error.remedy}") from error


def _fetched(address: str, file: EpochFile) -> bytes:
    from pipelines.sources.fetching import Fetched, FetchError, fetch
    from pipelines.sources.formats.format import Feed

    faults = []
    for name in (file.published_as, Path(file.name).name):
        url = f"{address.rstrip('/')}/{name}"
        feed = Feed("epoch", "csv", url, every_hours=24, licence=LICENCE, source_id="epoch-db")
        try:
            answer = fetch(feed, None)
        except FetchError as error:
            faults.append(_cause(error))
            if error.http_status != 404:
                break
            continue
        if isinstance(answer, Fetched):
            return answer.pages[0]
    raise ImportRefusedError(
        f"{file.published_as} could not be fetched: {'; '.join(dict.fromkeys(faults))}: give the web address below "
        "which the files lie, or a folder that holds them"
    )


def _cause(error: FetchError) -> str:
    """What went wrong, without a remedy that is one for feeds."""
    cause, _, remedy = str(error).rpartition(": ")
    return cause if cause and "feed" in remedy else str(error)


def _measured(new: Path, file: EpochFile) -> Imported:
    """How many records of a file keep their contract.

    Raises:
        ImportRefusedError: it cannot be read, or none of them does.
    """
    from pipelines.contracts.validation import stage

    reading = epoch.read(new)
    name = file.declared.name
    unread = reading.rejected.filter(reading.rejected["table_name"] == name)
    whole = unread.filter(unread["record_id"].is_null())
    if whole.height:
        line = f", line {whole['line'][0]}" if whole["line"][0] else ""
        raise ImportRefusedError(f"{file.published_as}{line}: {whole['reason'][0]}")
    staged = stage(file.declared, reading.raw[name])
    if staged.rows.is_empty():
        reasons = [*unread["reason"], *staged.rejected["reason"]]
        reason = f", the first because {reasons[0]}" if reasons else ""
        raise ImportRefusedError(f"{file.published_as}: no record can be used{reason}")
    aside, emptied = staged.rejected.filter("is_set_aside"), staged.rejected.filter(~pl.col("is_set_aside"))
    return Imported(
        file=file.name,
        published_as=file.published_as,
        row_count=staged.rows.height,
        set_aside_count=unread.height + aside.select("line").n_unique(),
        emptied_cell_count=emptied.select("line", "column_name").n_unique(),
        sha256=hashlib.sha256((new / file.name).read_bytes()).hexdigest(),
    )


def _keep_time(path: Path, before: Path) -> None:
    """Give a file that is the same as before the time it had: nothing changed."""
    if before.is_file() and before.read_bytes() == path.read_bytes():
        times = before.stat()
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _put(new: Path, place: Path, aside: Path) -> None:
    """Let a folder take the place of another; if it cannot, the other is put back."""
    had = place.exists()
    for path in new.iterdir() if had else ():
        _keep_time(path, place / path.name)
    if had:
        place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        if had:
            aside.rename(place)
        raise
    if had:
        shutil.rmtree(aside, ignore_errors=True)
