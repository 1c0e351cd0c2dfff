"""The ledger as it was known at the end of a day: the facts known by then, costed by the method of today.

A quote counts from `recorded_at` to `superseded_at`. A phase or an edge counts from the day its source was published,
and a correction of it from the release that made it. A model counts from its release, or from its source if that is
earlier. Hardware, maps, constants, grids and price indices are those of today: they are the method's, not
what is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pipelines.contracts.core import ModelLineage, TrainingPhases
from pipelines.contracts.feeds import GOOD_READS
from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import table_of
from pipelines.costing import ledger
from pipelines.costing.energy import phase_energy
from pipelines.costing.versions import held_at, known_since

READS = (
    "core.sources",
    "core.hardware",
    "core.method_constants",
    "core.models",
    "core.model_lineage",
    "core.training_phases",
    "core.disclosed_quantities",
    "core.price_quotes",
    "core.electricity_prices",
    "core.grid_intensities",
    "core.deflators",
    "history.training_phases",
    "history.model_lineage",
    "quality.feed_reads",
)
"""What is asked of the published file."""


def as_known_on(tables: Mapping[str, pl.DataFrame], day: date) -> dict[str, pl.DataFrame]:
    """The ledger as it was known at the end of a day.

    Args:
        tables: those of READS, by name.
        day: the day; `rental_now` is priced on it.

    Returns:
        Tables of the core layer by name: what was known of sources, models, lineage, phases, quantities and quotes, and
        the costs they lead to. A model that was not known has no row.
    """
    sources = tables["core.sources"]
    models = known_models(tables["core.models"], sources, day)
    phases = known_phases(tables["core.training_phases"], tables["history.training_phases"], models, sources, day)
    lineage = _known_rows(
        tables["core.model_lineage"], tables["history.model_lineage"], sources, table_of(ModelLineage).key, day
    ).filter(pl.col("child_model_id").is_in(models["model_id"].implode()))
    quotes = known_quotes(tables["core.price_quotes"], tables["quality.feed_reads"], day)
    hardware, constants = tables["core.hardware"], tables["core.method_constants"]
    members = ledger.scope_members(models, lineage)
    electricity = tables["core.electricity_prices"].filter(pl.col("period_ended_on") <= day)
    priced = (phases, models, hardware, quotes, constants, electricity)
    costs = ledger.phase_costs(*priced, as_of=day)
    nothing = table_of(RejectedRows).empty()
    is_of_phase = pl.col("phase_id").is_in(phases["phase_id"].implode())
    return {
        "core.sources": sources,
        "core.hardware": hardware,
        "core.method_constants": constants,
        "core.models": models,
        "core.model_lineage": lineage,
        "core.training_phases": phases,
        "core.disclosed_quantities": tables["core.disclosed_quantities"].filter(is_of_phase),
        "core.price_quotes": quotes,
        "core.electricity_prices": electricity,
        "core.grid_intensities": tables["core.grid_intensities"],
        "core.deflators": tables["core.deflators"],
        "core.scope_members": members,
        "core.cost_components": ledger.cost_components(costs, *priced, as_of=day),
        "core.cost_inputs": ledger.cost_inputs(costs, *priced, as_of=day),
        "core.phase_energy": phase_energy(phases, models, hardware, tables["core.grid_intensities"], constants),
        "core.phase_costs": costs,
        "core.unsummed_phase_costs": ledger.unsummed_phase_costs(*priced, as_of=day),
        "core.cluster_costs": ledger.cluster_costs(members, costs, lineage, nothing, *priced, as_of=day),
        "core.model_costs": ledger.model_costs(members, costs, phases, models, lineage, nothing),
    }


def end_of(day: date) -> datetime:
    """The last moment of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - timedelta.resolution


def known_quotes(quotes: pl.DataFrame, reads: pl.DataFrame, day: date) -> pl.DataFrame:
    """The quotes the ledger knew, usable as they were then; how long a feed showed a price is cut at the day.

    Args:
        quotes: core.price_quotes.
        reads: quality.feed_reads.
        day: the day.
    """
    good = reads.filter(pl.col("status").is_in(GOOD_READS) & (pl.col("read_at") <= end_of(day)))
    last_read = good.group_by("feed_id").agg(pl.col("read_at").max().dt.date().alias("last_read_on"))
    seen_on = pl.min_horizontal("last_seen_on", pl.coalesce("last_read_on", "observed_on"))
    was_seen = pl.max_horizontal("observed_on", seen_on)
    return (
        quotes.filter(held_at(end_of(day)) & (pl.col("observed_on") <= day).fill_null(value=True))
        .join(last_read, on="feed_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("has_been_usable").alias("is_usable"),
            pl.when(pl.col("last_seen_on").is_not_null()).then(was_seen).alias("last_seen_on"),
        )
        .select(quotes.columns)
    )


def known_models(models: pl.DataFrame, sources: pl.DataFrame, day: date) -> pl.DataFrame:
    """Models that were released by the end of a day, or described in a published source."""
    published = sources.filter(pl.col("published_on") <= day)["source_id"]
    is_described = pl.col("source_id").is_in(published.implode())
    return models.filter((pl.col("released_on") <= day) | is_described)


def known_phases(
    phases: pl.DataFrame, closed: pl.DataFrame, models: pl.DataFrame, sources: pl.DataFrame, day: date
) -> pl.DataFrame:
    """Phases of known models as their sources told them; a price that was stated later is not stated yet."""
    later = sources.filter(pl.col("published_on") > day)["source_id"]
    known = _known_rows(phases, closed, sources, table_of(TrainingPhases).key, day)
    is_stated_later = pl.col("stated_price_source_id").is_in(later.implode()).fill_null(value=False)
    return known.filter(pl.col("model_id").is_in(models["model_id"].implode())).with_columns(
        pl.when(~is_stated_later).then(name).alias(name)
        for name in ("stated_price_usd_per_gpu_hour", "stated_price_source_id")
    )


def _known_rows(
    current: pl.DataFrame, closed: pl.DataFrame, sources: pl.DataFrame, key: tuple[str, ...], day: date
) -> pl.DataFrame:
    """The versions that held at the end of a day, of a table and of those it replaced."""
    replaced = closed.group_by(key).agg(pl.col("superseded_at").max().alias("replaced_at"))
    latest = (
        known_since(current, sources)
        .join(replaced, on=list(key), how="left", maintain_order="left")
        .with_columns(pl.max_horizontal("recorded_at", "replaced_at").alias("recorded_at"))
    )
    versions = pl.concat([latest.select(*current.columns, "recorded_at"), closed], how="diagonal")
    return versions.filter(held_at(end_of(day))).select(current.columns)


def first_known_on(model_id: str, models: pl.DataFrame, sources: pl.DataFrame) -> date | None:
    """The day since when a model counts as known."""
    told = models.filter(pl.col("model_id") == model_id).join(sources, on="source_id", how="left")
    days = told.select(pl.min_horizontal("released_on", "published_on"))
    return days.item() if days.height else None
