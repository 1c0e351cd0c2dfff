"""Long drills: `make soak`. Every supported Python from a fresh copy, many readers of a changing ledger, a failing run.

Prints a line a drill and ends with 1 when one failed; a Python that this machine lacks is skipped with that reason.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
from refresh import DATA_PARTS, change_price, ui, wait_for_price, wait_until

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13")
READERS, PUBLICATIONS = 8, 50
NOT_COPIED = (".venv", ".git", "build", "published", "__pycache__", "*.egg-info")


def fresh_copy(target: Path) -> None:
    """The project as a stranger gets it."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_COPIED))


def drill_python(name: str) -> str | None:
    """`make run` with one interpreter; None when it passed, else the fault."""
    found = subprocess.run([name, "-c", ""], capture_output=True, check=False) if shutil.which(name) else None
    if found is None or found.returncode:
        print(f"{name}: skipped, this machine has none")
        return None
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "ledger"
        fresh_copy(project)
        done = subprocess.run(
            ["make", "run", f"PYTHON={name}"], cwd=project, capture_output=True, text=True, check=False
        )
    if done.returncode or "$5,870,672" not in done.stdout:
        return f"{name}: `make run` ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    print(f"{name}: passed")
    return None


def read_until(stop: str, path: str, results: multiprocessing.Queue[tuple[int, list[str]]]) -> None:
    """Open, read and close until the file `stop` exists."""
    reads, faults = 0, []
    while not Path(stop).exists():
        try:
            with duckdb.connect(path, read_only=True) as connection:
                connection.sql("select count(*), sum(cost_mid_usd) from core.model_costs").fetchall()
        except duckdb.Error as error:
            faults.append(str(error))
        reads += 1
    results.put((reads, faults))


def drill_readers() -> str | None:
    """READERS processes read while the ledger is published PUBLICATIONS times."""
    from pipelines.graph.build import build
    from pipelines.paths import DataFolder

    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[int, list[str]]] = context.Queue()
    with tempfile.TemporaryDirectory() as temporary:
        folder = DataFolder(Path(temporary) / "data")
        for part in ("disclosures", "prices", "reference", "corrections", "scenarios"):
            shutil.copytree(ROOT / "data" / part, folder.root / part)
        today = datetime.now(UTC).date()
        build(folder, today)
        stop = str(Path(temporary) / "stop")
        readers = [context.Process(target=read_until, args=(stop, str(folder.ledger), results)) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        for _ in range(PUBLICATIONS):
            build(folder, today)
        Path(stop).touch()
        outcomes = [results.get(timeout=120) for _ in readers]
        for reader in readers:
            reader.join(timeout=120)
    faults = [fault for _, found in outcomes for fault in found]
    print(
        f"readers: {sum(reads for reads, _ in outcomes)} reads over {PUBLICATIONS} publications, {len(faults)} faults"
    )
    return faults[0] if faults else None


RETRIES, PATIENCE = 2, 600
BROKEN = ("constant_id: start_delay_days", "constant_id: start_delay")


def drill_retries() -> str | None:
    """A run of the UI that fails midway is retried RETRIES times and no more; the next one takes up what it left."""
    from pipelines.defs.serve import home_of, instance_in
    from pipelines.graph.origins import outdated
    from pipelines.graph.tables import STEPS
    from pipelines.paths import DataFolder
    from pipelines.warehouse.store import Warehouse

    with tempfile.TemporaryDirectory() as temporary:
        folder = DataFolder(Path(temporary) / "data")
        for part in DATA_PARTS:
            shutil.copytree(ROOT / "data" / part, folder.root / part)
        command = [sys.executable, "-m", "pipelines.cli", "run", "--data", str(folder.root)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        released, methods = folder.ledger.read_bytes(), folder.root / "reference" / "methods.yaml"
        whole = methods.read_text(encoding="utf-8")
        with ui(folder.root, Path(temporary) / "ui.log"), instance_in(home_of(folder)) as instance:
            change_price(folder.root / "prices" / "rental_quotes.csv", 1.23)
            methods.write_text(whole.replace(*BROKEN), encoding="utf-8")
            wait_until(lambda: _ended(instance) > RETRIES, PATIENCE)
            time.sleep(60)  # long enough for one more, and for the conditions to look
            tries = instance.get_run_records()
            if len(tries) != RETRIES + 1 or any(each.dagster_run.is_success for each in tries):
                return f"retries: {[each.dagster_run.status.value for each in tries]}, not {RETRIES + 1} failures"
            left = outdated(STEPS, Warehouse(folder.work).notes())
            if not left or folder.ledger.read_bytes() != released:
                return "retries: the runs were to fail midway, and to publish nothing"
            methods.write_text(whole, encoding="utf-8")
            wait_for_price(folder.ledger, 1.23, PATIENCE)
            wait_until(lambda: _ended(instance) == RETRIES + 2, PATIENCE)
            left = outdated(STEPS, Warehouse(folder.work).notes())
    if left:
        return f"retries: the next run left undone {left}"
    print(f"retries: a failing run was tried {len(tries)} times and no more, the next one took up what it left")
    return None


def _ended(instance: dg.DagsterInstance) -> int:
    return sum(each.dagster_run.is_finished for each in instance.get_run_records())


def main() -> None:
    """Run the drills asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["pythons", "readers", "retries"])
    only = parser.parse_args().only
    faults: list[str | None] = []
    if only in (None, "pythons"):
        faults += [drill_python(name) for name in PYTHONS]
    if only in (None, "readers"):
        faults.append(drill_readers())
    if only in (None, "retries"):
        faults.append(drill_retries())
    found = [fault for fault in faults if fault]
    print("\n".join(found) or "all drills passed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
