"""Apply a contract to a frame: cast text, check values, check references, set the failing rows aside.

A frame that has the wrong columns or types is a fault of the code and raises. A row with a wrong value is a fault of
the data: it is set aside with its file, line, column, value, check and remedy, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from pipelines.contracts.quarantine import REJECTED, ROW, Validated, conform, locate, quarantine, split
from pipelines.contracts.reasons import explain, suggestion
from pipelines.contracts.table import CELLS, PLACE, ForeignKey, Table

__all__ = ["REJECTED", "ContractBrokenError", "Validated", "conform", "require", "stage", "validate"]

LIST_SEPARATOR = ";"
ISO_DAY = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$"
UTC_TIME = "%Y-%m-%dT%H:%M:%S%.fZ"
TRUE_WORDS, FALSE_WORDS = ("yes", "true"), ("no", "false")
# Frames are rechunked before a sentence is made of them: polars 2.1 panics in `format` on a column in several chunks.


class ContractBrokenError(Exception):
    """A computed table does not keep its contract: the build is refused."""


def rejections(**columns: object) -> pl.DataFrame:
    """One rejection, or several where a column is a list; columns left out are absent."""
    given = pl.DataFrame({name: value if isinstance(value, list) else [value] for name, value in columns.items()})
    return conform(REJECTED, given.with_columns(pl.lit(value=True).alias("is_set_aside")))


def _parse(name: str, dtype: pl.DataType) -> pl.Expr:
    """Text to `dtype`; what cannot be read becomes null."""
    text = pl.col(name).str.strip_chars()
    lowered = text.str.to_lowercase()
    number = text.cast(pl.Float64, strict=False)
    finite = pl.when(number.is_finite()).then(number)
    fits = finite.abs() < 10 ** (dtype.precision - dtype.scale) if isinstance(dtype, pl.Decimal) else pl.lit(value=True)
    whole = pl.when(finite == finite.floor()).then(finite)
    readings = {
        pl.Boolean: pl.when(lowered.is_in(TRUE_WORDS)).then(True).when(lowered.is_in(FALSE_WORDS)).then(False),
        pl.Date: pl.when(text.str.contains(ISO_DAY)).then(text).str.to_date("%Y-%m-%d", strict=False),
        pl.Datetime: text.str.to_datetime(UTC_TIME, time_unit="us", time_zone="UTC", strict=False),
        pl.Int64: pl.coalesce(text.cast(pl.Int64, strict=False), whole.cast(pl.Int64, strict=False)),
        pl.Decimal: pl.coalesce(
            pl.when(fits).then(text).cast(dtype, strict=False), pl.when(fits).then(finite).cast(dtype, strict=False)
        ),
        pl.Float64: finite,
        pl.List: text.fill_null("")
        .str.split(LIST_SEPARATOR)
        .list.eval(pl.element().str.strip_chars())
        .list.filter(pl.element() != ""),
    }
    return readings[dtype.base_type()]


KIND_OF_VALUE = {
    pl.Boolean: "yes or no",
    pl.Date: "a date as YYYY-MM-DD",
    pl.Datetime: "a UTC time as YYYY-MM-DDTHH:MM:SSZ",
    pl.Int64: "a whole number",
    pl.Float64: "a number",
}


def _kind(dtype: pl.DataType) -> str:
    return KIND_OF_VALUE.get(dtype.base_type(), "a number")


def cast_text(staged: Table, raw: pl.DataFrame) -> Validated:
    """Type a raw frame as its staging contract declares; rows with a cell that cannot be read are set aside.

    Args:
        staged: a staging table.
        raw: its raw twin (all text, with file and line).

    Returns:
        Rows of `staged` (not yet checked) and the rejections.
    """
    if raw.is_empty():
        return Validated(staged.empty(), REJECTED.empty())
    text = raw.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name, dtype in raw.schema.items()
        if dtype == pl.String
    ).with_row_index(ROW)
    received = raw.schema
    parsed = {
        name: dtype for name, dtype in staged.dtypes.items() if received.get(name) == pl.String and dtype != pl.String
    }
    typed = text.with_columns(_parse(name, dtype).alias(name) for name, dtype in parsed.items())
    failures = [
        text.filter(pl.col(name).is_not_null() & typed[name].is_null())
        .rechunk()
        .select(
            ROW,
            pl.lit(name).alias("column_name"),
            pl.col(name).alias("value"),
            pl.lit("type").alias("check_name"),
            pl.format("{} is not {}: write {}", pl.col(name), pl.lit(_kind(dtype)), pl.lit(_kind(dtype))).alias(
                "reason"
            ),
        )
        for name, dtype in parsed.items()
        if typed[name].null_count() > text[name].null_count()
    ]
    if not failures:
        return Validated(conform(staged, typed), REJECTED.empty())
    sorted_out = quarantine(staged, typed, pl.concat(failures))
    return Validated(conform(staged, sorted_out.rows), sorted_out.rejected)


def stage(staged: Table, raw: pl.DataFrame) -> Validated:
    """Type a raw frame and check every value: the staging table, and what was set aside on the way."""
    typed = cast_text(staged, raw)
    checked = validate(staged, typed.rows)
    return Validated(checked.rows, pl.concat([typed.rejected, _as_received(staged, raw, checked.rejected)]))


def _as_received(staged: Table, raw: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """Findings of cells with the text that stood in them: 4.5e2, where the value is 450.0.

    Only where the table keeps its rows (`CELLS`): in others several records may start on one line.
    """
    if CELLS not in staged.dtypes or rejected.is_empty():
        return rejected
    names = [name for name in rejected["column_name"].drop_nulls().unique() if raw.schema.get(name) == pl.String]
    place = [*PLACE, "column_name"]
    at_fault = raw.join(rejected.select(PLACE), on=PLACE, how="semi")
    texts = [at_fault.select(*PLACE, pl.lit(name).alias("column_name"), pl.col(name).alias("text")) for name in names]
    if not texts:
        return rejected
    told = rejected.join(pl.concat(texts), on=place, how="left", maintain_order="left")
    return told.with_columns(pl.coalesce("text", "value").alias("value")).drop("text")


def validate(declared: Table, frame: pl.DataFrame) -> Validated:
    """Check every value of a frame; rows that fail are set aside.

    Raises:
        ContractBrokenError: a column is missing, extra or of the wrong type.
    """
    conformed = conform_strictly(declared, frame)
    if conformed.is_empty():
        return Validated(conformed, REJECTED.empty())
    whole = conformed.rechunk()
    numbered = whole.with_row_index(ROW)
    cases = _failure_cases(declared, whole)
    failures = [*_duplicates(declared, numbered), *_absent(declared, numbered)]
    if cases is not None:
        failures.append(explain(declared, numbered, cases))
    return quarantine(declared, numbered, pl.concat(failures)) if failures else Validated(whole, REJECTED.empty())


def require(declared: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, when every row keeps the contract.

    Raises:
        ContractBrokenError: naming the table, the rule and the first rows that break it.
    """
    checked = validate(declared, frame)
    if checked.rejected.height:
        first = checked.rejected.row(0, named=True)
        raise ContractBrokenError(
            f"{declared.name}: {checked.rejected.height} computed values break the contract, first: "
            f"{first['record_id']} {first['column_name']} = {first['value']} ({first['reason']})"
        )
    return checked.rows


def check_references(
    declared: Table,
    frame: pl.DataFrame,
    parents: Mapping[str, pl.DataFrame],
    gone: Mapping[str, pl.Series] | None = None,
) -> Validated:
    """Set aside (or report, where the foreign key says so) rows that refer to something unknown.

    Args:
        declared: the table whose foreign keys are checked.
        frame: its rows.
        parents: the tables referred to, by name; a foreign key whose parent is not given is not checked.
        gone: ids of records of these tables that were set aside themselves: nothing else is to be mended then.
    """
    numbered = frame.rechunk().with_row_index(ROW)
    failing: list[pl.DataFrame] = []
    kept: list[pl.DataFrame] = []
    for key in declared.foreign_keys:
        if key.parent not in parents or key.column not in frame.columns:
            continue
        found = _unknown_values(numbered, key, parents[key.parent], (gone or {}).get(key.parent))
        (failing if key.sets_aside else kept).extend(found)
    result = split(declared, numbered, pl.concat(failing)) if failing else Validated(frame, REJECTED.empty())
    if not kept:
        return result
    reported = locate(declared, numbered, pl.concat(kept)).with_columns(pl.lit(value=False).alias("is_set_aside"))
    return Validated(result.rows, pl.concat([result.rejected, reported]))


def conform_strictly(declared: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the contract's column order.

    Raises:
        ContractBrokenError: a column is missing, extra or of the wrong type.
    """
    wanted, found = declared.dtypes, frame.schema
    missing, extra = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    wrong = {name: found[name] for name in wanted.keys() & found.keys() if found[name] != wanted[name]}
    if missing or extra or wrong:
        raise ContractBrokenError(
            f"{declared.name}: missing columns {sorted(missing)}, extra columns {sorted(extra)}, wrong types {wrong}"
        )
    return frame if list(found) == list(wanted) else frame[list(wanted)]  # as `select`, without a query


def _duplicates(declared: Table, numbered: pl.DataFrame) -> list[pl.DataFrame]:
    """Every copy of a key that stands more than once: which one is right cannot be known."""
    if not declared.key:
        return []
    copies = numbered[list(declared.key)].is_duplicated()
    if not copies.any():
        return []
    value = pl.concat_str(pl.col(declared.key).cast(pl.String), separator=" / ", ignore_nulls=True)
    reason = pl.format("{} stands more than once: keep one of them", value)
    found = numbered.filter(copies).rechunk()
    return [found.select(_finding(" / ".join(declared.key), "duplicate", value, reason))]


def _finding(column: str, check: str, value: pl.Expr, reason: pl.Expr | str) -> list[pl.Expr]:
    return [
        pl.col(ROW),
        pl.lit(column).alias("column_name"),
        value.alias("value"),
        pl.lit(check).alias("check_name"),
        (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
    ]


def _holds(declared: Table, frame: pl.DataFrame) -> bool:
    """Whether every check of a contract holds; pandera runs its checks one by one, here all go in one query."""
    lazy = frame.lazy()
    pa.DataFrameSchema.register_default_backends(pl.LazyFrame)
    outcomes = [
        _outcome(check, PolarsData(lazy, name or "*")).select(pl.first().fill_null(check.ignore_na).all())
        for check, name in declared.checks
    ]
    return all(outcome.item() for outcome in pl.collect_all(outcomes))


def _outcome(check: pa.Check, data: PolarsData) -> pl.LazyFrame:
    """What a check says of each row; built-in ones are looked up as pandera does, by the kind of data."""
    function = check._check_fn
    if check.is_builtin_check(function.__name__):
        function = check.get_builtin_check_fn(function.__name__)
    return cast("pl.LazyFrame", function(data, **check._check_kwargs))


def _failure_cases(declared: Table, frame: pl.DataFrame) -> pl.DataFrame | None:
    """What pandera finds, row by row; nothing where every check holds."""
    if _holds(declared, frame):
        return None
    try:
        declared.values_schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        structural = cases.filter(pl.col("index").is_null())
        if structural.height:
            raise ContractBrokenError(f"{declared.name}: {structural.to_dicts()[0]}") from error
        return cast("pl.DataFrame", cases)
    return None


def _absent(declared: Table, numbered: pl.DataFrame) -> list[pl.DataFrame]:
    """Values that may not be absent and are; NaN counts as absent."""
    required = declared.required
    missing = {
        name: pl.col(name).is_null() | (pl.col(name).is_nan() if declared.dtypes[name] == pl.Float64 else False)
        for name in required
    }
    if not missing or numbered.is_empty():
        return []
    counts = numbered.select(condition.any().alias(name) for name, condition in missing.items()).row(0, named=True)
    return [
        numbered.filter(missing[name]).select(
            _finding(name, "not_nullable", pl.lit(None, pl.String), f"{name} is missing: write it")
        )
        for name in required
        if counts[name]
    ]


def _unknown_values(
    numbered: pl.DataFrame, key: ForeignKey, parent: pl.DataFrame, gone: pl.Series | None
) -> list[pl.DataFrame]:
    known = parent.get_column(key.parent_column)
    values = numbered.select(ROW, pl.col(key.column).alias("value"))
    if values.schema["value"] == pl.List(pl.String):
        values = values.explode("value")
    unknown = values.filter(pl.col("value").is_not_null() & ~pl.col("value").is_in(known.implode()))
    if unknown.is_empty():
        return []
    aside = set(() if gone is None else gone)
    words = {
        value: " because it was set aside itself: mend it first"
        if value in aside
        else f"{suggestion(value, known.to_list())}: {key.remedy}"
        for value in unknown["value"].unique()
    }
    reason = pl.format(
        "{} '{}' is not in {}{}",
        pl.lit(key.column),
        pl.col("value"),
        pl.lit(key.parent),
        pl.col("value").replace_strict(words, return_dtype=pl.String, default=""),
    )
    return [unknown.rechunk().select(_finding(key.column, "reference", pl.col("value"), reason))]
