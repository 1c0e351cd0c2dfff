"""Assembles the Dagster definitions, nothing else."""

from __future__ import annotations

import dagster as dg

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.defs import core, marts, publishing, quality, sources
from pipelines.defs.resources import Ledger

ASSETS = [
    asset
    for asset in dg.load_assets_from_modules([sources, core, quality, marts, publishing])
    if isinstance(asset, dg.AssetsDefinition)
]

defs = dg.Definitions(
    assets=ASSETS,
    resources={"ledger": Ledger()},
    executor=dg.in_process_executor,
)
