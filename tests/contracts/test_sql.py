"""The SQL files: one SELECT with a question, bound to the contracts; every check fails when its law is broken."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts.derive import PUBLIC_SCHEMAS, columns
from pipelines.contracts.table import TABLES
from pipelines.contracts.vocabulary import VERDICT
from pipelines.paths import DataFolder
from pipelines.warehouse.checks import RULES, SEVERITIES, Rule
from pipelines.warehouse.sql import (
    CHECKS,
    COOKBOOK,
    MARTS,
    SqlFile,
    empty_warehouse,
    named_tables,
    output_of,
    sql_file,
    sql_files,
)

FILES = {path: sql_file(path) for folder in (MARTS, CHECKS, COOKBOOK) for path in sorted(folder.glob("*.sql"))}
MAY_READ = {
    MARTS: ("core", "marts"),
    CHECKS: ("core", "marts", "quality", "history"),  # history as it stood before the release that is checked
    COOKBOOK: PUBLIC_SCHEMAS,
}
KEYWORDS = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|WITH|CASE|WHEN|GROUP BY|ORDER BY|UNION|HAVING|AND|OR|ON|AS)\b")


def short(path: Path) -> str:
    """Folder and name of a SQL file."""
    return f"{path.parent.name}/{path.stem}"


def code_of(query: str) -> str:
    """The query without comments and quoted text."""
    return re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"--[^\n]*", "", query))


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every declared table, without rows."""
    with empty_warehouse() as connection:
        yield connection


@pytest.fixture(scope="module")
def work(ledger_folder: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the build of the real data; what a test does to it is rolled back."""
    copy = tmp_path_factory.mktemp("work") / "work.duckdb"
    shutil.copy(ledger_folder.work, copy)
    with duckdb.connect(str(copy)) as connection:
        yield connection


@pytest.fixture
def broken(work: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build, to be broken."""
    work.begin()
    yield work
    work.rollback()


# ---- every file


@pytest.mark.parametrize("path", FILES, ids=short)
def test_a_file_opens_with_its_question_and_keeps_the_style(path: Path) -> None:
    file = FILES[path]
    assert file.question[0].isupper() or file.question[0].isdigit()
    assert file.question[-1] in ".?)", "a question or a rule, in a sentence"
    assert KEYWORDS.findall(code_of(file.query)) == [], "keywords are lower-case"
    assert [line for line in file.query.splitlines() if len(line) > 120 or line != line.rstrip()] == []
    assert file.query.endswith("\n")


def base_tables(node: object) -> set[str]:
    """The tables in a parsed query that are named with a schema; common table expressions have none."""
    if isinstance(node, list):
        return {name for part in node for name in base_tables(part)}
    if not isinstance(node, dict):
        return set()
    is_table = node.get("type") == "BASE_TABLE" and node.get("schema_name")
    found = {f"{node['schema_name']}.{node['table_name']}"} if is_table else set()
    return found | base_tables(list(node.values()))


@pytest.mark.parametrize("path", FILES, ids=short)
def test_a_file_is_one_select_and_reads_what_duckdb_says_it_reads(path: Path) -> None:
    """A run looks for names in the text; DuckDB parses it."""
    row = duckdb.execute("select json_serialize_sql(?)", [FILES[path].query]).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    assert not tree["error"], tree
    assert len(tree["statements"]) == 1
    assert set(FILES[path].reads) == base_tables(tree)


def test_names_in_comments_texts_and_calls_are_not_read() -> None:
    query = "-- from core.a, isn't it\nselect 'from core.b' as text from core.c(date '2025-01-01') join marts.d on true"
    assert named_tables(query) == ("marts.d",)


@pytest.mark.parametrize("path", FILES, ids=short)
def test_a_file_reads_declared_tables_of_its_layers(path: Path) -> None:
    reads = FILES[path].reads
    assert reads
    assert set(reads) <= set(TABLES)
    assert {read.partition(".")[0] for read in reads} <= set(MAY_READ[path.parent])


@pytest.mark.parametrize("path", FILES, ids=short)
def test_a_file_binds_to_the_contracts_and_runs_on_nothing(path: Path, empty: duckdb.DuckDBPyConnection) -> None:
    """Column names and types are those of the tables; an empty ledger is no reason to fail, only a missing constant."""
    assert output_of(FILES[path].query, empty)
    if "error(" not in FILES[path].query:
        empty.execute(FILES[path].query).fetchall()


def test_a_missing_constant_is_named(empty: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=r"methods\.yaml.*agreement_ratio.*restore it"):
        empty.execute(sql_file(MARTS / "claim_verdicts.sql").query).fetchall()


# ---- marts


@pytest.mark.parametrize("file", sql_files(MARTS), ids=lambda file: file.name)
def test_a_mart_returns_exactly_the_columns_of_its_contract(file: SqlFile, empty: duckdb.DuckDBPyConnection) -> None:
    expected = {column.name: column.type for column in columns(TABLES[f"marts.{file.name}"])}
    found = output_of(file.query, empty)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("file", sql_files(MARTS), ids=lambda file: file.name)
def test_a_mart_is_in_order(file: SqlFile) -> None:
    assert re.search(r"\norder by [^)]+\n$", file.query)


def test_every_mart_has_a_file() -> None:
    assert {f"marts.{file.name}" for file in sql_files(MARTS)} == {
        table.name for table in TABLES.values() if table.schema_name == "marts"
    }


# ---- cookbook

EMPTY_AT_FIRST = {"what_moved"}
"""Questions about a change: a first release has none."""


@pytest.mark.parametrize("file", sql_files(COOKBOOK), ids=lambda file: file.name)
def test_the_cookbook_answers_from_the_published_file(file: SqlFile, ledger_folder: DataFolder) -> None:
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        assert connection.execute(file.query).fetchall() or file.name in EMPTY_AT_FIRST


# ---- checks

BREAKS = [
    ("claims_checked__guards_hold", "update marts.claims_checked set verdict = 'agrees' where verdict = 'wrong_scope'"),
    (
        "claims_checked__guards_hold",
        "update marts.claims_checked set covered_cost_usd = covered_cost_usd * 1.011 where claim_id = 'r1-294k'",
    ),
    ("claims_checked__guards_hold", "delete from marts.claims_checked where claim_id = 'v3-5.576m'"),
    ("claims_checked__guards_hold", "update marts.claims_checked set covered_cost_usd = null"),
    (
        "cost_by_phase__shares_sum_to_one",
        "update marts.cost_by_phase set own_cost_share = 0.5 where phase_id = 'deepseek-v3__pretraining'",
    ),
    (
        "cost_components__add_up",
        "update core.cost_components set cost_mid_usd = cost_mid_usd + 0.01 where component = 'energy'",
    ),
    (
        "cost_claims__listed_phases_are_the_scope",
        "update core.cost_claims set covers_phase_ids = ['deepseek-v3__pretraining'] where claim_id = 'v3-5.576m'",
    ),
    (
        "model_costs__grain_is_complete",
        "delete from core.model_costs where model_id = 'opt-175b' and scope = 'own' and price_basis = 'rental'",
    ),
    (
        "model_costs__grain_is_complete",
        "create or replace table core.model_costs as from core.model_costs;"
        "insert into core.model_costs from core.model_costs limit 1",
    ),
    ("model_costs__grain_is_complete", "delete from core.models where model_id = 'opt-175b'"),
    (
        "model_costs__own_is_sum_of_phases",
        "update core.model_costs set cost_mid_usd = cost_mid_usd + 0.01 "
        "where model_id = 'deepseek-v3' and scope = 'own' and price_basis = 'disclosed'",
    ),
    (
        "model_costs__scopes_are_nested",
        "update core.model_costs set gpu_hours = 1 where model_id = 'deepseek-r1' and scope = 'effort'",
    ),
    (
        "model_costs__scopes_are_nested",
        "update core.model_costs set cost_mid_usd = 1 "
        "where model_id = 'deepseek-r1' and scope = 'cumulative' and price_basis = 'disclosed'",
    ),
    (
        "model_costs__scopes_sum_their_members",
        "update core.model_costs set gpu_hours = gpu_hours + 0.0001 "
        "where model_id = 'deepseek-r1' and scope = 'cumulative'",
    ),
    (
        "model_costs__scopes_sum_their_members",
        "delete from core.scope_members where model_id = 'deepseek-r1' and member_model_id = 'deepseek-r1-zero'",
    ),
    (
        "model_costs__unknown_is_never_zero",
        "update core.model_costs set cost_mid_usd = 0 where model_id = 'deepseek-v3'",
    ),
    (
        "model_costs__unknown_is_never_zero",
        "update core.model_costs set gpu_hours = 0 where model_id = 'gpt-4' and scope = 'own'",
    ),
    (
        "model_costs__unknown_is_never_zero",
        "update core.phase_costs set cost_missing_reason = null where cost_missing_reason = 'no_price'",
    ),
    (
        "model_costs__unknown_is_never_zero",
        "update core.unsummed_phase_costs set cost_missing_reason = 'no_price' where cost_mid_usd is not null",
    ),
    (
        "model_lineage__weights_never_cycle",
        "update core.model_lineage set relation = 'weights' where child_model_id = 'deepseek-v3'",
    ),
    (
        "feed_reads__last_read_was_believed",
        "insert into quality.feed_reads by name select 'some-feed' as feed_id, now() as read_at, 'refused' as status, "
        "'snapshots/some-feed/reads.csv' as file, 2 as line",
    ),
    ("feed_reads__enabled_feeds_are_read", "update quality.feeds set is_enabled = true"),
    (
        "feed_reads__enabled_feeds_are_read",
        "update quality.feeds set is_enabled = true; insert into quality.feed_reads by name "
        "select feed_id, timestamptz '2026-01-01 00:00:00+00' as read_at, 'changed' as status, "
        "'snapshots/reads.csv' as file, 2 as line from quality.feeds",
    ),
    ("models__ledger_is_not_empty", "delete from core.models"),
    (
        "phase_costs__no_rental_price_after_the_start",
        "update core.phase_costs set price_observed_on = started_on + 1 "
        "where phase_id = 'deepseek-v3__pretraining' and price_basis = 'rental'",
    ),
    (
        "phase_costs__no_rental_price_after_the_start",
        "update core.phase_costs set price_observed_on = null "
        "where phase_id = 'deepseek-v3__pretraining' and price_basis = 'rental'",
    ),
    (
        "phase_costs__no_rental_price_after_the_start",
        "update core.unsummed_phase_costs set quote_id = "
        "(select max_by(quote_id, observed_on) from core.price_quotes) where price_basis = 'rental'",
    ),
    ("phase_costs__only_usable_quotes", "update core.price_quotes set is_usable = false"),
    ("phase_costs__only_usable_quotes", "delete from core.price_quotes"),
    ("phase_costs__only_usable_quotes", "update core.price_quotes set pricing_category = 'spot'"),
    ("price_quotes__newest_is_recent", "update history.releases set as_of_on = date '2027-06-01'"),
    (
        "price_quotes__newest_is_recent",
        "update history.releases set as_of_on = date '2020-01-01'; delete from core.price_quotes",
    ),
    ("price_quotes__newest_keeps_up", "delete from core.price_quotes where observed_on > date '2026-01-01'"),
    ("price_quotes__newest_keeps_up", "update core.price_quotes set pricing_category = 'spot'"),
    ("price_quotes__newest_keeps_up", "update core.phase_costs set flags = ['stale_price']"),
    (
        "rejected_rows__nothing_is_set_aside",
        "insert into quality.rejected_rows by name "
        "select 'core.models' as table_name, 'x' as check_name, 'y' as reason, true as is_set_aside",
    ),
    (
        "price_quotes__accelerators_are_mapped",
        "update core.price_quotes set flags = ['unmapped_accelerator'] where quote_id = 'pp0001'",
    ),
    (
        "price_quotes__no_day_is_to_come",
        "update core.price_quotes set flags = ['future_date'] where quote_id = 'pp0001'",
    ),
    (
        "model_costs__coverage_has_not_dropped",
        "delete from core.model_costs where model_id = 'opt-175b' or model_id = 'dbrx-132b'",
    ),
    (
        "training_phases__utilization_is_plausible",
        "update core.training_phases set flags = ['implausible_utilization'] where model_id = 'opt-175b'",
    ),
    (
        "training_phases__hours_and_days_agree",
        "update core.training_phases set flags = ['hours_conflict'] where model_id = 'opt-175b'",
    ),
]
"""Check and what breaks its law."""

RULE: dict[str, Rule] = {rule.name: rule for rule in RULES}


def failing(rule: str, connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The rows a check returns."""
    result = connection.execute(RULE[rule].file.query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_every_check_is_broken_by_a_test() -> None:
    assert {name for name, _ in BREAKS} == set(RULE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_check_has_a_severity_and_a_table(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.table_name.endswith(f".{rule.name.partition('__')[0]}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_check_fails_on_the_real_data(rule: Rule, work: duckdb.DuckDBPyConnection) -> None:
    assert failing(rule.name, work) == []


@pytest.mark.parametrize(("rule", "damage"), BREAKS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BREAKS)])
def test_a_check_fails_when_its_law_is_broken(rule: str, damage: str, broken: duckdb.DuckDBPyConnection) -> None:
    broken.execute(damage)
    assert failing(rule, broken)


def test_a_cycle_is_named_once_with_all_its_members(broken: duckdb.DuckDBPyConnection) -> None:
    """Two cycles that do not meet, one of three models; what hangs on a cycle is no member of it."""
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "d"), ("hanger", "a"), ("a", "base")]
    for child, parent in edges:
        broken.execute(
            "insert into core.model_lineage by name select * replace ($1 as child_model_id, $2 as parent_model_id) "
            "from core.model_lineage where relation = 'weights' limit 1",
            [child, parent],
        )
    assert [row["members"] for row in failing("model_lineage__weights_never_cycle", broken)] == ["a, b, c", "d, e"]


@pytest.mark.parametrize(
    "loss",
    [
        "delete from core.training_phases where phase_id in "
        "('deepseek-v3__post_training', 'deepseek-r1__reinforcement_learning')",
        "update core.model_costs set flags = ['set_aside'] where model_id in ('deepseek-r1', 'deepseek-v3')",
    ],
)
def test_a_guard_does_not_block_when_its_rows_were_set_aside(loss: str, broken: duckdb.DuckDBPyConnection) -> None:
    broken.execute(loss)
    broken.execute("update marts.claims_checked set verdict = 'overstated', covered_cost_usd = 1")
    assert failing("claims_checked__guards_hold", broken) == []


def test_a_broken_guard_names_the_claim_and_its_figures(broken: duckdb.DuckDBPyConnection) -> None:
    broken.execute("update marts.claims_checked set covered_cost_usd = 300000 where claim_id = 'r1-294k'")
    row = failing("claims_checked__guards_hold", broken)[0]
    assert (row["claim_id"], row["expected_covered_cost_usd"], row["covered_cost_usd"]) == ("r1-294k", 294672, 300000)


# ---- claims


def checked(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Rows of the claims as the SQL has them now, the marts they are read from made anew."""
    by_name = {f"marts.{file.name}": file for file in sql_files(MARTS)}
    pending, edges = ["marts.claims_checked"], dict[str, list[str]]()
    while pending:
        name = pending.pop()
        edges[name] = [read for read in by_name[name].reads if read in by_name]
        pending.extend(edges[name])
    for name in TopologicalSorter(edges).static_order():
        connection.execute(f"create or replace table {name} as {by_name[name].query}")
    result = connection.execute("from marts.claims_checked order by claim_id")
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_the_story_comes_out(work: duckdb.DuckDBPyConnection) -> None:
    """The paragraph that started the project, claim by claim."""
    rows = {str(row["claim_id"]): row for row in checked(work)}
    assert {name: rows[name]["verdict"] for name in rows if name.startswith(("r1-", "v3-"))} == {
        "r1-294k": "agrees",
        "r1-press-whole-model": "wrong_scope",
        "v3-5.576m": "agrees",
        "r1-cumulative-5.87m": "agrees",
        "r1-20x": "agrees",
        "v3-hardware-51m": "agrees",
    }
    assert rows["r1-press-whole-model"]["arithmetic"] == (
        "147,336 GPU-h x $2.00 = $294,672, against $294,000 claimed; "
        "with the models it stands on 2,935,336 GPU-h x $2.00 = $5,870,672, 19.97 times the claim"
    )
    assert rows["v3-hardware-51m"]["arithmetic"] == (
        "2,048 GPUs x $33,800 to $44,750 = $69,222,400 to $91,648,000, "
        "against more than $51,000,000 claimed ($24,902 a GPU), which holds"
    )
    assert round(float(str(rows["r1-20x"]["cumulative_to_claim_ratio"])), 2) == 19.97
    assert rows["s1-50"]["verdict"] == "wrong_scope"
    assert str(rows["s1-50"]["arithmetic"]).endswith("at least $27.65, because Qwen2.5-32B-Instruct disclosed no hours")


def test_every_claim_has_a_verdict_and_a_line_without_gaps(work: duckdb.DuckDBPyConnection) -> None:
    rows = checked(work)
    assert len(rows) == work.execute("select count(*) from core.cost_claims").fetchall()[0][0]
    for row in rows:
        line = str(row["arithmetic"])
        assert row["verdict"] in VERDICT
        assert (row["verdict"] == "not_checkable") == (row["not_checkable_reason"] is not None), row["claim_id"]
        assert len(line) > 20, row["claim_id"]
        assert not re.search(r"  |None|null|nan|inf\b|_(?!_)[a-z]+ ?=|\$0\b|, ,|; ;|\( ?\)|[;,] *$", line), line


def test_the_arithmetic_can_be_redone_by_hand(work: duckdb.DuckDBPyConnection) -> None:
    """Every product on the left of an equals sign, summed, is the dollars on its right."""
    number = r"\$?[\d,]+(?:\.\d+)?"
    factor = rf"({number}) GPU-h (?:\([^)]*\) )?x ({number})"
    equation = rf"((?:{factor})(?: \+ (?:at least )?{factor})*) = (?:at (?:least|most) )?({number})"
    redone = 0
    for row in checked(work):
        for side in re.finditer(equation, str(row["arithmetic"])):
            products = [
                float(hours.replace(",", "")) * float(price.strip("$").replace(",", ""))
                for hours, price in re.findall(factor, side.group(1))
            ]
            total = float(side.groups()[-1].strip("$").replace(",", ""))
            assert sum(products) == pytest.approx(total, abs=0.5 if total >= 1000 else 0.0051), row["arithmetic"]
            redone += 1
    assert redone >= 30


CASES = {
    "a point above the range": ({"low": 20_000_000}, "overstated"),
    "a point below the range": ({"low": 1_000_000}, "understated"),
    "a point within the tolerance": ({"low": 5_400_000}, "agrees"),
    "a range that reaches ours": ({"low": 1_000_000, "high": 5_500_000}, "agrees"),
    "a range below ours": ({"low": 1_000_000, "high": 5_000_000}, "understated"),
    "a floor that holds": ({"low": 1_000_000, "bound": "floor"}, "agrees"),
    "a floor that does not": ({"low": 9_000_000, "bound": "floor"}, "overstated"),
    "a ceiling that holds": ({"high": 9_000_000, "bound": "ceiling"}, "agrees"),
    "a ceiling that does not": ({"high": 1_000_000, "bound": "ceiling"}, "understated"),
    "a multiple that holds": ({"multiple": 20, "of": 280_000}, "agrees"),
    "a multiple that does not": ({"multiple": 2, "of": 280_000}, "understated"),
    "no amount": ({}, "no_amount_in_usd"),
    "no scope": ({"low": 5_576_000, "scope": None}, "scope_not_stated"),
    "no basis": ({"low": 5_576_000, "basis": None}, "basis_not_in_ledger"),
    "a basis of tomorrow": ({"low": 5_576_000, "basis": "rental_5y"}, "basis_not_in_ledger"),
    "another basis": ({"low": 1_000_000, "claimed_basis": "spot"}, "other_basis"),
    "another basis, and right all the same": ({"low": 5_576_000, "claimed_basis": "spot"}, "agrees"),
    "right for less than it is presented as": (
        {"low": 238_000, "scope": "phases", "phases": ["deepseek-v3__context_extension"]},
        "wrong_scope",
    ),
    "right for nearly all of it": (
        {"low": 5_328_000, "scope": "phases", "phases": ["deepseek-v3__pretraining"]},
        "agrees",
    ),
    "phases that are not there": ({"low": 1, "scope": "phases", "phases": ["deepseek-v3__nothing"]}, "set_aside"),
    "phases that are never summed": (
        {"low": 1, "scope": "phases", "phases": ["gpt-4__pretraining"]},
        "hours_not_disclosed",
    ),
    "nothing disclosed": ({"model": "gpt-4", "low": 1}, "hours_not_disclosed"),
    "no price": ({"model": "opt-175b", "basis": "rental", "low": 1}, "no_price"),
    "no accelerators": ({"model": "apertus-70b", "basis": "purchase", "low": 1}, "gpu_count_not_disclosed"),
    "above a floor of ours": (
        {"model": "vicuna-7b", "scope": "cumulative", "basis": "rental", "low": 9_000_000},
        "covered_cost_is_lower_bound",
    ),
    "below a floor of ours": (
        {"model": "vicuna-7b", "scope": "cumulative", "basis": "rental", "low": 1_000},
        "understated",
    ),
    "a ceiling above a floor of ours": (
        {"model": "vicuna-7b", "scope": "cumulative", "basis": "rental", "high": 9_000_000, "bound": "ceiling"},
        "covered_cost_is_lower_bound",
    ),
    "a floor above a floor of ours": (
        {"model": "vicuna-7b", "scope": "cumulative", "basis": "rental", "low": 9_000_000, "bound": "floor"},
        "covered_cost_is_lower_bound",
    ),
    "a floor below a floor of ours": (
        {"model": "vicuna-7b", "scope": "cumulative", "basis": "rental", "low": 1_000, "bound": "floor"},
        "agrees",
    ),
    "below the only end of ours": (
        {"model": "snowflake-arctic", "basis": "rental", "low": 1_000},
        "covered_cost_is_upper_bound",
    ),
    "above the only end of ours": ({"model": "snowflake-arctic", "basis": "rental", "low": 90_000_000}, "overstated"),
}
"""A claim on DeepSeek-V3 at its stated price unless it says otherwise ($5,576,000), and the verdict or the reason."""


@pytest.mark.parametrize(("claim", "expected"), CASES.values(), ids=CASES)
def test_a_claim_gets_the_verdict_its_figures_call_for(
    claim: dict[str, object], expected: str, broken: duckdb.DuckDBPyConnection
) -> None:
    given = {
        "model_id": claim.get("model", "deepseek-v3"),
        "claimed_low_usd": claim.get("low"),
        "claimed_high_usd": claim.get("high", None if "bound" in claim else claim.get("low")),
        "claimed_multiple": claim.get("multiple"),
        "multiple_of_usd": claim.get("of"),
        "bound": claim.get("bound"),
        "presented_as_scope": "own",
        "covers_scope": claim.get("scope", "own"),
        "covers_phase_ids": claim.get("phases", []),
        "compared_on_basis": claim.get("basis", "disclosed"),
        "claimed_basis": claim.get("claimed_basis", "unspecified"),
        "not_checkable_reason": None,
        "expected_covered_cost_usd": None,
        "expected_verdict": None,
    }
    assignments = ", ".join(f"{name} = ${name}" for name in given)
    broken.execute("delete from core.cost_claims where claim_id <> 'v3-5.576m'")
    broken.execute(f"update core.cost_claims set {assignments}", given)
    row = checked(broken)[0]
    assert expected in (row["verdict"], row["not_checkable_reason"]), row["arithmetic"]
    assert len(str(row["arithmetic"])) > 20
