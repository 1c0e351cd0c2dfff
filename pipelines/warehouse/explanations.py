"""Answers put together from several tables: a model's page, a cost taken apart, a claim beside the whole cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from pipelines.contracts.vocabulary import COST_FLAG
from pipelines.warehouse.answers import Ledger
from pipelines.warehouse.shapes import (
    Compared,
    Cost,
    Explanation,
    Headline,
    Member,
    Model,
    ModelPage,
    Phase,
    PhaseCost,
)
from pipelines.warehouse.sides import Deflated

HEADLINE_CLAIM = "r1-press-whole-model"
"""The claim that `run` answers with, where the data folder has it."""

DEFAULT_INDEX = "CPIAUCSL"
"""US consumer prices, seasonally adjusted."""

CLAIMED_MODELS, SHOWN_MODELS = 8, 12
"""Models of the table that `run` answers with: those with a checked claim, filled up with the dearest of their own."""

Amounts = dict[str, Decimal]
"""What each added phase adds, by phase_id."""


def page(ledger: Ledger, model_id: str, usd_of: int | None = None, index: str = DEFAULT_INDEX) -> ModelPage:
    """Everything about one model.

    Args:
        ledger: the published ledger.
        model_id: a model that is in it.
        usd_of: a year whose dollars the costs are shown in as well.
        index: the price index that converts them.

    Raises:
        UnknownIndexError: the index is not known, or does not cover the model or the year.
    """
    costs, model = ledger.costs([model_id]), ledger.model(model_id)
    return ModelPage(
        model=model,
        costs=costs,
        phases=ledger.phases([model_id]),
        built_on=ledger.edges("t.child_model_id = $1", [model_id]),
        claims=ledger.claims(model_id),
        assumptions=_meanings(flag for cost in costs for flag in cost.flags),
        set_aside=ledger.rejected(model_id),
        scope_notes=ledger.scope_notes(model_id),
        makeup=ledger.makeup(model_id),
        sensitivities=ledger.sensitivities(model_id),
        clusters=ledger.clusters(model_id),
        electricity=ledger.electricity(model_id),
        deflated=_deflated(ledger, model, costs, usd_of, index) if usd_of else [],
    )


def _deflated(ledger: Ledger, model: Model, costs: Sequence[Cost], year: int, index: str) -> list[Deflated]:
    """Costs in dollars of a year: from those of the month of release, `rental_now` from those of the ledger's day."""
    of_release = ledger.deflator(index, model.released_on, year)
    of_today = ledger.deflator(index, ledger.priced_on(), year)
    found = []
    for cost in costs:
        known = cost.cost_mid_usd if cost.cost_mid_usd is not None else cost.cost_low_usd
        if known is not None:
            deflator = of_today if cost.price_basis == "rental_now" else of_release
            amount = float(known)
            in_year = amount * deflator.deflator_ratio
            found.append(Deflated(cost.scope, cost.price_basis, cost.is_lower_bound, amount, in_year, deflator))
    return found


def explain(ledger: Ledger, model_id: str, scope: str = "cumulative", basis: str | None = None) -> Explanation:
    """A cost taken apart: the models counted in, their phases, each printed number.

    Args:
        ledger: the published ledger.
        model_id: a model that is in it.
        scope: own, effort or cumulative.
        basis: price basis; `disclosed` where that has a cost, else `rental`, when not given.
    """
    costs = {cost.price_basis: cost for cost in ledger.costs([model_id]) if cost.scope == scope}
    stated = costs["disclosed"].cost_missing_reason is None
    cost = costs[basis or ("disclosed" if stated else "rental")]
    members = _members(ledger, cost)
    parts = ledger.phase_parts([member.model_id for member in members], cost.price_basis)
    return Explanation(ledger.model(model_id), cost, members, _meanings(cost.flags), parts)


def _members(ledger: Ledger, cost: Cost) -> list[Member]:
    seats = ledger.scope_members(cost.model_id, cost.scope)
    ids = [seat.member_model_id for seat in seats]
    phases = ledger.phases(ids, cost.price_basis)
    added = _added(cost, phases, {seat.member_model_id: seat.developer for seat in seats})
    own = {
        each.model_id: each for each in ledger.costs(ids) if (each.scope, each.price_basis) == ("own", cost.price_basis)
    }
    counted = ["effort", "cumulative"] if cost.scope == "cumulative" else ["effort"]
    edges = ledger.edges(
        "t.child_model_id = any($1) and t.parent_model_id = any($1) and t.counts_in = any($2)", [ids, counted]
    )
    members = []
    for seat in seats:
        mine = [phase for phase in phases if phase.model_id == seat.member_model_id]
        amounts = {phase.phase_id: added[phase.phase_id] for phase in mine if phase.phase_id in added}
        members.append(
            Member(
                model_id=seat.member_model_id,
                name=seat.name or seat.member_model_id,
                distance=seat.distance,
                enters_by=[edge for edge in edges if edge.parent_model_id == seat.member_model_id and seat.distance],
                is_in_ledger=seat.name is not None,
                missing_reason=own[seat.member_model_id].cost_missing_reason if seat.name else "set_aside",
                cost_usd=sum(amounts.values(), Decimal(0)) if amounts else None,
                added_phase_ids=list(amounts),
                phases=mine,
            )
        )
    return members


def _added(cost: Cost, phases: Sequence[Phase], developers: dict[str, str | None]) -> Amounts:
    """What each phase adds to a cost; phases that add nothing are left out.

    Hours times price adds up phase by phase. Bought clusters do not: of those of one developer and hardware the largest
    counts, once.
    """
    if cost.cost_mid_usd is None:
        return {}
    priced = [(phase, phase.costs[0]) for phase in phases if phase.is_summed and phase.costs]
    if cost.price_basis == "purchase":
        priced = _largest_clusters(priced, developers)
    amounts = {phase.phase_id: _floor(price) for phase, price in priced}
    return {phase_id: amount for phase_id, amount in amounts.items() if amount is not None}


def _floor(price: PhaseCost) -> Decimal | None:
    if price.cost_mid_usd is None and price.cost_low_usd is not None:
        return Decimal(str(price.cost_low_usd))
    return price.cost_mid_usd


def _largest_clusters(
    priced: list[tuple[Phase, PhaseCost]], developers: dict[str, str | None]
) -> list[tuple[Phase, PhaseCost]]:
    def size(pair: tuple[Phase, PhaseCost]) -> tuple[int, Decimal]:
        return pair[0].gpu_count or -1, pair[1].cost_mid_usd or Decimal(-1)

    largest: dict[tuple[str | None, str], tuple[Phase, PhaseCost]] = {}
    for pair in sorted(priced, key=size, reverse=True):
        if pair[0].hardware_id is not None:
            largest.setdefault((developers[pair[0].model_id], pair[0].hardware_id), pair)
    return list(largest.values())


def headline(ledger: Ledger) -> Headline | None:
    """The claim `run` answers with, and the whole cost; None where the folder lacks what it takes."""
    claim = next((each for each in ledger.claims() if each.claim_id == HEADLINE_CLAIM), None)
    if claim is None or claim.covered_cost_usd is None or claim.cumulative_cost_usd is None:
        return None
    whole = explain(ledger, claim.model_id, "cumulative", claim.compared_on_basis)
    return Headline(claim, whole) if whole.cost.cost_mid_usd is not None else None


def compare(ledger: Ledger, model_ids: Sequence[str]) -> list[Compared]:
    """Models side by side, in the order given."""
    found = {row.model_id: row for row in ledger.comparison(list(model_ids))}
    costs = ledger.costs(model_ids)
    return [
        replace(found[model_id], costs=[cost for cost in costs if cost.model_id == model_id]) for model_id in model_ids
    ]


def notable(ledger: Ledger) -> list[Compared]:
    """Well-known models, dearest first: those with a checked claim, then those whose own training was dearest."""
    return compare(ledger, ledger.notable_ids(CLAIMED_MODELS, SHOWN_MODELS))


def _meanings(flags: Iterable[str]) -> dict[str, str]:
    """Each flag once, with what it says; one this program does not know is its own meaning."""
    return {flag: COST_FLAG.get(flag, flag.replace("_", " ")) for flag in sorted(set(flags))}
