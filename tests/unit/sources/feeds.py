"""Feeds under test: the project's own small files, and the samples beside the project where they are."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.format import COLUMNS, LINE, Feed
from pipelines.sources.text import UnreadableError

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures" / "feeds"
SAMPLES = ROOT.parent / "shared" / "samples"


def feed(name: str, **changes: Any) -> Feed:
    """A feed of a format."""
    return replace(Feed("test", name, "https://feeds.example/", 24, "test numbers", "src_test"), **changes)


def zipped(content: bytes, name: str = "seller.csv") -> bytes:
    """An archive of one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return archive.getvalue()


def fixture(name: str) -> bytes:
    """The small file of a format, packed as the format is."""
    path = next(iter(sorted(FIXTURES.glob(f"{name}.*"))))
    content = path.read_bytes()
    return zipped(content) if FORMATS[name].suffix == ".zip" else content


def sample(name: str) -> bytes:
    """A sample beside the project."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the sample {name} lies beside the project and is not shipped")
    return path.read_bytes()


def frame(name: str, data: bytes | None = None, **changes: Any) -> pl.DataFrame:
    """What a format reads, its shape checked."""
    read = FORMATS[name].read(fixture(name) if data is None else data, feed(name, **changes))
    assert dict(read.schema) == {LINE: pl.Int64(), **dict.fromkeys(COLUMNS[FORMATS[name].kind], pl.String())}
    return read


def rows(name: str, data: bytes | None = None, columns: str = "", **changes: Any) -> list[dict[str, Any]]:
    """Rows as they are read; `columns` names the wanted ones, null cells are left out."""
    read = frame(name, data, **changes)
    wanted = columns.split() or read.columns
    return [{key: row[key] for key in wanted if row[key] is not None} for row in read.to_dicts()]


def cells(name: str, data: bytes | None = None, columns: str = "", **changes: Any) -> list[tuple[Any, ...]]:
    """Rows of the named columns, as tuples."""
    return frame(name, data, **changes).select(columns.split()).rows()


def refusal(name: str, data: bytes, **changes: Any) -> str:
    """Why a file is refused."""
    with pytest.raises(UnreadableError) as caught:
        FORMATS[name].read(data, feed(name, **changes))
    return caught.value.remedy
