"""A release: what it was made from, whether it may go out, and its place in history."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from pipelines.contracts.quality import CheckResults, Releases
from pipelines.contracts.table import table_of
from pipelines.paths import DataFolder
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import Warehouse

RELEASES = table_of(Releases)
COUNTS = """
select
    (select count(*) from core.models) as model_count,
    (select count(distinct model_id) from core.model_costs where cost_missing_reason is null) as priced_model_count,
    (select count(*) from quality.rejected_rows) as rejected_row_count
"""


class ReleaseRefusedError(Exception):
    """A blocking check failed: the last release stays."""


def release(
    warehouse: Warehouse, folder: DataFolder, as_of: date, input_fingerprint: str, code_fingerprint: str
) -> pl.DataFrame:
    """Publish the build as a new release.

    Args:
        warehouse: the build, complete.
        folder: the data folder to publish in.
        as_of: the day `rental_now` is priced on.
        input_fingerprint: hash of the data that was read.
        code_fingerprint: hash of the code that read it.

    Returns:
        history.releases, the new one included.

    Raises:
        ReleaseRefusedError: a blocking check failed; nothing is touched.
    """
    broken = warehouse.read(table_of(CheckResults)).filter(~pl.col("has_passed") & (pl.col("severity") == "ERROR"))
    if broken.height:
        faults = "; ".join(f"{row['check_name']}: {row['first_failing_row']}" for row in broken.iter_rows(named=True))
        raise ReleaseRefusedError(f"the last release stays, because a blocking check failed: {faults}")
    now = datetime.now(UTC).replace(microsecond=0)
    counts = warehouse.query(COUNTS).row(0, named=True)
    new = pl.DataFrame(
        [
            {
                "release_id": now.strftime("%Y-%m-%dT%H-%M-%SZ"),
                "published_at": now,
                "as_of_on": as_of,
                "input_fingerprint": input_fingerprint,
                "code_fingerprint": code_fingerprint,
                **counts,
            }
        ],
        schema=RELEASES.dtypes,
    )
    history = pl.concat([warehouse.history(), new]).unique("release_id", keep="last").sort("published_at")
    warehouse.write(RELEASES, history)
    publish(warehouse, folder, history)
    return history
