"""Assembles the Dagster definitions, nothing else."""

import dagster as dg

from pipelines.defs.assets import ASSETS
from pipelines.defs.resources import Ledger

defs = dg.Definitions(assets=ASSETS, resources={"ledger": Ledger()}, executor=dg.in_process_executor)
