"""The JSON schemas that editors use are derived from the contracts, and every data file keeps them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipelines.contracts.schema import FOLDER, schemas, text_of
from pipelines.paths import ROOT

DATA = ROOT / "data"
FILES = [
    *((path, "disclosure.schema.json") for path in sorted((DATA / "disclosures").glob("*.yaml"))),
    (DATA / "feeds.yaml", "feeds.schema.json"),
    (DATA / "corrections" / "claims.yaml", "claims.schema.json"),
    *((path, "scenario.schema.json") for path in sorted((DATA / "scenarios").glob("*.yaml"))),
    *(
        (DATA / "reference" / f"{name}.yaml", f"{name}.schema.json")
        for name in ("sources", "hardware", "methods", "compute_rules")
    ),
]


@pytest.mark.parametrize("name", list(schemas()))
def test_schema_in_the_repository_is_the_derived_one(name: str) -> None:
    """Regenerate with `python -m pipelines.contracts.schema`."""
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(schemas()[name])


@pytest.mark.parametrize("name", list(schemas()))
def test_schema_is_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def plain(value: object) -> object:
    """YAML as an editor sees it: dates are text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def faults(path: Path, name: str) -> list[str]:
    document = plain(yaml.safe_load(path.read_text(encoding="utf-8")))
    validator = jsonschema.Draft202012Validator(json.loads(text_of(schemas()[name])))
    return [f"{path.name}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def test_every_data_file_keeps_its_schema() -> None:
    assert not [fault for path, name in FILES for fault in faults(path, name)]


@pytest.mark.parametrize(("path", "name"), [FILES[0], *FILES[-9:]], ids=lambda value: getattr(value, "name", value))
def test_every_file_names_its_schema(path: Path, name: str) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == (FOLDER / name).resolve()


def test_a_misspelt_key_is_caught(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    text = (DATA / "disclosures" / "deepseek-v3.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("gpu_hours:", "gpu_hour:", 1), encoding="utf-8")
    assert any("gpu_hour" in fault for fault in faults(path, "disclosure.schema.json"))
