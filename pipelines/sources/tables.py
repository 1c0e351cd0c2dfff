"""CSV files to rows of a staging table, compared by header name."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.records import keys_of
from pipelines.sources.source import ReadingBuilder
from pipelines.sources.text import UnreadableError, read_csv, read_text


def read_table(builder: ReadingBuilder, folder: Path, name: str, table: str) -> None:
    """Add every row of one CSV file to `table`; a file that cannot be read is set aside whole."""
    columns = keys_of(builder.prefix + table)
    try:
        file = read_text(folder, folder / name)
        rows = list(read_csv(file, columns))
    except UnreadableError as error:
        builder.set_file_aside(table, name, error)
        return
    for line, cells in rows:
        if isinstance(cells, UnreadableError):
            builder.set_record_aside(table, name, line, None, None, cells.remedy)
            continue
        builder.add(table, {**cells, "file": file.name, "line": line, "file_sha256": file.sha256})
