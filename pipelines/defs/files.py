"""What files under `data/` hold, as external assets, and the sensor that tells Dagster when that changed."""

import time
from collections.abc import Collection, Mapping, Sequence

import dagster as dg

from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES, Table
from pipelines.defs.assets import ASSETS
from pipelines.defs.automation import FILES, files_key, key_of
from pipelines.defs.resources import today
from pipelines.defs.watching import LOOK_SECONDS, Known, Look, contents, wait_for_change, younger_files
from pipelines.graph.origins import content_note, following, outdated
from pipelines.graph.tables import STEPS
from pipelines.paths import DataFolder, data_folder
from pipelines.sources import SOURCES
from pipelines.sources.source import Source
from pipelines.warehouse.store import Warehouse, WarehouseBusyError

DATA_VERSION_TAG = "dagster/data_version"

WATCH_SECONDS = 4.3
"""How long one tick watches: Dagster starts the next 5 s after this one, and in between nobody looks."""

TAG_LENGTH = 200
"""Of the tag of a run that says which files moved."""

UNDER_WAY = dg.RunsFilter(
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
)

FILE_ASSETS = [
    dg.AssetSpec(
        files_key(table),
        description=f"What people and feeds wrote: {', '.join(f'`data/{pattern}`' for pattern in source.files)}",
        group_name=FILES,
        kinds={"file"},
        owners=["team:ledger"],
    )
    for source in SOURCES
    for table in source.tables
]
"""One for each staging table."""


def news(declared: Table, content: str, files: Sequence[str] = ()) -> dg.AssetMaterialization:
    """The report that there is new content for a staging table.

    Args:
        declared: the staging table.
        content: hash of what its files hold.
        files: those that moved.
    """
    metadata = {"files": ", ".join(files)} if files else {}
    return dg.AssetMaterialization(files_key(declared), metadata=metadata, tags={DATA_VERSION_TAG: content})


def version_of(instance: dg.DagsterInstance, declared: Table, content: str) -> str:
    """The data version to report for new content.

    Dagster compares it with what was reported last, which is older than the newest release where the command made
    that one. Content may so go back to what Dagster knows last and be new all the same.
    """
    event = instance.get_latest_materialization_event(files_key(declared))
    found = event.asset_materialization if event else None
    is_same = found is not None and (found.tags or {}).get(DATA_VERSION_TAG) == content
    return f"{content} again" if is_same else content


def undone(folder: DataFolder, found: Mapping[str, str]) -> set[str]:
    """Tables that the build lacks in the state of the files, by name; what a failed run left undone is among them.

    Where there are any, those priced on a day before are too. A new day alone is no news: the weekly run takes it up.

    Args:
        folder: the data folder.
        found: hash of what the files hold, by staging table.

    Raises:
        WarehouseBusyError: a build is under way.
    """
    notes = Warehouse(folder.work).notes() if folder.work.exists() else {}
    unread = [name for name, content in found.items() if notes.get(content_note(name)) != content]
    raw = {raw_of(TABLES[name]).name for name in unread}
    if not unread and not outdated(STEPS, notes):
        return set()
    return raw | following({*unread, *outdated(STEPS, notes, today())}, STEPS)


def request_for(names: Collection[str], files: Sequence[str]) -> dg.RunRequest:
    """The run that makes tables; with what is published with them."""
    also = [table.name for step in STEPS if step.table.name in names for table in step.also]
    keys = [key_of(TABLES[name]) for name in sorted({*names, *also})]
    return dg.RunRequest(
        asset_selection=keys, tags={"costledger/files": ", ".join(files)[:TAG_LENGTH]} if files else {}
    )


def is_at_rest(instance: dg.DagsterInstance, seconds: float) -> bool:
    """Wait until no run is under way, for some seconds at the most; whether that came."""
    end = time.monotonic() + seconds
    while instance.get_run_records(UNDER_WAY, limit=1):
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)
    return True


@dg.sensor(
    name="data_files",
    asset_selection=dg.AssetSelection.assets(*ASSETS),
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the files that are read, reports what is new in them and starts one run of all that depends "
    "on it; a touched file is no news.",
)
def data_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Watch the data folder for a few seconds; report what changed, and ask for the run that takes it up.

    While a run is under way nothing is taken up: afterwards it is, all at once.
    """
    folder, known = data_folder(), Known.in_use(context.cursor)
    looks = wait_for_change(folder, known, WATCH_SECONDS)
    if not looks:
        return dg.SensorResult(skip_reason="no file moved", cursor=known.to_text())
    moved = f"files of {', '.join(sorted(looks))} moved"
    if not is_at_rest(context.instance, WATCH_SECONDS):
        return dg.SensorResult(skip_reason=f"{moved}; a run is under way", cursor=known.to_text())
    found = contents(folder, looks)
    now = Known(known.start, {**known.looks, **looks}, {**known.contents, **found})
    news_of = _news(context.instance, known, looks, found)
    if not news_of:
        return dg.SensorResult(skip_reason=f"{moved}, what they say is the same", cursor=now.to_text())
    try:
        names = undone(folder, now.contents)
    except WarehouseBusyError:
        return dg.SensorResult(skip_reason=f"{moved}; a build is under way", cursor=known.to_text())
    context.log.info(f"news for {', '.join(event.asset_key.to_user_string() for event in news_of)}")
    if not names:
        message = f"{moved}; the newest release has what they say"
        return dg.SensorResult(skip_reason=message, asset_events=news_of, cursor=now.to_text())
    files = [path for source in SOURCES if source.name in looks for path in _moved_files(source, known)]
    return dg.SensorResult(run_requests=[request_for(names, files)], asset_events=news_of, cursor=now.to_text())


def _news(
    instance: dg.DagsterInstance, known: Known, looks: Mapping[str, Look], found: Mapping[str, str]
) -> list[dg.AssetMaterialization]:
    """A report for each staging table of which the files hold something new."""
    events: list[dg.AssetMaterialization] = []
    for source in SOURCES:
        names = [table.name for table in source.tables if table.name in found]
        changed = [name for name in names if found[name] != known.contents.get(name)]
        files = _moved_files(source, known) if changed and source.name in looks else []
        events += [news(TABLES[name], version_of(instance, TABLES[name], found[name]), files) for name in changed]
    return events


def _moved_files(source: Source, known: Known) -> list[str]:
    before = known.looks.get(source.name)
    return younger_files(data_folder(), source, before.newest_ns)[:10] if before else []
