"""`data/snapshots/`: what was believed of each live feed, as the logs beside its stored bytes have it.

Nothing is fetched or judged here: a log is read like any file people keep. A folder without feeds has no rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from pipelines.contracts.feeds import FILLED, GOOD_READS, KINDS, SHOWN
from pipelines.sources.formats import FORMATS
from pipelines.sources.price_events import SAYS_WHY
from pipelines.sources.records import keys_of
from pipelines.sources.source import Reading, ReadingBuilder, Row, Source
from pipelines.sources.text import TextFile, UnreadableError, printable, read_csv, read_text, read_yaml

NAME, FOLDER = "feeds", "snapshots"
ORIGIN, LOG, READS, SET_ASIDE = "origin.yaml", "log.csv", "reads.csv", "set_aside.csv"

READS_TABLE = "reads"

MARKS = {
    "price_events": "price_as_published",
    "token_prices": "input_usd_per_million_tokens",
    "exchange_rates": "quote_currency",
    "price_index": "index_value",
    "electricity_prices": "area_kind",
}
"""A column that only this kind of log has."""

SERIES = {
    "price_events": ("series_id", "effective_from"),
    "token_prices": ("host", "model_as_published", "condition", "effective_from"),
    "exchange_rates": ("observed_on", "base_currency", "quote_currency"),
    "price_index": ("series_id", "observed_on"),
    "electricity_prices": ("area", "area_kind", "period", "frequency", "unit_as_published", "sector", "taxes"),
}
"""What makes two rows of a log the same line of prices at another time."""

RENAMED = {"line": "snapshot_line"}
"""A log says where in the stored bytes a row stood; `line` is where it stands in the log."""

DEFAULT_CONFIDENCE = "secondary"
HASH_DIGITS = 12


def read(folder: Path) -> Reading:
    """Every log, record of reads and list of what was set aside below `data/snapshots/`."""
    builder = ReadingBuilder(NAME)
    for home in sorted(path for path in folder.glob(f"{FOLDER}/*") if path.is_dir()):
        table = _read_log(builder, folder, home)
        _read_reads(builder, folder, home)
        _read_set_aside(builder, folder, home, table)
    return builder.result()


def last_good_days(folder: Path) -> Iterator[str]:
    """Feed and day of its last good read: all that a build takes from the records of reads, so far as prices go."""
    for path in sorted(folder.glob(f"{FOLDER}/*/{READS}")):
        try:
            good = [row.get("read_at") or "" for _, row in _rows(folder, path) if row.get("status") in GOOD_READS]
        except UnreadableError:  # told when the file is read
            continue
        if good:
            yield f"{path.parent.name} {max(good).partition('T')[0]}"


def _read_log(builder: ReadingBuilder, folder: Path, home: Path) -> str:
    """Add the events of one feed; the staging table that is theirs."""
    path, table = home / LOG, KINDS["accelerator_prices"]
    if not path.exists():
        return table
    name = printable(path.relative_to(folder).as_posix())
    try:
        file = read_text(folder, path)
        origin = _origin(folder, home)
        header = _header(file)
        table = next((kind for kind, mark in MARKS.items() if mark in header), table)
        own = [key for key in keys_of(builder.prefix + table) if key not in FILLED]
        rows = list(_cells(file, header, own))
    except UnreadableError as error:
        builder.set_file_aside(table, name, error)
        return table
    for line, cells in rows:
        if isinstance(cells, UnreadableError):
            builder.set_record_aside(table, name, line, None, None, cells.remedy)
            continue
        place: Row = {"file": name, "line": line, "file_sha256": file.sha256}
        identity = _identity(home.name, table, cells, is_dated=origin["is_dated"] == "yes")
        builder.add(table, {"event": SHOWN, **cells, **origin, **identity, **place})
    return table


def _identity(feed_id: str, table: str, cells: dict[str, str], *, is_dated: bool) -> Row:
    names = (*SERIES[table], "observed_on") if is_dated else SERIES[table]
    series = "|".join(cells.get(name) or "" for name in names)
    short = hashlib.sha256(series.encode()).hexdigest()[:HASH_DIGITS]
    moment = (cells.get("recorded_at") or "").replace(":", "-")
    return {"feed_id": feed_id, "event_id": f"{feed_id}/{short}/{moment}"}


def _origin(folder: Path, home: Path) -> Row:
    """Source, address and confidence of a feed, and whether its files date their rows.

    Raises:
        UnreadableError: the file is missing or no mapping.
    """
    try:
        mapping = read_yaml(read_text(folder, home / ORIGIN)).mapping()
    except UnreadableError as error:
        raise UnreadableError(f"{ORIGIN} beside it: {error.remedy}", error.line) from error
    told: Row = {key: mapping[key].text() for key in ("source_id", "url", "confidence") if key in mapping}
    form = FORMATS.get(mapping["format"].text() or "") if "format" in mapping else None
    is_dated = form is not None and form.dates_its_rows
    given: Row = {"confidence": told.get("confidence") or DEFAULT_CONFIDENCE, "is_dated": "yes" if is_dated else "no"}
    return {"source_id": None, "url": None, **told, **given}


def _read_reads(builder: ReadingBuilder, folder: Path, home: Path) -> None:
    path, table = home / READS, READS_TABLE
    if not path.exists():
        return
    name = printable(path.relative_to(folder).as_posix())
    try:
        file = read_text(folder, path)
        rows = list(_cells(file, _header(file), keys_of(builder.prefix + table)))
    except UnreadableError as error:
        builder.set_file_aside(table, name, error)
        return
    for line, cells in rows:
        if isinstance(cells, UnreadableError):
            builder.set_record_aside(table, name, line, None, None, cells.remedy)
            continue
        builder.add(table, {**cells, "feed_id": home.name, "file": name, "line": line, "file_sha256": file.sha256})


def _read_set_aside(builder: ReadingBuilder, folder: Path, home: Path, table: str) -> None:
    """What the last read set aside or holds, each with the reason it was given then."""
    path = home / SET_ASIDE
    if not path.exists():
        return
    name = printable(path.relative_to(folder).as_posix())
    try:
        rows = list(_rows(folder, path))
    except UnreadableError as error:
        builder.set_file_aside(table, name, error)
        return
    for line, row in rows:
        terms = "|".join(value for key, value in row.items() if key not in SAYS_WHY and value)
        builder.set_value_aside(
            table,
            file=name,
            line=line,
            record_id=f"{home.name}|{terms}",
            column=row.get("column") or None,
            value=row.get("value") or None,
            check=row.get("check") or "set_aside_when_read",
            reason=row.get("reason") or "set aside when the feed was read",
        )


def _header(file: TextFile) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(file.text), strict=True), None)
    except csv.Error as error:
        raise UnreadableError(f"not a CSV file ({error}): read the feed again from its snapshots", 1) from error
    if not header:
        raise UnreadableError("the file is empty: read the feed again from its snapshots", 1)
    return [name.strip() for name in header]


def _cells(
    file: TextFile, header: list[str], known: list[str]
) -> Iterator[tuple[int, dict[str, str] | UnreadableError]]:
    """Rows by column; a column the log does not have is absent, one that nobody knows is an error."""
    back = {new: old for old, new in RENAMED.items()}
    expected = [back.get(name, name) for name in known]
    for line, cells in read_csv(file, [name for name in expected if name in header]):
        if isinstance(cells, UnreadableError):
            yield line, cells
        else:
            yield line, {RENAMED.get(name, name): cell for name, cell in cells.items()}


def _rows(folder: Path, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a file whatever its columns are; those that do not fit the header are left out."""
    file = read_text(folder, path)
    for line, cells in read_csv(file, _header(file)):
        if not isinstance(cells, UnreadableError):
            yield line, cells


SOURCE = Source(
    NAME,
    (f"{FOLDER}/*/{LOG}", f"{FOLDER}/*/{SET_ASIDE}", f"{FOLDER}/*/{ORIGIN}"),
    read,
    last_good_days,
    beside_tables=(READS_TABLE,),
    is_optional=True,
)
