"""Files as the readers get them: bytes on disk in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.text import TextFile

FILE = "some/file.txt"


def text_file(text: str) -> TextFile:
    """A decoded file, without a disk."""
    return TextFile(FILE, text, "0" * 64)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """A file below `folder`, its folders made on the way."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
