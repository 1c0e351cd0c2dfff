"""Contracts of what was set aside, what was checked and what was published."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.table import Contract, column, table


@table("quality.rejected_rows", key=())
class RejectedRows(Contract):
    """One row per value that failed a contract; the record it stands in was set aside."""

    table_name: pl.String = column("The table the record did not reach.")
    file: pl.String = column("Path of the file in the data folder.", nullable=True)
    line: pl.Int64 = column("Line on which the record starts.", nullable=True, unit="line")
    record_id: pl.String = column("Key of the record.", nullable=True)
    model_id: pl.String = column("The model whose figures depend on it.", nullable=True)
    column_name: pl.String = column("The column that failed.", nullable=True)
    value: pl.String = column("The value, as received.", nullable=True, unit="text")
    check_name: pl.String = column("The rule it failed.")
    reason: pl.String = column("What is wrong and how to mend it.")
    is_set_aside: pl.Boolean = column("False where the row was kept and marked instead.")


@table("quality.check_results", key=("check_name",))
class CheckResults(Contract):
    """One row per check of a release, with its figure."""

    check_name: pl.String = column("Name of the rule.", unique=True)
    table_name: pl.String = column("The table it is about.")
    severity: pl.String = column("ERROR refuses the release, WARN does not.", isin=["ERROR", "WARN"])
    has_passed: pl.Boolean = column("Whether it holds.")
    failing_count: pl.Int64 = column("Rows that break it.", ge=0)
    description: pl.String = column("The rule in plain words.")
    first_failing_row: pl.String = column("The first row that breaks it.", nullable=True)


@table("history.releases", key=("release_id",))
class Releases(Contract):
    """One row per publication."""

    release_id: pl.String = column("Id of the release.", unique=True)
    published_at: pl.Datetime("us", "UTC") = column("When it was published.")
    as_of_on: pl.Date = column("The day rental_now is priced on.")
    input_fingerprint: pl.String = column("Hash of every file in the data folder that was read.")
    code_fingerprint: pl.String = column("Hash of the code and SQL that computed it.")
    model_count: pl.Int64 = column("Models.", ge=0)
    priced_model_count: pl.Int64 = column("Models with a cost on any basis and scope.", ge=0)
    rejected_row_count: pl.Int64 = column("Values set aside.", ge=0)
