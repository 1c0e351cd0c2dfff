"""`data/corrections/`: printed claims of a cost, with what they truly cover."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.records import keys_of, row_of
from pipelines.sources.source import Reading, ReadingBuilder, Row, Source
from pipelines.sources.text import Node, TextFile, UnreadableError, read_text, read_yaml

FOLDER = "corrections"
TABLE = "cost_claims"
GUARD = {"covered_cost_usd": "expected_covered_cost_usd", "verdict": "expected_verdict"}


def read(folder: Path) -> Reading:
    """Every claim of `data/corrections/claims.yaml`."""
    builder = ReadingBuilder(FOLDER)
    name = f"{FOLDER}/claims.yaml"
    try:
        file = read_text(folder, folder / name)
        claims = read_yaml(file).items()
    except UnreadableError as error:
        builder.set_file_aside(TABLE, name, error)
        return builder.result()
    for claim in claims:
        try:
            builder.add(TABLE, _row(claim, file))
        except UnreadableError as error:
            identity = claim.value.get("claim_id") if isinstance(claim.value, dict) else None
            record_id = identity.value if identity and isinstance(identity.value, str) else None
            builder.set_record_aside(TABLE, file.name, error.line or claim.line, record_id, None, error.remedy)
    return builder.result()


def _row(claim: Node, file: TextFile) -> Row:
    """A claim with its guard (`expect`) laid out flat."""
    known = [key for key in keys_of(f"staging.{FOLDER}__{TABLE}") if key not in GUARD.values()]
    mapping = dict(claim.mapping())
    guard = mapping.pop("expect", None)
    row = row_of(Node(claim.line, mapping, claim.lines), known, file)
    if guard is not None:
        row |= {GUARD[key]: value for key, value in row_of(guard, GUARD, file).items() if key in GUARD}
    return row


SOURCE = Source(FOLDER, (f"{FOLDER}/claims.yaml",), read)
