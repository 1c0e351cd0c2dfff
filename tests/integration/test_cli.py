"""The command over a real published ledger: answers, exit codes, JSON, pipes, faults.

Belongs here: what a user types and what comes back. Does not belong here: layout (tests/unit/test_screens.py).
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines import checking, cli, output, refresh
from pipelines.paths import ROOT, DataFolder
from pipelines.warehouse import explanations
from pipelines.warehouse.answers import Ledger
from tests.conftest import AS_OF

pytestmark = pytest.mark.integration

HEAVY = ("dagster", "pandera", "polars", "pyarrow", "pandas")
S1_FLOOR = "at least 7 hours (Qwen2.5-32B-Instruct not disclosed)"


def invoke(folder: DataFolder, *words: str, **options: Any) -> Result:
    """Run the command in this process; output goes to a pipe."""
    return CliRunner().invoke(cli.app, ["--data", str(folder.root), *words], **options)


def answer(folder: DataFolder, *words: str) -> Any:
    """The JSON of a verb that succeeds."""
    result = invoke(folder, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def command(folder: DataFolder, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as installed."""
    environment = {**os.environ, "COSTLEDGER_DATA": str(folder.root), "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", "pipelines.cli", *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False, **options)


def edit(folder: DataFolder, name: str, old: str, new: str) -> None:
    """Change one piece of text of a data file."""
    path = folder.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# ---- answers


def test_show_prints_a_lower_bound_with_its_reason(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "show", "s1-32b")
    assert result.exit_code == 0
    assert f"cumulative: {S1_FLOOR}" in result.stdout
    assert not re.search(r"(?<!at least )\$27\.65 with every", result.stdout)


@pytest.mark.parametrize("spelling", ["deepseek-r1", "DeepSeek-R1", "DEEPSEEK-R1"])
def test_show_takes_an_id_or_an_exact_name(ledger_folder: DataFolder, spelling: str) -> None:
    result = invoke(ledger_folder, "show", spelling)
    assert result.stdout.startswith(
        "DeepSeek-R1: $5,870,672 with every model it stands on, at the developer's stated price; $91,920 of its own.\n"
    )
    for figure in ("45,960 hours", "147,336 hours", "2,935,336 hours", "$294,672"):
        assert figure in result.stdout


@pytest.mark.parametrize("model", ["s1-32b", "zephyr-7b", "llama-3-3-70b"])
def test_every_screen_says_at_least_and_why(ledger_folder: DataFolder, model: str) -> None:
    cost = next(
        cost
        for cost in answer(ledger_folder, "show", model)["costs"]
        if (cost["scope"], cost["price_basis"]) == ("cumulative", "rental")
    )
    assert cost["is_lower_bound"]
    for words in (["show", model], ["explain", model], ["compare", model, "deepseek-r1"]):
        assert re.search(r"at least [\d,.]+ hours(, from [\d,.]+)? \(.+\)", invoke(ledger_folder, *words).stdout), words


def test_explain_goes_down_to_each_printed_number(ledger_folder: DataFolder) -> None:
    text = invoke(ledger_folder, "explain", "deepseek-r1").stdout
    assert text.startswith("DeepSeek-R1, with every model it stands on, at the developer's stated price: $5,870,672\n")
    for line in (
        "512*80",
        "512*198",
        "$5,328,000 = 2,664,000 hours x $2.00",
        "https://arxiv.org/abs/2412.19437",
        "95%",
    ):
        assert line in text
    assert "Qwen2.5-32B-Instruct: hours not disclosed" in invoke(ledger_folder, "explain", "s1-32b").stdout


def test_explain_takes_an_amortised_cost_apart_down_to_the_electricity_price(ledger_folder: DataFolder) -> None:
    words = ["explain", "llama-3-1-405b", "--basis", "amortized"]
    told = answer(ledger_folder, *words)
    parts = {part["component"]: part for part in told["parts"] if part["phase_id"] == "llama-3-1-405b__full_training"}
    assert set(parts) == {"accelerators", "interconnect", "energy"}
    assert sum(part["cost_mid_usd"] for part in parts.values()) == pytest.approx(told["cost"]["cost_mid_usd"])
    assert (parts["energy"]["unit_as_published"], parts["energy"]["area"]) == ("US cents per kWh", "US")
    assert parts["energy"]["url"].startswith("https://")
    shown = " ".join(invoke(ledger_folder, *words).stdout.replace("│", " ").split())
    assert "of it accelerators: $37,873,514" in shown
    assert "electricity at 8.06 US cents per kWh, US, 2023" in shown
    assert "of it" not in invoke(ledger_folder, "explain", "llama-3-1-405b", "--basis", "rental").stdout
    assert "of it" not in invoke(ledger_folder, "explain", "llama-3-1-405b", "--basis", "purchase").stdout


def test_show_says_of_which_phases_emissions_are_stated(ledger_folder: DataFolder) -> None:
    """LLaMA-13B's 23 t beside the electricity of Vicuna-13B, which states none."""
    text = invoke(ledger_folder, "show", "vicuna-13b").stdout
    assert "cumulative: 1 phase without a statement: what is stated is of the others" in text
    assert "without a statement" not in invoke(ledger_folder, "show", "llama-1-13b").stdout


def test_what_explain_adds_is_the_cost(ledger_folder: DataFolder) -> None:
    """For every model that stands on another, on a basis that adds up and on one that does not."""
    with Ledger(ledger_folder.ledger) as ledger:
        ids = [row[0] for row in ledger.query("select distinct child_model_id from core.model_lineage").rows]
        known = [cost for cost in ledger.costs(ids) if cost.scope == "cumulative" and cost.cost_mid_usd is not None]
        chosen = [cost for cost in known if cost.price_basis in ("purchase", "disclosed")]
        chosen += [cost for cost in known if cost.price_basis == "rental" and cost.is_lower_bound]
        assert len(chosen) > 20
        for cost in chosen:
            members = explanations.explain(ledger, cost.model_id, cost.scope, cost.price_basis).members
            total = sum((member.cost_usd or Decimal(0) for member in members), Decimal(0))
            assert total == cost.cost_mid_usd, (cost.model_id, cost.price_basis)


def test_compare_takes_a_scope_and_a_basis(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "compare", "deepseek-r1", "deepseek-v3", "--scope", "effort", "--basis", "disclosed")
    assert re.search(r"disclosed, effort +\$295K +\$5\.58M", result.stdout)
    assert "rental, effort" not in result.stdout


def test_show_has_costs_in_dollars_of_another_year(ledger_folder: DataFolder) -> None:
    """By hand: 5,576,000 x mean of 2023 / December 2024 of CPIAUCSL = 5,576,000 x 0.959380."""
    text = invoke(ledger_folder, "show", "deepseek-v3", "--usd-of", "2023").stdout
    assert "In dollars of 2023" in text
    assert "x 0.9594, by CPIAUCSL as of 2026-09-24" in text
    found = answer(ledger_folder, "show", "deepseek-v3", "--usd-of", "2023")["deflated"]
    (whole,) = [row for row in found if (row["scope"], row["price_basis"]) == ("cumulative", "disclosed")]
    assert whole["cost_in_year_usd"] == pytest.approx(5_576_000 * 0.959380, rel=1e-6)
    assert answer(ledger_folder, "show", "deepseek-v3")["deflated"] == []


def test_an_index_that_does_not_reach_names_those_that_do(ledger_folder: DataFolder) -> None:
    for words in (["--usd-of", "1999"], ["--usd-of", "2023", "--index", "GOLD"]):
        result = invoke(ledger_folder, "show", "deepseek-v3", *words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "known are: CPIAUCNS, months from 2012-01 on" in result.stderr


@pytest.mark.parametrize("words", [[], ["--as-known-on", "2025-01-01"]], ids=["now", "as known on a day"])
def test_show_says_what_ranges_owe_most_to(ledger_folder: DataFolder, words: list[str]) -> None:
    printed = " ".join(invoke(ledger_folder, "show", "gpt-3-175b", *words).stdout.split())
    section = printed[printed.index("Ranges owe most to") : printed.index("Made of")]
    assert "rental utilization of GPT-3 175B, pretraining 6" in section  # that before the price
    assert section.index("utilization of") < section.index("price of Tesla V100 SXM2")
    assert "a quarter off" in section
    assert "Ranges owe most to" not in invoke(ledger_folder, "show", "chinchilla-70b").stdout  # which has no cost


def test_show_says_what_a_cost_is_made_of_and_what_it_leaves_out(ledger_folder: DataFolder) -> None:
    text = invoke(ledger_folder, "show", "llama-3-1-405b").stdout
    assert "accelerators $37.9M, interconnect $8.88M, energy $2.61M" in text
    assert "beside it, not in it: interconnect" in text
    assert re.search(r"interconnect \$130M; the whole cluster \$684M \(\$337M to \$1.37B\)", text)
    assert re.search(r"own +32,439 +11,985 +8,930 +0", text)
    assert "amortized leaves out as well: idle hardware, buildings" in text
    assert "rental_spot" not in invoke(ledger_folder, "show", "snowflake-arctic").stdout.partition("Price bases")[0]


def test_claims_are_filtered_by_model_and_verdict(ledger_folder: DataFolder) -> None:
    found = answer(ledger_folder, "claims", "deepseek-r1", "--verdict", "wrong_scope")["claims"]
    assert [claim["claim_id"] for claim in found] == ["r1-press-whole-model"]
    assert found[0]["cumulative_cost_usd"] == 5870672
    assert "19.97" in invoke(ledger_folder, "claims", "deepseek-r1").stdout
    assert invoke(ledger_folder, "claims", "s1-59k-full").stdout == "no such claim\n"


def test_status_says_what_is_wrong_with_the_list_of_feeds(ledger_copy: DataFolder) -> None:
    (ledger_copy.root / "feeds.yaml").write_text("- feed_id: [\n  is_enabled: yes\n", encoding="utf-8")
    [fault] = answer(ledger_copy, "status")["feed_faults"]
    assert fault.startswith("data/feeds.yaml:")
    assert "mend the line" in fault
    shown = invoke(ledger_copy, "status").stdout
    assert "mend the line" in shown
    assert "none is switched on" not in shown


def test_status_knows_whether_the_data_changed(ledger_copy: DataFolder) -> None:
    assert answer(ledger_copy, "status")["has_changed"] is False
    with (ledger_copy.root / "corrections" / "claims.yaml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    changed = answer(ledger_copy, "status")
    assert (changed["has_changed"], changed["changed_files"]) == (True, ["corrections/claims.yaml"])
    (ledger_copy.root / "disclosures" / "s1-32b.yaml").unlink()
    assert "the data has changed since" in invoke(ledger_copy, "status").stdout


# ---- unknown models, usage, nothing there: exit codes 1 and 2


@pytest.mark.parametrize(
    ("text", "near"),
    [("llama-3-8", "llama-3-8b, llama-3-1-8b"), ("R1", "deepseek-r1"), ("gpt4", "gpt-4"), ("S1 32", "s1-32b")],
)
def test_an_unknown_model_brings_the_nearest(ledger_folder: DataFolder, text: str, near: str) -> None:
    result = invoke(ledger_folder, "show", text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"no model has the id or name '{text}'" in result.stderr
    assert f"did you mean: {near}" in result.stderr


def test_a_model_like_no_other_brings_no_suggestion(ledger_folder: DataFolder) -> None:
    assert "did you mean" not in invoke(ledger_folder, "show", "%%%").stderr
    assert json.loads(invoke(ledger_folder, "show", "zzzzzz", "--json").stdout)["error"]["did_you_mean"] == []


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["frobnicate"],
        ["compare", "deepseek-r1"],
        ["compare", "deepseek-r1", "DeepSeek-R1"],
        ["compare", "deepseek-r1", "s1-32b", "--scope", "all"],
        ["explain", "s1-32b", "--basis", "guess"],
        ["claims", "--verdict", "true"],
        ["run", "--as-of", "yesterday"],
        ["run", "--as-of", "2035-01-01"],
        ["show", "deepseek-v3", "--index", "CPIAUCSL"],
        ["query", "select 1", "--json", "--csv"],
        ["query", "select 1", "--limit", "0"],
        ["ui", "--port", "99999"],
    ],
)
def test_wrong_usage_ends_with_2(ledger_folder: DataFolder, words: list[str]) -> None:
    result = invoke(ledger_folder, *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("words", [["show", "s1-32b"], ["status"], ["claims"], ["query", "select 1"]])
def test_nothing_published_says_what_to_do(tmp_path: Path, words: list[str]) -> None:
    result = invoke(DataFolder(tmp_path), *words)
    assert result.exit_code == 1
    assert f"nothing is published in {tmp_path / 'published'} yet: run `costledger run`" in result.stderr


def test_a_published_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "ledger.duckdb").write_bytes(b"not a database" * 1000)
    result = invoke(DataFolder(tmp_path), "show", "s1-32b")
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr
    assert "costledger run --force" in result.stderr


@pytest.mark.parametrize("verb", ["run", "check"])
def test_without_data_there_is_nothing_to_do(tmp_path: Path, verb: str) -> None:
    assert "does not exist" in invoke(DataFolder(tmp_path / "nowhere"), verb).stderr
    result = invoke(DataFolder(tmp_path), verb)
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "holds no disclosures/*.yaml" in result.stderr


# ---- run and check


def test_run_recomputes_nothing_when_nothing_changed(
    ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "_build", lambda *_: pytest.fail("it was built again"))
    before = ledger_folder.ledger.stat()
    result = invoke(ledger_folder, "run", "--as-of", AS_OF.isoformat())
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("nothing changed since release ")
    assert "nothing recomputed" in result.stdout.splitlines()[0]
    assert (
        "DeepSeek-R1 did not cost $294,000. With every model it stands on it cost $5,870,672, 19.97 times"
        in result.stdout
    )
    assert re.search(r"= what the claim covers +147,336 +\$294,672", result.stdout)
    assert re.search(
        r"DeepSeek-R1-Zero, reinforcement learning +512 x 198 = 101,376 +x \$2\.00 +\$202,752", result.stdout
    )
    assert "DeepSeek-V3 is 95% of it." in result.stdout
    after = ledger_folder.ledger.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_table_of_run_is_chosen_by_data_and_sorted(ledger_folder: DataFolder) -> None:
    models = answer(ledger_folder, "run", "--as-of", AS_OF.isoformat())["models"]
    costs = [
        cost["cost_mid_usd"] or 0
        for model in models
        for cost in model["costs"]
        if (cost["scope"], cost["price_basis"]) == ("cumulative", "rental")
    ]
    assert len(models) == 12
    assert costs == sorted(costs, reverse=True)
    assert "deepseek-r1" in {model["model_id"] for model in models}


def test_rows_set_aside_are_told_by_run_check_and_show(ledger_copy: DataFolder) -> None:
    edit(ledger_copy, "disclosures/s1-32b.yaml", "gpu_hours: {value: 7}", "gpu_hours: {value: -7}")
    edit(ledger_copy, "disclosures/zephyr-7b.yaml", "model_id: zephyr-7b", "model_id: Zephyr 7B")
    edit(ledger_copy, "disclosures/dbrx-132b.yaml", "hardware_id: h100-sxm", "hardware_id: h100-sxn")
    dry = invoke(ledger_copy, "check")
    assert dry.exit_code == 3
    assert re.search(r"disclosures/s1-32b\.yaml:\d+: s1-32b__sft gpu_hours = '-7", dry.stdout)
    assert "did you mean 'h100-sxm'?" in dry.stdout

    result = invoke(ledger_copy, "run", "--as-of", AS_OF.isoformat())
    assert result.exit_code == 3, result.stderr
    assert re.search(r"disclosures/s1-32b\.yaml:\d+: s1-32b__sft gpu_hours = '-7", result.stdout)
    assert "DeepSeek-R1 did not cost" in result.stdout
    with Ledger(ledger_copy.ledger) as ledger:
        assert set(ledger.rejected()) == set(checking.check(ledger_copy).findings)

    assert "Set aside by validation" in invoke(ledger_copy, "show", "s1-32b").stdout
    gone = invoke(ledger_copy, "show", "zephyr 7b")
    assert gone.exit_code == 1
    assert "validation set it aside" in gone.stderr
    assert "disclosures/zephyr-7b.yaml:" in gone.stderr
    assert "disclosures/s1-32b.yaml:" in invoke(ledger_copy, "status", "--rejected").stdout


def test_a_refused_release_names_the_rule_and_leaves_the_last_one(ledger_copy: DataFolder) -> None:
    edge = "  - {parent_model_id: deepseek-r1, relation: weights, counts_in: none, source_id: deepseek-v3-report}\n"
    edit(ledger_copy, "disclosures/deepseek-v3.yaml", "built_on:\n", f"built_on:\n{edge}")
    before = ledger_copy.ledger.read_bytes()
    result = invoke(ledger_copy, "run", "--as-of", AS_OF.isoformat())
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.search(r"no new release, release \S+ stays as it was", result.stderr)
    assert "model_lineage__weights_never_cycle" in result.stderr
    assert ledger_copy.ledger.read_bytes() == before
    told = json.loads(invoke(ledger_copy, "run", "--as-of", AS_OF.isoformat(), "--json").stdout)["error"]
    assert told["kind"] == "refused"
    assert len(told["faults"]) == 1


def test_without_the_claim_the_story_is_left_out(data_copy: DataFolder) -> None:
    (data_copy.root / "corrections" / "claims.yaml").write_text("[]\n", encoding="utf-8")
    result = invoke(data_copy, "run", "--as-of", AS_OF.isoformat())
    assert result.exit_code in (0, 3), result.stderr
    assert "did not cost" not in result.stdout
    assert "What models cost with every model they stand on" in result.stdout
    assert "costledger show" in result.stdout


def test_check_is_clean_on_the_projects_data(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "check")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "Nothing would be set aside.")


def test_check_says_what_everything_depends_on(data_copy: DataFolder) -> None:
    (data_copy.root / "reference" / "methods.yaml").unlink()
    result = invoke(data_copy, "check")
    assert result.exit_code == 1
    assert "methods.yaml" in result.stderr


# ---- JSON


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["run", "--as-of", AS_OF.isoformat()], "status release recomputed moved rejected headline models"),
        (["check"], "records findings refusals"),
        (["status"], "ledger has_changed releases changed_files failed_checks rejected feeds feed_faults"),
        (
            ["show", "s1-32b"],
            "model costs phases built_on claims assumptions set_aside scope_notes makeup sensitivities clusters "
            "electricity deflated",
        ),
        (["compare", "s1-32b", "gpt-4"], "models"),
        (["explain", "s1-32b"], "model cost members assumptions parts"),
        (["fetch"], "feeds faults"),
        (["claims"], "claims"),
        (["changes"], "since until changes"),
        (["query", "select 1 as a"], "columns types rows is_truncated"),
        (["version"], "costledger dagster duckdb polars pandera python"),
    ],
)
def test_every_verb_prints_json_with_documented_keys(ledger_folder: DataFolder, words: list[str], keys: str) -> None:
    told = answer(ledger_folder, *words)
    assert list(told) == keys.split()
    assert invoke(ledger_folder, "--json", *words).stdout == invoke(ledger_folder, *words, "--json").stdout


def test_json_has_numbers_days_lists_and_reasons(ledger_folder: DataFolder) -> None:
    told = answer(ledger_folder, "show", "s1-32b")
    cost = next(c for c in told["costs"] if (c["scope"], c["price_basis"]) == ("cumulative", "disclosed"))
    assert (cost["gpu_hours"], cost["gpu_hours_high"], cost["is_lower_bound"]) == (7, None, True)
    assert (cost["cost_mid_usd"], cost["cost_missing_reason"]) == (None, "no_price")
    assert cost["undisclosed_names"] == ["Qwen2.5-32B-Instruct"]
    assert told["model"]["released_on"] == "2025-01-31"
    for row in told["costs"]:
        ends = [row[f"cost_{end}_usd"] for end in ("low", "mid", "high")]
        assert (row["cost_missing_reason"] is None) == any(end is not None for end in ends)


def test_an_error_is_json_too(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "show", "llama-3-8", "--json")
    told = json.loads(result.stdout)["error"]
    assert result.exit_code == 1
    assert told["kind"] == "unknown_model"
    assert told["did_you_mean"][:2] == ["llama-3-8b", "llama-3-1-8b"]


# ---- query


@pytest.mark.parametrize(
    "sql",
    [
        "create table core.mine (a int)",
        "delete from core.models",
        "update core.models set name = 'x'",
        "drop table core.models",
        "copy core.models to 'stolen.csv'",
        "from read_csv('/etc/hostname')",
        "attach 'other.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "select * from core.no_such_table",
        "selec 1",
        "",
    ],
)
def test_a_query_can_only_read_the_published_file(ledger_folder: DataFolder, sql: str) -> None:
    before = ledger_folder.ledger.read_bytes()
    result = invoke(ledger_folder, "query", sql)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("costledger: ")
    assert "Traceback" not in result.stderr
    assert ledger_folder.ledger.read_bytes() == before


def test_query_prints_a_table_csv_or_json(ledger_folder: DataFolder) -> None:
    sql = "select model_id, total_params, covers_models, released_on from core.models where model_id = 's1-32b'"
    assert re.search(r"s1-32b +32500000000 +\[\] +2025-01-31", invoke(ledger_folder, "query", sql).stdout)
    cells = list(csv.reader(io.StringIO(invoke(ledger_folder, "query", sql, "--csv").stdout)))
    assert cells[1] == ["s1-32b", "32500000000", "[]", "2025-01-31"]
    assert answer(ledger_folder, "query", sql)["rows"] == [
        {"model_id": "s1-32b", "total_params": 32500000000, "covers_models": [], "released_on": "2025-01-31"}
    ]


def test_query_json_has_no_word_json_does_not_know(ledger_folder: DataFolder) -> None:
    sql = (
        "select 'nan'::double as a, 1 as a, null as b, 0.5::decimal(4, 2) as c, timestamptz '2026-01-01 00:00+00' as d"
    )
    assert answer(ledger_folder, "query", sql)["rows"] == [
        {"a": None, "a_2": 1, "b": None, "c": 0.5, "d": "2026-01-01T00:00:00+00:00"}
    ]


def test_a_query_may_begin_with_a_comment(ledger_folder: DataFolder) -> None:
    """As the files of sql/cookbook do: `costledger query "$(cat FILE)"`."""
    found = answer(ledger_folder, "query", "-- How many?\nselect count(*) as n from core.models", "--limit", "1")
    assert (found["columns"], len(found["rows"])) == (["n"], 1)
    assert invoke(ledger_folder, "query", "--limt", "1", "select 1").exit_code == 2


def test_query_takes_standard_input_and_a_limit(ledger_folder: DataFolder) -> None:
    result = invoke(ledger_folder, "query", "-", "--limit", "3", "--json", input="from range(10)")
    told = json.loads(result.stdout)
    assert (len(told["rows"]), told["is_truncated"]) == (3, True)
    assert "the first 3 rows" in invoke(ledger_folder, "query", "from range(10)", "--limit", "3").stdout


# ---- ui, version


def test_ui_becomes_dagster_on_this_machine_only(ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str], str, str]] = []
    monkeypatch.setattr(
        os, "execv", lambda path, words: started.append((path, words, str(Path.cwd()), os.environ["COSTLEDGER_DATA"]))
    )
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COSTLEDGER_DATA", "")
    assert invoke(ledger_folder, "ui", "--port", "38211").exit_code == 0
    (path, words, folder, data) = started[0]
    assert path == sys.executable
    assert words[1:] == ["-m", "pipelines.defs.serve", "38211"]
    assert (Path(folder), data) == (ROOT, str(ledger_folder.root))


def test_ui_says_when_the_port_is_taken(ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it was started"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = invoke(ledger_folder, "ui", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "take another with --port" in result.stderr


# ---- faults of the program, pipes, speed


def test_an_unexpected_error_is_one_line(ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(Ledger, "model_id", fail)
    result = invoke(ledger_folder, "show", "s1-32b")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "unexpected RuntimeError: first line (a fault of costledger" in result.stderr
    assert isinstance(invoke(ledger_folder, "--debug", "show", "s1-32b").exception, RuntimeError)


def test_ctrl_c_ends_quietly(ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "model_id", interrupt)
    result = invoke(ledger_folder, "show", "s1-32b")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "")


def test_a_pipe_gets_whole_lines_without_colour(ledger_folder: DataFolder) -> None:
    result = command(ledger_folder, "claims")
    assert result.returncode == 0, result.stderr
    assert "\x1b" not in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) > 200
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_a_pipe_that_closes_early_is_no_fault(ledger_folder: DataFolder) -> None:
    line = f"{sys.executable} -m pipelines.cli query 'from range(1000000)' --csv | head -n 1"
    environment = {**os.environ, "COSTLEDGER_DATA": str(ledger_folder.root), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S602
    assert (result.stdout, result.stderr) == ("range\n", "")


def test_a_terminal_without_unicode_is_served(ledger_folder: DataFolder) -> None:
    environment = {
        **os.environ,
        "COSTLEDGER_DATA": str(ledger_folder.root),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "ascii",
    }
    line = [sys.executable, "-m", "pipelines.cli", "explain", "deepseek-r1"]
    result = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "$5,870,672" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["show", "deepseek-r1"],
        ["compare", "deepseek-r1", "s1-32b"],
        ["explain", "s1-32b"],
        ["claims"],
        ["query", "from core.models"],
        ["status"],
        ["show", "no-such-model"],
    ],
)
def test_asking_loads_neither_dagster_nor_pandera(ledger_copy: DataFolder, words: list[str]) -> None:
    published = ledger_copy.ledger.stat().st_mtime - 3600
    for path in [ledger_copy.root, *ledger_copy.root.rglob("*")]:
        if "published" not in path.parts:
            os.utime(path, (published, published))
    probe = (
        "import sys\nfrom pipelines.cli import main\nsys.argv = ['costledger', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    environment = {**os.environ, "COSTLEDGER_DATA": str(ledger_copy.root), "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", probe, *words]
    result = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.stdout.splitlines()[-1] == "LOADED []"


def test_help_names_the_exit_codes(ledger_folder: DataFolder) -> None:
    text = " ".join(command(ledger_folder, "--help").stdout.split())
    assert "0 clean; 1 refused or failed" in text
    assert "3 published, or checked, with rows set aside" in text


def test_plain_leaves_no_value_json_cannot_say() -> None:
    assert output.plain([float("inf"), Decimal("NaN"), Decimal("2.50"), Decimal("3.00"), {1: {2}}, b"x"]) == [
        None,
        None,
        2.5,
        3,
        {"1": [2]},
        "b'x'",
    ]
