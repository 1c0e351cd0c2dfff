"""Printed claims beside what the ledger makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from pipelines.contracts.vocabulary import VERDICT
from pipelines.screens.pieces import dim, lines, source
from pipelines.warehouse.shapes import Claim
from pipelines.wording import plural, usd, words

VERDICT_STYLE = {"wrong_scope": "bold red", "understated": "red", "overstated": "red", "agrees": "green"}


def claims(found: Sequence[Claim]) -> Group:
    """How many claims hold, then each with its arithmetic; those that mislead most come first."""
    if not found:
        return lines("no such claim")
    tally = Counter(claim.verdict for claim in found)
    summary = ", ".join(f"{number} {words(verdict)}" for verdict, number in tally.items())
    blocks = [part for claim in found for part in ("", claim_block(claim))]
    meanings = [dim(f"{words(verdict)}: {VERDICT[verdict]}") for verdict in tally if verdict in VERDICT]
    return lines(Text(f"{plural(len(found), 'claim')}: {summary}", style="bold"), *blocks, "", *meanings)


def claim_block(claim: Claim) -> Group:
    """One claim: verdict and amount, what it says, the arithmetic, where it stands."""
    head = Text(words(claim.verdict), style=VERDICT_STYLE.get(claim.verdict, "bold"))
    head.append(f"  {amount(claim)} for {claim.model_name}", style="bold")
    head.append(f", {claim.claimed_by}, {claim.claimed_on}", style="not bold")
    body = lines(
        Text(f"says: {claim.what_it_says}"),
        Text(claim.arithmetic),
        source(f"{claim.claim_id} · {claim.source_title or claim.source_id}", None, claim.source_url),
    )
    return lines(head, Padding(body, (0, 0, 0, 2), expand=False))


def amount(claim: Claim) -> str:
    """The amount claimed: a point, a range, a bound."""
    low, high = claim.claimed_low_usd, claim.claimed_high_usd
    if low is None and high is None:
        return "no amount"
    if low is None or high is None or low == high:
        known = low if low is not None else high
        bound = {"floor": "more than ", "ceiling": "less than "}.get(claim.bound or "", "")
        return f"{bound}{usd(known or 0)}"
    return f"{usd(low)} to {usd(high)}"
