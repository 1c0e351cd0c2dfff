"""What runs by itself: new content of files is carried through the graph in one run; every week everything is.

The sensor over the files asks for that run at once, from the declared graph. The conditions here say the same of every
asset, for news that no run has taken up a minute later: a request that was lost, or a version that somebody else
reported. Looking at all of them costs as much as watching the files for a minute, so they are looked at once a minute.
"""

from datetime import timedelta

import dagster as dg

from pipelines.contracts.quality import Releases
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import Table, table_of
from pipelines.sources import prices

FILES = "files"
"""Group, and first part of the keys, of what is in the files that sources read."""

REFRESH = "refresh"


def key_of(declared: Table) -> dg.AssetKey:
    """The asset key of a table: its layer and its name."""
    return dg.AssetKey([declared.schema_name, declared.table_name])


def files_key(declared: Table) -> dg.AssetKey:
    """The asset key of what the files hold for a staging table."""
    return dg.AssetKey([FILES, raw_of(declared).table_name])


LOOK_SECONDS = 60
"""How often the conditions are looked at."""

A = dg.AutomationCondition
NEWS = A.any_deps_match(A.data_version_changed())
UNHEEDED = NEWS.since(A.newly_updated() | A.newly_requested()) & ~NEWS
"""News at an earlier look than this one, and the table neither made nor asked for since."""

IN_A_RUN = A.in_progress() | A.asset_matches(key_of(table_of(Releases)), A.in_progress())
"""A run ends with the release: while that is to come nothing is asked for."""

ON_NEWS = UNHEEDED & ~IN_A_RUN & ~A.execution_failed()
"""When a raw table is made again: its files have new content. A failed run had its retries."""

ALONG = A.any_deps_match(A.will_be_requested())
"""When any other table is made again: in the run of what it is made from. Its own parents' versions are not asked: they
change in that run, and would call for a second one."""

refresh = dg.AutomationConditionSensorDefinition(
    REFRESH,
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=LOOK_SECONDS,
    description="Starts a run of all that depends on files with new content which no run has taken up for a minute.",
)

everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all(),
    config={"resources": {"ledger": {"config": {"is_full": True}}}},
    description="Read, compute, check and publish all of it, whatever the build before left.",
)

WEEKLY = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=8), fail_window=timedelta(days=15))
FRESHNESS = {raw_of(table).name: WEEKLY for table in prices.SOURCE.tables} | {table_of(Releases).name: WEEKLY}
"""Tables the UI marks as late when a weekly refresh was missed, and as failed when two were.

It measures when they were made. Whether the prices in them are old is a rule of `sql/checks/`.
"""

weekly = dg.ScheduleDefinition(
    name="weekly",
    job=everything,
    cron_schedule="0 4 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The backstop: takes up whatever the sensors missed, and moves the day `rental_now` is priced on.",
)
