"""Materialize assets in this process, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dagster as dg

from pipelines.paths import DataFolder

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the faults of the steps that failed, none when it succeeded."""

    faults: tuple[str, ...]


def materialize_all(folder: DataFolder, as_of: date) -> Outcome:
    """Materialize every asset and publish.

    The run's events are kept in memory: writing them to the UI's history costs more than the whole build.

    Args:
        folder: the data folder.
        as_of: the day `rental_now` is priced on.
    """
    from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
    from pipelines.defs.assets import ASSETS
    from pipelines.defs.resources import Ledger

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            ASSETS,
            instance=instance,
            resources={"ledger": Ledger(data=str(folder.root), as_of=as_of.isoformat())},
            run_config=QUIET,
            raise_on_error=False,
        )
    return Outcome(tuple(_faults(result)))


def _faults(result: dg.ExecuteInProcessResult) -> list[str]:
    """The innermost message of every step that failed by itself."""
    faults = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            faults.append(f"{event.step_key}: {error.message.strip() if error else 'failed'}")
    return faults
