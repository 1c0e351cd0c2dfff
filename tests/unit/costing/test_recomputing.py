"""Computing only what changed: the same rows as a full build, and no more of them than a change can reach."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contracts import core
from pipelines.contracts.table import Contract, table_of
from pipelines.costing.price_bases import PRICE_BASES, Pricing
from pipelines.costing.price_bases.basis import everything
from pipelines.costing.sight import sight_of_quotes
from pipelines.graph.step import Kept, renewed
from tests.unit.costing.builders import (
    METHOD,
    PRICED_ON,
    STARTED,
    Row,
    TinyLedger,
    chip,
    edge,
    electricity,
    exact,
    market,
    offer,
    phase,
    rental,
    set_aside,
)
from tests.unit.costing.test_properties import FEW_EXAMPLES, HARDWARE, ledgers

CHANGES_IN_A_ROW = 6
DAYS = [STARTED + timedelta(days=days) for days in (-500, -200, -40, -1, 0, 1, 30, 31, 60, 400)]
Held = dict[type[Contract], Kept]


def rebuilt(tiny: TinyLedger, held: Held | None = None, code: str = "") -> tuple[Held, dict[str, int]]:
    """Every table of costs made from what was held before; and how many rows of each had to be computed."""
    made = {
        contract: renewed(table_of(contract), work, (held or {}).get(contract))
        for contract, work in tiny.in_part(code).items()
    }
    counts = {table_of(contract).name: computed.recomputed or 0 for contract, computed in made.items()}
    return {
        contract: Kept(each.rows, each.inputs) for contract, each in made.items() if each.inputs is not None
    }, counts


# ---- random changes


def any_quote(dice: random.Random) -> Row:
    """A quote of some accelerator on some day."""
    day, chip_id = dice.choice(DAYS), dice.choice(HARDWARE)["hardware_id"]
    if dice.random() < 0.4:
        return offer(dice.randint(500, 40_000), day, hardware_id=chip_id)
    terms = dice.choice(["on_demand"] * 4 + ["spot", "reserved_1y", "committed_3y"])
    provider = dice.choice(["Ada", "Bell", "Curie", "Dirac", "Euler"])
    return rental(dice.randint(1, 9), day, provider=provider, hardware_id=chip_id, pricing_category=terms)


def changed_quote(dice: random.Random, row: Row) -> Row:
    """A quote corrected, marked unusable or usable, dated anew, moved to another accelerator, or seen again."""
    price = next(name for name in row if name.startswith("list_unit_price") and row[name] is not None)
    told: list[Row] = [
        {price: exact(dice.randint(1, 9))},
        {"is_usable": not row["is_usable"]},
        {"observed_on": dice.choice(DAYS)},
        {"hardware_id": dice.choice(HARDWARE)["hardware_id"]},
        {"line": dice.randint(2, 99)},
        {"superseded_at": None},
    ]
    if "last_seen_on" in table_of(core.PriceQuotes).dtypes:
        told += [{"last_seen_on": day} for day in DAYS if day >= row["observed_on"]]
    return {**row, **dice.choice(told)}


def changed_phase(dice: random.Random, row: Row) -> Row:
    """A disclosure corrected."""
    told: list[Row] = [
        {"gpu_hours": exact(dice.randint(1, 10**6)), "gpu_hours_low": None, "gpu_hours_high": None},
        {"gpu_count": dice.choice([None, 8, 512])},
        {"started_on": dice.choice([None, *DAYS])},
        {"hardware_id": dice.choice([None, *(each["hardware_id"] for each in HARDWARE)])},
        {"row_role": dice.choice(["primary", "alternative", "context_only"])},
        {"stated_price_usd_per_gpu_hour": exact(dice.choice(["1.5", "2"]))},
    ]
    return {**row, **dice.choice(told)}


def with_one(rows: Any, dice: random.Random, change: Callable[[random.Random, Row], Row]) -> list[Row]:
    """The rows, one of them changed."""
    found = list(rows)
    if found:
        chosen = dice.randrange(len(found))
        found[chosen] = change(dice, found[chosen])
    return found


def without_one(rows: Any, dice: random.Random) -> list[Row]:
    """The rows, one of them gone."""
    found = list(rows)
    if found:
        del found[dice.randrange(len(found))]
    return found


def changed(tiny: TinyLedger, dice: random.Random) -> TinyLedger:
    """A ledger in which one thing is different."""
    chip_ids = [row["hardware_id"] for row in tiny.hardware]
    model_ids = [row["model_id"] for row in tiny.models]

    def new_quote() -> TinyLedger:
        known = {row["quote_id"] for row in tiny.quotes}
        more = [row for row in [any_quote(dice)] if row["quote_id"] not in known]
        return replace(tiny, quotes=[*tiny.quotes, *more])

    def new_edge() -> TinyLedger:
        child, parent = sorted(dice.sample(model_ids, 2), reverse=True)
        rest = [row for row in tiny.edges if (row["child_model_id"], row["parent_model_id"]) != (child, parent)]
        return replace(tiny, edges=[*rest, edge(child, parent, dice.choice(["cumulative", "effort"]), "data")])

    choices: list[Callable[[], TinyLedger]] = [
        *[new_quote] * 3,
        *[lambda: replace(tiny, quotes=with_one(tiny.quotes, dice, changed_quote))] * 3,
        lambda: replace(tiny, quotes=without_one(tiny.quotes, dice)),
        *[lambda: replace(tiny, phases=with_one(tiny.phases, dice, changed_phase))] * 2,
        lambda: replace(tiny, phases=without_one(tiny.phases, dice)),
        lambda: replace(
            tiny,
            hardware=with_one(
                tiny.hardware, dice, lambda _, row: {**row, "price_proxy_hardware_id": dice.choice([None, *chip_ids])}
            ),
        ),
        new_edge,
        lambda: replace(tiny, edges=without_one(tiny.edges, dice)),
        lambda: replace(
            tiny,
            models=with_one(
                tiny.models,
                dice,
                lambda _, row: {**row, "developer": dice.choice(["Lab", "Shop"]), "released_on": dice.choice(DAYS)},
            ),
        ),
        lambda: replace(
            tiny, rejected=[set_aside("staging.disclosures__training_phases", dice.choice([None, *model_ids]))]
        ),
        lambda: replace(tiny, method={**tiny.method, "fresh_quote_days": dice.choice([10, 90, 180])}),
        lambda: replace(tiny, method={**tiny.method, "start_delay_days": dice.choice([0, 60, 90])}),
        lambda: replace(tiny, as_of=dice.choice(DAYS[4:])),
    ]
    return dice.choice(choices)()


@FEW_EXAMPLES
@given(ledgers(), st.randoms(use_true_random=False))
def test_only_what_changed_gives_what_everything_gives(tiny: TinyLedger, dice: random.Random) -> None:
    held, _ = rebuilt(tiny)
    for _ in range(CHANGES_IN_A_ROW):
        tiny = changed(tiny, dice)
        held, _ = rebuilt(tiny, held)
        for contract, whole in tiny.in_full().items():
            assert_frame_equal(held[contract].rows, whole)


# ---- how much a change reaches

EARLY, LATE = STARTED - timedelta(days=300), STARTED + timedelta(days=10)
BEFORE, AFTER = EARLY - timedelta(days=5), STARTED - timedelta(days=100)
TWO_CHIPS = TinyLedger(
    hardware=(chip("old"), chip("new"), chip("twin", price_proxy_hardware_id="new")),
    phases=[
        phase("early", 100, hardware_id="new", started_on=EARLY, gpu_count=8),
        phase("late", 100, hardware_id="new", started_on=LATE, gpu_count=8),
        phase("other", 100, hardware_id="old", started_on=LATE, gpu_count=8),
        phase("proxied", 100, hardware_id="twin", started_on=LATE, gpu_count=8),
    ],
    edges=[edge("heir", "late")],
    quotes=[*market(2, BEFORE, hardware_id="new"), *market(1, BEFORE, hardware_id="old")],
    as_of=LATE + timedelta(days=30),
)


def stale(tiny: TinyLedger, held: Held, contract: type[Contract]) -> set[tuple[str, ...]]:
    """Keys of the rows that would be computed."""
    key = list(table_of(contract).key)
    now = tiny.in_part()[contract].inputs
    return set(now.join(held[contract].inputs, on=[*key, "input_hash"], how="anti").select(key).iter_rows())


@pytest.fixture(scope="module")
def held() -> Held:
    return rebuilt(TWO_CHIPS)[0]


def test_the_same_again_computes_nothing(held: Held) -> None:
    again, counts = rebuilt(TWO_CHIPS, held)
    assert set(counts.values()) == {0}
    for contract, kept in again.items():
        assert_frame_equal(kept.rows, held[contract].rows)


def test_a_new_price_reaches_the_runs_that_can_see_it(held: Held) -> None:
    """Not those on other accelerators, not those that started before it, and no other basis."""
    tiny = replace(TWO_CHIPS, quotes=[*TWO_CHIPS.quotes, rental(5, AFTER, provider="Dirac", hardware_id="new")])
    runs = {f"{name}__pretraining" for name in ("early", "late", "proxied")}
    seen = {(run, "rental_now") for run in runs} | {(run, "rental") for run in runs - {"early__pretraining"}}
    assert stale(tiny, held, core.PhaseCosts) == seen
    _, counts = rebuilt(tiny, held)
    assert counts["core.phase_costs"] == 5
    scopes = {"own", "effort", "cumulative"}
    models = {(run.partition("__")[0], scope, basis) for run, basis in seen for scope in scopes}
    models |= {("heir", "cumulative", basis) for basis in ("rental", "rental_now")}
    assert stale(tiny, held, core.ModelCosts) == models
    assert counts["core.model_costs"] == len(models) == 17


def test_a_price_after_every_start_reaches_the_market_of_today_alone(held: Held) -> None:
    late = LATE + timedelta(days=5)
    tiny = replace(TWO_CHIPS, quotes=[*TWO_CHIPS.quotes, rental(5, late, provider="Dirac", hardware_id="old")])
    assert stale(tiny, held, core.PhaseCosts) == {("other__pretraining", "rental_now")}


def test_an_offer_after_the_start_counts_where_there_is_no_earlier_one() -> None:
    late = [offer(100, LATE + timedelta(days=days), hardware_id="new") for days in (5, 50)]
    first = replace(TWO_CHIPS, quotes=late[1:])
    held, _ = rebuilt(first)
    nearer = replace(first, quotes=late)
    assert ("late__pretraining", "purchase") in stale(nearer, held, core.PhaseCosts)
    early = replace(first, quotes=[*late, offer(90, BEFORE, hardware_id="new")])
    held, _ = rebuilt(early)
    assert stale(replace(early, quotes=early.quotes[1:]), held, core.PhaseCosts) == set()


def test_a_new_day_reaches_the_market_of_today_alone(held: Held) -> None:
    tomorrow = replace(TWO_CHIPS, as_of=TWO_CHIPS.as_of + timedelta(days=1))
    assert {basis for _, basis in stale(tomorrow, held, core.PhaseCosts)} == {"rental_now"}


def test_where_a_row_was_read_reaches_nothing(held: Held) -> None:
    moved = [{**row, "line": 7, "note": "seen", "url": "https://example.org"} for row in TWO_CHIPS.quotes]
    phases = [{**row, "line": 9} for row in TWO_CHIPS.phases]
    assert stale(replace(TWO_CHIPS, quotes=moved, phases=phases), held, core.PhaseCosts) == set()


@pytest.mark.parametrize("constant", sorted(METHOD))
def test_a_constant_reaches_every_phase(held: Held, constant: str) -> None:
    tiny = replace(TWO_CHIPS, method={constant: METHOD[constant] * 1.01})
    assert len(stale(tiny, held, core.PhaseCosts)) == held[core.PhaseCosts].rows.height


def test_other_code_computes_everything(held: Held) -> None:
    again, counts = rebuilt(TWO_CHIPS, held, code="another")
    assert counts == {table_of(contract).name: kept.rows.height for contract, kept in again.items()}


# ---- what is seen


def sight(quotes: list[Row], day: date) -> tuple[int | None, int]:
    asked = pl.LazyFrame({"hardware_id": ["chip"], "priced_on": [day]})
    (row,) = sight_of_quotes(asked, pl.LazyFrame(quotes)).collect().select("until", "ever").rows()
    return row


def test_a_price_seen_again_shows_from_the_day_after() -> None:
    """A day up to the last one on which it was seen takes it as of that day, however long it was seen afterwards."""
    first, last, later = PRICED_ON, PRICED_ON + timedelta(days=10), PRICED_ON + timedelta(days=20)
    quote = {"quote_id": "q", "hardware_id": "chip", "observed_on": first, "price": 2}
    short, long = {**quote, "last_seen_on": last}, {**quote, "last_seen_on": later}
    for day in (first - timedelta(days=1), first, last):
        assert sight([short], day)[0] == sight([long], day)[0]
    for day in (last + timedelta(days=1), later, later + timedelta(days=1)):
        assert sight([short], day)[0] != sight([long], day)[0]
    assert sight([short], first - timedelta(days=1))[0] is None


def test_a_basis_that_does_not_say_what_it_sees_sees_everything() -> None:
    def seen(tiny: TinyLedger) -> list[int]:
        runs = pl.LazyFrame({"phase_id": ["a", "b"]})
        quotes, hardware = tiny.core_quotes.lazy(), tiny.core_hardware.lazy()
        constants: Any = {}
        return (
            everything(Pricing(runs, quotes, hardware, constants, tiny.as_of, tiny.core_electricity.lazy()))
            .collect()["seen"]
            .to_list()
        )

    assert seen(TWO_CHIPS) == seen(TWO_CHIPS)
    others = [
        replace(TWO_CHIPS, quotes=TWO_CHIPS.quotes[1:]),
        replace(TWO_CHIPS, hardware=TWO_CHIPS.hardware[1:]),
        replace(TWO_CHIPS, as_of=STARTED),
        replace(TWO_CHIPS, electricity=[electricity()]),
    ]
    assert all(seen(other)[0] != seen(TWO_CHIPS)[0] for other in others)


def test_no_shipped_basis_recomputes_everything() -> None:
    assert [name for name, basis in PRICE_BASES.items() if basis.sees is everything] == []
