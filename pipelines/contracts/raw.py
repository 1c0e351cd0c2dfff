"""Contracts of the raw layer, derived: every staging table has a raw twin with the same columns as text.

Raw rows are the bytes of a file cut into cells and nothing else, with the file's hash.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from pipelines.contracts import epoch_inputs, feed_list, feeds, inputs, question_inputs, quote_inputs, series
from pipelines.contracts.table import TABLES, Contract, Table, column, derived_table

LINEAGE_COLUMNS = ("file", "line")
DECLARED_IN = tuple(
    part.__name__ for part in (inputs, quote_inputs, series, epoch_inputs, feed_list, feeds, question_inputs)
)


def _twin(staged: Table) -> type[Contract]:
    """A contract with the columns of `staged`, all text, with the place and hash of the file."""
    annotations: dict[str, object] = {"file": pl.String, "line": pl.Int64, "file_sha256": pl.String}
    attributes: dict[str, object] = {
        "file": column("Path of the file in the data folder."),
        "line": column("Line on which the record starts.", ge=1, unit="line"),
        "file_sha256": column("Hash of the file the record was read from."),
    }
    for name, description in staged.described.items():
        if name in LINEAGE_COLUMNS:
            continue
        annotations[name] = pl.String
        attributes[name] = column(f"As received: {description}", nullable=True, unit="text")
    grain = staged.description.rstrip(".")
    attributes |= {
        "__annotations__": annotations,
        "__doc__": f"{grain}, as received.",
        "__module__": __name__,
    }
    return type(f"Raw{staged.contract.__name__.removeprefix('Staged')}", (Contract,), attributes)


def _text(staged: Table) -> dict[str, pl.DataType]:
    """Types of the twin: known without asking pandera, which takes its time."""
    cells = [name for name in staged.dtypes if name not in LINEAGE_COLUMNS]
    return {"file_sha256": pl.String(), **dict.fromkeys(cells, pl.String()), "file": pl.String(), "line": pl.Int64()}


def raw_name(staged: Table) -> str:
    """Name of the raw twin of a staging table."""
    return f"raw.{staged.table_name}"


STAGING: tuple[Table, ...] = tuple(
    declared
    for declared in TABLES.values()
    if declared.contract.__module__ in DECLARED_IN and declared.schema_name == "staging"
)
"""Every staging table, in the order of declaration."""

for _staged in STAGING:
    derived_table(raw_name(_staged), partial(_twin, _staged), _text(_staged))


def raw_of(staged: Table) -> Table:
    """The raw twin of a staging table."""
    return TABLES[raw_name(staged)]
