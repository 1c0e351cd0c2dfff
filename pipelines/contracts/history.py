"""Contracts of what a release said and a later one no longer says."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import inputs as i
from pipelines.contracts import series
from pipelines.contracts.core import TrainingPhases
from pipelines.contracts.table import Contract, column, table


class Ended(Contract):
    """A version that no longer holds."""

    recorded_at: pl.Datetime("us", "UTC") = column(
        "Since when it counts as known; absent where its source has no date.", nullable=True
    )
    superseded_at: pl.Datetime("us", "UTC") = column("When another version, or none, took its place.")


@table("history.training_phases", key=("phase_id", "superseded_at"))
class PastTrainingPhases(TrainingPhases, Ended):
    """One row per phase and version of it that a later release replaced or withdrew."""

    phase_id: pl.String = column("Id of the phase.", str_matches=i.ID)


@table("history.model_lineage", key=("child_model_id", "parent_model_id", "relation", "superseded_at"))
class PastModelLineage(i.StagedModelLineage, Ended):
    """One row per edge of the lineage and version of it that a later release replaced or withdrew."""


@table("history.exchange_rates", key=("observed_on", "base_currency", "quote_currency", "superseded_at"))
class PastExchangeRates(series.StagedExchangeRates, Ended):
    """One row per day and pair of currencies and rate that a later release corrected or withdrew."""
