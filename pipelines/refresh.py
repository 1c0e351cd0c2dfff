"""When to build again, and building: what `costledger run` does before it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.paths import DataFolder
from pipelines.warehouse.faults import LedgerError, NoDataError, NothingPublishedError, RefusedError
from pipelines.warehouse.shapes import Release
from pipelines.wording import plural

if TYPE_CHECKING:
    from pipelines.graph.step import Renewal

OUTPUTS = ("build", "published")
"""Folders inside a data folder that are not read by a build."""

FEEDS = "snapshots"
"""Of this folder a build reads the logs, not the bytes that were fetched."""


@dataclass(frozen=True)
class Refreshed:
    """How `run` ended.

    Attributes:
        status: `published`, or `unchanged` when nothing had to be computed.
        recomputed: of each table of costs, how many of its rows had to be computed.
    """

    status: str
    recomputed: tuple[Renewal, ...] = ()


def require_data(folder: DataFolder) -> None:
    """See that there is something to read.

    Raises:
        NoDataError: no folder, or no disclosure in it.
    """
    if folder.root.exists() and not folder.root.is_dir():
        raise NoDataError(f"{folder.root} is not a folder: name a data folder with --data")
    if not folder.root.is_dir():
        raise NoDataError(f"{folder.root} does not exist: name a data folder with --data, or make one")
    if not any(folder.root.glob("disclosures/*.yaml")):
        raise NoDataError(
            f"{folder.root} holds no disclosures/*.yaml: copy the project's data folder there, or add a model"
        )


def touched_since(folder: DataFolder, release: Release) -> list[str]:
    """Files and folders of the data that carry a later time than a release, newest first, below the data folder.

    A file that was removed shows as its folder. A later time need not mean another content: see `changed_since`.
    """
    moment = release.published_at.timestamp()
    times = {path: path.stat().st_mtime for path in _inputs(folder)}
    return [
        path.relative_to(folder.root).as_posix()
        for path in sorted(times, key=lambda path: (-times[path], path))
        if times[path] >= moment
    ]


def _inputs(folder: DataFolder) -> Iterator[Path]:
    for top in sorted(folder.root.iterdir()):
        if top.is_dir() and top.name not in OUTPUTS and not top.name.startswith("."):
            yield top
            inside = [*top.glob("*"), *top.glob("*/*.*")] if top.name == FEEDS else top.rglob("*")
            yield from (path for path in inside if not path.name.startswith("."))
        elif top.is_file() and not top.name.startswith("."):
            yield top


def changed_since(folder: DataFolder, release: Release) -> list[str]:
    """Files of the data that changed after a release; none when its bytes are those the release was computed from.

    Nothing is hashed, and nothing heavy loaded, while no file is younger than the release.
    """
    touched = touched_since(folder, release)
    if not touched:
        return []
    from pipelines.fingerprint import input_fingerprint

    if input_fingerprint(folder) == release.input_fingerprint:
        return []
    return [path for path in touched if (folder.root / path).is_file()] or touched


def is_current(folder: DataFolder, release: Release, as_of: date) -> bool:
    """Whether a build would only repeat a release: same data, same code, same day of prices."""
    from pipelines.fingerprint import code_fingerprint, input_fingerprint

    computed_from = (release.input_fingerprint, release.code_fingerprint, release.as_of_on)
    return computed_from == (input_fingerprint(folder), code_fingerprint(), as_of)


def newest_release(folder: DataFolder) -> Release:
    """The newest release of a data folder.

    Raises:
        LedgerError: there is none, or it cannot be read.
    """
    from pipelines.warehouse.answers import Ledger

    with Ledger(folder.ledger) as ledger:
        releases = ledger.releases()
    if not releases:
        raise NothingPublishedError(f"nothing is published in {folder.published} yet: run `costledger run`")
    return releases[0]


def refresh(folder: DataFolder, as_of: date | None = None, *, force: bool = False) -> Refreshed:
    """Build and publish, unless that would only repeat the newest release.

    Args:
        folder: the data folder.
        as_of: the day `rental_now` is priced on; today (UTC) when not given.
        force: build in any case, and compute every cost again.

    Raises:
        NoDataError: there is nothing to read.
        RefusedError: a step failed, or a blocking check did not hold.
    """
    require_data(folder)
    day = as_of or datetime.now(UTC).date()
    if not force and (newest := _release_before(folder)) and is_current(folder, newest, day):
        return Refreshed("unchanged")
    recomputed, faults = _build(folder, day, is_full=force)
    if faults:
        before = _release_before(folder)
        stays = f"release {before.release_id} stays as it was" if before else "nothing was published before"
        raise RefusedError(f"no new release, {stays}", faults)
    return Refreshed("published", recomputed)


def _release_before(folder: DataFolder) -> Release | None:
    """The newest release; None where there is none that can be read."""
    try:
        return newest_release(folder)
    except LedgerError:
        return None


def _build(folder: DataFolder, day: date, *, is_full: bool) -> tuple[tuple[Renewal, ...], tuple[str, ...]]:
    """Build and publish: what was computed, and the faults that kept a release from going out, in plain words."""
    from pipelines.contracts.validation import ContractBrokenError
    from pipelines.graph.build import build
    from pipelines.warehouse.publish import LedgerHeldError
    from pipelines.warehouse.release import ReleaseRefusedError
    from pipelines.warehouse.store import TableMissingError, WarehouseBusyError

    try:
        return tuple(build(folder, day, is_full=is_full)), ()
    except ReleaseRefusedError:
        faults: tuple[str, ...] = (*_unread_files(folder), *_broken_rules(folder))
    except ContractBrokenError as error:
        faults = (f"{error}: the code computed what its contract forbids, report it with the row",)
    except (WarehouseBusyError, LedgerHeldError, TableMissingError) as error:
        faults = (str(error),)
    except KeyError as error:
        if ".yaml" not in str(error):
            raise
        faults = (*_unread_files(folder), *_broken_constants(folder, str(error.args[0])), str(error.args[0]))
    except OSError as error:
        faults = (f"{error.filename or folder.root}: {error.strerror or error}",)
    return (), faults


def _unread_files(folder: DataFolder) -> tuple[str, ...]:
    """Files that could not be read at all: more often than not the cause of whatever else is wrong."""
    from pipelines.warehouse.store import Warehouse

    found = Warehouse(folder.work).rejections().sort("file", "line").iter_rows(named=True)
    return tuple(
        f"{row['file']}{':' + str(row['line']) if row['line'] else ''}: {row['reason']}"
        for row in found
        if row["check_name"] == "unreadable" and row["record_id"] is None
    )


def _broken_constants(folder: DataFolder, missing: str) -> tuple[str, ...]:
    """Constants of a method that were set aside and that a fault names."""
    from pipelines.warehouse.store import Warehouse

    found = Warehouse(folder.work).rejections().sort("file", "line").iter_rows(named=True)
    return tuple(told_of_constants(found, missing))


def told_of_constants(rejections: Iterable[dict[str, Any]], missing: str) -> list[str]:
    """Of rows of quality.rejected_rows those of the constant that a fault names, each with its place."""
    return [
        f"{row['file']}:{row['line']}: {row['record_id']} was set aside: {row['reason']}"
        for row in rejections
        if row["table_name"].endswith("method_constants")
        and row["record_id"]
        and f"'{row['record_id'].rpartition(' / ')[2]}'" in missing
    ]


def _broken_rules(folder: DataFolder) -> tuple[str, ...]:
    """The rules that refused a release, each with the first row that breaks it."""
    from pipelines.contracts.quality import CheckResults
    from pipelines.contracts.table import table_of
    from pipelines.warehouse.store import Warehouse

    results = Warehouse(folder.work).read(table_of(CheckResults)).iter_rows(named=True)
    return tuple(
        f"{row['check_name']}: {row['description']} {plural(row['failing_count'], 'row')} "
        f"{'breaks' if row['failing_count'] == 1 else 'break'} it; first: {row['first_failing_row']}"
        for row in results
        if not row["has_passed"] and row["severity"] == "ERROR"
    )
