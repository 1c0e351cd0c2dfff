"""The marts: one asset for each SQL file."""

from __future__ import annotations

from pipelines.defs.factory import mart_asset
from pipelines.warehouse.sql import MARTS, sql_files

assets = [mart_asset(file) for file in sql_files(MARTS)]
