"""From a disclosed phase to a run that can be priced: its hours, its start, the utilisation it implies."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.costing import runs
from pipelines.costing.constants import Constants
from tests.unit.costing.builders import AS_OF, RELEASED, Row, TinyLedger, chip, constants, model, phase

THOUSAND_HOURS_OF_WORK = 1000 * 3600 * 1e15 * 0.375
"""FLOP that keep a chip of 1e15 FLOP/s busy for 1,000 hours at the usual utilisation."""


def run_of(disclosed: Row, *, peak: float | None = 1e15, **about_the_model: Any) -> Row:
    """The run made of one phase of one model."""
    tiny = TinyLedger(phases=[disclosed], models=[model(**about_the_model)], hardware=[chip(peak_bf16_flop_per_s=peak)])
    made = runs.runs(
        tiny.core_phases.lazy(),
        tiny.core_models.lazy(),
        tiny.core_hardware.lazy(),
        Constants(tiny.core_constants),
    )
    return made.collect().row(0, named=True)


def hours_of(disclosed: Row, *, peak: float | None = 1e15) -> tuple[Decimal | None, ...]:
    """Low, middle and high hours of that run."""
    run = run_of(disclosed, peak=peak)
    return run["hours_low"], run["hours_mid"], run["hours_high"]


class TestHours:
    def test_a_point_is_its_own_range(self) -> None:
        assert hours_of(phase(hours=45960)) == (45960, 45960, 45960)

    @pytest.mark.parametrize("printed", ["65.6", "214.4", "12.5733", "0.0001", "99999999999.9999"])
    def test_a_point_keeps_every_decimal_that_is_printed(self, printed: str) -> None:
        assert hours_of(phase(hours=printed)) == (Decimal(printed),) * 3

    @pytest.mark.parametrize(
        ("low", "high", "middle"),
        [(32, 64, "45.2548"), (100, 400, "200"), (4423680, 6709248, "5447895.5747"), (7, 7, "7")],
    )
    def test_between_two_ends_lies_their_geometric_mean(self, low: int, high: int, middle: str) -> None:
        assert hours_of(phase(low=low, high=high)) == (low, Decimal(middle), high)

    def test_a_point_between_ends_stays_where_it_is(self) -> None:
        assert hours_of(phase(hours=425, low=425, high=3400)) == (425, 425, 3400)

    def test_one_end_with_a_point_leaves_the_other_at_the_point(self) -> None:
        assert hours_of(phase(hours=100, high=150)) == (100, 100, 150)
        assert hours_of(phase(hours=100, low=50)) == (50, 100, 100)

    def test_one_end_alone_has_no_middle(self) -> None:
        assert hours_of(phase(high=504000)) == (None, None, 504000)
        assert hours_of(phase(low=1152)) == (1152, None, None)

    def test_nothing_disclosed_is_unknown(self) -> None:
        assert hours_of(phase(gpu_count=256)) == (None, None, None)

    def test_compute_becomes_hours_at_37_percent_and_a_half_between_10_and_65(self) -> None:
        low, middle, high = hours_of(phase(training_compute_flop=THOUSAND_HOURS_OF_WORK))
        assert middle == 1000
        assert low == Decimal("576.9231")  # 1,000 x 0.375 / 0.65
        assert high == 3750  # 1,000 x 0.375 / 0.10

    def test_disclosed_hours_come_before_compute(self) -> None:
        worked = THOUSAND_HOURS_OF_WORK
        assert hours_of(phase(hours=40, training_compute_flop=worked)) == (40, 40, 40)
        assert hours_of(phase(high=40, training_compute_flop=worked)) == (None, None, 40)

    def test_compute_without_a_known_peak_is_no_hours(self) -> None:
        worked = phase(training_compute_flop=THOUSAND_HOURS_OF_WORK)
        assert hours_of(worked, peak=None) == (None, None, None)
        assert hours_of({**worked, "hardware_id": None}) == (None, None, None)

    def test_context_only_states_no_hours_whatever_else_it_states(self) -> None:
        stated = phase(training_compute_flop=THOUSAND_HOURS_OF_WORK, row_role="context_only", gpu_count=8)
        assert hours_of(stated) == (None, None, None)

    @pytest.mark.parametrize(
        "flop",
        [3.14e30, 3.14e33, 3.14e36, 3.14e43],
    )
    def test_absurd_compute_is_unknown_and_stops_nothing(self, flop: float) -> None:
        assert hours_of(phase(training_compute_flop=flop)) == (None, None, None)

    def test_minute_compute_is_never_zero_hours(self) -> None:
        assert 0 not in hours_of(phase(training_compute_flop=1e6))


class TestStart:
    def test_a_disclosed_start_is_taken(self) -> None:
        run = run_of(phase(hours=100, started_on=date(2024, 3, 1)))
        assert run["started_on"] == date(2024, 3, 1)
        assert run["flags"] == []

    @pytest.mark.parametrize(
        ("known", "started_on"),
        [
            ({"wall_clock_hours": 80.0}, date(2024, 11, 17)),  # 60 days and 3 days 8 hours
            ({"wall_clock_hours": 48.0}, date(2024, 11, 19)),
            ({"hours": 4800, "gpu_count": 100}, date(2024, 11, 19)),
            ({"low": 2400, "high": 9600, "gpu_count": 100}, date(2024, 11, 19)),
            ({"hours": 1, "gpu_count": 1, "wall_clock_hours": 48.0}, date(2024, 11, 19)),
        ],
        ids=["wall clock", "whole days", "hours / accelerators", "middle of a range", "wall clock first"],
    )
    def test_else_release_less_run_time_less_60_days(self, known: Row, started_on: date) -> None:
        run = run_of(phase(**known, started_on=None), released_on=date(2025, 1, 20))
        assert run["started_on"] == started_on
        assert "assumed_start" in run["flags"]
        assert "assumed_run_time" not in run["flags"]

    @pytest.mark.parametrize(
        "known",
        [{"hours": 4800}, {"gpu_count": 100}, {"high": 4800, "gpu_count": 100}],
        ids=["no accelerators", "no hours", "one end is no run time"],
    )
    def test_an_unknown_run_time_is_793_and_a_half_hours(self, known: Row) -> None:
        run = run_of(phase(**known, started_on=None), released_on=date(2025, 1, 20))
        assert run["started_on"] == date(2024, 10, 18)  # 60 days, 33 days and an hour and a half
        assert {"assumed_start", "assumed_run_time"} <= set(run["flags"])

    def test_each_phase_of_a_model_has_its_own_start(self) -> None:
        tiny = TinyLedger(
            phases=[
                phase(hours=480, gpu_count=10, started_on=None),
                phase(hours=240, gpu_count=10, phase="sft", started_on=None),
            ],
            models=[model(released_on=date(2025, 3, 31))],
        )
        starts = {row["phase_id"]: row["started_on"] for row in tiny.phase_costs.to_dicts()}
        assert starts == {"model__pretraining": date(2025, 1, 28), "model__sft": date(2025, 1, 29)}

    @pytest.mark.parametrize(
        "endless",
        [phase(hours=3 * 10**9, gpu_count=1, started_on=None), phase(hours=1, wall_clock_hours=1e10, started_on=None)],
        ids=["hours / accelerators", "wall clock"],
    )
    def test_an_absurd_run_time_stops_nothing(self, endless: Row) -> None:
        assert "assumed_start" in run_of(endless)["flags"]


class TestFlags:
    @pytest.mark.parametrize(
        ("disclosed", "flags"),
        [
            (phase(hours=10), []),
            (phase(low=5, high=20), ["range_disclosed"]),
            (phase(hours=10, low=5, high=20), ["range_disclosed"]),
            (phase(low=5), ["one_sided"]),
            (phase(high=20), ["one_sided"]),
            (phase(training_compute_flop=THOUSAND_HOURS_OF_WORK), ["assumed_utilization"]),
            (phase(gpu_count=8), []),
            (phase(row_role="context_only"), []),
        ],
        ids=["point", "range", "point in a range", "lower", "upper", "compute", "nothing", "context only"],
    )
    def test_say_what_was_assumed(self, disclosed: Row, flags: list[str]) -> None:
        assert run_of(disclosed)["flags"] == flags


TRILLION = 10**12


class TestImpliedUtilization:
    @staticmethod
    def of(disclosed: Row, **about_the_model: Any) -> float | None:
        """The ratio of one phase of one model."""
        tiny = TinyLedger(phases=[disclosed], models=[model(**about_the_model)])
        return tiny.core_phases["implied_utilization_ratio"].item()

    def test_is_six_times_parameters_times_tokens_over_the_peak(self) -> None:
        ratio = self.of(phase(hours=10_000, tokens_high=TRILLION), total_params=10**9)
        assert ratio == pytest.approx(6 * 1e9 * 1e12 / (10_000 * 3600 * 1e15))

    def test_of_a_mixture_counts_active_parameters_only(self) -> None:
        trained = phase(hours=10_000, tokens_high=TRILLION)
        sparse = self.of(trained, architecture="moe", total_params=10**12, active_params=10**9)
        assert sparse == pytest.approx(self.of(trained, total_params=10**9))
        assert self.of(trained, architecture="moe", total_params=10**12) is None

    def test_of_other_architectures_takes_the_disclosed_compute(self) -> None:
        trained = phase(hours=1000, tokens_high=TRILLION, training_compute_flop=THOUSAND_HOURS_OF_WORK)
        assert self.of(trained, architecture="other", total_params=10**9) == pytest.approx(0.375)

    def test_takes_the_upper_end_of_tokens_and_the_middle_of_hours(self) -> None:
        trained = phase(low=5000, high=20_000, tokens_low=1, tokens_high=TRILLION)
        point = phase(hours=10_000, tokens_high=TRILLION)
        assert self.of(trained, total_params=10**9) == pytest.approx(self.of(point, total_params=10**9))

    @pytest.mark.parametrize(
        "unknown", [phase(hours=10), phase(high=10, tokens_high=TRILLION), phase(tokens_high=TRILLION)]
    )
    def test_is_unknown_where_a_part_of_it_is(self, unknown: Row) -> None:
        assert self.of(unknown, total_params=10**9) is None

    @pytest.mark.parametrize(
        ("utilization", "flags"),
        [
            (0.049, ["implausible_utilization"]),
            (0.051, []),
            (0.375, []),
            (0.749, []),
            (0.751, ["implausible_utilization"]),
        ],
    )
    def test_outside_5_to_75_percent_is_flagged_and_still_costed(self, utilization: float, flags: list[str]) -> None:
        worked = phase(hours=1000, training_compute_flop=1000 * 3600 * 1e15 * utilization)
        tiny = TinyLedger(phases=[worked], models=[model(architecture="other")])
        assert tiny.core_phases["flags"].item().to_list() == flags
        assert tiny.phase_cost()["gpu_hours"] == 1000
        assert tiny.phase_cost()["flags"] == flags


class TestContradictions:
    @pytest.mark.parametrize(
        ("disclosed", "is_told"),
        [
            ({"hours": 1000, "gpu_count": 10, "wall_clock_hours": 100.0}, False),
            ({"hours": 1000, "gpu_count": 10, "wall_clock_hours": 200.0}, False),
            ({"hours": 1000, "gpu_count": 10, "wall_clock_hours": 201.0}, True),
            ({"hours": 1000, "gpu_count": 10, "wall_clock_hours": 49.0}, True),
            ({"low": 1000, "high": 4000, "gpu_count": 10, "wall_clock_hours": 799.0}, False),
            ({"low": 1000, "high": 4000, "gpu_count": 10, "wall_clock_hours": 801.0}, True),
            ({"hours": 1000, "gpu_count": 10}, False),
            ({"hours": 1000, "wall_clock_hours": 9.0}, False),
            ({"hours": 400_000, "gpu_count": 8}, False),
            ({"hours": 400_001, "gpu_count": 8}, True),
            ({"wall_clock_hours": 50_001.0}, True),
        ],
    )
    def test_hours_are_set_against_accelerators_and_duration(self, disclosed: Row, is_told: bool) -> None:
        tiny = TinyLedger(phases=[phase(**disclosed)])
        assert ("hours_conflict" in tiny.core_phases["flags"].item().to_list()) is is_told
        assert ("hours_conflict" in tiny.phase_cost()["flags"]) is is_told

    @pytest.mark.parametrize(("days_after", "is_told"), [(0, False), (1, True)])
    def test_a_start_after_the_release_is_told(self, days_after: int, is_told: bool) -> None:
        tiny = TinyLedger(phases=[phase(hours=10, started_on=RELEASED + timedelta(days=days_after))])
        assert ("start_after_release" in tiny.phase_cost()["flags"]) is is_told

    @pytest.mark.parametrize(("days_after", "is_told"), [(0, False), (1, True)])
    def test_a_release_to_come_is_told(self, days_after: int, is_told: bool) -> None:
        released_on = AS_OF + timedelta(days=days_after)
        tiny = TinyLedger(phases=[phase(hours=10)], models=[model(released_on=released_on)])
        assert ("future_release" in tiny.phase_cost()["flags"]) is is_told


class TestConstants:
    def test_a_missing_one_names_the_file_to_mend(self) -> None:
        with pytest.raises(KeyError, match=r"data/reference/methods\.yaml: method 'ledger' has no constant 'luck'"):
            Constants(constants())["luck"]

    def test_those_of_another_method_are_not_taken(self) -> None:
        with pytest.raises(KeyError, match="method 'peer'"):
            Constants(constants(), "peer")["fresh_quote_days"]

    def test_change_what_they_are_named_for(self) -> None:
        worked = TinyLedger(phases=[phase(training_compute_flop=THOUSAND_HOURS_OF_WORK)])
        method = Constants(constants(usual_utilization_ratio=0.75))
        made = runs.runs(
            worked.core_phases.lazy(), worked.core_models.lazy(), worked.core_hardware.lazy(), method
        ).collect()
        assert made["hours_mid"].item() == 500
