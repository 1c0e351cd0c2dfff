"""What readers of feeds share: tables by header name, JSON with its numbers as printed, limits on what unpacks.

Whatever the bytes are, they are read or refused with `UnreadableError`.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from pipelines.sources.formats.format import COLUMNS, LINE, Feed
from pipelines.sources.text import UnreadableError, decode

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
MAX_ENTRIES = 100
"""Members of an archive; feeds that are zipped hold one file."""

DAMAGED_ARCHIVE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for one: cut off, overwritten, of a kind it does not know, or encrypted."""

BEYOND = "beyond the header"
"""A last column that no file has, in which a row with too many cells shows."""

DAY = r"^\d{4}-\d{2}-\d{2}$"
DATE = r"^(\d{4}-\d{2}-\d{2})"
"""The day at the start of a timestamp."""


def text_of(data: bytes, feed: Feed) -> str:
    """The text of a file, unpacked where it is gzip.

    Raises:
        UnreadableError: empty, a web page, cut off, too large once unpacked, or not UTF-8.
    """
    if data.startswith(GZIP):
        data = _gunzip(data, feed.max_bytes)
    text = decode(data)
    start = text[:1000].lstrip()
    if not start and not text.strip():
        raise UnreadableError("the file is empty: nothing was sent")
    if start.startswith("<"):
        raise UnreadableError("this is a web page, not the file: the address may be wrong, or asked too often")
    return text


def _gunzip(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise UnreadableError(f"the gzip file is damaged ({error}): fetch it again") from error
    if len(unpacked) > limit:
        raise UnreadableError(f"the file unpacks to more than {limit:,} bytes: raise max_bytes if that is right")
    if not unpacker.eof:
        raise UnreadableError("the gzip file is cut off: fetch it again")
    return unpacked


def only_member(data: bytes, feed: Feed, suffix: str) -> tuple[str, bytes]:
    """Name and bytes of the one file with `suffix` in a zip archive.

    Raises:
        UnreadableError: no archive, damaged, encrypted, too many members, a member outside the archive's own folder,
            none or several with the suffix, or more than `max_bytes` unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members)
            wanted = [member for member in members if member.filename.lower().endswith(suffix)]
            if len(wanted) != 1:
                found = ", ".join(member.filename for member in members[:5]) or "nothing"
                raise UnreadableError(f"the archive holds {found}: one {suffix} file is wanted")
            with archive.open(wanted[0]) as file:
                content = file.read(feed.max_bytes + 1)
                # the checksum is compared when the end is reached
                is_longer = len(content) > feed.max_bytes or bool(file.read(1))
    except UnreadableError:
        raise
    except DAMAGED_ARCHIVE as error:
        raise UnreadableError(f"the zip archive cannot be read ({error}): fetch it again") from error
    if is_longer:
        raise UnreadableError(f"the file unpacks to more than {feed.max_bytes:,} bytes: raise max_bytes if it is right")
    return wanted[0].filename, content


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_ENTRIES:
        raise UnreadableError(f"the archive has {len(members)} members, more than {MAX_ENTRIES}: it is not the feed's")
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise UnreadableError(
                f"the archive names a file outside itself ({member.filename}): it is not to be trusted"
            )


@contextmanager
def refusing() -> Iterator[None]:
    """Polars' complaints about a file as refusals."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise UnreadableError(f"not the CSV file its header promises ({reason}): fetch it again") from error


def read_table(
    data: bytes, feed: Feed, needed: Sequence[str], *, known: Sequence[str] | None = None, skip: int = 0
) -> pl.LazyFrame:
    """A CSV file as text by header name, trimmed, empty cells null, with the line each row starts on.

    Args:
        data: the file.
        feed: whose file it is.
        needed: columns that must be there; order does not matter, and others may stand between.
        known: all columns there may be, where another would be a mistake.
        skip: lines before the header.

    Raises:
        UnreadableError: the file is empty or a web page, its header lacks a column, or holds one twice or unknown.
    """
    text = text_of(data, feed)
    header, lines = header_of(text, skip)
    check_header(header, needed, known)
    names = [name or f"unnamed {place}" for place, name in enumerate(header, start=1)]
    rest = _after(text, lines)
    schema = dict.fromkeys([*names, BEYOND], pl.String)
    if not rest.strip():
        return pl.LazyFrame(schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)})
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(schema)
    with refusing():
        cells = pl.scan_csv(
            io.BytesIO((head.getvalue() + rest).encode()),
            schema=schema,
            infer_schema=False,
            row_index_name=LINE,
            row_index_offset=lines + 1,
        )
        beyond = cells.select(LINE, BEYOND).filter(pl.col(BEYOND) != "").head(1).collect(engine="streaming")
    if beyond.height:
        raise UnreadableError(f"the row has more cells than the header ({len(names)})", beyond.item(0, LINE))
    trimmed = cells.drop(BEYOND).with_columns(
        pl.col(LINE).cast(pl.Int64), pl.col(pl.String).str.strip_chars().replace("", None)
    )
    return trimmed.filter(pl.any_horizontal(pl.col(pl.String).is_not_null()))


def _after(text: str, lines: int) -> str:
    start = 0
    for _ in range(lines):
        end = text.find("\n", start)
        if end < 0:
            return ""
        start = end + 1
    return text[start:]


def header_of(text: str, skip: int = 0) -> tuple[list[str], int]:
    """The names of a CSV file's columns and the line its header ends on."""
    reader = csv.reader(io.StringIO(text), strict=True)
    header: list[str] = []
    try:
        for _ in range(skip + 1):
            header = next(reader, [])
    except csv.Error as error:
        raise UnreadableError(f"the header is no line of CSV ({error}): fetch the file again", 1) from error
    return [name.strip() for name in header], reader.line_num


def check_header(header: Sequence[str], needed: Sequence[str], known: Sequence[str] | None = None) -> None:
    """That all columns are there once.

    Raises:
        UnreadableError: naming every column at fault.
    """
    faults = [f"missing column {name!r}" for name in needed if name not in header]
    faults += [f"repeated column {name!r}" for name in dict.fromkeys(header) if name and header.count(name) > 1]
    faults += [f"unknown column {name!r}" for name in header if known is not None and name not in known]
    if faults:
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            faults.append("cells are not separated by commas")
        found = ",".join(header)[:200]
        raise UnreadableError(f"{', '.join(faults)}: the format has changed, or this is another file ({found})")


def json_of(data: bytes, feed: Feed) -> Any:
    """The value of a JSON file, numbers as the text that is printed.

    Raises:
        UnreadableError: not JSON, cut off, nested too deep, or what `text_of` refuses.
    """
    text = text_of(data, feed)
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not JSON, or cut off ({error.msg}): fetch it again", error.lineno) from error
    except RecursionError as error:
        raise UnreadableError("nested too deep for a price file: it is not the feed's") from error


def mapping_of(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        UnreadableError: it is something else.
    """
    if not isinstance(value, dict):
        raise UnreadableError(f"{what} is not an object with keys: the format has changed, or this is an error message")
    return value


def list_of(value: object, what: str) -> Sequence[Any]:
    """A JSON list.

    Raises:
        UnreadableError: it is something else; an object with an error in it is told.
    """
    if not isinstance(value, list):
        said = f" ({json.dumps(value)[:200]})" if isinstance(value, dict) and len(value) < 5 else ""
        raise UnreadableError(f"{what} is not a list: the format has changed, or this is an error message{said}")
    return value


def said(value: object) -> str | None:
    """A JSON value as text: what is printed, or None where nothing is."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else json.dumps(value)


def rows_of(kind: str, records: Iterable[Mapping[str, str | int | None]]) -> pl.DataFrame:
    """Records as rows of a kind of feed; keys that a record lacks are null."""
    columns = (LINE, *COLUMNS[kind])
    kept = list(records)
    return pl.DataFrame(
        {name: [record.get(name) for record in kept] for name in columns},
        schema={LINE: pl.Int64, **dict.fromkeys(COLUMNS[kind], pl.String)},
    )


def shaped(frame: pl.LazyFrame, kind: str) -> pl.DataFrame:
    """Columns of a kind of feed in their order; those the reader does not give are null.

    Raises:
        UnreadableError: the file turns out broken where it is read.
    """
    with refusing():
        there = frame.collect_schema().names()
        missing = [pl.lit(None, pl.String).alias(name) for name in COLUMNS[kind] if name not in there]
        return (
            frame.with_columns(missing)
            .select(LINE, *COLUMNS[kind])
            .collect(engine="streaming")
            .sort(LINE, *COLUMNS[kind], nulls_last=True)
        )


def flags_of(*flags: pl.Expr) -> pl.Expr:
    """Words separated by `;`, or null where there is none."""
    joined = pl.concat_str(flags, separator=";", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def flag(word: str, condition: pl.Expr) -> pl.Expr:
    """The word where the condition holds, else null."""
    return pl.when(condition.fill_null(value=False)).then(pl.lit(word))


def whole(cell: pl.Expr) -> pl.Expr:
    """A count without its needless decimals: `8.0` and `8` are the same count of the same line."""
    return cell.str.replace(r"^(\d+)\.0+$", "${1}")
