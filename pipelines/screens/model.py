"""The page of one model: its cost first, then every scope and basis, phases, lineage, claims, assumptions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.contracts.vocabulary import PRICE_BASIS, USAGE_WARNING
from pipelines.screens.claims import claim_block
from pipelines.screens.pieces import (
    SCOPE_IN_WORDS,
    basis_in_words,
    dim,
    finding_line,
    grid,
    lines,
    main_cost,
    phase_hours,
    section,
    source,
)
from pipelines.warehouse.shapes import Cost, Edge, Model, ModelPage, Phase
from pipelines.warehouse.sides import Cluster, Deflated, Deflator, Electricity, Part, Sensitivity
from pipelines.wording import (
    cost_text,
    count,
    hours,
    hours_are_floor,
    hours_text,
    missing,
    plural,
    range_text,
    share,
    short_usd,
    stage,
    usd,
    what_is_missing,
    words,
)

COMMITMENTS = ("rental_spot", "rental_1y", "rental_3y")
"""Bases that are left out of the page where they have no price: the legend says so."""

PARTED = ("amortized", "purchase")
"""Bases whose costs have parts."""

MONTHS, LEAST_WHOLE = 12, 100

SENSITIVE = ("rental", "amortized")
"""Bases of which the page says what their ranges come from; JSON has all."""
LEAST_SHARE, MOST_INPUTS = 0.01, 3

PHASE_BASES = ("disclosed", "rental", "amortized", "purchase")
"""Bases that the table of phases has columns for."""

ROLE_IN_WORDS = {
    "alternative": "the same work from another source",
    "restated_base": "its base's hours, printed again",
    "hypothetical": "never run",
    "estimate": "somebody else's estimate",
    "context_only": "no hours stated",
}


def show(page: ModelPage) -> Group:
    """A model: its cost first, then every scope and basis, phases, lineage, claims, assumptions."""
    return lines(
        *_lead(page),
        _cost_section(page.costs),
        _sensitivity_section(page.sensitivities),
        _makeup_section(page.makeup, page.clusters),
        _dollars_section(page.deflated),
        _phase_section(page.phases),
        _electricity_section(page.electricity),
        section("Stands on", *(Text(_edge_line(edge)) for edge in page.built_on)),
        section("Claims", *(claim_block(claim) for claim in page.claims)),
        section("Assumptions", _definitions(page.assumptions)),
        section("Set aside by validation", *(Text(finding_line(each), style="yellow") for each in page.set_aside)),
        _legend({cost.price_basis for cost in page.costs}, page.scope_notes),
        "",
        dim(f"every figure down to its page: costledger explain {page.model.model_id}"),
    )


def _lead(page: ModelPage) -> list[RenderableType]:
    whole, own = main_cost(page.costs, "cumulative"), main_cost(page.costs, "own")
    sentence = Text(page.model.name, style="bold")
    if whole.cost_missing_reason:
        sentence.append(f": cost not known: {missing(whole.cost_missing_reason, whole.price_basis)}")
        sentence.append(f"; {hours_text(whole)}" if whole.gpu_hours is not None else "")
    else:
        sentence.append(f": {cost_text(whole)}")
        stands = SCOPE_IN_WORDS["cumulative"] if page.built_on else ""
        sentence.append(
            f" {stands}, {basis_in_words(whole.price_basis)}" if stands else f" {basis_in_words(whole.price_basis)}"
        )
        if page.built_on and own.price_basis == whole.price_basis and not own.cost_missing_reason:
            sentence.append(f"; {cost_text(own)} of its own")
    sentence.append(".")
    return [
        sentence,
        dim(_facts(page.model)),
        source(page.model.source_title, None, page.model.source_url),
    ]


def _facts(model: Model) -> str:
    params = ""
    if model.total_params:
        active = model.active_params if model.active_params != model.total_params else None
        params = f"{count(model.total_params)} parameters" + (f" ({count(active)} active)" if active else "")
    covers = f"figures for {', '.join(model.covers_models)} together" if model.covers_models else ""
    facts = [model.model_id, f"{model.developer}, {model.country}", f"released {model.released_on}", params]
    return " · ".join(fact for fact in [*facts, model.architecture, words(model.openness), covers] if fact)


def _cost_section(costs: Sequence[Cost]) -> Group | None:
    """A heading with the hours for each scope, and the bases in columns that stand alike under all of them."""
    cells = [(cost.price_basis, _cost_cell(cost), _range_cell(cost)) for cost in costs]
    widths = [max(len(row[place]) for row in cells) for place in (0, 1)]
    parts: list[RenderableType] = []
    for scopes, group in _merged(costs):
        style = "yellow" if hours_are_floor(group[0]) else ""
        parts.append(Text.assemble((" = ".join(scopes), "bold"), (f": {hours_text(group[0])}", style)))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(min_width=widths[0])
        table.add_column(min_width=widths[1], justify="right")
        table.add_column()
        for cost in group:
            if cost.price_basis in COMMITMENTS and cost.cost_missing_reason == "no_price":
                continue
            table.add_row(cost.price_basis, _cost_cell(cost), _range_cell(cost))
        parts.append(Padding(table, (0, 0, 0, 2), expand=False))
    return section("Cost", *parts)


def _merged(costs: Sequence[Cost]) -> list[tuple[list[str], list[Cost]]]:
    """Costs by scope; a scope whose figures are those of the one before stands with it."""
    merged: list[tuple[list[str], list[Cost]]] = []
    for scope in dict.fromkeys(cost.scope for cost in costs):
        group = [cost for cost in costs if cost.scope == scope]
        if merged and [_figures(cost) for cost in merged[-1][1]] == [_figures(cost) for cost in group]:
            merged[-1][0].append(scope)
        else:
            merged.append(([scope], group))
    return merged


def _figures(cost: Cost) -> tuple[str, str, str, str]:
    ends = range_text(cost.cost_low_usd, cost.cost_mid_usd, cost.cost_high_usd)
    return cost.price_basis, hours_text(cost), cost_text(cost), ends


def _cost_cell(cost: Cost) -> Text:
    if cost.cost_missing_reason:
        return dim(missing(cost.cost_missing_reason, cost.price_basis))
    known = cost.cost_mid_usd if cost.cost_mid_usd is not None else cost.cost_low_usd
    if cost.is_lower_bound and known is not None:
        return Text(f"at least {usd(known)}", style="yellow")
    return Text(cost_text(cost), style="bold" if cost.scope == "cumulative" else "")


def _range_cell(cost: Cost) -> str:
    ends = range_text(cost.cost_low_usd, cost.cost_mid_usd, cost.cost_high_usd)
    partly = what_is_missing(cost, of_cost=True) if "partly_priced" in cost.flags and cost.is_lower_bound else ""
    return "; ".join(part for part in (ends, partly) if part)


def _phase_section(phases: Sequence[Phase]) -> Group | None:
    if not phases:
        return section("Phases", dim("none disclosed"))
    present = {cost.price_basis for phase in phases for cost in phase.costs}
    bases = [basis for basis in PHASE_BASES if basis in present] + sorted(present - PRICE_BASIS.keys())
    table = grid(("phase", False), ("GPU-hours", True), ("hardware", False), *((basis, True) for basis in bases))
    for phase in phases:
        style = "" if phase.is_summed else "dim"
        table.add_row(
            Text(_phase_name(phase)), phase_hours(phase), _hardware(phase), *_phase_costs(phase, bases), style=style
        )
    return section("Phases", table, *_printed_in(phases))


def _phase_name(phase: Phase) -> str:
    name = stage(phase.phase)
    return (
        name if phase.is_summed else f"{name} (not added: {ROLE_IN_WORDS.get(phase.row_role, words(phase.row_role))})"
    )


def _hardware(phase: Phase) -> str:
    name = phase.hardware_name or "not disclosed"
    return f"{phase.gpu_count:,} x {name}" if phase.gpu_count else name


def _phase_costs(phase: Phase, bases: Sequence[str]) -> list[str]:
    by_basis = {cost.price_basis: cost for cost in phase.costs}
    cells = []
    for basis in bases:
        cost = by_basis.get(basis)
        known = cost.cost_mid_usd if cost else None
        cells.append(short_usd(known) if known is not None else "-")
    return cells


def _printed_in(phases: Sequence[Phase]) -> list[Text]:
    """Each document once, with the places in it."""
    places: dict[tuple[str, str], dict[str, None]] = {}
    for phase in phases:
        where = places.setdefault((phase.source_title or phase.source_id, phase.url or ""), {})
        where[f"{phase.locator or 'no place named'} ({phase.confidence})"] = None
    return [source(f"printed in {title}", "; ".join(where), url) for (title, url), where in places.items()]


def _edge_line(edge: Edge) -> str:
    own = f"{hours(edge.parent_gpu_hours)} hours of its own" if edge.parent_gpu_hours else "its own hours not disclosed"
    counts = "recorded, never added" if edge.counts_in == "none" else f"counts in {edge.counts_in}"
    name = edge.parent_name or "not in the ledger"
    return f"{name} ({edge.parent_model_id}): {edge.relation}, {counts}; {own}"


def _definitions(meanings: dict[str, str]) -> Table | None:
    if not meanings:
        return None
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, meaning in meanings.items():
        table.add_row(name, dim(meaning))
    return table


def _sensitivity_section(inputs: Sequence[Sensitivity]) -> Group | None:
    """What the widest ranges come from: of the cost with all it stands on, the inputs that matter, largest first."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for basis in SENSITIVE:
        of_basis = [each for each in inputs if (each.scope, each.price_basis) == ("cumulative", basis)]
        telling = [each for each in of_basis if each.variance_share >= LEAST_SHARE][:MOST_INPUTS]
        if telling:
            table.add_row(basis, dim("; ".join(_input_text(each) for each in telling)))
    return section("Ranges owe most to", table if table.row_count else None)


def _input_text(each: Sensitivity) -> str:
    ends = [end for end in (each.cost_if_quarter_less_usd, each.cost_if_quarter_more_usd) if end is not None]
    quarter = f" (a quarter off: {short_usd(min(ends))} to {short_usd(max(ends))})" if ends else ""
    return f"{words(each.input)} of {each.input_name} {share(each.variance_share)}{quarter}"


def _makeup_section(parts: Sequence[Part], clusters: Sequence[Cluster]) -> Group | None:
    """What each cost that has parts is made of, largest first; what stands beside a cost says so."""
    shown = {scope: [_parts_text(parts, clusters, scope, basis) for basis in PARTED] for scope in ("own", "cumulative")}
    if shown["own"] == shown["cumulative"]:
        del shown["cumulative"]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for scope, texts in shown.items():
        for basis, text in zip(PARTED, texts, strict=True):
            if text:
                table.add_row(scope, basis, dim(text))
    return section("Made of", table if table.row_count else None)


def _parts_text(parts: Sequence[Part], clusters: Sequence[Cluster], scope: str, basis: str) -> str:
    chosen = [part for part in parts if (part.scope, part.price_basis) == (scope, basis)]
    inside = [f"{part.component} {short_usd(part.cost_mid_usd)}" for part in chosen if part.is_in_cost]
    beside = [f"{part.component} {short_usd(part.cost_mid_usd)}" for part in chosen if not part.is_in_cost]
    whole = [_cluster_text(each) for each in clusters if (each.scope, "purchase") == (scope, basis)]
    text = ", ".join(inside)
    return "; ".join([f"{text}; beside it, not in it: {', '.join(beside)}", *whole]) if beside else text


def _cluster_text(cluster: Cluster) -> str:
    bound = "at least " if cluster.is_lower_bound else ""
    low, high = cluster.cluster_low_usd, cluster.cluster_high_usd
    between = f" ({short_usd(low)} to {short_usd(high)})" if low is not None and high is not None else ""
    return f"the whole cluster {bound}{short_usd(cluster.cluster_mid_usd)}{between}"


def _dollars_section(deflated: Sequence[Deflated]) -> Group | None:
    """Costs in dollars of another year, with what they were multiplied by."""
    if not deflated:
        return None
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for each in deflated:
        bound = "at least " if each.is_lower_bound else ""
        table.add_row(each.scope, each.price_basis, f"{bound}{usd(each.cost_in_year_usd)}")
    notes = {_deflator_text(each.deflator): None for each in deflated}
    return section(f"In dollars of {deflated[0].deflator.to_year}", table, *(dim(note) for note in notes))


def _deflator_text(deflator: Deflator) -> str:
    carried = deflator.index_month_on != deflator.month_on
    last = f" (the index ends {deflator.index_month_on:%Y-%m}: its last value stands)" if carried else ""
    months = (
        "" if deflator.year_month_count >= MONTHS else f", of which it has {plural(deflator.year_month_count, 'month')}"
    )
    return (
        f"dollars of {deflator.month_on:%Y-%m}{last} x {deflator.deflator_ratio:.4f}, by {deflator.series_id} "
        f"as of {deflator.vintage_on}: mean of {deflator.to_year}{months}"
    )


def _electricity_section(scopes: Sequence[Electricity]) -> Group | None:
    """Electricity and emissions worked out, and what developers state beside them."""
    table = grid(("", False), ("MWh", True), ("tCO2e", True), ("stated, by place", True), ("stated, as bought", True))
    shown: list[tuple[str, ...]] = []
    parts: list[Text] = []
    for each in scopes:
        bound = "at least " if each.is_lower_bound else ""
        cells = (
            f"{bound}{_amount(each.energy_kwh, 1000)}",
            f"{bound}{_amount(each.emissions_tco2e)}",
            _amount(each.disclosed_location_tco2e),
            _amount(each.disclosed_market_tco2e),
        )
        if cells not in shown:
            table.add_row(each.scope, *cells)
            shown.append(cells)
            if each.phases_without_statement:
                without = plural(len(each.phases_without_statement), "phase")
                parts.append(dim(f"{each.scope}: {without} without a statement: what is stated is of the others"))
    note = (
        "worked out from hours and design power, at the grid of the developer's country unless the run's is disclosed"
    )
    return section("Electricity and emissions", table, *parts, dim(note)) if shown else None


def _amount(value: float | None, divisor: float = 1) -> str:
    return (
        "-"
        if value is None
        else f"{value / divisor:,.0f}"
        if value / divisor >= LEAST_WHOLE
        else f"{value / divisor:.3g}"
    )


def _legend(bases: set[str], notes: dict[str, list[str]]) -> Group | None:
    meanings = {name: text for name, text in PRICE_BASIS.items() if name in bases}
    left_out = [dim(USAGE_WARNING[name]) for name in ("excludes_staff_and_rnd", "excludes_failed_runs")]
    common = set.intersection(*map(set, notes.values())) if notes else set()
    more = [
        dim(f"{basis} leaves out as well: {', '.join(words(name) for name in left if name not in common)}")
        for basis, left in notes.items()
        if set(left) - common
    ]
    return section("Price bases", _definitions(meanings), *left_out, *more)
