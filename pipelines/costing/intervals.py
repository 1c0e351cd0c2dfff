"""Ends of a cost from the ends of its inputs.

Each input with a range is a lognormal whose 5% and 95% points are its ends; independent inputs of one phase multiply,
and a product of lognormals is a lognormal (docs/methods.md, intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add, mul

import polars as pl


@dataclass(frozen=True)
class Range:
    """A figure and its 5% and 95% points, as expressions; a point is its own ends."""

    mid: pl.Expr
    low: pl.Expr
    high: pl.Expr

    def columns(self, shown: str) -> list[pl.Expr]:
        """The three as columns `<shown>_mid`, `<shown>_low`, `<shown>_high`."""
        return [getattr(self, end).alias(f"{shown}_{end}") for end in ("mid", "low", "high")]


def named(shown: str) -> Range:
    """The columns that `Range.columns` made."""
    return Range(*(pl.col(f"{shown}_{end}") for end in ("mid", "low", "high")))


def product_end(mid: pl.Expr, *inputs: tuple[pl.Expr, pl.Expr]) -> pl.Expr:
    """One end of a product of independent lognormals.

    The distances of the inputs' ends from their middles, in logarithms, add in squares.

    Args:
        mid: the product of the middles.
        inputs: middle and end of each input, all ends on the same side.
    """
    squares = [(end / middle).log() ** 2 for middle, end in inputs]
    above = pl.any_horizontal([end > middle for middle, end in inputs])
    distance = pl.sum_horizontal(squares).sqrt()
    return mid * pl.when(above).then(distance).otherwise(-distance).exp()


def product(*factors: Range) -> Range:
    """The product of independent lognormals, exactly."""
    mid = reduce(mul, (factor.mid for factor in factors))
    lows = [(factor.mid, factor.low) for factor in factors]
    highs = [(factor.mid, factor.high) for factor in factors]
    return Range(mid, product_end(mid, *lows), product_end(mid, *highs))


def total(*parts: Range) -> Range:
    """The sum of independent parts: distances of the ends from the middles add in squares.

    Close where one part is most of the sum, as hardware is beside energy.
    """
    mid = reduce(add, (part.mid for part in parts))
    below = pl.sum_horizontal([(part.mid - part.low) ** 2 for part in parts]).sqrt()
    above = pl.sum_horizontal([(part.high - part.mid) ** 2 for part in parts]).sqrt()
    return Range(mid, mid - below, mid + above)
