"""What moved between two releases, as a table: each cost before and after, and the part of each cause."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Group
from rich.text import Text

from pipelines.screens.pieces import dim, grid, lines
from pipelines.warehouse.changes import Change, Changes
from pipelines.wording import missing, plural, usd

CHANGES_SHOWN = 40
NO_SUCH_ROW = "not in that release"
WHERE_MORE = "costledger changes"


def moved_count(found: Changes | None) -> dict[str, object] | None:
    """What `run --json` says of it: how many costs moved since which release, and the largest."""
    if found is None or found.since is None:
        return None
    largest = found.changes[0] if found.changes else None
    return {"since": found.since.release_id, "cost_count": len(found.changes), "largest": largest}


def moved_line(found: Changes) -> Text | None:
    """What `run` says of it: how many, and the largest; nothing for a first release."""
    if found.since is None:
        return None
    if not found.changes:
        return dim("no cost moved")
    largest = found.changes[0]
    return dim(f"{plural(len(found.changes), 'cost')} moved, largest: {_in_words(largest)}; see {WHERE_MORE}")


def _in_words(change: Change) -> str:
    name = f"{change.model_name} {change.scope} {change.price_basis}"
    return f"{name} {_before(change)} -> {_after(change)} ({', '.join(change.causes)})"


def moved(found: Changes) -> Group:
    """Every cost that moved, the largest difference first."""
    if found.since is None:
        return lines(f"release {found.until.release_id} is the first: nothing moved before it")
    between = f"between release {found.since.release_id} and {found.until.release_id}"
    if not found.changes:
        return lines(f"nothing moved {between}")
    table = grid(
        *(("model", False), ("scope", False), ("basis", False), ("before", True), ("after", True)),
        *(("difference", True), ("price", True), ("disclosure", True), ("method", True), ("why", False)),
    )
    for change in found.changes[:CHANGES_SHOWN]:
        table.add_row(
            change.model_name,
            change.scope,
            change.price_basis,
            _before(change),
            _after(change),
            *map(
                signed,
                (
                    change.difference_usd,
                    change.price_part_usd,
                    change.disclosure_part_usd,
                    change.method_part_usd,
                ),
            ),
            _why(change),
        )
    rest = len(found.changes) - CHANGES_SHOWN
    return lines(
        f"{plural(len(found.changes), 'cost')} moved {between}",
        table,
        dim(f"and {rest:,} more: --json, --model MODEL") if rest > 0 else None,
    )


def _why(change: Change) -> str:
    """What became of it and what did it; a difference that cannot be divided says so."""
    causes = ", ".join(change.causes)
    if change.change != "moved":
        return f"{change.change}: {causes}" if causes else change.change
    if change.price_part_usd is None:
        return f"{causes}; absent in between"
    return causes if change.is_divided else f"{causes}; not divided: no cost on the way"


def _before(change: Change) -> str:
    return _amount(change.previous_cost_usd, change.previous_cost_missing_reason, change.price_basis)


def _after(change: Change) -> str:
    return _amount(change.cost_usd, change.cost_missing_reason, change.price_basis)


def _amount(cost: Decimal | None, reason: str | None, basis: str) -> str:
    if cost is not None:
        return usd(cost)
    return missing(reason, basis) if reason else NO_SUCH_ROW


def signed(amount: Decimal | None) -> str:
    """A difference with its sign; nothing for none.

    >>> signed(Decimal("-1200")), signed(Decimal("3.5")), signed(Decimal(0)), signed(None)
    ('-$1,200', '+$3.50', '0', '')
    """
    if amount is None:
        return ""
    return f"{'+' if amount > 0 else '-'}{usd(abs(amount))}" if amount else "0"
