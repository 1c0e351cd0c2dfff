"""Setting aside what breaks a contract: the rows, or where a table keeps its rows the cells, each with its place."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import CELLS, Table, table_of

REJECTED = table_of(RejectedRows)
ROW = "__row"


@dataclass(frozen=True)
class Validated:
    """What passed, and what was set aside (contract `quality.rejected_rows`)."""

    rows: pl.DataFrame
    rejected: pl.DataFrame


def conform(declared: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the contract's columns in the contract's order; missing ones absent, extra ones dropped."""
    found = frame.schema
    if list(found.items()) == list(declared.dtypes.items()):
        return frame
    return frame.select(
        (pl.col(name) if name in found else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in declared.dtypes.items()
    )


def locate(declared: Table, numbered: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with the table, file, line, key and model of the row they stand in."""
    key = [name for name in declared.key if name in numbered.columns]
    model = next((name for name in ("model_id", "child_model_id") if name in numbered.columns), None)
    place = numbered.select(
        pl.col(ROW),
        (pl.concat_str(pl.col(key).cast(pl.String), separator=" / ", ignore_nulls=True) if key else pl.lit(None)).alias(
            "record_id"
        ),
        (pl.col(model) if model else pl.lit(None, pl.String)).alias("model_id"),
        *(pl.col(name) for name in ("file", "line") if name in numbered.columns),
    )
    located = findings.join(place, on=ROW, how="left", maintain_order="left").with_columns(
        pl.lit(declared.name).alias("table_name"), pl.lit(value=True).alias("is_set_aside")
    )
    return conform(REJECTED, located)


def split(declared: Table, numbered: pl.DataFrame, findings: pl.DataFrame) -> Validated:
    """Rows without a finding, and the findings with their place."""
    if findings.is_empty():
        return Validated(numbered.drop(ROW), REJECTED.empty())
    return Validated(
        numbered.join(findings.select(ROW).unique(), on=ROW, how="anti", maintain_order="left").drop(ROW),
        locate(declared, numbered, findings),
    )


def quarantine(declared: Table, numbered: pl.DataFrame, findings: pl.DataFrame) -> Validated:
    """Rows without a finding; where the table keeps its rows (`CELLS`), only the cell at fault is emptied.

    A check over several columns is named `<column>__<rule>`: that column is the one at fault.
    """
    if CELLS not in declared.dtypes or findings.is_empty():
        return split(declared, numbered, findings)
    optional = [name for name in declared.dtypes if name not in declared.required]
    by_name = pl.col("check_name").str.extract(r"^(.+?)__")
    named = findings.with_columns(pl.coalesce("column_name", pl.when(by_name.is_in(optional)).then(by_name)))
    is_cell = pl.col("column_name").is_in(optional).fill_null(value=False)
    at_fault = named.filter(is_cell)
    broken = at_fault.group_by(ROW, maintain_order=True).agg(pl.col("column_name").unique(maintain_order=True))
    faulty = numbered.join(broken, on=ROW, how="inner", maintain_order="left")
    values = [
        faulty.select(ROW, pl.lit(name).alias("column_name"), pl.col(name).cast(pl.String).alias("held"))
        for name in at_fault["column_name"].unique()
    ]
    told = (
        at_fault.join(pl.concat(values), on=[ROW, "column_name"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("value", "held"))
        .drop("held")
        if values
        else at_fault
    )
    emptied = faulty.with_columns(
        *(
            pl.when(~pl.col("column_name").list.contains(name)).then(pl.col(name)).alias(name)
            for name in at_fault["column_name"].unique()
        ),
        pl.concat_list(pl.col(CELLS).fill_null([]), pl.col("column_name")).list.unique().list.sort(),
    ).drop("column_name")
    whole = numbered.join(broken, on=ROW, how="anti", maintain_order="left").with_columns(pl.col(CELLS).fill_null([]))
    rows = split(declared, pl.concat([whole, emptied]).sort(ROW), named.filter(~is_cell))
    located = locate(declared, numbered, told).with_columns(pl.lit(value=False).alias("is_set_aside"))
    return Validated(rows.rows, pl.concat([rows.rejected, located]))
