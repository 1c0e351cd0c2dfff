"""Cost in words: how hours, money, lower bounds and unknowns are written wherever people read them.

A lower bound is never written as a bare total, and an unknown never as zero: `hours_text` and `cost_text` are the only
places that decide how.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from pipelines.contracts.vocabulary import COST_FLAG
from pipelines.warehouse.shapes import Cost

Number = Decimal | float | int

NAMED_AT_MOST = 3
"""Undisclosed models or phases named in one line; the rest is counted."""


def usd(value: Number) -> str:
    """Money to the dollar from a thousand on, else to the cent.

    >>> usd(Decimal("5870672.00")), usd(27.65)
    ('$5,870,672', '$27.65')
    """
    return f"${value:,.0f}" if value >= 1000 else f"${value:,.2f}"


def short_usd(value: Number) -> str:
    """Money to three figures, for narrow tables.

    >>> short_usd(5870672), short_usd(294672), short_usd(27.65)
    ('$5.87M', '$295K', '$27.65')
    """
    return f"${_short(float(value))}" if value >= 1000 else f"${value:,.2f}"


def unit_price(value: Number) -> str:
    """A price of an hour or a chip: cents, and more places only where they are needed.

    >>> unit_price(Decimal("2.000000")), unit_price(Decimal("4.647500")), unit_price(Decimal("38891.52"))
    ('$2.00', '$4.6475', '$38,891.52')
    """
    text = f"{Decimal(str(value)):,.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents:0<2}"


def hours(value: Number) -> str:
    """Hours without needless places.

    >>> hours(Decimal("2935336.0000")), hours(Decimal("6.9300")), hours(7)
    ('2,935,336', '6.93', '7')
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def short_hours(value: Number) -> str:
    """Hours to three figures, for narrow tables.

    >>> short_hours(2935336), short_hours(7)
    ('2.94M', '7')
    """
    return _short(float(value)) if value >= 1000 else hours(value)


def _short(value: float) -> str:
    for factor, letter in ((1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T")):
        scaled = value / factor
        if abs(float(f"{scaled:.3g}")) < 1000:
            return f"{_three(scaled)}{letter}"
    return f"{_three(value / 1e15)}P"


def _three(value: float) -> str:
    """Three significant figures, never in powers of ten."""
    places = max(0, 3 - len(str(int(abs(float(f"{value:.3g}"))))))
    return f"{float(f'{value:.3g}'):,.{places}f}"


def count(value: Number) -> str:
    """A large count (parameters, tokens) to three figures, without needless zeros.

    >>> count(671_000_000_000), count(14_800_000_000_000), count(2048)
    ('671B', '14.8T', '2,048')
    """
    if value < 10_000:
        return f"{value:,.0f}"
    text = _short(float(value))
    return (text[:-1].rstrip("0").rstrip(".") if "." in text else text[:-1]) + text[-1]


def share(value: float) -> str:
    """A share as a percentage.

    >>> share(0.9498), share(0.0021), share(0.99999)
    ('95%', '0.2%', '>99.9%')
    """
    percent = value * 100
    if 99.9 < percent < 100:
        return ">99.9%"
    if 0 < percent < 0.1:
        return "<0.1%"
    return f"{percent:.0f}%" if percent == 100 or 10 <= percent < 99 else f"{percent:.1f}%".replace(".0%", "%")


def plural(number: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def words(name: str) -> str:
    """A name of a vocabulary as words.

    >>> words("reinforcement_learning")
    'reinforcement learning'
    """
    return name.replace("_", " ")


def stage(phase: str) -> str:
    """A stage of training as words.

    >>> stage("sft"), stage("continued_pretraining")
    ('supervised fine-tuning', 'continued pretraining')
    """
    return {"sft": "supervised fine-tuning"}.get(phase, words(phase))


def age(then: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest whole unit.

    >>> age(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, 5, tzinfo=UTC))
    '2 days ago'
    """
    seconds = max(0, int(((now or datetime.now(UTC)) - then).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(seconds // size, unit)} ago"
    return "just now"


def flag_meaning(flag: str) -> str:
    """What a flag says, in words; a flag of a newer release than this program is its own name."""
    return COST_FLAG.get(flag, words(flag))


def missing(reason: str | None, basis: str | None = None) -> str:
    """Why a figure is absent, in words.

    >>> missing("no_price", "disclosed"), missing("hours_not_disclosed")
    ('no price stated', 'hours not disclosed')
    """
    if reason == "no_price":
        return "no price stated" if basis == "disclosed" else "no price on this basis"
    if reason == "restated_base":
        return "only its base's hours are printed"
    if reason == "gpu_count_not_disclosed":
        return "number of GPUs not disclosed"
    if reason == "set_aside":
        return "set aside by validation"
    return words(reason or "not known")


def hours_are_floor(cost: Cost) -> bool:
    """Whether the hours are known to be fewer than were used."""
    return (cost.gpu_hours is not None or cost.gpu_hours_low is not None) and cost.gpu_hours_high is None


def what_is_missing(cost: Cost, *, of_cost: bool) -> str:
    """What keeps a figure from being a total, in one phrase.

    Args:
        cost: a row of core.model_costs.
        of_cost: about its cost; else about its hours, where a missing price does not matter.
    """
    parts = [
        _undisclosed(cost, ancestor, name)
        for ancestor, name in zip(cost.undisclosed_ancestors, cost.undisclosed_names, strict=True)
        if ancestor != cost.model_id or not cost.phases_without_quantity
    ]
    parts += [f"{phase} not disclosed" for phase in cost.phases_in_words]
    if len(parts) > NAMED_AT_MOST:
        parts = [*parts[:NAMED_AT_MOST], f"and {len(parts) - NAMED_AT_MOST} more"]
    if "set_aside" in cost.flags:
        parts.append("a row it depends on was set aside")
    if "one_sided" in cost.flags and not parts:
        parts.append("only one end of a range is disclosed")
    if of_cost and "partly_priced" in cost.flags and cost.unpriced_gpu_hours:
        parts.append(f"{hours(cost.unpriced_gpu_hours)} hours have no price")
    return "; ".join(parts) or "something known to exist is not in it"


def _undisclosed(cost: Cost, ancestor: str, name: str) -> str:
    if ancestor != cost.model_id:
        return f"{name} or its base not disclosed" if "base_unknown" in cost.flags else f"{name} not disclosed"
    if "base_unknown" in cost.flags:
        return "its base is not named"
    if "restated_base" in cost.flags:
        return "its own hours are not disclosed: those printed are its base's"
    if "covers_models" in cost.flags:
        return "its own hours are only in its family's figure"
    return "its own hours are not disclosed"


def hours_text(cost: Cost, *, short: bool = False) -> str:
    """The hours of a scope: a point, a range, a bound with its reason, or why there are none.

    Returns:
        `2,935,336 hours`, `at least 7 hours (Qwen2.5-32B-Instruct not disclosed)`, ...; `short` leaves out the unit
        and the reason in brackets, for a table that gives both elsewhere.
    """
    write = short_hours if short else hours
    unit = "" if short else " hours"
    middle, low, high = cost.gpu_hours, cost.gpu_hours_low, cost.gpu_hours_high
    if hours_are_floor(cost):
        floor = middle if middle is not None else low  # as of a cost
        least = f", from {write(low)}" if not short and low is not None and low != floor else ""
        why = "" if short else f" ({what_is_missing(cost, of_cost=False)})"
        return f"at least {write(floor or 0)}{unit}{least}{why}"
    if middle is None:
        return f"at most {write(high)}{unit}" if high is not None else missing(cost.cost_missing_reason)
    if not short and low is not None and high is not None and low < high:
        return f"{write(middle)}{unit} ({write(low)} to {write(high)})"
    return f"{write(middle)}{unit}"


def cost_text(cost: Cost, *, short: bool = False) -> str:
    """The cost of a scope: a point, a bound with its reason, or why there is none.

    Returns:
        `$5,870,672`, `at least $27.65 (Qwen2.5-32B-Instruct not disclosed)`, `no price stated`, ...; `short` writes
        three figures and leaves out the reason in brackets.
    """
    write = short_usd if short else usd
    middle, low, high = cost.cost_mid_usd, cost.cost_low_usd, cost.cost_high_usd
    if cost.cost_missing_reason:
        return missing(cost.cost_missing_reason, cost.price_basis)
    floor = middle if middle is not None else low
    if cost.is_lower_bound and floor is not None:
        why = "" if short else f" ({what_is_missing(cost, of_cost=True)})"
        return f"at least {write(floor)}{why}"
    if middle is not None:
        return write(middle)
    return f"at most {write(high)}" if high is not None else f"at least {write(low or 0)}"


def range_text(low: float | None, middle: Number | None, high: float | None) -> str:
    """The ends of a cost where they differ from its middle; nothing where the cost is a point."""
    if low is not None and high is not None:
        return "" if _same(low, high) else f"{usd(low)} to {usd(high)}"
    if low is not None and middle is not None and not _same(low, float(middle)):
        return f"from {usd(low)}, no upper end"
    return ""


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 0.015
