"""The first thing a newcomer sees: a headline against the whole cost, and well-known models beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines.screens.claims import amount
from pipelines.screens.pieces import basis_in_words, dim, doubts, floors, grid, lines, short_cost, short_hours_cell
from pipelines.warehouse.shapes import Compared, Cost, Headline, Member, Phase, Release
from pipelines.wording import cost_text, hours, hours_text, share, stage, unit_price, usd, words

if TYPE_CHECKING:
    from pipelines.graph.step import Renewal

COMPARED_BASES = ("disclosed", "rental", "rental_now", "purchase")
NARROW, NAME_WIDTH = 100, 14
"""Below so many columns names are broken at the second width, so that no figure is."""


def onward(models: Sequence[Compared], story: Headline | None) -> Text | None:
    """Where to look next."""
    if not models:
        return None
    example = story.claim.model_id if story else models[0].model_id
    return dim(f"next: costledger show {example}, explain {example}, claims, query SQL, ui")


def refreshed(status: str, release: Release) -> Text:
    """What `run` did."""
    if status == "unchanged":
        return dim(f"nothing changed since release {release.release_id}: nothing recomputed")
    return dim(
        f"published release {release.release_id}: {release.model_count:,} models, "
        f"{release.priced_model_count:,} with a cost, prices of {release.as_of_on}"
    )


def recomputed(renewals: Sequence[Renewal]) -> Text | None:
    """How many of the costs had to be computed."""
    if not renewals:
        return None
    counts = [
        f"{each.recomputed_row_count:,} of {each.row_count:,} {words(each.table_name.partition('.')[2])}"
        for each in renewals
    ]
    return dim(f"recomputed {', '.join(counts)}")


def headline(story: Headline) -> Group:
    """A printed claim against the whole cost, phase by phase, adding up."""
    claim, whole = story.claim, story.whole
    times = f", {claim.cumulative_to_claim_ratio:.2f} times as much" if claim.cumulative_to_claim_ratio else ""
    title = Text.assemble(
        (f"{claim.model_name} did not cost {amount(claim)}. ", "bold"),
        (f"With every model it stands on it cost {cost_text(whole.cost)}{times}.", "bold green"),
    )
    return lines(
        title,
        dim(f"the claim: {claim.what_it_says} ({claim.claimed_by}, {claim.claimed_on})"),
        dim(f"the ledger: disclosed hours, {basis_in_words(whole.cost.price_basis)}"),
        "",
        _sum(story),
        "",
        _largest(whole.members, whole.cost.cost_mid_usd),
        dim(f"by hand: {claim.arithmetic}"),
    )


def _sum(story: Headline) -> Table:
    """Phases that the claim covers, their sum; the others, the sum of all."""
    claim, whole = story.claim, story.whole
    added = [
        (member, phase)
        for member in whole.members
        for phase in member.phases
        if phase.phase_id in member.added_phase_ids
    ]
    covered = [pair for pair in added if pair[1].phase_id in claim.covers_phase_ids]
    table = grid(("", False), ("GPU-hours", True), ("price", True), ("cost", True))
    for member, phase in covered:
        _add(table, member, phase)
    if covered:
        total = claim.covered_gpu_hours
        _total(
            table, "what the claim covers", hours(total) if total is not None else "", usd(claim.covered_cost_usd or 0)
        )
    for member, phase in added:
        if (member, phase) not in covered:
            _add(table, member, phase)
    _total(table, "the whole model", hours_text(whole.cost, short=False).removesuffix(" hours"), cost_text(whole.cost))
    return table


def _add(table: Table, member: Member, phase: Phase) -> None:
    cost = phase.costs[0]
    price = cost.unit_price_usd_per_gpu_hour or cost.unit_price_usd_per_gpu
    known = phase.gpu_hours if phase.gpu_hours is not None else phase.gpu_hours_low
    table.add_row(
        f"{member.name}, {stage(phase.phase)}",
        f"{_derived(phase)}{hours(known or 0)}",
        f"x {unit_price(price)}" if price is not None else "",
        usd(cost.cost_mid_usd) if cost.cost_mid_usd is not None else "",
    )


def _derived(phase: Phase) -> str:
    """`512 x 198 = ` where the hours are a product of printed numbers."""
    factors = (phase.derivation or "").replace(" ", "").split("*")
    if len(factors) < 2 or not all(factor.replace(".", "", 1).isdigit() for factor in factors):
        return ""
    return f"{' x '.join(factors)} = "


def _total(table: Table, name: str, total_hours: str, cost: str) -> None:
    style = "bold"
    table.add_row(
        Text(f"= {name}", style=style), Text(total_hours, style=style), "", Text(cost, style=style), end_section=True
    )


def _largest(members: Sequence[Member], total: Decimal | None) -> Text:
    largest = max(members, key=lambda member: member.cost_usd or Decimal(0))
    part = float((largest.cost_usd or Decimal(0)) / total) if total else 0.0
    return Text(f"{largest.name} is {share(part)} of it.")


def comparison(models: Sequence[Compared], width: int) -> Group:
    """Models one a row: hours of its own and in all, and what they cost with every model they stand on.

    Args:
        models: in the order of the rows.
        width: columns of the terminal.
    """
    table = grid(
        ("model", False),
        ("own hours", True),
        ("all hours", True),
        *((words(basis), True) for basis in COMPARED_BASES),
    )
    table.columns[0].no_wrap = True
    shown: list[Cost] = []
    for model in models:
        name = model.name.partition(" (")[0]
        own = _costs(model, "own")
        whole = _costs(model, "cumulative")
        table.add_row(
            "\n".join(wrap(name, NAME_WIDTH)) if width < NARROW else name,
            short_hours_cell(own["rental"]),
            short_hours_cell(whole["rental"]),
            *(short_cost(whole[basis]) for basis in COMPARED_BASES),
        )
        shown += [own["rental"], *(whole[basis] for basis in COMPARED_BASES)]
    return lines(
        Text("What models cost with every model they stand on, in US dollars", style="bold"),
        dim(
            "disclosed: developer's price · rental: market rent at the start · rental now: today's · purchase: all GPUs"
        ),
        "",
        table,
        "",
        *floors(shown),
        doubts(shown),
    )


def _costs(model: Compared, scope: str) -> dict[str, Cost]:
    return {cost.price_basis: cost for cost in model.costs if cost.scope == scope}
