"""Start the Dagster UI on what is there: `python -m pipelines.defs.serve PORT`.

The command builds without Dagster, so the UI's history does not know of its releases. Before the UI starts, the newest
release is reported to it: every asset then shows its rows and the time it was published, not "never materialized".
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipelines.contracts.table import TABLES
from pipelines.defs.assets import ASSETS
from pipelines.defs.automation import files_key, key_of
from pipelines.defs.factory import RELEASE_ID
from pipelines.defs.feeds import READ_SECONDS
from pipelines.defs.files import news
from pipelines.defs.watching import STARTED, Known, starting_point
from pipelines.fingerprint import code_fingerprint
from pipelines.graph.tables import RELEASE
from pipelines.paths import DATA_VARIABLE, ROOT, DataFolder, data_folder
from pipelines.warehouse.publish import past_releases
from pipelines.warehouse.store import TableMissingError, Warehouse, WarehouseBusyError

HOME = "DAGSTER_HOME"
SETTINGS = "dagster.yaml"
CODE_VERSION_TAG = "dagster/code_version"


def home_of(folder: DataFolder) -> Path:
    """The folder whose `dagster.yaml` describes the history of a data folder.

    The project's own data has the project's; any other data folder gets one below its `build/`, with the same settings,
    so that one history never speaks of two ledgers.
    """
    if folder == DataFolder(ROOT / "data"):
        return ROOT
    home = folder.root / "build" / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = (ROOT / SETTINGS).read_text(encoding="utf-8")
    own = settings.replace('"data/build/dagster', json.dumps(str(home)).removesuffix('"'))
    (home / SETTINGS).write_text(own, encoding="utf-8")
    return home


@contextmanager
def instance_in(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance described by the `dagster.yaml` of a folder."""
    before = os.environ.get(HOME)
    os.environ[HOME] = str(home)
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        if before is None:
            del os.environ[HOME]
        else:
            os.environ[HOME] = before


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


def report_files(instance: dg.DagsterInstance, known: Known) -> None:
    """Tell an instance that never heard of the files what the newest release read of them."""
    for name, content in known.contents.items():
        if not instance.get_latest_materialization_event(files_key(TABLES[name])):
            instance.report_runless_asset_event(news(TABLES[name], content))


def main() -> None:
    """Report the newest release, then become `dagster dev` on 127.0.0.1 and the port given."""
    port = sys.argv[1] if len(sys.argv) > 1 else "3000"
    folder = data_folder()
    home = Path(os.environ.get(HOME) or home_of(folder))
    os.chdir(ROOT if home == ROOT else home)  # Dagster warns of a dagster.yaml in the folder it is not to use
    known = starting_point(folder, datetime.now(UTC).isoformat())
    with instance_in(home) as instance:
        report_release(folder, instance)
        report_files(instance, known)
    os.environ.setdefault("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", str(2 * READ_SECONDS))
    os.environ |= {DATA_VARIABLE: str(folder.root), STARTED: known.to_text()}
    os.environ |= {"PYTHONPATH": _with_root(os.environ.get("PYTHONPATH"))}
    if home != ROOT:
        os.environ[HOME] = str(home)
    words = ["-m", "dagster", "dev", "-h", "127.0.0.1", "-p", port, "-w", str(ROOT / "workspace.yaml")]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - this process becomes Dagster


def _with_root(path: str | None) -> str:
    """A search path on which `pipelines` is found from any folder."""
    return os.pathsep.join([str(ROOT), *([path] if path else [])])


if __name__ == "__main__":
    main()
