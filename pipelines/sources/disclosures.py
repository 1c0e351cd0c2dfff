"""`data/disclosures/`: one YAML file a model, with its lineage and the phases of its training.

A number may stand bare or as a mapping of value, low and high with its own source, locator, confidence and
derivation; what it does not name it inherits from its phase.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.contracts.inputs import QUANTITY_COLUMNS
from pipelines.contracts.vocabulary import QUANTITY
from pipelines.sources.records import ONLY_YAML, keys_of, row_of, strays, unknown_key
from pipelines.sources.source import Reading, ReadingBuilder, Row, Source
from pipelines.sources.text import Node, TextFile, UnreadableError, printable, read_text, read_yaml

FOLDER = "disclosures"
LISTS = {"built_on": "model_lineage", "phases": "training_phases"}
NUMBER_KEYS = ("value", "low", "high", "source_id", "locator", "confidence", "derivation")
INHERITED = ("source_id", "locator", "confidence", "derivation")

MODEL_KEYS = keys_of("staging.disclosures__models")
EDGE_KEYS = [key for key in keys_of("staging.disclosures__model_lineage") if key != "child_model_id"]
PHASE_KEYS = [
    key
    for key in keys_of("staging.disclosures__training_phases")
    if key != "model_id" and key not in QUANTITY_COLUMNS.values()
]


def read(folder: Path) -> Reading:
    """Every model below `data/disclosures/`; a file that cannot be read is set aside whole."""
    builder = ReadingBuilder(FOLDER)
    paths = sorted((folder / FOLDER).glob("*.yaml"))
    if not paths:
        builder.set_file_aside("models", FOLDER, UnreadableError("no *.yaml file: add one file a model"))
    for stray in strays(folder / FOLDER, paths):
        error = UnreadableError(ONLY_YAML.format(folder=FOLDER))
        builder.set_file_aside("models", printable(stray.relative_to(folder).as_posix()), error, printable(stray.stem))
    for path in paths:
        try:
            if printable(path.name) != path.name:
                raise UnreadableError("the name of the file is not UTF-8: rename it")
            _read_model(builder, read_text(folder, path))
        except UnreadableError as error:
            builder.set_file_aside("models", printable(f"{FOLDER}/{path.name}"), error, printable(path.stem))
    return builder.result()


def _read_model(builder: ReadingBuilder, file: TextFile) -> None:
    document = read_yaml(file)
    mapping = document.mapping()
    head = {key: node for key, node in mapping.items() if key not in LISTS}
    for key in head:
        if key not in MODEL_KEYS:
            raise UnreadableError(unknown_key(key, [*MODEL_KEYS, *LISTS]), document.lines[key])
    model = row_of(Node(document.line, head, document.lines), MODEL_KEYS, file)
    model_id = str(model.get("model_id") or Path(file.name).stem)
    edges = mapping["built_on"].items() if "built_on" in mapping else []
    phases = mapping["phases"].items() if "phases" in mapping else []
    builder.add("models", model)
    for edge in edges:
        try:
            builder.add("model_lineage", {**row_of(edge, EDGE_KEYS, file), "child_model_id": model_id})
        except UnreadableError as error:
            _set_aside(builder, "model_lineage", file, edge, error, model_id)
    for phase in phases:
        try:
            row, quantities = _read_phase(phase, file)
        except UnreadableError as error:
            _set_aside(builder, "training_phases", file, phase, error, model_id)
            continue
        builder.add("training_phases", {**row, "model_id": model_id})
        for quantity in quantities:
            builder.add("disclosed_quantities", quantity)


def _set_aside(
    builder: ReadingBuilder, table: str, file: TextFile, node: Node, error: UnreadableError, model_id: str
) -> None:
    identity = (
        node.value.get("phase_id" if table == "training_phases" else "parent_model_id")
        if isinstance(node.value, dict)
        else None
    )
    record_id = identity.value if identity and isinstance(identity.value, str) else None
    builder.set_record_aside(table, file.name, error.line or node.line, record_id, None, error.remedy, model_id)


def _read_phase(phase: Node, file: TextFile) -> tuple[Row, list[Row]]:
    """A phase as one row, and its numbers as one row each."""
    mapping = phase.mapping()
    for key in mapping:
        if key not in PHASE_KEYS and key not in QUANTITY:
            raise UnreadableError(unknown_key(key, [*PHASE_KEYS, *QUANTITY]), phase.lines[key])
    plain = {key: node for key, node in mapping.items() if key not in QUANTITY}
    row = row_of(Node(phase.line, plain, phase.lines), PHASE_KEYS, file)
    quantities: list[Row] = []
    for quantity in QUANTITY:
        if quantity not in mapping:
            continue
        number = _number(mapping[quantity], file)
        for (name, part), column in QUANTITY_COLUMNS.items():
            if name == quantity and part in number:
                row[column] = number[part]
        unfit = [
            part for part in ("value", "low", "high") if number.get(part) and (quantity, part) not in QUANTITY_COLUMNS
        ]
        if unfit:
            raise UnreadableError(f"{quantity} takes no {unfit[0]!r}", mapping[quantity].line)
        quantities.append(
            {
                **{key: number.get(key) or row.get(key) for key in INHERITED},
                "phase_id": row.get("phase_id"),
                "quantity": quantity,
                "value": number.get("value"),
                "value_low": number.get("low"),
                "value_high": number.get("high"),
                "file": file.name,
                "line": phase.lines[quantity],
                "file_sha256": file.sha256,
            }
        )
    return row, quantities


def _number(node: Node, file: TextFile) -> Row:
    """A disclosed number: bare, or with its ends and its own provenance."""
    if not isinstance(node.value, dict):
        return {"value": node.text()}
    return row_of(node, NUMBER_KEYS, file)


SOURCE = Source(FOLDER, (f"{FOLDER}/*.yaml",), read)
