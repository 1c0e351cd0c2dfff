"""What the ledger costs Epoch's models with, part by part, for those that the published method costs as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from pipelines.contracts.epoch import EpochAmortizedInputs
from pipelines.contracts.table import table_of
from pipelines.costing.epoch import EpochTables, pricing_of
from pipelines.costing.price_bases.amortized import parts


def amortized_inputs(published: pl.DataFrame, *tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.epoch_amortized_inputs: the quote, power and electricity price behind an hour on `amortized`.

    Args:
        published: core.published_method_costs.
        tables: those of `epoch.EpochTables`, in its order.
        as_of: the day of the release.
    """
    declared, given = table_of(EpochAmortizedInputs), EpochTables(*tables)
    is_costed = pl.col("published_method_cost_usd").is_not_null() & (pl.col("price_basis") == "amortized")
    costed = given.models.join(published.filter(is_costed).select("model_name").unique(), on="model_name", how="semi")
    if costed.is_empty():
        return declared.empty()
    pricing, _ = pricing_of(replace(given, models=costed), as_of)
    names = pricing.runs.select("phase_id", pl.col("model_id").alias("model_name"))
    has_energy = pl.col("observation_id").is_not_null()
    return (
        parts(pricing)
        .join(names, on="phase_id", how="inner")
        .select(
            "model_name",
            "hardware_id",
            "started_on",
            pl.col("observed_on").alias("price_observed_on"),
            (pl.col("quote_mid") * pl.col("server_mid")).alias("list_price_usd_per_gpu"),
            pl.col("hardware_mid").alias("hardware_usd_per_gpu_hour"),
            pl.col("energy_mid").alias("energy_usd_per_gpu_hour"),
            "tdp_w",
            pl.when(has_energy).then("price_usd_per_kwh").alias("energy_usd_per_kwh"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items())
        .sort(*declared.key)
        .collect()
    )
