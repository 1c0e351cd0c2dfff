"""Scenarios whose costs stand in dollars of a named year."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.scenarios import ScenarioDeflators
from pipelines.contracts.table import table_of
from pipelines.costing.inflation import deflators
from pipelines.costing.scenario_faults import vintages_of


def scenario_deflators(scenarios: pl.DataFrame, index: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.scenario_deflators: what each month's dollars are multiplied by under scenarios in dollars of a year.

    Args:
        scenarios: core.scenarios.
        index: core.price_index.
        as_of: the day of the release.
    """
    declared = table_of(ScenarioDeflators)
    is_of_release = pl.col("month_on") == pl.lit(as_of).dt.month_start()
    months = vintages_of(scenarios, index)
    asked = months.select("scenario_id", "dollars_of_year").unique()
    made = [
        deflators(months.filter(pl.col("scenario_id") == scenario_id).select(index.columns), as_of)
        .filter(pl.col("to_year") == year)
        .with_columns(pl.lit(scenario_id).alias("scenario_id"), is_of_release.alias("is_of_release"))
        .select(pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items())
        for scenario_id, year in zip(asked["scenario_id"], asked["dollars_of_year"], strict=True)
    ]
    return pl.concat([declared.empty(), *made]).sort(declared.key)
