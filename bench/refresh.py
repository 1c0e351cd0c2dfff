"""How long a changed price file takes to be readable in the published ledger, with the UI running.

The UI is started on a copy of the data with a history of its own. A price is changed again and again, at moments that
have nothing to do with Dagster's clocks, and the published file is read until it holds the new figure. Where the time
went is taken from Dagster's own events. What an idle tick costs is the CPU time of all processes while nothing changes,
less that of a Dagster with the same settings and nothing in it. Nothing is asserted; the figures are for people.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
import duckdb

ROOT = Path(__file__).resolve().parents[1]
DATA_PARTS = ("disclosures", "prices", "reference", "corrections", "scenarios")
QUOTE = "rp00001"
PARTS = ("detection", "request", "run start", "compute", "publish", "all")
TICK_SECONDS = 5
"""Dagster's daemons sleep so long between two looks at sensors and conditions."""

IDLE_CPU_SECONDS = 0.2
"""What is asked of an idle tick, at the most."""


@contextmanager
def ui(data: Path, log: Path) -> Iterator[int]:
    """`costledger ui` on a data folder; gives its process."""
    words = ["-m", "pipelines.cli", "ui", "--data", str(data), "--port"]
    environment = {key: value for key, value in os.environ.items() if key != "DAGSTER_HOME"}
    with serving(words, environment | {"PYTHONPATH": str(ROOT)}, ROOT, log) as process:
        yield process


@contextmanager
def bare_dagster(folder: Path) -> Iterator[int]:
    """Dagster with the settings of the project and nothing in it; gives its process."""
    folder.mkdir()
    settings = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    (folder / "dagster.yaml").write_text(settings.replace('"data/build/dagster', f'"{folder}'), encoding="utf-8")
    (folder / "nothing.py").write_text("import dagster as dg\n\ndefs = dg.Definitions()\n", encoding="utf-8")
    words = ["-m", "dagster", "dev", "-h", "127.0.0.1", "-f", "nothing.py", "-p"]
    with serving(words, os.environ | {"DAGSTER_HOME": str(folder)}, folder, folder / "dagster.log") as process:
        yield process


@contextmanager
def serving(words: list[str], environment: dict[str, str], folder: Path, log: Path) -> Iterator[int]:
    """Python with these words and a free port after them, until its server has answered; gives its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *words, str(port)],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        wait_until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5), 120)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def wait_until(done: object, seconds: float) -> None:
    """Ask until an answer comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            if done():  # type: ignore[operator]
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing within {seconds} s")


def change_price(path: Path, price: float) -> None:
    """Give the quote another price, in one step as editors do."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    quote = next(row for row in rows if row["quote_id"] == QUOTE)
    quote |= {"price_as_published": f"{price * 2:.4f}", "list_unit_price_usd_per_gpu_hour": f"{price:.4f}"}
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text.getvalue(), encoding="utf-8")
    new.replace(path)


def published_price(ledger: Path) -> float:
    query = f"select list_unit_price_usd_per_gpu_hour from core.price_quotes where quote_id = '{QUOTE}'"
    with duckdb.connect(str(ledger), read_only=True) as connection:
        return float(connection.sql(query).fetchall()[0][0])


def wait_for_price(ledger: Path, price: float, seconds: float = 120) -> float:
    """The moment at which the published file holds a price."""
    seen, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        now = ledger.stat().st_ino
        if now != seen:
            seen = now
            if abs(published_price(ledger) - price) < 1e-6:
                return time.time()
        time.sleep(0.02)
    raise TimeoutError(f"the price did not come within {seconds} s")


def split(instance: dg.DagsterInstance, saved: float, readable: float) -> dict[str, float]:
    """Where the time of one refresh went, from the events of its run."""
    [record] = instance.get_run_records(limit=1)
    reported = (
        instance.fetch_materializations(dg.AssetKey(["files", "prices__rental_quotes"]), limit=1).records[0].timestamp
    )
    starts = {
        entry.step_key: entry.timestamp
        for entry in instance.all_logs(record.dagster_run.run_id, of_type=dg.DagsterEventType.STEP_START)
    }
    first, publishing = min(starts.values()), starts["history__releases"]
    created = record.create_timestamp.timestamp()
    moments = [saved, reported, created, first, publishing, readable]
    parts = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return dict(zip(PARTS, [*parts, readable - saved], strict=True))


def cpu_seconds(group: int) -> dict[str, float]:
    """CPU time used so far by each process of a session, by what it is."""
    used: dict[str, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(words[3]) == group:  # session
                line = (entry / "cmdline").read_text().replace("\0", " ")
                name = next(
                    (word for word in ("_daemon", "webserver", "code-server", "api grpc", " dev ") if word in line),
                    "rest",
                )
                ticks = sum(int(word) for word in words[11:13])
                used[name] = used.get(name, 0) + ticks / os.sysconf("SC_CLK_TCK")
    return used


def idle_cpu(process: int, seconds: float) -> dict[str, float]:
    """CPU seconds of each process for a tick in which nothing changes."""
    time.sleep(4 * TICK_SECONDS)  # the daemons have looked once, and loaded what they need
    before = cpu_seconds(process)
    time.sleep(seconds)
    after = cpu_seconds(process)
    return {name.strip(): (spent - before.get(name, 0)) * TICK_SECONDS / seconds for name, spent in after.items()}


def show_idle(bare: dict[str, float], with_ledger: dict[str, float]) -> None:
    """Print what an idle tick costs, by process, and how much of it is the ledger's."""
    print(f"\nCPU while nothing changes, milliseconds for each {TICK_SECONDS} s\n")
    print(f"{'process':12} {'bare Dagster':>12} {'with the ledger':>16}")
    for name in sorted(with_ledger):
        print(f"{name:12} {bare.get(name, 0) * 1000:12.0f} {with_ledger[name] * 1000:16.0f}")
    ours = sum(with_ledger.values()) - sum(bare.values())
    most = IDLE_CPU_SECONDS * 1000
    print(f"\nthe ledger takes {ours * 1000:.0f} ms, asked are {most:.0f} at the most: a look at the files")
    print("four times a second, a call to the code server and a record; every 60 s a look at the conditions")


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--idle", type=int, default=120, help="seconds over which the CPU of idle ticks is taken")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for part in DATA_PARTS:
            shutil.copytree(ROOT / "data" / part, data / part)
        command = [sys.executable, "-m", "pipelines.cli", "run", "--data", str(data)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with bare_dagster(Path(folder) / "bare") as process:
            bare = idle_cpu(process, given.idle)
        quotes, ledger = data / "prices" / "rental_quotes.csv", data / "published" / "ledger.duckdb"
        with ui(data, Path(folder) / "ui.log") as process:
            os.environ["DAGSTER_HOME"] = str(data / "build" / "dagster")
            with dg.DagsterInstance.get() as instance:
                idle = idle_cpu(process, given.idle)
                assert not instance.get_runs_count(), "a run was started though nothing changed"
                show_idle(bare, idle)
                taken = []
                for index in range(given.rounds):
                    time.sleep(draw.uniform(3, 3 + TICK_SECONDS))
                    price = 1.05 + (index + 1) / 1000
                    change_price(quotes, price)
                    saved = time.time()
                    readable = wait_for_price(ledger, price)
                    wait_until(lambda: instance.get_run_records(limit=1)[0].dagster_run.is_finished, 60)
                    taken.append(split(instance, saved, readable))
                    print(
                        f"{index + 1:3}  " + "  ".join(f"{name} {spent:5.2f}" for name, spent in taken[-1].items()),
                        flush=True,
                    )
                time.sleep(2 * TICK_SECONDS)
                runs = instance.get_runs_count()
    print(f"\nfrom the saved file to the readable figure, {given.rounds} rounds, {runs} runs; seconds")
    print(f"load of the machine now {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'part':12} {'median':>7} {'worst':>7}")
    for name in PARTS:
        figures = [each[name] for each in taken]
        print(f"{name:12} {statistics.median(figures):7.2f} {max(figures):7.2f}")


if __name__ == "__main__":
    main()
