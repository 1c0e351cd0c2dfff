"""What a price basis is: a name, and a price for each run that has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.costing.constants import Constants

PRICE_COLUMNS: dict[str, type[pl.DataType] | pl.DataType] = {
    "phase_id": pl.String,
    "unit_price": pl.Decimal(18, 6),
    "unit_price_low": pl.Decimal(18, 6),
    "unit_price_high": pl.Decimal(18, 6),
    "quote_id": pl.String,
    "price_source_id": pl.String,
    "price_observed_on": pl.Date,
    "price_quote_count": pl.Int64,
    "price_flags": pl.List(pl.String),
}
"""Columns a basis returns; a run without a price has no row."""


@dataclass(frozen=True)
class Pricing:
    """What a basis may price with.

    Attributes:
        runs: result of `costing.runs.runs`.
        quotes: core.price_quotes.
        hardware: core.hardware.
        constants: of the method.
        as_of: the day of the release.
    """

    runs: pl.LazyFrame
    quotes: pl.LazyFrame
    hardware: pl.LazyFrame
    constants: Constants
    as_of: date


@dataclass(frozen=True)
class PriceBasis:
    """One way to value a phase.

    Attributes:
        name: member of vocabulary.PRICE_BASIS.
        price: runs to prices (PRICE_COLUMNS).
        quantity: what the price is multiplied by: hours, or accelerators bought.
        depends_on_start: whether the price is looked up by the start of the run.
    """

    name: str
    price: Callable[[Pricing], pl.LazyFrame]
    quantity: str = "gpu_hours"
    depends_on_start: bool = True


def price_columns(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with exactly PRICE_COLUMNS."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in PRICE_COLUMNS.items())
