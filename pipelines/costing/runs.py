"""From a disclosed phase to a run that can be priced: its hours with both ends, and its start.

Rules: METHODS 1.1 (start of a run) and 1.3 (what is unknown), in docs/methods.md.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl

from pipelines.contracts.types import HOURS, LEAST_HOURS, MOST_HOURS
from pipelines.costing.constants import Constants

SECONDS_PER_HOUR = 3600
MICROSECONDS_PER_HOUR = 3_600_000_000


def flagged(**flags: pl.Expr) -> pl.Expr:
    """A list column of the names whose condition holds, in the order given.

    Every combination there can be is made once, and rows take theirs by its number: to put lists together row by row
    takes twenty times as long.
    """
    bits = [condition.fill_null(value=False).cast(pl.UInt32) * 2**bit for bit, condition in enumerate(flags.values())]
    return pl.lit(_combinations(tuple(flags))).gather(pl.sum_horizontal(bits))


@cache
def _combinations(names: tuple[str, ...]) -> pl.Series:
    """Lists of names; in the list of a number are those whose bits it has."""
    lists = [[name for bit, name in enumerate(names) if number >> bit & 1] for number in range(2 ** len(names))]
    return pl.Series(lists, dtype=pl.List(pl.String))


def implied_utilization(
    phases: pl.LazyFrame, models: pl.LazyFrame, hardware: pl.LazyFrame, constants: Constants
) -> pl.LazyFrame:
    """The share of the 16-bit peak that a disclosure implies, as a check of its hours.

    Arithmetic is 6 x active parameters x tokens where every parameter a token meets is known (not for encoder-decoders
    and other architectures), else the disclosed compute; hours are the disclosed point or the geometric mean of the
    ends.

    Args:
        phases: staging or core training_phases.
        models: active_params by model_id.
        hardware: peak_bf16_flop_per_s by hardware_id.
        constants: flop_per_parameter_and_token.

    Returns:
        phase_id and implied_utilization_ratio (0 to 1, null where it cannot be known).
    """
    tokens = pl.coalesce("tokens_high", "tokens_low").cast(pl.Float64)
    active = (
        pl.when(pl.col("architecture") == "dense")
        .then(pl.coalesce("active_params", "total_params"))
        .when(pl.col("architecture") == "moe")
        .then("active_params")
    )
    per_token = constants["flop_per_parameter_and_token"] * active.cast(pl.Float64)
    flop = pl.coalesce(per_token * tokens, "training_compute_flop")
    ends = (pl.col("gpu_hours_low").cast(pl.Float64) * pl.col("gpu_hours_high").cast(pl.Float64)).sqrt()
    hours = pl.coalesce(pl.col("gpu_hours").cast(pl.Float64), ends)
    return (
        phases.join(
            models.select("model_id", "architecture", "active_params", "total_params"),
            on="model_id",
            how="left",
        )
        .join(hardware.select("hardware_id", "peak_bf16_flop_per_s"), on="hardware_id", how="left")
        .select(
            "phase_id",
            (flop / (hours * SECONDS_PER_HOUR * pl.col("peak_bf16_flop_per_s"))).alias("implied_utilization_ratio"),
        )
    )


def hours_conflict(constants: Constants) -> pl.Expr:
    """Whether disclosed hours, accelerators and duration of a phase contradict each other, or make too long a run.

    Args:
        constants: hours_conflict_ratio, longest_run_hours.
    """
    low, point, high = (pl.col(name).cast(pl.Float64) for name in ("gpu_hours_low", "gpu_hours", "gpu_hours_high"))
    least, most = pl.coalesce(low, point, high), pl.coalesce(high, point, low)
    used, width = pl.col("gpu_count").cast(pl.Float64), constants["hours_conflict_ratio"]
    worked_out = used * pl.col("wall_clock_hours")
    contradicts = (worked_out < least / width) | (worked_out > most * width)
    duration = pl.coalesce("wall_clock_hours", least / used)
    return contradicts.fill_null(value=False) | (duration > constants["longest_run_hours"]).fill_null(value=False)


def _hours(constants: Constants) -> list[pl.Expr]:
    """Low, middle and high accelerator-hours: disclosed, else from compute at an assumed utilisation."""
    low, point, high = (pl.col(name).cast(pl.Float64) for name in ("gpu_hours_low", "gpu_hours", "gpu_hours_high"))
    undisclosed = low.is_null() & point.is_null() & high.is_null()
    per_hour = pl.col("peak_bf16_flop_per_s") * SECONDS_PER_HOUR
    most = pl.col("training_compute_flop") / (per_hour * constants["usual_utilization_low_ratio"])
    least = pl.col("training_compute_flop") / (per_hour * constants["usual_utilization_high_ratio"])
    is_possible = (least >= LEAST_HOURS) & (most <= MOST_HOURS)

    def from_compute(utilization: str) -> pl.Expr:
        return pl.when(undisclosed & is_possible).then(
            pl.col("training_compute_flop") / (per_hour * constants[utilization])
        )

    middle = pl.coalesce(point, (low * high).sqrt(), from_compute("usual_utilization_ratio"))
    ends = (
        pl.coalesce(low, point, from_compute("usual_utilization_high_ratio")),
        middle,
        pl.coalesce(high, point, from_compute("usual_utilization_low_ratio")),
    )
    states_quantity = pl.col("row_role") != "context_only"
    rounded = [end.round(HOURS.scale) for end in ends]
    return [
        pl.when(states_quantity & (end > 0)).then(end).cast(HOURS, strict=False).alias(name)
        for end, name in zip(rounded, ("hours_low", "hours_mid", "hours_high"), strict=True)
    ]


def runs(
    phases: pl.LazyFrame,
    models: pl.LazyFrame,
    hardware: pl.LazyFrame,
    constants: Constants,
    as_of: date | None = None,
) -> pl.LazyFrame:
    """Every phase with the hours and the start it is priced with.

    The middle is the disclosed point, else the geometric mean of the ends; where only compute is disclosed, hours are
    compute / (peak x utilisation) with the method's usual utilisation and its 90% range. The start is the disclosed
    one, else release - run time - a usual delay (flagged); hours that include a base model's tell no run time.

    Args:
        phases: core.training_phases.
        models: core.models.
        hardware: core.hardware.
        constants: of the method.
        as_of: the day of the release, after which no model can be released; not looked at when not given.

    Returns:
        One row per phase: its ids, developer, country (its own where disclosed, else the
        developer's: is_country_assumed), gpu_count, hours_low/mid/high (GPU-hour), started_on, the stated price,
        and flags.
    """
    disclosed = pl.any_horizontal(pl.col("gpu_hours", "gpu_hours_low", "gpu_hours_high").is_not_null())
    is_of_this_run = ~pl.col("disclosure_flags").list.contains("scope_includes_base")
    worked_out = pl.when(is_of_this_run).then(
        pl.col("hours_mid").cast(pl.Float64) / pl.col("gpu_count").cast(pl.Float64)
    )
    stated = pl.coalesce("wall_clock_hours", worked_out)
    known_run_hours = pl.when(stated <= constants["longest_run_hours"]).then(stated)
    run_time = pl.duration(
        microseconds=(known_run_hours.fill_null(constants["usual_run_hours"]) * MICROSECONDS_PER_HOUR).cast(pl.Int64)
    )
    delay = pl.duration(days=int(constants["start_delay_days"]))
    assumed_start = (pl.col("released_on").cast(pl.Datetime("us")) - run_time - delay).dt.date()
    both_ends = pl.col("gpu_hours_low").is_not_null() & pl.col("gpu_hours_high").is_not_null()
    has_hours = pl.any_horizontal(pl.col("hours_low", "hours_mid", "hours_high").is_not_null())
    return (
        phases.rename({"flags": "disclosure_flags", "started_on": "disclosed_start"})
        .join(models.select("model_id", "developer", "country", "released_on"), on="model_id", how="left")
        .join(hardware.select("hardware_id", "peak_bf16_flop_per_s"), on="hardware_id", how="left")
        .with_columns(_hours(constants))
        .with_columns(
            pl.coalesce("disclosed_start", assumed_start).alias("started_on"),
            pl.coalesce("ran_in", "country").alias("country"),
            pl.col("ran_in").is_null().alias("is_country_assumed"),
            pl.concat_list(
                "disclosure_flags",
                flagged(
                    range_disclosed=both_ends & pl.col("hours_mid").is_not_null(),
                    one_sided=has_hours & pl.col("hours_mid").is_null(),
                    assumed_utilization=has_hours & ~disclosed,
                    assumed_start=pl.col("disclosed_start").is_null(),
                    assumed_run_time=pl.col("disclosed_start").is_null() & known_run_hours.is_null(),
                    future_release=pl.col("released_on") > pl.lit(as_of, pl.Date),
                ),
            ).alias("flags"),
        )
        .select(
            "phase_id",
            "model_id",
            "developer",
            "country",
            "is_country_assumed",
            "phase",
            "row_role",
            "hardware_id",
            "gpu_count",
            "hours_low",
            "hours_mid",
            "hours_high",
            "started_on",
            "stated_price_usd_per_gpu_hour",
            "stated_price_source_id",
            "source_id",
            "flags",
        )
    )
