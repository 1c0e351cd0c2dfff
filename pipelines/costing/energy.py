"""Electricity and emissions of every phase, worked out, beside what the developer states.

kWh = hours x design power x power of the node x load x power of the building; tCO2e = kWh x grid of country and year.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts.core import PhaseEnergy
from pipelines.contracts.table import table_of
from pipelines.costing.constants import Constants
from pipelines.costing.intervals import Range, named, product
from pipelines.costing.power import drawn_kw
from pipelines.costing.runs import flagged, runs

GRAMS_PER_TONNE = 1e6
WORLD = "*"
ENDS = ("low", "mid", "high")


def phase_energy(
    phases: pl.DataFrame, models: pl.DataFrame, hardware: pl.DataFrame, grids: pl.DataFrame, constants: pl.DataFrame
) -> pl.DataFrame:
    """core.phase_energy: electricity and location-based emissions of each phase, and what its developer states."""
    method = Constants(constants)
    costable = runs(phases.lazy(), models.lazy(), hardware.lazy(), method).collect().lazy()
    asked = costable.select("country", pl.col("started_on").dt.year().cast(pl.Int64).alias("year")).unique()
    stated = phases.lazy().select(
        "phase_id",
        pl.col("energy_kwh").alias("disclosed_energy_kwh"),
        pl.col("emissions_location_tco2e").alias("disclosed_location_tco2e"),
        pl.col("emissions_market_tco2e").alias("disclosed_market_tco2e"),
        pl.col("water_liters").alias("disclosed_water_liters"),
        pl.when(pl.col("water_liters").is_null()).then(pl.lit("water_not_disclosed")).alias("water_missing_reason"),
    )
    drawn = drawn_kw(method, pl.col("tdp_w"), pl.col("hardware_id"), pl.col("developer"))
    used = (
        costable.join(hardware.lazy().select("hardware_id", "tdp_w"), on="hardware_id", how="left")
        .with_columns(*drawn.columns("drawn_kw"), pl.col("started_on").dt.year().cast(pl.Int64).alias("year"))
        .with_columns(*_used().columns("kwh"))
        .join(grid_of_runs(asked, grids.lazy()), on=["country", "year"], how="left")
        .join(stated, on="phase_id", how="left")
    )
    return _told(used).select(list(table_of(PhaseEnergy).dtypes)).sort("phase_id").collect()


def grid_of_runs(asked: pl.LazyFrame, grids: pl.LazyFrame) -> pl.LazyFrame:
    """The grid of each country and year: of the nearest year known, the earlier of two; else the world's.

    Args:
        asked: country and year, unique.
        grids: core.grid_intensities.

    Returns:
        country, year, grid_country, grid_year, grid_intensity_g_per_kwh and grid_source_id of each ask that has one.
    """
    known = grids.select(
        pl.col("country").alias("grid_country"),
        pl.col("year").alias("grid_year"),
        "grid_intensity_g_per_kwh",
        pl.col("source_id").alias("grid_source_id"),
    )
    either = pl.concat(
        [asked.with_columns(pl.col("country").alias("grid_country")), asked.with_columns(grid_country=pl.lit(WORLD))]
    )
    return (
        either.join(known, on="grid_country", how="inner")
        .sort(
            pl.col("grid_country") == WORLD,
            (pl.col("grid_year") - pl.col("year")).abs(),
            "grid_year",
        )
        .unique(["country", "year"], keep="first", maintain_order=True)
    )


def _used() -> Range:
    """Hours times power; of one-sided hours the known end at that end of the power."""
    low, mid, high = (pl.col(f"hours_{end}").cast(pl.Float64) for end in ENDS)
    drawn = named("drawn_kw")
    whole = product(Range(mid, low, high), drawn)
    is_known = mid.is_not_null()
    return Range(
        whole.mid,
        pl.when(is_known).then(whole.low).otherwise(low * drawn.low),
        pl.when(is_known).then(whole.high).otherwise(high * drawn.high),
    )


def _told(used: pl.LazyFrame) -> pl.LazyFrame:
    """Emissions, flags and reasons; what rests on no electricity is left out."""
    has_hours = pl.any_horizontal(pl.col("hours_low", "hours_mid", "hours_high").is_not_null())
    has_energy = pl.any_horizontal(pl.col("kwh_low", "kwh_mid", "kwh_high").is_not_null())
    reason = (
        pl.when(~has_hours)
        .then(pl.lit("hours_not_disclosed"))
        .when(pl.col("hardware_id").is_null())
        .then(pl.lit("hardware_not_disclosed"))
        .otherwise(pl.lit("power_not_known"))
    )
    assumed = flagged(
        assumed_country=(pl.col("grid_country") != WORLD) & pl.col("is_country_assumed"),
        world_intensity=pl.col("grid_country") == WORLD,
        other_year_intensity=pl.col("grid_year") != pl.col("year"),
    )
    grid = ("grid_country", "grid_year", "grid_intensity_g_per_kwh", "grid_source_id")
    emissions = pl.col("grid_intensity_g_per_kwh") / GRAMS_PER_TONNE
    return used.with_columns(pl.when(has_energy).then(pl.col(name)).alias(name) for name in grid).with_columns(
        *((pl.col(f"kwh_{end}") * emissions).alias(f"emissions{_suffix(end)}_tco2e") for end in ENDS),
        *(pl.col(f"kwh_{end}").alias(f"energy{_suffix(end)}_kwh") for end in ENDS),
        pl.col("grid_country").alias("country"),
        pl.col("hours_mid").alias("gpu_hours"),
        pl.when(has_energy).then("drawn_kw_mid").alias("drawn_kw"),
        pl.when(~has_energy).then(reason).alias("missing_reason"),
        pl.concat_list("flags", pl.when(has_energy).then(assumed).otherwise([])).list.unique().list.sort(),
    )


def _suffix(end: str) -> str:
    return "" if end == "mid" else f"_{end}"
