"""Pieces every screen is made of: sections, tables, cells of figures.

Text of the data stands in strings and `Text`, never in markup: the console that prints it has markup switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.warehouse.shapes import Cost, Phase, Rejection
from pipelines.wording import cost_text, hours, hours_are_floor, hours_text, short_usd, words

BASIS_IN_WORDS = {
    "disclosed": "at the developer's stated price",
    "rental": "at the market rent when it started",
    "rental_spot": "at the market's spot price when it started",
    "rental_1y": "under a commitment of one year",
    "rental_3y": "under a commitment of three years",
    "rental_now": "at the market rent of today",
    "amortized": "as hardware used up, interconnect and energy",
    "purchase": "buying every accelerator",
}
SCOPE_IN_WORDS = {
    "own": "its own training",
    "effort": "with what its headline includes",
    "cumulative": "with every model it stands on",
}
ABSENT = {
    "no_price": "no price",
    "hours_not_disclosed": "no hours",
    "gpu_count_not_disclosed": "no count",
    "one_sided": "one end",
}
"""Reasons in a word or two, for the cells of narrow tables."""
MOST_OF_A_VALUE, MOST_OF_A_REASON = 80, 2_000
"""Characters of a cell, and of what is said of it, that a line of a screen shows; JSON has all."""
DOUBT, THINNED = "~", "thinned_panel"
"""Mark and flag of a price that is left over from a market of more providers."""


def lines(*parts: RenderableType | None) -> Group:
    """The parts below one another; those that are None are left out."""
    return Group(*(part for part in parts if part is not None))


def section(title: str, *parts: RenderableType | None) -> Group | None:
    """A heading over parts that are set in; nothing when there are none."""
    kept = [Padding(part, (0, 0, 0, 2), expand=False) for part in parts if part is not None]
    return Group("", Text(title, style="bold"), *kept) if kept else None


def grid(*columns: tuple[str, bool]) -> Table:
    """A table without a frame; a column is its heading and whether it holds figures."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading, is_figure in columns:
        table.add_column(heading, justify="right" if is_figure else "left", overflow="fold")
    return table


def dim(text: str) -> Text:
    """Text of less weight."""
    return Text(text, style="dim")


def source(title: str | None, locator: str | None, url: str | None, remark: str = "") -> Text:
    """A document with the place in it; its address can be clicked, where the terminal can."""
    text = dim(", ".join(part for part in (title, locator) if part))
    if url:
        text.append(", " if len(text) else "")
        text.append(url, style=f"link {url}")
    return text.append(f" ({remark})" if remark else "")


def place(finding: Rejection) -> str:
    """Where a value was read, as `file:line`."""
    return f"{finding.file or finding.table_name}{f':{finding.line}' if finding.line else ''}"


def harmless(text: str, most: int) -> str:
    r"""Text of the data for a terminal: what would steer it is escaped, and what is long is cut in its middle.

    >>> harmless("a\x1b[2Jb", 80), harmless("x" * 90, 20)
    ('a\\\\x1b[2Jb', 'xxxxxxxxxx … (90 characters)')
    """
    shown = text if len(text) <= most else f"{text[: most // 2]} … ({len(text):,} characters)"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in shown)


def finding_line(finding: Rejection) -> str:
    """What was set aside in one line: file, line, record, column, value, reason."""
    value = f"= {harmless(repr(finding.value), MOST_OF_A_VALUE)}" if finding.value is not None else None
    record = harmless(finding.record_id, MOST_OF_A_VALUE) if finding.record_id else None
    what = " ".join(part for part in (record, finding.column_name, value) if part)
    kept = "" if finding.is_set_aside else " (the row is kept)"
    reason = f"{_short_reason(finding)}{kept}"
    return ": ".join(part for part in (place(finding), what, reason) if part)


def _short_reason(finding: Rejection) -> str:
    """The reason; a long value in it is cut, as beside it."""
    value, reason = finding.value or "", finding.reason
    if len(value) > MOST_OF_A_VALUE:
        reason = reason.replace(value, harmless(value, MOST_OF_A_VALUE))
    return harmless(reason, MOST_OF_A_REASON)


def short_cost(cost: Cost) -> Text:
    """A cost in a narrow cell: three figures, `at least`, or a word why there is none."""
    if cost.cost_missing_reason:
        unstated = cost.cost_missing_reason == "no_price" and cost.price_basis == "disclosed"
        absent = ABSENT.get(cost.cost_missing_reason, words(cost.cost_missing_reason))
        return dim("unstated" if unstated else absent)
    doubt = DOUBT if is_doubtful(cost) else ""
    return Text(f"{doubt}{cost_text(cost, short=True)}", style="yellow" if cost.is_lower_bound or doubt else "")


def is_doubtful(cost: Cost) -> bool:
    """Whether most providers of its price have no fresh quote any more, so that the middle is that of the others."""
    return THINNED in cost.flags and cost.cost_missing_reason is None


def short_hours_cell(cost: Cost) -> Text:
    """Hours in a narrow cell."""
    known = cost.gpu_hours is not None or cost.gpu_hours_low is not None or cost.gpu_hours_high is not None
    if not known:
        return dim(ABSENT.get(cost.cost_missing_reason or "", words(cost.cost_missing_reason or "")))
    return Text(hours_text(cost, short=True), style="yellow" if hours_are_floor(cost) else "")


def floors(costs: Iterable[Cost]) -> list[Text]:
    """What `at least` means in a table: one line for each figure that is a lower bound."""
    said: dict[str, None] = {}
    for cost in costs:
        if hours_are_floor(cost):
            said[f"{cost.model_name}, {cost.scope}: {hours_text(cost)}"] = None
        if "partly_priced" in cost.flags and cost.is_lower_bound:
            said[f"{cost.model_name}, {cost.scope}, {cost.price_basis}: {cost_text(cost)}"] = None
    return [Text(line, style="yellow") for line in said]


def doubts(costs: Iterable[Cost]) -> Text | None:
    """What the mark of doubt means in a table, with the widest of the ranges; nothing where no cost has it."""
    ranged = [cost for cost in costs if is_doubtful(cost) and cost.cost_low_usd and cost.cost_high_usd]
    if not ranged:
        return None
    widest = max(ranged, key=lambda cost: (cost.cost_high_usd or 0) / (cost.cost_low_usd or 1))
    ends = f"{short_usd(widest.cost_low_usd or 0)} to {short_usd(widest.cost_high_usd or 0)}"
    return Text(
        f"{DOUBT} most providers of this price have no fresh quote ({THINNED}): read the range, "
        f"for {widest.model_name} {words(widest.price_basis)} {ends}",
        style="yellow",
    )


def main_cost(costs: Sequence[Cost], scope: str) -> Cost:
    """The cost to name first: at the developer's price where there is one, else at market rent."""
    of_scope = {cost.price_basis: cost for cost in costs if cost.scope == scope}
    stated = of_scope["disclosed"]
    return stated if stated.cost_missing_reason is None else of_scope["rental"]


def basis_in_words(basis: str) -> str:
    """A price basis as it reads behind an amount."""
    return BASIS_IN_WORDS.get(basis, f"on the basis {basis!r}")


def phase_hours(phase: Phase) -> str:
    """The hours a phase is costed with, with the ends that are known."""
    low, middle, high = phase.gpu_hours_low, phase.gpu_hours, phase.gpu_hours_high
    if middle is None:
        bound = f"at most {hours(high)}" if high is not None else "not disclosed"
        return f"at least {hours(low)}" if low is not None else bound
    return f"{hours(middle)} ({hours(low)} to {hours(high)})" if low and high and low < high else hours(middle)
