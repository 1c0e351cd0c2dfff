"""What a model would cost if something were otherwise: asked of the published ledger, answered without a build.

The core tables are read from the published file and go through the functions that cost the ledger itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.contracts.types import USD
from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from pipelines.costing.disclosure import disclosure_by_model, disclosure_by_scope
from pipelines.costing.inputs import Inputs
from pipelines.costing.model_costs import GRAIN
from pipelines.costing.overrides import PROXY, Overrides, rented
from pipelines.costing.scenarios import scenario_model_costs, scenario_phase_costs
from pipelines.warehouse.answers import LEAST_LIKENESS, SUGGESTIONS, Ledger
from pipelines.warehouse.costing_inputs import costing_inputs
from pipelines.warehouse.faults import LedgerError
from pipelines.warehouse.sides import Deflator
from pipelines.wording import unit_price

LIST_HARDWARE = '`costledger query "select hardware_id, name from core.hardware"`'


class UnknownHardwareError(LedgerError):
    """No accelerator has that id or name.

    Attributes:
        did_you_mean: ids of the nearest.
    """

    kind = "unknown_hardware"

    def __init__(self, message: str, did_you_mean: list[str]) -> None:
        """Keep the nearest."""
        super().__init__(message)
        self.did_you_mean = did_you_mean


class PricedTwiceError(LedgerError):
    """An accelerator is given two prices, under two spellings."""

    kind = "priced_twice"


@dataclass(frozen=True)
class Dollars:
    """Dollars of a year, by a price index in its newest vintage."""

    year: int
    price_index_id: str


@dataclass(frozen=True)
class Alternative:
    """A cost of the model, as the ledger has it and as it would be.

    Attributes:
        difference_usd: the one less the other, where they are of the same phases.
        cost_ratio: the one over the other, likewise.
        difference_missing_reason: why there is neither (vocabulary_questions.DIFFERENCE_MISSING_REASON).
        is_lower_bound: whether the cost as it would be is a floor.
        is_default_lower_bound: whether the cost as the ledger has it is one.
        changed_inputs: what changed in it (vocabulary_questions.SCENARIO_FLAG).
    """

    scope: str
    price_basis: str
    default_low_usd: float | None
    default_usd: Decimal | None
    default_high_usd: float | None
    low_usd: float | None
    cost_usd: Decimal | None
    high_usd: float | None
    difference_usd: Decimal | None
    cost_ratio: float | None
    difference_missing_reason: str | None
    is_lower_bound: bool
    is_default_lower_bound: bool
    changed_inputs: list[str]
    cost_missing_reason: str | None


@dataclass(frozen=True)
class Change:
    """One thing that is asked to be otherwise, and what it does.

    Attributes:
        name: what it is.
        value: what it is taken to be.
        effect: in words: what it was, and how many phases it changes.
        has_effect: whether any cost of the model follows it.
    """

    name: str
    value: str
    effect: str
    has_effect: bool


@dataclass(frozen=True)
class Answer:
    """What a model costs, and would cost.

    Attributes:
        dollars_of_year: the year in whose dollars all amounts stand; None for dollars of the day.
        price_index_id: the index that converted them.
        index_vintage_on: its vintage.
    """

    model_id: str
    model_name: str
    as_of_on: date
    dollars_of_year: int | None
    price_index_id: str | None
    index_vintage_on: date | None
    changes: list[Change]
    costs: list[Alternative]


def hardware_ids(ledger: Ledger, prices: Mapping[str, float]) -> dict[str, float]:
    """Prices by the ids of accelerators that are given by id or exact name, in any case.

    Raises:
        UnknownHardwareError: there is no such accelerator (with the nearest).
        PricedTwiceError: two of them are the same accelerator.
    """
    rows = ledger.fetch("select hardware_id, name from core.hardware order by hardware_id")
    spelt = {str(spelling).casefold(): str(row[0]) for row in rows for spelling in reversed(row)}
    found = {}
    for name, price in prices.items():
        hardware_id = spelt.get(name.strip().casefold())
        if hardware_id is None:
            near = _nearest(name, rows)
            hint = f": did you mean {', '.join(near)}?" if near else f": see {LIST_HARDWARE}"
            raise UnknownHardwareError(f"no accelerator has the id or name {name!r}{hint}", near)
        if hardware_id in found:
            raise PricedTwiceError(f"{hardware_id} is given twice, last as {name!r}: give it one price")
        found[hardware_id] = price
    return found


def _nearest(text: str, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    from rapidfuzz import fuzz, process, utils

    spellings = [(str(row[0]), str(spelling)) for row in rows for spelling in row]
    like = process.extract(
        text,
        [spelling for _, spelling in spellings],
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        score_cutoff=LEAST_LIKENESS,
        limit=4 * SUGGESTIONS,
    )
    return list(dict.fromkeys(spellings[index][0] for _, _, index in like))[:SUGGESTIONS]


def what_if(
    ledger: Ledger,
    model_id: str,
    overrides: Overrides,
    as_of: date | None = None,
    dollars: Dollars | None = None,
    scope: str = "cumulative",
) -> Answer:
    """What a model would cost under some changes, beside what the ledger says.

    Args:
        ledger: the published file.
        model_id: the model; must be known.
        overrides: what is otherwise; accelerators by their ids.
        as_of: day on which `rental_now` is priced; that of the newest release when not given.
        dollars: in whose dollars all amounts are to stand; those of the day when not given.
        scope: whose phases are counted where it is said what a change does; the costs are of every scope.

    Raises:
        UnknownIndexError: the index is not known, or does not cover the model, the day or the year.
        UnreadableLedgerError: the file has other tables than this program expects.
    """
    try:
        return _answer(ledger, model_id, overrides, as_of, dollars, scope)
    except pl.exceptions.ColumnNotFoundError as error:
        raise ledger.of_another_version(error) from error


def _answer(
    ledger: Ledger, model_id: str, overrides: Overrides, as_of: date | None, dollars: Dollars | None, scope: str
) -> Answer:
    released_on = ledger.fetch("select max_by(as_of_on, published_at) from history.releases")[0][0]
    day = as_of or released_on
    given = costing_inputs(ledger, model_id)
    inputs = Inputs(
        given["phases"],
        given["models"],
        given["hardware"],
        given["quotes"],
        given["constants"],
        given["electricity"],
        as_of=day,
    )
    by_model = disclosure_by_model(
        given["members"], given["costs"], given["phases"], given["models"], given["lineage"], given["rejected"]
    )
    also = ("rental_now",) if day != released_on else ()
    priced = scenario_phase_costs(inputs, {"asked": overrides}, also)
    changed = scenario_model_costs(
        given["members"], given["costs"], priced, given["models"], disclosure_by_scope(given["members"], by_model)
    )
    names = [name for name in given["usual"].columns if name in changed.columns]
    kept = given["usual"].join(changed, on=GRAIN, how="anti")
    rows = pl.concat(
        [
            kept.select(*names, pl.lit(value=True).alias("has_same_phases")),
            changed.select(*names, "has_same_phases"),
        ],
        how="vertical_relaxed",
    )
    members = given["members"].filter(pl.col("scope") == scope)["member_model_id"]
    is_counted = pl.col("model_id").is_in(members.implode()) & (pl.col("row_role") == "primary")
    counted = given | {name: given[name].filter(is_counted) for name in ("phases", "costs")}
    changes = _changes(overrides, counted, priced.filter(is_counted))
    if as_of is not None:
        changes.append(_new_day(day, released_on, counted["costs"], priced))
    costs, usual, vintage_on = rows, given["usual"], None
    if dollars is not None:
        released = ledger.model(model_id).released_on
        of_release, of_day, of_ledger = (
            ledger.deflator(dollars.price_index_id, month, dollars.year) for month in (released, day, released_on)
        )
        of_today = ["rental_now", "rental"] if overrides.rental_terms == "rental_now" else ["rental_now"]
        costs = _in_year(rows, of_release, of_day, of_today)
        usual = _in_year(usual, of_release, of_ledger, ["rental_now"])
        vintage_on = of_release.vintage_on
    name = given["models"].filter(pl.col("model_id") == model_id)["name"].item()
    year, index = (dollars.year, dollars.price_index_id) if dollars else (None, None)
    return Answer(model_id, str(name), day, year, index, vintage_on, changes, _beside(usual, costs))


def _in_year(costs: pl.DataFrame, of_release: Deflator, of_today: Deflator, priced_today: list[str]) -> pl.DataFrame:
    """Costs in dollars of a year: those of bases priced on the day from its dollars, the others from the release's."""
    is_of_today = pl.col("price_basis").is_in(priced_today)
    ratio = pl.when(is_of_today).then(of_today.deflator_ratio).otherwise(of_release.deflator_ratio)
    amounts = {
        name: dtype for name, dtype in costs.schema.items() if name.startswith("cost_") and name.endswith("_usd")
    }
    return costs.with_columns(
        (pl.col(name).cast(pl.Float64) * ratio).round(USD.scale).cast(dtype).alias(name)
        for name, dtype in amounts.items()
    )


def _beside(usual: pl.DataFrame, rows: pl.DataFrame) -> list[Alternative]:
    key = ["scope", "price_basis"]
    others = usual.select(*key, pl.col("^(cost_.*_usd|is_lower_bound)$").name.prefix("usual_"))
    found = []
    for row in rows.join(others, on=key, how="left").iter_rows(named=True):
        mid, default, reason = row["cost_mid_usd"], row["usual_cost_mid_usd"], _why_not_compared(row)
        found.append(
            Alternative(
                scope=row["scope"],
                price_basis=row["price_basis"],
                default_low_usd=row["usual_cost_low_usd"],
                default_usd=default,
                default_high_usd=row["usual_cost_high_usd"],
                low_usd=row["cost_low_usd"],
                cost_usd=mid,
                high_usd=row["cost_high_usd"],
                difference_usd=None if reason else mid - default,
                cost_ratio=None if reason else float(mid / default),
                difference_missing_reason=reason,
                is_lower_bound=row["is_lower_bound"],
                is_default_lower_bound=row["usual_is_lower_bound"],
                changed_inputs=[flag for flag in row["flags"] if flag.startswith("scenario_")],
                cost_missing_reason=row["cost_missing_reason"],
            )
        )
    scopes, bases = list(COST_SCOPE), list(PRICE_BASIS)
    return sorted(found, key=lambda cost: (scopes.index(cost.scope), bases.index(cost.price_basis)))


def _why_not_compared(row: Mapping[str, Any]) -> str | None:
    """Why the two costs are not set against each other, in the words of marts.scenario_costs."""
    if row["cost_mid_usd"] is None or row["usual_cost_mid_usd"] is None:
        return "no_cost"
    if row["is_lower_bound"] != row["usual_is_lower_bound"]:
        return "floor_beside_whole"
    return None if row["has_same_phases"] else "other_phases_priced"


# ---- what each change does


def _changes(overrides: Overrides, given: dict[str, pl.DataFrame], priced: pl.DataFrame) -> list[Change]:
    """Every change that was asked for, with its effect in words; phases and costs given are those that are counted."""
    found = [_price(hardware_id, overrides.prices, given) for hardware_id in overrides.prices]
    primary = given["phases"]
    if overrides.rental_terms is not None:
        found.append(Change("terms", overrides.rental_terms, f"rental is priced as {overrides.rental_terms}", True))
    if overrides.utilization_ratio is not None:
        moved = priced.filter(pl.col("flags").list.contains("scenario_utilization"))
        count, other = moved["phase_id"].n_unique(), primary.height - moved["phase_id"].n_unique()
        rest = f"; the hours of {_phases(other)} neither come from compute nor imply a utilisation" if other else ""
        effect = f"changes the hours of {_phases(count)}{rest}" if count else f"changes nothing{rest}"
        found.append(Change("utilization", f"{overrides.utilization_ratio:g}", effect, count > 0))
    if overrides.hours_factor is not None:
        has_hours = pl.any_horizontal(pl.col("gpu_hours", "gpu_hours_low", "gpu_hours_high").is_not_null())
        count = given["costs"].filter(has_hours)["phase_id"].n_unique() if overrides.hours_factor != 1 else 0
        nothing = "changes nothing" if overrides.hours_factor == 1 else "changes nothing: no phase has any hours"
        effect = f"multiplies the hours of {_phases(count)}" if count else nothing
        found.append(Change("hours factor", f"{overrides.hours_factor:g}", effect, count > 0))
    return found


def _phases(count: int) -> str:
    return f"{count} phase" if count == 1 else f"{count} phases"


def _price(hardware_id: str, prices: Mapping[str, float], given: dict[str, pl.DataFrame]) -> Change:
    """What a price does: which phases ran on the accelerator, or are priced by it, and at what price until now.

    An accelerator with a given price of its own is not priced by the one that stands in for it.
    """
    is_stand_in = (pl.col("price_proxy_hardware_id") == hardware_id) & ~pl.col("hardware_id").is_in(list(prices))
    stand_in = given["hardware"].filter(is_stand_in)["hardware_id"]
    is_own = pl.col("hardware_id") == hardware_id
    is_stood_in = pl.col("hardware_id").is_in(stand_in.implode()) & (
        pl.col("flags").list.contains(PROXY) | pl.col("unit_price_usd_per_gpu_hour").is_null()
    )
    is_stated = pl.col("price_basis").eq("disclosed") & pl.col("unit_price_usd_per_gpu_hour").is_not_null()
    priced = given["costs"].filter(
        is_own | (is_stood_in & pl.col("price_basis").ne("disclosed")),
        pl.col("price_basis").is_in(rented()) | is_stated,
    )
    count = priced["phase_id"].n_unique()
    value = f"{unit_price(prices[hardware_id])} an hour"
    if not count:
        effect = "changes nothing: no phase that is counted ran on it or is priced by it"
        return Change(hardware_id, value, effect, has_effect=False)
    until_now = (
        priced.drop_nulls("unit_price_usd_per_gpu_hour")
        .group_by("price_basis")
        .agg(pl.col("unit_price_usd_per_gpu_hour").min().alias("low"), pl.col("unit_price_usd_per_gpu_hour").max())
        .sort("price_basis")
    )
    told = [
        f"{basis} ${low:,.2f}" + (f" to ${high:,.2f}" if high > low else "")
        for basis, low, high in until_now.select("price_basis", "low", "unit_price_usd_per_gpu_hour").iter_rows()
    ]
    was = f", instead of {', '.join(told)}" if told else ", which had no price"
    return Change(hardware_id, value, f"prices {_phases(count)}{was}", has_effect=True)


def _new_day(day: date, released_on: date, usual: pl.DataFrame, priced: pl.DataFrame) -> Change:
    if day == released_on:
        return Change("as of", day.isoformat(), "changes nothing: it is the day of the ledger", has_effect=False)
    name = "unit_price_usd_per_gpu_hour"
    now = usual.filter(pl.col("price_basis") == "rental_now").select("phase_id", pl.col(name).alias("was"))
    then = priced.filter(pl.col("price_basis") == "rental_now").select("phase_id", name)
    moved = now.join(then, on="phase_id").filter(pl.col(name).ne_missing(pl.col("was"))).height
    effect = f"prices {_phases(moved)} otherwise than" if moved else "changes no price of"
    return Change("as of", day.isoformat(), f"{effect} {released_on.isoformat()}", moved > 0)
