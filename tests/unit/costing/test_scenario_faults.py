"""Scenarios with a part that cannot be used are set aside whole, and say why at the place of the fault."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import core, question_inputs
from pipelines.contracts.scenarios import ScenarioDeflators
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require, validate
from pipelines.costing.scenario_dollars import scenario_deflators
from pipelines.costing.scenario_faults import Whole, whole_scenarios
from tests.unit.costing.builders import PLACE, SOURCED, Row, chip, constants, frame

OLD, NEW = date(2024, 1, 31), date(2025, 1, 31)
INDEX = [
    {
        **SOURCED,
        "series_id": "CPI",
        "observed_on": date(year, number, 1),
        "vintage_on": vintage,
        "index_value": value,
        "unit_as_published": "index",
    }
    for vintage, years in ((OLD, {2023: 50.0}), (NEW, {2023: 100.0, 2024: 110.0}))
    for year, value in years.items()
    for number in range(1, 13)
]


def head(scenario_id: str = "other", **given: Any) -> Row:
    return {**PLACE, "scenario_id": scenario_id, "label": "Other", "why": "Why.", "change_count": 0, **given}


def price(scenario_id: str = "other", hardware_id: str = "chip", **given: Any) -> Row:
    return {
        **SOURCED,
        "scenario_id": scenario_id,
        "hardware_id": hardware_id,
        "price_usd_per_gpu_hour": Decimal(3),
        **given,
    }


def constant(constant_id: str, scenario_id: str = "other", **given: Any) -> Row:
    return {**SOURCED, "scenario_id": scenario_id, "constant_id": constant_id, "value": 1.0, **given}


def whole(heads: list[Row], prices: list[Row] = [], values: list[Row] = []) -> Whole:  # noqa: B006 - never changed
    """What is left of scenarios, in a ledger that has the method `ledger`, and `half` with one constant of it."""
    half = constants().filter(pl.col("constant_id") == "start_delay_days")
    return whole_scenarios(
        frame(question_inputs.StagedScenarios, heads),
        frame(question_inputs.StagedScenarioPrices, prices),
        frame(question_inputs.StagedScenarioConstants, values),
        frame(
            core.Sources,
            [{**PLACE, "source_id": "report", "title": "Report", "kind": "paper", "url": "https://example.org"}],
        ),
        frame(core.Hardware, [chip()]),
        pl.concat([constants(), half.with_columns(pl.lit("half").alias("method_id"))]),
        frame(core.PriceIndex, INDEX),
    )


def findings(found: Whole) -> list[Row]:
    tables = (found.scenarios, found.prices, found.constants)
    return pl.concat([table.rejected for table in tables]).to_dicts()


def kept(found: Whole) -> tuple[list[str], int]:
    """Ids of the scenarios that are left, and how many parts."""
    return found.scenarios.rows["scenario_id"].to_list(), found.prices.rows.height + found.constants.rows.height


def test_a_whole_scenario_stays_as_it_is() -> None:
    found = whole([head(change_count=2)], [price()], [constant("start_delay_days")])
    assert kept(found) == (["other"], 2)
    assert findings(found) == []


def test_an_unknown_constant_is_told_at_its_line_with_the_nearest_and_takes_the_scenario_with_it() -> None:
    found = whole(
        [head(change_count=2), head("fine", change_count=1, line=50)],
        [price(line=7), price("fine", line=51)],
        [constant("start_delay_day", line=12)],
    )
    assert kept(found) == (["fine"], 1)
    scenario, part = findings(found)
    assert (part["table_name"], part["file"], part["line"]) == ("core.scenario_constants", "test.yaml", 12)
    assert (part["record_id"], part["value"]) == ("other / start_delay_day", "start_delay_day")
    assert "did you mean 'start_delay_days'?" in part["reason"]
    assert "data/reference/methods.yaml" in part["reason"]
    assert (scenario["table_name"], scenario["record_id"], scenario["line"]) == ("core.scenarios", "other", 1)
    assert scenario["reason"].startswith("1 of the 2 prices and constants")
    assert part["is_set_aside"] is scenario["is_set_aside"] is True


def test_a_constant_of_another_method_is_not_suggested_as_itself() -> None:
    found = whole([head(method_id="half", change_count=1)], values=[constant("usual_run_hours")])
    reasons = [each["reason"] for each in findings(found) if each["check_name"] == "unknown_constant"]
    assert len(reasons) == 1
    assert "method 'half' has no constant 'usual_run_hours'" in reasons[0]
    assert "did you mean" not in reasons[0]


def test_an_unknown_accelerator_takes_the_scenario_with_it() -> None:
    found = whole([head(change_count=2)], [price(), price(hardware_id="chop", line=9)])
    assert kept(found) == ([], 0)
    assert {(each["table_name"], each["line"], each["value"]) for each in findings(found)} == {
        ("core.scenarios", 1, "1"),
        ("core.scenario_prices", 9, "chop"),
    }


def test_a_part_that_was_set_aside_before_takes_the_scenario_with_it() -> None:
    found = whole([head(change_count=1)])
    assert kept(found) == ([], 0)
    assert [each["check_name"] for each in findings(found)] == ["incomplete_scenario"]


@pytest.mark.parametrize(
    ("method_id", "told"),
    [
        ("leger", "no method 'leger'; did you mean 'ledger'?"),
        ("half", "cannot cost a scenario: of the constants that costs look up it lacks"),
    ],
)
def test_a_method_that_cannot_cost_is_told(method_id: str, told: str) -> None:
    found = whole([head(method_id=method_id)])
    assert kept(found) == ([], 0)
    [finding] = findings(found)
    assert (finding["column_name"], finding["value"]) == ("method_id", method_id)
    assert told in finding["reason"]


def test_a_constant_must_be_one_of_the_method_that_is_named() -> None:
    found = whole([head(method_id="half", change_count=1)], values=[constant("usual_run_hours")])
    assert {each["value"] for each in findings(found)} == {"half", "usual_run_hours", "0"}


@pytest.mark.parametrize(
    ("given", "column", "told"),
    [
        ({"price_index_id": "CPY"}, "price_index_id", "it has CPI"),
        ({"dollars_of_year": 1990}, "dollars_of_year", "years 2023 to 2024"),
        ({"index_vintage_on": date(2020, 1, 1)}, "index_vintage_on", "no such vintage"),
        ({"index_vintage_on": OLD, "dollars_of_year": 2024}, "dollars_of_year", "years 2023 to 2023"),
    ],
)
def test_an_index_that_cannot_convert_is_told(given: Row, column: str, told: str) -> None:
    found = whole([head(**{"dollars_of_year": 2023, "price_index_id": "CPI", **given})])
    assert kept(found) == ([], 0)
    [finding] = findings(found)
    assert finding["column_name"] == column
    assert told in finding["reason"]


@pytest.mark.parametrize(
    "given",
    [
        {"dollars_of_year": 2023},
        {"price_index_id": "CPI"},
        {"index_vintage_on": NEW},
    ],
)
def test_a_year_and_an_index_stand_together(given: Row) -> None:
    checked = validate(
        table_of(question_inputs.StagedScenarios), frame(question_inputs.StagedScenarios, [head(**given)])
    )
    assert checked.rows.is_empty()
    assert "stand together" in checked.rejected["reason"].item()


@pytest.mark.parametrize(("vintage", "ratio"), [(None, 100 / 110), (NEW, 100 / 110), (OLD, 1.0)])
def test_dollars_follow_the_vintage_that_is_named(vintage: date | None, ratio: float) -> None:
    """The older vintage ends in 2023; its last value carries January 2024."""
    heads = [head(dollars_of_year=2023, price_index_id="CPI", index_vintage_on=vintage), head("in-dollars-of-the-day")]
    made = scenario_deflators(whole(heads).scenarios.rows, frame(core.PriceIndex, INDEX), date(2024, 1, 20))
    require(table_of(ScenarioDeflators), made)
    assert made["scenario_id"].unique().to_list() == ["other"]
    [row] = made.filter(pl.col("is_of_release")).to_dicts()
    assert row["month_on"] == date(2024, 1, 1)
    assert row["deflator_ratio"] == pytest.approx(ratio)
    assert row["vintage_on"] == (vintage or NEW)
