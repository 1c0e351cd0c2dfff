"""Contracts of the records that only questions need: rules of law that count compute, and scenarios."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary_questions as words
from pipelines.contracts.constant_bounds import BoundedConstants
from pipelines.contracts.inputs import ID, RENT_OF_ONE, Record, SourcedRecord
from pipelines.contracts.table import (
    LEAST_HOURS_FACTOR,
    LEAST_RENT,
    LEAST_UTILIZATION,
    MOST_HOURS_FACTOR,
    MOST_RENT,
    UNIT_PRICE,
    column,
    table,
)


@table("staging.reference__compute_rules", key=("rule_id",))
class StagedComputeRules(SourcedRecord):
    """One row per rule of law that depends on the compute of a training run."""

    rule_id: pl.String = column("Id of the rule.", unique=True, str_matches=ID)
    title: pl.String = column("What the rule says, in a line.")
    jurisdiction: pl.String = column("Where it holds.")
    rule_kind: pl.String = column("What compute is compared with.", isin=list(words.COMPUTE_RULE_KIND))
    threshold_flop: pl.Float64 = column(
        "For a threshold, or a share of one, the number.", nullable=True, ge=10**16, le=10**30
    )
    base_share: pl.Float64 = column(
        "For a share of the base, or of a threshold, that share.", nullable=True, gt=0, le=1
    )
    applies_from_on: pl.Date = column("First day it holds.", nullable=True)
    locator: pl.String = column("Article or section.", nullable=True)
    note: pl.String = column("What to know about the rule.", nullable=True)

    @pa.dataframe_check(
        description="a threshold has threshold_flop, a share_of_base has base_share, a share_of_threshold has both"
    )
    def limit_not_of_kind(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The limit fits the kind of the rule."""
        kind = pl.col("rule_kind")
        fits = (pl.col("threshold_flop").is_not_null() == (kind != "share_of_base")) & (
            pl.col("base_share").is_not_null() == (kind != "threshold")
        )
        return data.lazyframe.select(fits)


@table("staging.scenarios__scenarios", key=("scenario_id",))
class StagedScenarios(Record):
    """One row per scenario: what is to be costed otherwise, and why."""

    scenario_id: pl.String = column("Id of the scenario.", unique=True, str_matches=ID)
    label: pl.String = column("The scenario in a few words.")
    why: pl.String = column("What question it answers, and why with these numbers.")
    rental_terms: pl.String = column(
        "The price basis on whose terms `rental` is priced.",
        nullable=True,
        isin=list(words.RENTAL_TERMS),
    )
    utilization_ratio: pl.Float64 = column(
        "Share of the 16-bit peak that runs reach, where hours follow from it or imply one.",
        nullable=True,
        ge=LEAST_UTILIZATION,
        le=1,
        remedy="write a share, as 0.35",
    )
    change_count: pl.Int64 = column("Prices and constants that the file gives.", ge=0)
    hours_factor: pl.Float64 = column(
        "What all hours are multiplied by.", nullable=True, ge=LEAST_HOURS_FACTOR, le=MOST_HOURS_FACTOR, unit="x"
    )
    method_id: pl.String = column(
        "The method of data/reference/methods.yaml whose constants cost it; the ledger's own when absent.",
        nullable=True,
        str_matches=ID,
    )
    dollars_of_year: pl.Int64 = column(
        "The year in whose dollars its costs, and those beside them, stand; those of the day when absent.",
        nullable=True,
        unit="year",
        ge=1900,
        le=2200,
    )
    price_index_id: pl.String = column("The price index that converts them.", nullable=True)
    index_vintage_on: pl.Date = column("The vintage of that index; its newest when absent.", nullable=True)
    source_id: pl.String = column("The document these numbers were taken from, if any.", nullable=True)
    locator: pl.String = column("Page, table or section.", nullable=True)

    @pa.dataframe_check(description="dollars_of_year and price_index_id stand together, a vintage only beside them")
    def index_without_year(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """An index without a year converts nothing, a year without an index cannot be converted to."""
        has_year, has_index = (pl.col(name).is_not_null() for name in ("dollars_of_year", "price_index_id"))
        return data.lazyframe.select(has_year.eq(has_index) & (has_index | pl.col("index_vintage_on").is_null()))


@table("staging.scenarios__scenario_prices", key=("scenario_id", "hardware_id"))
class StagedScenarioPrices(SourcedRecord):
    """One row per scenario and accelerator that it gives a price."""

    scenario_id: pl.String = column("The scenario.")
    hardware_id: pl.String = column("The accelerator.")
    price_usd_per_gpu_hour: UNIT_PRICE = column(
        "Price of an hour of it.", ge=LEAST_RENT, le=MOST_RENT, remedy=RENT_OF_ONE
    )
    locator: pl.String = column("Page, table or section.", nullable=True)
    note: pl.String = column("What to know about the price.", nullable=True)


@table("staging.scenarios__scenario_constants", key=("scenario_id", "constant_id"))
class StagedScenarioConstants(BoundedConstants, SourcedRecord):
    """One row per scenario and constant of the method that it gives another value."""

    scenario_id: pl.String = column("The scenario.")
    constant_id: pl.String = column("The constant, in data/reference/methods.yaml.", str_matches=r"^[a-z][a-z0-9_]*$")
    value: pl.Float64 = column("Its value.", unit="as stated", gt=0, le=10**6)
    locator: pl.String = column("Page, table or section.", nullable=True)
    note: pl.String = column("What to know about the value.", nullable=True)
