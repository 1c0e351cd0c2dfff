"""JSON schemas of the YAML files in `data/`, derived from the contracts so that editors complete and check them.

`python -m pipelines.contracts.schema` writes them to `data/reference/`; a test keeps them in step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipelines.contracts import feed_list, inputs, question_inputs
from pipelines.contracts.derive import columns
from pipelines.contracts.table import PLACE, Contract, Table, table_of
from pipelines.contracts.vocabulary import MAY_BE_ZERO, QUANTITY
from pipelines.paths import ROOT

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = ROOT / "data" / "reference"
JSON_TYPES = {
    pl.String: "string",
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Decimal: "number",
    pl.Boolean: "boolean",
    pl.Date: "string",
}
Schema = dict[str, object]


def _property(declared: Table, name: str) -> Schema:
    column = next(column for column in columns(declared) if column.name == name)
    unit = f" Unit: {column.unit}." if column.unit else ""
    found: Schema = {"description": f"{column.description}{unit}"}
    dtype = declared.dtypes[name]
    if dtype.base_type() == pl.List:
        return {**found, "type": "array", "items": {"type": "string"}}
    found["type"] = JSON_TYPES[dtype.base_type()]
    if dtype == pl.Date:
        found["format"] = "date"
    if column.allowed:
        found["enum"] = list(column.allowed)
    checks = declared.declared[name].checks
    for check in checks:
        if check.name == "str_matches" and check.statistics:
            pattern = check.statistics["pattern"]
            found["pattern"] = getattr(pattern, "pattern", pattern)
    return found


def record(contract: type[Contract], *, without: Iterable[str] = (), more: Schema | None = None) -> Schema:
    """Schema of one record of a staging table.

    Args:
        contract: of the staging table.
        without: columns that the reader fills.
        more: further keys of the file.
    """
    declared = table_of(contract)
    names = [name for name in declared.dtypes if name not in PLACE and name not in set(without)]
    required = [
        column.name
        for column in columns(declared)
        if column.name in names and not column.nullable and declared.dtypes[column.name].base_type() != pl.List
    ]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {name: _property(declared, name) for name in names} | (more or {}),
    }


def _quantity(name: str, unit: str) -> Schema:
    """A disclosed number: bare, or with its ends and its own provenance."""
    provenance = {
        key: _property(table_of(inputs.StagedDisclosedQuantities), key)
        for key in ("source_id", "locator", "confidence", "derivation")
    }
    least = {"minimum": 0} if name.startswith(MAY_BE_ZERO) else {"exclusiveMinimum": 0}
    ends = {key: {"type": "number", **least} for key in ("value", "low", "high")}
    bare: Schema = {"type": "number", **least}
    detailed: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": ends | provenance,
        "anyOf": [{"required": [key]} for key in ends],
    }
    return {"description": f"{name}. Unit: {unit}.", "oneOf": [bare, detailed]}


def _list_of(items: Schema, title: str) -> Schema:
    return {"$schema": DRAFT, "title": title, "type": "array", "items": items}


def schemas() -> dict[str, Schema]:
    """Every schema by file name."""
    phase = record(
        inputs.StagedTrainingPhases,
        without=("model_id", *inputs.QUANTITY_COLUMNS.values()),
        more={name: _quantity(name, unit) for name, unit in QUANTITY.items()},
    )
    lists: Schema = {
        "built_on": {"type": "array", "items": record(inputs.StagedModelLineage, without=("child_model_id",))},
        "phases": {"type": "array", "items": phase},
    }
    guard = {"covered_cost_usd": {"type": "number"}, "verdict": _property(_CLAIMS, "expected_verdict")}
    expect: Schema = {"expect": {"type": "object", "additionalProperties": False, "properties": guard}}
    constant = record(inputs.StagedMethodConstants, without=("method_id", "method_version"))
    method: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["method_id", "method_version", "constants"],
        "properties": {
            "method_id": {"type": "string"},
            "method_version": {"type": "string"},
            "constants": {"type": "array", "items": constant},
        },
    }
    changes: Schema = {
        key: {"type": "array", "items": record(contract, without=("scenario_id",))}
        for key, contract in (
            ("prices", question_inputs.StagedScenarioPrices),
            ("constants", question_inputs.StagedScenarioConstants),
        )
    }
    claims = record(inputs.StagedCostClaims, without=("expected_covered_cost_usd", "expected_verdict"), more=expect)
    return {
        "disclosure.schema.json": {
            "$schema": DRAFT,
            "title": "One model: what it is, what it was built on, and the phases of its training",
            **record(inputs.StagedModels, more=lists),
        },
        "sources.schema.json": _list_of(record(inputs.StagedSources), "Documents numbers were taken from"),
        "hardware.schema.json": _list_of(record(inputs.StagedHardware), "Accelerators"),
        "scenario.schema.json": {
            "$schema": DRAFT,
            "title": "One scenario: what is to be costed otherwise, and why",
            **record(question_inputs.StagedScenarios, without=("change_count",), more=changes),
        },
        "compute_rules.schema.json": _list_of(
            record(question_inputs.StagedComputeRules), "Rules of law that depend on the compute of a training run"
        ),
        "claims.schema.json": _list_of(claims, "Printed claims of a cost"),
        "feeds.schema.json": _list_of(record(feed_list.StagedFeeds), "Live feeds"),
        "methods.schema.json": _list_of(method, "Costing methods and their constants"),
    }


_CLAIMS = table_of(inputs.StagedCostClaims)


def text_of(schema: Schema) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write every schema."""
    for name, schema in schemas().items():
        (folder / name).write_text(text_of(schema), encoding="utf-8")


if __name__ == "__main__":
    write()
