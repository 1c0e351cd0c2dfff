"""Ends of a cost from the ends of its inputs.

Each input with a range is a lognormal whose 5% and 95% points are its ends; independent inputs of one phase multiply,
and a product of lognormals is a lognormal (docs/methods.md, intervals).
"""

from __future__ import annotations

import polars as pl


def product_end(mid: pl.Expr, *inputs: tuple[pl.Expr, pl.Expr]) -> pl.Expr:
    """One end of a product of independent lognormals.

    The distances of the inputs' ends from their middles, in logarithms, add in squares.

    Args:
        mid: the product of the middles.
        inputs: middle and end of each input, all ends on the same side.
    """
    squares = [(end.log() - middle.log()) ** 2 for middle, end in inputs]
    above = pl.any_horizontal([end > middle for middle, end in inputs])
    distance = pl.sum_horizontal(squares).sqrt()
    return mid * pl.when(above).then(distance).otherwise(-distance).exp()
