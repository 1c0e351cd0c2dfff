"""Contracts of the tables Epoch AI publishes, as they are brought into the data folder, and of the maps to our ids.

In these tables a cell that breaks its rule is emptied and told, and the row stays (`table.CELLS`): what else the row
says of a model is still true. Bounds are what chips, prices and runs can be, with room above and below what the tables
have: what lies outside is in another unit or has lost digits.
"""

from __future__ import annotations

from datetime import date

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.inputs import ID, Record, SourcedRecord
from pipelines.contracts.table import MOST_HOURS, column, table

LEAST_FINETUNE_FLOP = 10**12
"""Less is not fine-tuning but the bare first digit of a number: an export cut 1.3e+21 to 1."""

LEAST_RECENT_FLOP, RECENT_YEAR = 10**9, 2010
"""Models published since then take more; less is a mantissa without its exponent."""

MOST_FINETUNE_RATIO = 10
"""More times the whole compute is another exponent. Tables have up to 2.3, and which of both is right is not known."""

MOST_FLOP = 10**28
"""Twenty times the most there is."""

MOST_CHIPS = 2 * 10**6
"""Twenty times the most that the tables have at once."""

COMPUTE_LEAP, LEAP_AFTER_DAYS = 100, 20
"""Times the most compute before it, from the time on when that many days have models. More is flagged; there are 52."""

FIRST_RANKS = 5
"""Models that were among so many of the most compute have more than a 100th of it; the least there is has a 51st."""

LONGEST_WALL_CLOCK_HOURS = 20_000
"""More than two years; the longest run of the tables takes 9,023 hours. More are seconds or minutes."""

LEAST_STATED_UTILIZATION = 0.01
LEAST_PEAK, MOST_PEAK = 10**8, 10**17
LEAST_TENSOR_PEAK = 10**12
PEAK_TO_32_BITS = {"peak_tensor16_flop_per_s": (1, 150), "peak_fp16_flop_per_s": (1 / 128, 64)}
"""Least and most times the peak at 32 bits that another peak of a chip is."""

LEAST_TDP_W, MOST_TDP_W = 1, 50_000
MOST_CHIP_W, WAFER_PEAK = 3_000, 5 * 10**15
"""More power than a chip's is that of a whole wafer, which has at least such a peak."""

LEAST_HOURLY_USD, MOST_HOURLY_USD = 0.01, 500
LEAST_BOUGHT_USD, MOST_BOUGHT_USD = 5, 10**7
MOST_HOURS_RATIO = 2
"""Between stated chip-hours and chips times duration: machines that stand still for a time. More is flagged."""

MOST_PRICE_RATIO = 20
"""Between a price and the median of the others of its kind. More is flagged; rents of a chip in the tables have 13."""

LEAST_PAYING_HOURS, MOST_PAYING_HOURS = 300, 200_000
"""Hours of rent that pay for a chip, between which its prices agree; in the tables 1,349 to 42,656."""

FIRST_CHIP_ON = date(1970, 1, 1)
"""No chip of the table is older than 1999."""

DOLLARS = r"^\s*\$?((?:[0-9]{1,8}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,2})?)\s*$"
"""An amount as the table of chips writes it: $1099.00 or $1,099.00."""

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
    gpu_count: pl.Int64 = column("Chips used at once.", nullable=True, gt=0, le=MOST_CHIPS)
    wall_clock_hours: pl.Float64 = column("Duration by the clock.", nullable=True, gt=0, le=LONGEST_WALL_CLOCK_HOURS)
    stated_gpu_hours: pl.Float64 = column("Chip-hours as Epoch states them.", nullable=True, gt=0, le=MOST_HOURS)
    utilization_ratio: pl.Float64 = column(
        "Share of the peak that was used.", nullable=True, ge=LEAST_STATED_UTILIZATION, le=1
    )
    training_compute_flop: pl.Float64 = column("Arithmetic done.", nullable=True, gt=0, le=MOST_FLOP)
    finetune_compute_flop: pl.Float64 = column(
        "Arithmetic of the fine-tune alone.",
        nullable=True,
        ge=LEAST_FINETUNE_FLOP,
        le=MOST_FLOP,
        remedy="Epoch's table has it in another unit or without its exponent; the cell counts as empty",
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

    @pa.dataframe_check(
        description=f"finetune_compute_flop must be at most {MOST_FINETUNE_RATIO} times training_compute_flop, "
        "of which it is a part: an exponent is wrong"
    )
    def finetune_compute_flop__part(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A part is not many times the whole."""
        most = pl.col("training_compute_flop") * MOST_FINETUNE_RATIO
        return data.lazyframe.select((pl.col("finetune_compute_flop") <= most).fill_null(value=True))


@table("staging.epoch__hardware", key=("file", "line"))
class StagedEpochHardware(Record):
    """One row per line of Epoch's table of chips; a chip may stand twice."""

    hardware_name: pl.String = column("Chip as Epoch names it.")
    vendor: pl.String = column("Maker.", nullable=True)
    hardware_type: pl.String = column("Kind of chip, as published.", nullable=True)
    released_on: pl.Date = column("Day of release.", nullable=True)
    tdp_w: pl.Float64 = column("Thermal design power.", nullable=True, ge=LEAST_TDP_W, le=MOST_TDP_W)
    peak_tensor16_flop_per_s: pl.Float64 = column(
        "Peak of the tensor units at 16 bits.", nullable=True, ge=LEAST_TENSOR_PEAK, le=MOST_PEAK
    )
    peak_tf32_flop_per_s: pl.Float64 = column(
        "Peak in TensorFloat-32.", nullable=True, ge=LEAST_TENSOR_PEAK, le=MOST_PEAK
    )
    peak_fp16_flop_per_s: pl.Float64 = column(
        "Peak at 16 bits without tensor units.", nullable=True, ge=LEAST_PEAK, le=MOST_PEAK
    )
    peak_fp32_flop_per_s: pl.Float64 = column("Peak at 32 bits.", nullable=True, ge=LEAST_PEAK, le=MOST_PEAK)
    peak_int8_op_per_s: pl.Float64 = column(
        "Peak at 8 bits, in integers.", nullable=True, ge=LEAST_PEAK, le=MOST_PEAK, unit="OP/s"
    )
    release_price: pl.String = column("Price of one in US dollars at its release, as text.", nullable=True)
    set_aside_cells: pl.List(pl.String) = column(SET_ASIDE_CELLS)

    @pa.dataframe_check(
        description="peak_tensor16_flop_per_s must be 1 to 150 times peak_fp32_flop_per_s: write both in FLOP/s"
    )
    def peak_tensor16_flop_per_s__times_32_bits(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Both are in one unit."""
        return data.lazyframe.select(_keeps_to_32_bits("peak_tensor16_flop_per_s"))

    @pa.dataframe_check(
        description="peak_fp32_flop_per_s must be 1/64 to 128 times peak_fp16_flop_per_s: write both in FLOP/s"
    )
    def peak_fp32_flop_per_s__times_16_bits(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The same without tensor units, where the peak at 32 bits is the one that is used."""
        return data.lazyframe.select(_keeps_to_32_bits("peak_fp16_flop_per_s"))

    @pa.dataframe_check(
        description=f"tdp_w above {MOST_CHIP_W:,} is that of a wafer, with a peak of {WAFER_PEAK:,} FLOP/s: write watts"
    )
    def tdp_w__of_one_chip(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A chip that draws what a wafer does computes like one."""
        is_wafer = pl.max_horizontal(pl.col("^peak_.*_flop_per_s$")) >= WAFER_PEAK
        is_above = pl.col("tdp_w").is_between(MOST_CHIP_W, MOST_TDP_W, closed="right").fill_null(value=False)
        return data.lazyframe.select(~is_above | is_wafer.fill_null(value=False))

    @pa.dataframe_check(description=f"released_on must be {FIRST_CHIP_ON} or later")
    def released_on__era(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Chips have not been there for ever."""
        return data.lazyframe.select((pl.col("released_on") >= FIRST_CHIP_ON).fill_null(value=True))

    @pa.dataframe_check(
        description=f"release_price must be ${LEAST_BOUGHT_USD} to ${MOST_BOUGHT_USD:,}, written as $1,099.00"
    )
    def release_price__dollars(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Text that is no price prices nothing."""
        amount = dollars("release_price")
        is_price = amount.is_between(LEAST_BOUGHT_USD, MOST_BOUGHT_USD).fill_null(value=False)
        return data.lazyframe.select(pl.col("release_price").is_null() | is_price)


def _keeps_to_32_bits(peak: str) -> pl.Expr:
    least, most = PEAK_TO_32_BITS[peak]
    return (pl.col(peak) / pl.col("peak_fp32_flop_per_s")).is_between(least, most).fill_null(value=True)


def dollars(cell: str) -> pl.Expr:
    """The amount in a cell such as $1,099.00; absent where it is none."""
    amount = pl.col(cell).str.extract(DOLLARS)
    return amount.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)


@table("staging.epoch__hardware_prices", key=("file", "line"))
class StagedEpochHardwarePrices(Record):
    """One row per line of Epoch's table of chip prices."""

    hardware_name: pl.String = column("Chip as the table names it.")
    priced_on: pl.Date = column("Day of the price; without it the row prices nothing.", nullable=True)
    price_vendor: pl.String = column("Seller of chip-hours.", nullable=True)
    on_demand_usd_per_gpu_hour: pl.Float64 = column(
        "Without commitment.", nullable=True, ge=LEAST_HOURLY_USD, le=MOST_HOURLY_USD
    )
    committed_1y_usd_per_gpu_hour: pl.Float64 = column(
        "Committed for a year.", nullable=True, ge=LEAST_HOURLY_USD, le=MOST_HOURLY_USD
    )
    committed_3y_usd_per_gpu_hour: pl.Float64 = column(
        "Committed for three years.", nullable=True, ge=LEAST_HOURLY_USD, le=MOST_HOURLY_USD
    )
    purchase_usd_per_gpu: pl.Float64 = column("Bought.", nullable=True, ge=LEAST_BOUGHT_USD, le=MOST_BOUGHT_USD)
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
