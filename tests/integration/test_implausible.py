"""Numbers out of this world, through the whole way: told with place, value and remedy, and nobody else pays for them.

All mistakes share one data folder, one check and one build; each stands in a record of its own.
"""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from pipelines import cli
from pipelines.checking import check
from pipelines.paths import DataFolder
from pipelines.refresh import refresh
from pipelines.warehouse.faults import RefusedError
from pipelines.warehouse.shapes import Rejection
from tests.conftest import AS_OF, copy_data

pytestmark = pytest.mark.integration

MODEL = """\
model_id: {id}
name: {id}
developer: Somebody
country: {country}
released_on: {released_on}
total_params: 7000000000
active_params: 7000000000
architecture: dense
domain: language
openness: open_weights
source_id: s1-paper
phases:
  - phase_id: {id}__pretraining
    phase: pretraining
    row_role: {row_role}
    hardware_id: h100-sxm
    disclosed_as: gpu_hours
    source_id: s1-paper
    confidence: verified
    note: A run.
{quantities}"""
SCENARIO = "scenario_id: {id}\nlabel: Out of this world\nwhy: A test.\n{body}"
CONSTANT = """\
constants:
  - constant_id: {id}
    value: {value}
    source_id: s1-paper
    confidence: verified
"""
H100 = {"accelerator": "H100", "is_usable": "yes"}
ELECTRICITY, RENTALS = "prices/electricity_prices.csv", "prices/rental_quotes.csv"


def write_model(folder: Path, model_id: str, quantities: str, **given: str) -> None:
    usual = {"country": "US", "released_on": "2025-01-31", "row_role": "primary"}
    text = MODEL.format(id=model_id, quantities=quantities, **{**usual, **given})
    (folder / "disclosures" / f"{model_id}.yaml").write_text(text, encoding="utf-8")


def write_scenario(folder: Path, scenario_id: str, body: str) -> None:
    text = SCENARIO.format(id=scenario_id, body=body)
    (folder / "scenarios" / f"{scenario_id}.yaml").write_text(text, encoding="utf-8")


def edit_record(path: Path, record: str, key: str, value: str) -> None:
    """Another value of a key of the record that begins with a line."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(f"{record}\n")
    assert begin
    changed, count = re.subn(rf"(?m)^( +{key}: ).*$", rf"\g<1>{value}", rest, count=1)
    assert count == 1
    path.write_text(before + begin + changed, encoding="utf-8")


def append_like(path: Path, like: dict[str, str], *rows: dict[str, str]) -> None:
    """Rows at the end of a CSV file: the first one that has some values, but for what is given."""
    with path.open(encoding="utf-8", newline="") as file:
        plain = next(row for row in csv.DictReader(file) if like.items() <= row.items())
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(plain), lineterminator="\n").writerows({**plain, **row} for row in rows)


TOLD = {
    "tpu-v7": ("tdp_w must be at most 50000: write watts of one accelerator",),
    "trainium2": ("peak_bf16_flop_per_s must be at least 1000000000: write FLOP/s",),
    "gb200": ("peak_bf16_flop_per_s must be at most",),
    "el-huge": ("price must be at most 1000000: correct price or unit_as_published",),
    "el-euros": ("price_usd_per_kwh must be at most 2.0: correct price or unit_as_published",),
    "el-cents": ("price_usd_per_kwh must be at least 0.002",),
    "el-month": ("period must match", "write a year as 2024, a half-year as 2024-S1 or a month as 2024-07"),
    "el-words": ("period must match",),
    "el-later": ("period must match",),
    "no-hours": ("hours_factor must be at least 0.01",),
    "no-use": ("utilization_ratio must be at least 0.01: write a share, as 0.35",),
    "all-network / interconnect_share_ratio": ("value from 0.0001 to 0.75", "value is 1"),
    "all-network": ("without them it would be another scenario",),
    "steep / price_performance_trend_per_year": ("from 0.001 to 0.5", "value is 14"),
    "rent / h800": ("price_usd_per_gpu_hour must be at most 1000: write the price of one accelerator",),
    "mantissa__pretraining": (
        "training_compute_flop must be at least 10000000000000000: write FLOP with its exponent",
    ),
    "infinite-compute__pretraining": ("training_compute_flop must be at most",),
    "tiny-compute__pretraining": ("training_compute_flop must be at least",),
    "dear__pretraining": ("stated_price_usd_per_gpu_hour must be at most 1000",),
    "atlantis": ("country must match", "write two capital letters"),
    "small-letters": ("country must match",),
    "upside-down__pretraining": (
        "gpu_hours_low <= gpu_hours <= gpu_hours_high: write them in this order",
        "gpu_hours_low is 200.0000, gpu_hours is absent, gpu_hours_high is 100.0000",
    ),
    "rq-machine": ("list_unit_price_usd_per_gpu_hour must be at most 1000: write the price of one accelerator",),
    "rq-eight": ("250.0 USD for one accelerator is not within the bounds of its kind", "price_bounds.csv"),
    "rq-none": ("a usable price must be above zero and dated: give", "list_unit_price_usd_per_gpu_hour is absent"),
    "pq-server": ("250000.0 USD for one accelerator is not within the bounds of its kind",),
}
"""Record and what must be said of it."""

FLAGGED = {"contradiction": "hours_conflict", "endless": "hours_conflict", "late-start": "start_after_release"}
FUTURE = "from-the-future"


def spoil(folder: Path) -> None:
    """Make every mistake."""
    hardware = folder / "reference" / "hardware.yaml"
    edit_record(hardware, "- hardware_id: tpu-v7", "tdp_w", "1e308")
    edit_record(hardware, "- hardware_id: trainium2", "peak_bf16_flop_per_s", "667")
    edit_record(hardware, "- hardware_id: gb200", "peak_bf16_flop_per_s", "1e308")
    cents = [{"observation_id": "el-huge", "price": "1e308"}]
    periods = {"el-month": "2024-13", "el-words": "Feb 2024", "el-later": "3024-01"}
    cents += [{"observation_id": name, "period": period} for name, period in periods.items()]
    append_like(folder / ELECTRICITY, {"unit_as_published": "US cents per kWh"}, *cents)
    euros = [{"observation_id": "el-euros", "price": "12"}, {"observation_id": "el-cents", "price": "0.0012"}]
    append_like(folder / ELECTRICITY, {"unit_as_published": "EUR per kWh"}, *euros)
    right = CONSTANT.format(id="start_delay_days", value=90)
    write_scenario(folder, "no-hours", f"hours_factor: 1e-30\n{right}")
    write_scenario(folder, "no-use", "utilization_ratio: 1e-9\n")
    write_scenario(folder, "all-network", CONSTANT.format(id="interconnect_share_ratio", value=1))
    write_scenario(folder, "steep", CONSTANT.format(id="price_performance_trend_per_year", value=14))
    price = "prices:\n  - hardware_id: h800\n    price_usd_per_gpu_hour: 5000\n"
    write_scenario(folder, "rent", f"{price}    source_id: s1-paper\n    confidence: verified\n")
    for name, flop in (("mantissa", "2.1"), ("infinite-compute", "1e308"), ("tiny-compute", "1e15")):
        write_model(folder, name, f"    training_compute_flop: {{value: {flop}}}\n")
    hours = "    gpu_hours: {value: 1000}\n"
    stated = "    stated_price_usd_per_gpu_hour: {value: 2000, source_id: s1-paper}\n"
    write_model(folder, "dear", hours + stated)
    write_model(folder, "atlantis", hours, country="Atlantis")
    write_model(folder, "small-letters", hours, country="us")
    write_model(folder, "upside-down", "    gpu_hours: {low: 200, high: 100}\n")
    counted = "    gpu_count: {value: 100}\n"
    write_model(folder, "contradiction", f"{hours}{counted}    wall_clock_hours: {{value: 100}}\n")
    write_model(folder, "endless", "    gpu_hours: {value: 1000000}\n    gpu_count: {value: 8}\n")
    write_model(folder, "seconds", "    gpu_hours: {value: 0.0005}\n")
    write_scenario(folder, "hundredth", "hours_factor: 0.01\n")
    write_model(folder, "late-start", f"{hours}    started_on: 2025-06-01\n")
    write_model(folder, FUTURE, hours, released_on="2027-06-01")
    machine = {"quote_id": "rq-machine", "list_unit_price_usd_per_gpu_hour": "2500"}
    eight = {"quote_id": "rq-eight", "list_unit_price_usd_per_gpu_hour": "250"}
    none = {"quote_id": "rq-none", "list_unit_price_usd_per_gpu_hour": ""}
    unused = {"quote_id": "rq-unused", "list_unit_price_usd_per_gpu_hour": "250", "is_usable": "no"}
    append_like(folder / RENTALS, H100, machine, eight, none, unused)
    server = {"quote_id": "pq-server", "list_unit_price_usd_per_gpu": "250000"}
    append_like(folder / "prices/purchase_quotes.csv", H100, server)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder with every mistake, published."""
    folder = copy_data(tmp_path_factory.mktemp("implausible") / "data")
    spoil(folder.root)
    assert refresh(folder, AS_OF).status == "published"
    return folder


@pytest.fixture(scope="module")
def findings(spoilt: DataFolder) -> list[Rejection]:
    """What `costledger check` says of it."""
    return check(spoilt).findings


def query(folder: DataFolder, sql: str) -> pl.DataFrame:
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        return connection.sql(sql).pl()


@pytest.mark.parametrize(("record_id", "says"), TOLD.items(), ids=list(TOLD))
def test_it_is_set_aside_with_place_and_remedy(
    spoilt: DataFolder, findings: list[Rejection], record_id: str, says: tuple[str, ...]
) -> None:
    told = [each for each in findings if each.record_id == record_id and all(part in each.reason for part in says)]
    assert told, [each.reason for each in findings if each.record_id == record_id]
    assert told[0].is_set_aside
    assert told[0].file
    assert (spoilt.root / told[0].file).is_file()
    assert told[0].line
    published = query(spoilt, "select distinct reason from quality.rejected_rows")["reason"].to_list()
    assert told[0].reason in published


def test_nothing_else_is_set_aside(findings: list[Rejection]) -> None:
    """What is told beside depends on a record that is told."""
    others = [each for each in findings if each.record_id not in TOLD]
    told = {each.record_id: each.reason for each in others if each.check_name != "incomplete_scenario"}
    assert {
        name: why for name, why in told.items() if "because it was set aside itself: mend it first" not in why
    } == {}


def test_a_quote_that_no_cost_is_based_on_may_be_as_it_is(spoilt: DataFolder) -> None:
    assert query(spoilt, "select quote_id from core.price_quotes where quote_id = 'rq-unused'").height == 1


def test_what_follows_from_a_mistake_names_no_other_record(findings: list[Rejection]) -> None:
    """A quantity of a phase that was set aside is not a misspelt phase."""
    [told] = [each for each in findings if (each.record_id or "").startswith("mantissa__pretraining / ")]
    assert "did you mean" not in told.reason


def test_no_scenario_of_them_is_costed(spoilt: DataFolder, ledger_folder: DataFolder) -> None:
    ids = "select scenario_id from core.scenarios order by scenario_id"
    assert {*query(spoilt, ids)["scenario_id"]} == {*query(ledger_folder, ids)["scenario_id"], "hundredth"}


def test_the_least_hours_stay_hours_under_the_least_factor(spoilt: DataFolder) -> None:
    sql = "select gpu_hours from core.scenario_costs where scenario_id = 'hundredth' and model_id = 'seconds'"
    assert {float(hours) for hours in query(spoilt, sql)["gpu_hours"].drop_nulls()} == {0.0001}


@pytest.mark.parametrize(("model_id", "flag"), FLAGGED.items())
def test_what_contradicts_itself_is_flagged_and_reported(spoilt: DataFolder, model_id: str, flag: str) -> None:
    flags = query(spoilt, f"select flags from core.model_costs where model_id = '{model_id}' and scope = 'own'")
    assert all(flag in each for each in flags["flags"].to_list())
    rule = "training_phases__hours_and_days_agree"
    [row] = query(spoilt, f"from quality.check_results where check_name = '{rule}'").to_dicts()
    assert (row["has_passed"], row["failing_count"], row["severity"]) == (False, 3, "WARN")


def test_a_model_of_a_day_to_come_is_flagged(spoilt: DataFolder) -> None:
    flags = query(spoilt, f"select flags from core.model_costs where model_id = '{FUTURE}' and scope = 'own'")
    assert all("future_release" in each for each in flags["flags"].to_list())
    other = query(spoilt, "from core.model_costs where list_contains(flags, 'future_release')")
    assert set(other["model_id"]) == {FUTURE}


def test_no_other_cost_moves(spoilt: DataFolder, ledger_folder: DataFolder) -> None:
    costs = "from core.model_costs order by model_id, scope, price_basis"
    before = query(ledger_folder, costs)
    after = query(spoilt, costs).filter(pl.col("model_id").is_in(before["model_id"].unique().implode()))
    assert_frame_equal(after, before)


def test_as_shipped_nothing_is_told(ledger_folder: DataFolder) -> None:
    found = check(ledger_folder)
    assert (found.findings, found.refusals) == ([], [])


class TestConstants:
    @pytest.mark.parametrize(
        ("constant_id", "value", "says"),
        [
            ("usual_utilization_ratio", "37.5", "a utilisation, load or other share"),
            ("interconnect_share_ratio", "1", "from 0.0001 to 0.75"),
            ("price_performance_trend_per_year", "14", "from 0.001 to 0.5"),
            ("price_width_high_ratio", "200", "from 1 to 100"),
            ("price_width_low_ratio", "50", "from 0.01 to 1"),
            ("node_power_ratio", "1800", "from 1 to 100"),
            ("pue_ratio", "0.125", "from 1 to 100"),
            ("start_delay_days", "60000", "at most 3650"),
            ("usual_run_hours", "793500", "from 1 to 100000"),
        ],
    )
    def test_one_out_of_bounds_is_told_by_check_with_its_line(
        self, data_copy: DataFolder, constant_id: str, value: str, says: str
    ) -> None:
        methods = data_copy.root / "reference" / "methods.yaml"
        edit_record(methods, f"    - constant_id: {constant_id}", "value", value)
        found = [each for each in check(data_copy).findings if each.table_name.endswith("method_constants")]
        [told] = [each for each in found if says in each.reason]
        lines = methods.read_text(encoding="utf-8").splitlines()
        assert told.line
        assert constant_id in lines[told.line - 1]
        assert f"value is {float(value)}" in told.reason

    def test_the_refusal_says_that_it_was_set_aside_and_where(self, data_copy: DataFolder) -> None:
        methods = data_copy.root / "reference" / "methods.yaml"
        edit_record(methods, "    - constant_id: usual_utilization_ratio", "value", "37.5")
        with pytest.raises(RefusedError) as refusal:
            refresh(data_copy, AS_OF)
        first, second = refusal.value.faults
        assert re.match(r"reference/methods.yaml:\d+: ledger / usual_utilization_ratio was set aside: ", first)
        assert "has no constant 'usual_utilization_ratio' that can be used" in second


class TestCommand:
    def run(self, folder: Path, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, ["--data", str(folder), *words])
        return result.exit_code, result.output

    def test_check_refuses_models_that_stand_on_each_other(self, data_copy: DataFolder) -> None:
        path = data_copy.root / "disclosures" / "deepseek-v3.yaml"
        begin = "built_on:\n"
        edge = "  - parent_model_id: deepseek-r1\n    relation: weights\n    counts_in: none\n    source_id: s1-paper\n"
        text = path.read_text(encoding="utf-8")
        assert begin in text
        path.write_text(text.replace(begin, begin + edge), encoding="utf-8")
        code, told = self.run(data_copy.root, "check")
        assert code == 1
        assert "deepseek-r1, deepseek-v3 stand on each other through weights" in told
        assert "disclosures/deepseek-v3.yaml:" in told

    def test_a_screen_shows_no_control_characters_and_no_endless_cells(self, data_copy: DataFolder) -> None:
        folder = data_copy.root
        write_model(folder, "steering", "    gpu_hours: {value: 1000}\n", country='"\\e[2J\\e]0;x\\a"')
        write_model(folder, "endless-cell", "    gpu_hours: {value: 1000}\n", row_role="x" * 20_000)
        code, told = self.run(folder, "check")
        assert code == 3
        assert "\x1b" not in told
        assert "\x07" not in told
        assert "\\x1b[2J" in told
        assert "x" * 100 not in told
        assert "(20,00" in told
        _, whole = self.run(folder, "check", "--json")
        assert "x" * 20_000 in whole

    def test_a_file_is_no_data_folder(self, tmp_path: Path) -> None:
        file = tmp_path / "afile"
        file.write_text("", encoding="utf-8")
        code, told = self.run(file, "run")
        assert code == 1
        assert "is not a folder" in told
        shutil.rmtree(tmp_path)
        assert "does not exist" in self.run(file, "run")[1]
