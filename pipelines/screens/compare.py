"""Models side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from pipelines.screens.pieces import dim, doubts, floors, grid, lines, short_cost, short_hours_cell
from pipelines.warehouse.shapes import Compared, Cost
from pipelines.wording import count, share, short_usd, words

LABEL_WIDTH, MODEL_WIDTH = 24, 18
"""Columns of the terminal that a label and a model need for the figures not to break."""

UNKNOWN = "-"
Cell = str | Text


def compare(models: Sequence[Compared], scope: str, basis: str | None, width: int) -> Group:
    """Measures of several models, a model a column; as many beside one another as the width allows.

    Args:
        models: the models, with all their costs.
        scope: the scope of the costs.
        basis: the only price basis to show, or all.
        width: columns of the terminal.
    """
    measures = _measures(models, scope, basis)
    known = {
        name: measure for name, measure in measures.items() if any(str(measure(model)) != UNKNOWN for model in models)
    }
    fitting = max(2, (width - LABEL_WIDTH) // MODEL_WIDTH)
    tables: list[RenderableType] = []
    for start in range(0, len(models), fitting):
        beside = models[start : start + fitting]
        table = grid(("", False), *((model.name, True) for model in beside))
        for name, measure in known.items():
            table.add_row(dim(name), *(measure(model) for model in beside))
        tables += ["", table] if tables else [table]
    shown = [
        cost for model in models for cost in model.costs if cost.scope == scope and basis in (None, cost.price_basis)
    ]
    return lines(*tables, *floors(shown), doubts(shown))


def _measures(models: Sequence[Compared], scope: str, basis: str | None) -> dict[str, Callable[[Compared], Cell]]:
    """Label to the function that gives the cell of a model; a basis on which no model has a cost is left out."""
    first = models[0]
    bases = [cost.price_basis for cost in first.costs if cost.scope == scope and basis in (None, cost.price_basis)]
    priced = [each for each in bases if each == basis or any(_is_known(_pick(model, scope, each)) for model in models)]
    scopes = list(dict.fromkeys(cost.scope for cost in first.costs))
    return {
        **{f"{words(each)}, {scope}": _cost_of(scope, each) for each in priced},
        **{f"GPU-hours, {each}": _hours_of(each, bases[0]) for each in scopes},
        "share of ancestors": lambda model: _maybe(model.ancestor_hours_share, share),
        "tokens": lambda model: _maybe(model.training_tokens, count),
        "tokens per GPU-hour": lambda model: _maybe(model.tokens_per_gpu_hour, count),
        "rental per T tokens": lambda model: _maybe(model.rental_usd_per_trillion_tokens, short_usd),
        "implied utilisation": lambda model: _maybe(model.implied_utilization_ratio, share),
        "hardware": lambda model: ", ".join(model.hardware_ids) or UNKNOWN,
        "parameters": lambda model: _maybe(model.total_params, count),
        "active parameters": lambda model: _maybe(model.active_params, count),
        "developer": lambda model: model.developer,
        "released": lambda model: str(model.released_on),
    }


def _cost_of(scope: str, basis: str) -> Callable[[Compared], Cell]:
    return lambda model: short_cost(_pick(model, scope, basis))


def _hours_of(scope: str, basis: str) -> Callable[[Compared], Cell]:
    return lambda model: short_hours_cell(_pick(model, scope, basis))


def _pick(model: Compared, scope: str, basis: str) -> Cost:
    return next(cost for cost in model.costs if (cost.scope, cost.price_basis) == (scope, basis))


def _is_known(cost: Cost) -> bool:
    return cost.cost_missing_reason is None


def _maybe(value: float | None, write: Callable[[float], str]) -> str:
    return UNKNOWN if value is None else write(value)
