"""Marts that answer questions about many models: figures that a reader can redo by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from statistics import linear_regression
from typing import Any

import duckdb
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.paths import DataFolder
from pipelines.warehouse.sql import MARTS, empty_warehouse, sql_file

H800_PEAK, USUAL, LEAST, MOST = 989.5e12, 0.375, 0.10, 0.65


@pytest.fixture(scope="module")
def ledger(ledger_folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        yield connection


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The single row of a query."""
    found = connection.sql(sql)
    [row] = found.fetchall()
    return dict(zip(found.columns, row, strict=True))


# ---- compute


class TestTrainingCompute:
    def test_a_disclosed_figure_stands(self, ledger: duckdb.DuckDBPyConnection) -> None:
        row = one(ledger, "from marts.training_compute where model_id = 'gpt-3-175b' and scope = 'own'")
        assert (row["training_compute_flop"], row["compute_method"]) == (3.14e23, "disclosed")
        assert row["training_compute_low_flop"] == row["training_compute_high_flop"] == 3.14e23

    def test_parameters_and_tokens_come_before_hours(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """DeepSeek-V3: 6 x 37e9 x 14.8e12 for pretraining, hours for what states no tokens."""
        row = one(ledger, "from marts.training_compute where model_id = 'deepseek-v3' and scope = 'own'")
        hours = one(
            ledger,
            "select sum(gpu_hours)::double as h, max(peak_bf16_flop_per_s) as peak from core.training_phases "
            "join core.hardware using (hardware_id) where model_id = 'deepseek-v3' and row_role = 'primary' "
            "and tokens_low is null and tokens_high is null",
        )
        assert hours["h"] > 0
        counted, timed = 6 * 37e9 * 14.8e12, hours["h"] * 3600 * hours["peak"]
        assert row["training_compute_flop"] == pytest.approx(counted + timed * USUAL)
        assert row["training_compute_low_flop"] == pytest.approx(counted + timed * LEAST)
        assert row["training_compute_high_flop"] == pytest.approx(counted + timed * MOST)
        assert row["compute_method"] == "from_hours"

    def test_more_than_so_many_tokens_is_a_floor(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Llama 3.1 70B: 15T+."""
        row = one(ledger, "from marts.training_compute where model_id = 'llama-3-1-70b' and scope = 'own'")
        assert row["training_compute_flop"] == pytest.approx(6 * 70.554e9 * 15e12, rel=0.01)
        assert row["is_lower_bound"]
        row = one(ledger, "from marts.model_comparison where model_id = 'llama-3-1-70b'")
        assert {"training_tokens", "tokens_per_gpu_hour"} <= set(row["lower_bound_columns"])
        assert row["upper_bound_columns"] == ["rental_usd_per_trillion_tokens"]

    def test_up_to_so_many_tokens_is_a_ceiling(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Llama 3.2 1B: up to 9T, and 1,300 hours of another phase."""
        row = one(ledger, "from marts.training_compute where model_id = 'llama-3-2-1b' and scope = 'own'")
        timed = 1300 * 3600 * 989.4e12
        assert row["training_compute_low_flop"] == pytest.approx(timed * LEAST, rel=0.01)
        assert row["training_compute_high_flop"] - timed * MOST == pytest.approx(6 * 1.23e9 * 9e12, rel=0.03)
        assert not row["is_lower_bound"]
        row = one(ledger, "from marts.model_comparison where model_id = 'llama-3-2-1b'")
        assert row["upper_bound_columns"] == ["tokens_per_gpu_hour", "training_tokens"]
        assert row["lower_bound_columns"] == ["rental_usd_per_trillion_tokens"]

    def test_a_range_of_hours_widens_that_of_the_utilisation(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Polka 1.1B: 425 hours, or up to 3,400."""
        row = one(ledger, "from marts.training_compute where model_id = 'polka-1-1b' and scope = 'own'")
        wider = math.exp(math.hypot(math.log(3400 / 425), math.log(MOST / USUAL)))
        assert row["training_compute_high_flop"] == pytest.approx(row["training_compute_flop"] * wider)
        assert row["training_compute_low_flop"] == pytest.approx(row["training_compute_flop"] * LEAST / USUAL)

    def test_a_silent_ancestor_makes_a_floor(self, ledger: duckdb.DuckDBPyConnection) -> None:
        row = one(ledger, "from marts.training_compute where model_id = 's1-32b' and scope = 'cumulative'")
        assert row["is_lower_bound"]
        assert "qwen2-5-32b-instruct" in row["undisclosed_models"]

    def test_nothing_known_has_a_reason(self, ledger: duckdb.DuckDBPyConnection) -> None:
        row = one(ledger, "from marts.training_compute where model_id = 'gpt-4' and scope = 'own'")
        assert row["training_compute_flop"] is None
        assert (row["missing_reason"], row["is_lower_bound"]) == ("compute_not_disclosed", False)


# ---- laws


class TestRegulatoryRatios:
    def test_a_threshold_counts_the_whole_lineage(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Llama 3.1 405B by its own count of 3.8e25 is above 1e25, and so is whatever is built on it."""
        above = ledger.sql(
            "select model_id from marts.regulatory_ratios where rule_id = 'eu-systemic-risk' and is_above"
        ).fetchall()
        assert {"llama-3-1-405b", "hermes-3-405b", "tulu-3-405b"} <= {row[0] for row in above}
        assert "deepseek-v3" not in {row[0] for row in above}

    def test_r1_is_far_below_a_third_of_v3(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """147,336 hours of R1's effort over V3: 6 x 37e9 x 14.8e12 and 124,000 hours."""
        row = one(
            ledger,
            "from marts.regulatory_ratios where rule_id = 'eu-modification-third' and model_id = 'deepseek-r1'",
        )
        assert row["base_model_id"] == "deepseek-v3"
        peak = one(ledger, "select peak_bf16_flop_per_s as p from core.hardware where hardware_id = 'h800'")["p"]
        assert row["training_compute_flop"] == pytest.approx(147_336 * 3600 * peak * USUAL)
        base = one(
            ledger,
            "select training_compute_flop as f from marts.training_compute "
            "where model_id = 'deepseek-v3' and scope = 'cumulative'",
        )["f"]
        assert row["compute_ratio"] == pytest.approx(147_336 * 3600 * peak * USUAL / base)
        assert row["compute_ratio"] == pytest.approx(0.057, abs=0.001)
        assert row["is_above"] is False
        assert row["limit_ratio"] == pytest.approx(1 / 3)

    def test_what_the_usual_utilisation_leaves_open_is_not_told(self, ledger: duckdb.DuckDBPyConnection) -> None:
        rows = ledger.sql(
            "select compute_low_ratio <= limit_ratio and compute_high_ratio > limit_ratio, is_above, compute_method "
            "from marts.regulatory_ratios where missing_reason = 'uncertain_compute'"
        ).fetchall()
        assert rows
        assert {row[:2] for row in rows} == {(True, None)}
        assert "from_hours" in {row[2] for row in rows}

    def test_tokens_that_are_not_all_told_leave_a_share_open(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Phi-4-multimodal: speech comes on top of the 1.1T tokens that are told, which are nearly a third of Phi-4."""
        row = one(
            ledger,
            "from marts.regulatory_ratios where rule_id = 'eu-modification-third' and model_id = 'phi-4-multimodal'",
        )
        assert (row["is_above"], row["missing_reason"]) == (None, "lower_bound")
        assert row["compute_ratio"] == pytest.approx(0.3242, abs=1e-4)

    def test_a_floor_is_never_told_to_be_below(self, ledger: duckdb.DuckDBPyConnection) -> None:
        count = one(
            ledger,
            "select count(*) filter (where is_lower_bound and not is_above) as below, "
            "count(*) filter (where is_reference_lower_bound and is_above) as above, "
            "count(*) filter (where (is_above is null) <> (missing_reason is not null)) as silent "
            "from marts.regulatory_ratios",
        )
        assert count == {"below": 0, "above": 0, "silent": 0}

    def test_a_base_without_compute_has_a_reason(self, ledger: duckdb.DuckDBPyConnection) -> None:
        row = one(
            ledger, "from marts.regulatory_ratios where rule_id = 'eu-modification-third' and model_id = 's1-32b'"
        )
        assert (row["compute_ratio"], row["missing_reason"]) == (None, "base_compute_not_disclosed")

    @pytest.mark.parametrize(("kind", "threshold"), [("gpai", 1e23), ("systemic-risk", 1e25)])
    def test_where_the_base_is_not_known_a_third_of_the_threshold_stands_in(
        self, ledger: duckdb.DuckDBPyConnection, kind: str, threshold: float
    ) -> None:
        """s1-32B: seven hours on a base of unknown compute."""
        rule = f"eu-modification-third-of-{kind}"
        row = one(ledger, f"from marts.regulatory_ratios where rule_id = '{rule}' and model_id = 's1-32b'")
        assert row["base_model_id"] == row["compared_with_id"] == "qwen2-5-32b-instruct"
        assert (row["reference_compute_flop"], row["limit_ratio"]) == (threshold, pytest.approx(1 / 3))
        assert row["compute_ratio"] == pytest.approx(row["training_compute_flop"] / threshold)
        assert row["is_above"] is False

    def test_the_fallback_is_for_bases_that_nothing_is_known_of_and_for_all_of_them(
        self, ledger: duckdb.DuckDBPyConnection
    ) -> None:
        asked = "select model_id, compared_with_id from marts.regulatory_ratios where rule_id = "
        unknown = f"{asked}'eu-modification-third' and reference_compute_flop is null order by all"
        for kind in ("gpai", "systemic-risk"):
            found = ledger.sql(f"{asked}'eu-modification-third-of-{kind}' order by all").fetchall()
            assert found == ledger.sql(unknown).fetchall() != []


# ---- growth

T_95 = {3: 2.353363, 8: 1.859548}
"""95% points of Student's t by degrees of freedom, from printed tables."""


def growth(points: list[tuple[str, float, bool]]) -> dict[str, Any]:
    """The frontier row of marts.cost_over_time over made-up models: day, cost, whether at the frontier."""
    with empty_warehouse() as connection:
        for name, value in (("least_trend_models", 5), ("published_cost_growth_ratio", 2.4)):
            connection.execute(
                "insert into core.method_constants by name select 'ledger' as method_id, ? as constant_id, ? as value, "
                "'1' as method_version, 'paper' as source_id, 'verified' as confidence, 'x' as unit, 'f' as file, "
                "1 as line, [] as applies_to",
                [name, value],
            )
        for number, (day, cost, is_frontier) in enumerate(points):
            connection.execute(
                "insert into marts.frontier_costs by name select ? as model_id, 'rental' as price_basis, "
                "'m' as model_name, ?::date as released_on, 1e24 as training_compute_flop, "
                "'disclosed' as compute_method, 1 as compute_rank, ? as is_frontier, ? as cost_mid_usd, "
                "false as is_lower_bound, true as is_counted, [] as flags",
                [f"m{number}", day, is_frontier, cost],
            )
        return one(
            connection, f"select * from ({sql_file(MARTS / 'cost_over_time.sql').query}) where model_set = 'frontier'"
        )


class TestCostOverTime:
    def test_a_cost_that_triples_every_year_grows_by_three(self) -> None:
        """Four years of 365.25 days on the average: 2020-01-01, 2024-01-01 are 1,461 days apart."""
        row = growth([("2016-01-01", 1e3, True), ("2020-01-01", 81e3, True), ("2024-01-01", 6561e3, True)] * 2)
        assert row["growth_per_year_ratio"] == pytest.approx(3)
        assert row["growth_per_year_low_ratio"] == pytest.approx(3, rel=1e-6)
        assert row["explained_variance_share"] == pytest.approx(1)
        assert row["model_count"] == 6

    def test_the_interval_is_that_of_the_textbook(self) -> None:
        """Five points on whole years: slope, residual and its error worked out beside, t with 3 degrees of freedom."""
        days = ["2012-01-01", "2016-01-01", "2020-01-01", "2024-01-01", "2028-01-01"]
        costs = [1e5, 9e5, 2e6, 5e7, 6e7]
        years, logs = [0.0, 4.0, 8.0, 12.0, 16.0], [math.log(cost) for cost in costs]
        slope, intercept = linear_regression(years, logs)
        residual = sum((y - intercept - slope * x) ** 2 for x, y in zip(years, logs, strict=True))
        error = math.sqrt(residual / 3 / sum((x - 8) ** 2 for x in years))
        row = growth([(day, cost, True) for day, cost in zip(days, costs, strict=True)])
        assert row["growth_per_year_ratio"] == pytest.approx(math.exp(slope))
        assert row["growth_per_year_low_ratio"] == pytest.approx(math.exp(slope - T_95[3] * error), rel=2e-3)
        assert row["growth_per_year_high_ratio"] == pytest.approx(math.exp(slope + T_95[3] * error), rel=2e-3)
        assert row["published_growth_per_year_ratio"] == 2.4

    def test_models_behind_the_frontier_do_not_count(self) -> None:
        front = [("2016-01-01", 1e3, True), ("2020-01-01", 81e3, True), ("2024-01-01", 6561e3, True)] * 2
        assert growth([*front, ("2018-01-01", 5.0, False)])["growth_per_year_ratio"] == pytest.approx(3)

    def test_too_few_models_have_no_trend(self) -> None:
        row = growth([("2016-01-01", 1e3, True), ("2020-01-01", 81e3, True)])
        assert (row["growth_per_year_ratio"], row["missing_reason"]) == (None, "too_few_models")

    def test_models_of_one_day_have_no_trend(self) -> None:
        row = growth([("2016-01-01", cost, True) for cost in (1e3, 2e3, 3e3, 4e3, 5e3)])
        assert (row["growth_per_year_ratio"], row["missing_reason"]) == (None, "too_few_models")

    def test_points_on_a_line_are_explained_wholly_and_not_more(self) -> None:
        """Twice two points are on a line, whatever they are; sums of squares round, to more than 1 for some of them."""
        for dearer in (2, 25, 76, 98):
            share = growth([("2016-01-01", 1e3, True), ("2020-03-01", 1e3 * dearer, True)] * 3)[
                "explained_variance_share"
            ]
            assert share == pytest.approx(1, abs=1e-9)
            assert share <= 1

    def test_no_model_on_the_line_starts_from_the_weights_of_another(self, ledger: duckdb.DuckDBPyConnection) -> None:
        found = ledger.sql(
            "select distinct model_id from marts.frontier_costs join core.model_lineage "
            "on child_model_id = model_id where relation = 'weights'"
        ).fetchall()
        assert found == []
        assert ledger.sql("from marts.frontier_costs where model_id = 'deepseek-v3'").fetchall()

    def test_the_rank_is_that_of_the_day(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """GPT-3 was first when it came out, whatever came later; every rank counts what was out."""
        row = one(ledger, "from marts.frontier_costs where model_id = 'gpt-3-175b' and price_basis = 'rental'")
        assert (row["compute_rank"], row["is_frontier"]) == (1, True)
        wrong = ledger.sql(
            "from marts.frontier_costs as a where price_basis = 'rental' and compute_rank <> 1 + (select count(*) "
            "from marts.frontier_costs as b where b.price_basis = 'rental' and b.released_on <= a.released_on "
            "and b.training_compute_flop > a.training_compute_flop)"
        ).fetchall()
        assert wrong == []

    def test_no_floor_enters_a_trend(self, ledger: duckdb.DuckDBPyConnection) -> None:
        assert ledger.sql("from marts.frontier_costs where is_counted and is_lower_bound").fetchall() == []


# ---- prices


class TestPriceGrid:
    def test_v3_at_two_dollars_is_what_the_paper_says(self, ledger: duckdb.DuckDBPyConnection) -> None:
        rows = ledger.sql(
            "select price_usd_per_gpu_hour::double, cost_usd::double from marts.price_grid "
            "where model_id = 'deepseek-v3' and scope = 'own'"
        ).fetchall()
        assert dict(rows)[2.0] == 5_576_000
        assert all(cost == pytest.approx(price * 2_788_000) for price, cost in rows)

    def test_a_floor_of_hours_is_a_floor_of_cost(self, ledger: duckdb.DuckDBPyConnection) -> None:
        row = one(
            ledger,
            "select bool_and(is_lower_bound) as floor, count(*) > 0 as some from marts.price_grid "
            "where model_id = 's1-32b' and scope = 'cumulative'",
        )
        assert row == {"floor": True, "some": True}


def drawn(dice: random.Random, low: float, middle: float, high: float) -> float:
    """A lognormal with these 5%, 50% and 95% points."""
    steps = dice.gauss(0, 1) / 1.6449
    return middle * (high / middle if steps > 0 else middle / low) ** steps


class TestBuyOrRent:
    def test_months_are_price_over_what_a_month_saves(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """A month has 8,766 / 12 = 730.5 hours; half busy takes twice as long."""
        rows = ledger.sql(
            "select busy_share, break_even_months, owned_usd_per_gpu, rent_usd_per_gpu_hour::double, "
            "energy_usd_per_gpu_hour, break_even_low_months, break_even_high_months from marts.buy_or_rent "
            "where hardware_id = 'h100-sxm'"
        ).fetchall()
        assert [row[0] for row in rows] == [0.25, 0.5, 0.75, 1.0]
        for share, months, price, rent, energy, low, high in rows:
            assert months == pytest.approx(price / (730.5 * share * (rent - energy)))
            assert low <= months <= high

    def test_the_interval_is_that_of_draws(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Price and rent drawn as independent lognormals, each side with its own width; energy is a point.

        Rent less energy is handled as a lognormal and is none: that, and sides of other widths, are the tolerance.
        """
        rows = ledger.sql(
            "select break_even_low_months, break_even_high_months, energy_usd_per_gpu_hour, "
            "[owned_low_usd_per_gpu, owned_usd_per_gpu, owned_high_usd_per_gpu], "
            "[rent_low_usd_per_gpu_hour::double, rent_usd_per_gpu_hour::double, rent_high_usd_per_gpu_hour::double] "
            "from marts.buy_or_rent join core.hardware_prices "
            "using (hardware_id, owned_usd_per_gpu, rent_usd_per_gpu_hour, energy_usd_per_gpu_hour) "
            "where busy_share = 1 and break_even_months is not null"
        ).fetchall()
        assert len(rows) > 12
        dice = random.Random(405)
        for low, high, energy, owned, rent in rows:
            draws = []
            for _ in range(20_000):
                price, paid = drawn(dice, *owned), drawn(dice, *rent)
                draws.append(price / (730.5 * (paid - energy)) if paid > energy else math.inf)
            draws.sort()
            sides = [abs(math.log(end / rent[1])) for end in (rent[0], rent[2])]
            close = 0.07 if max(sides) < 3 * min(sides) else 0.2
            assert low == pytest.approx(draws[1000], rel=close)
            assert high == pytest.approx(draws[19_000], rel=close)
            assert low > owned[0] / (730.5 * (rent[2] - energy))
            assert high < owned[2] / (730.5 * (rent[0] - energy))

    def test_rent_is_the_market_of_the_day_and_the_price_covers_server_and_network(
        self, ledger: duckdb.DuckDBPyConnection
    ) -> None:
        row = one(
            ledger,
            "select p.rent_usd_per_gpu_hour = c.unit_price_usd_per_gpu_hour as same, p.owned_usd_per_gpu, "
            "q.list_unit_price_usd_per_gpu::double as quoted, "
            "date_diff('day', p.owned_observed_on, date '2026-11-23') as age_days from core.hardware_prices as p "
            "join core.phase_costs as c on c.hardware_id = p.hardware_id and c.price_basis = 'rental_now' "
            "join core.price_quotes as q on q.quote_id = p.owned_quote_id where p.hardware_id = 'h100-sxm' limit 1",
        )
        assert row["same"]
        aged = row["quoted"] * 10 ** (-0.14 * row["age_days"] / 365.25)
        assert aged < row["owned_usd_per_gpu"]
        assert row["age_days"] > 0

    def test_what_is_not_sold_or_rented_has_a_reason(self, ledger: duckdb.DuckDBPyConnection) -> None:
        rows = ledger.sql(
            "select break_even_months is null, missing_reason is not null from marts.buy_or_rent group by all"
        ).fetchall()
        assert set(rows) == {(True, True), (False, False)}

    def test_what_nobody_sells_and_the_rent_of_another_give_no_months(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """TPUs have an estimate of what they cost their maker; the H20 is rented at the price of an H100."""
        reasons = dict(ledger.sql("select hardware_id, missing_reason from marts.buy_or_rent").fetchall())
        assert (reasons["tpu-v3"], reasons["h20"]) == ("estimated_purchase_price", "rent_of_stand_in")
        assert reasons["h800"] is None


class TestCostOfTokens:
    def test_v3_beside_llama_4(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """14.8 trillion tokens in 2.664 million hours of pretraining; 22 in 2.38 and 40 in 5.0 for Llama 4."""
        rows = dict(
            ledger.sql(
                "select model_id, tokens_per_gpu_hour from marts.model_comparison "
                "where model_id in ('deepseek-v3', 'llama-4-maverick', 'llama-4-scout')"
            ).fetchall()
        )
        assert rows["deepseek-v3"] == pytest.approx(14.8e12 / 2.664e6)
        assert rows["llama-4-maverick"] == pytest.approx(22e12 / 2.38e6)
        assert rows["llama-4-scout"] == pytest.approx(40e12 / 5.0e6)
        v3 = one(
            ledger,
            "select disclosed_usd_per_trillion_tokens as d from marts.model_comparison where model_id = 'deepseek-v3'",
        )
        assert v3["d"] == pytest.approx(2.664e6 * 2 / 14.8)


# ---- disclosure


class TestDisclosure:
    def test_every_model_counts_once_a_year_and_once_a_developer(self, ledger: duckdb.DuckDBPyConnection) -> None:
        sums = dict(
            ledger.sql("select grouped_by, sum(model_count) from marts.disclosure_over_time group by all").fetchall()
        )
        total = one(ledger, "select count(*) as n from core.models")["n"]
        assert sums == {"all": total, "year": total, "developer": total}

    def test_an_estimate_is_no_disclosure(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """OpenAI: GPT-4 is known by estimates alone, gpt-oss-120b by its card."""
        counted = one(
            ledger,
            "from marts.disclosure_over_time where grouped_by = 'developer' and group_name = 'OpenAI'",
        )
        told = one(
            ledger,
            "select count(distinct model_id) as n from core.training_phases join core.models using (model_id) "
            "where developer = 'OpenAI' and row_role = 'primary' "
            "and coalesce(gpu_hours, gpu_hours_low, gpu_hours_high) is not null",
        )
        assert counted["with_hours_count"] == told["n"] < counted["model_count"]
