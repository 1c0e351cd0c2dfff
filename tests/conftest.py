"""What several test modules share: copies of the project's data, and a ledger built from one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.graph.build import build
from pipelines.paths import ROOT, DataFolder
from tests.support.feed_server import FeedServer

AS_OF = date(2026, 11, 23)
"""The day every test prices `rental_now` on."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than processors: some tests wait for a server most of their time."""
    return (os.cpu_count() or 1) + 1


PARTS = ("disclosures", "prices", "reference", "corrections", "scenarios")


def copy_data(target: Path) -> DataFolder:
    """A copy of the project's data, with nothing built in it."""
    for part in PARTS:
        shutil.copytree(ROOT / "data" / part, target / part)
    shutil.copy(ROOT / "data" / "feeds.yaml", target)
    return DataFolder(target)


@pytest.fixture(scope="session")
def ledger_folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder with a published ledger, built once. Read only: copy it to change it."""
    folder = copy_data(tmp_path_factory.mktemp("ledger") / "data")
    build(folder, AS_OF)
    return folder


@pytest.fixture
def data_copy(tmp_path: Path) -> DataFolder:
    """A fresh copy of the project's data."""
    return copy_data(tmp_path / "data")


@pytest.fixture
def ledger_copy(ledger_folder: DataFolder, tmp_path: Path) -> DataFolder:
    """A fresh copy of a data folder with a published ledger."""
    shutil.copytree(ledger_folder.root, tmp_path / "data")
    return DataFolder(tmp_path / "data")


@pytest.fixture
def feed_server(tmp_path: Path) -> Iterator[FeedServer]:
    """An HTTP server on loopback that serves `tmp_path / "upstream"`."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    with FeedServer(folder) as server:
        yield server
