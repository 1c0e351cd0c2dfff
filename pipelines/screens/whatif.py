"""What a model would cost beside what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group
from rich.text import Text

from pipelines.contracts.vocabulary import MISSING_REASON
from pipelines.contracts.vocabulary_questions import DIFFERENCE_MISSING_REASON
from pipelines.screens.pieces import dim, grid, lines, section
from pipelines.whatif import Alternative, Answer
from pipelines.wording import short_usd, usd, words

FLOOR, CEILING = "at least ", "at most "
TOLD = ("floor_beside_whole", "other_phases_priced")
"""Reasons for no difference that the two amounts do not show by themselves."""


def answer(found: Answer, scope: str, basis: str | None) -> Group:
    """The changes with their effects, and the costs of one scope that are known either way.

    Args:
        found: the answer.
        scope: the scope to show.
        basis: the only price basis to show, or all.
    """
    costs = [
        cost
        for cost in found.costs
        if cost.scope == scope
        and basis in (None, cost.price_basis)
        and any(end is not None for end in (cost.cost_usd, cost.high_usd, cost.default_usd, cost.default_high_usd))
    ]
    reasons = {
        MISSING_REASON[cost.cost_missing_reason]
        for cost in found.costs
        if cost.scope == scope and basis in (None, cost.price_basis) and cost.cost_missing_reason
    }
    none = " ".join(["no cost is known:" if reasons else "no cost is known", *sorted(reasons)])
    changes = [
        Text(f"{change.name} = {change.value}: {change.effect}", style="" if change.has_effect else "yellow")
        for change in found.changes
    ]
    dollars = (
        f"in dollars of {found.dollars_of_year}, by {found.price_index_id} as of {found.index_vintage_on}"
        if found.dollars_of_year
        else None
    )
    return lines(
        Text(f"{found.model_name}, {scope}", style="bold"),
        *([dim(dollars)] if dollars else []),
        section("what is otherwise", *(changes or [dim("nothing but the dollars")])),
        section("what it costs", _table(costs) if costs else dim(none)),
    )


def _table(costs: Sequence[Alternative]) -> Group:
    table = grid(("", False), ("the ledger", True), ("what if", True), ("difference", True), ("ratio", True))
    for cost in costs:
        table.add_row(
            words(cost.price_basis),
            _amount(cost.default_usd, cost.default_high_usd, cost.is_default_lower_bound),
            _amount(cost.cost_usd, cost.high_usd, cost.is_lower_bound),
            _difference(cost),
            f"{cost.cost_ratio:.3f}" if cost.cost_ratio is not None else "-",
        )
    ranges = [
        dim(f"{words(cost.price_basis)}, what if: {short_usd(cost.low_usd)} to {short_usd(cost.high_usd)} (90%)")
        for cost in costs
        if cost.low_usd is not None and cost.high_usd is not None and cost.low_usd < cost.high_usd
    ]
    reasons = [
        dim(f"{words(cost.price_basis)}: no difference. {DIFFERENCE_MISSING_REASON[cost.difference_missing_reason]}")
        for cost in costs
        if cost.difference_missing_reason in TOLD
    ]
    return lines(table, *ranges, *reasons)


def _amount(value: Decimal | None, most: float | None, is_floor: bool) -> Text:
    """A cost; where only its upper end is known, that."""
    if value is None:
        return Text(f"{CEILING}{usd(most)}", style="yellow") if most is not None else dim("no cost")
    return Text(f"{FLOOR if is_floor else ''}{usd(value)}", style="yellow" if is_floor else "")


def _difference(cost: Alternative) -> Text:
    if cost.difference_usd is None:
        return dim("-")
    if not cost.difference_usd:
        return dim("the same")
    sign = "+" if cost.difference_usd > 0 else "-"
    return Text(f"{sign}{usd(abs(cost.difference_usd))}")
