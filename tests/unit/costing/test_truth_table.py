"""METHODS 1.3, row by row, in the table's order and in its words.

Every case is a tiny ledger in which one hour costs 2 USD, three providers agree on that, and every start is disclosed:
a flag that a case shows is there for that case alone. `own` is the scope unless the row speaks of another.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import pytest

from pipelines.contracts.vocabulary import PRICE_BASIS
from tests.unit.costing.builders import TinyLedger, chip, edge, exact, market, model, offer, phase, set_aside

Ends = tuple[float | str | None, float | str | None, float | str | None]
"""Low, middle and high."""

UNKNOWN: Ends = (None, None, None)
PRICES = market(2)


def point(value: float) -> Ends:
    """A value without a range."""
    return value, value, value


def floor(value: float) -> Ends:
    """A value that the true one is not below."""
    return value, value, None


@dataclass(frozen=True)
class Case:
    """A ledger, the row of core.model_costs that the table speaks of, and what must stand in it."""

    words: str
    tiny: TinyLedger
    hours: Ends
    cost: Ends
    is_lower_bound: bool = False
    reason: str | None = None
    flags: tuple[str, ...] = ()
    model_id: str = "model"
    scope: str = "own"
    undisclosed: tuple[str, ...] = ()
    without_quantity: tuple[str, ...] = ()
    unpriced: float | None = 0


ONE_PRICED = TinyLedger(
    phases=[phase(hours=100), phase(hours=7, phase="sft", hardware_id="rare")],
    hardware=[chip(), chip("rare")],
    quotes=PRICES,
)
RESTATED = TinyLedger(
    phases=[phase("llama-3-3", 7_000_000, row_role="restated_base"), phase("llama-3-1", 7_000_000)],
    edges=[edge("llama-3-3", "llama-3-1")],
    quotes=PRICES,
)
SILENT_BASE = TinyLedger(
    phases=[phase("s1", 7, phase="sft")], edges=[edge("s1", "qwen")], models=[model("qwen")], quotes=PRICES
)
BASELESS = TinyLedger(phases=[phase(hours=7, phase="sft")], quotes=PRICES)
PARENT_ASIDE = TinyLedger(phases=[phase("tune", 7, phase="sft")], edges=[edge("tune", "broken")], quotes=PRICES)
PHASE_ASIDE = TinyLedger(
    phases=[phase(hours=100)], rejected=[set_aside("staging.disclosures__training_phases")], quotes=PRICES
)
GUESSED = TinyLedger(phases=[phase("gpt-4", 57_000_000, row_role="estimate"), phase("other", 1)], quotes=PRICES)
FAMILY = TinyLedger(
    phases=[phase("family", 400_000, phase="continued_pretraining"), phase("llama-2", 184_320)],
    edges=[edge("family", "llama-2"), edge("member", "llama-2")],
    models=[model("family", covers_models=["member"])],
    quotes=PRICES,
)

TRUTH_TABLE = (
    Case(
        "point disclosed, price known",
        TinyLedger(phases=[phase(hours=100)], quotes=PRICES),
        hours=point(100),
        cost=point(200),
    ),
    Case(
        "range (DBRX 4.42M to 6.71M)",
        TinyLedger(phases=[phase(low=4_423_680, high=6_709_248)], quotes=PRICES),
        hours=(4_423_680, "5447895.5747", 6_709_248),
        cost=(8_847_360, "10895791.15", 13_418_496),
        flags=("range_disclosed",),
    ),
    Case(
        "upper bound only (Arctic)",
        TinyLedger(phases=[phase(high=504_000)], quotes=PRICES),
        hours=(None, None, 504_000),
        cost=(None, None, 1_008_000),
        flags=("one_sided",),
    ),
    Case(
        "lower only (OLMo 3 DPO)",
        TinyLedger(phases=[phase(low=1152)], quotes=PRICES),
        hours=(1152, None, None),
        cost=(2304, None, None),
        is_lower_bound=True,
        flags=("one_sided",),
    ),
    Case(
        "phase without any quantity (context_only), among others that have one",
        TinyLedger(
            phases=[phase(hours=100), phase(phase="reinforcement_learning", row_role="context_only", gpu_count=8)],
            quotes=PRICES,
        ),
        hours=floor(100),
        cost=floor(200),
        is_lower_bound=True,
        flags=("phases_without_quantity",),
        without_quantity=("model__reinforcement_learning",),
    ),
    Case(
        "no phase with a quantity",
        TinyLedger(phases=[phase(row_role="context_only", gpu_count=8)], quotes=PRICES),
        hours=UNKNOWN,
        cost=UNKNOWN,
        reason="hours_not_disclosed",
        without_quantity=("model__pretraining",),
        unpriced=None,
    ),
    Case(
        "no phase with a quantity: none at all",
        TinyLedger(phases=[phase("other", 1)], models=[model()], quotes=PRICES),
        hours=UNKNOWN,
        cost=UNKNOWN,
        reason="hours_not_disclosed",
        unpriced=None,
    ),
    Case(
        "hours known, no price on this basis",
        TinyLedger(phases=[phase(hours=100)]),
        hours=point(100),
        cost=UNKNOWN,
        reason="no_price",
        unpriced=100,
    ),
    Case(
        "some phases priced, some not",
        ONE_PRICED,
        hours=point(107),
        cost=floor(200),
        is_lower_bound=True,
        flags=("partly_priced",),
        unpriced=7,
    ),
    Case(
        "restated_base (Llama 3.3: the base's own 7.0M printed again): own",
        RESTATED,
        hours=UNKNOWN,
        cost=UNKNOWN,
        reason="restated_base",
        flags=("restated_base",),
        model_id="llama-3-3",
        unpriced=None,
    ),
    Case(
        "restated_base: cumulative, never added to the base",
        RESTATED,
        hours=floor(7_000_000),
        cost=floor(14_000_000),
        is_lower_bound=True,
        flags=("own_hours_not_disclosed", "restated_base"),
        model_id="llama-3-3",
        scope="cumulative",
        undisclosed=("llama-3-3",),
    ),
    Case(
        "ancestor discloses nothing (s1, Sky-T1, Zephyr): own known",
        SILENT_BASE,
        hours=point(7),
        cost=point(14),
        model_id="s1",
    ),
    Case(
        "ancestor discloses nothing: cumulative = the floor",
        SILENT_BASE,
        hours=floor(7),
        cost=floor(14),
        is_lower_bound=True,
        flags=("undisclosed_ancestors",),
        model_id="s1",
        scope="cumulative",
        undisclosed=("qwen",),
    ),
    Case(
        "fine-tune (no pretraining or full training of its own) without a weights edge: own",
        BASELESS,
        hours=point(7),
        cost=point(14),
    ),
    Case(
        "fine-tune without a weights edge: cumulative names the model itself",
        BASELESS,
        hours=floor(7),
        cost=floor(14),
        is_lower_bound=True,
        flags=("base_unknown",),
        scope="cumulative",
        undisclosed=("model",),
    ),
    Case(
        "parent set aside by validation: the edge stays and counts as undisclosed",
        PARENT_ASIDE,
        hours=floor(7),
        cost=floor(14),
        is_lower_bound=True,
        flags=("set_aside", "undisclosed_ancestors"),
        model_id="tune",
        scope="cumulative",
        undisclosed=("broken",),
    ),
    Case(
        "phase set aside by validation: sum of the rest",
        PHASE_ASIDE,
        hours=floor(100),
        cost=floor(200),
        is_lower_bound=True,
        flags=("set_aside",),
    ),
    *(
        Case(
            f"third-party estimate, nothing disclosed (GPT-4): {scope}",
            GUESSED,
            hours=UNKNOWN,
            cost=UNKNOWN,
            reason="hours_not_disclosed",
            flags=(*("own_hours_not_disclosed" for _ in named), "third_party_estimate"),
            model_id="gpt-4",
            scope=scope,
            undisclosed=named,
            unpriced=None,
        )
        for scope, named in (("own", ()), ("effort", ("gpt-4",)), ("cumulative", ("gpt-4",)))
    ),
    Case(
        "figure for several models at once (Code Llama 400K for nine): kept on the family",
        FAMILY,
        hours=point(400_000),
        cost=point(800_000),
        flags=("covers_models",),
        model_id="family",
    ),
    Case(
        "figure for several models at once: members",
        FAMILY,
        hours=floor(184_320),
        cost=floor(368_640),
        is_lower_bound=True,
        flags=("covers_models", "own_hours_not_disclosed"),
        model_id="member",
        scope="cumulative",
        undisclosed=("member",),
    ),
)


@pytest.mark.parametrize("case", TRUTH_TABLE, ids=lambda case: case.words)
def test_the_truth_table(case: Case) -> None:
    row = case.tiny.cost(case.model_id, case.scope)
    low, middle, high = case.cost
    assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == tuple(map(exact, case.hours))
    assert row["cost_mid_usd"] == exact(middle)
    assert (row["cost_low_usd"], row["cost_high_usd"]) == (to_the_cent(low), to_the_cent(high))
    assert row["is_lower_bound"] is case.is_lower_bound
    assert row["cost_missing_reason"] == case.reason
    assert row["flags"] == list(case.flags)
    assert row["undisclosed_ancestors"] == list(case.undisclosed)
    assert row["phases_without_quantity"] == list(case.without_quantity)
    assert row["unpriced_gpu_hours"] == case.unpriced


TERMS = {
    "rental": "on_demand",
    "rental_now": "on_demand",
    "rental_spot": "spot",
    "rental_1y": "reserved_1y",
    "rental_3y": "committed_3y",
}
CLUSTER = 2048 * 30_000
"""What eight accelerators cost, bought at $30,000: the size of every cluster below."""

OF_PRICES = {
    "assumed_country",
    "assumed_electricity_price",
    "assumed_energy",
    "bare_card_price",
    "later_price",
    "server_overhead_added",
    "thin_price",
}
"""What may be told of a price; the table is about quantities."""


def on_basis(tiny: TinyLedger, basis: str) -> TinyLedger:
    """The same ledger, in which `chip` has a price on this basis alone, if it had one: $2 an hour, or $30,000."""
    phases, quotes = [dict(row) for row in tiny.phases], []
    if basis == "disclosed":
        phases = [
            {**row, "stated_price_usd_per_gpu_hour": exact(2)} if tiny.quotes and row["hardware_id"] == "chip" else row
            for row in phases
        ]
    elif tiny.quotes:
        quotes = [{**row, "pricing_category": TERMS[basis]} for row in market(2)] if basis in TERMS else [offer(30_000)]
    if basis == "purchase":
        phases = [{**row, "gpu_count": 2048} for row in phases]
    return replace(tiny, phases=phases, quotes=quotes)


@pytest.mark.parametrize("basis", [*PRICE_BASIS])
@pytest.mark.parametrize("case", TRUTH_TABLE, ids=lambda case: case.words)
def test_the_truth_table_holds_on_every_basis(case: Case, basis: str) -> None:
    """Hours, bounds, reasons and names are the table's; the amount is the quantity times the price of the basis."""
    row = on_basis(case.tiny, basis).cost(case.model_id, case.scope, basis)
    low, middle, high = case.cost
    assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == tuple(map(exact, case.hours))
    assert row["is_lower_bound"] is case.is_lower_bound
    assert row["undisclosed_ancestors"] == list(case.undisclosed)
    assert row["phases_without_quantity"] == list(case.without_quantity)
    assert row["unpriced_gpu_hours"] == case.unpriced
    assert set(row["flags"]) - OF_PRICES == set(case.flags)
    found = tuple(row[f"cost_{end}_usd"] for end in ("low", "mid", "high"))
    if basis in TERMS or basis == "disclosed":
        assert found == (to_the_cent(low), exact(middle), to_the_cent(high))
        assert row["cost_missing_reason"] == case.reason
    elif basis == "amortized":
        an_hour = on_basis(TRUTH_TABLE[0].tiny, basis).phase_cost(price_basis=basis)["unit_price_usd_per_gpu_hour"]
        assert [end is None for end in found] == [end is None for end in case.cost]
        assert row["cost_missing_reason"] == case.reason
        if middle is not None and low != 2304:
            assert float(found[1]) == pytest.approx(float(middle) / 2 * float(an_hour), abs=0.02)
    else:
        is_known = case.cost != UNKNOWN
        assert found[1] == (CLUSTER if is_known else None)
        assert (found[2] is None) is (case.is_lower_bound or not is_known)
        assert row["cost_missing_reason"] == case.reason


@pytest.mark.parametrize("tiny", {id(case.tiny): case.tiny for case in TRUTH_TABLE}.values(), ids=itertools.count())
def test_every_table_of_these_ledgers_keeps_its_contract(tiny: TinyLedger) -> None:
    assert tiny.checked() is tiny


def test_an_estimate_is_shown_beside_and_marked() -> None:
    beside = GUESSED.unsummed_phase_costs.filter(price_basis="rental").row(0, named=True)
    assert (beside["model_id"], beside["row_role"]) == ("gpt-4", "estimate")
    assert (beside["gpu_hours"], beside["cost_mid_usd"]) == (57_000_000, 114_000_000)


def to_the_cent(value: float | str | None) -> object:
    """An end of a cost, which is a rounded float."""
    return None if value is None else pytest.approx(float(value), abs=0.011)
