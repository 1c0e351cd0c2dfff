"""Real builds in which one thing changes: what is computed again, and that it is what a full build computes."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contracts.table import TABLES
from pipelines.defs.assets import ASSETS
from pipelines.defs.factory import key_of
from pipelines.defs.resources import Ledger
from pipelines.graph.build import build
from pipelines.paths import DataFolder
from pipelines.warehouse.store import Warehouse, as_contract
from tests.conftest import AS_OF

pytestmark = pytest.mark.integration

COSTS = ("core.phase_costs", "core.unsummed_phase_costs", "core.model_costs")
A_NEW_PRICE = {"list_unit_price_usd_per_gpu_hour": "1.23", "price_as_published": "1.23", "provider": "New Cloud"}


def costs(folder: DataFolder, name: str) -> pl.DataFrame:
    """A published table of costs."""
    declared = TABLES[name]
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        return as_contract(declared, connection.sql(f"from {name} order by {', '.join(declared.key)}").pl())


def counts(folder: DataFolder, *, is_full: bool = False, days_later: int = 0) -> dict[str, int]:
    """Build; how many rows of each table of costs were computed."""
    made = build(folder, AS_OF + timedelta(days=days_later), is_full=is_full)
    assert [renewal.table_name for renewal in made] == list(COSTS)
    return {renewal.table_name: renewal.recomputed_row_count for renewal in made}


def add_price(folder: DataFolder, accelerator: str, **given: str) -> None:
    """A row at the end of the hand-kept rental prices: the last usable one of an accelerator, but for what is given."""
    path: Path = folder.root / "prices" / "rental_quotes.csv"
    text = path.read_text(encoding="utf-8")
    alike = [
        row
        for row in csv.DictReader(io.StringIO(text))
        if (row["accelerator"], row["is_usable"], row["pricing_category"]) == (accelerator, "yes", "on_demand")
    ]
    row = {**alike[-1], "quote_id": f"new-{accelerator}-{len(text)}", **A_NEW_PRICE, **given}
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(row), lineterminator="\n").writerow(row)


def assert_as_in_full(folder: DataFolder) -> None:
    """The published costs are those of a build that keeps nothing."""
    kept = {name: costs(folder, name) for name in COSTS}
    heights = {name: frame.height for name, frame in kept.items()}
    assert counts(folder, is_full=True) == heights
    for name in COSTS:
        assert_frame_equal(costs(folder, name), kept[name])


def test_a_build_of_the_same_computes_no_cost(ledger_copy: DataFolder) -> None:
    assert set(counts(ledger_copy).values()) == {0}
    assert_as_in_full(ledger_copy)


def test_one_new_price_computes_the_costs_that_use_it(ledger_copy: DataFolder) -> None:
    """A price of today, for one accelerator: its runs at today's rent and nothing else."""
    before = {name: costs(ledger_copy, name) for name in COSTS}
    add_price(ledger_copy, "A100", observed_on=AS_OF.isoformat())
    found = counts(ledger_copy)
    phases = pl.concat([before[name] for name in COSTS[:2]]).filter(pl.col("price_basis") == "rental_now")
    on_chip = phases.filter(pl.col("hardware_id").str.starts_with("a100"))
    assert 0 < found["core.phase_costs"] + found["core.unsummed_phase_costs"] <= on_chip.height
    assert 0 < found["core.model_costs"] < before["core.model_costs"].height // 10
    key = ["phase_id", "price_basis", "price_quote_count"]
    moved = costs(ledger_copy, "core.phase_costs").join(
        before["core.phase_costs"], on=key, how="anti", nulls_equal=True
    )
    assert 0 < moved.height <= found["core.phase_costs"]
    assert set(moved["price_basis"]) == {"rental_now"}
    assert_as_in_full(ledger_copy)


def test_a_new_day_computes_todays_rent_alone(ledger_copy: DataFolder) -> None:
    rows = costs(ledger_copy, "core.phase_costs").filter(pl.col("price_basis") == "rental_now")
    assert counts(ledger_copy, days_later=1)["core.phase_costs"] == rows.height


def test_a_disclosure_reaches_its_model_and_what_stands_on_it(ledger_copy: DataFolder) -> None:
    path = ledger_copy.root / "disclosures" / "deepseek-v3.yaml"
    text = path.read_text(encoding="utf-8")
    assert "2664000" in text
    path.write_text(text.replace("2664000", "2664001"), encoding="utf-8")
    heirs = Warehouse(ledger_copy.work).query(
        "select distinct model_id from core.scope_members where member_model_id = 'deepseek-v3'"
    )
    found = counts(ledger_copy)
    bases = costs(ledger_copy, "core.phase_costs")["price_basis"].n_unique()
    assert found["core.phase_costs"] == bases
    assert 0 < found["core.model_costs"] <= heirs.height * 3 * bases
    assert_as_in_full(ledger_copy)


def test_a_fresh_build_folder_computes_everything(ledger_copy: DataFolder) -> None:
    ledger_copy.work.unlink()
    assert counts(ledger_copy) == {name: costs(ledger_copy, name).height for name in COSTS}


def test_rows_of_another_shape_are_not_kept(ledger_copy: DataFolder) -> None:
    """What an older version of the code left is no reason to fail."""
    with Warehouse(ledger_copy.work).connect() as connection:
        connection.execute("alter table core.phase_costs drop column flags")
    assert counts(ledger_copy)["core.phase_costs"] == costs(ledger_copy, "core.phase_costs").height


def test_a_table_written_without_its_inputs_is_computed_again(ledger_copy: DataFolder) -> None:
    """Rows that nobody says the inputs of may be anything."""
    declared = TABLES["core.phase_costs"]
    warehouse = Warehouse(ledger_copy.work)
    warehouse.write(declared, warehouse.read(declared).head(3))
    assert counts(ledger_copy)["core.phase_costs"] == costs(ledger_copy, "core.phase_costs").height


def test_dagster_says_how_many_were_computed(ledger_copy: DataFolder) -> None:
    def recomputed(**settings: Any) -> dict[str, object]:
        resources = {"ledger": Ledger(data=str(ledger_copy.root), as_of=AS_OF.isoformat(), **settings)}
        result = dg.materialize(ASSETS, resources=resources, selection=[key_of(TABLES[name]) for name in COSTS])
        events = {
            event.asset_key: event.step_materialization_data for event in result.get_asset_materialization_events()
        }
        return {name: events[key_of(TABLES[name])].materialization.metadata["recomputed rows"].value for name in COSTS}

    assert set(recomputed().values()) == {0}
    assert recomputed(is_full=True) == {name: costs(ledger_copy, name).height for name in COSTS}
