"""What a scenario changes, applied to the inputs of the ordinary costing functions; those compute the rest.

A start stays where it is: a scenario with other hours is not priced on another day for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.contracts.types import HOURS, LEAST_HOURS, UNIT_PRICE
from pipelines.costing.constants import DEFAULT_METHOD, Constants
from pipelines.costing.price_bases import PRICE_BASES
from pipelines.costing.price_bases.basis import PRICE_COLUMNS
from pipelines.costing.runs import flagged

RENTAL, DISCLOSED, PROXY = "rental", "disclosed", "proxy_price"
OF_ASSUMED_HOURS = "assumed_utilization"
ENDS = ("hours_low", "hours_mid", "hours_high")


@dataclass(frozen=True)
class Overrides:
    """What is changed.

    Attributes:
        prices: USD per GPU-hour by hardware_id, for every rent, and for the developer's own price where one is stated.
        rental_terms: the price basis on whose terms `rental` is priced, one of RENTED.
        utilization_ratio: share of the 16-bit peak that runs reach, where hours follow from it or imply one.
        hours_factor: what all hours are multiplied by.
        constants: values of the method's constants.
        method_id: the method whose constants are taken; the ledger's own when not given.
    """

    prices: Mapping[str, float] = field(default_factory=dict)
    rental_terms: str | None = None
    utilization_ratio: float | None = None
    hours_factor: float | None = None
    constants: Mapping[str, float] = field(default_factory=dict)
    method_id: str | None = None

    @property
    def has_other_constants(self) -> bool:
        """Whether prices and runs are to be found anew, and not only changed."""
        return bool(self.constants) or self.method_id is not None

    @property
    def method_flags(self) -> list[str]:
        """What is told of every cost, whatever it is made of: the constants are others."""
        told = {"scenario_constants": bool(self.constants), "scenario_method": self.method_id is not None}
        return [flag for flag, holds in told.items() if holds]


def rented() -> list[str]:
    """Names of the price bases that rent by the hour."""
    return [name for name in PRICE_BASES if name.startswith(RENTAL)]


def with_constants(constants: pl.DataFrame, overrides: Overrides) -> pl.DataFrame:
    """core.method_constants with other values; ends that a changed constant has become that value too.

    The constants of another method stand under the id of the ledger's own.
    """
    if overrides.method_id is not None:
        constants = constants.filter(pl.col("method_id") == overrides.method_id).with_columns(
            pl.lit(DEFAULT_METHOD).alias("method_id")
        )
    if not overrides.constants:
        return constants
    changed = (pl.col("method_id") == DEFAULT_METHOD) & pl.col("constant_id").is_in(list(overrides.constants))
    value = pl.col("constant_id").replace_strict(dict(overrides.constants), default=None, return_dtype=pl.Float64)
    names = [name for name in ("value", "value_low", "value_high") if name in constants.columns]
    return constants.with_columns(
        pl.when(changed & pl.col(name).is_not_null()).then(value).otherwise(name).alias(name) for name in names
    )


def with_hours(runs: pl.LazyFrame, constants: Constants, phases: pl.DataFrame, overrides: Overrides) -> pl.LazyFrame:
    """The runs with other hours.

    At a given utilisation, hours taken from compute become compute over peak times it; disclosed hours that plausibly
    imply a utilisation are multiplied by that over the given one. Other hours do not depend on it and stay.

    Args:
        runs: result of `costing.runs.runs`.
        constants: of the method that made them.
        phases: core.training_phases (for what the hours imply).
        overrides: what is changed.

    Returns:
        The runs; hours that changed are flagged, and never less than can be held.
    """
    if overrides.utilization_ratio is None and overrides.hours_factor is None:
        return runs
    asked, usual = overrides.utilization_ratio, constants["usual_utilization_ratio"]
    is_assumed = pl.col("flags").list.contains(OF_ASSUMED_HOURS)
    implied = phases.lazy().select(
        "phase_id",
        pl.when(~pl.col("flags").list.contains("implausible_utilization"))
        .then("implied_utilization_ratio")
        .alias("implied"),
    )
    by_use = (
        pl.when(asked is None)
        .then(None)
        .when(is_assumed)
        .then(usual / (asked or usual))
        .otherwise(pl.col("implied") / (asked or usual))
    )
    hours = [
        pl.when(is_assumed & pl.lit(asked is not None)).then("hours_mid").otherwise(end).alias(end) for end in ENDS
    ]
    factor = pl.lit(overrides.hours_factor or 1.0)
    added = flagged(
        scenario_utilization=pl.col("by_use").is_not_null(), scenario_hours=pl.lit(overrides.hours_factor is not None)
    )
    kept = pl.when(pl.col("by_use").is_not_null()).then(pl.col("flags").list.set_difference([OF_ASSUMED_HOURS]))
    return (
        runs.join(implied, on="phase_id", how="left")
        .with_columns(by_use.alias("by_use"), *hours)
        .with_columns(
            *(
                (pl.col(end).cast(pl.Float64) * factor * pl.col("by_use").fill_null(1.0))
                .clip(lower_bound=LEAST_HOURS)
                .round(HOURS.scale)
                .cast(HOURS)
                .alias(end)
                for end in ENDS
            ),
            pl.concat_list(kept.otherwise("flags"), added).alias("flags"),
        )
        .drop("implied", "by_use")
    )


def touched_bases(overrides: Overrides) -> list[str]:
    """Names of the price bases whose costs a scenario may change; what is bought follows no hours."""
    if overrides.has_other_constants:
        return list(PRICE_BASES)
    has_other_hours = overrides.hours_factor is not None or overrides.utilization_ratio is not None
    by_hours = {name for name, basis in PRICE_BASES.items() if basis.is_per_hour and has_other_hours}
    by_price = {*rented(), DISCLOSED} if overrides.prices else set()
    by_terms = {RENTAL} if overrides.rental_terms is not None else set()
    return [name for name in PRICE_BASES if name in by_hours | by_price | by_terms]


def needed_bases(overrides: Overrides, also: Collection[str] = ()) -> list[str]:
    """Names of the price bases to look prices up on: those touched, those asked for besides, and whose terms apply."""
    needed = {*touched_bases(overrides), *also, *([overrides.rental_terms] if overrides.rental_terms else [])}
    return [name for name in PRICE_BASES if name in needed]


def with_prices(
    prices: pl.DataFrame, phases: pl.DataFrame, hardware: pl.DataFrame, overrides: Overrides
) -> pl.DataFrame:
    """The prices of runs under a scenario.

    Args:
        prices: result of `phase_costs.prices_on`.
        phases: core.training_phases (for the accelerator of each run).
        hardware: core.hardware (for what stands in for what).
        overrides: what is changed.

    Returns:
        The same rows; prices that changed are flagged.
    """
    if overrides.rental_terms is not None:
        prices = _on_terms(prices, overrides.rental_terms)
    return _at_prices(prices, phases, hardware, overrides.prices) if overrides.prices else prices


def _on_terms(prices: pl.DataFrame, terms: str) -> pl.DataFrame:
    """`rental`, priced as another basis is."""
    flags = pl.concat_list(pl.col("price_flags").fill_null([]), pl.lit(["scenario_terms"], pl.List(pl.String)))
    rental = prices.filter(pl.col("price_basis") == terms).with_columns(
        pl.lit(RENTAL).alias("price_basis"),
        flags.alias("price_flags"),  # also where these terms have no price: they are why there is no cost
    )
    return pl.concat([prices.filter(pl.col("price_basis") != RENTAL), rental])


def _at_prices(
    prices: pl.DataFrame, phases: pl.DataFrame, hardware: pl.DataFrame, by_hardware: Mapping[str, float]
) -> pl.DataFrame:
    """Given prices.

    Rent takes a given price whether it had one or not, of the accelerator or of the one that stands in for it; a
    developer's price is replaced only where one is stated.
    """
    given = pl.LazyFrame(
        {"hardware_id": list(by_hardware), "own": [str(price) for price in by_hardware.values()]},
        schema={"hardware_id": pl.String, "own": pl.String},
    ).with_columns(pl.col("own").cast(UNIT_PRICE))
    stand_ins = hardware.lazy().select("hardware_id", pl.col("price_proxy_hardware_id").alias("stand_in"))
    of_stand_in = given.rename({"hardware_id": "stand_in", "own": "other"})
    is_priced = pl.col("unit_price").is_not_null()
    has_stand_in = ~is_priced | pl.col("price_flags").list.contains(PROXY)
    is_rented = pl.col("price_basis").is_in(rented())
    found = pl.coalesce("own", pl.when(has_stand_in).then("other"))
    amounts = ("unit_price", "unit_price_low", "unit_price_high")
    flags = pl.lit(["scenario_price"], pl.List(pl.String))
    replaced = {name: pl.lit(None, dtype) for name, dtype in PRICE_COLUMNS.items() if name != "phase_id"} | {
        **dict.fromkeys(amounts, pl.col("given")),
        "price_flags": flags,
    }
    return (
        prices.lazy()
        .join(phases.lazy().select("phase_id", "hardware_id"), on="phase_id", how="left")
        .join(stand_ins, on="hardware_id", how="left")
        .join(given, on="hardware_id", how="left")
        .join(of_stand_in, on="stand_in", how="left")
        .with_columns(pl.when(is_rented | (pl.col("price_basis").eq(DISCLOSED) & is_priced)).then(found).alias("given"))
        .with_columns(
            pl.when(pl.col("given").is_not_null()).then(value).otherwise(name).alias(name)
            for name, value in replaced.items()
        )
        .select(prices.columns)
        .collect()
    )


def overrides_of(
    scenarios: pl.DataFrame, prices: pl.DataFrame, constants: pl.DataFrame
) -> Iterable[tuple[str, Overrides]]:
    """Each scenario's id and what it changes.

    Args:
        scenarios: core.scenarios, whole ones (`scenario_faults`).
        prices: core.scenario_prices.
        constants: core.scenario_constants.
    """

    def of(frame: pl.DataFrame, scenario_id: str, key: str, value: str) -> dict[str, float]:
        chosen = frame.filter(pl.col("scenario_id") == scenario_id)
        return dict(zip(chosen[key], chosen[value], strict=True))

    told = ["scenario_id", "rental_terms", "utilization_ratio", "hours_factor", "method_id"]
    ordered = scenarios.sort("scenario_id")
    for scenario_id, terms, utilization, factor, method_id in zip(*(ordered[name] for name in told), strict=True):
        found = Overrides(
            prices=of(prices, scenario_id, "hardware_id", "price_usd_per_gpu_hour"),
            rental_terms=terms,
            utilization_ratio=utilization,
            hours_factor=factor,
            constants=of(constants, scenario_id, "constant_id", "value"),
            method_id=method_id,
        )
        yield scenario_id, found
