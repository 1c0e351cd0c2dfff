"""What a price basis is: a name, a price for each run that has one, and what that price rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

import polars as pl

from pipelines.costing.constants import Constants
from pipelines.costing.market import TERMS, market_prices, sight_of_market
from pipelines.costing.purchases import nearest_offers

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
        electricity: core.electricity_prices.
    """

    runs: pl.LazyFrame
    quotes: pl.LazyFrame
    hardware: pl.LazyFrame
    constants: Constants
    as_of: date
    electricity: pl.LazyFrame

    @cached_property
    def market(self) -> pl.DataFrame:
        """Result of `market.market_prices` for every accelerator of the runs, at their starts and on the day."""
        return market_prices(self._asked, self.quotes, self.hardware, self.constants).collect()

    @cached_property
    def market_sight(self) -> pl.DataFrame:
        """What `market` rests on (`market.sight_of_market`)."""
        return sight_of_market(self._asked, self.quotes, self.hardware).collect()

    @cached_property
    def offers(self) -> pl.DataFrame:
        """Result of `purchases.nearest_offers` for every run."""
        return nearest_offers(self.runs, self.quotes, self.hardware, self.constants).collect()

    @property
    def _asked(self) -> pl.LazyFrame:
        days = [
            self.runs.select("hardware_id", day.alias("priced_on"))
            for day in (pl.col("started_on"), pl.lit(self.as_of))
        ]
        return pl.concat(days).unique().drop_nulls().join(pl.LazyFrame({"terms": list(TERMS)}), how="cross")


NEVER_IN = ("failed_runs", "experiments", "staff", "data")
"""What no basis counts (vocabulary.LEFT_OUT)."""


def everything(pricing: Pricing) -> pl.LazyFrame:
    """What a basis rests on that does not say: all there is, so that any change computes every run again.

    Returns:
        phase_id and `seen`, a hash.
    """
    given = [getattr(pricing, field.name) for field in fields(pricing) if field.name not in ("runs", "constants")]
    frames = [each.collect() if isinstance(each, pl.LazyFrame) else each for each in given]
    hashes = [each.hash_rows().sum() if isinstance(each, pl.DataFrame) else str(each) for each in frames]
    return pricing.runs.select("phase_id", pl.lit(str(hashes)).hash().alias("seen"))


@dataclass(frozen=True)
class PriceBasis:
    """One way to value a phase.

    Attributes:
        name: member of vocabulary.PRICE_BASIS.
        price: runs to prices (PRICE_COLUMNS).
        quantity: what the price is multiplied by: hours, or accelerators bought.
        depends_on_start: whether the price is looked up by the start of the run.
        sees: a hash of what the price of each run rests on, the run and the constants left out (phase_id, `seen`).
            Whatever `price` looks at must be in it; see `costing.sight`.
        leaves_out: members of vocabulary.LEFT_OUT that its costs do not count.
    """

    name: str
    price: Callable[[Pricing], pl.LazyFrame]
    quantity: str = "gpu_hours"
    depends_on_start: bool = True
    sees: Callable[[Pricing], pl.LazyFrame] = everything
    leaves_out: tuple[str, ...] = NEVER_IN

    @property
    def is_per_hour(self) -> bool:
        """Whether the price is one of an accelerator-hour."""
        return self.quantity == "gpu_hours"

    @property
    def is_looked_up_by_start(self) -> bool:
        """Whether the price is what the market asks on the day the run starts."""
        return self.is_per_hour and self.depends_on_start


def price_columns(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with exactly PRICE_COLUMNS."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in PRICE_COLUMNS.items())
