"""What moves a cost: for each phase and price basis its uncertain inputs, and the cost with one of them at an end.

Inputs of a price are those of the formula behind it; prices of a market and of a purchase have no parts. Taken one by
one they tell what an interval owes most to; the interval itself comes from all of them together (docs/methods.md,
intervals).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from pipelines.contracts.makeup import CostInputs
from pipelines.contracts.table import table_of
from pipelines.costing.constants import Constants
from pipelines.costing.intervals import Range, named
from pipelines.costing.price_bases import PRICE_BASES, Pricing
from pipelines.costing.price_bases.amortized import parts, used_up_at, years_until_start
from pipelines.costing.start_width import start_moves, what_is_assumed

KEY = ("phase_id", "price_basis", "input")
LESS, MORE = 0.75, 1.25
ALWAYS = pl.lit(value=True)


@dataclass(frozen=True)
class Input:
    """An input of a cost, as factors of the part of it that it moves.

    Attributes:
        name: member of vocabulary.SENSITIVITY_INPUT.
        low: factor where the input is at its 5% point.
        high: the same at its 95% point.
        less: where it is a quarter less; none for a day, of which there is no quarter.
        more: where it is a quarter more.
        share: of the cost, what it moves.
        is_there: whether the cost has this input.
        is_of_phase: whether it is an error of the phase alone, and not of all phases on the accelerator.
    """

    name: str
    low: pl.Expr
    high: pl.Expr
    less: pl.Expr | float | None = LESS
    more: pl.Expr | float | None = MORE
    share: pl.Expr | float = 1.0
    is_there: pl.Expr = ALWAYS
    is_of_phase: bool = False


def cost_inputs(pricing: Pricing, costs: pl.DataFrame) -> pl.DataFrame:
    """The inputs of every cost that has a middle.

    Args:
        pricing: as for the costs.
        costs: core.phase_costs.

    Returns:
        core.cost_inputs.
    """
    priced = costs.lazy().filter(pl.col("cost_mid_usd").is_not_null())
    by_hour = [name for name, basis in PRICE_BASES.items() if basis.is_per_hour]
    looked_up = [name for name, basis in PRICE_BASES.items() if basis.is_looked_up_by_start]
    is_hourly, is_amortized = pl.col("price_basis").is_in(by_hour), pl.col("price_basis") == "amortized"
    starts = _start(pricing.constants, pl.col("price_basis").is_in(looked_up))
    made_of_parts = priced.filter(is_amortized).join(_parts(pricing), on="phase_id", how="inner").collect().lazy()
    rows = [
        *_told(priced.filter(is_hourly), _hours()),
        *_told(priced, [starts]),
        *_told(priced.filter(~is_amortized), [_price(starts)]),
        *_told(made_of_parts, _of_parts(pricing.constants)),
    ]
    columns = {name: pl.col(name).cast(dtype) for name, dtype in table_of(CostInputs).dtypes.items()}
    return pl.concat(rows).select(**columns).sort(KEY).collect()


def _told(rows: pl.LazyFrame, inputs: list[Input]) -> Iterator[pl.LazyFrame]:
    """Rows of core.cost_inputs for each of the inputs."""
    for each in inputs:
        factors = {
            "cost_at_low_usd": each.low,
            "cost_at_high_usd": each.high,
            "cost_if_quarter_less_usd": each.less,
            "cost_if_quarter_more_usd": each.more,
        }
        accelerator = pl.coalesce("hardware_id", "phase_id")
        yield rows.filter(each.is_there).select(
            "phase_id",
            "price_basis",
            pl.lit(each.name).alias("input"),
            "model_id",
            (pl.col("phase_id") if each.is_of_phase else accelerator).alias("input_id"),
            "cost_mid_usd",
            *(_moved(each.share, factor).alias(name) for name, factor in factors.items()),
        )


def _moved(share: pl.Expr | float, factor: pl.Expr | float | None) -> pl.Expr:
    """The cost with a part of it multiplied."""
    if factor is None:
        return pl.lit(None, pl.Float64)
    return pl.col("cost_mid_usd").cast(pl.Float64) * (1 + share * (factor - 1))


def _hours() -> list[Input]:
    """Hours as they are disclosed; where they come from compute, the utilisation this was assumed to run at."""
    middle, low, high = (pl.col(name).cast(pl.Float64) for name in ("gpu_hours", "gpu_hours_low", "gpu_hours_high"))
    shorter, longer = (low / middle).fill_null(1.0), (high / middle).fill_null(1.0)
    is_assumed = pl.col("flags").list.contains("assumed_utilization")
    return [
        Input("hours", shorter, longer, is_there=~is_assumed, is_of_phase=True),
        Input("utilization", longer, shorter, 1 / LESS, 1 / MORE, is_there=is_assumed, is_of_phase=True),
    ]


def _start(constants: Constants, is_looked_up: pl.Expr) -> Input:
    """An assumed start, where the price is looked up by it: the earlier, the dearer."""
    is_assumed, is_run_time_assumed = what_is_assumed()
    later, earlier = start_moves(constants, is_run_time_assumed)
    return Input("start", earlier, later, less=None, more=None, is_there=is_looked_up & is_assumed)


def _price(start: Input) -> Input:
    """A price as it was found: what its ends have beyond those of the start."""
    middle, low, high = (
        pl.coalesce(f"{name}_usd_per_gpu_hour", f"{name}_usd_per_gpu").cast(pl.Float64)
        for name in ("unit_price", "unit_price_low", "unit_price_high")
    )

    def without_start(end: pl.Expr, moved: pl.Expr) -> pl.Expr:
        whole, of_start = (end / middle).log(), pl.when(start.is_there).then(moved.log()).otherwise(0.0)
        return (whole**2 - of_start**2).clip(lower_bound=0.0).sqrt()

    below, above = without_start(low, start.high), without_start(high, start.low)
    return Input("price", (-below).exp().fill_null(1.0), above.exp().fill_null(1.0))


def _parts(pricing: Pricing) -> pl.LazyFrame:
    """What `_of_parts` asks of each run."""
    figures = [f"{part}_{end}" for part in ("quote", "server", "used", "drawn_kw") for end in ("mid", "low", "high")]
    return parts(pricing).select(
        "phase_id",
        *figures,
        years_until_start().alias("years"),
        (pl.col("hardware_mid") / pl.col("hourly_mid")).alias("hardware_share"),
        pl.col("flags").list.contains("assumed_energy").alias("is_energy_assumed"),
    )


def _of_parts(constants: Constants) -> list[Input]:
    """The inputs of `amortized`, beside hours and start. Energy that is a usual share follows the hardware."""
    is_share = pl.col("is_energy_assumed")
    hardware, energy = pl.when(is_share).then(1.0).otherwise("hardware_share"), 1 - pl.col("hardware_share")
    quote, server, drawn = named("quote"), named("server"), named("drawn_kw")
    cheap, dear = (pl.lit(constants[f"electricity_price_width_{end}_ratio"]) for end in ("low", "high"))
    trend = constants.range("price_performance_trend_per_year")
    network, usual = constants.range("interconnect_share_ratio"), constants.range("energy_share_ratio")

    def used(value: pl.Expr) -> pl.Expr:
        return used_up_at(value, pl.col("years")) / pl.col("used_mid")

    def cluster(share: pl.Expr) -> pl.Expr:
        return (1 - network.mid) / (1 - share)

    def odds(share: pl.Expr) -> pl.Expr:
        return share / (1 - share) * (1 - usual.mid) / usual.mid

    def curved(name: str, factor: Callable[[pl.Expr], pl.Expr], value: Range) -> Input:
        ends = factor(value.low), factor(value.high)
        return Input(name, *ends, less=factor(value.mid * LESS), more=factor(value.mid * MORE), share=hardware)

    return [
        Input("price", quote.low / quote.mid, quote.high / quote.mid, share=hardware),
        Input(
            "server_overhead",
            server.low / server.mid,
            server.high / server.mid,
            share=hardware,
            is_there=server.mid > 1,
        ),
        curved("price_trend", used, trend),
        curved("interconnect", cluster, network),
        Input("power", drawn.low / drawn.mid, drawn.high / drawn.mid, share=energy, is_there=~is_share),
        Input("electricity_price", cheap, dear, share=energy, is_there=~is_share),
        replace(curved("energy_share", odds, usual), share=energy, is_there=is_share),
    ]
