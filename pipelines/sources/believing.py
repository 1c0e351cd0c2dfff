"""One read of a feed taken into its log: the bytes to rows, the rows through the gates, what is left to the log.

Here the pure folds meet the files. The caller holds the lock of the feed (`snapshots.reading`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.sources import observation_log, price_log
from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.format import LINE, Feed
from pipelines.sources.gate_rules import rules_of
from pipelines.sources.gates import Rules
from pipelines.sources.log_files import LOG, SET_ASIDE, SNAPSHOTS, append_log, read_log, write_rows
from pipelines.sources.price_log import Folded, State
from pipelines.sources.text import UnreadableError

ACCELERATORS = "accelerator_prices"

RulesAt = Callable[[datetime], Rules]


@dataclass
class Book:
    """The log of one feed, at hand or on disk.

    Attributes:
        feed: whose.
        rules_at: what a read of a moment is judged by.
        state: the log, what is held, and the rows of the last good read.
    """

    feed: Feed
    rules_at: RulesAt
    state: State

    @property
    def kind(self) -> str:
        """What the rows of the feed are."""
        return FORMATS[self.feed.format].kind

    def take(self, rows: pl.DataFrame, moment: datetime, snapshot: str, *, is_accepted: bool = False) -> Folded:
        """Fold one read, and go on from there."""
        rules = self.rules_at(moment)
        if self.kind == ACCELERATORS:
            folded = price_log.fold(
                self.feed.feed_id,
                self.state,
                rows,
                moment,
                snapshot,
                rules,
                is_history=FORMATS[self.feed.format].dates_its_rows,
                is_accepted=is_accepted,
            )
        else:
            folded = observation_log.fold(
                self.kind, self.state, rows, moment, snapshot, rules.limits, is_accepted=is_accepted
            )
        if folded.status != "refused":
            held = folded.set_aside.filter(pl.col("held") == "yes")
            self.state = State(pl.concat([self.state.log, folded.events]), held, folded.row_count)
        return folded


def new_book(folder: Path, feed: Feed) -> Book:
    """A book with nothing in it."""
    kind = FORMATS[feed.format].kind
    state = price_log.new_state() if kind == ACCELERATORS else observation_log.new_state(kind)
    return Book(feed, lambda moment: rules_of(folder, feed.feed_id, moment), state)


def book_of(folder: Path, feed: Feed, last_row_count: int | None) -> Book:
    """The book as it is on disk.

    Args:
        folder: the data folder.
        feed: whose.
        last_row_count: rows of the last good read; None before the first.
    """
    book = new_book(folder, feed)
    place = folder / SNAPSHOTS / feed.feed_id
    log = read_log(place / LOG, tuple(book.state.log.columns))
    aside = read_log(place / SET_ASIDE, tuple(book.state.held.columns))
    book.state = State(log, aside.filter(pl.col("held") == "yes"), last_row_count)
    return book


def keep(folder: Path, feed: Feed, folded: Folded) -> None:
    """Write what a read came to; a refused one leaves everything as it was."""
    if folded.status == "refused":
        return
    place = folder / SNAPSHOTS / feed.feed_id
    append_log(place / LOG, folded.events)
    write_rows(place / SET_ASIDE, folded.set_aside)


def rows_of(feed: Feed, pages: tuple[bytes, ...]) -> pl.DataFrame:
    """The rows of an answer, page after page.

    Raises:
        UnreadableError: the answer is not what it should be.
    """
    reader = FORMATS[feed.format]
    try:
        frames = [reader.read(page, feed) for page in pages]
    except UnreadableError:
        raise
    except Exception as error:  # readers meet files nobody foresaw: such a one is refused, and the other feeds are read
        raise UnreadableError(
            f"the reader of {feed.format} failed ({type(error).__name__}: {error}): report it, with the file"
        ) from error
    return pl.concat(frames).with_columns(pl.col(LINE).cast(pl.Int64))
