"""`data/scenarios/`: one YAML file a scenario, with the prices and constants it gives other values."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.records import ONLY_YAML, keys_of, row_of, strays, unknown_key
from pipelines.sources.source import Reading, ReadingBuilder, Row, Source
from pipelines.sources.text import Node, TextFile, UnreadableError, printable, read_text, read_yaml

FOLDER = "scenarios"
COUNT = "change_count"
LISTS = {"prices": "scenario_prices", "constants": "scenario_constants"}


def read(folder: Path) -> Reading:
    """Every scenario below `data/scenarios/`; a data folder may have none."""
    builder = ReadingBuilder(FOLDER)
    paths = sorted((folder / FOLDER).glob("*.yaml"))
    for stray in strays(folder / FOLDER, paths):
        name = printable(stray.relative_to(folder).as_posix())
        builder.set_file_aside("scenarios", name, UnreadableError(ONLY_YAML.format(folder=FOLDER)))
    for path in paths:
        try:
            _read_scenario(builder, read_text(folder, path))
        except UnreadableError as error:
            builder.set_file_aside("scenarios", printable(f"{FOLDER}/{path.name}"), error)
    return builder.result()


def _read_scenario(builder: ReadingBuilder, file: TextFile) -> None:
    """A scenario, and what it changes; one change that cannot be read sets the whole scenario aside.

    A scenario with a price missing would be another scenario.
    """
    document = read_yaml(file)
    mapping = document.mapping()
    known = [key for key in keys_of(f"staging.{FOLDER}__scenarios") if key != COUNT]
    head = {key: node for key, node in mapping.items() if key not in LISTS}
    for key in head:
        if key not in known:
            raise UnreadableError(unknown_key(key, [*known, *LISTS]), document.lines[key])
    scenario = row_of(Node(document.line, head, document.lines), known, file)
    changes = [
        (table, _changes(mapping[key], table, scenario["scenario_id"], file))
        for key, table in LISTS.items()
        if key in mapping
    ]
    builder.add("scenarios", {**scenario, COUNT: str(sum(len(rows) for _, rows in changes))})
    for table, rows in changes:
        for row in rows:
            builder.add(table, row)


def _changes(node: Node, table: str, scenario_id: str | int | None, file: TextFile) -> list[Row]:
    known = [key for key in keys_of(f"staging.{FOLDER}__{table}") if key != "scenario_id"]
    return [{**row_of(each, known, file), "scenario_id": scenario_id} for each in node.items()]


SOURCE = Source(FOLDER, (f"{FOLDER}/*.yaml",), read, is_optional=True)
