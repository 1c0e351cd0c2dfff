"""The raw and staging layers: one step a source."""

from __future__ import annotations

from pipelines.defs.factory import source_assets
from pipelines.sources import SOURCES

assets = [source_assets(source) for source in SOURCES]
