"""Live feeds on the screen: what a read came to, and how each feed stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Group
from rich.text import Text

from pipelines.polling import FeedState, Polled, Replayed
from pipelines.screens.pieces import dim, grid, lines, section
from pipelines.wording import age, plural, words

STYLES = {"failed": "red", "refused": "red", "held": "yellow"}


def fetched(polled: Sequence[Polled]) -> Group:
    """Every read in a line, and what there is to say of it below."""
    return lines(*(part for each in polled for part in _fetched(each)))


def _fetched(polled: Polled) -> list[Text]:
    held = bool(polled.held_count or polled.set_aside_count)
    head = Text(f"{polled.feed_id}: ", style="bold").append(
        _outcome(polled), style=STYLES.get(polled.status, "yellow" if held else "green")
    )
    said = [Text(f"  {sentence}", style="yellow") for sentence in polled.message.split(". ") if sentence]
    return [head, *said]


def _outcome(polled: Polled) -> str:
    """What a read came to, in a line.

    Counts are of rows, and those of zero are left out.
    """
    if polled.status in ("failed", "refused"):
        return polled.status
    parts = [
        plural(polled.believed_count, "row") + " new or changed" if polled.believed_count else "",
        f"{polled.gone_count:,} gone" if polled.gone_count else "",
        f"{polled.held_count:,} held" if polled.held_count else "",
        f"{polled.set_aside_count:,} set aside" if polled.set_aside_count else "",
        f"{polled.unchanged_count:,} as before" if polled.unchanged_count else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing changed"


def replayed(found: Sequence[Replayed]) -> Group:
    """What folding stored reads again came to."""
    return lines(
        *(
            Text(
                f"{each.feed_id}: {plural(each.read_count, 'read')}, {plural(each.event_count, 'event')}, "
                f"{'the log is as it was' if each.is_same else 'the log was written anew'}",
                style="green" if each.is_same else "yellow",
            )
            for each in found
        )
    )


def states(feeds: Sequence[FeedState], now: datetime, faults: Sequence[str] = ()) -> Group | None:
    """Feeds that are switched on or were read, one a line; and what cannot be read of the list of feeds."""
    unread = [Text(fault, style="red") for fault in faults]
    if not feeds:
        return section("Feeds", *(unread or [dim("none is switched on: is_enabled in data/feeds.yaml")]))
    table = grid(
        ("feed", False), ("last good read", False), ("last result", False), ("rows", True), ("next due", False)
    )
    for feed in feeds:
        bad = feed.last_status in STYLES or bool(feed.held_count or feed.set_aside_count)
        table.add_row(
            feed.feed_id,
            age(feed.last_good_at, now) if feed.last_good_at else "never",
            Text(_result(feed), style="yellow" if bad else ""),
            f"{feed.row_count:,}" if feed.row_count is not None else "",
            _due(feed, now),
        )
    troubles = [
        Text(f"{feed.feed_id}: {feed.last_message}", style="yellow")
        for feed in feeds
        if feed.last_message and (feed.last_status in STYLES or feed.held_count or not feed.last_status)
    ]
    return section("Feeds", table, *troubles, *unread)


def _result(feed: FeedState) -> str:
    parts = [words(feed.last_status or "not read")]
    if feed.last_status not in ("failed", "refused"):
        parts += [f"{feed.held_count:,} held"] if feed.held_count else []
        parts += [f"{feed.set_aside_count:,} set aside"] if feed.set_aside_count else []
    return ", ".join(parts)


def _due(feed: FeedState, now: datetime) -> str:
    if feed.next_due_at is None:
        return "switched off"
    if feed.is_due:
        return "now"
    left = feed.next_due_at - now
    return f"in {_span(left)}"


def _span(left: timedelta) -> str:
    """A span to come, in the largest whole unit, at least a minute."""
    minutes = max(1, round(left.total_seconds() / 60))
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= size:
            return plural(minutes // size, unit)
    return plural(minutes, "minute")
