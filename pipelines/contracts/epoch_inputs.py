"""Contracts of the tables Epoch AI publishes, as they are brought into the data folder, and of the maps to our ids.

In these tables a cell that breaks its rule is emptied and told, and the row stays (`table.CELLS`): what else the row
says of a model is still true.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.inputs import ID, Record, SourcedRecord
from pipelines.contracts.table import MOST_HOURS, column, table

LEAST_FINETUNE_FLOP = 10**12
"""Less is not fine-tuning but the bare first digit of a number: an export cut 1.3e+21 to 1."""

LEAST_RECENT_FLOP, RECENT_YEAR = 10**9, 2010
"""Models published since then take more; less is a mantissa without its exponent."""

SET_ASIDE_CELLS = "Columns whose cell broke its rule and was emptied."


@table("staging.epoch__models", key=("model_name",))
class StagedEpochModels(Record):
    """One row per model of Epoch's table of models."""

    model_name: pl.String = column("Model exactly as Epoch prints it, spaces included.", unique=True)
    developer: pl.String = column("Organizations, separated by commas.", nullable=True)
    published_on: pl.Date = column("Day of publication.", nullable=True)
    compute_rank: pl.Int64 = column(
        "Rank by training compute among models published until then.", nullable=True, ge=1, unit="rank"
    )
    hardware_cell: pl.String = column("Chips, separated by commas.", nullable=True)
    gpu_count: pl.Int64 = column("Chips used at once.", nullable=True, gt=0, le=10**7)
    wall_clock_hours: pl.Float64 = column("Duration by the clock.", nullable=True, gt=0, le=10**5)
    stated_gpu_hours: pl.Float64 = column("Chip-hours as Epoch states them.", nullable=True, gt=0, le=MOST_HOURS)
    utilization_ratio: pl.Float64 = column("Share of the peak that was used.", nullable=True, gt=0, le=1)
    training_compute_flop: pl.Float64 = column("Arithmetic done.", nullable=True, gt=0, le=10**30)
    finetune_compute_flop: pl.Float64 = column(
        "Arithmetic of the fine-tune alone.", nullable=True, ge=LEAST_FINETUNE_FLOP, le=10**30
    )
    base_model_cell: pl.String = column("Models it was built on, separated by commas.", nullable=True)
    assessment: pl.String = column("How sure Epoch is of the figures.", nullable=True)
    url: pl.String = column("Address of the document.", nullable=True)
    set_aside_cells: pl.List(pl.String) = column(SET_ASIDE_CELLS)

    @pa.dataframe_check(
        description=f"training_compute_flop of a model published since {RECENT_YEAR} must be at least "
        f"{LEAST_RECENT_FLOP:,}: the exponent is missing"
    )
    def training_compute_flop__mantissa(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A bare mantissa is no amount of arithmetic."""
        recent = (pl.col("published_on").dt.year() >= RECENT_YEAR).fill_null(value=True)
        enough = (pl.col("training_compute_flop") >= LEAST_RECENT_FLOP).fill_null(value=True)
        return data.lazyframe.select(enough | ~recent)


@table("staging.epoch__hardware", key=("file", "line"))
class StagedEpochHardware(Record):
    """One row per line of Epoch's table of chips; a chip may stand twice."""

    hardware_name: pl.String = column("Chip as Epoch names it.")
    vendor: pl.String = column("Maker.", nullable=True)
    hardware_type: pl.String = column("Kind of chip, as published.", nullable=True)
    released_on: pl.Date = column("Day of release.", nullable=True)
    tdp_w: pl.Float64 = column("Thermal design power.", nullable=True, gt=0, le=10**6)
    peak_tensor16_flop_per_s: pl.Float64 = column(
        "Peak of the tensor units at 16 bits.", nullable=True, gt=0, le=10**18
    )
    peak_tf32_flop_per_s: pl.Float64 = column("Peak in TensorFloat-32.", nullable=True, gt=0, le=10**18)
    peak_fp16_flop_per_s: pl.Float64 = column("Peak at 16 bits without tensor units.", nullable=True, gt=0, le=10**18)
    peak_fp32_flop_per_s: pl.Float64 = column("Peak at 32 bits.", nullable=True, gt=0, le=10**18)
    peak_int8_op_per_s: pl.Float64 = column("Peak at 8 bits, in integers.", nullable=True, gt=0, le=10**18, unit="OP/s")
    release_price: pl.String = column("Price of one in US dollars at its release, as text.", nullable=True)
    set_aside_cells: pl.List(pl.String) = column(SET_ASIDE_CELLS)


@table("staging.epoch__hardware_prices", key=("file", "line"))
class StagedEpochHardwarePrices(Record):
    """One row per line of Epoch's table of chip prices."""

    hardware_name: pl.String = column("Chip as the table names it.")
    priced_on: pl.Date = column("Day of the price; without it the row prices nothing.", nullable=True)
    price_vendor: pl.String = column("Seller of chip-hours.", nullable=True)
    on_demand_usd_per_gpu_hour: pl.Float64 = column("Without commitment.", nullable=True, gt=0, le=10**4)
    committed_1y_usd_per_gpu_hour: pl.Float64 = column("Committed for a year.", nullable=True, gt=0, le=10**4)
    committed_3y_usd_per_gpu_hour: pl.Float64 = column("Committed for three years.", nullable=True, gt=0, le=10**4)
    purchase_usd_per_gpu: pl.Float64 = column("Bought.", nullable=True, gt=0, le=10**7)
    note: pl.String = column("What the price is of.", nullable=True)
    url: pl.String = column("Address of the page.", nullable=True)
    set_aside_cells: pl.List(pl.String) = column(SET_ASIDE_CELLS)

    @pa.dataframe_check(description="a price without its day prices nothing: write priced_on")
    def priced_on__of_a_price(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A price has a day."""
        prices = pl.col(
            "on_demand_usd_per_gpu_hour",
            "committed_1y_usd_per_gpu_hour",
            "committed_3y_usd_per_gpu_hour",
            "purchase_usd_per_gpu",
        )
        return data.lazyframe.select(pl.all_horizontal(prices.is_null()) | pl.col("priced_on").is_not_null())


@table("staging.epoch__price_index", key=("observed_on",))
class StagedEpochPriceIndex(Record):
    """One row per month of the producer price index that Epoch keeps beside its tables."""

    observed_on: pl.Date = column("First day of the month.", unique=True)
    index_value: pl.Float64 = column("Index.", gt=0, unit="index")


@table("staging.reference__epoch_models", key=("epoch_model",))
class StagedEpochModelMap(Record):
    """One row per model of Epoch's table that is a model of this ledger."""

    epoch_model: pl.String = column("Model as Epoch prints it.", unique=True)
    model_id: pl.String = column("The same model here.", str_matches=ID)
    map_rule: pl.String = column("How it was found to be the same.", isin=list(v.MAP_RULE))
    confidence: pl.String = column("How sure that is.", isin=list(v.CONFIDENCE))
    note: pl.String = column("What to know about the pair.", nullable=True)


@table("staging.reference__epoch_accelerators", key=("epoch_hardware",))
class StagedEpochHardwareMap(Record):
    """One row per chip of Epoch's table that is an accelerator of this ledger, or is priced as one."""

    epoch_hardware: pl.String = column("Chip as Epoch names it.", unique=True)
    hardware_id: pl.String = column("The same accelerator here; absent for a chip without.", nullable=True)
    price_proxy_hardware_id: pl.String = column(
        "The accelerator whose price stands in for a chip that is none of ours.", nullable=True
    )
    note: pl.String = column("What to know about the pair.", nullable=True)


@table("staging.reference__method_rules", key=("method_id", "rule", "rule_position"))
class StagedMethodRules(SourcedRecord):
    """One row per rule of a costing method that is a table: factors by chip, vendors, families, special dates."""

    method_id: pl.String = column("The method.", str_matches=ID)
    rule: pl.String = column("What kind of rule.", isin=list(v.METHOD_RULE))
    rule_position: pl.Int64 = column("Place in the order in which rules of a kind are tried.", ge=1, unit="rank")
    subject: pl.String = column("What it applies to: a part of a name, a whole name, a year.")
    value: pl.Float64 = column("The number it gives.", nullable=True, gt=0, unit="as stated")
    unit: pl.String = column("Unit of the value.", nullable=True)
    outcome: pl.String = column("The word or day it gives.", nullable=True)
    locator: pl.String = column("Page, table, file or section.", nullable=True)
    note: pl.String = column("What to know about the rule.", nullable=True)
