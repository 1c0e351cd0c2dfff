"""Published methods of others, each a module of pure functions: the same inputs give the same costs."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.epoch import PublishedMethodCosts
from pipelines.contracts.table import table_of
from pipelines.costing.constants import Constants
from pipelines.costing.methods import cottier_2024
from pipelines.costing.methods.rules import Rules
from pipelines.costing.price_bases import PRICE_BASES

LEFT_OUT = {
    name: [word for word in PRICE_BASES[name].leaves_out if name != "purchase" or word not in cottier_2024.BOUGHT]
    for name in cottier_2024.BASES
}
"""What its costs leave out, by price basis."""


def published_method_costs(
    models: pl.DataFrame,
    chips: pl.DataFrame,
    prices: pl.DataFrame,
    index: pl.DataFrame,
    constants: pl.DataFrame,
    rules: pl.DataFrame,
) -> pl.DataFrame:
    """core.published_method_costs: what published methods make of the models they select.

    Args:
        models: core.epoch_models.
        chips: staging.epoch__hardware.
        prices: staging.epoch__hardware_prices.
        index: staging.epoch__price_index.
        constants: core.method_constants.
        rules: core.method_rules.
    """
    declared = table_of(PublishedMethodCosts)
    if models.is_empty():
        return declared.empty()
    given = cottier_2024.Inputs(
        models.lazy(),
        chips.lazy(),
        prices.lazy(),
        index.lazy(),
        Constants(constants, cottier_2024.METHOD),
        Rules(rules, cottier_2024.METHOD),
        Constants(constants),
    )
    version = constants.filter(pl.col("method_id") == cottier_2024.METHOD)["method_version"].max()
    notes = pl.LazyFrame({"price_basis": list(LEFT_OUT), "scope_note": list(LEFT_OUT.values())})
    costs = (
        cottier_2024.published_costs(given)
        .join(notes, on="price_basis", how="left")
        .with_columns(pl.lit(version, pl.String).alias("method_version"))
    )
    return (
        costs.select(pl.col(name).cast(dtype) for name, dtype in declared.dtypes.items()).sort(*declared.key).collect()
    )
