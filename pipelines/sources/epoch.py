"""`epoch/` in the data folder: the tables of Epoch AI and the index beside them, where somebody brought them in.

They are not part of the project's data (`costledger import epoch`); without them every table is empty. The tables have
thousands of rows of long texts of which few columns are wanted, so polars reads these (`row_starts` tells the lines). A
file it cannot read is read row by row, and the rows at fault are set aside.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES, Table
from pipelines.contracts.validation import conform
from pipelines.sources.row_starts import row_starts
from pipelines.sources.source import Reading, ReadingBuilder, Source
from pipelines.sources.text import UnreadableError

FOLDER = "epoch"
MAX_BYTES = 1024 * 2**20
LINE = "__line"
HEAD_BYTES = 2**16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NO_TEXT = re.compile(r"[\ud800-\udfff]")
"""What Python makes of bytes that are no UTF-8."""

LONE_RETURN = re.compile(r"\r(?!\n)")
AGAIN = "download the snapshot again and import it"
SOMETHING = re.compile(rb"\S")


@dataclass(frozen=True)
class EpochFile:
    """One file of the snapshot.

    Attributes:
        table: the staging table it fills, without schema and source.
        published_as: its name where Epoch publishes it.
        columns: column of the file to column of the table.
        published_by: who publishes it.
    """

    table: str
    published_as: str
    columns: Mapping[str, str]
    published_by: str = "Epoch"

    @property
    def name(self) -> str:
        """Its name in the data folder."""
        return f"{FOLDER}/{self.table}.csv"

    @property
    def declared(self) -> Table:
        """Its staging table."""
        return TABLES[f"staging.{FOLDER}__{self.table}"]


FILES = (
    EpochFile(
        "models",
        "All ML Systems - full view.csv",
        {
            "Model": "model_name",
            "Organization": "developer",
            "Publication date": "published_on",
            "Compute rank when published": "compute_rank",
            "Training hardware": "hardware_cell",
            "Hardware quantity": "gpu_count",
            "Training time (hours)": "wall_clock_hours",
            "Training chip-hours": "stated_gpu_hours",
            "Hardware utilization (MFU)": "utilization_ratio",
            "Training compute (FLOP)": "training_compute_flop",
            "Finetune compute (FLOP)": "finetune_compute_flop",
            "Base model": "base_model_cell",
            "Confidence": "assessment",
            "Link": "url",
        },
    ),
    EpochFile(
        "hardware",
        "Chip dataset-Grid view.csv",
        {
            "Hardware name": "hardware_name",
            "Manufacturer": "vendor",
            "Type": "hardware_type",
            "Release date": "released_on",
            "TDP (W)": "tdp_w",
            "Tensor-FP16/BF16 performance (FLOP/s)": "peak_tensor16_flop_per_s",
            "TF32 (TensorFloat-32) performance (FLOP/s)": "peak_tf32_flop_per_s",
            "FP16 (half precision) performance (FLOP/s)": "peak_fp16_flop_per_s",
            "FP32 (single precision) performance (FLOP/s)": "peak_fp32_flop_per_s",
            "INT8 performance (OP/s)": "peak_int8_op_per_s",
            "Release price (USD)": "release_price",
        },
    ),
    EpochFile(
        "hardware_prices",
        "Hardware prices.csv",
        {
            "Hardware model": "hardware_name",
            "Price date": "priced_on",
            "Vendor": "price_vendor",
            "Price per chip-hour (on-demand)": "on_demand_usd_per_gpu_hour",
            "Price per chip-hour (1-year CUD)": "committed_1y_usd_per_gpu_hour",
            "Price per chip-hour (3-year CUD)": "committed_3y_usd_per_gpu_hour",
            "Price (hardware purchase)": "purchase_usd_per_gpu",
            "Notes": "note",
            "Price source": "url",
        },
    ),
    EpochFile(
        "price_index",
        "PCU518210518210.csv",
        {"observation_date": "observed_on", "PCU518210518210": "index_value"},
        "FRED",
    ),
)
"""Every file of a snapshot."""


def read(folder: Path) -> Reading:
    """Every file of `epoch/`; nothing where there is no such folder, a fault where a file of it is missing."""
    builder = ReadingBuilder(FOLDER)
    frames: dict[str, pl.DataFrame] = {}
    hashes: dict[Path, str] = {}
    present = [file for file in FILES if (folder / file.name).exists()]
    for file in FILES if present else ():
        try:
            if file not in present:
                raise UnreadableError(f"the file is missing beside the others: {AGAIN}")
            frames[file.declared.name], hashes[folder / file.name] = _read_file(builder, folder, file)
        except UnreadableError as error:
            builder.set_file_aside(file.table, file.name, error)
    reading = builder.result()
    return Reading({**reading.raw, **frames}, reading.rejected, hashes)


def content_of(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        UnreadableError: missing or too large.
    """
    try:
        with path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size > MAX_BYTES:
                raise UnreadableError(f"the file has {size:,} bytes, more than {MAX_BYTES:,}")
            return opened.read()
    except OSError as error:
        raise UnreadableError(f"the file cannot be opened ({error.strerror}): restore it") from error


def check_header(content: bytes, file: EpochFile) -> list[str]:
    """The header of a file, which has every column that is read.

    Raises:
        UnreadableError: empty, not UTF-8, no line of a CSV file, or a column is missing or stands twice.
    """
    begin = len(BYTE_ORDER_MARK) if content.startswith(BYTE_ORDER_MARK) else 0
    if not SOMETHING.search(content, begin):
        raise UnreadableError(f"the file is empty: {AGAIN}")
    head = content[:HEAD_BYTES].split(b"\n", 1)[0]
    try:
        text = head.decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as error:
        raise UnreadableError("the file is not UTF-8: it is no table of Epoch", 1) from error
    if "\r" in text:
        raise UnreadableError("a carriage return in the header ends no line: save the file with line feeds", 1)
    try:
        header = [name.strip() for name in next(csv.reader([text]), [])]
    except csv.Error as error:
        raise UnreadableError(f"the header is no line of a CSV file ({error}): {AGAIN}", 1) from error
    missing = [name for name in file.columns if name not in header]
    if missing:
        raise UnreadableError(
            f"no column {', '.join(map(repr, missing))}: "
            f"it is not {file.published_as!r} as {file.published_by} publishes it",
            1,
        )
    doubled = [name for name in file.columns if header.count(name) > 1]
    if doubled:
        raise UnreadableError(f"column {doubled[0]!r} stands twice: {AGAIN}", 1)
    return header


def _read_file(builder: ReadingBuilder, folder: Path, file: EpochFile) -> tuple[pl.DataFrame, str]:
    """The records of a file, and the hash of its bytes."""
    content = content_of(folder / file.name)
    header = check_header(content, file)
    sha256 = hashlib.sha256(content).hexdigest()
    table = _parse_fast(content, header, file)
    if table is None:
        table = _parse_slowly(builder, content, header, file)
    if table.is_empty():
        nothing = UnreadableError("no record can be used: no row below the header can be read")
        builder.set_file_aside(file.table, file.name, nothing)
    given = table.select(
        LINE, *(pl.col(str(header.index(column))).alias(name) for column, name in file.columns.items())
    )
    placed = given.with_columns(
        pl.lit(file.name).alias("file"),
        pl.col(LINE).alias("line"),
        pl.lit(sha256).alias("file_sha256"),
    )
    return conform(raw_of(file.declared), placed), sha256


def _parse_fast(content: bytes, header: list[str], file: EpochFile) -> pl.DataFrame | None:
    """Wanted cells as text, by their place in the header, and the line; None where a row does not fit the header."""
    places = [str(place) for place in range(len(header))]
    wanted = [str(header.index(column)) for column in file.columns]
    try:
        cells = pl.scan_csv(content, infer_schema=False, new_columns=places).select(wanted).collect()
    except pl.exceptions.PolarsError:
        return None
    starts = row_starts(content, len(header))
    return None if starts is None or starts.len() != cells.height else cells.with_columns(starts.alias(LINE))


def _parse_slowly(builder: ReadingBuilder, content: bytes, header: list[str], file: EpochFile) -> pl.DataFrame:
    """The same, row by row; rows that do not fit the header, or have a wanted cell that is not UTF-8, are set aside.

    Raises:
        UnreadableError: the quoting is broken.
    """
    text = content.decode("utf-8-sig", errors="surrogateescape")
    csv.field_size_limit(MAX_BYTES)
    lines = LONE_RETURN.sub(" ", text)  # the end of a row to `csv`, and to nobody else
    reader = csv.reader(io.StringIO(lines, newline=""))
    wanted = [header.index(column) for column in file.columns]
    rows: list[tuple[object, ...]] = []
    try:
        next(reader)
        start = reader.line_num + 1
        for cells in reader:
            fault = _fault_of(cells, header, wanted, range(start, reader.line_num + 1))
            if fault:
                name = cells[0][:80].encode(errors="replace").decode()
                builder.set_record_aside(file.table, file.name, start, name, None, fault)
            elif cells:
                rows.append((*(cells[place] or None for place in wanted), start))
            start = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(f"not a CSV file ({error}): {AGAIN}", reader.line_num) from error
    schema = {**{str(place): pl.String for place in wanted}, LINE: pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _fault_of(cells: list[str], header: list[str], wanted: list[int], lines: range) -> str | None:
    """Why a row cannot be used; nothing for an empty line."""
    if not cells:
        return None
    if len(cells) != len(header):
        reach = f", and it reaches to line {lines[-1]}" if len(lines) > 1 else ""
        return f"the row has {len(cells)} cells, the header {len(header)}{reach}: {AGAIN}"
    broken = next((header[place] for place in wanted if NO_TEXT.search(cells[place])), None)
    return broken and f"the cell {broken!r} is not UTF-8: {AGAIN}"


SOURCE = Source(FOLDER, tuple(file.name for file in FILES), read, is_optional=True, is_large=True)
