"""Scenarios of the data folder in the published ledger, and `costledger whatif` over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines import cli
from pipelines.graph.build import build
from pipelines.paths import ROOT, DataFolder
from pipelines.sources import scenarios as scenario_source
from pipelines.warehouse.sql import MARTS, empty_warehouse, sql_file
from tests.conftest import AS_OF

pytestmark = pytest.mark.integration

V3_HOURS = 2_788_000


def invoke(folder: DataFolder, *words: str) -> Result:
    return CliRunner().invoke(cli.app, ["--data", str(folder.root), "whatif", *words])


def answer(folder: DataFolder, *words: str) -> Any:
    result = invoke(folder, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def costs(found: Any, scope: str = "cumulative") -> dict[str, Any]:
    """Costs of one scope by basis."""
    return {cost["price_basis"]: cost for cost in found["costs"] if cost["scope"] == scope}


def query(folder: DataFolder, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# ---- scenarios


def test_v3_at_the_price_a_cloud_listed(ledger_folder: DataFolder) -> None:
    [row] = query(
        ledger_folder,
        "select cost_mid_usd, default_cost_usd, difference_usd, cost_ratio, changed_inputs from marts.scenario_costs "
        "where scenario_id = 'h800-at-a-listed-price' and model_id = 'deepseek-v3' and scope = 'own' "
        "and price_basis = 'disclosed'",
    )
    assert [float(value) for value in row[:4]] == pytest.approx([3.42 * V3_HOURS, 2 * V3_HOURS, 1.42 * V3_HOURS, 1.71])
    assert row[4] == ["scenario_price"]


def test_todays_rent_is_rental_now_and_leaves_other_bases_alone(ledger_folder: DataFolder) -> None:
    rows = query(
        ledger_folder,
        "select count(*) from marts.scenario_costs as s join core.model_costs as n on n.model_id = s.model_id "
        "and n.scope = s.scope and n.price_basis = 'rental_now' where s.scenario_id = 'everything-at-todays-rent' "
        "and s.price_basis = 'rental' and s.cost_mid_usd is distinct from n.cost_mid_usd",
    )
    assert rows == [(0,)]
    other = query(
        ledger_folder,
        "select count(*) from marts.scenario_costs where scenario_id = 'everything-at-todays-rent' "
        "and price_basis <> 'rental' and (is_changed or cost_mid_usd is distinct from default_cost_usd)",
    )
    assert other == [(0,)]


def test_a_row_that_is_not_changed_is_the_ledgers(ledger_folder: DataFolder) -> None:
    assert query(
        ledger_folder,
        "select count(*) from marts.scenario_costs as s join core.model_costs as m "
        "using (model_id, scope, price_basis) where not s.is_changed and s.dollars_of_year is null "
        "and (s.cost_mid_usd is distinct from m.cost_mid_usd or s.cost_low_usd is distinct from m.cost_low_usd "
        "or s.cost_high_usd is distinct from m.cost_high_usd)",
    ) == [(0,)]


def test_every_scenario_has_every_cost_of_the_ledger(ledger_folder: DataFolder) -> None:
    [(scenarios, rows, known)] = query(
        ledger_folder,
        "select (select count(*) from core.scenarios), "
        "(select count(*) from marts.scenario_costs where default_cost_usd is not null), "
        "(select count(*) from core.model_costs where cost_mid_usd is not null)",
    )
    assert scenarios >= 3
    assert rows == scenarios * known


def test_the_changed_costs_are_those_the_mart_calls_changed(ledger_folder: DataFolder) -> None:
    [(changed, told)] = query(
        ledger_folder,
        "select (select count(*) from core.scenario_costs where cost_missing_reason is null), "
        "(select count(*) from marts.scenario_costs where is_changed and cost_missing_reason is null)",
    )
    assert changed == told > 0


def test_a_floor_is_not_set_against_a_whole(ledger_folder: DataFolder) -> None:
    """Four months earlier nobody quoted a commitment on H100, which most of Tulu 3 8B's lineage ran on."""
    [row] = query(
        ledger_folder,
        "select is_lower_bound, is_default_lower_bound, cost_mid_usd < default_cost_usd, difference_usd, cost_ratio, "
        "difference_missing_reason from marts.scenario_costs where scenario_id = 'runs-that-started-earlier' "
        "and model_id = 'tulu-3-8b' and scope = 'cumulative' and price_basis = 'rental_1y'",
    )
    assert row == (True, False, True, None, None, "floor_beside_whole")
    [row] = query(
        ledger_folder,
        "select is_lower_bound, is_default_lower_bound, cost_mid_usd > default_cost_usd, cost_ratio, "
        "difference_missing_reason from marts.scenario_costs where scenario_id = 'everything-at-todays-rent' "
        "and model_id = 'flan-palm-540b' and scope = 'cumulative' and price_basis = 'rental'",
    )
    assert row == (False, True, True, None, "floor_beside_whole")


def test_a_difference_or_the_reason_why_there_is_none(ledger_folder: DataFolder) -> None:
    rows = query(
        ledger_folder,
        "select difference_usd is null, cost_ratio is null, difference_missing_reason is not null, "
        "cost_mid_usd is null or default_cost_usd is null, is_lower_bound = is_default_lower_bound, "
        "difference_missing_reason from marts.scenario_costs group by all",
    )
    for no_difference, no_ratio, has_reason, lacks_cost, alike, reason in rows:
        assert no_difference == no_ratio == has_reason
        assert (reason == "no_cost") == lacks_cost
        assert has_reason == (lacks_cost or not alike)
    assert {reason for *_, reason in rows} == {None, "no_cost", "floor_beside_whole"}


@pytest.mark.parametrize(("has_same_phases", "ratio"), [(True, 2.0), (False, None)])
def test_two_floors_are_compared_where_they_are_of_the_same_phases(has_same_phases: bool, ratio: float | None) -> None:
    """A made-up floor of $100, and $200 under a scenario."""
    row = "'m' as model_id, 'own' as scope, 'rental' as price_basis, 100.0 as gpu_hours, true as is_lower_bound"
    with empty_warehouse() as connection:
        for table, columns in {
            "core.models": "'m' as model_id, 'M' as name, date '2024-01-01' as released_on",
            "core.scenarios": "'other' as scenario_id, 'Other' as label",
            "core.model_costs": f"{row}, 100 as cost_mid_usd, [] as flags",
            "core.scenario_costs": f"{row}, 200 as cost_mid_usd, 'other' as scenario_id, ['scenario_price'] as flags, "
            f"{has_same_phases} as has_same_phases",
        }.items():
            required = "select column_name from duckdb_columns() where schema_name || '.' || table_name = ? "
            for (name,) in connection.execute(f"{required} and not is_nullable", [table]).fetchall():
                connection.execute(f"alter table {table} alter column {name} drop not null")
            connection.execute(f"insert into {table} by name select {columns}")
        [(found, reason)] = connection.execute(
            f"select cost_ratio, difference_missing_reason from ({sql_file(MARTS / 'scenario_costs.sql').query})"
        ).fetchall()
    assert (found, reason) == (ratio, None if has_same_phases else "other_phases_priced")


def test_a_scenario_with_an_unknown_name_is_set_aside_whole_and_the_rest_is_published(data_copy: DataFolder) -> None:
    path = data_copy.root / "scenarios" / "h800-at-a-listed-price.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("hardware_id: h800", "hardware_id: h8000"))
    other = path.with_name("runs-that-started-earlier.yaml")
    other.write_text(other.read_text(encoding="utf-8").replace("start_delay_days", "start_delay"))
    build(data_copy, AS_OF)
    for table in ("core.scenarios", "marts.scenario_costs"):
        assert query(data_copy, f"select distinct scenario_id from {table} order by all") == [
            ("everything-at-todays-rent",),
            ("everything-in-dollars-of-2025",),
            ("good-utilization",),
        ]
    found = query(
        data_copy,
        "select table_name, file, line, value, reason from quality.rejected_rows where is_set_aside order by all",
    )
    assert [(table, file, value) for table, file, _, value, _ in found] == [
        ("core.scenario_constants", "scenarios/runs-that-started-earlier.yaml", "start_delay"),
        ("core.scenario_prices", "scenarios/h800-at-a-listed-price.yaml", "h8000"),
        ("core.scenarios", "scenarios/h800-at-a-listed-price.yaml", "0"),
        ("core.scenarios", "scenarios/runs-that-started-earlier.yaml", "0"),
    ]
    assert all(line > 1 for _, _, line, _, _ in found)
    assert "methods.yaml" in found[0][-1]
    assert "hardware.yaml" in found[1][-1]


def test_dollars_of_a_year_are_those_of_the_index_on_both_sides(ledger_folder: DataFolder) -> None:
    """What a scenario in dollars of 2025 says of V3 is the ledger's cost times the deflator of its month."""
    [(cost, default, ratio, series, vintage, expected, newest)] = query(
        ledger_folder,
        "select s.cost_mid_usd::double, s.default_cost_usd::double, s.cost_ratio, s.price_index_id, "
        "s.index_vintage_on, m.cost_mid_usd::double * d.deflator_ratio, d.vintage_on from marts.scenario_costs as s "
        "join core.model_costs as m using (model_id, scope, price_basis) "
        "join core.deflators as d on d.series_id = 'CPIAUCSL' and d.to_year = 2025 and d.month_on = '2024-12-01' "
        "where s.scenario_id = 'everything-in-dollars-of-2025' and s.model_id = 'deepseek-v3' "
        "and s.scope = 'own' and s.price_basis = 'disclosed'",
    )
    assert cost == default == pytest.approx(expected, abs=0.006)
    assert cost > 2 * V3_HOURS
    assert (ratio, series, vintage) == (1, "CPIAUCSL", newest)
    assert query(
        ledger_folder,
        "select distinct dollars_of_year, changed_inputs from marts.scenario_costs where scenario_id like '%of-2025'",
    ) == [(2025, ["scenario_dollars"])]
    assert query(
        ledger_folder,
        "select count(*) from marts.scenario_costs where scenario_id not like '%of-2025' "
        "and (dollars_of_year is not null or deflator_ratio is not null)",
    ) == [(0,)]


def test_rent_of_today_is_in_dollars_of_today_and_the_default_in_those_of_the_release(data_copy: DataFolder) -> None:
    path = data_copy.root / "scenarios" / "everything-at-todays-rent.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "dollars_of_year: 2023\nprice_index_id: CPIAUCSL\n")
    build(data_copy, AS_OF)
    [row] = query(
        data_copy,
        "select s.deflator_ratio / t.deflator_ratio, s.default_deflator_ratio / r.deflator_ratio, "
        "s.cost_mid_usd::double / (n.cost_mid_usd::double * t.deflator_ratio), "
        "s.default_cost_usd::double / (m.cost_mid_usd::double * r.deflator_ratio) from marts.scenario_costs as s "
        "join core.model_costs as m using (model_id, scope, price_basis) "
        "join core.model_costs as n on (n.model_id, n.scope, n.price_basis) = (s.model_id, s.scope, 'rental_now') "
        "join core.deflators as t on (t.series_id, t.to_year) = ('CPIAUCSL', 2023) "
        f"and t.month_on = '{AS_OF:%Y-%m}-01' "
        "join core.deflators as r on (r.series_id, r.to_year) = ('CPIAUCSL', 2023) and r.month_on = '2024-12-01' "
        "where s.scenario_id = 'everything-at-todays-rent' and s.model_id = 'deepseek-v3' and s.scope = 'own' "
        "and s.price_basis = 'rental'",
    )
    assert row == pytest.approx((1, 1, 1, 1))


def test_a_month_before_the_index_begins_has_no_cost_and_says_why(data_copy: DataFolder) -> None:
    path = data_copy.root / "prices" / "price_index.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("CPIAUCSL,") or line[9:13] == "2025"))
    build(data_copy, AS_OF)
    found = query(
        data_copy,
        "select model_id, cost_mid_usd is null, cost_low_usd is null, cost_missing_reason, deflator_ratio is null "
        "from marts.scenario_costs where scenario_id = 'everything-in-dollars-of-2025' and scope = 'own' "
        "and price_basis = 'disclosed' and model_id in ('deepseek-v3', 'deepseek-r1') order by model_id",
    )
    assert found == [("deepseek-r1", False, False, None, False), ("deepseek-v3", True, True, "no_price_index", True)]


def test_a_method_that_can_cost_is_named_by_a_scenario(data_copy: DataFolder) -> None:
    """A copy of the ledger's method at twice the usual utilisation: half the hours where they come from compute."""
    path = data_copy.root / "reference" / "methods.yaml"
    text = path.read_text(encoding="utf-8")
    own = text[text.index("- method_id: ledger") : text.index("# Limits of the gates")]
    assert "    - constant_id: usual_utilization_ratio\n      value: 0.375" in own
    second = own.replace("- method_id: ledger", "- method_id: ledger-idle").replace("value: 0.375", "value: 0.75")
    path.write_text(f"{text}\n{second}", encoding="utf-8")
    (data_copy.root / "scenarios" / "idle.yaml").write_text(
        "scenario_id: idle\nlabel: Idle\nwhy: Because.\nmethod_id: ledger-idle\n", encoding="utf-8"
    )
    (data_copy.root / "scenarios" / "paper.yaml").write_text(
        "scenario_id: paper\nlabel: Paper\nwhy: Because.\nmethod_id: cottier-2024\n", encoding="utf-8"
    )
    build(data_copy, AS_OF)
    rows = query(
        data_copy,
        "select cost_ratio, changed_inputs from marts.scenario_costs where scenario_id = 'idle' "
        "and model_id = 'gpt-3-175b' and scope = 'own' and price_basis = 'amortized'",
    )
    assert rows == [(pytest.approx(0.5), ["scenario_method"])]
    [(file, value, reason)] = query(data_copy, "select file, value, reason from quality.rejected_rows")
    assert (file, value) == ("scenarios/paper.yaml", "cottier-2024")
    assert "cannot cost" in reason


# ---- what if


def test_whatif_answers_with_the_scenarios_figures(ledger_folder: DataFolder) -> None:
    """The same change asked on the command line and declared in a file gives the same costs, to the cent."""
    found = answer(ledger_folder, "deepseek-r1", "--price", "h800=3.42")
    declared = query(
        ledger_folder,
        "select scope, price_basis, cost_mid_usd::double, cost_low_usd, cost_high_usd, default_cost_usd::double "
        "from marts.scenario_costs where scenario_id = 'h800-at-a-listed-price' and model_id = 'deepseek-r1'",
    )
    assert declared
    asked = {
        (cost["scope"], cost["price_basis"]): [
            cost[name] for name in ("cost_usd", "low_usd", "high_usd", "default_usd")
        ]
        for cost in found["costs"]
    }
    for scope, basis, *figures in declared:
        assert asked[scope, basis] == pytest.approx(figures, abs=0.011)


def test_price_and_utilisation_together(ledger_folder: DataFolder) -> None:
    """V3: pretraining implies its utilisation and follows; context extension and post-training state no tokens."""
    found = answer(ledger_folder, "deepseek-v3", "--price", "h800=3", "--utilization", "0.35")
    [(implied, hours)] = query(
        ledger_folder,
        "select implied_utilization_ratio, gpu_hours::double from core.training_phases "
        "where phase_id = 'deepseek-v3__pretraining'",
    )
    expected = 3 * (V3_HOURS - hours + hours * implied / 0.35)
    assert costs(found)["disclosed"]["cost_usd"] == pytest.approx(expected, rel=1e-6)
    assert costs(found)["disclosed"]["default_usd"] == 2 * V3_HOURS
    assert costs(found)["disclosed"]["changed_inputs"] == ["scenario_price", "scenario_utilization"]
    assert [(change["name"], change["has_effect"]) for change in found["changes"]] == [
        ("h800", True),
        ("utilization", True),
    ]
    assert "instead of disclosed $2.00" in found["changes"][0]["effect"]


def test_dollars_of_a_year_are_those_of_the_scenario(ledger_folder: DataFolder) -> None:
    """Asked on the command line and declared in a file: the same amounts, and the same as `show --usd-of`."""
    found = answer(ledger_folder, "deepseek-v3", "--usd-of", "2025")
    assert (found["dollars_of_year"], found["price_index_id"]) == (2025, "CPIAUCSL")
    declared = query(
        ledger_folder,
        "select scope, price_basis, cost_mid_usd::double, default_cost_usd::double, index_vintage_on::varchar "
        "from marts.scenario_costs where scenario_id = 'everything-in-dollars-of-2025' and model_id = 'deepseek-v3'",
    )
    assert declared
    asked = {(cost["scope"], cost["price_basis"]): cost for cost in found["costs"]}
    for scope, basis, cost, default, vintage in declared:
        assert (asked[scope, basis]["cost_usd"], asked[scope, basis]["default_usd"]) == (cost, default)
        assert found["index_vintage_on"] == vintage
    assert "in dollars of 2025, by CPIAUCSL" in invoke(ledger_folder, "deepseek-v3", "--usd-of", "2025").stdout
    both = costs(answer(ledger_folder, "deepseek-v3", "--price", "h800=3.42", "--usd-of", "2025"))["disclosed"]
    assert both["cost_ratio"] == pytest.approx(1.71)
    assert both["default_usd"] == costs(found)["disclosed"]["default_usd"]


def test_a_year_that_the_index_has_not_is_told(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "deepseek-v3", "--usd-of", "1850")
    assert result.exit_code == 1
    assert "known are" in result.stderr


@pytest.mark.parametrize("factor", ["0.5", "2"])
def test_hours_factor(ledger_folder: DataFolder, factor: str) -> None:
    found = costs(answer(ledger_folder, "deepseek-v3", "--hours-factor", factor))
    assert found["disclosed"]["cost_usd"] == 2 * V3_HOURS * float(factor)
    assert found["purchase"]["cost_ratio"] == 1


def test_another_day(ledger_folder: DataFolder) -> None:
    """`rental_now` of Llama 3.1 405B on another day; nothing else moves."""
    found = answer(ledger_folder, "llama-3-1-405b", "--as-of", "2024-01-15")
    moved = {basis for basis, cost in costs(found).items() if cost["difference_usd"]}
    assert moved == {"rental_now"}
    assert found["as_of_on"] == "2024-01-15"


def test_a_floor_is_not_set_against_a_whole_on_the_command_line(ledger_folder: DataFolder) -> None:
    """Tulu 3 8B has no spot price for most of its hours; with a price for all of them the whole is known."""
    asked = ("tulu-3-8b", "--price", "h100-sxm=3")
    spot = costs(answer(ledger_folder, *asked))["rental_spot"]
    assert (spot["is_default_lower_bound"], spot["is_lower_bound"]) == (True, False)
    assert (spot["difference_usd"], spot["cost_ratio"]) == (None, None)
    assert spot["difference_missing_reason"] == "floor_beside_whole"
    shown = invoke(ledger_folder, *asked, "--scope", "cumulative").stdout
    assert "rental spot: no difference. One of the two is a floor and the other is not." in shown
    [line] = [line for line in shown.splitlines() if line.strip().startswith("rental spot  ")]
    assert line.count("at least") == 1


def test_a_price_that_affects_nothing_says_so(ledger_folder: DataFolder) -> None:
    found = answer(ledger_folder, "deepseek-v3", "--price", "v100=3")
    assert [(change["name"], change["has_effect"]) for change in found["changes"]] == [("v100", False)]
    assert all(not cost["difference_usd"] for cost in found["costs"])
    assert "changes nothing" in invoke(ledger_folder, "deepseek-v3", "--price", "v100=3").stdout


def test_what_is_not_known_stays_so(ledger_folder: DataFolder) -> None:
    found = costs(answer(ledger_folder, "gpt-4", "--price", "a100-80gb=1"))
    assert found["rental"]["cost_usd"] is None
    assert found["rental"]["cost_missing_reason"]


def test_an_unknown_accelerator_names_the_nearest(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "deepseek-v3", "--price", "h100=3")
    assert result.exit_code == 1
    assert "did you mean h100-" in result.stderr
    told = json.loads(invoke(ledger_folder, "deepseek-v3", "--price", "h100=3", "--json").stdout)["error"]
    assert told["kind"] == "unknown_hardware"
    assert "h100-sxm" in told["did_you_mean"]


def test_an_accelerator_like_no_other_is_answered_with_the_list_to_look_in(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "deepseek-v3", "--price", "zzzzqqqq=3")
    assert result.exit_code == 1
    assert 'costledger query "select hardware_id, name from core.hardware"' in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--price", "h800"], "ACCELERATOR=USD"),
        (["--price", "h800=0"], "ACCELERATOR=USD"),
        (["--price", "h800=-3"], "ACCELERATOR=USD"),
        (["--price", "h800=nan"], "ACCELERATOR=USD"),
        (["--price", "h800=1e9"], "ACCELERATOR=USD"),
        (["--price", "h800=3", "--price", "h800=4"], "two prices"),
        (["--price", "h800=1e-9"], "they are from 0.001 to 1000"),
        (["--price", "h800=3", "--price", "H800=4"], "h800 is given twice, last as 'H800'"),
        (["--utilization", "1e-300"], "no share from 0.01 to 1"),
        (["--hours-factor", "1e-30"], "no factor from 0.01 to 100"),
        (["--as-of", "2035-01-01"], "2035-01-01 is to come"),
        (["--utilization", "37.5"], "as 0.35"),
        (["--utilization", "0"], "as 0.35"),
        (["--hours-factor", "0"], "no factor from 0.01 to 100"),
        (["--terms", "rented"], "is not one of"),
        ([], "say what is otherwise"),
    ],
)
def test_wrong_usage_ends_with_2(ledger_folder: DataFolder, words: list[str], told: str) -> None:
    result = invoke(ledger_folder, "deepseek-v3", *words)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())


class TestWhatAChangeDoes:
    """What is said of a change holds for this model, this scope and these costs."""

    def effect(self, folder: DataFolder, *words: str) -> str:
        return str(answer(folder, *words)["changes"][-1]["effect"])

    def test_a_price_of_a_stand_in_where_the_accelerator_has_its_own(self, ledger_folder: DataFolder) -> None:
        asked = ("deepseek-v3", "--price", "h100-sxm=5")
        assert self.effect(ledger_folder, *asked).startswith("prices 3 phases")
        found = answer(ledger_folder, "deepseek-v3", "--price", "h800=2", "--price", "h100-sxm=5")
        assert [change["has_effect"] for change in found["changes"]] == [True, False]
        assert costs(found)["rental_spot"]["cost_usd"] == 2 * V3_HOURS

    def test_phases_are_those_of_the_scope(self, ledger_folder: DataFolder) -> None:
        asked = ("deepseek-r1", "--price", "h800=3", "--scope")
        assert self.effect(ledger_folder, *asked, "cumulative").startswith("prices 6 phases")
        assert self.effect(ledger_folder, *asked, "own").startswith("prices 2 phases")

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("chinchilla-70b", "--hours-factor", "2"), "changes nothing: no phase has any hours"),
            (("kimi-k2", "--hours-factor", "2"), "changes nothing: no phase has any hours"),
            (("deepseek-v3", "--hours-factor", "1"), "changes nothing"),
            (("deepseek-v3", "--as-of", AS_OF.isoformat()), "changes nothing: it is the day of the ledger"),
        ],
    )
    def test_what_changes_nothing_says_so(self, ledger_folder: DataFolder, words: tuple[str, ...], told: str) -> None:
        found = answer(ledger_folder, *words)
        assert [(change["effect"], change["has_effect"]) for change in found["changes"]] == [(told, False)]

    def test_a_price_is_told_as_it_is_costed(self, ledger_folder: DataFolder) -> None:
        for given, told in (("3.1234567", "$3.123457"), ("0.004", "$0.004"), ("3", "$3.00")):
            [change] = answer(ledger_folder, "deepseek-v3", "--price", f"h800={given}")["changes"]
            assert change["value"] == f"{told} an hour"

    def test_a_cost_of_which_the_upper_end_alone_is_known_is_shown(self, ledger_folder: DataFolder) -> None:
        """Arctic: under 504,000 hours."""
        shown = invoke(ledger_folder, "snowflake-arctic", "--price", "h100-sxm=2").stdout
        [line] = [line for line in shown.splitlines() if line.strip().startswith("rental  ")]
        assert "at most $1,008,000" in line

    def test_no_cost_has_its_reason(self, ledger_folder: DataFolder) -> None:
        assert "no cost is known: No phase" in invoke(ledger_folder, "gpt-4", "--hours-factor", "2").stdout

    def test_terms_without_a_price_are_why_there_is_no_cost(self, ledger_folder: DataFolder) -> None:
        """DBRX: of its accelerator no price for three years is known on its day."""
        rental = costs(answer(ledger_folder, "dbrx-132b", "--terms", "rental_3y"))["rental"]
        assert (rental["cost_usd"], rental["changed_inputs"]) == (None, ["scenario_terms"])

    def test_what_is_bought_follows_no_hours(self, ledger_folder: DataFolder) -> None:
        rows = query(
            ledger_folder,
            "select price_basis, count(*) from marts.scenario_costs where scenario_id = 'good-utilization' "
            "and len(changed_inputs) > 0 group by all",
        )
        assert {"rental", "amortized"} <= set(dict(rows))
        assert "purchase" not in dict(rows)


def test_an_index_without_a_year_is_no_question(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "deepseek-v3", "--hours-factor", "2", "--index", "CPIAUCSL")
    assert result.exit_code == 2
    assert "--usd-of" in result.stderr


def test_wrong_usage_is_told_as_json_too(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "deepseek-v3", "--price", "h800", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["kind"] == "usage"
    assert "ACCELERATOR=USD" in json.loads(result.stdout)["error"]["message"]


def test_a_scenario_under_another_ending_is_not_missed_in_silence(data_copy: DataFolder) -> None:
    scenarios = data_copy.root / "scenarios"
    (scenarios / "everything-at-todays-rent.yaml").rename(scenarios / "everything-at-todays-rent.yml")
    reading = scenario_source.read(data_copy.root)
    [(file, reason)] = reading.rejected.select("file", "reason").rows()
    assert file == "scenarios/everything-at-todays-rent.yml"
    assert "only *.yaml files directly in scenarios/ are read" in reason


def test_whatif_loads_neither_dagster_nor_pandera(ledger_folder: DataFolder) -> None:
    probe = (
        "import sys\nfrom pipelines.cli import main\nsys.argv = ['costledger', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', sorted({'dagster', 'pandera'} & set(sys.modules)))"
    )
    environment = {**os.environ, "COSTLEDGER_DATA": str(ledger_folder.root), "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", probe, "whatif", "deepseek-v3", "--price", "h800=3"]
    result = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.stdout.splitlines()[-1] == "LOADED []"
