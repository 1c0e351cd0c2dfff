"""The sensor over live feeds: reads those that are due. What is believed is written to their logs, which are files.

One sensor for all of them, and `data/feeds.yaml` is read at every look: a feed that is written into it or switched on
is read without a reload, and feeds that are off cost nothing.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import dagster as dg

from pipelines import polling
from pipelines.paths import DataFolder, data_folder
from pipelines.sources.fetching import Settings

LOOK_SECONDS = 30
"""How often it is asked which feeds are due; how often a feed is due is said in `data/feeds.yaml`."""

READ_SECONDS = 240
"""The longest a read may wait for its server; Dagster gives up on a sensor later, see `serve`."""

AT_ONCE = 4
"""Feeds that are read in one look, side by side; the others have their turn at the next one."""


@dg.sensor(
    name="feeds",
    minimum_interval_seconds=LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads the live feeds that are switched on in data/feeds.yaml, each when it is due.",
)
def feeds(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Read what is due; in words, what came of it."""
    said = read_due(data_folder())
    for line in said:
        context.log.info(line)
    return dg.SkipReason("; ".join(said))


def read_due(folder: DataFolder) -> list[str]:
    """Read the feeds that are switched on and due, those that waited longest first.

    Returns:
        A sentence for each that was read, for each fault of the list and, when there is nothing to do, why.
    """
    now = datetime.now(UTC)
    states = [state for state in polling.states_in_use(folder, now) if state.is_enabled]
    faults = list(polling.feed_list(folder).faults)
    waiting = {state.feed_id: state.next_due_at for state in states if state.is_due and state.next_due_at}
    due = sorted(waiting, key=lambda feed_id: waiting[feed_id])
    if not states:
        return faults or ["no feed is switched on in data/feeds.yaml"]
    if not due:
        soonest = min(state.next_due_at for state in states if state.next_due_at)
        return [*faults, f"no feed is due before {soonest:%Y-%m-%d %H:%M} UTC"]
    with ThreadPoolExecutor(AT_ONCE) as readers:
        said = list(readers.map(lambda feed_id: _read(folder, feed_id), due[:AT_ONCE]))
    later = [f"due, at the next look: {', '.join(due[AT_ONCE:])}"] if due[AT_ONCE:] else []
    return [*said, *later, *faults]


def _read(folder: DataFolder, feed_id: str) -> str:
    polled = polling.poll(folder, feed_id, datetime.now(UTC), settings=Settings(deadline_seconds=READ_SECONDS))
    return f"{feed_id}: {polled.status}{': ' + polled.message if polled.message else ''}"
