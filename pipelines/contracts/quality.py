"""Contracts of what was set aside, what was checked and what was published."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.table import USD, Contract, column, table


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
    method_version: pl.String = column(
        "Version of the ledger's own method (core.method_constants has its numbers).", nullable=True
    )
    model_count: pl.Int64 = column("Models.", ge=0)
    priced_model_count: pl.Int64 = column("Models with a cost on any basis and scope.", ge=0)
    rejected_row_count: pl.Int64 = column("Values set aside.", ge=0)


@table("history.cost_changes", key=("release_id", "model_id", "scope", "price_basis"), warnings=("assumed_price",))
class CostChanges(Contract):
    """One row per release and cost that is not what it was in the release before, with what moved it.

    Where a cost moved, the three parts sum to the difference; one that appeared or disappeared has none.
    """

    release_id: pl.String = column("The release that has the new cost.")
    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued.")
    previous_release_id: pl.String = column("The release before.")
    change: pl.String = column("What became of the cost.", isin=list(v.COST_CHANGE))
    previous_cost_usd: USD = column("The cost before (cost_mid_usd); absent where there was none.", nullable=True, gt=0)
    cost_usd: USD = column("The cost now (cost_mid_usd); absent where there is none.", nullable=True, gt=0)
    previous_cost_missing_reason: pl.String = column(
        "Why there was none; absent where there was one, or no such row.", nullable=True
    )
    cost_missing_reason: pl.String = column(
        "Why there is none; absent where there is one, or no such row.", nullable=True
    )
    difference_usd: USD = column("Cost now less cost before.", nullable=True)
    price_part_usd: USD = column("What prices moved it by.", nullable=True)
    disclosure_part_usd: USD = column("What disclosures and lineage moved it by.", nullable=True)
    method_part_usd: USD = column("What code and constants moved it by.", nullable=True)
    is_divided: pl.Boolean = column(
        "False where a cost on the way from one to the other does not exist: the whole stands with the last cause."
    )
    causes: pl.List(pl.String) = column("What moved it: price, disclosure, method.")

    @pa.dataframe_check(description="the three parts sum to the difference")
    def parts_do_not_sum(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Exactly, in decimals."""
        parts = pl.col("price_part_usd") + pl.col("disclosure_part_usd") + pl.col("method_part_usd")
        difference, moved = pl.col("difference_usd"), pl.col("change") == "moved"
        from_ends = pl.col("cost_usd") - pl.col("previous_cost_usd")
        adds_up = ((parts == difference) & (from_ends == difference)).fill_null(value=False)
        return data.lazyframe.select(pl.when(moved).then(adds_up).otherwise(difference.is_null() & parts.is_null()))
