"""The cost of one phase: exact to the cent, from end to end, or absent with a reason."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.contracts import core
from pipelines.contracts.table import USD, Contract, table_of
from pipelines.contracts.vocabulary import PRICE_BASIS, ROW_ROLE
from pipelines.costing.ledger import SUMMED, UNSUMMED
from tests.unit.costing.builders import TinyLedger, market, offer, phase, rental

CENT = Decimal("0.01")


def stated(hours: Decimal | int | str, price: Decimal | int | str) -> Decimal:
    """The cost of hours at a stated price."""
    tiny = TinyLedger(phases=[phase(hours=hours, stated_price=price)])
    return tiny.phase_cost(price_basis="disclosed")["cost_mid_usd"]


Bounded = tuple[type[Contract], str]


def largest(contract: type[Contract], column: str) -> int:
    """The largest value that a contract lets pass."""
    checks = table_of(contract).pandera.columns[column].checks
    return min(check.statistics["max_value"] for check in checks if "max_value" in check.statistics)


class TestMiddle:
    @pytest.mark.parametrize(
        ("hours", "price", "cost"),
        [
            (147_336, 2, "294672.00"),
            (2_664_000, 2, "5328000.00"),
            ("65.6", "4.1", "268.96"),
            ("12.5733", "1.75", "22.00"),  # 22.003275
            ("1417344.4", "3.215", "4556762.25"),  # 4556762.246
            (30_840_000, "12.290001", "379023630.84"),
            (7, "3.95", "27.65"),
        ],
    )
    def test_is_hours_times_price_to_the_cent(self, hours: int | str, price: int | str, cost: str) -> None:
        assert stated(hours, price) == Decimal(cost)

    def test_of_half_a_cent_is_rounded_to_even(self) -> None:
        assert [stated(hours, "0.01") for hours in ("1.5", "2.5", "3.5")] == [CENT * 2, CENT * 2, CENT * 4]

    def test_is_rounded_once(self) -> None:
        hours, price = Decimal("6347214.0379"), Decimal("0.742205")
        assert stated(hours, price) == (hours * price).quantize(CENT, ROUND_HALF_EVEN)

    @pytest.mark.parametrize("hours", ["0.01", "0.0001"])
    def test_of_a_tiny_run_is_at_least_a_cent(self, hours: str) -> None:
        assert stated(hours, "0.35") >= CENT

    @pytest.mark.parametrize(
        ("quantity", "price"),
        [
            ((core.TrainingPhases, "gpu_hours"), (core.TrainingPhases, "stated_price_usd_per_gpu_hour")),
            ((core.TrainingPhases, "gpu_hours"), (core.PriceQuotes, "list_unit_price_usd_per_gpu_hour")),
            ((core.TrainingPhases, "gpu_count"), (core.PriceQuotes, "list_unit_price_usd_per_gpu")),
        ],
        ids=["stated price", "rental", "purchase"],
    )
    def test_of_the_largest_inputs_fits_its_type(self, quantity: Bounded, price: Bounded) -> None:
        assert largest(*quantity) * largest(*price) < 10 ** (USD.precision - USD.scale)

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(
        st.decimals(Decimal("0.0100"), 10**9, places=4, allow_nan=False),
        st.decimals(Decimal("1.00"), 10**3, places=2, allow_nan=False),
    )
    @example(Decimal("0.0100"), Decimal("1.00"))
    @example(Decimal("1000000000.0000"), Decimal("1000.00"))
    def test_is_exact_for_prices_in_cents(self, hours: Decimal, price: Decimal) -> None:
        assert stated(hours, price) == (hours * price).quantize(CENT, ROUND_HALF_EVEN)


class TestEnds:
    def test_a_range_in_is_a_range_out(self) -> None:
        tiny = TinyLedger(phases=[phase(low=4_423_680, high=6_709_248)], quotes=market(2))
        row = tiny.phase_cost()
        assert row["cost_low_usd"] == pytest.approx(8_847_360, abs=0.01)
        assert row["cost_high_usd"] == pytest.approx(13_418_496, abs=0.01)
        assert row["cost_mid_usd"] == Decimal("10895791.15")

    def test_both_ranges_widen_it_less_than_all_ends_at_once(self) -> None:
        quotes = [rental(price, provider=f"P{price}") for price in (1, 2, 4)]
        row = TinyLedger(phases=[phase(low=50, high=200)], quotes=quotes).phase_cost()
        factor = 2 ** (2**0.5)  # two doublings add in squares
        assert row["cost_mid_usd"] == 200
        assert row["cost_low_usd"] == pytest.approx(200 / factor, abs=0.01)
        assert row["cost_high_usd"] == pytest.approx(200 * factor, abs=0.01)

    def test_one_side_alone_is_priced_at_that_side_of_the_price(self) -> None:
        quotes = [rental(price, provider=f"P{price}") for price in (1, 2, 4)]
        upper = TinyLedger(phases=[phase(high=504)], quotes=quotes).phase_cost()
        assert (upper["cost_low_usd"], upper["cost_mid_usd"], upper["cost_high_usd"]) == (None, None, 2016)
        lower = TinyLedger(phases=[phase(low=1152)], quotes=quotes).phase_cost()
        assert (lower["cost_low_usd"], lower["cost_mid_usd"], lower["cost_high_usd"]) == (1152, None, None)
        assert upper["cost_missing_reason"] is None is lower["cost_missing_reason"]

    def test_of_a_cost_of_cents_are_not_scaled_from_a_rounded_middle(self) -> None:
        tiny = TinyLedger(phases=[phase(hours="0.0150", high="1.5000", stated_price=1)])
        assert tiny.phase_cost(price_basis="disclosed")["cost_high_usd"] == pytest.approx(1.5)


class TestMissing:
    @pytest.mark.parametrize(
        ("disclosed", "price_basis", "reason"),
        [
            (phase(), "rental", "hours_not_disclosed"),
            (phase(), "disclosed", "hours_not_disclosed"),
            (phase(), "purchase", "hours_not_disclosed"),
            (phase(row_role="context_only", gpu_count=8), "rental", "hours_not_disclosed"),
            (phase(hours=100, hardware_id="other"), "rental", "no_price"),
            (phase(hours=100), "disclosed", "no_price"),
            (phase(hours=100), "purchase", "gpu_count_not_disclosed"),
            (phase(hours=100, gpu_count=8, hardware_id="other"), "purchase", "no_price"),
        ],
    )
    def test_a_cost_is_absent_with_its_reason_and_without_a_price(
        self, disclosed: dict[str, object], price_basis: str, reason: str
    ) -> None:
        tiny = TinyLedger(phases=[disclosed], quotes=[*market(2), offer(30000)])
        row = tiny.phase_cost(price_basis=price_basis)
        assert row["cost_missing_reason"] == reason
        absent = ("cost_low_usd", "cost_mid_usd", "cost_high_usd", "quote_id", "price_observed_on")
        assert [row[name] for name in absent] == [None] * len(absent)
        assert (row["unit_price_usd_per_gpu_hour"], row["unit_price_usd_per_gpu"]) == (None, None)


class TestRows:
    def test_are_one_for_each_phase_and_basis_in_order(self) -> None:
        tiny = TinyLedger(phases=[phase("b", 1), phase("a", 1), phase("a", row_role="context_only", phase="sft")])
        keys = tiny.phase_costs.select("phase_id", "price_basis").rows()
        assert keys == sorted(
            (name, basis) for name in ("a__pretraining", "a__sft", "b__pretraining") for basis in PRICE_BASIS
        )

    def test_of_every_role_stand_in_one_of_the_two_tables(self) -> None:
        assert sorted(SUMMED + UNSUMMED) == sorted(ROW_ROLE)

    @pytest.mark.parametrize("role", UNSUMMED)
    def test_that_are_never_summed_stand_beside_with_their_cost(self, role: str) -> None:
        tiny = TinyLedger(phases=[phase(hours=100, row_role=role)], quotes=market(2))
        assert tiny.phase_costs.is_empty()
        beside = tiny.unsummed_phase_costs.filter(price_basis="rental").row(0, named=True)
        assert (beside["row_role"], beside["cost_mid_usd"]) == (role, 200)
