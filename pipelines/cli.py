"""The `costledger` command: thin verbs over the published ledger.

Belongs here: the words of the command line, what is asked of whom, exit codes. Everything heavy is imported by the
verb that needs it, so that asking the ledger never waits for Dagster.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import feeds_verb
from pipelines.cli_import import bring_in
from pipelines.cli_ui import ui
from pipelines.cli_whatif import whatif
from pipelines.contracts.vocabulary import VERDICT
from pipelines.moving import changes
from pipelines.options import (
    REFUSED,
    Asking,
    BasisOption,
    DataOption,
    IndexOption,
    JsonOption,
    KnownOption,
    Model,
    Models,
    ScopeOption,
    Verbs,
    YearOption,
    choice,
    complete_model,
    index_of_year,
    kept,
    no_day_to_come,
    open_ledger,
    open_models,
    session_of,
    tell,
)
from pipelines.paths import DATA_VARIABLE

if TYPE_CHECKING:
    from pipelines.warehouse.shapes import Rejection

SET_ASIDE = 3
ROWS_ON_SCREEN = 100

RARELY = (50_000, 20, 20)
"""How often Python looks for cycles of dead objects: importing and building make many objects, of which few die."""

ABOUT = (
    """What it really cost to train a model: phase by phase, with the models it was built on, on a named price basis."""
)

EXIT_CODES = """Exit codes: 0 clean; 1 refused or failed (release refused, unknown model, nothing published yet);
2 wrong usage; 3 published, or checked, with rows set aside.

With --json the keys are the columns of DICTIONARY.md; an error is {"error": {"kind", "message", ...}}."""


app = typer.Typer(
    cls=Verbs,
    help=ABOUT,
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def costledger(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR",
            envvar=DATA_VARIABLE,
            callback=kept("data"),
            help="Data folder; the project's own when not given. Also behind any verb.",
            show_default=False,
        ),
    ] = None,
    _json: JsonOption = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", envvar="COSTLEDGER_DEBUG", callback=kept("debug"), help="Show where a fault arose."),
    ] = False,
) -> None:
    """Options that hold for every verb."""


@app.command()
def run(
    context: typer.Context,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            callback=no_day_to_come,
            help="Day rental_now is priced on; today when not given.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build even when nothing changed, every cost anew.")] = False,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Build and publish the ledger if anything changed, then print the answer.

    With --json: status, release, recomputed, moved, rejected, headline, models.
    """
    from pipelines import output, refresh
    from pipelines.screens import answer, changes, upkeep
    from pipelines.warehouse import explanations
    from pipelines.warehouse.changes import changes_since

    session = session_of(context)
    with output.working("Reading the data, costing every phase, publishing …"):
        done = refresh.refresh(session.folder, as_of.date() if as_of else None, force=force)
    with open_ledger(context) as ledger:
        release = ledger.releases()[0]
        rejected, story, models = ledger.rejected(), explanations.headline(ledger), explanations.notable(ledger)
        moved = changes_since(ledger) if done.status == "published" else None
    if session.as_json:
        told = {"status": done.status, "release": release, "recomputed": done.recomputed}
        output.show_json(
            {**told, "moved": changes.moved_count(moved), "rejected": rejected, "headline": story, "models": models}
        )
    else:
        output.show(
            answer.refreshed(done.status, release),
            answer.recomputed(done.recomputed),
            changes.moved_line(moved) if moved else None,
            upkeep.set_aside(rejected, "costledger status --rejected"),
            "",
            answer.headline(story) if story else None,
            "" if story else None,
            answer.comparison(models, output.width()),
            answer.onward(models, story),
        )
    _end(rejected)


@app.command()
def check(context: typer.Context, _data: DataOption = None, _json: JsonOption = False) -> None:
    """Validate the data folder; nothing is built or published.

    With --json: records, findings, refusals.
    """
    from pipelines import checking, output, refresh
    from pipelines.screens import upkeep

    session = session_of(context)
    refresh.require_data(session.folder)
    found = checking.check(session.folder)
    if session.as_json:
        output.show_json(found)
    else:
        output.show(upkeep.checked(found.records, found.findings, found.refusals))
    if found.refusals:
        raise typer.Exit(REFUSED)
    _end(found.findings)


def _end(findings: Iterable[Rejection]) -> None:
    """End with 3 where rows were set aside."""
    if any(finding.is_set_aside for finding in findings):
        raise typer.Exit(SET_ASIDE)


app.command()(feeds_verb.fetch)


@app.command()
def status(
    context: typer.Context,
    rejected: Annotated[bool, typer.Option("--rejected", help="List everything that was set aside.")] = False,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Releases, whether the data changed since, failed checks, rows set aside; how old each live feed is.

    With --json: ledger, has_changed, changed_files, releases, failed_checks, rejected, feeds, feed_faults.
    """
    from pipelines import output, polling, refresh
    from pipelines.screens import feeds, upkeep

    session = session_of(context)
    newest = refresh.newest_release(session.folder)
    with open_ledger(context) as ledger:
        releases, failed, aside = ledger.releases(), ledger.failed_checks(), ledger.rejected()
    changed = refresh.changed_since(session.folder, newest)
    states = polling.states_in_use(session.folder, now := datetime.now(UTC))
    faults = polling.list_faults(session.folder, [*changed, *(row.file for row in aside)])
    if session.as_json:
        told = {"releases": releases, "changed_files": changed, "failed_checks": failed, "rejected": aside}
        told |= {"feeds": states, "feed_faults": faults}
        output.show_json({"ledger": str(session.folder.ledger), "has_changed": bool(changed), **told})
    elif rejected:
        output.show(upkeep.everything_set_aside(aside))
    else:
        told_of_feeds = feeds.states(states, now, faults)
        output.show(upkeep.status(releases, failed, aside, changed, str(session.folder.ledger)), told_of_feeds)


@app.command()
def show(
    context: typer.Context,
    model: Model,
    usd_of: YearOption = None,
    index: IndexOption = None,
    as_known_on: KnownOption = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """One model: cost on every scope and basis, phases, lineage, electricity, claims, assumptions.

    With --json: model, costs, phases, built_on, claims, assumptions, set_aside, scope_notes, makeup,
    sensitivities, clusters, electricity, deflated; with a day also as_known_on.
    """
    from pipelines.screens import model as screen
    from pipelines.warehouse import explanations

    series = index_of_year(index, usd_of)
    with open_models(context, [model], as_known_on) as (ledger, ids, day):
        found = explanations.page(ledger, ids[0], usd_of, series)
    tell(context, vars(found), day, lambda: screen.show(found))


@app.command()
def compare(
    context: typer.Context,
    models: Models,
    scope: ScopeOption = "cumulative",
    basis: BasisOption = None,
    as_known_on: KnownOption = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Two or more models side by side.

    With --json: models, each with all its costs; with a day also as_known_on.
    """
    from pipelines import output
    from pipelines.screens import compare as screen
    from pipelines.warehouse import explanations

    with open_models(context, models, as_known_on) as (ledger, ids, day):
        if len(ids) < 2:
            raise typer.BadParameter("name at least two models", param_hint="MODEL")
        found = explanations.compare(ledger, ids)
    tell(context, {"models": found}, day, lambda: screen.compare(found, scope, basis, output.width()))


@app.command()
def explain(
    context: typer.Context,
    model: Model,
    scope: ScopeOption = "cumulative",
    basis: BasisOption = None,
    as_known_on: KnownOption = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """A cost as a tree, down to the page on which each number was printed.

    Without --basis: at the developer's stated price where there is one, else at market rent.

    With --json: model, cost, members (each with phases, their printed numbers and prices), assumptions, parts (what the
    costs of phases are made of); with a day also as_known_on.
    """
    from pipelines.screens import tree
    from pipelines.warehouse import explanations

    with open_models(context, [model], as_known_on) as (ledger, ids, day):
        found = explanations.explain(ledger, ids[0], scope, basis)
    tell(context, vars(found), day, lambda: tree.explain(found))


@app.command()
def claims(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Only claims about it.", autocompletion=complete_model)
    ] = None,
    verdict: Annotated[str | None, choice(VERDICT, "Only claims with this verdict.")] = None,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """What others said models cost, each with a verdict and the arithmetic.

    With --json: claims.
    """
    from pipelines import output
    from pipelines.screens import claims as screen

    with open_ledger(context) as ledger:
        found = ledger.claims(ledger.model_id(model) if model else None, verdict)
    output.show_json({"claims": found}) if session_of(context).as_json else output.show(screen.claims(found))


app.command()(changes)


@app.command(cls=Asking)
def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A SELECT, or - to read it from standard input.")],
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help=f"Most rows; {ROWS_ON_SCREEN} on a terminal, else all.", show_default=False
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Ask the published file in SQL; it cannot be changed this way.

    With --json: columns, types, rows, is_truncated.
    """
    from pipelines import output
    from pipelines.screens import upkeep

    as_json = session_of(context).as_json
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other", param_hint="--csv")
    text = sys.stdin.read() if sql == "-" else sql
    on_screen = sys.stdout.isatty() and not as_csv and not as_json
    with open_ledger(context) as ledger:
        found = ledger.query(text, limit or (ROWS_ON_SCREEN if on_screen else None))
    if as_json:
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        output.show_json(
            {"columns": found.columns, "types": found.types, "rows": rows, "is_truncated": found.is_truncated}
        )
    elif as_csv:
        output.show_csv(found.columns, found.rows)
    else:
        output.show(upkeep.result(found))


app.command()(ui)


@app.command()
def version(context: typer.Context, _json: JsonOption = False) -> None:
    """The version of costledger, and of what it runs on."""
    from pipelines.output import versions

    found = versions()
    if session_of(context).as_json:
        from pipelines.output import show_json

        show_json(found)
        return
    typer.echo(
        "\n".join(f"{name} {number or '(not installed: run from its folder)'}" for name, number in found.items())
    )


app.command("import")(bring_in)
app.command()(whatif)


def main() -> None:
    """Run the command; characters the terminal cannot show become question marks."""
    gc.set_threshold(*RARELY)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="costledger")


if __name__ == "__main__":
    main()
