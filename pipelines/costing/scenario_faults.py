"""Scenarios that can be costed as they stand: one of which a part cannot be used is set aside whole.

Half a scenario would be another one. Each part at fault is told at its own place, and the scenario names its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.contracts.quarantine import REJECTED, Validated, conform
from pipelines.contracts.reasons import suggestion
from pipelines.contracts.scenarios import ScenarioConstants, ScenarioPrices, Scenarios
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import check_references
from pipelines.costing.constants import COSTING, DEFAULT_METHOD

HEADS, PRICES, CONSTANTS = table_of(Scenarios), table_of(ScenarioPrices), table_of(ScenarioConstants)
METHODS_FILE = "data/reference/methods.yaml"


@dataclass(frozen=True)
class Whole:
    """Scenarios and their parts, each with what was set aside: core.scenarios, _prices and _constants."""

    scenarios: Validated
    prices: Validated
    constants: Validated


def whole_scenarios(
    scenarios: pl.DataFrame,
    prices: pl.DataFrame,
    constants: pl.DataFrame,
    sources: pl.DataFrame,
    hardware: pl.DataFrame,
    methods: pl.DataFrame,
    index: pl.DataFrame,
) -> Whole:
    """The scenarios that can be costed, with all they change.

    Args:
        scenarios: staging.scenarios__scenarios.
        prices: staging.scenarios__scenario_prices.
        constants: staging.scenarios__scenario_constants.
        sources: core.sources.
        hardware: core.hardware.
        methods: core.method_constants.
        index: core.price_index.

    Returns:
        Their rows. Set aside are references to something unknown, constants that the method has not, methods that
        are not there or lack a constant that costs look up, years and vintages that the index has not; and with any of
        these, or a part that staging set aside, the whole scenario.
    """
    parents = {"core.sources": sources, "core.hardware": hardware, HEADS.name: scenarios}
    heads = check_references(HEADS, scenarios, parents)
    of_a_file = {HEADS.name: pl.concat([prices["scenario_id"], constants["scenario_id"]])}  # a head beside each part
    priced = check_references(PRICES, prices, parents, of_a_file)
    given = check_references(CONSTANTS, constants, parents, of_a_file)
    unknown = _unknown_constants(given.rows, scenarios, methods)
    usable = given.rows.join(unknown, on=["scenario_id", "constant_id"], how="anti")
    faults = pl.concat([_method_faults(heads.rows, methods), _index_faults(heads.rows, index)])
    parts = pl.concat([priced.rows.select("scenario_id"), usable.select("scenario_id")])
    halves = _incomplete(heads.rows, parts)
    kept = heads.rows.join(pl.concat([faults, halves]), on="scenario_id", how="anti")
    rejected = [heads.rejected, conform(REJECTED, faults), conform(REJECTED, halves)]
    return Whole(
        Validated(kept, pl.concat(rejected)),
        Validated(priced.rows.join(kept, on="scenario_id", how="semi"), priced.rejected),
        Validated(
            usable.join(kept, on="scenario_id", how="semi"),
            pl.concat([given.rejected, conform(REJECTED, unknown)]),
        ),
    )


def _told(declared: Table, column: str, check: str, value: pl.Expr, reason: pl.Expr) -> list[pl.Expr]:
    """The columns of a finding about rows of a table, beside those that name the row."""
    return [
        pl.lit(declared.name).alias("table_name"),
        pl.concat_str(pl.col(declared.key), separator=" / ").alias("record_id"),
        pl.lit(column, pl.String).alias("column_name"),
        value.cast(pl.String).alias("value"),
        pl.lit(check).alias("check_name"),
        reason.alias("reason"),
        pl.lit(value=True).alias("is_set_aside"),
    ]


def _unknown_constants(constants: pl.DataFrame, scenarios: pl.DataFrame, methods: pl.DataFrame) -> pl.DataFrame:
    """Findings of constants that the scenario's method has not."""
    has_method = pl.col("method_id").is_in(methods["method_id"].unique().implode())
    of_scenario = scenarios.select("scenario_id", pl.col("method_id").fill_null(DEFAULT_METHOD)).filter(has_method)
    missing = constants.join(of_scenario, on="scenario_id", how="inner").join(
        methods, on=["method_id", "constant_id"], how="anti"
    )
    known = methods.group_by("method_id").agg("constant_id")
    of_method = dict(zip(known["method_id"], known["constant_id"].to_list(), strict=True))
    asked = zip(missing["method_id"], missing["constant_id"], strict=True)
    hints = {f"{method} {constant}": suggestion(constant, of_method[method]) for method, constant in asked}
    reason = pl.concat_str(
        pl.lit("method '"),
        "method_id",
        pl.lit("' has no constant '"),
        "constant_id",
        pl.lit("'"),
        pl.concat_str("method_id", "constant_id", separator=" ").replace_strict(
            hints, default="", return_dtype=pl.String
        ),
        pl.lit(f": name one of {METHODS_FILE}, or take the entry out"),
    )
    told = _told(CONSTANTS, "constant_id", "unknown_constant", pl.col("constant_id"), reason)
    return missing.select("scenario_id", "constant_id", "file", "line", *told)


def _method_faults(scenarios: pl.DataFrame, methods: pl.DataFrame) -> pl.DataFrame:
    """Findings of methods that are not there, or cannot cost what the ledger's own formulas cost."""
    wanted = pl.DataFrame({"constant_id": COSTING})
    asked = scenarios.filter(pl.col("method_id").is_not_null())
    ids = methods["method_id"].unique().sort().to_list()
    lacking = (
        asked.filter(pl.col("method_id").is_in(ids))
        .select("method_id")
        .unique()
        .join(wanted, how="cross")
        .join(methods, on=["method_id", "constant_id"], how="anti")
        .sort("method_id", "constant_id")
        .group_by("method_id")
        .agg(pl.col("constant_id").first().alias("lacks"), pl.len().alias("lack_count"))
    )
    is_known = pl.col("method_id").is_in(ids)
    hints = {name: suggestion(name, ids) for name in asked["method_id"].unique()}
    not_there = pl.concat_str(
        pl.lit(f"{METHODS_FILE} has no method '"),
        "method_id",
        pl.lit("'"),
        pl.col("method_id").replace_strict(hints, default="", return_dtype=pl.String),
        pl.lit(": name one that it has, or take the key out for the ledger's own"),
    )
    cannot_cost = pl.concat_str(
        pl.lit("method '"),
        "method_id",
        pl.lit("' cannot cost a scenario: of the constants that costs look up it lacks "),
        "lack_count",
        pl.lit(", '"),
        "lacks",
        pl.lit(f"' among them: add them to it in {METHODS_FILE}, or take the key out for the ledger's own"),
    )
    reason = pl.when(is_known).then(cannot_cost).otherwise(not_there)
    told = _told(HEADS, "method_id", "unusable_method", pl.col("method_id"), reason)
    return (
        asked.join(lacking, on="method_id", how="left")
        .filter(~is_known | pl.col("lacks").is_not_null())
        .select("scenario_id", "file", "line", *told)
    )


def _index_faults(scenarios: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Findings of indices, vintages and years that cannot convert anything."""
    series = index["series_id"].unique().sort().to_list()
    known = (
        vintages_of(scenarios, index)
        .group_by("scenario_id")
        .agg(
            pl.col("observed_on").dt.year().min().alias("first_year"),
            pl.col("observed_on").dt.year().max().alias("last_year"),
            (pl.col("observed_on").dt.year() == pl.col("dollars_of_year")).any().alias("has_year"),
        )
    )
    asked = scenarios.filter(pl.col("dollars_of_year").is_not_null()).join(known, on="scenario_id", how="left")
    has_series = pl.col("price_index_id").is_in(series)
    column = (
        pl.when(~has_series)
        .then(pl.lit("price_index_id"))
        .when(pl.col("has_year").is_null())
        .then(pl.lit("index_vintage_on"))
        .otherwise(pl.lit("dollars_of_year"))
    )
    value = (
        pl.when(~has_series)
        .then("price_index_id")
        .when(pl.col("has_year").is_null())
        .then(pl.col("index_vintage_on").cast(pl.String))
        .otherwise(pl.col("dollars_of_year").cast(pl.String))
    )
    remedy = (
        pl.when(~has_series)
        .then(pl.lit(f"core.price_index has no such index; it has {', '.join(series)}"))
        .when(pl.col("has_year").is_null())
        .then(pl.lit("core.price_index has no such vintage of the index: name one that it has, or none for the newest"))
        .otherwise(
            pl.concat_str(
                pl.lit("the index has years "),
                pl.col("first_year").cast(pl.String),
                pl.lit(" to "),
                pl.col("last_year").cast(pl.String),
                pl.lit(": name one of them"),
            )
        )
    )
    reason = pl.concat_str(column, pl.lit(" "), value, pl.lit(": "), remedy)
    told = _told(HEADS, "", "unusable_index", value, reason)
    return (
        asked.filter(~pl.col("has_year").fill_null(value=False))
        .select("scenario_id", "file", "line", *told, column.alias("column_at_fault"))
        .with_columns(pl.col("column_at_fault").alias("column_name"))
        .drop("column_at_fault")
    )


def vintages_of(scenarios: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """The months of the index of each scenario in dollars of a year, as the vintage it names has them.

    Args:
        scenarios: core.scenarios, or staged.
        index: core.price_index.

    Returns:
        The columns of core.price_index, scenario_id and dollars_of_year; the newest vintage where none is named.
    """
    asked = scenarios.select(
        "scenario_id", "dollars_of_year", "index_vintage_on", pl.col("price_index_id").alias("series_id")
    ).drop_nulls("dollars_of_year")
    newest = pl.col("vintage_on").max().over("scenario_id")
    return (
        asked.join(index, on="series_id", how="inner")
        .filter(pl.col("vintage_on") == pl.coalesce("index_vintage_on", newest))
        .drop("index_vintage_on")
    )


def _incomplete(scenarios: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Findings of scenarios of which a part was set aside."""
    found = parts.group_by("scenario_id").agg(pl.len().cast(pl.Int64).alias("part_count"))
    left = pl.col("change_count") - pl.col("part_count")
    reason = pl.concat_str(
        left.cast(pl.String),
        pl.lit(" of the "),
        pl.col("change_count").cast(pl.String),
        pl.lit(" prices and constants it changes cannot be used, and without them it would be another scenario: "),
        pl.lit("mend what is told of them, or take them out"),
    )
    told = _told(HEADS, "change_count", "incomplete_scenario", pl.col("part_count"), reason)
    return (
        scenarios.join(found, on="scenario_id", how="left")
        .with_columns(pl.col("part_count").fill_null(0))
        .filter(left != 0)
        .select("scenario_id", "file", "line", *told)
    )
