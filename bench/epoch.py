"""Measure a run with Epoch's tables, from files to published marts: `python bench/epoch.py DIR`, DIR with the tables.

Three runs a round: without the tables, with them, and with the models replicated; and a process that only imports.
What a model adds is the difference of the last two over the models between them. Nothing here is asserted. Machines
are noisy, so the figures are medians of rounds, and each round is also set against its own imports.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = [sys.executable, "-c", "import dagster, polars, duckdb, pandera.polars"]
COMMAND = [sys.executable, "-m", "pipelines.cli"]
DATA_PARTS = ("disclosures", "prices", "reference", "corrections", "scenarios")
MODELS = "All ML Systems - full view.csv"
WITH_ROWS_SET_ASIDE = 3


def spent(command: list[str], data: Path) -> tuple[float, float]:
    """Wall seconds of one process, and the most memory it held (MB)."""
    environment = os.environ | {"COSTLEDGER_DATA": str(data), "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, WITH_ROWS_SET_ASIDE):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def replicated(snapshot: Path, target: Path, count: int) -> int:
    """A copy of a snapshot with at least so many models.

    Each copy of a model has a name of its own and a day of its own (that many days earlier), so that no row is a
    duplicate and no price is found for two of them at once.
    """
    shutil.copytree(snapshot, target)
    with (snapshot / MODELS).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    name, day = header.index("Model"), header.index("Publication date")
    with (target / MODELS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")  # as Epoch ends its lines
        writer.writerow(header)
        for copy in range(-(-count // len(rows))):
            for row in rows if copy else ():
                row[name] = f"{row[name].removesuffix(f' {copy - 1}')} {copy}"
                row[day] = str(date.fromisoformat(row[day]) - timedelta(days=1)) if row[day] else ""
            writer.writerows(rows)
    return len(rows) * -(-count // len(rows))


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", type=int, default=52_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain, small, large = (Path(folder) / name for name in ("plain", "small", "large"))
        for data in (plain, small, large):
            for part in DATA_PARTS:
                shutil.copytree(ROOT / "data" / part, data / part)
        many = replicated(given.snapshot, Path(folder) / "many", given.models)
        with (given.snapshot / MODELS).open(encoding="utf-8-sig", newline="") as file:
            few = sum(1 for _ in csv.reader(file)) - 1
        for data, tables in ((small, given.snapshot), (large, Path(folder) / "many")):
            spent([*COMMAND, "import", "epoch", str(tables)], data)
        cases = {"without Epoch's tables": plain, f"with {few:,} models": small, f"with {many:,} models": large}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ("imports only", *cases)}
        for _ in range(given.rounds):
            taken["imports only"].append(spent(BARE, plain))
            for name, data in cases.items():
                taken[name].append(spent([*COMMAND, "run", "--force"], data))
    bare = [seconds for seconds, _ in taken["imports only"]]
    print(f"{'medians of ' + str(given.rounds) + ' rounds':28} {'seconds':>8} {'beyond':>8} {'ratio':>6} {'MB':>6}")
    for name, rounds in taken.items():
        seconds = [spent for spent, _ in rounds]
        beyond = [spent - imports for spent, imports in zip(seconds, bare, strict=True)]
        figures = statistics.median(seconds), statistics.median(beyond), median_ratio(beyond, bare)
        memory = statistics.median(held for _, held in rounds)
        print(f"{name:28} {figures[0]:8.2f} {figures[1]:8.2f} {figures[2]:6.2f} {memory:6.0f}")
    of_few, of_many = ([seconds for seconds, _ in taken[name]] for name in list(cases)[1:])
    more = [(large - small) / (many - few) * 1e6 for small, large in zip(of_few, of_many, strict=True)]
    each, of_imports = statistics.median(more), median_ratio(more, bare)
    print(f"a model more: {each:.1f} microseconds; {of_imports:.1f} for a second of imports")
    print("beyond: seconds without the imports of the same round; ratio: these in times of the imports")


def median_ratio(figures: list[float], bare: list[float]) -> float:
    """The median of the ratios to the imports of the same round: a machine's speed changes from one to the next."""
    return statistics.median(figure / imports for figure, imports in zip(figures, bare, strict=True))


if __name__ == "__main__":
    main()
