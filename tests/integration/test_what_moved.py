"""What moved between releases and why: real builds in which a price, a disclosure, a constant, or all three change."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.contracts.core import ModelCosts
from pipelines.contracts.quality import CostChanges
from pipelines.contracts.table import table_of
from pipelines.defs.assets import ASSETS
from pipelines.defs.factory import key_of
from pipelines.defs.resources import Ledger
from pipelines.graph import changes as graph_changes
from pipelines.graph.build import build
from pipelines.graph.changes import READ
from pipelines.graph.tables import COSTS, RELEASE
from pipelines.paths import DataFolder
from pipelines.warehouse.release import ReleaseRefusedError
from pipelines.warehouse.store import as_contract
from tests.conftest import AS_OF, copy_data
from tests.integration.test_build import break_release

pytestmark = pytest.mark.integration

GRAIN = ["model_id", "scope", "price_basis"]
PARTS = ["method_part_usd", "disclosure_part_usd", "price_part_usd"]
CHANGES, MODEL_COSTS = table_of(CostChanges), table_of(ModelCosts)
COMPUTE_ONLY = "gpt-3-175b"
"""Discloses compute alone: its hours rest on a constant, on every basis."""


def read(folder: DataFolder, query: str) -> pl.DataFrame:
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        return connection.sql(query).pl()


def changes(folder: DataFolder, *, last: bool = True) -> pl.DataFrame:
    """The changes of the last release, or all."""
    found = as_contract(CHANGES, read(folder, "from history.cost_changes"))
    newest = read(folder, "select arg_max(release_id, published_at) as newest from history.releases")["newest"].item()
    return (found.filter(pl.col("release_id") == newest) if last else found).sort("release_id", *GRAIN)


def costs(folder: DataFolder) -> dict[tuple[str, ...], Decimal | None]:
    rows = as_contract(MODEL_COSTS, read(folder, "from core.model_costs"))
    return {tuple(row[:3]): row[3] for row in rows.select(*GRAIN, "cost_mid_usd").iter_rows()}


def replace_in(folder: DataFolder, name: str, old: str, new: str) -> None:
    path = folder.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def change_method(folder: DataFolder) -> None:
    old, new = (f"usual_utilization_ratio\n      value: {value}" for value in ("0.375", "0.4"))
    replace_in(folder, "reference/methods.yaml", old, new)


def change_disclosure(folder: DataFolder) -> None:
    replace_in(folder, f"disclosures/{COMPUTE_ONLY}.yaml", "3.14e+23", "3.15e+23")


def change_price(folder: DataFolder) -> None:
    add_price(folder, accelerator="V100", accelerator_memory_gb="16", form_factor="SXM2")


def add_price(folder: DataFolder, **given: str) -> None:
    """A usable price of today from a provider of its own."""
    path: Path = folder.root / "prices" / "rental_quotes.csv"
    text = path.read_text(encoding="utf-8")
    row = {**next(csv.DictReader(io.StringIO(text)))}
    new = {"quote_id": f"new-{len(text)}", "provider": "New Cloud", "pricing_category": "on_demand", **given}
    price = {"list_unit_price_usd_per_gpu_hour": "0.77", "price_as_published": "0.77"}
    days = {"observed_on": AS_OF.isoformat(), "observed_not_before": "", "observed_not_after": ""}
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(row), lineterminator="\n").writerow(
            {**row, **new, **price, **days, "is_usable": "yes"}
        )


def assert_split(folder: DataFolder, *stations: dict[tuple[str, ...], Decimal | None]) -> None:
    """The last release tells every cost that moved, with the way by these stations."""
    before, after = stations[0], stations[-1]
    rows = {tuple(row[name] for name in GRAIN): row for row in changes(folder).to_dicts()}
    assert set(rows) == {key for key in before | after if before.get(key) != after.get(key)}
    for key, row in rows.items():
        way = [station.get(key) for station in stations]
        assert (row["previous_cost_usd"], row["cost_usd"]) == (way[0], way[-1])
        if None in way:
            continue
        steps = [new - old for old, new in pairwise(way)]  # type: ignore[operator]
        assert [row[name] for name in PARTS] == steps
        assert sum(steps) == row["difference_usd"]


def test_every_table_that_costs_are_computed_from_stands_for_a_part() -> None:
    """A table that a step of the costs reads from now on is a price, a disclosure or method: say which."""
    computed = {step.table.name: [read.name for read in step.reads] for step in COSTS}
    found, pending = set[str](), [MODEL_COSTS.name]
    while pending:
        name = pending.pop()
        if name in computed:
            pending += computed[name]
        else:
            found.add(name)
    assert found == {table.name for table in READ}


def test_a_first_release_has_no_changes(ledger_folder: DataFolder) -> None:
    assert changes(ledger_folder, last=False).is_empty()
    told = invoke(ledger_folder, "changes")
    assert told.exit_code == 0
    assert "is the first: nothing moved before it" in told.stdout


@pytest.mark.parametrize("cause", ["price", "disclosure", "method"])
def test_one_cause_alone_is_not_computed_again(
    ledger_copy: DataFolder, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_changes, "Supposed", lambda *_: pytest.fail("a step with one cause was computed"))
    before = costs(ledger_copy)
    globals()[f"change_{cause}"](ledger_copy)
    build(ledger_copy, AS_OF)
    found, after = changes(ledger_copy), costs(ledger_copy)
    assert found.height > 0
    assert found["causes"].to_list() == [[cause]] * found.height
    assert set(map(tuple, found.select(GRAIN).rows())) == {key for key in after if before[key] != after[key]}
    assert (found[f"{cause}_part_usd"] == found["difference_usd"]).all()
    assert (found["cost_usd"] - found["previous_cost_usd"] == found["difference_usd"]).all()
    assert found["is_divided"].all()


def test_three_causes_at_once_are_told_apart(ledger_copy: DataFolder, tmp_path: Path) -> None:
    """Each part is the figure that changing that alone gives, in the documented order."""
    apart, stations = copy_data(tmp_path / "apart"), [costs(ledger_copy)]
    for change in (change_method, change_disclosure, change_price):
        change(apart)
        build(apart, AS_OF)
        stations.append(costs(apart))
        change(ledger_copy)
    build(ledger_copy, AS_OF)
    assert costs(ledger_copy) == stations[-1]
    assert_split(ledger_copy, *stations)
    row = changes(ledger_copy).row(
        by_predicate=(pl.col("model_id") == COMPUTE_ONLY)
        & (pl.col("scope") == "own")
        & (pl.col("price_basis") == "rental_now"),
        named=True,
    )
    assert all(row[part] != 0 for part in PARTS)
    assert row["causes"] == ["price", "disclosure", "method"]
    rental = changes(ledger_copy).filter(pl.col("price_basis") == "rental")
    assert rental.height > 0
    assert (rental["price_part_usd"] == 0).all()


def test_a_new_day_is_a_price(ledger_copy: DataFolder) -> None:
    build(ledger_copy, AS_OF + timedelta(days=400))
    found = changes(ledger_copy)
    assert set(found["price_basis"]) == {"rental_now"}
    assert set(found["causes"].explode()) == {"price"}


def test_a_stand_in_for_an_accelerator_is_a_price(ledger_copy: DataFolder) -> None:
    replace_in(ledger_copy, "reference/price_proxies.csv", "ascend-910,v100", "ascend-910,a100-40gb")
    build(ledger_copy, AS_OF)
    found = changes(ledger_copy)
    assert found.height > 0
    assert set(found["causes"].explode()) == {"price"}


def test_what_appears_and_disappears_has_a_reason_and_no_parts(ledger_copy: DataFolder) -> None:
    add_price(ledger_copy, accelerator="Cerebras CS-2", accelerator_memory_gb="", form_factor="")
    (ledger_copy.root / "disclosures" / "pythia-70m.yaml").unlink()
    build(ledger_copy, AS_OF)
    found = changes(ledger_copy).filter(pl.col("change") != "moved")
    gone = found.filter(pl.col("model_id") == "pythia-70m")
    assert set(gone["change"]) == {"disappeared"}
    assert set(gone["causes"].explode()) == {"disclosure"}
    assert gone["cost_missing_reason"].null_count() == gone.height
    screen = invoke(ledger_copy, "changes", "--model", "pythia-70m").stdout
    assert re.search(r"pythia-70m +own +rental +\$\S+ +not in that release +disappeared: disclosure", screen)
    assert found["difference_usd"].null_count() == found.height > 0
    assert all(found[part].null_count() == found.height for part in PARTS)
    own = found.row(
        by_predicate=(pl.col("model_id") == "cerebras-gpt-111m") & (pl.col("scope") == "own"),
        named=True,
    )
    assert (own["change"], own["price_basis"], own["causes"]) == ("appeared", "rental_now", ["price"])
    assert (own["previous_cost_missing_reason"], own["cost_missing_reason"]) == ("no_price", None)


def test_an_accelerator_without_an_old_price_moves_by_disclosure(ledger_copy: DataFolder) -> None:
    add_price(ledger_copy, accelerator="L40", accelerator_memory_gb="", form_factor="")
    replace_in(ledger_copy, f"disclosures/{COMPUTE_ONLY}.yaml", "hardware_id: v100", "hardware_id: l40")
    build(ledger_copy, AS_OF)
    own = (pl.col("model_id") == COMPUTE_ONLY) & (pl.col("scope") == "own")
    row = changes(ledger_copy).row(by_predicate=own & (pl.col("price_basis") == "rental_now"), named=True)
    assert (row["change"], row["causes"], row["is_divided"]) == ("moved", ["disclosure"], True)
    assert row["disclosure_part_usd"] == row["difference_usd"] != 0


def test_a_release_of_other_code_is_method(ledger_copy: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release before says that other code made it, with other figures."""
    path = ledger_copy.ledger
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update history.releases set code_fingerprint = 'other'")
        connection.execute("update core.model_costs set cost_mid_usd = cost_mid_usd + 1 where cost_mid_usd is not null")
    change_price(ledger_copy)
    build(ledger_copy, AS_OF)
    found = changes(ledger_copy)
    assert (found["method_part_usd"] == -1).all()
    moved = found.filter(pl.col("price_part_usd") != 0)
    assert set(moved["price_basis"]) == {"rental_now"}
    assert (found["disclosure_part_usd"] == 0).all()


def test_a_refused_release_tells_nothing(ledger_copy: DataFolder) -> None:
    change_price(ledger_copy)
    path = ledger_copy.root / "disclosures" / "deepseek-v3.yaml"
    text = path.read_text(encoding="utf-8")
    break_release(ledger_copy)
    with pytest.raises(ReleaseRefusedError):
        build(ledger_copy, AS_OF)
    path.write_text(text, encoding="utf-8")
    build(ledger_copy, AS_OF)
    assert changes(ledger_copy)["release_id"].n_unique() == 1
    assert set(changes(ledger_copy)["causes"].explode()) == {"price"}


def invoke(folder: DataFolder, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder.root)])


def test_changes_are_added_up_over_releases(ledger_copy: DataFolder) -> None:
    """And stay when the build folder is lost."""
    first = json.loads(invoke(ledger_copy, "status", "--json").stdout)["releases"][0]["release_id"]
    start = costs(ledger_copy)
    change_disclosure(ledger_copy)
    run = invoke(ledger_copy, "run", "--as-of", AS_OF.isoformat())
    assert run.exit_code == 0, run.output
    line = next(line for line in run.stdout.splitlines() if "moved, largest: " in line)
    assert line.endswith("; see costledger changes")
    told = json.loads(invoke(ledger_copy, "changes", "--json").stdout)["changes"]
    assert line.startswith(f"{len(told)} costs moved, largest: {told[0]['model_name']} {told[0]['scope']} ")
    ledger_copy.work.unlink()
    change_price(ledger_copy)
    build(ledger_copy, AS_OF)
    end = costs(ledger_copy)
    assert changes(ledger_copy, last=False)["release_id"].n_unique() == 2
    whole = json.loads(invoke(ledger_copy, "changes", "--since", first, "--json").stdout)
    assert whole["since"]["release_id"] == first
    found = {tuple(row[name] for name in GRAIN): row for row in whole["changes"]}
    assert set(found) == {key for key in start | end if start.get(key) != end.get(key)}
    for key, row in found.items():
        sums = sum(Decimal(str(row[part])) for part in PARTS)
        assert sums == Decimal(str(row["difference_usd"])) == (end[key] or 0) - (start[key] or 0)
    both = found[COMPUTE_ONLY, "own", "rental_now"]
    assert (both["causes"], len(both["release_ids"])) == (["disclosure", "price"], 2)
    by_size = [abs(row["difference_usd"]) for row in whole["changes"]]
    assert by_size == sorted(by_size, reverse=True)
    assert whole == json.loads(invoke(ledger_copy, "changes", "--since", "2020-01-01", "--json").stdout)


def test_a_cost_that_came_back_has_not_moved(ledger_copy: DataFolder) -> None:
    first = json.loads(invoke(ledger_copy, "status", "--json").stdout)["releases"][0]["release_id"]
    for old, new in (("3.14e+23", "3.15e+23"), ("3.15e+23", "3.14e+23")):
        replace_in(ledger_copy, f"disclosures/{COMPUTE_ONLY}.yaml", old, new)
        build(ledger_copy, AS_OF)
    assert changes(ledger_copy).height > 0
    assert "nothing moved between release" in invoke(ledger_copy, "changes", "--since", first).stdout
    screen = invoke(ledger_copy, "changes", "--model", COMPUTE_ONLY).stdout
    assert "GPT-3 175B" in screen
    assert invoke(ledger_copy, "changes", "--model", "deepseek-v3").stdout.startswith("nothing moved")


def test_what_is_unknown_is_told(ledger_folder: DataFolder) -> None:
    release, model = (invoke(ledger_folder, "changes", *words) for words in (["--since", "x"], ["--model", "gpt-99"]))
    assert (release.exit_code, model.exit_code) == (1, 0)
    assert "no release is 'x'" in release.stderr
    assert "is the first" in model.stdout


def test_dagster_shows_what_moved(ledger_copy: DataFolder) -> None:
    change_price(ledger_copy)
    resources: Any = {"ledger": Ledger(data=str(ledger_copy.root), as_of=AS_OF.isoformat())}
    result = dg.materialize(ASSETS, resources=resources)
    events = {event.asset_key: event.step_materialization_data for event in result.get_asset_materialization_events()}
    metadata = events[key_of(RELEASE.table)].materialization.metadata
    moved = changes(ledger_copy)
    assert metadata["costs moved"].value == moved.height > 0
    table = str(metadata["what moved"].value)
    assert table.startswith("| model_id")
    assert str(moved["price_part_usd"].abs().max()) in table
    assert events[key_of(CHANGES)].materialization.metadata["what moved"].value == table
