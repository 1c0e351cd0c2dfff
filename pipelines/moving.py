"""`costledger changes`: what moved between two releases, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.options import DataOption, JsonOption, complete_model, open_ledger, session_of


def changes(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE_ID|DATE",
            help="A release, or a day: the last release before it. The one before the newest when not given.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Only its costs.", autocompletion=complete_model, show_default=False),
    ] = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Every cost that moved between a release and the newest, split by cause, the largest difference first.

    Prices, disclosures and the method each have their part; the parts sum to the difference exactly.

    With --json: since, until, changes.
    """
    from pipelines import output
    from pipelines.screens import changes as screen
    from pipelines.warehouse.changes import changes_since

    with open_ledger(context) as ledger:
        found = changes_since(ledger, since, model)
    output.show_json(found) if session_of(context).as_json else output.show(screen.moved(found))
