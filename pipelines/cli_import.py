"""`costledger import`: what is brought into the data folder in use from elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.options import DataOption, JsonOption, session_of

WHAT = {"epoch": "Epoch AI's tables of models, chips and prices."}
"""What can be brought in."""


def _known(word: str) -> str:
    if word not in WHAT:
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(WHAT)}")
    return word


def bring_in(
    context: typer.Context,
    _what: Annotated[
        str,
        typer.Argument(
            metavar="|".join(WHAT), callback=_known, help="What to bring in.", autocompletion=lambda: list(WHAT.items())
        ),
    ],
    where: Annotated[
        str, typer.Argument(metavar="DIR_OR_URL", help="Folder with the files, or address below which they lie.")
    ],
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Bring another's tables into the data folder in use; the next run includes them.

    With --json: folder, files.
    """
    from pipelines import output
    from pipelines.importing import import_epoch
    from pipelines.screens import upkeep

    session = session_of(context)
    with output.working("Reading the tables …"):
        found = import_epoch(session.folder, where)
    if session.as_json:
        output.show_json({"folder": str(session.folder.root), "files": found})
    else:
        output.show(upkeep.imported(found))
