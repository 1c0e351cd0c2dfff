"""Every asset of the ledger: one for each step of the graph."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipelines.defs.automation import key_of
from pipelines.defs.factory import RELEASE_ID, markdown, materialized, source_asset, spec_of, step_asset
from pipelines.defs.resources import Ledger
from pipelines.graph.step import CHANGES, Computed
from pipelines.graph.tables import CHECKED, RELEASE, STEPS
from pipelines.sources import SOURCES
from pipelines.warehouse.checks import RULES

ROWS_SHOWN = 50
"""Rows of the table of what moved that the UI shows; the file has all."""


@dg.multi_asset(
    name="quality__check_results",
    specs=[spec_of(CHECKED.table, CHECKED.reads, CHECKED.kinds, CHECKED.description)],
    check_specs=[
        dg.AssetCheckSpec(
            rule.name, asset=key_of(CHECKED.table), description=rule.file.question, blocking=rule.severity == "ERROR"
        )
        for rule in RULES
    ],
)
def check_results(ledger: Ledger) -> dg.MaterializeResult:
    """Run every rule of sql/checks once; each is a check of its own."""
    computed = ledger.bench.make(CHECKED)
    outcomes = [
        dg.AssetCheckResult(
            passed=row["has_passed"],
            severity=dg.AssetCheckSeverity[row["severity"]],
            asset_key=key_of(CHECKED.table),
            check_name=row["check_name"],
            metadata={"failing rows": row["failing_count"], "first failing row": row["first_failing_row"] or "none"},
        )
        for row in computed.rows.iter_rows(named=True)
    ]
    return materialized(CHECKED.table, computed, outcomes)


@dg.multi_asset(
    name="history__releases",
    specs=[
        spec_of(RELEASE.table, RELEASE.reads, RELEASE.kinds, RELEASE.description),
        *(spec_of(table, RELEASE.reads, RELEASE.kinds) for table in RELEASE.also),
    ],
)
def releases(ledger: Ledger) -> Iterator[dg.MaterializeResult]:
    """Publish what all other assets made, and say what moved."""
    computed = ledger.bench.make(RELEASE)
    newest = computed.rows.sort("published_at").row(-1, named=True)["release_id"]
    changes = ledger.bench.warehouse.read(CHANGES)
    moved = changes.filter(pl.col("release_id") == newest)
    told = {"costs moved": moved.height, "what moved": dg.MetadataValue.md(what_moved(moved))}
    place = {RELEASE_ID: newest, "dagster/uri": str(ledger.folder.ledger)}
    yield materialized(RELEASE.table, computed, metadata={**place, **told})
    yield materialized(CHANGES, Computed(changes), metadata=told)


def what_moved(changes: pl.DataFrame) -> str:
    """Rows of history.cost_changes as a Markdown table, the largest difference first."""
    if changes.is_empty():
        return "nothing"
    largest = pl.coalesce(pl.col("difference_usd").abs(), "cost_usd", "previous_cost_usd")
    shown = changes.drop("release_id", "previous_release_id").sort(largest, descending=True)
    return markdown(shown.with_columns(pl.col("causes").list.join(", ")).head(ROWS_SHOWN))


ASSETS: list[dg.AssetsDefinition] = [
    *(source_asset(source) for source in SOURCES),
    *(step_asset(step) for step in STEPS if step not in (CHECKED, RELEASE)),
    check_results,
    releases,
]
"""In the order of the layers."""
