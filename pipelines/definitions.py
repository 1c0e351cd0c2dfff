"""Assembles the Dagster definitions, nothing else."""

import dagster as dg

from pipelines.defs.assets import ASSETS
from pipelines.defs.automation import everything, refresh, weekly
from pipelines.defs.feeds import FEED_SENSORS
from pipelines.defs.files import FILE_ASSETS, data_files
from pipelines.defs.resources import Ledger

defs = dg.Definitions(
    assets=[*ASSETS, *FILE_ASSETS],
    jobs=[everything],
    schedules=[weekly],
    sensors=[data_files, refresh, *FEED_SENSORS],
    resources={"ledger": Ledger()},
    executor=dg.in_process_executor,
)
