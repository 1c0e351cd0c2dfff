"""The twelve hard cases of the dossier, on the project's own data.

Each class is one case; what is expected was worked out by hand from the documents that the disclosures name.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pipelines.contracts.core import (
    CostClaims,
    MethodConstants,
    ModelCosts,
    ModelLineage,
    PhaseCosts,
    PriceQuotes,
    ScopeMembers,
    TrainingPhases,
    UnsummedPhaseCosts,
)
from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from pipelines.paths import ROOT

if TYPE_CHECKING:
    from tests.data.conftest import RealLedger

HOURS = ("gpu_hours_low", "gpu_hours", "gpu_hours_high")
COST = ("cost_low_usd", "cost_mid_usd", "cost_high_usd")
MFU_CHECK = ROOT.parent / "shared" / "facts" / "disclosures" / "mfu_check.csv"
CLAIMED_AMOUNT = pl.coalesce("claimed_low_usd", "claimed_high_usd")


def every_cost(real: RealLedger, model_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every row of core.model_costs of a model, with its scope and basis."""
    for scope in COST_SCOPE:
        for price_basis in PRICE_BASIS:
            yield scope, price_basis, real.cost(model_id, scope, price_basis)


class TestCase1HeadlineScope:
    """R1's $294K is R1 with R1-Zero; R1-Zero is a sibling, no ancestor in weights."""

    def test_headline_is_the_effort_and_not_the_model(self, real: RealLedger) -> None:
        assert real.cost("deepseek-r1", "effort", "disclosed")["cost_mid_usd"] == 294_672
        assert real.cost("deepseek-r1", "own", "disclosed")["cost_mid_usd"] == 91_920
        assert real.hours("deepseek-r1", "effort") == 512 * 198 + 512 * 80 + 5_000

    def test_r1_zero_is_512_accelerators_and_not_648(self, real: RealLedger) -> None:
        row = real.phase_cost("deepseek-r1-zero__reinforcement_learning")
        assert (row["gpu_count"], row["gpu_hours"]) == (512, 101_376)

    def test_r1_zero_is_inside_the_headline_and_gave_no_weights(self, real: RealLedger) -> None:
        edges = real.rows(ModelLineage, child_model_id="deepseek-r1", parent_model_id="deepseek-r1-zero")
        assert [(row["relation"], row["counts_in"]) for row in edges] == [("data", "effort")]
        members = real.rows(ScopeMembers, model_id="deepseek-r1", scope="cumulative")
        assert [row["member_model_id"] for row in members] == ["deepseek-r1", "deepseek-r1-zero", "deepseek-v3"]

    def test_r1_zero_itself_stands_on_v3_and_not_on_r1(self, real: RealLedger) -> None:
        assert real.hours("deepseek-r1-zero", "effort") == 101_376
        assert real.hours("deepseek-r1-zero", "cumulative") == 101_376 + 2_788_000


class TestCase2LineageChain:
    """A chain is followed to its end, and an end that discloses nothing is said."""

    def test_hermes_4_405b_is_its_own_b200_hours_and_llamas_h100_hours(self, real: RealLedger) -> None:
        assert real.hours("hermes-4-405b") == 71_616
        assert real.hours("hermes-4-405b", "cumulative") == 71_616 + 30_840_000
        chips = {
            row["model_id"]: real.phase_cost(row["phase_id"], "rental_now")
            for name in ("hermes-4-405b", "llama-3-1-405b")
            for row in real.rows(TrainingPhases, model_id=name)
        }
        assert {name: row["hardware_id"] for name, row in chips.items()} == {
            "hermes-4-405b": "b200",
            "llama-3-1-405b": "h100-sxm",
        }
        for row in chips.values():
            assert real.row(PriceQuotes, quote_id=row["quote_id"])["hardware_id"] == row["hardware_id"]
        total = real.cost("hermes-4-405b", "cumulative", "rental_now")["cost_mid_usd"]
        assert total == sum(row["cost_mid_usd"] for row in chips.values())

    def test_a_chain_of_three_adds_all_three(self, real: RealLedger) -> None:
        stages = [real.hours(name) for name in ("olmo-3-1-32b-think", "olmo-3-32b-think", "olmo-3-32b")]
        assert stages == [112_896, 36_864 + 1_152, 976_896 + 36_864 + 24_576]
        assert real.hours("olmo-3-1-32b-think", "cumulative") == sum(stages)

    @pytest.mark.parametrize(
        "model_id", ["s1-32b", "s1-59k-full", "sky-t1-32b-preview", "zephyr-7b", "deepscaler-1-5b"]
    )
    def test_a_base_without_a_disclosure_is_never_read_as_free(self, real: RealLedger, model_id: str) -> None:
        for scope, price_basis, row in every_cost(real, model_id):
            assert row["is_lower_bound"] is (scope == "cumulative"), price_basis
            assert bool(row["undisclosed_ancestors"]) is (scope == "cumulative")


class TestCase3Cycle:
    """V3 learned from an R1-series model and R1 starts from V3: weights have no cycle, data has one."""

    def test_data_run_in_a_circle(self, real: RealLedger) -> None:
        edges = {(row["child_model_id"], row["parent_model_id"]) for row in real.rows(ModelLineage)}
        assert {("deepseek-r1", "deepseek-v3"), ("deepseek-v3", "deepseek-r1")} <= edges

    def test_weights_do_not(self, real: RealLedger) -> None:
        parents: dict[str, set[str]] = {}
        for row in real.rows(ModelLineage, relation="weights"):
            parents.setdefault(row["child_model_id"], set()).add(row["parent_model_id"])
        for model_id, direct in parents.items():
            ancestors: set[str] = set()
            to_visit = direct
            while to_visit:
                ancestors |= to_visit
                to_visit = {up for name in to_visit for up in parents.get(name, ())} - ancestors
            assert model_id not in ancestors

    def test_nobody_is_counted_twice(self, real: RealLedger) -> None:
        keys = real.table(ScopeMembers).select("model_id", "scope", "member_model_id")
        assert keys.is_duplicated().sum() == 0
        assert real.hours("deepseek-v3", "cumulative") == 2_788_000


class TestCase4FamilyTotalsAndRestatement:
    """Code Llama: 400K for nine models, later 1,400K for twelve; never 1,800K, and never 1,400K for one."""

    MODELS = ("code-llama-2023-family", "code-llama-7b", "code-llama-13b", "code-llama-34b", "code-llama-70b")

    def test_the_two_cards_add_up_to_the_later_one(self, real: RealLedger) -> None:
        assert [real.hours(name) for name in self.MODELS] == [400_000, None, None, None, 1_000_000]
        assert sum(real.hours(name) or 0 for name in self.MODELS) == 1_400_000

    def test_no_model_is_given_a_total(self, real: RealLedger) -> None:
        totals = {Decimal(400_000), Decimal(1_400_000), Decimal(1_800_000)}
        phases = real.table(PhaseCosts).filter(pl.col("model_id").str.starts_with("code-llama"))
        assert sorted(phases["gpu_hours"].unique()) == [400_000, 1_000_000]
        for name in self.MODELS[1:]:
            assert {row["gpu_hours"] for _, _, row in every_cost(real, name)}.isdisjoint(totals)

    def test_each_size_stands_on_its_own_llama_2(self, real: RealLedger) -> None:
        base = {"7b": 184_320, "13b": 368_640, "34b": 1_038_336}
        for size, hours in base.items():
            row = real.cost(f"code-llama-{size}", "cumulative")
            assert (row["gpu_hours"], row["is_lower_bound"]) == (hours, True)
            assert "covers_models" in row["flags"]
        assert real.hours("code-llama-70b", "cumulative") == 1_000_000 + 1_720_320
        assert real.hours("code-llama-2023-family", "cumulative") == 400_000 + sum(base.values())
        assert not real.cost("code-llama-70b", "cumulative")["is_lower_bound"]

    def test_nothing_is_added_to_a_sum_by_a_card_that_was_replaced(self, real: RealLedger) -> None:
        for name in self.MODELS:
            assert max(row["gpu_hours"] or 0 for _, _, row in every_cost(real, name)) < 3_000_000


class TestCase5HiddenMember:
    """The rows of Llama 2's card miss 1,038,336 h of its total: the 34B that was not released."""

    def test_the_four_sizes_are_the_total_of_the_card(self, real: RealLedger) -> None:
        sizes = {size: real.hours(f"llama-2-{size}") for size in ("7b", "13b", "34b", "70b")}
        assert sizes == {"7b": 184_320, "13b": 368_640, "34b": 1_038_336, "70b": 1_720_320}
        assert sum(sizes.values()) == 3_311_616

    def test_the_hidden_one_is_derived_and_says_how(self, real: RealLedger) -> None:
        row = real.row(TrainingPhases, phase_id="llama-2-34b__pretraining")
        assert row["derivation"] == "3311616-184320-368640-1720320"

    def test_it_is_the_base_of_code_llama_34b_alone(self, real: RealLedger) -> None:
        above = real.table(ScopeMembers).filter(member_model_id="llama-2-34b", scope="cumulative")
        assert set(above["model_id"]) == {"llama-2-34b", "code-llama-34b", "code-llama-2023-family"}


class TestCase6CopiedBaseFigure:
    """Llama 3.3's 7.0M hours are Llama 3.1 70B's: cumulative is 7.0M and more, not 14.0M."""

    def test_the_number_is_kept_beside_and_in_no_sum(self, real: RealLedger) -> None:
        beside = real.beside("llama-3-3-70b__full_training")
        assert (beside["row_role"], beside["gpu_hours"]) == ("restated_base", 7_000_000)
        assert real.rows(PhaseCosts, model_id="llama-3-3-70b") == []

    def test_cumulative_is_at_least_7_million(self, real: RealLedger) -> None:
        row = real.cost("llama-3-3-70b", "cumulative")
        assert (row["gpu_hours"], row["is_lower_bound"]) == (7_000_000, True)
        assert row["undisclosed_ancestors"] == ["llama-3-3-70b"]

    def test_own_is_unknown_on_every_basis(self, real: RealLedger) -> None:
        for scope, _, row in every_cost(real, "llama-3-3-70b"):
            if scope != "cumulative":
                assert (row["gpu_hours"], row["cost_mid_usd"]) == (None, None)
                assert row["cost_missing_reason"] == "restated_base"


class TestCase7SharedCost:
    """86K hours of logits serve two students; teachers' own 8.46M hours are in neither."""

    def test_the_logits_are_counted_once(self, real: RealLedger) -> None:
        holders = real.table(PhaseCosts).filter(pl.col("gpu_hours") == 86_000, price_basis="rental")
        assert holders["model_id"].to_list() == ["llama-3-2-3b"]
        own = [real.hours(name) for name in ("llama-3-2-1b", "llama-3-2-3b")]
        assert own == [370_000 + 1_300, 460_000 + 86_000 + 1_600]

    def test_each_student_stands_on_the_8b_it_was_pruned_from(self, real: RealLedger) -> None:
        for name in ("llama-3-2-1b", "llama-3-2-3b"):
            own = real.hours(name)
            assert own is not None
            assert real.hours(name, "cumulative") == own + 1_460_000

    def test_teachers_are_named_and_add_nothing(self, real: RealLedger) -> None:
        teachers = real.rows(ModelLineage, relation="teacher")
        assert len(teachers) >= 6
        assert {row["counts_in"] for row in teachers} == {"none"}
        for name in ("llama-3-2-1b", "llama-3-2-3b"):
            members = real.rows(ScopeMembers, model_id=name, scope="cumulative")
            assert [row["member_model_id"] for row in members] == [name, "llama-3-1-8b"]

    def test_students_of_dinov2_do_not_carry_the_22k_hours_of_their_teacher(self, real: RealLedger) -> None:
        students = {"dinov2-vit-l": 8_000, "dinov2-vit-b": 5_300, "dinov2-vit-s": 4_500}
        assert {name: real.hours(name, "cumulative") for name in students} == students


class TestCase8UnitTraps:
    """Cores are not chips, a clock is not a chip-hour, and a machine is not an accelerator."""

    @pytest.mark.parametrize(
        ("phase_id", "count", "hours"),
        [
            ("gpt-j-6b__pretraining", 128, 107_520),  # v3-256: 256 cores are 128 chips, five weeks
            ("alphafold-2__full_training", 64, 16_896),  # 128 cores are 64 chips, 11 days
            ("octo-small__full_training", 64, 512),  # v4-128: 64 chips, 8 hours
            ("octo-base__full_training", 64, 896),  # 64 chips, 14 hours
            ("meena-2-6b__pretraining", 1024, 737_280),  # 2,048 cores, 30 days
            ("gencast__full_training", 32, 3_840),  # 32 chips, 120 hours by the clock
        ],
    )
    def test_chips_and_chip_hours(self, real: RealLedger, phase_id: str, count: int, hours: int) -> None:
        row = real.phase_cost(phase_id)
        assert (row["gpu_count"], row["gpu_hours"]) == (count, hours)

    def test_octo_may_be_twice_that(self, real: RealLedger) -> None:
        for name, ends in (("octo-small", (512, 512, 1_024)), ("octo-base", (896, 896, 1_792))):
            row = real.cost(name)
            assert tuple(row[column] for column in HOURS) == ends

    def test_polka_is_425_hours_or_eight_times_that(self, real: RealLedger) -> None:
        row = real.cost("polka-1-1b")
        assert tuple(row[name] for name in HOURS) == (425, 425, 8 * 425)
        assert "range_disclosed" in row["flags"]

    @pytest.mark.parametrize(
        ("model_id", "hours"),
        [
            ("pixart-alpha", 675 * 24),
            ("lumina-image-2", (191 + 176 + 224) * 24),
            ("open-sora-2-0", 4_160 * 24),
            ("roberta-large", 1024 * 5 * 24),
        ],
    )
    def test_gpu_days_are_24_gpu_hours(self, real: RealLedger, model_id: str, hours: int) -> None:
        assert real.hours(model_id) == hours

    def test_gpu_weeks_are_168_gpu_hours(self, real: RealLedger) -> None:
        assert real.cost("snowflake-arctic")["gpu_hours_high"] == 3_000 * 7 * 24

    def test_hours_are_accelerators_times_the_clock_where_all_three_are_printed(self, real: RealLedger) -> None:
        printed = pl.all_horizontal(pl.col("gpu_hours", "gpu_count", "wall_clock_hours").is_not_null())
        busy = pl.col("gpu_hours").cast(pl.Float64) / (pl.col("gpu_count") * pl.col("wall_clock_hours"))
        timed = real.table(TrainingPhases).filter(printed)
        assert timed.height > 60
        assert set(timed.filter(~busy.is_between(0.99, 1.02))["phase_id"]) == {
            "open-sora-1-2__full_training",  # 35K stated, 32,256 by count and clock
            "gr00t-n1-2b__synthetic_data_generation",  # 105K stated, 129,600 by count and clock
            "gemini-1-0-ultra__pretraining",  # an estimate whose parts do not agree: 132M, 136.8M
        }


class TestCase9SeveralHardwareTypes:
    """One model on several accelerators: each phase is priced on its own."""

    @pytest.mark.parametrize(
        ("model_id", "chips"),
        [
            ("mpt-7b-chat", {"a100-80gb": "65.6", "a100-40gb": "214.4"}),
            ("llava-1-5-7b", {"a100-80gb": "28", "a100-40gb": "80"}),
            ("gr00t-n1-2b", {"h100-sxm": "50000", "l40": "105000"}),
        ],
    )
    def test_each_phase_has_its_own_chip_and_price(
        self, real: RealLedger, model_id: str, chips: dict[str, str]
    ) -> None:
        rows = real.rows(PhaseCosts, model_id=model_id, price_basis="rental_now")
        assert {row["hardware_id"]: row["gpu_hours"] for row in rows} == {
            name: Decimal(hours) for name, hours in chips.items()
        }
        for row in rows:
            if row["quote_id"]:
                assert real.row(PriceQuotes, quote_id=row["quote_id"])["hardware_id"] == row["hardware_id"]
        assert real.hours(model_id) == sum(map(Decimal, chips.values()))

    def test_a_chip_without_a_price_leaves_a_lower_bound(self, real: RealLedger) -> None:
        row = real.cost("gr00t-n1-2b")
        assert row["cost_mid_usd"] == real.phase_cost("gr00t-n1-2b__pretraining")["cost_mid_usd"]
        assert (row["is_lower_bound"], row["unpriced_gpu_hours"]) == (True, 105_000)
        assert "partly_priced" in row["flags"]

    def test_purchase_adds_one_cluster_a_type(self, real: RealLedger) -> None:
        phases = [real.phase_cost(f"mpt-7b-chat__{name}", "purchase") for name in ("sft", "sft_2")]
        assert [(row["hardware_id"], row["gpu_count"]) for row in phases] == [("a100-80gb", 8), ("a100-40gb", 32)]
        bought = real.cost("mpt-7b-chat", price_basis="purchase")["cost_mid_usd"]
        assert bought == sum(row["cost_mid_usd"] for row in phases)

    @pytest.mark.parametrize(
        ("phase_id", "hours"),
        [
            ("palm-540b__pretraining", 6144 * 1200 + 3072 * 336),
            ("nemotron-4-15b__pretraining", Decimal("687513.6")),
            ("olmo-3-32b__pretraining", 512 * 228 + 1024 * 840),
            ("imagen__full_training", 256 * 96 + 128 * 48 + 128 * 48),
        ],
    )
    def test_counts_that_change_within_a_run_are_added_up(
        self, real: RealLedger, phase_id: str, hours: int | Decimal
    ) -> None:
        disclosed = real.phase_cost(phase_id)["gpu_hours"]
        assert abs(disclosed - hours) < 1


class TestCase10BoundsAndVagueFigures:
    """A range in is a range out; one end in is one end out."""

    def test_arctic_is_known_from_above_only(self, real: RealLedger) -> None:
        row = real.cost("snowflake-arctic")
        assert tuple(row[name] for name in HOURS) == (None, None, 504_000)
        assert (row["cost_low_usd"], row["cost_mid_usd"]) == (None, None)
        assert row["cost_high_usd"] > 0
        assert (row["is_lower_bound"], row["cost_missing_reason"]) == (False, None)
        assert "one_sided" in row["flags"]

    def test_dpo_of_olmo_3_is_known_from_below_only(self, real: RealLedger) -> None:
        row = real.phase_cost("olmo-3-32b-think__preference_tuning")
        assert tuple(row[name] for name in HOURS) == (1_152, None, None)
        assert (row["cost_mid_usd"], row["cost_high_usd"]) == (None, None)
        assert row["cost_low_usd"] > 0
        assert real.cost("olmo-3-32b-think")["is_lower_bound"]

    @pytest.mark.parametrize(
        ("model_id", "low", "middle", "high"),
        [
            ("dbrx-132b", 4_423_680, "5447895.5747", 6_709_248),
            ("zephyr-7b", 32, "45.2548", 64),
            ("gpt-oss-20b", 210_000, "210000", 260_000),
            ("pixart-alpha", 16_200, "16200", 18_072),
            ("roberta-large", 24_576, "122880", 122_880),
        ],
    )
    def test_ranges(self, real: RealLedger, model_id: str, low: int, middle: str, high: int) -> None:
        row = real.cost(model_id)
        assert tuple(row[name] for name in HOURS) == (low, Decimal(middle), high)
        assert row["cost_low_usd"] < row["cost_high_usd"]
        assert row["cost_low_usd"] <= float(row["cost_mid_usd"]) + 0.01
        assert "range_disclosed" in row["flags"]

    def test_every_range_of_hours_is_a_range_of_cost(self, real: RealLedger) -> None:
        wide = real.table(PhaseCosts).filter(
            (pl.col("gpu_hours_low") < pl.col("gpu_hours_high"))
            & pl.col("cost_mid_usd").is_not_null()
            & (pl.col("price_basis") != "purchase")
        )
        assert wide.height > 10
        assert wide.filter(pl.col("cost_low_usd") >= pl.col("cost_high_usd")).is_empty()

    def test_servers_of_v3_are_a_floor_and_no_price(self, real: RealLedger) -> None:
        claim = real.table(CostClaims).filter(pl.col("claimed_low_usd") == 51_000_000).row(0, named=True)
        assert claim["bound"] == "floor"
        assert not real.row(PriceQuotes, quote_id="pp0123")["is_usable"]

    @pytest.mark.parametrize("model_id", ["llama-3-8b", "llama-3-70b", "llama-3-1-8b", "llama-3-1-70b"])
    def test_fifteen_trillion_and_more_tokens_have_no_upper_end(self, real: RealLedger, model_id: str) -> None:
        [row] = real.rows(TrainingPhases, model_id=model_id)
        assert (row["tokens_low"], row["tokens_high"]) == (15 * 10**12, None)


class TestCase11NoHoursAtAll:
    """Compute only, chips only, emissions only, money only: not disclosed or a labelled estimate, never zero."""

    @pytest.mark.parametrize(
        "model_id",
        [
            "chinchilla-70b",
            "esm3-98b",
            "gemma-1-7b",
            "gemma-3-27b",
            "smollm2-1-7b",
            "mpt-30b",
            "mistral-large-2",
            "mimo-v2-6-pro",
            "ling-plus-290b",
            "afm-server",
            "claude-3-5-sonnet",
            "kimi-k2",
        ],
    )
    def test_what_cannot_be_known_is_absent_with_its_reason(self, real: RealLedger, model_id: str) -> None:
        for _, _, row in every_cost(real, model_id):
            assert [row[name] for name in (*HOURS, *COST)] == [None] * 6
            assert row["cost_missing_reason"] == "hours_not_disclosed"

    def test_gpt_3_is_an_estimate_from_its_compute_and_says_so(self, real: RealLedger) -> None:
        method = {row["constant_id"]: row["value"] for row in real.rows(MethodConstants)}
        row, flop, peak = real.cost("gpt-3-175b"), 3.14e23, 1.25e14
        expected = [flop / (peak * share * 3600) for share in (0.65, 0.375, 0.10)]
        assert [float(row[name]) for name in HOURS] == pytest.approx(expected, abs=0.001)
        assert [method[f"usual_utilization_{end}ratio"] for end in ("high_", "", "low_")] == [0.65, 0.375, 0.10]
        assert "assumed_utilization" in row["flags"]
        assert row["gpu_hours"] != 3_552_000
        assert not row["is_lower_bound"]

    def test_cerebras_gpt_has_estimated_hours_and_no_price(self, real: RealLedger) -> None:
        row = real.cost("cerebras-gpt-13b")
        assert "assumed_utilization" in row["flags"]
        assert row["gpu_hours"] > 0
        assert (row["cost_mid_usd"], row["cost_missing_reason"]) == (None, "no_price")

    def test_nothing_anywhere_is_zero(self, real: RealLedger) -> None:
        for contract in (ModelCosts, PhaseCosts, UnsummedPhaseCosts):
            for name in (*HOURS, *COST):
                assert real.table(contract).filter(pl.col(name) <= 0).is_empty()

    def test_every_model_has_all_its_rows_and_every_gap_a_reason(self, real: RealLedger) -> None:
        costs = real.table(ModelCosts)
        models = costs["model_id"].n_unique()
        assert models >= 236
        assert costs.height == models * len(COST_SCOPE) * len(PRICE_BASIS)
        unknown = pl.all_horizontal(pl.col(*COST).is_null())
        assert costs.filter(unknown != pl.col("cost_missing_reason").is_not_null()).is_empty()


class TestCase12SameMoneyDifferentBasis:
    """Estimates, hypothetical reruns, alternatives and ablations are shown and never summed."""

    @pytest.mark.parametrize(
        ("phase_id", "row_role", "hours"),
        [
            ("gpt-4__pretraining", "estimate", 57_000_000),
            ("gemini-1-0-ultra__pretraining", "estimate", 132_000_000),
            ("grok-3__pretraining", "estimate", 240_000_000),
            ("gpt-3-175b__pretraining", "estimate", 3_552_000),
            ("gpt-2-1-5b__pretraining", "estimate", 5_376),
            ("mpt-30b__pretraining_2", "hypothetical", 142_541),
            ("opt-175b__pretraining_2", "alternative", 811_008),
            ("olmo-3-32b__full_training", "alternative", 1_050_000),
            ("olmo-3-32b-think__full_training", "alternative", 1_376_256),
            ("qwen3-8b__reinforcement_learning", "alternative", 17_920),
            ("qwen3-8b__distillation", "alternative", 1_800),
        ],
    )
    def test_stands_beside_and_in_no_sum(self, real: RealLedger, phase_id: str, row_role: str, hours: int) -> None:
        beside = real.beside(phase_id)
        assert (beside["row_role"], beside["gpu_hours"]) == (row_role, hours)
        assert real.table(PhaseCosts).filter(phase_id=phase_id).is_empty()

    @pytest.mark.parametrize("model_id", ["gpt-4", "gemini-1-0-ultra", "grok-3", "gpt-2-1-5b", "mt-nlg-530b"])
    def test_of_an_estimate_alone_no_cost_is_shown_as_the_models(self, real: RealLedger, model_id: str) -> None:
        for _, _, row in every_cost(real, model_id):
            assert (row["gpu_hours"], row["cost_mid_usd"]) == (None, None)
            assert "third_party_estimate" in row["flags"]

    def test_the_own_cost_of_each_model_is_of_primary_phases(self, real: RealLedger) -> None:
        primary = real.table(PhaseCosts).filter(row_role="primary")
        sums = primary.group_by("model_id", "price_basis").agg(
            pl.coalesce("gpu_hours", "gpu_hours_low").sum().alias("hours")
        )
        own = real.table(ModelCosts).filter(pl.col("gpu_hours").is_not_null(), scope="own")
        compared = own.join(sums, on=["model_id", "price_basis"], how="left")
        assert compared.height > 600
        assert compared.filter(pl.col("gpu_hours") != pl.col("hours")).is_empty()

    def test_reserved_hours_of_olmo_3_are_not_added_to_busy_ones(self, real: RealLedger) -> None:
        assert real.hours("olmo-3-32b") == 1_038_336
        assert real.hours("olmo-3-32b-think", "cumulative") == 1_038_336 + 36_864 + 1_152

    def test_the_ablation_on_59k_samples_is_another_model(self, real: RealLedger) -> None:
        assert (real.hours("s1-32b"), real.hours("s1-59k-full")) == (7, 394)

    def test_gpt_4_has_four_claims_and_no_cost(self, real: RealLedger) -> None:
        amounts = set(real.table(CostClaims).filter(model_id="gpt-4").select(CLAIMED_AMOUNT).to_series())
        assert {Decimal(40_000_000), Decimal(78_000_000), Decimal(100_000_000), Decimal(800_000_000)} <= amounts


class TestImpliedUtilization:
    """The share of the peak that hours, tokens and parameters imply, as a check of the hours."""

    def test_is_plausible_for_every_disclosure(self, real: RealLedger) -> None:
        phases = real.table(TrainingPhases)
        implied = phases["implied_utilization_ratio"].drop_nulls()
        assert implied.len() > 90
        assert implied.is_between(0.05, 0.75).all()
        assert phases.filter(pl.col("flags").list.contains("implausible_utilization")).is_empty()

    @pytest.mark.skipif(not MFU_CHECK.is_file(), reason=f"the dossier's check is not here: {MFU_CHECK}")
    def test_is_what_the_dossier_worked_out(self, real: RealLedger) -> None:
        with MFU_CHECK.open(encoding="utf-8", newline="") as file:
            checked = {row["phase_id"]: row for row in csv.DictReader(file)}
        implied = {
            row["phase_id"]: row["implied_utilization_ratio"] for row in real.rows(TrainingPhases) if row["gpu_hours"]
        }
        compared = [name for name, row in checked.items() if row["basis"] == "6ND" and name in implied]
        assert len(compared) > 90
        for phase_id in compared:
            assert 100 * implied[phase_id] == pytest.approx(float(checked[phase_id]["implied_mfu_pct"]), abs=0.1), (
                phase_id
            )
