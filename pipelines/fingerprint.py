"""What a release was computed from: the bytes of the data that is read, and of the code that reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipelines.paths import ROOT, SQL, DataFolder
from pipelines.sources import SOURCES


def _hash_files(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def input_fingerprint(folder: DataFolder) -> str:
    """Hash of every file a source reads: names and bytes, in order."""
    paths = (path for source in SOURCES for pattern in source.files for path in folder.root.glob(pattern))
    return _hash_files(folder.root, paths)


@cache
def code_fingerprint() -> str:
    """Hash of the Python and SQL that compute a release, and of the pins they run with."""
    code = [*(ROOT / "pipelines").rglob("*.py"), *SQL.rglob("*.sql"), ROOT / "constraints.txt"]
    return _hash_files(ROOT, code)
