"""Every asset of the ledger: one for each step of the graph."""

import dagster as dg

from pipelines.defs.factory import RELEASE_ID, key_of, materialized, source_asset, spec_of, step_asset
from pipelines.defs.resources import Ledger
from pipelines.graph.tables import CHECKED, RELEASE, STEPS
from pipelines.sources import SOURCES
from pipelines.warehouse.checks import RULES


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
def check_results(ledger: Ledger):  # type: ignore[no-untyped-def]  # Dagster refuses it annotated
    """Run every rule of sql/checks once; each is a check of its own."""
    computed = CHECKED.run(ledger.bench)
    ledger.bench.write([(CHECKED.table, computed)])
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
    specs=[spec_of(RELEASE.table, RELEASE.reads, RELEASE.kinds, RELEASE.description)],
)
def releases(ledger: Ledger):  # type: ignore[no-untyped-def]  # Dagster refuses it annotated
    """Publish what all other assets made."""
    computed = RELEASE.run(ledger.bench)
    newest = computed.rows.sort("published_at").row(-1, named=True)["release_id"]
    return materialized(RELEASE.table, computed, **{RELEASE_ID: newest, "dagster/uri": str(ledger.folder.ledger)})


ASSETS: list[dg.AssetsDefinition] = [
    *(source_asset(source) for source in SOURCES),
    *(step_asset(step) for step in STEPS if step not in (CHECKED, RELEASE)),
    check_results,
    releases,
]
"""In the order of the layers."""
