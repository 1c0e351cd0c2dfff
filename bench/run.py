"""Measure the ledger against the imports it cannot do without, in one run: `make bench`.

Machines are noisy, so every figure is the median of paired rounds and the ratio is taken pair by pair. Nothing here is
asserted; the figures are for people.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = [sys.executable, "-c", "import dagster, polars, duckdb, pandera.polars"]
COMMAND = [sys.executable, "-m", "pipelines.cli"]
DATA_PARTS = ("disclosures", "prices", "reference", "corrections", "scenarios")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Wall seconds of one process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure(rounds: int, data: Path) -> list[tuple[str, float, float, float]]:
    """Name, median seconds, median and worst ratio to the bare imports of the same round."""
    environment = os.environ | {"COSTLEDGER_DATA": str(data), "PYTHONPATH": str(ROOT)}
    cases: dict[str, Callable[[], list[str]]] = {
        "run, everything computed and published": lambda: [*COMMAND, "run", "--force"],
        "run, nothing changed": lambda: [*COMMAND, "run"],
        "check": lambda: [*COMMAND, "check"],
        "show deepseek-r1": lambda: [*COMMAND, "show", "deepseek-r1"],
        "--help": lambda: [*COMMAND, "--help"],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for index in range(rounds + 1):
        bare = seconds(BARE, environment)
        for name, command in cases.items():
            spent = seconds(command(), environment)
            if index:  # the first round warms caches
                taken[name].append((spent, spent / bare))
    return [
        (
            name,
            statistics.median(spent for spent, _ in pairs),
            statistics.median(ratio for _, ratio in pairs),
            max(ratio for _, ratio in pairs),
        )
        for name, pairs in taken.items()
    ]


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for part in DATA_PARTS:
            shutil.copytree(ROOT / "data" / part, data / part)
        print(f"{rounds} rounds; ratio to a process that imports dagster, polars, duckdb and pandera\n")
        print(f"{'what':40} {'seconds':>8} {'ratio':>6} {'worst':>6}")
        for name, spent, ratio, worst in measure(rounds, data):
            print(f"{name:40} {spent:8.2f} {ratio:6.2f} {worst:6.2f}")


if __name__ == "__main__":
    main()
