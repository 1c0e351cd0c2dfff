"""The seed story on the project's own data: what R1 is said to have cost, and what it cost.

Every figure here was worked out by hand from the sources; none is taken from the ledger.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pipelines.contracts.core import ModelCosts, ModelLineage, PhaseCosts, PriceQuotes, TrainingPhases
from pipelines.contracts.vocabulary import COST_SCOPE

if TYPE_CHECKING:
    from tests.data.conftest import RealLedger

TRILLION = 10**12


class TestR1:
    @pytest.mark.parametrize(
        ("scope", "hours", "cost"),
        [("own", 45_960, 91_920), ("effort", 147_336, 294_672), ("cumulative", 2_935_336, 5_870_672)],
    )
    def test_hours_and_disclosed_cost(self, real: RealLedger, scope: str, hours: int, cost: int) -> None:
        row = real.cost("deepseek-r1", scope, "disclosed")
        assert (row["gpu_hours_low"], row["gpu_hours"], row["gpu_hours_high"]) == (hours, hours, hours)
        assert (row["cost_low_usd"], row["cost_mid_usd"], row["cost_high_usd"]) == (cost, cost, cost)
        assert row["unpriced_gpu_hours"] == 0
        assert not row["is_lower_bound"]
        assert row["flags"] == []

    def test_headline_is_three_phases_of_two_models(self, real: RealLedger) -> None:
        phases = {
            row["phase_id"]: row["cost_mid_usd"]
            for name in ("deepseek-r1", "deepseek-r1-zero")
            for row in real.rows(PhaseCosts, model_id=name, price_basis="disclosed")
        }
        assert phases == {
            "deepseek-r1-zero__reinforcement_learning": 512 * 198 * 2,
            "deepseek-r1__reinforcement_learning": 512 * 80 * 2,
            "deepseek-r1__synthetic_data_generation": 5_000 * 2,
        }

    def test_cumulative_is_20_times_the_headline_and_95_percent_v3(self, real: RealLedger) -> None:
        cumulative = real.cost("deepseek-r1", "cumulative", "disclosed")["cost_mid_usd"]
        v3 = real.cost("deepseek-v3", "own", "disclosed")["cost_mid_usd"]
        assert round(cumulative / 294_000, 2) == Decimal("19.97")
        assert round(100 * v3 / cumulative, 2) == Decimal("94.98")
        assert cumulative == v3 + real.cost("deepseek-r1", "effort", "disclosed")["cost_mid_usd"]

    @pytest.mark.parametrize("price_basis", ["rental", "rental_now"])
    def test_share_of_v3_is_the_same_at_any_price_of_one_chip(self, real: RealLedger, price_basis: str) -> None:
        cumulative, v3 = (
            real.cost(name, scope, price_basis)["cost_mid_usd"]
            for name, scope in (("deepseek-r1", "cumulative"), ("deepseek-v3", "own"))
        )
        assert round(100 * v3 / cumulative, 2) == Decimal("94.98")

    def test_stands_on_v3_and_v3_learned_from_it(self, real: RealLedger) -> None:
        edges = {
            (row["child_model_id"], row["parent_model_id"]): (row["relation"], row["counts_in"])
            for row in real.rows(ModelLineage)
            if row["child_model_id"].startswith("deepseek-") and row["parent_model_id"].startswith("deepseek-")
        }
        assert edges["deepseek-r1", "deepseek-v3"] == ("weights", "cumulative")
        assert edges["deepseek-r1", "deepseek-r1-zero"] == ("data", "effort")
        assert edges["deepseek-v3", "deepseek-r1"] == ("data", "none")
        assert real.hours("deepseek-v3", "cumulative") == 2_788_000


class TestV3:
    def test_own_cost_is_its_three_phases(self, real: RealLedger) -> None:
        phases = [
            real.phase_cost(f"deepseek-v3__{name}", "disclosed")
            for name in ("pretraining", "context_extension", "post_training")
        ]
        assert [row["cost_mid_usd"] for row in phases] == [5_328_000, 238_000, 10_000]
        for scope in COST_SCOPE:
            assert real.cost("deepseek-v3", scope, "disclosed")["cost_mid_usd"] == 5_576_000

    def test_purchase_of_its_cluster(self, real: RealLedger) -> None:
        row = real.phase_cost("deepseek-v3__pretraining", "purchase")
        assert row["gpu_count"] == 2048
        assert row["cost_low_usd"] == pytest.approx(69_222_400)  # 2,048 x 33,800
        assert row["cost_high_usd"] == pytest.approx(91_648_000)  # 2,048 x 44,750
        assert 69_222_400 < row["cost_mid_usd"] < 91_648_000
        assert "later_price" in row["flags"]
        assert row["price_observed_on"] > row["started_on"]

    @pytest.mark.parametrize("model_id", ["deepseek-v3", "deepseek-r1", "deepseek-r1-zero"])
    def test_purchase_is_the_same_cluster_for_all_that_stands_on_it(self, real: RealLedger, model_id: str) -> None:
        row = real.cost(model_id, "cumulative", "purchase")
        assert row["cost_low_usd"] == pytest.approx(69_222_400)
        assert row["cost_high_usd"] == pytest.approx(91_648_000)

    def test_what_the_press_worked_out_is_no_evidence(self, real: RealLedger) -> None:
        claimed = real.row(PriceQuotes, quote_id="pp0123")
        assert claimed["hardware_id"] == "h800"
        assert "press_estimate" in claimed["flags"]
        assert not claimed["is_usable"]
        assert "pp0123" not in set(real.table(PhaseCosts)["quote_id"])

    def test_no_cost_rests_on_a_quote_that_may_not_be_used(self, real: RealLedger) -> None:
        usable = real.table(PriceQuotes).filter("is_usable")["quote_id"]
        used = real.table(PhaseCosts)["quote_id"].drop_nulls().unique()
        assert used.len() > 50
        assert used.is_in(usable.implode()).all()

    def test_rental_is_of_the_h800_itself_and_not_of_later(self, real: RealLedger) -> None:
        for row in real.rows(PhaseCosts, model_id="deepseek-v3", price_basis="rental"):
            assert real.row(PriceQuotes, quote_id=row["quote_id"])["hardware_id"] == "h800"
            assert row["price_observed_on"] <= row["started_on"]


@pytest.mark.parametrize(
    ("model_id", "hours", "tokens"),
    [
        ("llama-4-maverick", 2_380_000, 22 * TRILLION),
        ("llama-4-scout", 5_000_000, 40 * TRILLION),
        ("deepseek-v3", 2_664_000, 14_800_000_000_000),
    ],
)
def test_pretraining_of(real: RealLedger, model_id: str, hours: int, tokens: int) -> None:
    row = real.row(TrainingPhases, phase_id=f"{model_id}__pretraining")
    assert (row["gpu_hours"], row["tokens_low"], row["tokens_high"]) == (hours, tokens, tokens)
    assert real.phase_cost(f"{model_id}__pretraining")["gpu_hours"] == hours


class TestLlama33:
    def test_cumulative_is_the_bases_hours_and_more(self, real: RealLedger) -> None:
        row = real.cost("llama-3-3-70b", "cumulative")
        assert row["gpu_hours"] == real.hours("llama-3-1-70b") == 7_000_000
        assert row["is_lower_bound"]
        assert row["gpu_hours_high"] is None
        assert "restated_base" in row["flags"]

    def test_own_is_unknown_and_never_the_number_printed_again(self, real: RealLedger) -> None:
        row = real.cost("llama-3-3-70b")
        assert (row["gpu_hours"], row["cost_mid_usd"]) == (None, None)
        assert row["cost_missing_reason"] == "restated_base"
        assert all(
            cost["gpu_hours"] != 14_000_000 for cost in real.rows(ModelCosts) if cost["model_id"].startswith("llama-3")
        )


class TestSmallRunsOnLargeBases:
    @pytest.mark.parametrize(("model_id", "hours"), [("s1-32b", 7), ("sky-t1-32b-preview", 152)])
    def test_own_is_known_and_cumulative_is_a_floor(self, real: RealLedger, model_id: str, hours: int) -> None:
        own, cumulative = real.cost(model_id), real.cost(model_id, "cumulative")
        assert (own["gpu_hours"], own["is_lower_bound"]) == (hours, False)
        assert (cumulative["gpu_hours"], cumulative["is_lower_bound"]) == (hours, True)
        assert cumulative["undisclosed_ancestors"] == ["qwen2-5-32b-instruct"]
        assert (cumulative["gpu_hours_high"], cumulative["cost_high_usd"]) == (None, None)

    @pytest.mark.parametrize(
        ("model_id", "undisclosed"),
        [
            ("zephyr-7b", "mistral-7b"),
            ("hermes-4-14b", "qwen3-14b"),
            ("nekomata-14b", "qwen-14b"),
            ("olmo-2-1b", "olmo-2-1b-base"),
            ("code-llama-7b", "code-llama-7b"),
            ("code-llama-13b", "code-llama-13b"),
            ("code-llama-34b", "code-llama-34b"),
        ],
    )
    def test_cumulative_is_a_lower_bound_that_names_what_is_missing(
        self, real: RealLedger, model_id: str, undisclosed: str
    ) -> None:
        row = real.cost(model_id, "cumulative")
        assert row["is_lower_bound"]
        assert row["undisclosed_ancestors"] == [undisclosed]
        assert row["gpu_hours_high"] is None

    @pytest.mark.parametrize(
        ("model_id", "floor"),
        [("llava-1-5-7b", 184_428), ("llava-1-5-13b", 368_844)],  # 184,320 + 28 + 80; 368,640 + 44 + 160
    )
    def test_llava_stands_on_vicuna_which_stands_on_llama_2(self, real: RealLedger, model_id: str, floor: int) -> None:
        row = real.cost(model_id, "cumulative")
        size = model_id.removeprefix("llava-1-5-")
        assert row["gpu_hours"] == floor
        assert row["is_lower_bound"]
        assert row["undisclosed_ancestors"] == [f"vicuna-{size}-v1-5"]


def test_no_rental_is_priced_after_its_start(real: RealLedger) -> None:
    rented = real.table(PhaseCosts).filter(pl.col("cost_missing_reason").is_null(), price_basis="rental")
    assert rented.height > 100
    assert rented.filter(pl.col("price_observed_on").is_null()).is_empty()
    assert rented.filter(pl.col("price_observed_on") > pl.col("started_on")).is_empty()
