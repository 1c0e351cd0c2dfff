"""Where the rows of a CSV file start: polars reads cells fast, but tells no lines and fills up rows that lack cells.

The file is cut at its quotes: every second part stands inside of them. Outside, a line break ends a row and a comma a
cell; inside they are text, and a break is only one line more. What is outside is put together again, a quote in place
of each text inside, and cut into rows.
"""

from __future__ import annotations

import polars as pl

QUOTE, COMMA, BREAK = '"', ",", "\n"
NEVER = "\x01"
"""Taken for the end of a cell where there are no cells; polars refuses a file that has it, which is then no table."""

FIRST_LINE = 1


def row_starts(content: bytes, width: int) -> pl.Series | None:
    """The line each row below the header starts on.

    Args:
        content: of a file of lines that end with a line feed, or a carriage return and one.
        width: how many cells a row has.

    Returns:
        Numbers of lines, from 1; None where a row has another number of cells, or the file is none of this kind.
    """
    try:
        read = pl.scan_csv(
            content,
            has_header=False,
            infer_schema=False,
            separator=NEVER,
            quote_char=None,
            eol_char=QUOTE,
            new_columns=["text"],
            empty_string_is_null=False,
        ).collect()
    except pl.exceptions.PolarsError:
        return None
    parts = read["text"].rechunk()
    if parts.len() % 2 == 0:  # a quote is left open
        return None
    outside, inside = parts.gather_every(2), parts.gather_every(2, 1)
    rows = outside.str.join(QUOTE).str.split(BREAK).explode()
    if not rows[-1]:  # nothing after the last line break
        rows = rows.head(-1)
    if not (_count(rows, COMMA) == width - 1).all():
        return None
    inner_breaks = pl.concat([pl.Series([0]), _count(inside, BREAK).cum_sum()])
    lines = pl.int_range(FIRST_LINE, rows.len() + FIRST_LINE, eager=True)  # if none had a break inside
    return (lines + 1 + inner_breaks.gather(_count(rows, QUOTE).cum_sum())).head(-1).alias("line")


def _count(texts: pl.Series, mark: str) -> pl.Series:
    """How often each text has a mark."""
    return texts.str.count_matches(mark, literal=True).cast(pl.Int64)
