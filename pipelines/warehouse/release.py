"""A release: what it was made from, whether it may go out, and its place in history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pipelines.contracts.quality import CheckResults, Releases
from pipelines.contracts.table import Table, table_of
from pipelines.warehouse.publish import Edition
from pipelines.warehouse.store import Warehouse

RELEASES = table_of(Releases)
TOLD = """
select
    (select count(*) from core.models) as model_count,
    (select count(distinct model_id) from core.model_costs where cost_missing_reason is null) as priced_model_count,
    (select count(*) from quality.rejected_rows) as rejected_row_count,
    (select max(method_version) from core.method_constants where method_id = 'ledger') as method_version
"""


class ReleaseRefusedError(Exception):
    """A blocking check failed: the last release stays."""


def next_moment(releases: pl.DataFrame) -> datetime:
    """Now, in whole seconds; to the microsecond where a release bears that second already, or a later one.

    A clock that was set back does not take a release back: each is later than all before it.
    """
    now = datetime.now(UTC)
    last: datetime | None = releases["published_at"].max()  # type: ignore[assignment]  # polars knows no narrower
    whole = now.replace(microsecond=0)
    return whole if last is None or whole > last else max(now, last + timedelta(microseconds=1))


def release(
    warehouse: Warehouse,
    edition: Edition,
    as_of: date,
    input_fingerprint: str,
    code_fingerprint: str,
    beside: Callable[[str], list[tuple[Table, pl.DataFrame]]] | None = None,
) -> pl.DataFrame:
    """Publish the build as a new release.

    Args:
        warehouse: the build, complete.
        edition: where it is made ready; tables may be in it already.
        as_of: the day `rental_now` is priced on.
        input_fingerprint: hash of the data that was read.
        code_fingerprint: hash of the code that read it.
        beside: from the id of the new release to tables that tell of it and are published with it.

    Returns:
        history.releases, the new one included.

    Raises:
        ReleaseRefusedError: a blocking check failed; nothing is touched.
    """
    broken = warehouse.read(table_of(CheckResults)).filter(~pl.col("has_passed") & (pl.col("severity") == "ERROR"))
    if broken.height:
        faults = "; ".join(f"{row['check_name']}: {row['first_failing_row']}" for row in broken.iter_rows(named=True))
        raise ReleaseRefusedError(f"the last release stays, because a blocking check failed: {faults}")
    before = warehouse.history()
    now = next_moment(before)
    told_of_it = warehouse.query(TOLD).row(0, named=True)
    new = pl.DataFrame(
        [
            {
                "release_id": now.strftime("%Y-%m-%dT%H-%M-%S.%fZ" if now.microsecond else "%Y-%m-%dT%H-%M-%SZ"),
                "published_at": now,
                "as_of_on": as_of,
                "input_fingerprint": input_fingerprint,
                "code_fingerprint": code_fingerprint,
                **told_of_it,
            }
        ],
        schema=RELEASES.dtypes,
    )
    history = pl.concat([before, new]).sort("published_at")
    told = beside(str(new["release_id"].item())) if beside else []
    warehouse.write_all([(RELEASES, history, None), *((declared, rows, None) for declared, rows in told)])
    edition.publish(warehouse, history)
    return history
