"""Where the rows of a CSV file start: polars reads cells fast, but tells no lines and fills up rows that lack cells.

Of the file only its marks are looked at: quotes, commas and line breaks. They are cut at the quotes, and every second
part stands inside of them. Outside, a line break ends a row and a comma a cell; inside they are text, and a break is
only one line more. What is outside is put together again, a quote in place of each part inside, and cut into rows.
"""

from __future__ import annotations

import polars as pl

QUOTE, COMMA, BREAK = '"', ",", "\n"
NO_MARKS = bytes(set(range(256)) - set(f"{QUOTE}{COMMA}{BREAK}".encode()))
BLOCK_BYTES = 2**22
"""So much is looked at in one go; others may work in between."""

FIRST_LINE = 1


def row_starts(content: bytes, width: int) -> pl.Series | None:
    """The line each row below the header starts on.

    Args:
        content: of a file in an encoding that contains ASCII, of lines that end with a line feed, or a carriage return
            and one.
        width: how many cells a row has.

    Returns:
        Numbers of lines, from 1; None where a row has another number of cells, or a quote is left open.
    """
    blocks = (content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES))
    marks = b"".join(block.translate(None, NO_MARKS) for block in blocks).decode()
    parts = pl.Series([marks]).str.split(QUOTE).explode()
    if parts.len() % 2 == 0:  # a quote is left open
        return None
    outside, inside = parts.gather_every(2), parts.gather_every(2, 1)
    rows = outside.str.join(QUOTE).str.split(BREAK).explode()
    if not rows[-1]:  # nothing after the last line break
        rows = rows.head(-1)
    quoted = _count(rows, QUOTE)
    if not (rows.str.len_bytes() - quoted == width - 1).all():  # the other marks of a row are its commas
        return None
    inner_breaks = pl.concat([pl.Series([0]), _count(inside, BREAK).cum_sum()])
    lines = pl.int_range(FIRST_LINE, rows.len() + FIRST_LINE, eager=True)  # if none had a break inside
    return (lines + 1 + inner_breaks.gather(quoted.cum_sum())).head(-1).alias("line")


def _count(texts: pl.Series, mark: str) -> pl.Series:
    """How often each text has a mark."""
    return texts.str.count_matches(mark, literal=True).cast(pl.Int64)
