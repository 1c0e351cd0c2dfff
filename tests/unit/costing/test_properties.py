"""Laws that hold for every ledger, on ledgers drawn at random and against sums made by walking the graph.

The oracle knows sets, decimals and the rules of METHODS 1.3, and nothing of frames or joins.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contracts.vocabulary import COST_SCOPE, FROM_SCRATCH_PHASES, PRICE_BASIS
from tests.unit.costing.builders import PRICED_ON, Row, TinyLedger, chip, edge, market, model, offer, phase

EXAMPLES = settings(max_examples=16, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
FEW_EXAMPLES = settings(EXAMPLES, max_examples=6)

AFTER_EVERY_START = date(2026, 6, 1)
SURE_START = {"start_width_days": 1e-9, "run_hours_width_low_ratio": 1, "run_hours_width_high_ratio": 1}
"""An assumed start that is as sure as a disclosed one: a lower end of hours costs that at the price itself."""

HARDWARE = (chip("big"), chip("small"), chip("bare"), chip("twin", price_proxy_hardware_id="big"))
RENT = {"big": Decimal("2.50"), "small": Decimal("1.25"), "twin": Decimal("2.50")}
OFFER = {"big": Decimal("30000.00"), "small": Decimal("799.99")}
QUOTES = (
    *market("2.50", hardware_id="big"),
    *market("1.25", hardware_id="small"),
    offer("30000.00", hardware_id="big"),
    offer("799.99", hardware_id="small"),
)
MODEL_IDS = tuple(f"m{number}" for number in range(6))
ENDS_ALONE = ("low", "high")
"""Ends that a phase may disclose alone."""
GHOST = "ghost"
"""A parent that no file describes."""


# ---- random ledgers ------------------------------------------------------------------------------------------------


def quantities() -> st.SearchStrategy[Row]:
    """What a phase may disclose: a point, a range whose middle is a whole number, one end, or nothing."""
    whole = st.integers(1, 10**6)
    point = st.decimals(Decimal("0.1"), 10**6, places=4).map(lambda hours: {"hours": hours})
    wide = st.builds(lambda low, factor: {"low": low, "high": low * factor**2}, whole, st.integers(1, 4))
    one_sided = st.builds(lambda end, hours: {end: hours}, st.sampled_from(ENDS_ALONE), whole)
    return st.one_of(point, point, wide, one_sided, st.just({}))


@st.composite
def phases_of(draw: st.DrawFn, model_id: str) -> list[Row]:
    """Up to three phases of a model."""
    return [
        phase(
            model_id,
            **draw(quantities()),
            phase_id=f"{model_id}-{number}",
            phase=draw(st.sampled_from(["pretraining", "full_training", "sft", "distillation"])),
            row_role=draw(
                st.sampled_from(["primary"] * 5 + ["context_only", "alternative", "estimate", "restated_base"])
            ),
            hardware_id=draw(st.sampled_from([row["hardware_id"] for row in HARDWARE])),
            **draw(st.sampled_from([{"started_on": None}, {}]) | st.builds(dict, gpu_count=st.integers(1, 5000))),
            stated_price=draw(st.sampled_from([None, None, "2.00", "0.75"])),
        )
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def lineages(draw: st.DrawFn, model_ids: tuple[str, ...]) -> list[Row]:
    """Weights without a cycle, data and teachers with any, each edge once."""
    edges: dict[tuple[str, str, str], Row] = {}
    older = [(child, parent) for number, child in enumerate(model_ids) for parent in model_ids[:number]]
    for child, parent in older:
        if draw(st.integers(0, 2)) == 0:
            counts_in = draw(st.sampled_from(["cumulative", "cumulative", "cumulative", "none"]))
            edges[child, parent, "weights"] = edge(child, parent, counts_in)
    for _ in range(draw(st.integers(0, 5))):
        child, parent = draw(st.sampled_from(model_ids)), draw(st.sampled_from([*model_ids, GHOST]))
        relation = draw(st.sampled_from(["data", "teacher"]))
        if child != parent:
            counts_in = draw(st.sampled_from(["cumulative", "effort", "none"]))
            edges[child, parent, relation] = edge(child, parent, counts_in, relation)
    return list(edges.values())


@st.composite
def ledgers(draw: st.DrawFn) -> TinyLedger:
    """A few models of two developers, what they disclose and what they stand on."""
    model_ids = MODEL_IDS[: draw(st.integers(2, len(MODEL_IDS)))]
    phases = [row for model_id in model_ids for row in draw(phases_of(model_id))]
    return TinyLedger(
        phases=[*phases, phase("anchor", 1, hardware_id="big")],
        edges=draw(lineages(model_ids)),
        quotes=QUOTES,
        hardware=HARDWARE,
        models=[model("anchor")]
        + [model(model_id, developer=draw(st.sampled_from(["Lab", "Shop"]))) for model_id in model_ids],
        method=SURE_START,
    )


# ---- the oracle ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hours:
    """Low, middle and high hours of a phase, as far as they are known."""

    low: Decimal | None
    middle: Decimal | None
    high: Decimal | None

    @property
    def is_known(self) -> bool:
        """Whether any of them is."""
        return (self.low, self.middle, self.high) != (None, None, None)


def hours_of(row: Row) -> Hours:
    """The hours a phase discloses."""
    point, low, high = row["gpu_hours"], row["gpu_hours_low"], row["gpu_hours_high"]
    if row["row_role"] == "context_only":
        return Hours(None, None, None)
    if point is not None:
        return Hours(point, point, point)
    middle = (low * high).sqrt() if low is not None and high is not None else None
    return Hours(low, middle, high)


def price_of(row: Row, price_basis: str) -> Decimal | None:
    """USD per hour of a phase."""
    if price_basis in ("rental_spot", "rental_1y", "rental_3y"):
        return None
    return row["stated_price_usd_per_gpu_hour"] if price_basis == "disclosed" else RENT.get(row["hardware_id"])


def cost_of(hours: Decimal, price: Decimal) -> Decimal:
    """Hours times price to the cent."""
    return (hours * price).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def members_of(tiny: TinyLedger, model_id: str, scope: str) -> set[str]:
    """The models counted in a scope, by walking edges."""

    def parents(child: str, counts_in: str) -> set[str]:
        return {
            row["parent_model_id"]
            for row in tiny.edges
            if row["child_model_id"] == child and row["counts_in"] == counts_in
        }

    if scope == "own":
        return {model_id}
    reached = {model_id} | parents(model_id, "effort")
    to_visit = [model_id] if scope == "cumulative" else []
    visited: set[str] = set()
    while to_visit:
        child = to_visit.pop()
        visited.add(child)
        to_visit += parents(child, "cumulative") - visited
    return reached | visited


def counted(tiny: TinyLedger, members: set[str]) -> list[Row]:
    """The phases that a sum over members is made of."""
    return [
        row
        for row in tiny.phases
        if row["model_id"] in members and row["row_role"] == "primary" and hours_of(row).is_known
    ]


def sum_or_floor(middles_and_lows: list[tuple[Decimal | None, Decimal | None]]) -> Decimal | None:
    """The sum of middles, a lower end standing in for a missing one; unknown without any middle."""
    if all(middle is None for middle, _ in middles_and_lows):
        return None
    return sum((middle or low or Decimal(0) for middle, low in middles_and_lows), Decimal(0))


def expected_hours(tiny: TinyLedger, members: set[str]) -> Decimal | None:
    """gpu_hours of a scope."""
    known = [hours_of(row) for row in counted(tiny, members)]
    return sum_or_floor([(hours.middle, hours.low) for hours in known])


def expected_cost(tiny: TinyLedger, members: set[str], price_basis: str) -> Decimal | None:
    """cost_mid_usd of a scope on a basis that multiplies hours."""
    ends: list[tuple[Decimal | None, Decimal | None]] = []
    for row in counted(tiny, members):
        price, hours = price_of(row, price_basis), hours_of(row)
        if price is not None:
            known = (cost_of(end, price) if end is not None else None for end in (hours.middle, hours.low))
            ends.append((next(known), next(known)))
    return sum_or_floor(ends)


def summed_phases(tiny: TinyLedger, members: set[str], price_basis: str) -> Decimal | None:
    """cost_mid_usd of a scope, from the costs of its phases."""
    chosen = [
        row
        for row in tiny.phase_costs.filter(row_role="primary", price_basis=price_basis).iter_rows(named=True)
        if row["model_id"] in members
    ]
    lows = [None if row["cost_low_usd"] is None else Decimal(f"{row['cost_low_usd']:.2f}") for row in chosen]
    return sum_or_floor([(row["cost_mid_usd"], low) for row, low in zip(chosen, lows, strict=True)])


def expected_purchase(tiny: TinyLedger, members: set[str]) -> Decimal | None:
    """cost_mid_usd of a scope when every cluster is bought once."""
    developers = {row["model_id"]: row["developer"] for row in tiny.models}
    largest: dict[tuple[str, str], int] = {}
    for row in tiny.phases:
        if row["model_id"] in members and row["row_role"] == "primary" and row.get("gpu_count"):
            cluster = (developers[row["model_id"]], row["hardware_id"])
            largest[cluster] = max(largest.get(cluster, 0), row["gpu_count"])
    costs = [count * OFFER[hardware] for (_, hardware), count in largest.items() if hardware in OFFER]
    return sum(costs, Decimal(0)) if costs else None


def is_incomplete(tiny: TinyLedger, member: str) -> bool:
    """Whether something that is known to exist is missing from what a member discloses."""
    own = [row for row in tiny.phases if row["model_id"] == member]
    expected = [row for row in own if row["row_role"] in ("primary", "context_only")]
    if not expected or any(not hours_of(row).is_known for row in expected):
        return True
    from_scratch = any(row["phase"] in FROM_SCRATCH_PHASES for row in expected)
    return not from_scratch and all(
        row["child_model_id"] != member or row["relation"] != "weights" for row in tiny.edges
    )


def rows(tiny: TinyLedger, **key: str) -> Iterator[Row]:
    """Rows of core.model_costs with this key."""
    return tiny.model_costs.filter(**key).iter_rows(named=True)


# ---- the laws ------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(ledgers())
def test_sums_are_those_of_a_walk_over_the_graph(tiny: TinyLedger) -> None:
    for row in tiny.model_costs.iter_rows(named=True):
        members = members_of(tiny, row["model_id"], row["scope"])
        assert row["gpu_hours"] == expected_hours(tiny, members)
        assert row["phase_count"] == len(counted(tiny, members))
        if row["price_basis"] == "purchase":
            assert row["cost_mid_usd"] == expected_purchase(tiny, members)
        elif row["price_basis"] == "amortized":
            assert row["cost_mid_usd"] == summed_phases(tiny, members, "amortized")
        else:
            assert row["cost_mid_usd"] == expected_cost(tiny, members, row["price_basis"])


@EXAMPLES
@given(ledgers())
def test_every_member_is_reached_and_stands_once(tiny: TinyLedger) -> None:
    for (model_id, scope), found in tiny.scope_members.group_by("model_id", "scope"):
        members = found["member_model_id"].to_list()
        assert sorted(members) == sorted(members_of(tiny, str(model_id), str(scope)))


@EXAMPLES
@given(ledgers())
def test_own_is_at_most_effort_is_at_most_cumulative(tiny: TinyLedger) -> None:
    for column in ("gpu_hours_low", "gpu_hours", "cost_low_usd", "cost_mid_usd"):
        wide = tiny.model_costs.pivot("scope", index=["model_id", "price_basis"], values=column)
        for narrow, wider in (("own", "effort"), ("effort", "cumulative")):
            assert wide.filter(pl.col(narrow).is_not_null() & pl.col(wider).is_null()).is_empty()
            assert wide.filter(pl.col(narrow) > pl.col(wider) + Decimal("0.01")).is_empty()


@EXAMPLES
@given(ledgers())
def test_the_costs_of_phases_add_up_to_own_exactly(tiny: TinyLedger) -> None:
    for row in rows(tiny, scope="own"):
        if row["price_basis"] == "purchase" or row["cost_mid_usd"] is None:
            continue
        phases = tiny.phase_costs.filter(
            pl.col("row_role") == "primary", model_id=row["model_id"], price_basis=row["price_basis"]
        )
        floors = phases["cost_mid_usd"].fill_null(phases["cost_low_usd"].cast(pl.Decimal(18, 2)))
        assert floors.sum() == row["cost_mid_usd"]


@EXAMPLES
@given(ledgers())
def test_there_is_one_row_for_every_model_scope_and_basis_and_unknown_is_never_zero(tiny: TinyLedger) -> None:
    keys = tiny.model_costs.select("model_id", "scope", "price_basis").rows()
    models = tiny.core_models["model_id"]
    assert keys == sorted((name, scope, basis) for name in models for scope in COST_SCOPE for basis in PRICE_BASIS)
    known = ("gpu_hours_low", "gpu_hours", "gpu_hours_high", "cost_low_usd", "cost_mid_usd", "cost_high_usd")
    for row in tiny.model_costs.iter_rows(named=True):
        assert all(row[name] is None or row[name] > 0 for name in known)
        assert (row["cost_missing_reason"] is None) is any(row[name] is not None for name in known[3:])


STANDS_ON_A_BASELESS_TUNE = TinyLedger(
    phases=[phase("m0", 1, phase="sft", hardware_id="big"), phase("m1", 1, phase="sft", hardware_id="big")],
    edges=[edge("m1", "m0")],
    quotes=QUOTES,
    hardware=HARDWARE,
)


@example(STANDS_ON_A_BASELESS_TUNE)
@EXAMPLES
@given(ledgers())
def test_a_figure_over_something_unknown_is_a_lower_bound(tiny: TinyLedger) -> None:
    for row in rows(tiny, scope="cumulative"):
        members = members_of(tiny, row["model_id"], "cumulative")
        if row["phase_count"] and any(is_incomplete(tiny, member) for member in members):
            assert row["is_lower_bound"], (row["model_id"], row["price_basis"])


@EXAMPLES
@given(ledgers())
def test_a_figure_with_nothing_missing_is_not_a_lower_bound(tiny: TinyLedger) -> None:
    for row in rows(tiny, price_basis="rental"):
        members = members_of(tiny, row["model_id"], row["scope"])
        phases = counted(tiny, members)
        whole = all(hours_of(known).middle is not None and known["hardware_id"] in RENT for known in phases)
        if phases and whole and not any(is_incomplete(tiny, member) for member in members):
            assert not row["is_lower_bound"]
            assert row["undisclosed_ancestors"] == row["phases_without_quantity"] == []


@EXAMPLES
@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(tiny: TinyLedger, chance: random.Random) -> None:
    def shuffled(written: Any) -> list[Row]:
        return chance.sample(list(written), len(written))

    mixed = TinyLedger(
        phases=shuffled(tiny.phases),
        edges=shuffled(tiny.edges),
        quotes=shuffled(tiny.quotes),
        hardware=shuffled(tiny.hardware),
        models=shuffled(tiny.models),
        as_of=tiny.as_of,
        method=tiny.method,
    )
    assert_frame_equal(tiny.scope_members, mixed.scope_members)
    assert_frame_equal(tiny.phase_costs, mixed.phase_costs)
    assert_frame_equal(tiny.model_costs, mixed.model_costs)


LATER = st.builds(
    lambda days, cents: (AFTER_EVERY_START + timedelta(days=days), Decimal(cents) / 100),
    st.integers(0, 900),
    st.integers(1, 9999),
)


@pytest.mark.parametrize(
    "hardware_id",
    [
        "big",
        "bare",
        "twin",
    ],
)
@example(tiny=TinyLedger(quotes=QUOTES, hardware=HARDWARE), later=[(AFTER_EVERY_START, Decimal(9))])
@FEW_EXAMPLES
@given(tiny=ledgers(), later=st.lists(LATER, min_size=1, max_size=3, unique=True))
def test_a_price_from_after_every_start_changes_no_rental_cost(
    tiny: TinyLedger, hardware_id: str, later: list[tuple[date, Decimal]]
) -> None:
    runs = [phase("twin-run", 10, hardware_id="twin"), *tiny.phases]
    before = replace(tiny, phases=runs)
    added = [row for day, price in later for row in market(price, day, hardware_id=hardware_id)]
    after = replace(before, quotes=[*tiny.quotes, *added])
    assert_frame_equal(before.phase_costs.filter(price_basis="rental"), after.phase_costs.filter(price_basis="rental"))
    assert_frame_equal(before.model_costs.filter(price_basis="rental"), after.model_costs.filter(price_basis="rental"))


@FEW_EXAMPLES
@given(ledgers(), phases_of("stranger"))
def test_an_unrelated_model_changes_nothing_else(tiny: TinyLedger, phases: list[Row]) -> None:
    crowded = replace(tiny, phases=[*phases, *tiny.phases], models=[model("stranger"), *tiny.models])
    assert_frame_equal(crowded.model_costs.filter(pl.col("model_id") != "stranger"), tiny.model_costs)
    assert_frame_equal(crowded.phase_costs.filter(pl.col("model_id") != "stranger"), tiny.phase_costs)


@FEW_EXAMPLES
@given(ledgers(), st.integers(2, 400))
def test_a_dearer_hour_costs_more_by_exactly_that(tiny: TinyLedger, factor: int) -> None:
    dearer = [*QUOTES, *market(RENT["small"] * factor, PRICED_ON + timedelta(days=1), hardware_id="small")]
    before, after = tiny.phase_costs, replace(tiny, quotes=dearer).phase_costs
    on_small = (pl.col("price_basis") == "rental") & (pl.col("hardware_id") == "small")
    others = ~on_small & (pl.col("price_basis") != "rental_now")
    assert_frame_equal(before.filter(others), after.filter(others))
    tolerance = Decimal(factor) / 100
    for cheap, dear in zip(
        before.filter(on_small)["cost_mid_usd"], after.filter(on_small)["cost_mid_usd"], strict=True
    ):
        assert cheap is dear is None or abs(cheap * factor - dear) <= tolerance


@FEW_EXAMPLES
@given(ledgers())
def test_every_table_keeps_its_contract(tiny: TinyLedger) -> None:
    assert tiny.checked() is tiny
