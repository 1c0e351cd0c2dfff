"""A contract with a column of every type, which no other table depends on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandera.polars as pa
import polars as pl

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts.table import HOURS, Contract, ForeignKey, Table, column

WORDS = ["pretraining", "sft", "distillation"]
PLACE = {"file": "data/things.yaml", "line": 7}


class Things(Contract):
    """One row per thing."""

    thing_id: pl.String = column("Id of the thing.", unique=True, str_matches="^[a-z-]+[0-9]*$")
    model_id: pl.String = column("The model it belongs to.")
    word: pl.String = column("Its kind.", isin=WORDS)
    low_hours: HOURS = column("Lower end of its duration.", nullable=True, gt=0, le=10**11)
    high_hours: HOURS = column("Upper end of its duration.", nullable=True, gt=0, le=10**11)
    part_count: pl.Int64 = column("Its parts.", nullable=True, gt=0)
    used_ratio: pl.Float64 = column("Share of it in use.", nullable=True, ge=0, le=1)
    seen_on: pl.Date = column("Day it was seen.", nullable=True)
    is_real: pl.Boolean = column("Whether it exists.", nullable=True)
    kin_ids: pl.List(pl.String) = column("Models it is related to.")
    file: pl.String = column("Path of the file.")
    line: pl.Int64 = column("Line on which the record starts.", ge=1, unit="line")

    @pa.dataframe_check(description="low_hours must not exceed high_hours: swap them")
    def hours_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low at most high."""
        return data.lazyframe.select((pl.col("low_hours") <= pl.col("high_hours")).fill_null(value=True))


REMEDY = "correct the id"
THINGS = Table(
    "staging.test__things",
    Things,
    key=("thing_id",),
    foreign_keys=(
        ForeignKey("model_id", "core.models", REMEDY),
        ForeignKey("kin_ids", "core.models", REMEDY, sets_aside=False),
    ),
)
RAW_TYPES = {name: pl.Int64() if name == "line" else pl.String() for name in THINGS.dtypes}
GOOD_CELLS = {"thing_id": "thing-1", "model_id": "model-1", "word": "sft", **PLACE}
GOOD = {**GOOD_CELLS, "kin_ids": []}


def cells(*rows: dict[str, Any]) -> pl.DataFrame:
    """Text as received: a good record each, but for what is given."""
    return _frame(rows, GOOD_CELLS, RAW_TYPES)


def things(*rows: dict[str, Any]) -> pl.DataFrame:
    """Typed rows: a good one each, but for what is given."""
    return _frame(rows, GOOD, THINGS.dtypes)


def _frame(rows: Iterable[dict[str, Any]], good: dict[str, Any], types: dict[str, pl.DataType]) -> pl.DataFrame:
    complete = [{name: (good | row).get(name) for name in types} for row in rows]
    return pl.DataFrame(complete, schema=types)
