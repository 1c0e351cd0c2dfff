"""Dagster: what the UI shows, what it can materialize, and a real server with a real run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from polars.testing import assert_frame_equal

from pipelines.contracts.derive import columns
from pipelines.contracts.table import TABLES
from pipelines.defs.assets import ASSETS
from pipelines.defs.automation import key_of
from pipelines.defs.factory import RELEASE_ID
from pipelines.defs.files import FILE_ASSETS
from pipelines.defs.resources import Ledger
from pipelines.defs.serve import report_release
from pipelines.graph.origins import following
from pipelines.graph.tables import STEPS
from pipelines.paths import ROOT, DataFolder
from pipelines.warehouse.checks import RULES
from tests.conftest import AS_OF
from tests.integration.serving import ask, serving, wait_for
from tests.integration.test_automation import change_quote
from tests.integration.test_build import STABLE, break_release, published

pytestmark = pytest.mark.integration
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
LATER = AS_OF + timedelta(days=1)
SPECS = {spec.key: spec for asset in ASSETS for spec in asset.specs}


def materialize(folder: DataFolder, *names: str, day: date = AS_OF) -> dg.ExecuteInProcessResult:
    """Materialize some tables, or all, of a data folder, on a day."""
    keys = [key_of(TABLES[name]) for name in names]
    return dg.materialize(
        ASSETS,
        selection=dg.AssetSelection.assets(*keys) if keys else None,
        resources={"ledger": Ledger(data=str(folder.root), as_of=day.isoformat())},
        run_config=QUIET,
        raise_on_error=False,
    )


def test_dagster_makes_the_same_ledger(data_copy: DataFolder, ledger_folder: DataFolder) -> None:
    """Materializing every asset gives, row for row, what the command builds."""
    assert materialize(data_copy).success
    for declared in STABLE:
        assert_frame_equal(published(data_copy, declared), published(ledger_folder, declared))


def test_every_table_is_an_asset() -> None:
    assert set(SPECS) == {key_of(table) for table in TABLES.values()}


@pytest.mark.parametrize("declared", list(TABLES.values()), ids=lambda declared: declared.name)
def test_an_asset_is_described_by_its_contract(declared: Any) -> None:
    spec = SPECS[key_of(declared)]
    assert spec.group_name == declared.schema_name
    assert spec.kinds
    assert spec.owners
    assert declared.description in (spec.description or "")
    assert spec.code_version
    schema = spec.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == [column.name for column in columns(declared)]


def test_rules_and_contracts_are_asset_checks() -> None:
    checks = {spec.key for asset in ASSETS for spec in asset.check_specs}
    results = key_of(TABLES["quality.check_results"])
    assert {dg.AssetCheckKey(results, rule.name) for rule in RULES} <= checks
    for table in TABLES.values():
        if table.schema_name in ("staging", "core", "marts"):
            assert dg.AssetCheckKey(key_of(table), "contract") in checks


def test_the_workspace_names_the_definitions() -> None:
    [location] = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    assert location["python_module"]["module_name"] == "pipelines.definitions"
    from pipelines.definitions import defs

    tables = [asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)]
    assert {key for asset in tables for key in asset.keys} == set(SPECS)


@pytest.mark.parametrize(
    "names",
    [
        ("staging.prices__rental_quotes",),
        ("raw.disclosures__models", "staging.disclosures__models"),
        ("core.models",),
        ("core.phase_costs", "core.model_costs"),
        ("marts.claims_checked",),
    ],
    ids=" ".join,
)
def test_any_subset_can_be_materialized(ledger_copy: DataFolder, names: tuple[str, ...]) -> None:
    result = materialize(ledger_copy, *names)
    assert result.success
    made = {".".join(event.asset_key.path) for event in result.get_asset_materialization_events() if event.asset_key}
    assert made == set(names)
    for event in result.get_asset_materialization_events():
        metadata = event.step_materialization_data.materialization.metadata
        assert metadata["dagster/row_count"].value
        assert "|" in str(metadata["preview"].value)


def test_a_mart_before_its_tables_says_what_to_build(data_copy: DataFolder) -> None:
    result = materialize(data_copy, "marts.claims_checked")
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "build it first" in str(failure.step_failure_data.error)


def test_a_broken_law_stops_the_release(ledger_copy: DataFolder) -> None:
    before = ledger_copy.ledger.read_bytes()
    break_release(ledger_copy)
    result = materialize(ledger_copy)
    assert not result.success
    failed = {
        evaluation.check_name
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR
    }
    assert failed == {"model_lineage__weights_never_cycle"}
    assert ledger_copy.ledger.read_bytes() == before


READ_AGAIN = ("raw.prices__rental_quotes", "staging.prices__rental_quotes")
RELEASED = ("history.releases", "history.cost_changes")


def test_no_release_of_tables_that_are_older_than_what_they_are_made_from(ledger_copy: DataFolder) -> None:
    """As after a run that failed midway: the quotes were read, nothing was made of them."""
    change_quote(ledger_copy)
    before = ledger_copy.ledger.read_bytes()
    result = materialize(ledger_copy, *READ_AGAIN, "marts.coverage", *RELEASED)
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    said = str(failure.step_failure_data.error)
    assert "core.price_quotes (older than staging.prices__rental_quotes)" in said
    assert 'In the UI materialize key:"core/price_quotes"+' in said
    assert ledger_copy.ledger.read_bytes() == before
    assert materialize(ledger_copy, "core.price_quotes").success
    assert not materialize(ledger_copy, *RELEASED).success
    assert materialize(ledger_copy, *following(["core.price_quotes"], STEPS), "history.cost_changes").success
    assert ledger_copy.ledger.read_bytes() != before


@pytest.mark.parametrize("names", [(), ("marts.coverage",), READ_AGAIN], ids=["nothing", "a mart", "the same again"])
def test_a_part_that_fits_the_rest_is_released(ledger_copy: DataFolder, names: tuple[str, ...]) -> None:
    assert materialize(ledger_copy, *names, *RELEASED).success


def test_a_part_made_on_a_later_day_leaves_the_day_of_the_prices(ledger_copy: DataFolder) -> None:
    assert materialize(ledger_copy, "marts.coverage", *RELEASED, day=LATER).success
    assert published(ledger_copy, TABLES["history.releases"])["as_of_on"].to_list() == [AS_OF, AS_OF]


def test_no_release_of_prices_of_two_days(ledger_copy: DataFolder) -> None:
    before = ledger_copy.ledger.read_bytes()
    repriced = following(["core.phase_costs"], STEPS)
    result = materialize(ledger_copy, *repriced, "history.cost_changes", day=LATER)
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert f"core.price_quotes (older than the prices of {LATER})" in str(failure.step_failure_data.error)
    assert ledger_copy.ledger.read_bytes() == before
    assert materialize(ledger_copy, day=LATER).success
    assert published(ledger_copy, TABLES["history.releases"])["as_of_on"].to_list() == [AS_OF, LATER]


def test_a_row_set_aside_is_a_warning_with_its_reason(ledger_copy: DataFolder) -> None:
    path = ledger_copy.root / "disclosures" / "s1-32b.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{value: 7}", "{value: -7}"), encoding="utf-8")
    result = materialize(ledger_copy, "raw.disclosures__training_phases", "staging.disclosures__training_phases")
    assert result.success
    [check] = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "disclosures/s1-32b.yaml" in str(check.metadata["reasons"].value)


def test_a_release_of_the_command_is_told_to_the_ui(ledger_folder: DataFolder) -> None:
    newest = published(ledger_folder, TABLES["history.releases"])["release_id"][-1]
    with dg.DagsterInstance.ephemeral() as instance:
        assert report_release(ledger_folder, instance) == len(SPECS)
        assert report_release(ledger_folder, instance) == 0
        event = instance.get_latest_materialization_event(key_of(TABLES["core.models"]))
        assert event is not None
        assert event.asset_materialization is not None
        metadata = event.asset_materialization.metadata
        assert metadata["dagster/row_count"].value == 236
        assert metadata[RELEASE_ID].value == newest


def test_nothing_published_is_nothing_to_tell(data_copy: DataFolder) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert report_release(data_copy, instance) == 0


@pytest.fixture
def server(ledger_copy: DataFolder, tmp_path: Path) -> Iterator[int]:
    """The UI on a free port of the loopback."""
    with serving(ledger_copy, tmp_path / "server.log") as port:
        yield port


LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name assetNodes { id } } } } }"
LAUNCH = """
mutation Launch($path: [String!]!) {
  launchPipelineExecution(executionParams: {
    mode: "default"
    selector: {
      repositoryLocationName: "costledger", repositoryName: "__repository__", pipelineName: "__ASSET_JOB",
      assetSelection: [{path: $path}]
    }
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""
STATUS = "query Status($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@pytest.mark.slow
def test_a_real_server_materializes_a_mart(server: int) -> None:
    nodes = wait_for("code location", 90, lambda: ask(server, LOADED)["repositoriesOrError"].get("nodes"))
    assert len(nodes[0]["assetNodes"]) == len(SPECS) + len(FILE_ASSETS)
    launched = ask(server, LAUNCH, path=["marts", "coverage"])["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    ended = ("SUCCESS", "FAILURE", "CANCELED")

    def status() -> str | None:
        found = ask(server, STATUS, id=run_id)["runOrError"]["status"]
        return found if found in ended else None

    assert wait_for("end of the run", 90, status) == "SUCCESS"
