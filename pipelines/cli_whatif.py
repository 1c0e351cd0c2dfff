"""`costledger whatif`: what a model would cost if something were otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from pipelines.contracts.limits import (
    LEAST_HOURS_FACTOR,
    LEAST_RENT,
    LEAST_UTILIZATION,
    MOST_HOURS_FACTOR,
    MOST_RENT,
)
from pipelines.contracts.vocabulary_questions import RENTAL_TERMS
from pipelines.options import (
    BasisOption,
    DataOption,
    IndexOption,
    JsonOption,
    Model,
    ScopeOption,
    YearOption,
    choice,
    index_of_year,
    no_day_to_come,
    open_ledger,
    session_of,
)


def _prices(given: Sequence[str]) -> dict[str, float]:
    """`h800=3` as a price by accelerator."""
    found: dict[str, float] = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            price = float(number.strip().removeprefix("$"))
        except ValueError:
            price = float("nan")
        if not name.strip() or not LEAST_RENT <= price <= MOST_RENT:
            raise typer.BadParameter(
                f"{text!r} is not ACCELERATOR=USD, the dollars an hour of it costs, as in h800=3; "
                f"they are from {LEAST_RENT:g} to {MOST_RENT:g}",
                param_hint="--price",
            )
        if name.strip() in found:
            raise typer.BadParameter(f"{name.strip()!r} is given two prices", param_hint="--price")
        found[name.strip()] = price
    return found


def whatif(  # noqa: PLR0913, PLR0917 - an argument for each option
    context: typer.Context,
    model: Model,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCELERATOR=USD", help="Price of an hour of an accelerator; may be given again."),
    ] = None,
    utilization: Annotated[
        float | None,
        typer.Option(metavar="RATIO", help="Share of the 16-bit peak that runs reach, as 0.35.", show_default=False),
    ] = None,
    hours_factor: Annotated[
        float | None, typer.Option(metavar="FACTOR", help="What all hours are multiplied by.", show_default=False)
    ] = None,
    terms: Annotated[str | None, choice(RENTAL_TERMS, "Terms on which rental is priced.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            callback=no_day_to_come,
            help="Day rental_now is priced on.",
            show_default=False,
        ),
    ] = None,
    usd_of: YearOption = None,
    index: IndexOption = None,
    scope: ScopeOption = "cumulative",
    basis: BasisOption = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """What a model would cost at other prices, utilisation or hours, beside what the ledger says; nothing is built.

    With --json: model_id, model_name, as_of_on, dollars_of_year (none: of the day), price_index_id, index_vintage_on,
    changes, costs (of every scope and basis).
    """
    from pipelines import output
    from pipelines import whatif as asking
    from pipelines.costing.overrides import Overrides
    from pipelines.screens import whatif as screen

    prices, series = _prices(price or []), index_of_year(index, usd_of)
    if utilization is not None and not LEAST_UTILIZATION <= utilization <= 1:
        raise typer.BadParameter(
            f"{utilization:g} is no share from {LEAST_UTILIZATION:g} to 1, as 0.35", param_hint="--utilization"
        )
    if hours_factor is not None and not LEAST_HOURS_FACTOR <= hours_factor <= MOST_HOURS_FACTOR:
        raise typer.BadParameter(
            f"{hours_factor:g} is no factor from {LEAST_HOURS_FACTOR:g} to {MOST_HOURS_FACTOR:g}",
            param_hint="--hours-factor",
        )
    if not prices and (utilization, hours_factor, terms, as_of, usd_of) == (None,) * 5:
        raise typer.BadParameter(
            "say what is otherwise: --price, --utilization, --hours-factor, --terms, --as-of or --usd-of"
        )
    with open_ledger(context) as ledger:
        try:
            by_id = asking.hardware_ids(ledger, prices)
        except asking.PricedTwiceError as error:
            raise typer.BadParameter(str(error), param_hint="--price") from error
        overrides = Overrides(
            prices=by_id,
            rental_terms=terms,
            utilization_ratio=utilization,
            hours_factor=hours_factor,
        )
        day = as_of.date() if as_of else None
        dollars = asking.Dollars(usd_of, series) if usd_of else None
        found = asking.what_if(ledger, ledger.model_id(model), overrides, day, dollars, scope)
    output.show_json(found) if session_of(context).as_json else output.show(screen.answer(found, scope, basis))
