"""Where the rows of a CSV file start: polars reads cells fast, but tells no lines and fills up rows that lack cells.

The file is cut at its quotes: every second part stands inside of them. Outside, a line break ends a row and a comma a
cell; inside they are text, and a break is only one line more.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

QUOTE, COMMA, BREAK = '"', ",", "\n"
NEVER = "\x01"
"""Taken for the end of a cell where there are no cells; polars refuses a file that has it, which is then no table."""

FIRST_LINE = 1


def row_starts(path: Path, width: int) -> pl.Series | None:
    """The line each row below the header starts on.

    Args:
        path: a file of lines that end with a line feed, or a carriage return and one.
        width: how many cells a row has.

    Returns:
        Numbers of lines, from 1; None where a row has another number of cells, or the file is none of this kind.
    """
    try:
        read = pl.scan_csv(
            path,
            has_header=False,
            infer_schema=False,
            separator=NEVER,
            quote_char=None,
            eol_char=QUOTE,
            new_columns=["text"],
            glob=False,
        ).collect()
    except pl.exceptions.PolarsError:
        return None
    parts = read.with_row_index("part")
    if parts.height % 2 == 0:  # a quote is left open
        return None
    rows = _rows(*_outside_and_inside(parts))
    last = rows.row(-1, named=True)
    if not last["commas"] and not last["inner_breaks"]:  # nothing after the last line break
        rows = rows.head(-1)
    if not (rows["commas"] == width - 1).all():
        return None
    return ((rows["inner_breaks"].cast(pl.Int64) + 1).cum_sum() + FIRST_LINE).head(-1)


def _outside_and_inside(parts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The parts outside of quotes with the row they begin in, those inside with the row they are in."""
    is_outside = pl.col("part") % 2 == 0
    breaks = pl.col("text").str.count_matches(BREAK, literal=True).fill_null(0)
    outside = parts.filter(is_outside).select("text", breaks.alias("breaks"))
    outside = outside.with_columns((pl.col("breaks").cum_sum() - pl.col("breaks")).alias("row"))
    row = (outside["row"] + outside["breaks"]).head(-1)
    return outside, parts.filter(~is_outside).select(row.alias("row"), breaks.alias("inner_breaks"))


def _rows(outside: pl.DataFrame, inside: pl.DataFrame) -> pl.DataFrame:
    """For each row in order its commas outside quotes, and its line breaks inside."""
    last = pl.col("row") + pl.col("breaks")
    cut = outside.filter(pl.col("breaks") > 0).select(
        pl.col("text").str.split(BREAK), pl.int_ranges("row", last + 1, dtype=pl.UInt32).alias("row")
    )
    within = outside.filter(pl.col("breaks") == 0).select("text", "row")
    commas = pl.concat([within, cut.explode("text", "row")]).select(
        "row", pl.col("text").str.count_matches(COMMA, literal=True).alias("commas")
    )
    found = pl.concat([commas, inside], how="diagonal")
    return found.group_by("row").agg(pl.col("commas", "inner_breaks").sum()).sort("row")
