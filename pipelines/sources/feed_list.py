"""`data/feeds.yaml`: which live feeds there are, where, how often, and which are switched on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.feed_list import StagedFeeds
from pipelines.contracts.reasons import suggestion
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import stage
from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.format import Feed
from pipelines.sources.records import read_list
from pipelines.sources.source import Reading, ReadingBuilder, Source
from pipelines.sources.text import UnreadableError, read_text

NAME, FILE, TABLE = "feed_list", "feeds.yaml", "feeds"
STAGED = table_of(StagedFeeds)
TAKEN = [name for name in Feed.__dataclass_fields__ if name in STAGED.dtypes]


@dataclass(frozen=True)
class FeedList:
    """The feeds that can be read, in the order of the file, and what is wrong with the others.

    Attributes:
        feeds: by id.
        faults: one sentence for each fault, with file and line.
    """

    feeds: dict[str, Feed]
    faults: tuple[str, ...]


def read(folder: Path) -> Reading:
    """Every record of `data/feeds.yaml`; a folder without the file has no feeds."""
    builder = ReadingBuilder(NAME)
    if not (folder / FILE).exists():
        return builder.result()
    try:
        read_list(builder, TABLE, read_text(folder, folder / FILE))
    except UnreadableError as error:
        builder.set_file_aside(TABLE, FILE, error)
    records = builder.result().raw[STAGED.name]
    is_unknown = pl.col("format").is_not_null() & ~pl.col("format").is_in(list(FORMATS))
    for row in records.filter(is_unknown).iter_rows(named=True):
        words = suggestion(row["format"], list(FORMATS)) or f": known are {', '.join(FORMATS)}"
        reason = f"no format is called {row['format']!r}{words}"
        builder.set_record_aside(TABLE, FILE, row["line"], row["feed_id"], "format", reason)
    return Reading({STAGED.name: records.filter(~is_unknown.fill_null(value=False))}, builder.result().rejected)


def feeds_of(folder: Path) -> FeedList:
    """The feeds of a data folder, typed and checked."""
    reading = read(folder)
    staged = stage(STAGED, reading.raw[STAGED.name])
    rejected = pl.concat([reading.rejected, staged.rejected])
    rows = staged.rows.select(TAKEN)
    feeds = [_feed_of(row) for row in rows.iter_rows(named=True)]
    faults = tuple(_told(row) for row in rejected.iter_rows(named=True))
    return FeedList({feed.feed_id: feed for feed in feeds}, faults)


def _told(row: dict[str, Any]) -> str:
    """A fault in a sentence: file, line, feed and key as far as they are known, reason."""
    place = f"data/{row['file']}{':' + str(row['line']) if row['line'] else ''}"
    what = " ".join(part for part in (row["record_id"], row["column_name"]) if part)
    return ": ".join(part for part in (place, what, row["reason"]) if part)


def _feed_of(row: dict[str, Any]) -> Feed:
    given = {name: value for name, value in row.items() if value is not None}
    return Feed(**{"url": f"data/{given.get('path')}", **given})


SOURCE = Source(NAME, (FILE,), read, is_optional=True)
