"""Why a value breaks its contract, in plain words with the remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from pipelines.contracts.quarantine import ROW
from pipelines.contracts.table import Table


def explain(declared: Table, numbered: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """The failure cases in the words of the contract.

    Args:
        declared: the table.
        numbered: its rows with their number.
        cases: what pandera found.

    Returns:
        A finding for each case: the number of the row, column_name, value, check_name and reason.
    """
    of_rows = [check for check, column in declared.checks if column is None]
    rules = {check.name: check.description for check in of_rows if check.name and check.description}
    is_column = pl.col("schema_context") == "Column"
    found = cases.select(
        pl.col("index").cast(numbered.schema[ROW]).alias(ROW),
        pl.when(is_column).then(pl.col("column")).alias("column_name"),
        pl.when(is_column).then(pl.col("failure_case")).alias("value"),
        pl.col("check").alias("check_name"),
    )
    distinct = found.select("column_name", "value", "check_name").unique()
    reasons = [_reason(declared, column, value, check, rules) for column, value, check in distinct.iter_rows()]
    told = found.join(
        distinct.with_columns(pl.Series("reason", reasons, pl.String)),
        on=["column_name", "value", "check_name"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return _with_values(declared, numbered, told, rules)


def _with_values(declared: Table, numbered: pl.DataFrame, told: pl.DataFrame, rules: Mapping[str, str]) -> pl.DataFrame:
    """Findings of rules over whole rows with the values of the columns that the rule names."""
    found = told
    broken = told.filter(pl.col("column_name").is_null())["check_name"].unique(maintain_order=True)
    for check in (name for name in broken if name in rules):
        told_of = dict.fromkeys(re.findall(r"\w+", rules[check]))
        named = [name for name in told_of if declared.dtypes.get(name, pl.List(pl.String)) != pl.List(pl.String)]
        if not named:
            continue
        values = [
            pl.format("{} is {}", pl.lit(name), pl.col(name).cast(pl.String).fill_null("absent")) for name in named
        ]
        held = numbered.rechunk().select(ROW, pl.concat_str(values, separator=", ").alias("held"))
        of_rule = pl.col("column_name").is_null() & (pl.col("check_name") == check)
        found = (
            found.join(held, on=ROW, how="left", maintain_order="left")
            .with_columns(
                pl.when(of_rule)
                .then(pl.concat_str("reason", pl.lit(" ("), "held", pl.lit(")")))
                .otherwise("reason")
                .alias("reason")
            )
            .drop("held")
        )
    return found


BOUNDS = {
    "greater_than": "above",
    "greater_than_or_equal_to": "at least",
    "less_than": "below",
    "less_than_or_equal_to": "at most",
}


def _reason(declared: Table, column: str | None, value: str | None, check: str, rules: Mapping[str, str]) -> str:
    """One failed check in plain words, with the remedy."""
    if column is None:
        return rules.get(check, check)
    name, _, argument = check.partition("(")
    argument = argument.removesuffix(")")
    if name == "isin":
        words = [word.strip(" '\"") for word in argument.strip("[]").split(",")]
        return f"{column} must be one of {', '.join(words)}{suggestion(value, words)}"
    remedy = (declared.declared[column].metadata or {}).get("remedy")
    then = f": {remedy}" if remedy else ""
    if name in BOUNDS:
        return f"{column} must be {BOUNDS[name]} {argument}{then}"
    return f"{column} must match {argument}{then}" if name == "str_matches" else f"{column} must keep {check}{then}"


def suggestion(value: str | None, known: list[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, or nothing.

    >>> suggestion("lama-3-8b", ["llama-3-8b", "opt-175b"])
    "; did you mean 'llama-3-8b'?"
    """
    from rapidfuzz import process  # where nothing is wrong, nothing is suggested

    best = process.extractOne(value, known, score_cutoff=70) if value else None
    return f"; did you mean '{best[0]}'?" if best else ""
