"""What was set aside, and the rules a release must keep."""

import dagster as dg

from pipelines.contracts.quality import CheckResults, RejectedRows
from pipelines.contracts.raw import STAGING
from pipelines.contracts.table import TABLES, table_of
from pipelines.contracts.validation import require
from pipelines.defs.core import INPUTS
from pipelines.defs.factory import key_of, materialized, spec_of
from pipelines.defs.resources import Ledger
from pipelines.warehouse.checks import RULES, run_rules

REJECTED, RESULTS = table_of(RejectedRows), table_of(CheckResults)


@dg.multi_asset(
    name="quality__rejected_rows",
    specs=[
        spec_of(
            REJECTED,
            deps=[*STAGING, *INPUTS],
            description="What was set aside, with the reason and the remedy.",
        )
    ],
)
def rejected_rows(ledger: Ledger):  # type: ignore[no-untyped-def]
    """Collect what every table set aside."""
    frame = ledger.warehouse.rejections()
    ledger.warehouse.write(REJECTED, frame)
    return materialized(REJECTED, frame)


@dg.multi_asset(
    name="quality__check_results",
    specs=[
        spec_of(
            RESULTS,
            deps=[TABLES[name] for name in sorted({read for rule in RULES for read in rule.file.reads})],
            kinds=("sql", "duckdb"),
            description="The rules of sql/checks, each with its figure. A broken ERROR refuses the release.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            rule.name,
            asset=key_of(RESULTS),
            description=rule.file.question,
            blocking=rule.severity == "ERROR",
        )
        for rule in RULES
    ],
)
def check_results(ledger: Ledger):  # type: ignore[no-untyped-def]
    """Run every rule once."""
    frame = require(RESULTS, run_rules(ledger.warehouse))
    ledger.warehouse.write(RESULTS, frame)
    outcomes = [
        dg.AssetCheckResult(
            passed=row["passed"],
            severity=dg.AssetCheckSeverity[row["severity"]],
            asset_key=key_of(RESULTS),
            check_name=row["check_name"],
            metadata={
                "failing rows": row["failing_count"],
                "first failing row": row["first_failing_row"] or "none",
            },
        )
        for row in frame.iter_rows(named=True)
    ]
    return materialized(RESULTS, frame, outcomes)
