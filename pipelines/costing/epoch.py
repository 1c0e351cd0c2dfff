"""Epoch's models by the ledger's own rules: the same hours, starts, prices and intervals as for disclosed models.

Chips that are accelerators of the ledger take its specifications and quotes; other chips those of Epoch's tables,
flagged. No chip is guessed, and nothing is added up: compute that includes a base model's stands alone and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.contracts.epoch import EpochCosts, EpochModels
from pipelines.contracts.table import HOURS, UNIT_PRICE, USD, table_of
from pipelines.costing.constants import Constants
from pipelines.costing.epoch_chips import as_hardware, as_quotes, used_chips, with_outliers, with_peaks
from pipelines.costing.epoch_faults import (
    has_compute_conflict,
    has_hours_conflict,
    has_possible_hours,
    is_implausible,
    is_out_of_line,
    most_compute_before,
)
from pipelines.costing.intervals import product_end
from pipelines.costing.phase_costs import costs_at, prices_on
from pipelines.costing.price_bases import PRICE_BASES, Pricing
from pipelines.costing.runs import SECONDS_PER_HOUR, flagged, runs
from pipelines.costing.scope_note import scope_note

LIST_SEPARATOR = ","
SURE = "Confident"
"""Epoch's word for a figure it is sure of."""

HOURS_CELLS = (
    *("stated_gpu_hours", "gpu_count", "wall_clock_hours"),
    *("training_compute_flop", "finetune_compute_flop"),
)
"""What hours are taken from."""

FIRST_ID = 10**8
"""Of a run, whose ids are numbers as text of one length: much is looked up by them, and short ones are fast."""

OF_A_CHIP = ("hardware_id", "is_outside", "is_doubtful", "is_listed_twice", "is_peak_lost")

OF_ONE_PRICE = (
    *("unit_price_usd_per_gpu_hour", "unit_price_usd_per_gpu", "quote_id"),
    *("price_source_id", "price_observed_on", "price_quote_count"),
)
"""Columns that mean something of one chip alone."""

UNKNOWN_COUNTRY = "ZZ"
"""The code that ISO 3166 leaves to its users; no electricity price is of it, so that another country's stands in."""


def names_in(cell: str) -> pl.Expr:
    """The names of a cell, trimmed; none where it is blank."""
    cut = pl.col(cell).fill_null("").str.split(LIST_SEPARATOR).list.eval(pl.element().str.strip_chars())
    return cut.list.eval(pl.element().filter(pl.element() != "")).list.unique(maintain_order=True)


def epoch_models(
    staged: pl.DataFrame, chips: pl.DataFrame, known: pl.DataFrame, same_chips: pl.DataFrame
) -> pl.DataFrame:
    """core.epoch_models: Epoch's rows with our ids, their lists taken apart, and what is doubtful about them flagged.

    Args:
        staged: staging.epoch__models.
        chips: staging.epoch__hardware.
        known: staging.reference__epoch_models: which of them are models of ours.
        same_chips: staging.reference__epoch_accelerators: which chips are accelerators of ours.
    """
    if staged.is_empty():
        return table_of(EpochModels).empty()
    name = pl.col("model_name").str.strip_chars()
    cells = staged.select("hardware_cell").unique().with_columns(names_in("hardware_cell").alias("chip_names"))
    listed = chips["hardware_name"].str.strip_chars().unique().implode()
    is_unknown = ~pl.col("chip_names").is_in(listed)
    unknown = cells.explode("chip_names").drop_nulls().filter(is_unknown)["hardware_cell"].unique().implode()
    bases = staged.select("base_model_cell").unique().with_columns(names_in("base_model_cell").alias("base"))
    is_no_model = ~pl.col("base").is_in(staged.select(name)["model_name"].implode())
    without_base = bases.explode("base").drop_nulls().filter(is_no_model)["base_model_cell"].unique().implode()
    our_chips = same_chips.select(pl.col("epoch_hardware").str.strip_chars().alias("chip_names"), "hardware_id")
    accelerators = (
        cells.explode("chip_names")
        .join(our_chips.drop_nulls(), on="chip_names", how="inner", maintain_order="left")
        .group_by("hardware_cell")
        .agg(pl.col("hardware_id").unique(maintain_order=True).alias("hardware_ids"))
    )
    ours = known.select(
        pl.col("epoch_model").str.strip_chars().alias("trimmed"),
        "model_id",
        "map_rule",
        pl.col("confidence").alias("map_confidence"),
    )
    return (
        staged.with_columns(
            name.alias("trimmed"),
            names_in("hardware_cell").alias("chip_names"),
            names_in("base_model_cell").alias("base_models"),
            pl.col("set_aside_cells").fill_null([]),
        )
        .join(ours, on="trimmed", how="left", maintain_order="left")
        .join(accelerators, on="hardware_cell", how="left", maintain_order="left")
        .join(most_compute_before(staged), on="published_on", how="left", maintain_order="left")
        .with_columns(
            pl.col("hardware_ids").fill_null([]),
            flagged(
                duplicate_name=pl.len().over("trimmed") > 1,
                cell_set_aside=pl.col("set_aside_cells").list.len() > 0,
                unknown_chip=pl.col("hardware_cell").is_in(unknown),
                several_chips=pl.col("chip_names").list.len() > 1,
                hours_conflict=has_hours_conflict(),
                compute_conflict=has_compute_conflict(),
                implausible_compute=is_out_of_line(),
                base_is_itself=pl.col("base_models").list.contains(pl.col("trimmed")),
                base_not_listed=pl.col("base_model_cell").is_in(without_base),
            ).alias("flags"),
        )
        .select(list(table_of(EpochModels).dtypes))
        .sort("model_name")
    )


@dataclass(frozen=True)
class EpochTables:
    """What Epoch's models are costed from.

    Attributes:
        models: core.epoch_models.
        chips: staging.epoch__hardware.
        prices: staging.epoch__hardware_prices.
        same_chips: staging.reference__epoch_accelerators: which chips are accelerators of ours.
        hardware: core.hardware.
        quotes: core.price_quotes.
        constants: core.method_constants.
        electricity: core.electricity_prices.
    """

    models: pl.DataFrame
    chips: pl.DataFrame
    prices: pl.DataFrame
    same_chips: pl.DataFrame
    hardware: pl.DataFrame
    quotes: pl.DataFrame
    constants: pl.DataFrame
    electricity: pl.DataFrame


def epoch_costs(*tables: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """core.epoch_costs: every model of Epoch's that names its chips, on every basis but the developer's own price.

    `tables` are those of `EpochTables`, in its order; `as_of` is the day of the release.
    """
    given = EpochTables(*tables)
    if given.models.is_empty():
        return table_of(EpochCosts).empty()
    pricing, phases = pricing_of(given, as_of)
    bases = [basis for name, basis in PRICE_BASES.items() if name != "disclosed"]
    found = with_outliers(prices_on(pricing, bases), pricing.quotes, pricing.runs)
    return _by_model(costs_at(pricing.runs, found), phases)


def pricing_of(given: EpochTables, as_of: date) -> tuple[Pricing, pl.LazyFrame]:
    """What the runs of `epoch_costs` are priced with, and these runs as phases."""
    method = Constants(given.constants)
    used = used_chips(given.models, given.chips, given.prices, given.same_chips)
    accelerators = pl.concat([with_peaks(given.hardware, used), as_hardware(used)], how="diagonal").lazy()
    offers = pl.concat([given.quotes, as_quotes(given.prices, used, as_of)], how="diagonal").lazy()
    phases = _phases(given.models, used, accelerators, method, as_of).collect()
    costable = runs(phases.lazy(), _as_models(phases), accelerators, method).pipe(_with_widths, phases, method)
    costable = costable.collect().lazy()
    return Pricing(costable, offers, accelerators, method, as_of, given.electricity.lazy()), phases.lazy()


def _phases(
    models: pl.DataFrame, used: pl.DataFrame, hardware: pl.LazyFrame, constants: Constants, as_of: date
) -> pl.LazyFrame:
    """A run for each model and chip it names, in the columns of core.training_phases.

    Hours are those stated, else chips times duration, else what compute, peak and the disclosed utilisation come to;
    compute at an unknown utilisation is left to `runs`. For a model built on another the compute of the fine-tune is
    taken, where it is known.
    """
    has_base = pl.col("base_models").list.len() > 0
    tuned = pl.when(has_base).then("finetune_compute_flop")
    flop = pl.coalesce(tuned, "training_compute_flop", "finetune_compute_flop")
    stated, multiplied = pl.col("stated_gpu_hours"), pl.col("gpu_count") * pl.col("wall_clock_hours")
    told = pl.coalesce(stated, multiplied)
    peak = pl.col("peak_bf16_flop_per_s")
    computed = flop / (peak * pl.col("utilization_ratio")) / SECONDS_PER_HOUR
    hours = pl.coalesce(told, computed)
    from_compute = told.is_null() & flop.is_not_null() & peak.is_not_null()
    is_tune = from_compute & (flop == pl.col("finetune_compute_flop")).fill_null(value=False)
    with_base = from_compute & has_base & ~is_tune
    is_vague = told.is_not_null() & pl.col("assessment").ne_missing(SURE)
    of_this_run = pl.when(has_base).then("finetune_compute_flop").otherwise("training_compute_flop")
    implied = of_this_run / (told * SECONDS_PER_HOUR * peak)
    utilization = pl.when(from_compute).then("utilization_ratio").otherwise(implied)
    return (
        models.lazy()
        .filter(pl.col("chip_names").list.len() > 0)
        .with_columns(pl.col("chip_names").list.sort().alias("chip"))
        .explode("chip")
        .with_row_index("phase_id")
        .join(used.lazy().select("chip", *OF_A_CHIP), on="chip", how="left")
        .join(
            hardware.select("hardware_id", "peak_bf16_flop_per_s", pl.col("released_on").alias("chip_released_on")),
            on="hardware_id",
            how="left",
        )
        .with_columns(
            pl.when(stated.is_not_null())
            .then(pl.lit("stated_hours"))
            .when(multiplied.is_not_null())
            .then(pl.lit("count_x_hours"))
            .when(is_tune)
            .then(pl.lit("finetune_compute"))
            .when(from_compute)
            .then(pl.lit("compute"))
            .alias("hours_basis"),
            with_base.alias("is_with_base"),
            from_compute.alias("is_from_compute"),
            pl.concat_list(
                "flags",
                flagged(
                    finetune_compute=is_tune,
                    scope_includes_base=with_base,
                    known_utilization=from_compute & pl.col("utilization_ratio").is_not_null(),
                    vague_hours=is_vague,
                    outside_price=pl.col("is_outside"),
                    cell_set_aside=pl.col("is_doubtful"),
                    future_release=pl.col("published_on") > as_of,
                    implausible_utilization=is_implausible(utilization, constants),
                    repeated_chip=pl.col("is_listed_twice"),
                ),
            ).alias("flags"),
            _why_no_hours(hours, flop, peak).alias("why_no_hours"),
            pl.when(has_possible_hours(hours))
            .then(hours.round(HOURS.scale))
            .cast(HOURS, strict=False)
            .alias("gpu_hours"),
            pl.when(hours.is_null()).then(flop).alias("training_compute_flop"),
        )
        .select(
            (pl.col("phase_id") + FIRST_ID).cast(pl.String),
            pl.col("model_name").alias("model_id"),
            pl.lit(None, pl.String).alias("ran_in"),
            "developer",
            "published_on",
            "chip_names",
            "hours_basis",
            "why_no_hours",
            "chip_released_on",
            "is_with_base",
            is_vague.alias("is_vague"),
            "is_from_compute",
            pl.lit("full_training").alias("phase"),
            pl.lit("primary").alias("row_role"),
            "hardware_id",
            "gpu_hours",
            pl.lit(None, HOURS).alias("gpu_hours_low"),
            pl.lit(None, HOURS).alias("gpu_hours_high"),
            "gpu_count",
            "wall_clock_hours",
            "training_compute_flop",
            pl.lit(None, UNIT_PRICE).alias("stated_price_usd_per_gpu_hour"),
            pl.lit(None, pl.String).alias("stated_price_source_id"),
            pl.lit(None, pl.Date).alias("started_on"),
            pl.lit("epoch-db").alias("source_id"),
            "flags",
        )
    )


def _why_no_hours(hours: pl.Expr, flop: pl.Expr, peak: pl.Expr) -> pl.Expr:
    """Why a run has no hours, if it turns out to have none, where it is not that nothing is disclosed."""
    is_lost = pl.col("set_aside_cells").list.set_intersection(list(HOURS_CELLS)).list.len() > 0
    return (
        pl.when(hours.is_not_null() | (flop.is_not_null() & peak.is_not_null()))
        .then(pl.lit("implausible_hours"))
        .when(is_lost | (flop.is_not_null() & pl.col("is_peak_lost")))
        .then(pl.lit("set_aside"))
        .when(flop.is_not_null())
        .then(pl.lit("peak_unknown"))
    )


def _with_widths(costable: pl.LazyFrame, phases: pl.DataFrame, constants: Constants) -> pl.LazyFrame:
    """Runs whose hours are as unsure as what Epoch took them from, flagged where the chip came after them.

    Compute is Epoch's estimate, at whatever utilisation it is turned into hours; stated hours, and chips times
    duration, are vague where Epoch is less than confident.
    """
    known = phases.lazy().select("phase_id", "is_vague", "is_from_compute", "chip_released_on")
    is_early = pl.col("started_on") < pl.col("chip_released_on")
    middle = pl.col("hours_mid").cast(pl.Float64)

    def end(name: str) -> pl.Expr:
        width = (
            pl.when("is_from_compute")
            .then(constants[f"compute_width_{name}_ratio"])
            .when("is_vague")
            .then(constants[f"hours_width_{name}_ratio"])
            .otherwise(1.0)
        )
        disclosed = pl.col(f"hours_{name}").cast(pl.Float64)
        return product_end(middle, (middle, disclosed), (pl.lit(1.0), width)).round(HOURS.scale).cast(HOURS)

    return (
        costable.join(known, on="phase_id", how="left")
        .with_columns(
            *(end(name).alias(f"hours_{name}") for name in ("low", "high")),
            pl.concat_list("flags", flagged(before_release=is_early)).alias("flags"),
        )
        .drop("is_vague", "is_from_compute", "chip_released_on")
    )


def _as_models(phases: pl.DataFrame) -> pl.LazyFrame:
    """What `runs` asks of a model."""
    return (
        phases.lazy()
        .select(
            "model_id",
            "developer",
            pl.lit(UNKNOWN_COUNTRY).alias("country"),
            pl.col("published_on").alias("released_on"),
        )
        .unique("model_id")
    )


def _by_model(costs: pl.LazyFrame, phases: pl.LazyFrame) -> pl.DataFrame:
    """One row per model and basis: with several chips from the cheapest low to the dearest high."""
    about = phases.select("phase_id", "chip_names", "hours_basis", "is_with_base", "hardware_id", "why_no_hours")
    joined = costs.rename({"model_id": "model_name"}).drop("hardware_id").join(about, on="phase_id", how="left")
    needed = {"phase_id", "hardware_id", *table_of(EpochCosts).dtypes} - {"scope_note"}
    reason = pl.col("cost_missing_reason")
    why = pl.when(reason == "hours_not_disclosed").then(pl.coalesce("why_no_hours", reason)).otherwise(reason)
    told = joined.with_columns(why.alias("cost_missing_reason"))
    rows = told.select(sorted(needed)).collect().lazy()  # made once, for both parts are cut from it
    is_single = pl.col("chip_names").list.len() == 1
    single, several = pl.collect_all(
        [_of_one_chip(rows.filter(is_single)), _of_several_chips(rows.filter(~is_single).sort("phase_id"))]
    )
    return pl.concat([single, several])


def _of_one_chip(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Models with a single chip: the row is that of its chip."""
    is_complete = pl.col("cost_mid_usd").is_not_null() & pl.col("hardware_id").is_not_null()
    shown = (*OF_ONE_PRICE, "cost_low_usd", "cost_mid_usd", "cost_high_usd")
    no_chip, reason = pl.col("hardware_id").is_null(), pl.col("cost_missing_reason")
    return _as_costs(
        rows.with_columns(
            *(pl.when(is_complete).then(name).alias(name) for name in shown),
            _missing_reason(is_complete, no_chip, reason),
        )
    )


def _of_several_chips(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Models with several chips, of which it is not told how much ran on each."""
    is_complete = pl.col("cost_mid_usd").is_not_null().all() & pl.col("hardware_id").is_not_null().all()
    no_chip, reason = pl.col("hardware_id").is_null().any(), pl.col("cost_missing_reason").drop_nulls().first()

    def middle(name: str, dtype: pl.Decimal) -> pl.Expr:
        """The geometric mean."""
        return pl.col(name).cast(pl.Float64).log().mean().exp().round(dtype.scale).cast(dtype).alias(name)

    return _as_costs(
        rows.group_by("model_name", "price_basis", maintain_order=True).agg(
            pl.col("chip_names", "is_with_base", "gpu_count", "started_on", "hours_basis").first(),
            middle("gpu_hours", HOURS),
            *(pl.lit(None).alias(name) for name in OF_ONE_PRICE),
            pl.when(is_complete).then(pl.col("cost_low_usd").min()).alias("cost_low_usd"),
            pl.when(is_complete).then(middle("cost_mid_usd", USD)).alias("cost_mid_usd"),
            pl.when(is_complete).then(pl.col("cost_high_usd").max()).alias("cost_high_usd"),
            _missing_reason(is_complete, no_chip, reason),
            pl.col("flags").explode().drop_nulls().unique().sort().alias("flags"),
        )
    )


def _missing_reason(is_complete: pl.Expr, no_chip: pl.Expr, reason: pl.Expr) -> pl.Expr:
    known = pl.when(no_chip).then(pl.lit("hardware_unknown")).otherwise(pl.coalesce(reason, pl.lit("no_price")))
    return pl.when(~is_complete).then(known).alias("cost_missing_reason")


def _as_costs(rows: pl.LazyFrame) -> pl.LazyFrame:
    noted = rows.with_columns(scope_note())
    return noted.select(pl.col(name).cast(dtype) for name, dtype in table_of(EpochCosts).dtypes.items())
