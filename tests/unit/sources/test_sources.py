"""Each source on a tiny folder: what it reads, what it sets aside, and that it never stops at a bad file."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.table import TABLES
from pipelines.contracts.validation import REJECTED
from pipelines.sources import SOURCES, corrections, disclosures, prices, reference
from pipelines.sources.source import Reading, Source
from tests.unit.sources.files import write

MODEL = """\
# a comment
model_id: parent-1
name: Parent 1
developer: Lab
built_on:
  - parent_model_id: base-1
    relation: weights
    counts_in: cumulative
    source_id: report
phases:
  - phase_id: parent-1__pretraining
    phase: pretraining
    row_role: primary
    source_id: report
    locator: Table 1
    confidence: verified
    gpu_hours: {value: 100, low: 90, high: 110, locator: Table 2}
    gpu_count: 8
    tokens: {low: 1e12, high: 2e12}
    stated_price_usd_per_gpu_hour: {value: 2.00, source_id: other}
"""
CLAIM = """\
- claim_id: claim-1
  model_id: parent-1
  covers_phase_ids:
    - parent-1__pretraining
    - parent-1__sft
  expect: {covered_cost_usd: 200, verdict: agrees}
"""
METHODS = """\
- method_id: ledger
  method_version: "1"
  constants:
    - constant_id: one
      value: 1
    - constant_id: two
      value: 2
"""


def rejections(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    return reading.rejected.select(columns or ("file", "line", "record_id", "model_id")).rows()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
class TestEverySource:
    def test_reads_exactly_its_own_tables(self, source: Source, tmp_path: Path) -> None:
        reading = source.read(tmp_path)
        assert set(reading.raw) == {table.name for table in source.tables}
        assert source.tables

    def test_an_empty_folder_is_told_and_not_an_error(self, source: Source, tmp_path: Path) -> None:
        reading = source.read(tmp_path)
        assert all(frame.is_empty() for frame in reading.raw.values())
        assert source.is_optional == reading.rejected.is_empty()
        assert reading.rejected.schema == REJECTED.empty().schema
        assert reading.rejected["file"].null_count() == reading.rejected["reason"].null_count() == 0
        assert set(reading.rejected["table_name"]) <= set(reading.raw)

    def test_every_file_may_be_anything_else(self, source: Source, tmp_path: Path) -> None:
        """A folder, bytes, another document: each is set aside by name, and the reading goes on."""
        names = [pattern.replace("*", "x") for pattern in source.files] + [f"{source.name}/sources.yaml"]
        for number, content in enumerate((b"\xff\xfe\x00", b"", b"- 1\n- [2]\n", b"a: b: c", b'"', b"\n\n,,\n")):
            folder = tmp_path / str(number)
            for name in names:
                write(folder, name, content)
            source.read(folder)
        for name in names:
            (tmp_path / "folders" / name).mkdir(parents=True, exist_ok=True)
        assert source.read(tmp_path / "folders").rejected.height >= 1

    def test_every_table_has_a_raw_twin_of_text(self, source: Source, tmp_path: Path) -> None:
        for name, frame in source.read(tmp_path).raw.items():
            others = {column: dtype for column, dtype in frame.schema.items() if column != "line"}
            assert set(others.values()) == {pl.String()}
            assert set(frame.columns) - {"file_sha256"} == set(TABLES[name].dtypes)


class TestDisclosures:
    MODELS, EDGES = "staging.disclosures__models", "staging.disclosures__model_lineage"
    PHASES, QUANTITIES = "staging.disclosures__training_phases", "staging.disclosures__disclosed_quantities"

    def read(self, folder: Path, content: str | bytes = MODEL, name: str = "parent-1.yaml") -> Reading:
        write(folder, f"disclosures/{name}", content)
        return disclosures.read(folder)

    def test_one_file_is_a_model_its_edges_its_phases_and_their_numbers(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path)
        assert reading.rejected.is_empty()
        assert reading.raw[self.MODELS].select("model_id", "developer", "file", "line").rows() == [
            ("parent-1", "Lab", "disclosures/parent-1.yaml", 2)
        ]
        assert reading.raw[self.EDGES].select("child_model_id", "parent_model_id", "line").rows() == [
            ("parent-1", "base-1", 6)
        ]
        [phase] = reading.raw[self.PHASES].to_dicts()
        wanted = {
            "model_id": "parent-1",
            "line": 11,
            "gpu_hours": "100",
            "gpu_hours_low": "90",
            "gpu_hours_high": "110",
            "gpu_count": "8",
            "tokens_low": "1e12",
            "tokens_high": "2e12",
            "stated_price_usd_per_gpu_hour": "2.00",
            "stated_price_source_id": "other",
            "locator": "Table 1",
        }
        assert {key: phase[key] for key in wanted} == wanted

    def test_a_number_has_its_own_provenance_else_that_of_its_phase(self, tmp_path: Path) -> None:
        found = self.read(tmp_path).raw[self.QUANTITIES]
        columns = ("quantity", "value", "value_low", "value_high", "source_id", "locator", "confidence", "line")
        assert found.select(columns).rows() == [
            ("gpu_hours", "100", "90", "110", "report", "Table 2", "verified", 17),
            ("gpu_count", "8", None, None, "report", "Table 1", "verified", 18),
            ("tokens", None, "1e12", "2e12", "report", "Table 1", "verified", 19),
            ("stated_price_usd_per_gpu_hour", "2.00", None, None, "other", "Table 1", "verified", 20),
        ]

    def test_an_unknown_key_of_the_model_sets_the_file_aside(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, MODEL.replace("developer:", "develloper:"))
        assert rejections(reading) == [("disclosures/parent-1.yaml", 4, None, "parent-1")]
        assert "did you mean 'developer'?" in reading.rejected["reason"][0]
        assert all(frame.is_empty() for frame in reading.raw.values())

    def test_an_unknown_key_of_a_phase_sets_the_phase_aside(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, MODEL.replace("gpu_hours:", "gpu_hour:"))
        assert rejections(reading) == [("disclosures/parent-1.yaml", 17, "parent-1__pretraining", "parent-1")]
        assert "did you mean 'gpu_hours'?" in reading.rejected["reason"][0]
        assert reading.raw[self.PHASES].is_empty()
        assert reading.raw[self.QUANTITIES].is_empty()
        assert reading.raw[self.MODELS].height == reading.raw[self.EDGES].height == 1

    def test_an_unknown_key_of_an_edge_sets_the_edge_aside(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, MODEL.replace("relation:", "relations:"))
        assert rejections(reading) == [("disclosures/parent-1.yaml", 7, "base-1", "parent-1")]
        assert reading.raw[self.EDGES].is_empty()
        assert reading.raw[self.PHASES].height == 1

    @pytest.mark.parametrize(
        ("number", "fault"),
        [
            ("gpu_hours: {value: 1, unit: h}", "unknown key 'unit'"),
            ("gpu_hours: [1, 2]", "one value is wanted here"),
            ("gpu_hours: {value: {low: 1}}", "one value is wanted here"),
            ("gpu_count: {low: 1}", "gpu_count takes no 'low'"),
            ("tokens: 1e12", "tokens takes no 'value'"),
        ],
    )
    def test_a_number_of_another_shape_sets_its_phase_aside(self, tmp_path: Path, number: str, fault: str) -> None:
        name = number.partition(":")[0]
        line = next(line for line in MODEL.splitlines() if line.startswith(f"    {name}:"))
        reading = self.read(tmp_path, MODEL.replace(line, f"    {number}"))
        [(reason, record_id, where)] = rejections(reading, "reason", "record_id", "line")
        assert fault in str(reason)
        assert (record_id, where) == ("parent-1__pretraining", MODEL.splitlines().index(line) + 1)

    def test_lists_may_be_left_empty(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, "model_id: parent-1\nbuilt_on:\nphases:\n")
        assert reading.rejected.is_empty()
        assert reading.raw[self.MODELS].height == 1

    @pytest.mark.parametrize("content", ["- a\n", "a\n", "phases: {a: b}\nmodel_id: x\n", "built_on: x\nmodel_id: x\n"])
    def test_another_shape_sets_the_file_aside(self, tmp_path: Path, content: str) -> None:
        reading = self.read(tmp_path, content)
        [(file, line, _, model_id)] = rejections(reading)
        assert (file, model_id) == ("disclosures/parent-1.yaml", "parent-1")
        assert line is not None
        assert reading.raw[self.MODELS].is_empty()

    def test_a_model_without_an_id_is_known_by_its_file(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, MODEL.replace("model_id: parent-1\n", ""))
        assert reading.raw[self.MODELS]["model_id"].to_list() == [None]
        assert reading.raw[self.PHASES]["model_id"].to_list() == ["parent-1"]

    def test_one_bad_file_does_not_cost_the_others(self, tmp_path: Path) -> None:
        write(tmp_path, "disclosures/bad.yaml", b"\xff")
        (tmp_path / "disclosures/folder.yaml").mkdir()
        reading = self.read(tmp_path)
        assert reading.raw[self.MODELS]["model_id"].to_list() == ["parent-1"]
        assert [file for file, *_ in rejections(reading)] == ["disclosures/bad.yaml", "disclosures/folder.yaml"]

    @pytest.mark.parametrize("name", ["parent-1.yml", "parent-1.YAML", "sub/parent-1.yaml"])
    def test_a_file_that_is_not_read_is_told(self, tmp_path: Path, name: str) -> None:
        """A model must not be missing in silence because its file has another ending or lies a folder deeper."""
        write(tmp_path, "disclosures/other.yaml", MODEL.replace("parent-1", "other"))
        reading = self.read(tmp_path, name=name)
        assert any(Path(name).parts[0] in str(file) for file, *_ in rejections(reading))

    def test_a_file_name_that_is_no_text_is_told_in_text(self, tmp_path: Path) -> None:
        (tmp_path / "disclosures").mkdir()
        odd = os.fsdecode(os.fsencode(tmp_path / "disclosures") + b"/\xff.yaml")
        Path(odd).write_text("no model\n", encoding="utf-8")
        reading = self.read(tmp_path)
        assert reading.raw[self.MODELS]["model_id"].to_list() == ["parent-1"]
        [(file, *_)] = rejections(reading)
        assert str(file).encode()


class TestCorrections:
    CLAIMS = "staging.corrections__cost_claims"

    def read(self, folder: Path, content: str) -> Reading:
        write(folder, "corrections/claims.yaml", content)
        return corrections.read(folder)

    def test_a_claim_with_its_guard_is_one_row(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, CLAIM)
        assert reading.rejected.is_empty()
        [claim] = reading.raw[self.CLAIMS].to_dicts()
        assert claim["covers_phase_ids"] == "parent-1__pretraining;parent-1__sft"
        assert (claim["expected_covered_cost_usd"], claim["expected_verdict"]) == ("200", "agrees")
        assert (claim["file"], claim["line"]) == ("corrections/claims.yaml", 1)

    def test_a_claim_may_have_no_guard(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, CLAIM.replace("  expect: {covered_cost_usd: 200, verdict: agrees}\n", ""))
        assert reading.rejected.is_empty()
        assert reading.raw[self.CLAIMS]["expected_verdict"].to_list() == [None]

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("verdict: agrees", "verdicts: agrees", 6),
            ("{covered_cost_usd: 200, verdict: agrees}", "agrees", 6),
            ("model_id:", "models:", 2),
            ("  model_id: parent-1", "  expected_verdict: agrees", 2),
        ],
    )
    def test_a_claim_that_cannot_be_read_is_set_aside_alone(
        self, tmp_path: Path, old: str, new: str, line: int
    ) -> None:
        reading = self.read(tmp_path, CLAIM.replace(old, new) + CLAIM.replace("claim-1", "claim-2"))
        assert rejections(reading, "file", "line", "record_id") == [("corrections/claims.yaml", line, "claim-1")]
        assert reading.raw[self.CLAIMS]["claim_id"].to_list() == ["claim-2"]

    def test_a_word_in_the_list_is_set_aside_alone(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, f"{CLAIM}- claim\n")
        assert rejections(reading, "line", "record_id") == [(7, None)]
        assert reading.raw[self.CLAIMS].height == 1

    def test_a_mapping_instead_of_a_list_is_set_aside(self, tmp_path: Path) -> None:
        assert "a list is wanted here" in self.read(tmp_path, "claim_id: a\n").rejected["reason"][0]


class TestReference:
    CONSTANTS = "staging.reference__method_constants"

    def read(self, folder: Path, **files: str) -> Reading:
        for name, content in files.items():
            write(folder, f"reference/{name.replace('_yaml', '.yaml').replace('_csv', '.csv')}", content)
        return reference.read(folder)

    def of_file(self, reading: Reading, name: str) -> list[tuple[object, ...]]:
        return (
            reading.rejected.filter(pl.col("file") == f"reference/{name}").select("line", "record_id", "reason").rows()
        )

    def test_every_constant_carries_its_method(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, methods_yaml=METHODS)
        assert reading.raw[self.CONSTANTS].select(
            "method_id", "method_version", "constant_id", "value", "line"
        ).rows() == [
            ("ledger", "1", "one", "1", 4),
            ("ledger", "1", "two", "2", 6),
        ]
        assert self.of_file(reading, "methods.yaml") == []

    def test_a_bad_constant_is_set_aside_alone(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, methods_yaml=METHODS.replace("value: 1", "values: 1"))
        assert reading.raw[self.CONSTANTS]["constant_id"].to_list() == ["two"]
        [(line, record_id, reason)] = self.of_file(reading, "methods.yaml")
        assert (line, record_id) == (5, "ledger")
        assert "did you mean 'value'?" in str(reason)

    @pytest.mark.parametrize("old", ["method_version", "constants"])
    def test_an_unknown_key_of_a_method_is_told(self, tmp_path: Path, old: str) -> None:
        reading = self.read(tmp_path, methods_yaml=METHODS.replace(f"  {old}:", f"  {old}x:"))
        [(_, _, reason)] = self.of_file(reading, "methods.yaml")
        assert f"unknown key '{old}x'" in str(reason)

    def test_files_fail_one_by_one(self, tmp_path: Path) -> None:
        reading = self.read(
            tmp_path,
            sources_yaml="- source_id: report\n  title: A report\n",
            hardware_yaml="hardware_id: x\n",
            price_proxies_csv="hardware_id,price_proxy_hardware_id,reason\na,b,c\n",
            provider_map_csv="provider\nx\n",
            electricity_areas_csv="country,area,note\nUS,US,\n",
        )
        assert reading.raw["staging.reference__sources"]["source_id"].to_list() == ["report"]
        assert reading.raw["staging.reference__price_proxies"]["hardware_id"].to_list() == ["a"]
        assert reading.raw["staging.reference__electricity_areas"]["country"].to_list() == ["US"]
        assert set(reading.rejected["file"]) == {
            f"reference/{name}"
            for name in (
                *("hardware.yaml", "provider_map.csv", "accelerator_map.csv", "price_bounds.csv", "methods.yaml"),
                *("epoch_models.csv", "epoch_accelerators.csv", "method_rules.csv", "compute_rules.yaml"),
                "grid_intensities.csv",
            )
        }


class TestPrices:
    RATES = "staging.prices__exchange_rates"
    HEADER = "observed_on,base_currency,quote_currency,rate,source_id,confidence,locator"

    def read(self, folder: Path, content: str) -> Reading:
        write(folder, "prices/exchange_rates.csv", content)
        return prices.read(folder)

    def test_rows_by_column_name_with_their_lines(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, f"{self.HEADER}\n2024-01-02,EUR,USD,1.1,ecb,verified,\n")
        [row] = reading.raw[self.RATES].to_dicts()
        assert (row["rate"], row["file"], row["line"], row["locator"]) == ("1.1", "prices/exchange_rates.csv", 2, "")
        assert len(row["file_sha256"]) == 64

    def test_a_ragged_row_is_set_aside_alone(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, f"{self.HEADER}\n2024-01-02,EUR\n2024-01-03,EUR,USD,1.1,ecb,verified,\n")
        assert reading.raw[self.RATES]["line"].to_list() == [3]
        assert ("prices/exchange_rates.csv", 2) in rejections(reading, "file", "line")

    def test_another_header_sets_the_file_aside_and_names_both_columns(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, f"{self.HEADER.replace('rate', 'price')}\n2024-01-02,EUR,USD,1.1,ecb,verified,\n")
        reason = reading.rejected.filter(pl.col("table_name") == self.RATES)["reason"][0]
        assert "unknown column 'price', missing column 'rate'" in reason
        assert reading.raw[self.RATES].is_empty()

    def test_the_other_tables_are_read_all_the_same(self, tmp_path: Path) -> None:
        reading = self.read(tmp_path, f"{self.HEADER}\n")
        assert self.RATES not in set(reading.rejected["table_name"])
        assert reading.rejected.height == len(prices.TABLES) - 1
