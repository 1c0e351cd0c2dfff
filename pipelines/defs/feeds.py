"""Sensors over live feeds: each reads its feed when it is due. What it believes is written to its log, which is a file.

A feed that is in the list when the code is loaded has a sensor of its own, on from the start where the feed is switched
on. `data/feeds.yaml` is read at every look: `other_feeds` reads those that were written into it or switched on since,
so that nothing has to be loaded again.
"""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import BoundedSemaphore

import dagster as dg

from pipelines import polling
from pipelines.paths import DataFolder, data_folder
from pipelines.sources.fetching import Settings
from pipelines.sources.formats.format import Feed

LOOK_SECONDS = 30
"""How often it is asked whether a feed is due; how often a feed is due is said in `data/feeds.yaml`."""

READ_SECONDS = 240
"""The longest a read may wait for its server; Dagster gives up on a sensor later, see `serve`."""

AT_ONCE_COUNT = 4
AT_ONCE = BoundedSemaphore(AT_ONCE_COUNT)
"""Reads under way. The rest waits for its next look: slow feeds never take all threads from the other sensors."""


def read_due(folder: DataFolder, is_asked: Callable[[str], bool]) -> list[str]:
    """Read the feeds asked for that are switched on and due, those that waited longest first.

    Args:
        folder: the data folder.
        is_asked: whether a feed, by its id, is looked after here.

    Returns:
        A sentence for each that was read, for each fault of the list and, when there is nothing to do, why.
    """
    faults = list(polling.feed_list(folder).faults)
    states = polling.states_in_use(folder, datetime.now(UTC))
    enabled = [state for state in states if state.is_enabled and is_asked(state.feed_id)]
    waiting = {state.feed_id: state.next_due_at for state in enabled if state.is_due and state.next_due_at}
    if not enabled:
        return faults or ["nothing to read is switched on in data/feeds.yaml"]
    if not waiting:
        soonest = min(state.next_due_at for state in enabled if state.next_due_at)
        return [*faults, f"not due before {soonest:%Y-%m-%d %H:%M} UTC"]
    due = sorted(waiting, key=lambda feed_id: waiting[feed_id])
    with ThreadPoolExecutor(max_workers=len(due)) as readers:
        return [*readers.map(lambda feed_id: _read(folder, feed_id), due), *faults]


def _read(folder: DataFolder, feed_id: str) -> str:
    if not AT_ONCE.acquire(blocking=False):
        return f"{feed_id}: due; other feeds are being read, this one at the next look"
    try:
        polled = polling.poll(folder, feed_id, datetime.now(UTC), settings=Settings(deadline_seconds=READ_SECONDS))
    finally:
        AT_ONCE.release()
    return f"{feed_id}: {polled.status}{': ' + polled.message if polled.message else ''}"


def _sensor(name: str, description: str, is_asked: Callable[[str], bool], *, is_on: bool) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED,
        description=description,
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        said = read_due(data_folder(), is_asked)
        for line in said:
            context.log.info(line)
        return dg.SkipReason("; ".join(said))

    return look


def sensor_name(feed_id: str) -> str:
    """The name of the sensor of a feed, in the letters Dagster allows."""
    return "feed_" + re.sub(r"\W", "_", feed_id, flags=re.ASCII)


def feed_sensors(feeds: Iterable[Feed]) -> list[dg.SensorDefinition]:
    """A sensor for each feed, and one for those that are not among them or were not switched on."""
    known = list(feeds)
    on = {feed.feed_id for feed in known if feed.is_enabled}

    def of(feed: Feed) -> dg.SensorDefinition:
        told = f"Reads {feed.url} every {feed.every_hours:g} hours, when it is switched on in data/feeds.yaml."
        return _sensor(sensor_name(feed.feed_id), told, feed.feed_id.__eq__, is_on=feed.feed_id in on)

    others = "Reads feeds that were written into data/feeds.yaml, or switched on there, since the code was loaded."
    return [*map(of, known), _sensor("other_feeds", others, lambda feed_id: feed_id not in on, is_on=True)]


FEED_SENSORS = feed_sensors(polling.feed_list(data_folder()).feeds.values())
"""Of the data folder in use, as it was when the code was loaded."""
