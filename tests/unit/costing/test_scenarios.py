"""Scenarios: what is changed reaches the costs it should, exactly, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import scenarios as contracts
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing import ledger
from pipelines.costing.constants import COSTING
from pipelines.costing.inputs import Inputs
from pipelines.costing.overrides import Overrides, touched_bases, with_constants
from pipelines.costing.price_bases import PRICE_BASES
from pipelines.costing.scenarios import scenario_phase_costs
from tests.unit.costing.builders import (
    METHOD,
    PLACE,
    SOURCED,
    Row,
    TinyLedger,
    chip,
    constants,
    edge,
    frame,
    market,
    model,
    offer,
    phase,
)

HOURS, PRICE, STATED = 1000, 4, 2
FLOP = 3.6e24
"""On a chip of 1e15 FLOP/s: 1,000,000 hours at full use."""


def tiny(**given: Any) -> TinyLedger:
    """A model of 1,000 hours with a stated price of $2 and a market price of $4."""
    phases = given.pop("phases", [phase(hours=HOURS, stated_price=STATED, gpu_count=8)])
    quotes = given.pop("quotes", [*market(PRICE), offer(30_000)])
    return TinyLedger(phases=phases, quotes=quotes, **given)


def costs_of(books: TinyLedger, overrides: Overrides) -> dict[tuple[str, str], Row]:
    """Phase costs under a scenario by phase and basis."""
    inputs = Inputs(
        books.core_phases,
        books.core_models,
        books.core_hardware,
        books.core_quotes,
        books.core_constants,
        books.core_electricity,
        as_of=books.as_of,
    )
    priced = scenario_phase_costs(inputs, {"other": overrides})
    return {(r["phase_id"], r["price_basis"]): r for r in priced.iter_rows(named=True)}


def cost(books: TinyLedger, overrides: Overrides, basis: str, phase_id: str = "model__pretraining") -> Row:
    return costs_of(books, overrides)[phase_id, basis]


def scenario(scenario_id: str = "other", prices: Mapping[str, float] | None = None, **given: Any) -> list[pl.DataFrame]:
    """core.scenarios, core.scenario_prices and core.scenario_constants of one scenario."""
    count = len(prices or {}) + len(given.get("constants", {}))
    values = given.pop("constants", {})
    head = {**PLACE, "scenario_id": scenario_id, "label": "Other", "why": "Why.", "change_count": count, **given}
    return [
        frame(contracts.Scenarios, [head]),
        frame(
            contracts.ScenarioPrices,
            [
                {
                    **SOURCED,
                    "scenario_id": scenario_id,
                    "hardware_id": name,
                    "price_usd_per_gpu_hour": Decimal(str(price)),
                }
                for name, price in (prices or {}).items()
            ],
        ),
        frame(
            contracts.ScenarioConstants,
            [
                {**SOURCED, "scenario_id": scenario_id, "constant_id": name, "value": value}
                for name, value in values.items()
            ],
        ),
    ]


def model_costs(books: TinyLedger, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """core.scenario_costs."""
    return ledger.scenario_costs(
        *frames,
        books.scope_members,
        books.phase_costs,
        books.core_phases,
        books.core_models,
        books.core_lineage,
        books.rejected_rows,
        books.core_hardware,
        books.core_quotes,
        books.core_constants,
        books.core_electricity,
        as_of=books.as_of,
    )


class TestPrices:
    @pytest.mark.parametrize("price", [0.5, 1, 3, 3.42, 10])
    @pytest.mark.parametrize("basis", ["disclosed", "rental", "rental_now"])
    def test_a_cost_is_hours_times_the_given_price(self, price: float, basis: str) -> None:
        row = cost(tiny(), Overrides(prices={"chip": price}), basis)
        assert row["cost_mid_usd"] == Decimal(str(price)) * HOURS
        assert row["cost_low_usd"] == row["cost_high_usd"] == pytest.approx(price * HOURS)
        assert "scenario_price" in row["flags"]
        assert row["quote_id"] is None

    def test_a_developers_price_is_replaced_only_where_one_is_stated(self) -> None:
        row = cost(tiny(phases=[phase(hours=HOURS)]), Overrides(prices={"chip": 3}), "disclosed")
        assert (row["cost_mid_usd"], row["cost_missing_reason"]) == (None, "no_price")

    def test_rent_without_any_quote_takes_it(self) -> None:
        row = cost(tiny(quotes=[]), Overrides(prices={"chip": 3}), "rental")
        assert row["cost_mid_usd"] == 3 * HOURS

    def test_another_accelerator_keeps_its_price(self) -> None:
        books = tiny(
            phases=[phase(hours=HOURS), phase(hours=HOURS, phase="sft", hardware_id="other")],
            hardware=[chip(), chip("other")],
            quotes=[*market(PRICE), *market(5, hardware_id="other")],
        )
        found = costs_of(books, Overrides(prices={"chip": 3}))
        assert found["model__pretraining", "rental"]["cost_mid_usd"] == 3 * HOURS
        assert found["model__sft", "rental"]["cost_mid_usd"] == 5 * HOURS
        assert found["model__sft", "rental"]["flags"] == []

    def test_what_is_priced_by_a_stand_in_follows_its_price(self) -> None:
        hardware = [chip(price_proxy_hardware_id="stand-in"), chip("stand-in")]
        books = tiny(hardware=hardware, quotes=market(PRICE, hardware_id="stand-in"))
        assert cost(books, Overrides(prices={"stand-in": 3}), "rental")["cost_mid_usd"] == 3 * HOURS
        own = tiny(hardware=hardware)
        assert cost(own, Overrides(prices={"stand-in": 3}), "rental")["cost_mid_usd"] == PRICE * HOURS

    def test_a_price_leaves_bought_accelerators_alone(self) -> None:
        assert "purchase" not in touched_bases(Overrides(prices={"chip": 3}))


class TestHours:
    def test_a_factor_multiplies_hours_and_nothing_else(self) -> None:
        books = tiny()
        row = cost(books, Overrides(hours_factor=1.5), "rental")
        assert row["gpu_hours"] == Decimal("1500")
        assert row["cost_mid_usd"] == PRICE * 1500
        assert row["started_on"] == books.phase_cost()["started_on"]
        assert {basis for _, basis in costs_of(books, Overrides(hours_factor=1.5))} == set(PRICE_BASES) - {"purchase"}

    def test_an_assumed_start_stays(self) -> None:
        books = tiny(phases=[phase(hours=HOURS, gpu_count=1, started_on=None)])
        assert cost(books, Overrides(hours_factor=3), "rental")["started_on"] == books.phase_cost()["started_on"]

    @pytest.mark.parametrize(("ratio", "hours"), [(0.5, 2_000_000), (0.25, 4_000_000), (1.0, 1_000_000)])
    def test_hours_from_compute_follow_the_utilisation(self, ratio: float, hours: int) -> None:
        books = tiny(phases=[phase(training_compute_flop=FLOP, disclosed_as="flop")])
        row = cost(books, Overrides(utilization_ratio=ratio), "rental")
        assert row["gpu_hours"] == row["gpu_hours_low"] == row["gpu_hours_high"] == Decimal(hours)
        assert "scenario_utilization" in row["flags"]
        assert "assumed_utilization" not in row["flags"]

    def test_disclosed_hours_that_imply_a_utilisation_follow_it(self) -> None:
        """3.6e24 FLOP in 2,500,000 hours of 1e15 FLOP/s is 40%; at 50% it is 2,000,000 hours."""
        books = tiny(phases=[phase(hours=2_500_000, training_compute_flop=FLOP)])
        assert cost(books, Overrides(utilization_ratio=0.5), "rental")["gpu_hours"] == Decimal(2_000_000)

    def test_hours_that_imply_nothing_or_the_impossible_stay(self) -> None:
        silent = cost(tiny(), Overrides(utilization_ratio=0.5), "rental")
        assert (silent["gpu_hours"], silent["flags"]) == (HOURS, [])
        absurd = tiny(phases=[phase(hours=HOURS, training_compute_flop=FLOP)])
        assert cost(absurd, Overrides(utilization_ratio=0.5), "rental")["gpu_hours"] == HOURS


class TestTermsAndConstants:
    def test_rental_is_priced_as_another_basis(self) -> None:
        books = tiny(quotes=[*market(PRICE), *market(1, date(2025, 1, 15))], as_of=date(2025, 2, 1))
        row = cost(books, Overrides(rental_terms="rental_now"), "rental")
        assert row["cost_mid_usd"] == 1 * HOURS
        assert "scenario_terms" in row["flags"]

    def test_a_constant_is_another(self) -> None:
        books = tiny(phases=[phase(training_compute_flop=FLOP, disclosed_as="flop")])
        row = cost(books, Overrides(constants={"usual_utilization_ratio": 0.5}), "rental")
        assert row["gpu_hours"] == Decimal(2_000_000)
        changed = with_constants(books.core_constants, Overrides(constants={"start_delay_days": 30}))
        assert changed.filter(pl.col("constant_id") == "start_delay_days")["value"].to_list() == [30]
        assert changed.height == books.core_constants.height


class TestModels:
    books = tiny(
        phases=[phase("base", HOURS, stated_price=STATED), phase("child", 100, phase="sft"), phase("stranger", 50)],
        edges=[edge("child", "base")],
        models=[model("base"), model("child"), model("stranger")],
    )

    def test_a_scenario_that_changes_nothing_has_no_rows(self) -> None:
        assert model_costs(self.books, scenario()).is_empty()

    def test_it_has_the_rows_in_which_a_changed_phase_counts_and_no_others(self) -> None:
        books = tiny(
            phases=[phase("base", HOURS), phase("child", 100, phase="sft", hardware_id="other")],
            edges=[edge("child", "base")],
            models=[model("base"), model("child")],
            hardware=[chip(), chip("other")],
            quotes=[*market(PRICE), *market(PRICE, hardware_id="other")],
        )
        rows = model_costs(books, scenario(prices={"chip": 3})).filter(pl.col("price_basis") == "rental")
        assert sorted(rows.select("model_id", "scope").rows()) == [
            ("base", "cumulative"),
            ("base", "effort"),
            ("base", "own"),
            ("child", "cumulative"),
        ]

    def test_a_scenario_at_the_ledgers_own_price_is_the_ledger(self) -> None:
        rows = model_costs(tiny(), scenario(prices={"chip": PRICE}))
        assert rows.filter(pl.col("price_basis") == "rental").is_empty()

    @pytest.mark.parametrize("price", [1, 2.5, 7])
    def test_costs_of_every_scope_are_linear_in_the_price(self, price: float) -> None:
        rows = model_costs(self.books, scenario(prices={"chip": price}))
        rental = rows.filter(pl.col("price_basis") == "rental")
        for row in rental.iter_rows(named=True):
            assert row["cost_mid_usd"] == Decimal(str(price)) * row["gpu_hours"], row
        child = rental.filter((pl.col("model_id") == "child") & (pl.col("scope") == "cumulative"))
        assert child["cost_mid_usd"].item() == Decimal(str(price)) * 1100

    def test_it_says_whether_the_same_phases_have_a_cost(self) -> None:
        """Two phases, of which one ran on what nobody rents: a price for that one brings a phase in."""
        books = tiny(
            phases=[phase(hours=HOURS), phase(hours=100, phase="sft", hardware_id="other")],
            hardware=[chip(), chip("other")],
        )

        def same(**prices: float) -> list[bool]:
            rows = model_costs(books, scenario(prices=prices)).filter(pl.col("price_basis") == "rental")
            return rows["has_same_phases"].to_list()

        assert same(chip=3) == [True] * 3
        assert same(other=3) == [False] * 3
        assert same(chip=3, other=3) == [False] * 3

    def test_a_phase_that_loses_its_price_is_another_set_of_phases(self) -> None:
        """Quotes begin 300 days before the release; a run that is taken to start a year before it has none."""
        first = model()["released_on"] - timedelta(days=300)
        books = tiny(phases=[phase(hours=HOURS, started_on=None)], quotes=market(PRICE, first))
        rows = model_costs(books, scenario(constants={"start_delay_days": 365}))
        assert dict(rows.select("price_basis", "has_same_phases").rows())["rental"] is False

    def test_the_table_keeps_its_contract(self) -> None:
        rows = model_costs(self.books, scenario(prices={"chip": 3}, hours_factor=2, utilization_ratio=0.4))
        require(table_of(contracts.ScenarioCosts), rows)
        follows_hours = self.books.model_costs.filter(pl.col("price_basis") != "purchase")
        assert rows.height == follows_hours.height

    def test_other_constants_are_told(self) -> None:
        books = tiny(phases=[phase(training_compute_flop=FLOP)])
        rows = model_costs(books, scenario(constants={"usual_utilization_ratio": 0.5}))
        assert rows.height
        assert rows["flags"].list.contains("scenario_constants").all()


class TestMethods:
    def other(self, **changed: float) -> TinyLedger:
        """A book whose method file has a second method, whole, with other values."""
        books = tiny(phases=[phase(training_compute_flop=FLOP)])
        second = constants(**changed).with_columns(pl.lit("second").alias("method_id"))
        books.__dict__["core_constants"] = pl.concat([books.core_constants, second])
        return books

    def test_a_cost_is_that_of_the_constants_of_the_method(self) -> None:
        books = self.other(usual_utilization_ratio=0.75)
        usual, asked = (cost(books, Overrides(method_id=name), "rental") for name in ("ledger", "second"))
        assert float(usual["cost_mid_usd"] / asked["cost_mid_usd"]) == pytest.approx(2)
        assert "scenario_method" in asked["flags"]

    def test_a_method_with_the_same_constants_is_the_ledger(self) -> None:
        assert model_costs(self.other(), scenario(method_id="second")).is_empty()

    @pytest.mark.parametrize("name", sorted(METHOD))
    def test_what_costs_look_up_is_what_a_method_must_have(self, name: str) -> None:
        """Without a constant that is named as looked up nothing can be costed; without another everything can."""
        books = tiny()
        books.core_phases  # noqa: B018 - made with all constants
        books.__dict__["core_constants"] = books.core_constants.filter(pl.col("constant_id") != name)
        if name in COSTING:
            with pytest.raises(KeyError, match=name):
                costs_of(books, Overrides(hours_factor=2))
        else:
            assert costs_of(books, Overrides(hours_factor=2))
