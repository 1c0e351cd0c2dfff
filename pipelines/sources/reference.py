"""`data/reference/`: sources, hardware, maps of price lists to hardware, electricity of countries, constants."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.records import keys_of, read_list, row_of, unknown_key
from pipelines.sources.source import Reading, ReadingBuilder, Source
from pipelines.sources.tables import read_table
from pipelines.sources.text import Node, TextFile, UnreadableError, read_text, read_yaml

FOLDER = "reference"
CSV_TABLES = (
    "accelerator_map",
    "provider_map",
    "price_proxies",
    "price_bounds",
    "epoch_models",
    "epoch_accelerators",
    "method_rules",
    "electricity_areas",
    "grid_intensities",
)
YAML_LISTS = ("sources", "hardware", "compute_rules")


def read(folder: Path) -> Reading:
    """Every record below `data/reference/`."""
    builder = ReadingBuilder(FOLDER)
    for table in YAML_LISTS:
        try:
            read_list(builder, table, read_text(folder, folder / FOLDER / f"{table}.yaml"))
        except UnreadableError as error:
            builder.set_file_aside(table, f"{FOLDER}/{table}.yaml", error)
    for table in CSV_TABLES:
        read_table(builder, folder, f"{FOLDER}/{table}.csv", table)
    try:
        _read_methods(builder, read_text(folder, folder / FOLDER / "methods.yaml"))
    except UnreadableError as error:
        builder.set_file_aside("method_constants", f"{FOLDER}/methods.yaml", error)
    return builder.result()


def _read_methods(builder: ReadingBuilder, file: TextFile) -> None:
    """A list of methods, each with a version and its constants."""
    inherited = ("method_id", "method_version")
    known = [key for key in keys_of("staging.reference__method_constants") if key not in inherited]
    for method in read_yaml(file).items():
        for key in method.mapping():
            if key not in (*inherited, "constants"):
                raise UnreadableError(unknown_key(key, [*inherited, "constants"]), method.lines[key])
        head = _scalars(method, inherited)
        constants = method.mapping().get("constants")
        for constant in constants.items() if constants else []:
            try:
                builder.add("method_constants", {**row_of(constant, known, file), **head})
            except UnreadableError as error:
                builder.set_record_aside(
                    "method_constants",
                    file.name,
                    error.line or constant.line,
                    head["method_id"],
                    None,
                    error.remedy,
                )


def _scalars(node: Node, keys: tuple[str, ...]) -> dict[str, str | None]:
    """The named scalars of a mapping; absent ones are None."""
    mapping = node.mapping()
    return {key: mapping[key].text() if key in mapping else None for key in keys}


SOURCE = Source(FOLDER, (f"{FOLDER}/*.yaml", f"{FOLDER}/*.csv"), read)
