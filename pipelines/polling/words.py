"""What is told of a read in words: what was held or set aside, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipelines.polling.states import GOOD

if TYPE_CHECKING:
    from pipelines.sources.price_log import Folded
    from pipelines.sources.snapshots import Read

ACCEPTED = "accepted by hand"
"""Begins the message of a read that somebody believed against the gates."""

NAMED_AT_MOST = 5


def stays(last: Read | None) -> str:
    """What goes on being believed when a read is refused."""
    return f"the version of {last.read_at:%Y-%m-%d %H:%M} stays" if last else "nothing was believed before"


def how_to_accept(feed_id: str, folded: Folded, past: Sequence[Read], moment: datetime) -> str:
    """The remedy where a read was refused as unlikely; more urgent once it has been so on three days."""
    if not folded.can_be_accepted:
        return ""
    since = [read for read in _since_last_good(past) if read.status == "refused"]
    days = {moment.date(), *(read.read_at.date() for read in since)}
    if len(days) > 2:
        return f". So it has been on {len(days)} days: if it is right, costledger fetch {feed_id} --accept"
    return f". If you have looked and it is right: costledger fetch {feed_id} --accept"


def _since_last_good(past: Sequence[Read]) -> Iterator[Read]:
    for read in reversed(past):
        if read.status in GOOD:
            return
        yield read


def message_of(feed_id: str, folded: Folded, *, is_accepted: bool) -> str:
    """What was held, set aside or marked, and which accelerators are not known."""
    parts = [ACCEPTED] if is_accepted else []
    held = folded.set_aside.filter(folded.set_aside["held"] == "yes")
    if held.height:
        what = [_line_of(row) for row in held.head(NAMED_AT_MOST).iter_rows(named=True)]
        more = f" and {held.height - NAMED_AT_MOST:,} more" if held.height > NAMED_AT_MOST else ""
        parts.append(f"held until a later read or another source agrees: {'; '.join(what)}{more}")
    aside = folded.set_aside.filter(folded.set_aside["held"] == "no")
    if aside.height:
        counts = aside.group_by("check").len().sort("len", "check", descending=[True, False])
        first = aside.row(0, named=True)
        parts.append("set aside: " + ", ".join(f"{count:,} {check}" for check, count in counts.iter_rows()))
        parts.append(f"first, line {first['line']}: {first['reason']}; all: data/snapshots/{feed_id}/set_aside.csv")
    flags = _flags(folded)
    if flags:
        parts.append("flagged: " + ", ".join(f"{count:,} {flag}" for flag, count in flags))
    if folded.unmapped:
        named = ", ".join(folded.unmapped[:NAMED_AT_MOST])
        more = f" and {len(folded.unmapped) - NAMED_AT_MOST:,} more" if len(folded.unmapped) > NAMED_AT_MOST else ""
        parts.append(f"not in data/reference/accelerator_map.csv: {named}{more}")
    return ". ".join(parts)


def _flags(folded: Folded) -> list[tuple[str, int]]:
    """Flags of the prices that are new, most frequent first."""
    events = folded.events
    if "flags" not in events.columns or "event" not in events.columns:
        return []
    flags = events.filter(events["event"] == "price")["flags"].drop_nulls().str.split(";").explode()
    counts = flags.drop_nulls().value_counts().sort("count", "flags", descending=[True, False])
    return [(flag, count) for flag, count in counts.iter_rows() if flag]


def _line_of(row: dict[str, str | None]) -> str:
    names = ("sku", "accelerator", "region", "pricing_category", "model_as_published", "host")
    return f"{' '.join(str(row[name]) for name in names if row.get(name))} {row['reason']}"
