"""Price bases on the project's own data: figures worked out by hand, and laws that hold for every row."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pipelines.contracts.core import (
    CostClaims,
    CostComponents,
    Deflators,
    ElectricityPrices,
    ModelCosts,
    PhaseCosts,
    PhaseEnergy,
    PriceQuotes,
)
from pipelines.contracts.vocabulary import PRICE_BASIS, RENTED_AT_START

if TYPE_CHECKING:
    from tests.data.conftest import RealLedger

TERMS = {
    "rental": {"on_demand"},
    "rental_spot": {"spot"},
    "rental_1y": {"reserved_1y", "committed_1y"},
    "rental_3y": {"reserved_3y", "committed_3y"},
    "amortized": {"purchase"},
    "purchase": {"purchase"},
}


@pytest.mark.parametrize("price_basis", RENTED_AT_START)
def test_no_rent_of_the_start_rests_on_a_later_quote(real: RealLedger, price_basis: str) -> None:
    rented = real.table(PhaseCosts).filter(pl.col("cost_missing_reason").is_null(), price_basis=price_basis)
    assert rented.height > 100
    assert rented.filter((pl.col("price_observed_on") <= pl.col("started_on")).not_().fill_null(value=True)).is_empty()


@pytest.mark.parametrize("price_basis", TERMS)
def test_every_basis_rests_on_quotes_of_its_own_terms(real: RealLedger, price_basis: str) -> None:
    used = real.table(PhaseCosts).filter(pl.col("quote_id").is_not_null(), price_basis=price_basis)
    terms = used.join(real.table(PriceQuotes).select("quote_id", "pricing_category"), on="quote_id")
    assert set(terms["pricing_category"]) <= TERMS[price_basis]
    assert terms.height == used.height > 100


class TestAmortized:
    def test_of_llama_31_405b(self, real: RealLedger) -> None:
        """33,810 x 10^(-0.14 x 14 / 365.25) x 0.14 ln 10 / 8766 / 0.81 + 0.7 x 1.8214 x 0.75 x 1.1 x 0.0806."""
        row = real.phase_cost("llama-3-1-405b__full_training", "amortized")
        assert row["quote_id"] == "pp0117"
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(1.600909, abs=2e-6)
        assert row["cost_mid_usd"] == Decimal("49372033.56")
        assert row["flags"] == ["assumed_country", "assumed_start"]

    def test_of_v3_rests_on_a_server_and_not_on_a_card(self, real: RealLedger) -> None:
        row = real.phase_cost("deepseek-v3__pretraining", "amortized")
        assert row["quote_id"] == "pp0075"  # $44,750 with its share of a DGX
        assert "server_overhead_added" not in row["flags"]
        assert {"later_price", "assumed_electricity_price", "assumed_country"} <= set(row["flags"])
        assert float(row["unit_price_usd_per_gpu_hour"]) == pytest.approx(
            44750 * 0.14 * 2.302585 / 8766 / 0.81 + 0.7 * 1.8214 * 0.75 * 1.25 * 0.0806, abs=1e-5
        )

    def test_energy_is_a_small_part_of_almost_every_cost(self, real: RealLedger) -> None:
        parts = (
            real.table(CostComponents).filter(price_basis="amortized").with_columns(pl.col("cost_mid_usd").cast(float))
        )
        shares = parts.group_by("phase_id").agg(
            (pl.col("cost_mid_usd").filter(component="energy").sum() / pl.col("cost_mid_usd").sum()).alias("energy")
        )
        assert shares.height > 150
        assert 0.03 < shares["energy"].median() < 0.10  # type: ignore[operator]
        assert shares["energy"].max() < 0.5  # type: ignore[operator]

    def test_parts_in_a_cost_add_up_to_it_exactly(self, real: RealLedger) -> None:
        summed = real.table(CostComponents).filter("is_in_cost").group_by("phase_id", "price_basis")
        both = summed.agg(pl.col("cost_mid_usd").sum().alias("parts")).join(
            real.table(PhaseCosts), on=["phase_id", "price_basis"]
        )
        assert both.height > 300
        assert both.filter(pl.col("parts") != pl.col("cost_mid_usd")).is_empty()


def test_servers_and_network_are_never_in_the_seed_storys_purchase(real: RealLedger) -> None:
    cluster = {
        row["component"]: (row["is_in_cost"], row["cost_mid_usd"])
        for row in real.rows(CostComponents, phase_id="deepseek-v3__pretraining", price_basis="purchase")
    }
    assert cluster["accelerators"] == (True, Decimal("79649832.96"))
    assert {name for name, (is_in_cost, _) in cluster.items() if not is_in_cost} == {"servers", "interconnect"}
    # sqrt(33,800 x 1.64 x 44,750) - 38,891.52 a GPU, and 19 / 81 of what that makes with it
    assert float(cluster["servers"][1]) == pytest.approx(2048 * ((33800 * 1.64 * 44750) ** 0.5 - 38891.52), rel=1e-5)


class TestEnergy:
    @pytest.mark.parametrize(
        ("phase_id", "by_place", "as_bought"),
        [
            ("llama-3-1-405b__full_training", 8930, 0),
            ("llama-4-scout__pretraining", 1354, 0),
            ("llama-2-70b__pretraining", 291.42, None),
            ("bloom-176b__pretraining", 24.7, None),
        ],
    )
    def test_what_developers_state_stands_beside_ours(
        self, real: RealLedger, phase_id: str, by_place: float, as_bought: float | None
    ) -> None:
        row = real.row(PhaseEnergy, phase_id=phase_id)
        assert (row["disclosed_location_tco2e"], row["disclosed_market_tco2e"]) == (by_place, as_bought)
        assert 1 < row["emissions_tco2e"] / by_place < 3  # ours counts the server too

    def test_bloom_ran_in_france(self, real: RealLedger) -> None:
        row = real.row(PhaseEnergy, phase_id="bloom-176b__pretraining")
        assert row["country"] == "FR"
        assert "assumed_country" not in row["flags"]

    def test_of_405b_is_32_gigawatt_hours(self, real: RealLedger) -> None:
        row = real.row(PhaseEnergy, phase_id="llama-3-1-405b__full_training")
        assert row["energy_kwh"] == pytest.approx(30_840_000 * 0.7 * 1.8214 * 0.75 * 1.1)


def test_every_cost_says_what_it_leaves_out(real: RealLedger) -> None:
    costs = real.table(ModelCosts)
    assert set(costs["price_basis"]) == set(PRICE_BASIS)
    assert costs.filter(~pl.col("scope_note").list.contains("staff")).is_empty()


def test_yuan_of_ling_become_dollars_of_that_week(real: RealLedger) -> None:
    row = real.row(CostClaims, claim_id="ling-1t-tokens")
    assert (row["converted_low_usd"], row["converted_high_usd"]) == (696_916.70, 871_145.88)
    assert str(row["exchange_rate_on"]) == "2025-03-03"
    assert row["claimed_low_usd"] is None


def test_electricity_of_the_us_is_in_dollars_and_ends_in_2023(real: RealLedger) -> None:
    american = real.table(ElectricityPrices).filter(area="US")
    assert american.filter(pl.col("price_usd_per_kwh").is_between(0.04, 0.10).not_()).is_empty()
    assert str(american["period_ended_on"].max()) == "2023-12-31"


def test_the_index_of_the_peer_is_carried_after_it_ends(real: RealLedger) -> None:
    newest = (
        real.table(Deflators).filter(series_id="PCU518210518210", to_year=2025).sort("month_on").tail(1).to_dicts()[0]
    )
    assert str(newest["index_month_on"]) == "2025-06-01"
    assert newest["month_on"] > newest["index_month_on"]
