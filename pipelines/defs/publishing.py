"""The release: the last asset, which publishes what all others made."""

import dagster as dg

from pipelines.contracts.derive import public_tables
from pipelines.contracts.quality import Releases
from pipelines.contracts.table import table_of
from pipelines.defs.factory import materialized, spec_of
from pipelines.defs.resources import Ledger
from pipelines.warehouse.release import release

RELEASES = table_of(Releases)


@dg.multi_asset(
    name="history__releases",
    specs=[
        spec_of(
            RELEASES,
            deps=[declared for declared in public_tables() if declared != RELEASES],
            kinds=("duckdb", "parquet"),
            description="Publishes the ledger by atomic replacement. Refused when a blocking check fails.",
        )
    ],
)
def releases(ledger: Ledger):  # type: ignore[no-untyped-def]
    """Publish."""
    frame = release(ledger.warehouse, ledger.folder, ledger.as_of_on)
    return materialized(RELEASES, frame, uri=str(ledger.folder.ledger))
