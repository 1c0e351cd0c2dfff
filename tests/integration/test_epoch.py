"""Epoch's tables: brought in, run, compared with the published figures, and broken in every way they can be."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from math import log, prod
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines import cli
from pipelines.contracts import epoch, epoch_inputs
from pipelines.contracts.table import Contract, Table, table_of
from pipelines.contracts.validation import stage
from pipelines.contracts.vocabulary import COST_FLAG, DIFFERENCE_REASON, EPOCH_FLAG
from pipelines.fingerprint import input_fingerprint
from pipelines.graph.build import build, ordered
from pipelines.graph.step import Workbench
from pipelines.graph.tables import COSTS
from pipelines.importing import ImportRefusedError, import_epoch
from pipelines.paths import ROOT, DataFolder
from pipelines.sources import epoch as source
from pipelines.sources import reference
from pipelines.warehouse.store import as_contract
from tests.conftest import AS_OF
from tests.support.feed_server import FeedServer

pytestmark = pytest.mark.integration

FIXTURE = ROOT / "tests" / "fixtures" / "epoch"
SNAPSHOT = ROOT.parent / "shared" / "epoch"
MODELS, CHIPS, PRICES, INDEX = (file.published_as for file in source.FILES)
OURS = (epoch.EpochModels, epoch.PublishedMethodCosts, epoch.EpochCosts)

Row = dict[str, Any]
needs_snapshot = pytest.mark.skipif(
    not SNAPSHOT.is_dir(), reason="the snapshot is not shipped: ../shared/epoch is absent"
)


def rows_of(folder: DataFolder, query: str) -> list[Row]:
    """Rows of the published file."""
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        found = connection.sql(query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def invoke(folder: DataFolder, *words: str) -> Any:
    """Run the command in this process."""
    return CliRunner().invoke(cli.app, ["--data", str(folder.root), *words])


# ---- bringing in


class TestImport:
    def test_the_files_come_as_they_are_with_their_origin(self, tmp_path: Path) -> None:
        result = invoke(DataFolder(tmp_path), "import", "epoch", str(FIXTURE), "--json")
        assert result.exit_code == 0, result.stderr
        told = json.loads(result.stdout)
        assert [(each["file"], each["row_count"], each["set_aside_count"]) for each in told["files"]] == [
            ("epoch/models.csv", 11, 0),
            ("epoch/hardware.csv", 6, 0),
            ("epoch/hardware_prices.csv", 11, 0),
            ("epoch/price_index.csv", 78, 0),
        ]
        for file in source.FILES:
            assert (tmp_path / file.name).read_bytes() == (FIXTURE / file.published_as).read_bytes()
        origin = json.loads((tmp_path / "epoch" / "origin.json").read_text(encoding="utf-8"))
        assert origin["from"] == str(FIXTURE)
        assert "CC BY 4.0" in origin["licence"]
        assert [path.name for path in tmp_path.iterdir()] == ["epoch"]

    def test_a_screen_for_people(self, tmp_path: Path) -> None:
        result = invoke(DataFolder(tmp_path), "import", "epoch", str(FIXTURE))
        assert "next: costledger run" in result.stdout

    def test_a_second_import_replaces_the_first(self, tmp_path: Path) -> None:
        folder = DataFolder(tmp_path)
        import_epoch(folder, str(FIXTURE))
        import_epoch(folder, str(folder.root / "epoch"))
        assert sorted(path.name for path in (tmp_path / "epoch").iterdir()) == [
            *("hardware.csv", "hardware_prices.csv", "models.csv", "origin.json", "price_index.csv"),
        ]

    def test_a_file_that_is_the_same_keeps_its_time(self, tmp_path: Path) -> None:
        """So that `status` names the files that changed, and no others."""
        folder, other = DataFolder(tmp_path / "data"), tmp_path / "other"
        folder.root.mkdir()
        import_epoch(folder, str(FIXTURE))
        for path in (folder.root / "epoch").iterdir():
            os.utime(path, (1, 1))
        shutil.copytree(FIXTURE, other)
        text = (other / PRICES).read_text(encoding="utf-8")
        (other / PRICES).write_text(text.replace("2020-06-01", "2020-06-02"), encoding="utf-8")
        import_epoch(folder, str(other))
        newer = {path.name for path in (folder.root / "epoch").iterdir() if path.stat().st_mtime > 1}
        assert newer == {"hardware_prices.csv", "origin.json"}

    def test_a_cell_is_counted_once_however_many_rules_it_breaks(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken"
        shutil.copytree(FIXTURE, broken)
        text = (broken / PRICES).read_text(encoding="utf-8")
        assert text.count("2020-06-01") == 1
        (broken / PRICES).write_text(text.replace("2020-06-01", "yesterday"), encoding="utf-8")
        found = {each.file: each.emptied_cell_count for each in import_epoch(DataFolder(tmp_path), str(broken))}
        assert found["epoch/hardware_prices.csv"] == 1

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            (MODELS, None, "no file 'All ML Systems - full view.csv' or 'models.csv': download it"),
            (MODELS, b"Model,Organization\nA,B\n", "no column 'Publication date'"),
            (CHIPS, b"<!doctype html><html>Sign in</html>", "no column 'Hardware name'"),
            (PRICES, b"\xff\xfe\x00\x01", "is not UTF-8"),
            (INDEX, None, "download it from FRED"),
            (INDEX, b"DATE,VALUE\n2024-01-01,1\n", "as FRED publishes it"),
            (INDEX, b"", "the file is empty: download the snapshot again and import it"),
            (INDEX, b"\xef\xbb\xbf \n", "the file is empty"),
            (INDEX, b"observation_date,PCU518210518210\r2024-01-01,1\r", "a carriage return in the header"),
            (CHIPS, b"Hardware\rname,Vendor\nA,B\n", "a carriage return in the header"),
            (INDEX, b"observation_date,PCU518210518210\n", "no record can be used"),
            (INDEX, b"observation_date,PCU518210518210\nsoon,1\n", "no record can be used, the first because soon"),
        ],
    )
    def test_what_is_no_snapshot_changes_nothing(
        self, tmp_path: Path, name: str, content: bytes | None, message: str
    ) -> None:
        folder, bad = DataFolder(tmp_path / "data"), tmp_path / "bad"
        folder.root.mkdir()
        import_epoch(folder, str(FIXTURE))
        before = {path.name: path.read_bytes() for path in (folder.root / "epoch").iterdir()}
        shutil.copytree(FIXTURE, bad)
        (bad / name).unlink() if content is None else (bad / name).write_bytes(content)
        with pytest.raises(ImportRefusedError, match=message.replace(" ", r"\s")):
            import_epoch(folder, str(bad))
        assert {path.name: path.read_bytes() for path in (folder.root / "epoch").iterdir()} == before
        assert [path.name for path in folder.root.iterdir()] == ["epoch"]
        assert invoke(folder, "import", "epoch", str(bad)).exit_code == 1

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        result = invoke(DataFolder(tmp_path), "import", "epoch", str(tmp_path / "nowhere"))
        assert (result.exit_code, "there is no such folder" in result.stderr) == (1, True)
        assert invoke(DataFolder(tmp_path), "import", "something", "x").exit_code == 2
        assert "does not exist" in invoke(DataFolder(tmp_path / "none"), "import", "epoch", str(FIXTURE)).stderr

    def test_from_an_address(self, tmp_path: Path) -> None:
        folder = DataFolder(tmp_path)
        with FeedServer(FIXTURE) as server:
            import_epoch(folder, server.url("/"))
        assert (tmp_path / "epoch" / "models.csv").read_bytes() == (FIXTURE / MODELS).read_bytes()
        with FeedServer(tmp_path / "epoch") as server:
            import_epoch(folder, server.url(""))
        with FeedServer(tmp_path) as server, pytest.raises(ImportRefusedError, match="could not be fetched") as refused:
            import_epoch(folder, server.url("/"))
        assert "404 (Not Found)" in str(refused.value)
        assert "give the web address below which the files lie, or a folder" in str(refused.value)
        assert "feed" not in str(refused.value)
        assert (tmp_path / "epoch" / "models.csv").read_bytes() == (FIXTURE / MODELS).read_bytes()


def check_differences(folder: DataFolder) -> None:
    """Every cost that both methods give has its reasons: together they are the whole difference, the largest first."""
    factors: dict[tuple[str, str], dict[str, float | None]] = {}
    for row in rows_of(folder, "from marts.method_differences"):
        factors.setdefault((row["model_name"], row["price_basis"]), {})[row["reason"]] = row["cost_ratio"]
    both = rows_of(
        folder,
        "from marts.method_comparison "
        "where published_method_cost_usd is not null and default_method_cost_usd is not null",
    )
    assert both
    for row in both:
        reasons = row["difference_reason"].split("; ")
        found = factors.get((row["model_name"], row["price_basis"]), {})
        assert set(reasons) == set(found) or reasons == ["constants"], row
        ratios = [ratio for reason in reasons if (ratio := found.get(reason)) is not None]
        assert prod(ratios) == pytest.approx(row["default_to_published_ratio"], rel=5e-4), row
        effects = [abs(log(ratio)) for ratio in ratios]
        assert effects == sorted(effects, reverse=True), row


# ---- the whole way


@pytest.fixture(scope="module")
def with_fixture(ledger_folder: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """The project's data with the fixture beside it, published."""
    root = tmp_path_factory.mktemp("epoch") / "data"
    shutil.copytree(ledger_folder.root, root)
    folder = DataFolder(root)
    import_epoch(folder, str(FIXTURE))
    build(folder, AS_OF)
    return folder


def test_what_was_set_aside_of_epochs_models_is_not_told_of_the_ledgers(tmp_path: Path, data_copy: DataFolder) -> None:
    """Rows of another's table stand beside the table of ours that has the same name."""
    broken = tmp_path / "broken"
    shutil.copytree(FIXTURE, broken)
    with (broken / MODELS).open("a", encoding="utf-8") as file:
        file.write((FIXTURE / MODELS).read_text(encoding="utf-8").splitlines()[-1] + "\n")  # a model twice
    import_epoch(data_copy, str(broken))
    build(data_copy, AS_OF)
    query = (ROOT / "sql" / "cookbook" / "what_was_set_aside.sql").read_text(encoding="utf-8")
    found = {row["table_name"]: row for row in rows_of(data_copy, query)}
    assert (found["models"]["kept_count"], found["models"]["set_aside_count"]) == (236, 0)
    assert (found["epoch__models"]["kept_count"], found["epoch__models"]["set_aside_count"]) == (10, 2)


class TestRun:
    def test_without_epoch_every_table_is_there_and_empty(self, ledger_folder: DataFolder) -> None:
        for table in ("core.epoch_models", "core.published_method_costs", "core.epoch_costs"):
            assert rows_of(ledger_folder, f"from {table}") == []
        assert rows_of(ledger_folder, "from marts.method_comparison union all by name from marts.epoch_conflicts") == []
        assert rows_of(ledger_folder, "select count(*) as n from core.method_rules")[0]["n"] > 50

    def test_the_ledgers_own_costs_stay_as_they_are(self, ledger_folder: DataFolder, with_fixture: DataFolder) -> None:
        query = "select * from core.model_costs order by all"
        assert rows_of(with_fixture, query) == rows_of(ledger_folder, query)

    def test_models_of_ours_are_mapped_and_conflicts_shown(self, with_fixture: DataFolder) -> None:
        assert rows_of(
            with_fixture, "select model_name, model_id, map_rule from core.epoch_models where model_id <> ''"
        ) == [{"model_name": "GPT-4", "model_id": "gpt-4", "map_rule": "same_name"}]
        found = {row["quantity"]: row for row in rows_of(with_fixture, "from marts.epoch_conflicts")}
        assert {row["chosen_by"] for row in found.values()} == {"third_party_estimate"}
        assert (found["gpu_count"]["ledger_figure"], found["gpu_count"]["epoch_figure"]) == (25_000, 25_000)
        assert (found["chip"]["ledger_text"], found["chip"]["epoch_text"]) == ("a100-40gb", "NVIDIA A100 SXM4 40 GB")
        assert not any(row["is_conflict"] for row in found.values())

    def test_both_methods_stand_side_by_side(self, with_fixture: DataFolder) -> None:
        found = {
            (row["model_name"], row["price_basis"]): row
            for row in rows_of(with_fixture, "from marts.method_comparison")
        }
        alder = found["Alder 40B", "rental"]
        assert alder["published_method_cost_usd"] == pytest.approx(512 * 720.5 * 1.5)
        assert alder["default_method_cost_usd"] > 0
        assert "commitment_terms" in alder["difference_reason"]
        assert found["Cedar 7B", "amortized"]["difference_reason"] == "imputed_chip"
        assert found["Fir 2 ".rjust(7), "rental"]["difference_reason"] == "not_selected"
        assert found["Dogwood Tuned", "rental"]["difference_reason"] == "base_model_left_out"
        assert found["Elm Mixed", "purchase"]["difference_reason"] == "chip_list_left_out"
        assert ("Juniper", "rental") not in found
        assert found["Dogwood Tuned", "rental"]["published_missing_reason"] == "has_base_model"
        assert found["Cedar 7B", "amortized"]["default_missing_reason"] == "hardware_unknown"
        assert found["Birch", "purchase"]["difference_reason"] == "server_and_network"
        reasons = found["Birch", "amortized"]["difference_reason"].split("; ")
        assert "chip_power" in reasons  # 450 W in the ledger, 220 W in the table
        assert "constants" in reasons  # the building: "Google,Grove University" is no operator of the ledger's list
        assert {"list_price", "hours", "availability"}.isdisjoint(reasons)

    def test_reasons_multiply_to_the_difference_and_the_largest_stands_first(self, with_fixture: DataFolder) -> None:
        check_differences(with_fixture)

    def test_an_hour_of_the_ledgers_is_its_parts(self, with_fixture: DataFolder) -> None:
        apart = rows_of(
            with_fixture,
            "select unit_price_usd_per_gpu_hour::double as price, inputs.* "
            "from core.epoch_amortized_inputs as inputs join core.epoch_costs using (model_name) "
            "where price_basis = 'amortized'",
        )
        assert {row["model_name"] for row in apart} == {"Alder 40B", "Birch", "GPT-4"}
        for row in apart:
            parts = row["hardware_usd_per_gpu_hour"] + row["energy_usd_per_gpu_hour"]
            assert parts == pytest.approx(row["price"], abs=1e-6)
        [birch] = [row for row in apart if row["model_name"] == "Birch"]
        assert (birch["hardware_id"], birch["tdp_w"]) == ("tpu-v3", 450)
        assert birch["list_price_usd_per_gpu"] == pytest.approx(5_276 * 1.64)

    def test_what_a_price_of_epochs_covers_is_not_known_to_be_a_server(self, with_fixture: DataFolder) -> None:
        flags = {
            row["price_basis"]: row["flags"]
            for row in rows_of(with_fixture, "from core.epoch_costs where model_name = 'Iris Small'")
        }
        assert "bare_card_price" in flags["purchase"]
        assert "server_overhead_added" in flags["amortized"]

    def test_every_reason_and_flag_is_a_word(self, with_fixture: DataFolder) -> None:
        for row in rows_of(with_fixture, "from marts.method_comparison"):
            assert set(row["difference_reason"].split("; ")) <= set(DIFFERENCE_REASON), row
            assert {*row["published_flags"], *row["default_flags"]} <= {*COST_FLAG, *EPOCH_FLAG}, row

    def test_scopes_are_kept_apart(self, with_fixture: DataFolder) -> None:
        found = {
            row["model_name"]: row
            for row in rows_of(with_fixture, "from core.epoch_costs where price_basis = 'rental'")
        }
        assert (found["Dogwood Tuned"]["hours_basis"], found["Dogwood Tuned"]["is_with_base"]) == (
            "finetune_compute",
            False,
        )
        assert (found["Hazel Tuned"]["hours_basis"], found["Hazel Tuned"]["is_with_base"]) == ("compute", True)
        assert "scope_includes_base" in found["Hazel Tuned"]["flags"]
        assert found["Ginkgo"]["gpu_hours"] is not None
        assert "known_utilization" in found["Ginkgo"]["flags"]

    def test_several_chips_give_a_range(self, with_fixture: DataFolder) -> None:
        [row] = rows_of(
            with_fixture, "from core.epoch_costs where model_name = 'Elm Mixed' and price_basis = 'purchase'"
        )
        assert "several_chips" in row["flags"]
        assert row["cost_low_usd"] < float(row["cost_mid_usd"]) < row["cost_high_usd"]
        assert row["unit_price_usd_per_gpu"] is None

    def test_a_chip_of_epochs_alone_takes_epochs_prices(self, with_fixture: DataFolder) -> None:
        [row] = rows_of(
            with_fixture, "from core.epoch_costs where model_name = 'Iris Small' and price_basis = 'rental'"
        )
        assert (float(row["cost_mid_usd"]), row["price_source_id"]) == (12.0, "epoch-prices")
        assert "outside_price" in row["flags"]


@pytest.fixture(scope="module")
def published(ledger_folder: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """The project's data with the snapshot beside it, published."""
    root = tmp_path_factory.mktemp("snapshot") / "data"
    shutil.copytree(ledger_folder.root, root)
    folder = DataFolder(root)
    import_epoch(folder, str(SNAPSHOT))
    build(folder, AS_OF)
    return folder


@needs_snapshot
class TestSnapshot:
    def test_every_published_cost_is_reproduced(self, published: DataFolder) -> None:
        bases = {"hardware-capex-energy": "amortized", "hardware-acquisition": "purchase", "cloud": "rental"}
        found = {
            (row["model_name"], row["price_basis"]): row for row in rows_of(published, "from marts.method_comparison")
        }
        expected = list(csv.DictReader(io.StringIO((SNAPSHOT / "expected_part.csv").read_text(encoding="utf-8"))))
        assert len(expected) == 57
        for row in expected:
            ours = found[row["model"], bases[row["method"]]]
            assert ours["published_method_cost_usd"] == pytest.approx(float(row["cost_nominal_usd"]), rel=1e-9, abs=0)
            assert ours["published_method_cost_usd_2025_06"] == pytest.approx(
                float(row["cost_usd_june2025"]), rel=1e-9, abs=0
            )

    def test_the_inputs_behind_them_are_the_same(self, published: DataFolder) -> None:
        found = {
            (row["model_name"], row["price_basis"]): row
            for row in rows_of(published, "from core.published_method_costs")
        }
        for row in csv.DictReader(io.StringIO((SNAPSHOT / "expected_part.csv").read_text(encoding="utf-8"))):
            if row["method"] == "hardware-capex-energy":
                ours = found[row["model"], "amortized"]
                assert str(ours["started_on"]) == row["as_of"]
                assert str(ours["available_on"]) == row["price_date"]
                assert ours["chip"] == row["hardware"]
                assert ("imputed_chip" in ours["flags"]) == (row["hardware_imputed"] == "True")
                for part in ("interconnect", "energy"):
                    name = {"interconnect": "cluster_level_interconnect_cost"}.get(part, "energy_cost")
                    if row[name]:
                        assert ours[f"{part}_cost_usd"] == pytest.approx(float(row[name]), rel=1e-9)
            if row["method"] == "cloud":
                ours = found[row["model"], "rental"]
                assert (ours["price_vendor"], ours["price_hardware_name"]) == (row["vendor"], row["price_hardware"])
                assert (str(ours["price_observed_on"]), str(ours["acquired_on"])) == (row["price_date"], row["as_of"])

    def test_how_many_each_method_costs(self, published: DataFolder) -> None:
        by_basis = {
            row["price_basis"]: row["costed"]
            for row in rows_of(
                published,
                "select price_basis, count(published_method_cost_usd) as costed "
                "from core.published_method_costs group by all",
            )
        }
        assert by_basis == {"amortized": 48, "purchase": 28, "rental": 23}
        looked_ahead = rows_of(
            published,
            "from core.published_method_costs where price_basis = 'rental' and price_observed_on > acquired_on "
            "and published_method_cost_usd is not null",
        )
        assert len(looked_ahead) == 10
        assert max((row["price_observed_on"] - row["acquired_on"]).days for row in looked_ahead) == 488
        costed = "select count(distinct model_name) as n from core.epoch_costs where cost_mid_usd is not null"
        assert rows_of(published, costed)[0]["n"] >= 728
        assert rows_of(published, f"{costed} and price_basis <> 'purchase'")[0]["n"] >= 628

    def test_reasons_are_the_inputs_that_differ(self, published: DataFolder) -> None:
        check_differences(published)
        reasons = {
            (row["model_name"], row["price_basis"]): row["difference_reason"].split("; ")
            for row in rows_of(published, "from marts.method_comparison")
        }
        same_price = ("AlphaStar", "Gopher (280B)", "Meena", "Switch", "T5-11B", "AlphaGo Master", "GNMT")
        for name in (*same_price, "DeepSpeech2 (English)"):
            assert "list_price" not in reasons[name, "amortized"], name
        for name in ("AlphaStar", "Gopher (280B)", "Switch", "T5-11B"):
            assert reasons[name, "amortized"][0] == "chip_power", name
        for name in ("GNMT", "DeepSpeech2 (English)"):
            assert reasons[name, "amortized"][0] == "availability", name
        assert reasons["AlphaGo Master", "amortized"][0] == "constants"
        assert reasons["DeepSpeech2 (English)", "purchase"] == ["server_and_network"]
        assert reasons["Megatron-Turing NLG 530B", "purchase"] == ["list_price", "network"]
        assert "hours" in reasons["Gemini 1.0 Ultra", "rental"]

    def test_the_rule_that_chose_is_told_for_each_figure(self, published: DataFolder) -> None:
        found = {(row["model_id"], row["quantity"]): row for row in rows_of(published, "from marts.epoch_conflicts")}
        assert found["gpt-3-175b", "gpu_hours"]["chosen_by"] == "derived_from_compute"
        assert found["gpt-3-175b", "gpu_hours"]["is_conflict"]
        assert found["gpt-4", "gpu_hours"]["chosen_by"] == "third_party_estimate"
        assert found["llama-3-1-405b", "gpu_hours"]["chosen_by"] == "developer_states"
        assert found["afm-server", "gpu_count"]["chosen_by"] == "quoted_elsewhere"
        assert found["llama-3-1-405b", "training_compute_flop"]["chosen_by"] == "derived_from_tokens"
        assert found["deepseek-v3", "training_compute_flop"]["chosen_by"] == "derived_from_hours"
        chips = {model for (model, quantity), row in found.items() if quantity == "chip" and row["is_conflict"]}
        assert chips == {"pixart-alpha", "phi-3-5-vision", "skywork-13b", "s1-32b"}
        only_epoch = "from marts.epoch_conflicts where quantity = 'training_compute_flop' and chosen_by = 'only_epoch'"
        known = "from marts.training_compute where scope = 'own' and training_compute_flop is not null"
        assert not {row["model_id"] for row in rows_of(published, only_epoch)} & {
            row["model_id"] for row in rows_of(published, known)
        }

    def test_corrupt_cells_are_told_and_no_model_is_lost(self, published: DataFolder) -> None:
        emptied = rows_of(
            published,
            "select column_name, count(*) as n from quality.rejected_rows "
            "where table_name = 'staging.epoch__models' and not is_set_aside group by all order by all",
        )
        assert emptied == [
            {"column_name": "finetune_compute_flop", "n": 76},
            {"column_name": "utilization_ratio", "n": 1},
        ]
        assert rows_of(published, "select count(*) as n from core.epoch_models")[0]["n"] == 1_890
        twice = "select distinct record_id from quality.rejected_rows where check_name = 'duplicate'"
        assert rows_of(published, twice) == [{"record_id": "P-LLama3"}]

    def test_no_rental_price_of_ours_is_dated_after_the_start(self, published: DataFolder) -> None:
        late = "from core.epoch_costs where price_basis = 'rental' and price_observed_on > started_on"
        assert rows_of(published, late) == []
        prices = "from core.epoch_costs where price_basis = 'rental' and cost_mid_usd is not null"
        assert len(rows_of(published, prices)) > 400


# ---- broken input


class Bench(Workbench):
    """A workbench in memory."""

    def __init__(self, tables: dict[str, pl.DataFrame]) -> None:
        self.as_of = AS_OF
        self.tables = tables

    def read(self, declared: Table) -> pl.DataFrame:
        """A table made before."""
        return self.tables[declared.name]


@pytest.fixture(scope="module")
def around(ledger_folder: DataFolder) -> dict[str, pl.DataFrame]:
    """Every other table the costs of Epoch's models are computed from."""
    reading = reference.SOURCE.read(ROOT / "data")
    wanted = (epoch_inputs.StagedEpochModelMap, epoch_inputs.StagedEpochHardwareMap)
    maps = {table_of(each).name: stage(table_of(each), reading.raw[table_of(each).name]).rows for each in wanted}
    kept: tuple[type[Contract], ...] = tuple(
        contract
        for contract in {
            *(table.contract for step in COSTS if step.table.contract in OURS for table in step.reads),
        }
        if table_of(contract).schema_name == "core" and contract not in OURS
    )
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        return maps | {
            table_of(each).name: as_contract(table_of(each), connection.sql(f"from {table_of(each).name}").pl())
            for each in kept
        }


Costs = dict[tuple[str, str, str], Row]


def computed(folder: Path, around: dict[str, pl.DataFrame]) -> tuple[Costs, pl.DataFrame]:
    """Costs by method, model and basis from the files of a folder, and what was set aside."""
    data = DataFolder(folder.parent / f"{folder.name}-data")
    shutil.rmtree(data.root, ignore_errors=True)
    (data.root / "epoch").mkdir(parents=True)
    for file in source.FILES:
        shutil.copy(folder / file.published_as, data.root / file.name)
    reading = source.read(data.root)
    staged = {table.name: stage(table, reading.raw[table.name]) for table in source.SOURCE.tables}
    bench = Bench(around | {name: found.rows for name, found in staged.items()})
    for step in ordered(COSTS):
        if step.table.contract in OURS:
            bench.tables[step.table.name] = step.run(bench).rows
    costs: Costs = {}
    for method, contract, amount in (
        ("published", epoch.PublishedMethodCosts, "published_method_cost_usd"),
        ("default", epoch.EpochCosts, "cost_mid_usd"),
    ):
        for row in bench.tables[table_of(contract).name].to_dicts():
            costs[method, row["model_name"], row["price_basis"]] = {**row, "amount": row[amount]}
    return costs, pl.concat([reading.rejected, *(found.rejected for found in staged.values())])


@pytest.fixture(scope="module")
def clean(around: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Costs:
    """Costs of the fixture as it is; nothing in it is set aside."""
    folder = tmp_path_factory.mktemp("clean") / "epoch"
    shutil.copytree(FIXTURE, folder)
    costs, rejected = computed(folder, around)
    assert rejected.is_empty()
    return costs


Edit = Callable[[list[Row]], None]


def found(rows: list[Row], where: str) -> Row:
    """The row of a model, or the one that has a cell like this."""
    [row] = [row for row in rows if (row["Model"] == where if "Model" in row else where in row.values())]
    return row


def cell(where: str, column: str, value: str) -> Edit:
    """Write a cell of a row."""

    def edit(rows: list[Row]) -> None:
        row = found(rows, where)
        row[column] = value

    return edit


def copied(where: str, **changes: str) -> Edit:
    """Add a copy of a row, with changes."""

    def edit(rows: list[Row]) -> None:
        row = found(rows, where)
        rows.append(row | changes)

    return edit


def removed(where: str) -> Edit:
    """Take a row out."""

    def edit(rows: list[Row]) -> None:
        row = found(rows, where)
        rows.remove(row)

    return edit


ALDER, BIRCH, IRIS = "Alder 40B", "Birch", "Iris Small"
QUANTITY, HOURS, CHIP_HOURS = "Hardware quantity", "Training time (hours)", "Training chip-hours"
MFU, COMPUTE, TUNED = "Hardware utilization (MFU)", "Training compute (FLOP)", "Finetune compute (FLOP)"
HARDWARE, DAY, RANK = "Training hardware", "Publication date", "Compute rank when published"
A100, V100, ARBOR = "NVIDIA A100 SXM4 40 GB", "NVIDIA V100", "Arbor GPU One"
TENSOR, POWER = "Tensor-FP16/BF16 performance (FLOP/s)", "TDP (W)"
BOUGHT, ON_DEMAND, THREE_YEARS = (
    "Price (hardware purchase)",
    "Price per chip-hour (on-demand)",
    "Price per chip-hour (3-year CUD)",
)
RELEASE, RELEASE_PRICE = "Release date", "Release price (USD)"
BAD_NUMBERS = ("0", "-512", "many", "1e99", "nan", "inf", "1,000", "0x10", "--")

BAD_PRICES = ("$0.01", "call us", "$1,2,5,0.00", "$1250000000", "1.250,00", "-1250", "$1e3")
CHEAP = {BOUGHT: "100", "Price date": "2019-01-01"}

BROKEN: list[tuple[str, str, Edit]] = [
    *((f"quantity {bad}", MODELS, cell(ALDER, QUANTITY, bad)) for bad in BAD_NUMBERS),
    ("quantity of half a chip", MODELS, cell(ALDER, QUANTITY, "512.5")),
    *((f"hours {bad}", MODELS, cell(ALDER, HOURS, bad)) for bad in BAD_NUMBERS),
    *((f"chip-hours {bad}", MODELS, cell(BIRCH, CHIP_HOURS, bad)) for bad in BAD_NUMBERS),
    *((f"utilization {bad}", MODELS, cell("Ginkgo", MFU, bad)) for bad in (*BAD_NUMBERS, "37.5", "1.01")),
    *((f"compute {bad}", MODELS, cell("Cedar 7B", COMPUTE, bad)) for bad in (*BAD_NUMBERS, "2", "2.0", "3.14")),
    *((f"fine-tune {bad}", MODELS, cell("Dogwood Tuned", TUNED, bad)) for bad in (*BAD_NUMBERS, "3", "3.5")),
    *((f"day {bad}", MODELS, cell(ALDER, DAY, bad)) for bad in ("", "soon", "15.06.2022", "2022-13-45", "2022")),
    ("day past every series", MODELS, cell(ALDER, DAY, "2031-06-15")),
    ("day before every series", MODELS, cell(ALDER, DAY, "1989-06-15")),
    *((f"rank {bad}", MODELS, cell(ALDER, RANK, bad)) for bad in ("first", "0", "-1", "1.5", "")),
    ("no chip", MODELS, cell(ALDER, HARDWARE, "")),
    ("an unknown chip that contains a known name", MODELS, cell(ALDER, HARDWARE, "NVIDIA A100X SXM4 40 GB")),
    ("a known chip that contains another family's name", MODELS, cell(ALDER, HARDWARE, "Arbor A100X")),
    ("a chip in other letters", MODELS, cell(ALDER, HARDWARE, "nvidia a100 sxm4 40 gb")),
    ("a list of chips", MODELS, cell(ALDER, HARDWARE, f"{A100},{V100}")),
    ("a list with an unknown chip", MODELS, cell(ALDER, HARDWARE, f"{A100},Unknown")),
    ("a list with another separator", MODELS, cell(ALDER, HARDWARE, f"{A100};{V100}")),
    ("a duplicate name", MODELS, copied(ALDER, **{QUANTITY: "8.0"})),
    ("a duplicate row", MODELS, copied(ALDER)),
    ("a duplicate name but for a space", MODELS, copied(ALDER, Model=f"{ALDER} ", **{QUANTITY: "8.0"})),
    ("no name", MODELS, cell(ALDER, "Model", "")),
    ("a base model that is not there", MODELS, cell(ALDER, "Base model", "Nothing")),
    *((f"power {bad}", CHIPS, cell(A100, POWER, bad)) for bad in (*BAD_NUMBERS, "")),
    *((f"peak {bad}", CHIPS, cell(V100, TENSOR, bad)) for bad in BAD_NUMBERS),
    *((f"release of the chip {bad}", CHIPS, cell(A100, "Release date", bad)) for bad in ("", "May 2020", "0")),
    ("a chip that is gone", CHIPS, removed(A100)),
    ("a chip that stands twice", CHIPS, copied(A100, **{POWER: "1.0"})),
    *((f"purchase price {bad}", PRICES, cell("24000.00", BOUGHT, bad)) for bad in BAD_NUMBERS),
    *((f"rental price {bad}", PRICES, cell("1.50", THREE_YEARS, bad)) for bad in BAD_NUMBERS),
    *((f"price of a chip of its own {bad}", PRICES, cell("0.50", ON_DEMAND, bad)) for bad in BAD_NUMBERS),
    *((f"day of a price {bad}", PRICES, cell("24000.00", "Price date", bad)) for bad in ("", "June", "2020-06-31")),
    *((f"day of a rental price {bad}", PRICES, cell("1.50", "Price date", bad)) for bad in ("", "June")),
    # in another unit, or by orders of magnitude off
    *((f"price of a chip of its own {bad}", PRICES, cell("0.50", ON_DEMAND, bad)) for bad in ("1e-7", "50", "500.5")),
    *((f"purchase of a chip of its own {bad}", PRICES, cell("1200.00", BOUGHT, bad)) for bad in ("0.001", "1200000")),
    *((f"purchase price {bad}", PRICES, cell("24000.00", BOUGHT, bad)) for bad in ("24", "240", "2400000", "24000000")),
    *((f"rental price {bad}", PRICES, cell("1.50", THREE_YEARS, bad)) for bad in ("0.0015", "0.015", "150", "1500")),
    *((f"release price {bad}", CHIPS, cell(ARBOR, RELEASE_PRICE, bad)) for bad in BAD_PRICES),
    *((f"peak {bad}", CHIPS, cell(A100, TENSOR, bad)) for bad in ("312", "312000", "3.12e11", "3.12e17")),
    *((f"power {bad}", CHIPS, cell(A100, POWER, bad)) for bad in ("0.4", "400000")),
    *((f"release of the chip {bad}", CHIPS, cell(A100, RELEASE, bad)) for bad in ("1950-01-01", "2035-01-01")),
    *((f"utilization {bad}", MODELS, cell("Ginkgo", MFU, bad)) for bad in ("1e-9", "0.0003", "0.003", "0.03", "1")),
    *((f"hours {bad}", MODELS, cell(ALDER, HOURS, bad)) for bad in ("2593800", "43230", "30.02", "1e-9")),
    ("hours in seconds of a small model", MODELS, cell(IRIS, HOURS, "86400")),
    *((f"chip-hours {bad}", MODELS, cell(BIRCH, CHIP_HOURS, bad)) for bad in ("30", "3000", "3e6", "1e-5", "3e10")),
    *((f"fine-tune {bad}", MODELS, cell("Dogwood Tuned", TUNED, bad)) for bad in ("2e23", "3.5e24", "3.5e29")),
    *((f"day {bad}", MODELS, cell(ALDER, DAY, bad)) for bad in ("2012-06-15", "1922-06-15")),
    # rows that are too many, and names that are nobody's
    ("a clone in the table of prices", PRICES, copied("24000.00", **{"Hardware model": "NVIDIA A100 clone"} | CHEAP)),
    ("a chip that stands twice with other peaks", CHIPS, copied(A100, **{TENSOR: "312000000000"})),
    ("a chip of its own that stands twice", CHIPS, copied(ARBOR, **{POWER: "1.0"})),
    ("a chip that is gone and has a price", CHIPS, removed("NVIDIA A100")),
    ("a model that is its own base", MODELS, cell(ALDER, "Base model", ALDER)),
    ("a base of that name but for a letter", MODELS, cell("Hazel Tuned", "Base model", "Alder 40b")),
    *((f"index {bad}", INDEX, cell("2022-06-01", "PCU518210518210", bad)) for bad in ("", "0", "-1", "x")),
    ("an index month twice", INDEX, copied("2022-06-01", PCU518210518210="1.0")),
    ("an index without its last month", INDEX, removed("2025-06-01")),
]
"""What is broken: a name, the file, and how."""

CORRECT = [
    ("a space behind a chip", MODELS, cell(ALDER, HARDWARE, f"{A100} ")),
    ("a space around a number", MODELS, cell(ALDER, QUANTITY, " 512 ")),
    ("a number with an exponent", MODELS, cell(ALDER, QUANTITY, "5.12e2")),
    ("a space behind a vendor", PRICES, cell("1.50", "Vendor", "Amazon Web Services ")),
    ("a space behind a priced chip", PRICES, cell("1.50", "Hardware model", "NVIDIA A100 ")),
    ("a price row twice", PRICES, copied("0.50")),
    ("a purchase row twice", PRICES, copied("1200.00")),
    ("a release price with a thousand and no cents", CHIPS, cell(ARBOR, RELEASE_PRICE, "1250")),
    ("a space behind a chip of the table", CHIPS, cell(A100, "Hardware name", f"{A100} ")),
]


def write(folder: Path, name: str, edit: Edit) -> None:
    """Change one file of a folder."""
    text = (FIXTURE / name).read_text(encoding="utf-8-sig")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = list(reader)
    edit(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(reader.fieldnames or []), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def broken(tmp_path: Path, name: str, edit: Edit, around: dict[str, pl.DataFrame]) -> tuple[Costs, pl.DataFrame]:
    """What comes of the fixture with one thing changed."""
    folder = tmp_path / "epoch"
    shutil.copytree(FIXTURE, folder)
    write(folder, name, edit)
    return computed(folder, around)


def is_the_same(one: Row, other: Row) -> bool:
    """Whether two rows say the same amount."""
    if one["amount"] is None or other["amount"] is None:
        return one["amount"] is other["amount"]
    return float(one["amount"]) == pytest.approx(float(other["amount"]), rel=1e-12)


@pytest.mark.parametrize(("what", "name", "edit"), BROKEN, ids=[what for what, _, _ in BROKEN])
def test_a_broken_input_stops_nothing_and_gives_no_silent_wrong_cost(
    what: str, name: str, edit: Edit, around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path
) -> None:
    """A cost that is not what it was says why: it is gone with a reason, or carries a flag it did not carry before."""
    costs, rejected = broken(tmp_path, name, edit, around)
    told = rejected.height > 0
    for key, row in costs.items():
        amount = row["amount"]
        assert amount is None or 0 < float(amount) < 1e15
        before = clean.get(key)
        if before is None:
            assert row["amount"] is None or {"duplicate_name"} & set(row["flags"]) or key[1] != ALDER, key
            continue
        if not is_the_same(row, before):
            new_flags = set(row["flags"]) - set(before["flags"])
            assert new_flags or row["cost_missing_reason"], (key, row["flags"])
            told = True
    told = told or set(clean) != set(costs)
    told = told or any(set(row["flags"]) != set(clean[key]["flags"]) for key, row in costs.items() if key in clean)
    assert told, "nothing says that anything is wrong"
    untouched = {key for key in clean if key[1] == "Fir 2 ".rjust(7)} if name == MODELS else set()
    assert all(is_the_same(costs[key], clean[key]) for key in untouched)


@pytest.mark.parametrize(("what", "name", "edit"), CORRECT, ids=[what for what, _, _ in CORRECT])
def test_what_can_be_read_is_costed_right(
    what: str, name: str, edit: Edit, around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path
) -> None:
    costs, rejected = broken(tmp_path, name, edit, around)
    assert rejected.is_empty()
    assert {key for key in clean if not is_the_same(costs[key], clean[key])} == set()


@pytest.mark.parametrize("listed", [f"{A100},", f"{A100}, {A100}"])
def test_a_list_of_one_chip_is_a_list_to_the_published_method_and_one_chip_to_ours(
    listed: str, around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path
) -> None:
    costs, rejected = broken(tmp_path, MODELS, cell(ALDER, HARDWARE, listed), around)
    assert rejected.is_empty()
    changed = {key for key in clean if not is_the_same(costs[key], clean[key])}
    assert changed == {("published", ALDER, basis) for basis in ("amortized", "purchase", "rental")}
    assert {costs[key]["cost_missing_reason"] for key in changed} == {"several_chips"}


def test_a_cell_is_lost_and_not_its_model(around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path) -> None:
    costs, rejected = broken(tmp_path, MODELS, cell(ALDER, QUANTITY, "-512"), around)
    [finding] = rejected.to_dicts()
    assert (finding["record_id"], finding["column_name"], finding["value"]) == (ALDER, "gpu_count", "-512")
    assert (finding["line"], finding["is_set_aside"]) == (2, False)
    row = costs["published", ALDER, "amortized"]
    assert row["hours_basis"] == "compute"
    assert "cell_set_aside" in row["flags"]
    assert costs["published", ALDER, "rental"]["cost_missing_reason"] == "set_aside"


def test_a_torn_row_is_told_with_its_line(around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path) -> None:
    folder = tmp_path / "epoch"
    shutil.copytree(FIXTURE, folder)
    path = folder / CHIPS
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:-1], lines[-1].split(",")[0]]) + "\n", encoding="utf-8")
    costs, rejected = computed(folder, around)
    assert rejected["reason"].to_list() == [
        "the row has 1 cells, the header 11: download the snapshot again and import it"
    ]
    assert rejected["line"].to_list() == [7]
    assert all(is_the_same(costs[key], clean[key]) for key in clean)


def test_everything_broken_at_once_is_published(ledger_folder: DataFolder, tmp_path: Path) -> None:
    """One run over a snapshot with every fault of the table of models that leaves its name."""
    files = tmp_path / "epoch"
    shutil.copytree(FIXTURE, files)

    def all_at_once(rows: list[Row]) -> None:
        [alder] = [row for row in rows if row["Model"] == ALDER]
        for number, (_, name, edit) in enumerate(BROKEN):
            if name == MODELS:
                mine = [row | {"Model": row["Model"] + f" {number}"} for row in rows[:10]]
                edits = [dict(row, Model=row["Model"].rsplit(" ", 1)[0]) for row in mine]
                edit(edits)
                rows += [row | {"Model": f"{row['Model']} {number}"} for row in edits if row["Model"]]
        assert alder in rows

    write(files, MODELS, all_at_once)
    shutil.copytree(ledger_folder.root, tmp_path / "data")
    folder = DataFolder(tmp_path / "data")
    import_epoch(folder, str(files))
    build(folder, AS_OF)
    assert len(rows_of(folder, "from core.epoch_models")) > 500
    wrong = "from core.published_method_costs where published_method_cost_usd <= 0 or isinf(published_method_cost_usd)"
    assert rows_of(folder, wrong) == []
    assert rows_of(folder, "from quality.check_results where not has_passed and severity = 'ERROR'") == []


def test_a_release_says_which_bytes_of_the_tables_it_was_made_from(ledger_folder: DataFolder, tmp_path: Path) -> None:
    shutil.copytree(ledger_folder.root, tmp_path / "data")
    folder = DataFolder(tmp_path / "data")
    import_epoch(folder, str(FIXTURE))
    build(folder, AS_OF)
    told = "select input_fingerprint from history.releases order by published_at desc limit 1"
    assert rows_of(folder, told) == [{"input_fingerprint": input_fingerprint(folder)}]
    path = tmp_path / "data" / "epoch" / "models.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert rows_of(folder, told) != [{"input_fingerprint": input_fingerprint(folder)}]


def test_a_carriage_return_in_a_cell_ends_no_row(tmp_path: Path) -> None:
    """Epoch's table of chips has one, outside of quotes."""
    folder = DataFolder(tmp_path)
    import_epoch(folder, str(FIXTURE))
    path, name = tmp_path / "epoch" / "hardware.csv", "staging.epoch__hardware"
    before, trimmed = source.read(tmp_path).raw[name].drop("file_sha256"), pl.col("hardware_name").str.strip_chars()
    path.write_bytes(path.read_bytes().replace(b"\nNVIDIA A100,", b"\nNVIDIA A100\r,"))
    at_once = source.read(tmp_path)
    path.write_bytes(path.read_bytes() + b"one cell\n")
    row_by_row = source.read(tmp_path)
    assert at_once.rejected.is_empty()
    assert row_by_row.rejected["reason"].to_list() == [
        "the row has 1 cells, the header 11: download the snapshot again and import it"
    ]
    for reading in (at_once, row_by_row):
        assert "NVIDIA A100" in reading.raw[name]["hardware_name"].str.strip_chars()
        assert reading.raw[name].select(before.columns).with_columns(trimmed).equals(before.with_columns(trimmed))


def test_a_row_too_short_beside_one_too_long_are_both_told(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    import_epoch(folder, str(FIXTURE))
    path = tmp_path / "epoch" / "hardware.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    lines[1], lines[2] = lines[1].rsplit(",", 1)[0], f"{lines[2]},"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    assert source.read(tmp_path).rejected["line"].to_list() == [3, 4]


def test_broken_bytes_lose_their_row_alone(tmp_path: Path) -> None:
    """Where the cell is read; others may have any bytes."""
    folder = DataFolder(tmp_path)
    import_epoch(folder, str(FIXTURE))
    path, name = tmp_path / "epoch" / "models.csv", "staging.epoch__models"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"An invented model", b"An inv\xffnted model", 1))
    reading = source.read(tmp_path)
    assert (reading.raw[name].height, reading.rejected.height) == (11, 0)
    path.write_bytes(whole.replace(b"\nBirch,", b"\nB\xffrch,", 1))
    reading = source.read(tmp_path)
    assert "Birch" not in reading.raw[name]["model_name"]
    assert reading.raw[name].height == 10
    [finding] = reading.rejected.to_dicts()
    assert finding["reason"] == "the cell 'Model' is not UTF-8: download the snapshot again and import it"
    assert (finding["record_id"], finding["line"], finding["is_set_aside"]) == ("B?rch", 4, True)
    result = invoke(DataFolder(tmp_path), "import", "epoch", str(tmp_path / "epoch"), "--json")
    assert json.loads(result.stdout)["files"][0]["set_aside_count"] == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("models", None, "no record can be used: no row below the header can be read"),
        ("hardware", b"", "the file is empty"),
        ("hardware_prices", b"Hardware model\rPrice date\rVendor\r", "a carriage return in the header ends no line"),
    ],
)
def test_a_table_without_rows_is_told_and_the_others_are_read(
    name: str, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    folder = DataFolder(tmp_path)
    import_epoch(folder, str(FIXTURE))
    path = tmp_path / "epoch" / f"{name}.csv"
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n" if content is None else content)
    reading = source.read(tmp_path)
    [finding] = reading.rejected.to_dicts()
    assert (finding["table_name"], finding["file"]) == (f"staging.epoch__{name}", f"epoch/{name}.csv")
    assert finding["reason"].startswith(reason)
    filled = {table for table, rows in reading.raw.items() if rows.height}
    assert filled == {f"staging.epoch__{file.table}" for file in source.FILES} - {f"staging.epoch__{name}"}
    with pytest.raises(ImportRefusedError, match=reason):
        import_epoch(folder, str(tmp_path / "epoch"))


def test_a_quote_that_is_left_open_says_how_far_it_reaches(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    import_epoch(folder, str(FIXTURE))
    path = tmp_path / "epoch" / "hardware.csv"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:3], b'"' + lines[3], *lines[4:]]))
    [finding] = source.read(tmp_path).rejected.to_dicts()
    assert (finding["line"], "and it reaches to line 6: download" in finding["reason"]) == (4, True)


def test_the_battery_is_as_long_as_the_claim() -> None:
    """Broken inputs of the published method's program that were tried: 75, of which 28 stop it."""
    assert len(BROKEN) >= 75
    assert len({what for what, _, _ in BROKEN}) == len(BROKEN)


def test_models_cost_the_same_together_and_in_parts(
    around: dict[str, pl.DataFrame], clean: Costs, tmp_path: Path
) -> None:
    """By the ledger's own rules; the published method takes chips that are not named from the other models."""
    parts: Costs = {}
    for part in range(3):
        folder = tmp_path / f"part-{part}"
        shutil.copytree(FIXTURE, folder)
        header, *rows = csv.reader(io.StringIO((FIXTURE / MODELS).read_text(encoding="utf-8"), newline=""))
        with (folder / MODELS).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows[part::3]])
        parts |= computed(folder, around)[0]

    def of_ours(costs: Costs) -> Costs:
        """But for the flags that look at other models."""
        return {
            key: {
                **row,
                "flags": [flag for flag in row["flags"] if flag not in ("base_not_listed", "implausible_compute")],
            }
            for key, row in costs.items()
            if key[0] == "default"
        }

    assert of_ours(parts) == of_ours(clean)
    assert len({model for _, model, _ in of_ours(clean)}) > 3
