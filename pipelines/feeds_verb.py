"""`costledger fetch`: read live feeds now. Building with what they say is `costledger run`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.options import DataOption, JsonOption, session_of
from pipelines.paths import DataFolder
from pipelines.warehouse.faults import LedgerError, UnknownFeedError

if TYPE_CHECKING:
    from pipelines.polling import Polled, Progress, Replayed

FAILED, NOT_ALL_BELIEVED = 1, 3


def complete_feed(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of feeds that begin so, for the shell."""
    from pipelines import polling

    return [feed for feed in polling.feed_list(session_of(context).folder).feeds if feed.startswith(incomplete)]


Feeds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FEED]...",
        help="Ids of data/feeds.yaml; they need not be switched on. Without: those that are on and due.",
        autocompletion=complete_feed,
        show_default=False,
    ),
]


def fetch(
    context: typer.Context,
    feeds: Feeds = None,
    every: Annotated[bool, typer.Option("--all", help="Every feed that is switched on, due or not.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Believe a read that the gates find unlikely: you have looked.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="Take a file of your own in place of the feed's address."),
    ] = None,
    again: Annotated[bool, typer.Option("--replay", help="Fetch nothing: fold all stored reads again.")] = False,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Read live feeds, judge what they say, and log what is believed.

    Ends with 3 where something was refused, held or set aside, or a feed failed; with 1 where all failed.

    With --json: feeds (how each read ended), faults (of data/feeds.yaml).
    """
    from pipelines import output, polling
    from pipelines.screens import feeds as screen

    session = session_of(context)
    if (accept or file) and not feeds:
        raise typer.BadParameter("name the feed it is for", param_hint="--accept" if accept else "--file")
    if file and feeds and len(feeds) > 1:
        raise typer.BadParameter("a file is of one feed", param_hint="--file")
    now = datetime.now(UTC)
    chosen = _chosen(session.folder, feeds, now, every=every or again)
    faults = polling.feed_list(session.folder).faults
    for fault in faults:
        typer.echo(fault, err=True)
    if again:
        _replay(session.folder, chosen, as_json=session.as_json)
        return
    with _progress(chosen) as progress_of:
        read = [
            polling.poll(
                session.folder,
                feed_id,
                datetime.now(UTC),
                accept=accept,
                file=file,
                on_progress=progress_of(feed_id),
            )
            for feed_id in chosen
        ]
    if session.as_json:
        output.show_json({"feeds": read, "faults": faults})
    elif not chosen:
        output.show(_nothing_to_do(session.folder))
    else:
        onward = "costledger run builds the ledger with it" if any(each.changed for each in read) else None
        output.show(screen.fetched(read), onward)
    _end(read, faults)


def _chosen(folder: DataFolder, feeds: Sequence[str] | None, now: datetime, *, every: bool) -> list[str]:
    """The feeds to read, in the order given.

    Raises:
        UnknownFeedError: there is none of that id.
    """
    from pipelines import polling

    if not feeds:
        return [feed.feed_id for feed in polling.feed_states(folder, now) if feed.is_enabled and (every or feed.is_due)]
    for feed_id in feeds:
        try:
            polling.feed_of(folder, feed_id)
        except polling.UnknownFeedError as error:
            near = f"; did you mean {', '.join(error.did_you_mean)}?" if error.did_you_mean else ""
            raise UnknownFeedError(f"{error}{near}", error.did_you_mean) from error
    return list(dict.fromkeys(feeds))


def _replay(folder: DataFolder, chosen: Sequence[str], *, as_json: bool) -> None:
    from pipelines import output, polling
    from pipelines.screens import feeds as screen
    from pipelines.sources.snapshots import SnapshotError

    done: list[Replayed] = []
    for feed_id in chosen:
        try:
            done.append(polling.replay(folder, feed_id))
        except SnapshotError as error:
            raise LedgerError(str(error)) from error
    output.show_json({"feeds": done}) if as_json else output.show(screen.replayed(done))


def _nothing_to_do(folder: DataFolder) -> str:
    from pipelines import polling

    if any(feed.is_enabled for feed in polling.feed_list(folder).feeds.values()):
        return "no feed is due: costledger status says when; --all reads every feed that is switched on"
    return "no feed is switched on: set is_enabled: yes in data/feeds.yaml, or name a feed"


def _end(read: Sequence[Polled], faults: Sequence[str]) -> None:
    if read and all(each.status == "failed" for each in read):
        raise typer.Exit(FAILED)
    troubles = (each.status in ("failed", "refused") or each.held_count or each.set_aside_count for each in read)
    if faults or any(troubles):
        raise typer.Exit(NOT_ALL_BELIEVED)


@contextmanager
def _progress(chosen: Sequence[str]) -> Iterator[Callable[[str], Progress | None]]:
    """How far the reading is, on a terminal; nothing in a pipe."""
    if not chosen or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def of(feed_id: str) -> Callable[[int, int], None]:
            place = f"{chosen.index(feed_id) + 1} of {len(chosen)}"
            shown.update(task, description=f"{feed_id} ({place})", completed=0)

            def told(count: int, page: int) -> None:
                paged = f", page {page}" if page > 1 else ""
                shown.update(task, description=f"{feed_id} ({place}{paged})", completed=count)

            return told

        yield of
