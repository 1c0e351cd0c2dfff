"""What files under `data/` hold, as external assets, and the sensor that tells Dagster when that changed."""

from collections.abc import Sequence

import dagster as dg

from pipelines.contracts.table import Table
from pipelines.defs.automation import FILES, REFRESH, files_key
from pipelines.defs.watching import Known, contents, wait_for_change, younger_files
from pipelines.paths import data_folder
from pipelines.sources import SOURCES
from pipelines.sources.source import Source

DATA_VERSION_TAG = "dagster/data_version"

WATCH_SECONDS = 4.3
"""How long one tick watches: Dagster starts the next 5 s after this one, and in between nobody looks."""

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


def is_heard(instance: dg.DagsterInstance) -> bool:
    """Whether the automation has looked at the graph once: what is reported before that, it takes for old."""
    return any(
        state.instigator_name == REFRESH and getattr(state.instigator_data, "cursor", None)
        for state in instance.all_instigator_state()
    )


def version_of(instance: dg.DagsterInstance, declared: Table, content: str) -> str:
    """The data version to report for new content.

    Dagster compares it with what was reported last, which is older than the newest release where the command made
    that one. Content may so go back to what Dagster knows last and be new all the same.
    """
    event = instance.get_latest_materialization_event(files_key(declared))
    found = event.asset_materialization if event else None
    is_same = found is not None and (found.tags or {}).get(DATA_VERSION_TAG) == content
    return f"{content} again" if is_same else content


@dg.sensor(
    name="data_files",
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the files that are read and reports what is new in them; a touched file is no news.",
)
def data_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Watch the data folder for a few seconds; report what changed."""
    folder, known = data_folder(), Known.in_use(context.cursor)
    if not is_heard(context.instance):
        return dg.SensorResult(skip_reason=f"the sensor {REFRESH} has not looked at the graph yet")
    looks = wait_for_change(folder, known, WATCH_SECONDS)
    if not looks:
        return dg.SensorResult(skip_reason="no file moved", cursor=known.to_text())
    found = contents(folder, looks)
    now = Known(known.start, {**known.looks, **looks}, {**known.contents, **found})
    events: list[dg.AssetMaterialization] = []
    for source in SOURCES:
        changed = [table for table in source.tables if found.get(table.name, "") != known.contents.get(table.name, "")]
        files = _moved_files(source, known) if changed and source.name in looks else []
        events += [
            news(table, version_of(context.instance, table, found[table.name]), files)
            for table in changed
            if table.name in found
        ]
    if not events:
        message = f"files of {', '.join(sorted(looks))} moved, what they say is the same"
        return dg.SensorResult(skip_reason=message, cursor=now.to_text())
    context.log.info(f"news for {', '.join(event.asset_key.to_user_string() for event in events)}")
    return dg.SensorResult(asset_events=events, cursor=now.to_text())


def _moved_files(source: Source, known: Known) -> list[str]:
    before = known.looks.get(source.name)
    return younger_files(data_folder(), source, before.newest_ns)[:10] if before else []
