"""A cost taken apart as a tree: models, phases, and for each printed number the page it stands on."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from pipelines.contracts.vocabulary import DISCLOSED_AS, QUANTITY
from pipelines.screens.model import ROLE_IN_WORDS
from pipelines.screens.pieces import SCOPE_IN_WORDS, basis_in_words, dim, lines, phase_hours, source
from pipelines.warehouse.shapes import Explanation, Member, Phase, PhaseCost, Printed
from pipelines.warehouse.sides import PhasePart
from pipelines.wording import (
    cost_text,
    count,
    flag_meaning,
    hours,
    hours_text,
    missing,
    range_text,
    share,
    stage,
    unit_price,
    usd,
    words,
)

COUNTED = ("gpu_hours", "gpu_count", "wall_clock_hours", "tokens")
"""Quantities whose unit takes an s."""

ENTERS = {"weights": "its weights are the start of", "data": "made training data for", "teacher": "taught"}


def explain(answer: Explanation) -> Group:
    """The cost, what it is made of, and what it assumes."""
    cost = answer.cost
    scope = SCOPE_IN_WORDS.get(cost.scope, cost.scope)
    known = cost.cost_missing_reason is None
    head = Text(f"{cost.model_name}, {scope}, {basis_in_words(cost.price_basis)}: {cost_text(cost)}", style="bold")
    tree = Tree(head, guide_style="dim")
    tree.add(Text(hours_text(cost), style="bold"))
    ends = range_text(cost.cost_low_usd, cost.cost_mid_usd, cost.cost_high_usd) if known else ""
    if ends:
        tree.add(f"low to high: {ends}")
    for member in answer.members:
        _add_member(tree, answer, member)
    meanings = [Text(f"{flag}: {meaning}") for flag, meaning in answer.assumptions.items()]
    if meanings:
        assumed = tree.add(Text("assumptions", style="bold"))
        for meaning in meanings:
            assumed.add(meaning)
    return lines(tree)


def _add_member(tree: Tree, answer: Explanation, member: Member) -> None:
    label = Text(member.name, style="bold")
    if member.cost_usd is not None:
        label.append(f": {usd(member.cost_usd)}{_part(answer, member)}", style="not bold")
    else:
        said = missing(member.missing_reason, answer.cost.price_basis) if member.missing_reason else "nothing added"
        absent = said if member.is_in_ledger else "not in the ledger: set aside by validation"
        label.append(f": {absent}", style="not bold yellow")
    label.append(_entry(member, answer), style="not bold")
    branch = tree.add(label)
    for phase in member.phases:
        parts = [part for part in answer.parts if part.phase_id == phase.phase_id]
        _add_phase(branch, phase, parts, is_added=phase.phase_id in member.added_phase_ids)


def _part(answer: Explanation, member: Member) -> str:
    total, adding = answer.cost.cost_mid_usd, [each for each in answer.members if each.cost_usd]
    return f", {share(float(member.cost_usd / total))}" if total and member.cost_usd and len(adding) > 1 else ""


def _entry(member: Member, answer: Explanation) -> str:
    """How a model comes in: `; its weights are the start of DeepSeek-R1 and DeepSeek-R1-Zero`."""
    names = {each.model_id: each.name for each in answer.members}
    by_relation: dict[str, list[str]] = {}
    for edge in member.enters_by:
        by_relation.setdefault(edge.relation, []).append(names.get(edge.child_model_id, edge.child_model_id))
    return "".join(
        f"; {ENTERS.get(relation, words(relation))} {' and '.join(children)}"
        for relation, children in by_relation.items()
    )


def _made_of(part: PhasePart) -> Text:
    """A part of the cost of a phase, and the page its electricity price stands on."""
    ends = range_text(part.cost_low_usd, part.cost_mid_usd, part.cost_high_usd)
    text = Text(f"of it {words(part.component)}: {usd(part.cost_mid_usd)}" + (f" ({ends})" if ends else ""))
    if part.price is None:
        return text
    text.append(f"; electricity at {part.price:g} {part.unit_as_published}, {part.area}, {part.period}")
    return _below(text, source(part.source_title, part.locator, part.url))


def _add_phase(branch: Tree, phase: Phase, parts: list[PhasePart], *, is_added: bool) -> None:
    cost = phase.costs[0] if phase.costs else None
    label = Text(stage(phase.phase), style="bold" if is_added else "dim")
    label.append(f": {_sum(phase, cost)}" if is_added and cost else f": {_why_not(phase, cost)}", style="not bold")
    node = branch.add(label)
    node.add(_hours(phase))
    if cost and cost.cost_missing_reason is None:
        node.add(_price(cost, phase))
    for part in parts if len(parts) > 1 else ():
        node.add(_made_of(part))
    if phase.note:
        node.add(dim(f"note: {phase.note}"))
    if is_added and cost:
        for flag in cost.flags:
            node.add(dim(f"{flag}: {_meaning(flag, phase)}"))


def _sum(phase: Phase, cost: PhaseCost) -> str:
    """`$27.65 = 7 hours x $3.95 ($23.03 to $103.46)`."""
    middle = cost.cost_mid_usd
    amount = usd(middle) if middle is not None else f"at least {usd(cost.cost_low_usd or 0)}"
    if cost.unit_price_usd_per_gpu is not None and phase.gpu_count:
        product = f"{phase.gpu_count:,} GPUs x {unit_price(cost.unit_price_usd_per_gpu)}"
    else:
        product = f"{phase_hours(phase)} hours x {unit_price(cost.unit_price_usd_per_gpu_hour or 0)}"
    ends = range_text(cost.cost_low_usd, middle, cost.cost_high_usd)
    return f"{amount} = {product}" + (f" ({ends})" if ends else "")


def _why_not(phase: Phase, cost: PhaseCost | None) -> str:
    if not phase.is_summed:
        amount = f"; {usd(cost.cost_mid_usd)} if it were" if cost and cost.cost_mid_usd is not None else ""
        return f"not added ({ROLE_IN_WORDS.get(phase.row_role, words(phase.row_role))}){amount}"
    if cost and cost.cost_missing_reason:
        return f"not added ({missing(cost.cost_missing_reason, cost.price_basis)})"
    if cost and cost.unit_price_usd_per_gpu is not None:
        return "not added (a cluster of the same developer and hardware, at least as large, is in already)"
    return "not added"


def _hours(phase: Phase) -> Text:
    """The printed number the hours come from, and the place it was printed."""
    hardware = phase.hardware_name or "hardware not disclosed"
    where = f"{phase.gpu_count:,} x {hardware}" if phase.gpu_count else hardware
    text = Text(f"hours: {phase_hours(phase)}, {where}")
    printed = [number for number in phase.printed if number.quantity == "gpu_hours"] or phase.printed
    derivation = printed[0].derivation if printed else phase.derivation
    form = DISCLOSED_AS.get(phase.disclosed_as, words(phase.disclosed_as)).rstrip(".")
    text.append(f"; {form[0].lower()}{form[1:]}" + (f": {derivation}" if derivation else ""))
    if not any(number.quantity == "gpu_hours" for number in printed) and printed:
        text.append(f" ({', '.join(_printed(number) for number in printed)})")
    first = _first_printed(phase)
    return _below(text, source(first.source_title or first.source_id, first.locator, first.url, first.confidence))


def _first_printed(phase: Phase) -> Printed | Phase:
    """Where the hours were printed: the hours themselves, else the first number there is, else the phase."""
    return phase.printed[0] if phase.printed else phase


def _printed(number: Printed) -> str:
    unit = f"{QUANTITY.get(number.quantity, '')}{'s' if number.quantity in COUNTED else ''}"
    if number.value is not None:
        return f"{_figure(number.value)} {unit}"
    ends = [_figure(end) for end in (number.value_low, number.value_high) if end is not None]
    return f"{' to '.join(dict.fromkeys(ends))} {unit}"


def _figure(value: float) -> str:
    return f"{value:.3g}" if value >= 1e15 else count(value) if value >= 10_000 else hours(value)


def _price(cost: PhaseCost, phase: Phase) -> Text:
    """The quote or statement the price is, and the place it was printed."""
    per_hour = cost.unit_price_usd_per_gpu_hour
    price = unit_price(per_hour if per_hour is not None else cost.unit_price_usd_per_gpu or 0)
    text = Text(f"price: {price} per GPU{'-hour' if per_hour is not None else ''}, {_seller(cost)}")
    hours_from = _first_printed(phase)
    here = (cost.price_source_id, cost.price_locator, cost.price_url)
    if cost.quote_id is None and here == (hours_from.source_id, hours_from.locator, hours_from.url):
        return text.append(", in the same place")
    title = cost.price_source_title or cost.price_source_id or "no source named"
    return _below(text, source(title, cost.price_locator, cost.price_url))


def _seller(cost: PhaseCost) -> str:
    """Who asked the price, for what, on which terms, when."""
    if cost.quote_id is None:
        return "stated by the developer"
    many = cost.price_quote_count or 1
    is_rent = cost.unit_price_usd_per_gpu_hour is not None
    among = f"the middle of {many} providers: " if is_rent else f"between {many} quotes, one of them: "
    seller = "a seller not named" if cost.provider in (None, "unnamed") else str(cost.provider)
    terms = words(cost.pricing_category or "") if is_rent else ""
    published = f"{cost.price_as_published} {cost.currency} per {words(cost.unit_as_published or 'unit')}"
    parts = (cost.sku or cost.quoted_hardware_id, terms, published, cost.region, f"seen {cost.price_observed_on}")
    return (among if many > 1 else "") + ", ".join([seller, *(part for part in parts if part)])


def _below(*parts: Text) -> Text:
    """Texts below one another, as one label of a tree."""
    return Text("\n").join(parts)


def _meaning(flag: str, phase: Phase) -> str:
    meaning = flag_meaning(flag)
    return f"{meaning.rstrip('.')} ({phase.started_on})." if flag == "assumed_start" and phase.started_on else meaning
