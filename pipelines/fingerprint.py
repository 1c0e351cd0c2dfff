"""What a release was computed from: the bytes of the data that is read, and of the code that reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.paths import ROOT, SQL, DataFolder
from pipelines.sources import SOURCES
from pipelines.sources.records import OWN_COLUMNS
from pipelines.sources.source import Reading, Source


def _hash_of(path: Path) -> str:
    """Hash of what is in a file; of nothing where it cannot be read, which whoever reads it will tell."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _hash_files(root: Path, paths: Iterable[Path], known: Mapping[Path, str] | None = None) -> str:
    digest, known = hashlib.sha256(), known or {}
    for path in sorted(set(paths)):
        name = path.relative_to(root).as_posix()
        digest.update(f"{name}\0{known.get(path) or _hash_of(path)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def source_fingerprint(folder: DataFolder, source: Source, known: Mapping[Path, str] | None = None) -> str:
    """Hash of every file one source reads, names and bytes in order, and of what it takes from files beside them.

    Args:
        folder: the data folder.
        source: what is read.
        known: hashes of files that were just read.
    """
    files = _hash_files(folder.root, source.paths(folder.root), known)
    beside = "\n".join(source.beside(folder.root)) if source.beside else ""
    return hashlib.sha256(f"{files}\n{beside}".encode()).hexdigest() if beside else files


def joined_fingerprint(of_sources: Mapping[str, str]) -> str:
    """One hash of what every source read; a source that was never read counts as nothing."""
    parts = [f"{source.name} {of_sources.get(source.name, '')}" for source in SOURCES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def input_fingerprint(folder: DataFolder) -> str:
    """Hash of the data as it lies in the folder now."""
    return joined_fingerprint({source.name: source_fingerprint(folder, source) for source in SOURCES})


def rows_hash(frame: pl.DataFrame) -> str:
    """Hash of rows in any order; where they were read does not count."""
    if frame.is_empty():
        return _hash_text(*(name for name in frame.columns if name not in OWN_COLUMNS))
    content = frame.drop(OWN_COLUMNS, strict=False)
    hashes = content.hash_rows().sort().cast(pl.String).str.join(" ").item()
    return _hash_text(*content.columns, hashes)


def content_fingerprints(source: Source, reading: Reading) -> dict[str, str]:
    """By staging table, a hash of what was read for it and of the code that works on it.

    Equal, and there is nothing to compute: spaces, comments, the order of lines and the time of a file do not count.
    What a source takes from files beside its own is new when the rest is: a feed that was read once more and said
    nothing new is no news.
    """
    hashes: dict[str, str] = {}
    beside = {f"staging.{source.name}__{name}" for name in source.beside_tables}
    for name, raw in reading.raw.items():
        unread = reading.rejected.filter(pl.col("table_name") == name)
        rows = "" if name in beside else rows_hash(raw)
        hashes[name] = _hash_text(code_fingerprint(), rows, rows_hash(unread))
    rest = _hash_text(*(content for name, content in sorted(hashes.items()) if name not in beside))
    return {name: _hash_text(content, rest) if name in beside else content for name, content in hashes.items()}


def _hash_text(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


@cache
def code_fingerprint() -> str:
    """Hash of the Python and SQL that compute a release, and of the pins they run with."""
    code = [*(ROOT / "pipelines").rglob("*.py"), *SQL.rglob("*.sql"), ROOT / "constraints.txt"]
    return _hash_files(ROOT, code)
