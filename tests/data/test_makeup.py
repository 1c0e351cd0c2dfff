"""Marts on what stands behind a cost: its inputs, its parts, what it leaves out, its electricity; worked out again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import pytest

from pipelines.paths import DataFolder


@pytest.fixture(scope="module")
def ledger(ledger_folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        yield connection


class TestPriceSensitivity:
    def test_the_shares_of_a_cost_add_up_to_1_wherever_it_has_an_interval(
        self, ledger: duckdb.DuckDBPyConnection
    ) -> None:
        costs = ledger.sql(
            "select costs.cost_low_usd < costs.cost_high_usd, count(variance_share), sum(variance_share), count(*) "
            "from marts.price_sensitivity join core.model_costs as costs using (model_id, scope, price_basis) "
            "where costs.cost_high_usd is not null group by model_id, scope, price_basis, 1"
        ).fetchall()
        assert {has_interval for has_interval, *_ in costs} == {True, False}
        for has_interval, told, total, count in costs:
            assert told == (count if has_interval else 0)
            assert total == (pytest.approx(1, abs=1e-9) if has_interval else None)

    def test_inputs_taken_together_give_the_interval_of_a_phase(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Distances of the ends add in squares, whatever input they are of; which end of it is dear does not matter."""
        phases = ledger.sql(
            "select phases.phase_id, phases.price_basis, cost_low_usd, phases.cost_mid_usd::double, cost_high_usd, "
            "  list(least(cost_at_low_usd, cost_at_high_usd)), list(greatest(cost_at_low_usd, cost_at_high_usd)) "
            "from core.phase_costs as phases join core.cost_inputs as inputs using (phase_id, price_basis) "
            "where phases.cost_mid_usd > 1000 and cost_low_usd < cost_high_usd group by all"
        ).fetchall()
        assert {basis for _, basis, *_ in phases} >= {"rental", "rental_3y", "rental_now", "amortized", "purchase"}
        for _, basis, low, middle, high, cheap, dear in phases:
            for end, ends in ((low, cheap), (high, dear)):
                together = math.sqrt(sum(math.log(each / middle) ** 2 for each in ends))
                close = 0.12 if basis == "amortized" else 1e-4  # there parts are added, energy beside hardware
                assert abs(math.log(end / middle)) == pytest.approx(together, abs=close)

    def test_the_shares_are_those_of_the_squares(self, ledger: duckdb.DuckDBPyConnection) -> None:
        [(shares, spreads)] = ledger.sql(
            "select list(variance_share order by input), "
            "  list(abs(ln(cost_at_high_usd / cost_at_low_usd)) order by input) "
            "from marts.price_sensitivity where model_id = 'gpt-3-175b' and scope = 'own' and price_basis = 'rental'"
        ).fetchall()
        assert len(shares) == 3  # price, start and the utilisation behind hours from compute
        assert shares == pytest.approx([spread**2 / sum(each**2 for each in spreads) for spread in spreads], abs=1e-3)

    def test_every_input_of_hardware_used_up_is_told_apart(self, ledger: duckdb.DuckDBPyConnection) -> None:
        told = dict(
            ledger.sql(
                "select input, (cost_if_quarter_more_usd / cost_mid_usd)::double from marts.price_sensitivity "
                "where model_id = 'gpt-3-175b' and scope = 'own' and price_basis = 'amortized'"
            ).fetchall()
        )
        assert set(told) == {
            *("price", "start", "price_trend", "interconnect", "power", "electricity_price", "utilization")
        }
        assert told["start"] is None  # of a day there is no quarter
        assert told["utilization"] == pytest.approx(0.8, abs=1e-6)
        energy = told["power"] - 1
        assert told["electricity_price"] - 1 == pytest.approx(energy, abs=1e-6)
        assert told["price"] - 1 + energy == pytest.approx(0.25, abs=1e-6)  # hardware and energy are all there is

    def test_the_largest_share_stands_first(self, ledger: duckdb.DuckDBPyConnection) -> None:
        ranked = ledger.sql(
            "select list(input_rank order by input_rank), list(variance_share order by input_rank) "
            "from marts.price_sensitivity where variance_share is not null group by model_id, scope, price_basis"
        ).fetchall()
        assert max(len(ranks) for ranks, _ in ranked) > 3
        for ranks, shares in ranked:
            assert ranks == list(range(1, len(ranks) + 1))
            assert shares == sorted(shares, reverse=True)

    def test_a_quarter_more_moves_what_the_input_is_in(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """DeepSeek-V3 at $2 an hour: 2,788,000 hours, of them 2,664,000 of pretraining."""
        moved = ledger.sql(
            "select input_id, cost_if_quarter_less_usd::int, cost_if_quarter_more_usd::int "
            "from marts.price_sensitivity "
            "where model_id = 'deepseek-v3' and scope = 'own' and price_basis = 'disclosed'"
        ).fetchall()
        whole, pretraining = 2 * 2_788_000, 2 * 2_664_000
        assert ("h800", whole * 0.75, whole * 1.25) in moved
        assert ("deepseek-v3__pretraining", whole - pretraining / 4, whole + pretraining / 4) in moved


class TestCostMakeup:
    def test_parts_of_a_cost_are_those_of_its_phases(self, ledger: duckdb.DuckDBPyConnection) -> None:
        parts = dict(
            ledger.sql(
                "select component, cost_mid_usd from marts.cost_makeup "
                "where model_id = 'deepseek-r1' and scope = 'cumulative' and price_basis = 'amortized'"
            ).fetchall()
        )
        by_phase = ledger.sql(
            "select component, sum(parts.cost_mid_usd) from core.cost_components as parts "
            "join core.phase_costs as phases using (phase_id, price_basis) "
            "join core.scope_members as members on members.member_model_id = phases.model_id "
            "where members.model_id = 'deepseek-r1' and scope = 'cumulative' and price_basis = 'amortized' "
            "  and phases.row_role = 'primary' group by all"
        ).fetchall()
        assert {"accelerators", "interconnect", "energy"} <= parts.keys()
        assert parts == dict(by_phase)

    def test_parts_in_the_cost_are_the_cost(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Of purchase too, where one cluster serves several phases and is bought once."""
        sums = ledger.sql(
            "select price_basis, sum(parts.cost_mid_usd), any_value(costs.cost_mid_usd) "
            "from marts.cost_makeup as parts join core.model_costs as costs using (model_id, scope, price_basis) "
            "where is_in_cost and not is_lower_bound group by model_id, scope, price_basis"
        ).fetchall()
        assert {basis for basis, *_ in sums} == {"amortized", "purchase"}
        for _, parts, whole in sums:
            assert float(parts) == pytest.approx(float(whole), abs=0.25)

    def test_every_part_has_ends_within_those_of_its_phases(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """On one accelerator the ends of phases add; on several the sum is surer than that."""
        rows = ledger.sql(
            "with phases as (select members.model_id, scope, price_basis, component, "
            "  count(distinct hardware_id) as kinds, sum(parts.cost_low_usd) as low, sum(parts.cost_high_usd) as high "
            "  from core.cost_components as parts join core.phase_costs as costs using (phase_id, price_basis) "
            "  join core.scope_members as members on members.member_model_id = costs.model_id "
            "  where row_role = 'primary' and price_basis = 'amortized' group by all) "
            "select kinds, low, cost_low_usd, cost_mid_usd::double, cost_high_usd, high from phases "
            "join marts.cost_makeup using (model_id, scope, price_basis, component)"
        ).fetchall()
        assert {kinds for kinds, *_ in rows} >= {1, 2}
        for kinds, least, low, middle, high, most in rows:
            assert low < middle < high
            if kinds == 1:
                assert (low, high) == (pytest.approx(least, abs=0.02), pytest.approx(most, abs=0.02))
            elif middle > 1000:
                assert least < low
                assert high < most

    def test_the_whole_cluster_is_the_sum_of_its_parts(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """DeepSeek-V3: $79.6M of accelerators in a cluster of about $126M."""
        rows = ledger.sql(
            "select clusters.model_id, scope, cluster_mid_usd::double, parts.mid, purchase.is_lower_bound, "
            "  clusters.is_lower_bound, cluster_low_usd, cluster_high_usd from core.cluster_costs as clusters "
            "left join (select model_id, scope, sum(cost_mid_usd)::double as mid from marts.cost_makeup "
            "  where price_basis = 'purchase' group by all) as parts using (model_id, scope) "
            "join core.model_costs as purchase using (model_id, scope) where price_basis = 'purchase'"
        ).fetchall()
        assert len(rows) > 600
        for _, _, whole, parts, is_floor, is_cluster_floor, _, high in rows:
            assert whole == (None if parts is None else pytest.approx(parts, abs=0.1))
            assert is_floor == is_cluster_floor
            assert (high is None) >= is_floor
        [(whole, low, high)] = [
            (row[2], row[6], row[7]) for row in rows if row[:2] == ("deepseek-v3", "own") and row[2] is not None
        ]
        assert round(whole / 1e6) == 126
        assert low < whole < high

    def test_shares_add_up_to_1(self, ledger: duckdb.DuckDBPyConnection) -> None:
        sums = ledger.sql("select sum(component_share) from marts.cost_makeup group by model_id, scope, price_basis")
        assert {round(total, 9) for (total,) in sums.fetchall()} == {1.0}


class TestLeftOutLines:
    def test_lines_are_the_multipliers_of_the_source(self, ledger: duckdb.DuckDBPyConnection) -> None:
        constants = dict(
            ledger.sql("select constant_id, value from core.method_constants where method_id = 'ledger'").fetchall()
        )
        factor, share = constants["experiments_factor_ratio"], constants["staff_share_ratio"]
        lines = ledger.sql("select left_out, cost_usd::double, line_mid_usd from marts.left_out_lines").fetchall()
        assert {left_out for left_out, *_ in lines} == {"experiments", "staff"}
        for left_out, cost, line in lines:
            times = factor - 1 if left_out == "experiments" else factor * share / (1 - share)
            assert line == pytest.approx(cost * times, abs=0.01)

    def test_staff_do_not_cost_more_where_hardware_is_valued_higher(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """One line for a model and scope, on the basis that the share was published of."""
        bases = dict(
            ledger.sql("select left_out, list(distinct price_basis) from marts.left_out_lines group by all").fetchall()
        )
        assert bases["staff"] == ["amortized"]
        assert {"amortized", "rental", "disclosed"} <= set(bases["experiments"])

    def test_the_ends_of_staff_are_those_of_a_product_of_lognormals(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Factor 2.2 (1.2 to 4) and odds 0.377 / 0.623 (0.29 / 0.71 to 0.49 / 0.51): by hand."""
        odds = [share / (1 - share) for share in (0.29, 0.377, 0.49)]
        low = math.hypot(math.log(2.2 / 1.2), math.log(odds[1] / odds[0]))
        high = math.hypot(math.log(4 / 2.2), math.log(odds[2] / odds[1]))
        [(below, above)] = ledger.sql(
            "select line_low_usd / line_mid_usd, line_high_usd / line_mid_usd from marts.left_out_lines "
            "where model_id = 'llama-3-1-405b' and scope = 'own' and left_out = 'staff'"
        ).fetchall()
        assert (below, above) == (pytest.approx(math.exp(-low)), pytest.approx(math.exp(high)))

    def test_no_cost_has_them_in(self, ledger: duckdb.DuckDBPyConnection) -> None:
        [(lines, equal)] = ledger.sql(
            "select count(*), count(*) filter (where lines.cost_usd = costs.cost_mid_usd) "
            "from marts.left_out_lines as lines join core.model_costs as costs using (model_id, scope, price_basis)"
        ).fetchall()
        assert lines == equal > 0


class TestEnergyByModel:
    def test_it_is_the_sum_over_every_model_below(self, ledger: duckdb.DuckDBPyConnection) -> None:
        found, added = (
            dict(ledger.sql(question).fetchall())
            for question in (
                "select model_id, energy_kwh from marts.energy_by_model where scope = 'cumulative' "
                "and not is_lower_bound",
                "select members.model_id, sum(energy_kwh) from core.scope_members as members join core.phase_energy "
                "on phase_energy.model_id = member_model_id where scope = 'cumulative' "
                "and row_role in ('primary', 'context_only') group by all",
            )
        )
        assert len(found) > 100
        assert found == {model: pytest.approx(added[model]) for model in found}

    def test_statements_of_some_phases_alone_say_of_which_not(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """LLaMA-13B's 23 t are of all Vicuna-13B's electricity but its own; a model without any lists none."""
        rows = dict(
            ledger.sql(
                "select model_id, [disclosed_location_tco2e, len(phases_without_statement)] from marts.energy_by_model "
                "where scope = 'cumulative' and model_id in ('vicuna-13b', 'llama-1-13b', 'deepseek-v3')"
            ).fetchall()
        )
        assert rows["llama-1-13b"] == [23, 0]
        assert rows["vicuna-13b"][0] == 23
        assert rows["vicuna-13b"][1] >= 1
        assert rows["deepseek-v3"] == [None, 0]

    def test_a_row_of_a_table_is_split_by_hours(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Llama 3.2 90B Vision: 513 t in one row, over 1,775,120 hours of four phases."""
        [row] = ledger.sql(
            "select sum(disclosed_location_tco2e), max(disclosed_location_tco2e) from core.phase_energy "
            "where model_id = 'llama-3-2-90b-vision'"
        ).fetchall()
        assert row == pytest.approx((513, 513 * 885_000 / 1_775_120), rel=1e-6)

    def test_where_a_run_took_place_is_that_of_its_card(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Stable Diffusion: AWS US-east, not Germany or Great Britain."""
        rows = ledger.sql(
            "select country, list_contains(flags, 'assumed_country'), disclosed_location_tco2e from core.phase_energy "
            "where model_id in ('stable-diffusion-1', 'stable-diffusion-2') order by model_id"
        ).fetchall()
        assert rows == [("US", False, 11.25), ("US", False, 15)]

    def test_what_the_developer_states_stands_beside(self, ledger: duckdb.DuckDBPyConnection) -> None:
        """Llama 3.1 405B: 8,930 t by location, none by market, on its model card."""
        [(located, by_market, worked_out, ratio)] = ledger.sql(
            "select disclosed_location_tco2e, disclosed_market_tco2e, emissions_tco2e, worked_out_to_disclosed_ratio "
            "from marts.energy_by_model where model_id = 'llama-3-1-405b' and scope = 'own'"
        ).fetchall()
        assert (located, by_market) == (8930, 0)
        assert ratio == pytest.approx(worked_out / 8930)

    def test_a_floor_has_no_upper_end(self, ledger: duckdb.DuckDBPyConnection) -> None:
        ends = ledger.sql(
            "select is_lower_bound, energy_high_kwh is null, energy_kwh <= energy_high_kwh from marts.energy_by_model "
            "where energy_kwh is not null"
        ).fetchall()
        assert {(is_floor, is_open) for is_floor, is_open, _ in ends} == {(True, True), (False, False)}
        assert all(is_in_order for is_floor, _, is_in_order in ends if not is_floor)
