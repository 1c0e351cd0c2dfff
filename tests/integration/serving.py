"""A real `costledger ui` on the loopback, for tests: started, asked, and ended with all its processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.paths import ROOT, DataFolder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, query: str, **variables: Any) -> Any:
    """The answer of the server's GraphQL."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the server of this test
        return json.load(response)["data"]


def wait_for(what: str, seconds: float, done: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            found = done()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"no {what} within {seconds} s")


@contextmanager
def serving(folder: DataFolder, log: Path, **more: str) -> Iterator[int]:
    """`costledger ui` on a data folder, with the history below it; gives the port."""
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key != "DAGSTER_HOME"} | more
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "ui", "--data", str(folder.root), "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        wait_for("server", 120, lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5))
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
