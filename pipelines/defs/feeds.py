"""One sensor for each live feed: reads it when it is due. What it believes is written to its log, which is a file."""

import re
from datetime import UTC, datetime
from threading import BoundedSemaphore

import dagster as dg

from pipelines import polling
from pipelines.paths import data_folder
from pipelines.sources.fetching import Settings
from pipelines.sources.formats.format import Feed

LOOK_SECONDS = 30
"""How often a sensor asks whether its feed is due; how often a feed is due is said in `data/feeds.yaml`."""

READ_SECONDS = 240
"""The longest a read may wait for its server; Dagster gives up on a sensor later, see `serve`."""

AT_ONCE = BoundedSemaphore(2)
"""Reads under way. The rest waits for its next look: slow feeds never take all threads from the other sensors."""


def sensor_name(feed_id: str) -> str:
    """The name of the sensor of a feed, in the letters Dagster allows."""
    return "feed_" + re.sub(r"\W", "_", feed_id, flags=re.ASCII)


def feed_sensor(feed: Feed) -> dg.SensorDefinition:
    """The sensor that reads one feed; running from the start where the feed is switched on."""

    @dg.sensor(
        name=sensor_name(feed.feed_id),
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING if feed.is_enabled else dg.DefaultSensorStatus.STOPPED,
        description=f"Reads {feed.url} every {feed.every_hours:g} hours, when it is switched on in data/feeds.yaml.",
    )
    def read(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        said = read_when_due(feed.feed_id)
        context.log.info(said)
        return dg.SkipReason(said)

    return read


def read_when_due(feed_id: str) -> str:
    """Read a feed if it is switched on and due; in words, what came of it."""
    folder, now = data_folder(), datetime.now(UTC)
    state = next((each for each in polling.feed_states(folder, now) if each.feed_id == feed_id), None)
    if state is None:
        return "not in data/feeds.yaml any more"
    if not state.is_enabled:
        return "switched off in data/feeds.yaml: is_enabled"
    if not state.is_due:
        return f"not due before {state.next_due_at:%Y-%m-%d %H:%M} UTC"
    if not AT_ONCE.acquire(blocking=False):
        return "due; other feeds are being read, this one at the next look"
    try:
        polled = polling.poll(folder, feed_id, now, settings=Settings(deadline_seconds=READ_SECONDS))
    finally:
        AT_ONCE.release()
    return f"{polled.status}: {polled.message}" if polled.message else polled.status


FEED_SENSORS = [feed_sensor(feed) for feed in polling.feed_list(data_folder()).feeds.values()]
"""Of the data folder in use, as it was when the code was loaded."""
