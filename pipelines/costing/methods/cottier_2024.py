"""`cottier-2024`: the published method of Cottier et al., on the inputs it was published with.

Source: arXiv 2405.21015 and the program beside it, restated in docs/methods.md. Nothing of it is corrected here: what
the ledger does otherwise stands in its own method, and `marts.method_comparison` sets both side by side. Only input
that would stop the program or give it a wrong figure in silence is left out with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.costing.constants import Constants
from pipelines.costing.epoch_faults import has_possible_hours, is_implausible
from pipelines.costing.methods.cottier_chips import (
    CELL,
    PEAK_CELLS,
    SEPARATOR,
    commonest_chips,
    is_tpu,
    known_chips,
    lost,
)
from pipelines.costing.methods.cottier_prices import list_prices, rental_prices
from pipelines.costing.methods.rules import Rules
from pipelines.costing.runs import MICROSECONDS_PER_HOUR, SECONDS_PER_HOUR, flagged

METHOD = "cottier-2024"
BASES = ("amortized", "purchase", "rental")
BOUGHT = ("servers", "interconnect")
"""In its purchase costs, which the ledger's own leave out."""
HOURS_CELLS = ("stated_gpu_hours", "gpu_count", "wall_clock_hours", "training_compute_flop")
WATTS_PER_KILOWATT = 1000
ORDER = 10.0
"""An order of magnitude."""


@dataclass(frozen=True)
class Inputs:
    """What the method computes from.

    Attributes:
        models: core.epoch_models.
        chips: staging.epoch__hardware, in the order of the file.
        prices: staging.epoch__hardware_prices, in the order of the file.
        index: staging.epoch__price_index.
        constants: of the method.
        rules: of the method.
        own_constants: of the ledger's method: what is implausible.
    """

    models: pl.LazyFrame
    chips: pl.LazyFrame
    prices: pl.LazyFrame
    index: pl.LazyFrame
    constants: Constants
    rules: Rules
    own_constants: Constants


def selected_runs(given: Inputs) -> pl.LazyFrame:
    """The models the method selects, with the chip, hours and dates it costs them by.

    Returns:
        A row per model of rank up to the limit that has a date: its columns, chip (one name, or absent), is_imputed,
        started_on, acquired_on, method_gpu_hours, hours_basis, used_utilization_ratio, and the chip's released_on,
        tdp_w and is_listed_twice.
    """
    limit = given.constants["selected_rank"]
    dated = given.models.filter(pl.col("published_on").is_not_null())
    return (
        dated.filter(pl.col("compute_rank") <= limit)
        .with_columns(pl.col("published_on").dt.year().alias("year"))
        .join(commonest_chips(dated), on="year", how="left")
        .with_columns((CELL == "").alias("is_imputed"), CELL.str.contains(SEPARATOR, literal=True).alias("is_list"))
        .with_columns(
            pl.when("is_imputed").then("commonest_chip").when(~pl.col("is_list")).then(CELL).alias("chip"),
        )
        .join(known_chips(given.chips), on="chip", how="left")
        .pipe(_with_dates, given)
        .with_columns(*_hours(given.constants))
        .with_columns(is_implausible(_utilization(), given.own_constants).alias("is_implausible"))
    )


def _with_dates(runs: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Start of each run, and the day its rented hardware was chosen.

    Start = publication - whole training hours - delay; a model that a rule names starts (or ends) when the rule says.
    """
    constants = given.constants
    name = pl.col("model_name").str.strip_chars()
    hours = pl.col("wall_clock_hours").floor().fill_null(constants["usual_run_hours"])
    run_time = pl.duration(microseconds=(hours * MICROSECONDS_PER_HOUR).cast(pl.Int64))
    delay = pl.duration(days=int(constants["start_delay_days"]))
    starts = given.rules.first_part_of(runs, "model_name", "run_start").select(
        "model_name", pl.col("outcome").str.to_date("%Y-%m-%d").alias("told_start")
    )
    ends = given.rules.of("run_end").select(
        pl.col("subject").alias("trimmed"), pl.col("outcome").str.to_date("%Y-%m-%d").alias("told_end")
    )
    end = pl.coalesce(
        pl.col("told_end").cast(pl.Datetime("us")), pl.col("published_on").cast(pl.Datetime("us")) - delay
    )
    started = pl.coalesce("told_start", (end - run_time).dt.date())
    return (
        runs.with_columns(name.alias("trimmed"))
        .join(starts, on="model_name", how="left")
        .join(ends, on="trimmed", how="left")
        .with_columns(started.alias("started_on"))
        .with_columns(
            pl.col("started_on").dt.offset_by(f"-{int(constants['acquisition_lead_days'])}d").alias("acquired_on"),
            pl.col("told_start").is_not_null().alias("is_start_told"),
            (pl.col("told_start").is_not_null() | pl.col("told_end").is_not_null()).alias("is_date_told"),
        )
        .drop("trimmed", "told_start", "told_end")
    )


def _hours(constants: Constants) -> list[pl.Expr]:
    """Chip-hours: as stated; else chips times duration; else compute over peak and utilisation."""
    stated = pl.col("stated_gpu_hours")
    multiplied = pl.col("gpu_count") * pl.col("wall_clock_hours")
    used = pl.col("utilization_ratio").fill_null(constants["usual_utilization_ratio"])
    computed = pl.col("training_compute_flop") / (pl.col("peak") * used) / SECONDS_PER_HOUR
    from_compute = stated.is_null() & multiplied.is_null() & computed.is_not_null()
    return [
        pl.coalesce(stated, multiplied, computed).alias("method_gpu_hours"),
        multiplied.alias("multiplied_gpu_hours"),
        pl.when(stated.is_not_null())
        .then(pl.lit("stated_hours"))
        .when(multiplied.is_not_null())
        .then(pl.lit("count_x_hours"))
        .when(from_compute)
        .then(pl.lit("compute"))
        .alias("hours_basis"),
        pl.when(from_compute).then(used).alias("used_utilization_ratio"),
    ]


def _utilization() -> pl.Expr:
    """The share of the peak behind hours from compute where it is stated, or that compute and other hours imply."""
    is_computed = pl.col("hours_basis") == "compute"
    implied = pl.col("training_compute_flop") / (pl.col("method_gpu_hours") * SECONDS_PER_HOUR * pl.col("peak"))
    return pl.when(is_computed).then("utilization_ratio").otherwise(implied)


def published_costs(given: Inputs) -> pl.LazyFrame:
    """Every selected model on each basis of the method: its cost, or the reason why the method gives none."""
    runs = selected_runs(given).collect().lazy()
    prices = list_prices(runs, given.prices, given.chips, given.constants, given.rules).collect().lazy()
    priced = runs.join(prices, on="chip", how="left").collect().lazy()
    made = pl.collect_all([_amortized(priced, given), _purchase(priced, given), _rental(runs, given)])
    costs = pl.concat(made, how="diagonal").lazy()
    return _deflated(costs, given)


def _refused(*more: tuple[pl.Expr, str]) -> pl.Expr:
    """Why the method gives no cost, the first reason that holds; `more` are the basis's own reasons."""
    reasons = [
        (pl.col("base_models").list.len() > 0, "has_base_model"),
        (pl.col("is_list"), "several_chips"),
        (pl.col("is_known").is_null(), "hardware_unknown"),
        *more,
    ]
    return pl.coalesce(pl.when(condition).then(pl.lit(reason)) for condition, reason in reasons)


def _amortized(priced: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Value of the hardware at the start x the share of its life used, with network and energy."""
    constants = given.constants
    trend = constants["price_performance_orders_per_year"]
    days = (pl.col("started_on") - pl.col("available_on")).dt.total_days()
    aged = pl.when(is_tpu(pl.col("chip")) | (days > 0)).then(days).otherwise(0)
    value = pl.col("list_price_usd_per_gpu") * pl.lit(ORDER).pow(-trend * aged / constants["days_per_year"])
    hours = pl.col("method_gpu_hours")
    hardware = pl.col("value_usd_per_gpu") * trend * pl.lit(ORDER).log() / constants["hours_per_year"] * hours
    network = constants["interconnect_share"] / (1 - constants["interconnect_share"])
    return (
        priced.pipe(_with_power, given)
        .with_columns(value.alias("value_usd_per_gpu"))
        .with_columns(hardware.alias("hardware"))
        .with_columns(
            (pl.col("hardware") / pl.col("server_overhead_ratio")).alias("accelerator_cost_usd"),
            (pl.col("hardware") * network).alias("interconnect_cost_usd"),
            (pl.col("power_kw") * hours * pl.col("energy_usd_per_kwh")).alias("energy_cost_usd"),
        )
        .with_columns(
            pl.lit("amortized").alias("price_basis"),
            (pl.col("hardware") - pl.col("accelerator_cost_usd")).alias("server_cost_usd"),
            (pl.col("hardware") + pl.col("interconnect_cost_usd") + pl.col("energy_cost_usd")).alias("cost"),
            _refused(
                (hours.is_null() & lost(*HOURS_CELLS), "set_aside"),
                (hours.is_null() & pl.col("training_compute_flop").is_null(), "hours_not_disclosed"),
                (hours.is_null() & lost(*PEAK_CELLS, of="emptied_of_chip"), "set_aside"),
                (hours.is_null(), "peak_unknown"),
                (~has_possible_hours(hours), "implausible_hours"),
                (value.is_null(), "no_price"),
                (pl.col("power_kw").is_null() & lost("tdp_w", of="emptied_of_chip"), "set_aside"),
                (pl.col("power_kw").is_null(), "power_unknown"),
            ).alias("cost_missing_reason"),
            pl.concat_list(
                _common_flags(),
                flagged(
                    assumed_utilization=(pl.col("hours_basis") == "compute") & pl.col("utilization_ratio").is_null(),
                    known_utilization=(pl.col("hours_basis") == "compute") & pl.col("utilization_ratio").is_not_null(),
                    energy_year_carried=pl.col("energy_year") != pl.col("year"),
                    **_price_flags(),
                ),
            ).alias("flags"),
        )
    )


def _with_power(runs: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Power of a chip with its share of server, cooling and idling (kW), and the electricity price of the year."""
    constants, rules = given.constants, given.rules
    told = rules.first_part_of(runs, "chip", "tpu_power").select("chip", pl.col("value").alias("told_w"))
    node = rules.first_part_of(runs, "chip", "node_power").select("chip", pl.col("value").alias("node_power_ratio"))
    big = (
        runs.select("developer")
        .unique()
        .with_columns(pl.col("developer").str.to_lowercase().alias("lowered"))
        .join(rules.of("hyperscaler").select("subject"), how="cross")
        .filter(pl.col("lowered").str.contains(pl.col("subject"), literal=True))
        .select("developer", pl.lit(constants["pue_hyperscaler_ratio"]).alias("pue_ratio"))
        .unique()
    )
    kwh = rules.of("electricity_price").select(
        pl.col("subject").cast(pl.Int64).alias("energy_year"), pl.col("value").alias("energy_usd_per_kwh")
    )
    years = kwh.select(pl.col("energy_year").min().alias("first"), pl.col("energy_year").max().alias("last"))
    load = pl.when(is_tpu(pl.col("chip"))).then(constants["load_tpu_ratio"]).otherwise(constants["load_gpu_ratio"])
    return (
        runs.join(told, on="chip", how="left")
        .join(node, on="chip", how="left")
        .join(big, on="developer", how="left")
        .join(years, how="cross")
        .with_columns(pl.col("year").cast(pl.Int64).clip(pl.col("first"), pl.col("last")).alias("energy_year"))
        .join(kwh, on="energy_year", how="left")
        .with_columns(pl.coalesce("tdp_w", "told_w").alias("tdp_w"))
        .with_columns(
            (
                pl.col("tdp_w")
                / WATTS_PER_KILOWATT
                * pl.col("node_power_ratio").fill_null(constants["usual_node_power_ratio"])
                * load
                * pl.col("pue_ratio").fill_null(constants["pue_other_ratio"])
            ).alias("power_kw")
        )
    )


def _purchase(priced: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Chips x list price with servers, not depreciated, with the network."""
    count = pl.col("gpu_count")
    servers = count * pl.col("list_price_usd_per_gpu")
    return priced.with_columns(
        pl.lit("purchase").alias("price_basis"),
        (servers / (1 - given.constants["interconnect_share"])).alias("cost"),
        _refused(
            (count.is_null() & lost("gpu_count"), "set_aside"),
            (count.is_null(), "gpu_count_not_disclosed"),
            (pl.col("list_price_usd_per_gpu").is_null(), "no_price"),
        ).alias("cost_missing_reason"),
        pl.concat_list(_common_flags(), flagged(**_price_flags())).alias("flags"),
    )


def _rental(runs: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Price of a chip-hour at three-year terms x chips x duration; no other basis for the hours is tried."""
    prices = rental_prices(runs, given.prices, given.rules)
    hours, duration = pl.col("multiplied_gpu_hours"), pl.col("wall_clock_hours")
    return runs.join(prices, on="model_name", how="left").with_columns(
        pl.lit("rental").alias("price_basis"),
        hours.alias("method_gpu_hours"),
        pl.when(hours.is_not_null()).then(pl.lit("count_x_hours")).alias("hours_basis"),
        pl.lit(None, pl.Float64).alias("used_utilization_ratio"),
        (pl.col("method_price_usd_per_gpu_hour") * hours).alias("cost"),
        _refused(
            (duration.is_null() & lost("wall_clock_hours"), "set_aside"),
            (duration.is_null() & pl.col("stated_gpu_hours").is_not_null(), "duration_not_disclosed"),
            (duration.is_null(), "hours_not_disclosed"),
            (hours.is_null() & lost("gpu_count"), "set_aside"),
            (hours.is_null(), "gpu_count_not_disclosed"),
            (~has_possible_hours(hours), "implausible_hours"),
            (pl.col("method_price_usd_per_gpu_hour").is_null(), "no_price"),
        ).alias("cost_missing_reason"),
        pl.concat_list(
            _common_flags(),
            flagged(
                look_ahead_price=pl.col("price_observed_on") > pl.col("acquired_on"),
                cell_set_aside=pl.col("has_emptied_price"),
                outlier_price=pl.col("is_outlier_price"),
            ),
        ).alias("flags"),
    )


def _common_flags() -> pl.Expr:
    return pl.concat_list(
        "flags",
        flagged(
            imputed_chip=pl.col("is_imputed"),
            repeated_chip=pl.col("is_listed_twice"),
            cell_set_aside=pl.col("has_emptied_cell"),
            date_by_name=pl.col("is_date_told"),
            implausible_utilization=pl.col("is_implausible"),
            before_release=pl.col("started_on") < pl.col("released_on"),
            assumed_run_time=pl.col("wall_clock_hours").is_null() & ~pl.col("is_start_told"),
        ),
    )


def _price_flags() -> dict[str, pl.Expr]:
    return {
        "look_ahead_price": pl.col("price_observed_on") > pl.col("started_on"),
        "unlike_family": pl.col("is_unlike_family"),
        "release_unknown": pl.col("is_known") & pl.col("released_on").is_null(),
        "cell_set_aside": pl.col("has_emptied_price"),
        "outlier_price": pl.col("is_outlier_price"),
        "unlisted_price": pl.col("has_unlisted_price"),
    }


def _deflated(costs: pl.LazyFrame, given: Inputs) -> pl.LazyFrame:
    """Amounts in dollars of the publication, and of the method's month; a month not in the index is not adjusted."""
    month = given.rules.of("index_month").select(pl.col("outcome").str.to_date("%Y-%m-%d").alias("observed_on"))
    reference = given.index.join(month, on="observed_on").select(pl.col("index_value").alias("reference"))
    months = given.index.select(pl.col("observed_on").alias("month"), "index_value")
    is_costed = pl.col("cost_missing_reason").is_null() & pl.col("cost").is_finite() & (pl.col("cost") > 0)
    factor = (pl.col("reference") / pl.col("index_value")).fill_null(1)
    unknown = pl.col("index_value").is_null() | pl.col("reference").is_null()
    return (
        costs.with_columns(pl.col("published_on").dt.truncate("1mo").alias("month"))
        .join(months, on="month", how="left")
        .join(reference, how="left", left_on=pl.lit(1), right_on=pl.lit(1))
        .with_columns(
            pl.lit(METHOD).alias("method_id"),
            pl.when(is_costed).then("cost").alias("published_method_cost_usd"),
            pl.when(is_costed).then(pl.col("cost") * factor).alias("published_method_cost_usd_2025_06"),
            pl.when(is_costed)
            .then(None)
            .otherwise(pl.coalesce("cost_missing_reason", pl.lit("no_price")))
            .alias("cost_missing_reason"),
            pl.concat_list("flags", flagged(not_deflated=unknown & is_costed)).list.unique().list.sort().alias("flags"),
        )
    )
