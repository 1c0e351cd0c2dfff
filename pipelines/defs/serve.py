"""Start the Dagster UI on what is there: `python -m pipelines.defs.serve PORT`.

The command builds without Dagster, so the UI's history does not know of its releases. Before the UI starts, the newest
release is reported to it: every asset then shows its rows and the time it was published, not "never materialized".
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.defs.assets import ASSETS
from pipelines.defs.factory import RELEASE_ID, key_of
from pipelines.fingerprint import code_fingerprint
from pipelines.graph.tables import RELEASE
from pipelines.paths import ROOT, DataFolder, data_folder
from pipelines.warehouse.publish import past_releases
from pipelines.warehouse.store import TableMissingError, Warehouse, WarehouseBusyError

HOME = "DAGSTER_HOME"
CODE_VERSION_TAG = "dagster/code_version"


@contextmanager
def project_instance() -> Iterator[dg.DagsterInstance]:
    """The instance `dagster.yaml` describes; its paths are relative to the project's root."""
    before = os.environ.get(HOME)
    os.environ[HOME] = before or str(ROOT)
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        if before is None:
            del os.environ[HOME]


def report_release(folder: DataFolder, instance: dg.DagsterInstance) -> int:
    """Tell an instance of the newest release, if it does not know it.

    Args:
        folder: the data folder.
        instance: whose history is written.

    Returns:
        How many assets were reported: none when there is no release, or it is known.
    """
    releases = past_releases(folder)
    if releases.is_empty():
        return 0
    newest = releases.sort("published_at").row(-1, named=True)
    if _known_release(instance) == newest["release_id"] or newest["code_fingerprint"] != code_fingerprint():
        return 0
    rows = _row_counts(folder)
    keys = [key for asset in ASSETS for key in asset.keys if ".".join(key.path) in rows]
    for key in keys:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key,
                description=f"Release {newest['release_id']}, built by the command",
                metadata={"dagster/row_count": rows[".".join(key.path)], RELEASE_ID: newest["release_id"]},
                tags={CODE_VERSION_TAG: newest["code_fingerprint"]},
            )
        )
    return len(keys)


def _known_release(instance: dg.DagsterInstance) -> object:
    event = instance.get_latest_materialization_event(key_of(RELEASE.table))
    if event is None or event.asset_materialization is None:
        return None
    found = event.asset_materialization.metadata.get(RELEASE_ID)
    return found.value if found else None


def _row_counts(folder: DataFolder) -> dict[str, int]:
    """Rows of every table of the build; none where the build is gone or in use."""
    query = "select schema_name || '.' || table_name as name, estimated_size as size from duckdb_tables()"
    try:
        frame = Warehouse(folder.work).query(query)
    except (TableMissingError, WarehouseBusyError):
        return {}
    return dict(zip(frame["name"], frame["size"], strict=True))


def main() -> None:
    """Report the newest release, then become `dagster dev` on 127.0.0.1 and the port given."""
    port = sys.argv[1] if len(sys.argv) > 1 else "3000"
    os.chdir(ROOT)
    with project_instance() as instance:
        report_release(data_folder(), instance)
    words = ["-m", "dagster", "dev", "-h", "127.0.0.1", "-p", port, "-w", "workspace.yaml"]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - this process becomes Dagster


if __name__ == "__main__":
    main()
