"""What every verb of the command shares: options, the session they make, and how a fault ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from pipelines.paths import DataFolder, data_folder
from pipelines.warehouse.faults import LedgerError, RefusedError, UnknownModelError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pipelines.warehouse.answers import Ledger

REFUSED, BROKEN_PIPE = 1, 141
USUAL_INDEX = "CPIAUCSL"


@dataclass
class Session:
    """Options that hold for every verb, wherever on the line they stand."""

    data: str | None = None
    as_json: bool = False
    debug: bool = False

    @property
    def folder(self) -> DataFolder:
        """The data folder in use."""
        return data_folder(self.data)


class Asking(TyperCommand):
    """A verb that takes SQL, which may begin with a comment: `-- ` is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As ever, with such a text told apart from options."""
        return super().parse_args(ctx, [f"\n{word}" if word.startswith("-- ") else word for word in args])


class Verbs(TyperGroup):
    """The group of verbs: what they raise ends as one line and an exit code, never as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open to the end
            raise typer.Exit(BROKEN_PIPE) from None
        except LedgerError as error:
            _refuse(error, ctx.obj)
        except typer.TyperException as error:
            if session_of(ctx).as_json or "--json" in sys.argv:  # an unknown option ends before any is taken
                _tell_usage(error)
            raise
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # the last net: a reader gets one line and where to report it, never a traceback
            if ctx.obj.debug:
                raise
            _confess(error, ctx.obj)
        return result


def _tell_usage(error: typer.TyperException) -> None:
    """Wrong usage as JSON, beside what stands in the other stream."""
    from pipelines.output import show_json

    show_json({"error": {"kind": "usage", "message": error.format_message()}})


def _refuse(error: LedgerError, session: Session) -> NoReturn:
    """Say why there is no answer, and end with 1."""
    from pipelines.output import show_json

    told = {"kind": error.kind, "message": str(error), **vars(error)}
    if session.as_json:
        show_json({"error": told})
    typer.echo(f"costledger: {error}", err=True)
    if isinstance(error, UnknownModelError):
        from pipelines.screens.pieces import finding_line

        if error.did_you_mean:
            typer.echo(f"did you mean: {', '.join(error.did_you_mean)}?", err=True)
        for finding in error.set_aside:
            typer.echo(f"  {finding_line(finding)}", err=True)
    if isinstance(error, RefusedError):
        from pipelines.screens.pieces import MOST_OF_A_REASON, harmless

        for fault in error.faults:
            typer.echo(f"  {harmless(fault, MOST_OF_A_REASON)}", err=True)
    raise typer.Exit(REFUSED)


def _confess(error: Exception, session: Session) -> NoReturn:
    """Own up to a fault of this program in one line, and end with 1."""
    from pipelines.output import show_json

    message = f"unexpected {type(error).__name__}: {str(error).partition(chr(10))[0]}"
    if session.as_json:
        show_json({"error": {"kind": "unexpected", "message": message}})
    typer.echo(
        f"costledger: {message} (a fault of costledger: report it in the project's issue tracker, "
        "with what `costledger --debug …` prints)",
        err=True,
    )
    raise typer.Exit(REFUSED)


def kept(name: str) -> Callable[[typer.Context, Any], Any]:
    """An option callback that remembers a value given anywhere on the line."""

    def keep(context: typer.Context, value: Any) -> Any:
        session = context.ensure_object(Session)
        if value:
            setattr(session, name, value)
        return value

    return keep


def _one_of(known: Iterable[str]) -> Callable[[str | None], str | None]:
    """An option callback that takes only words of a vocabulary."""
    words = list(known)

    def check(value: str | None) -> str | None:
        if value is not None and value not in words:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(words)}")
        return value

    return check


def no_day_to_come(value: datetime | None) -> datetime | None:
    """An option callback that refuses a day to come."""
    if value is not None and value.date() > datetime.now(UTC).date():
        raise typer.BadParameter(f"{value.date()} is to come: what will be known then, nobody knows")
    return value


def index_of_year(index: str | None, year: int | None) -> str:
    """The price index that converts into dollars of a year.

    Raises:
        typer.BadParameter: an index without a year converts nothing.
    """
    if index is not None and year is None:
        raise typer.BadParameter(
            "a price index converts into dollars of a year: name it with --usd-of", param_hint="--index"
        )
    return index or USUAL_INDEX


def choice(known: Iterable[str], text: str) -> Any:
    """An option that takes a word of a vocabulary."""
    words = list(known)
    return typer.Option(
        callback=_one_of(words), metavar="|".join(words), autocompletion=lambda: words, help=text, show_default=False
    )


def complete_model(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Ids that begin so, for the shell; none when there is no ledger to ask."""
    try:
        with open_ledger(context) as ledger:
            return ledger.model_ids(incomplete)
    except LedgerError:
        return []


DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", callback=kept("data"), help="Data folder in use.", show_default=False),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=kept("as_json"),
        is_eager=True,  # so that a fault in another option is told as JSON
        help="Print JSON: numbers as numbers, unknowns as null.",
    ),
]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Id, or exact name.", autocompletion=complete_model, show_default=False)
]
Models = Annotated[
    list[str],
    typer.Argument(metavar="MODEL", help="Ids, or exact names.", autocompletion=complete_model, show_default=False),
]
KnownOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-known-on",
        formats=["%Y-%m-%d"],
        metavar="DATE",
        callback=no_day_to_come,
        help="Answer from what was known at the end of this day (UTC).",
        show_default=False,
    ),
]
YearOption = Annotated[
    int | None, typer.Option("--usd-of", metavar="YEAR", help="Costs in dollars of a year too.", show_default=False)
]
IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="SERIES",
        help=f"Price index for --usd-of ({USUAL_INDEX} when not given).",
        show_default=False,
    ),
]
BasisOption = Annotated[str | None, choice(PRICE_BASIS, "Price basis.")]
ScopeOption = Annotated[str, choice(COST_SCOPE, "What is counted in (cumulative when not given).")]


def session_of(context: typer.Context) -> Session:
    """The options given anywhere on the line."""
    return context.ensure_object(Session)


def open_ledger(context: typer.Context) -> Ledger:
    """The published file of the data folder in use."""
    from pipelines.warehouse.answers import Ledger

    return Ledger(session_of(context).folder.ledger)


@contextmanager
def open_models(
    context: typer.Context, models: Iterable[str], known: datetime | None
) -> Iterator[tuple[Ledger, list[str], date | None]]:
    """The ledger in use, as published or as known on a day; the ids of the models asked for, each once; and the day."""
    with open_ledger(context) as ledger:
        if known is None:
            yield ledger, list(dict.fromkeys(ledger.model_id(model) for model in models)), None
            return
        from pipelines.known import KnownLedger

        day = known.date()
        with KnownLedger(session_of(context).folder, day) as then:
            yield then, list(dict.fromkeys(then.known_model_id(ledger, model) for model in models)), day


def tell(context: typer.Context, told: dict[str, Any], day: date | None, screen: Callable[[], RenderableType]) -> None:
    """Print an answer as JSON or on a screen, under the day it was known on if one was asked for."""
    from pipelines import output

    if session_of(context).as_json:
        output.show_json(told if day is None else {"as_known_on": day, **told})
        return
    from pipelines.screens import known

    output.show(known.known_on(day) if day else None, screen())
