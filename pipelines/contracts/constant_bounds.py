"""How large the numbers of a method may be: each kind of constant, told by its name, has bounds.

Within them every cost can be worked out; what lies outside is another unit or a slip.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts.table import Contract

VALUES = ("value", "value_low", "value_high")

PART = r"(?:interconnect|energy|staff)_share"
WIDTH_LOW, WIDTH_HIGH = r"_width_low_ratio", r"_width_high_ratio"
SHARE = r"utilization|_load|^load_|_share|agreement|_rows_low|_move_ratio"
MULTIPLE = r"server_overhead|node_power|pue_|experiments_factor"
OF_A_KIND = "|".join((PART, SHARE, WIDTH_LOW, WIDTH_HIGH, MULTIPLE))
TREND = r"_(?:trend|orders)_per_year$"
START_WIDTH, DAYS, HOURS = r"^start_width_days$", r"_days$", r"_run_hours$"


def within(data: pa.PolarsData, named: str, least: float, most: float, but_for: str | None = None) -> pl.LazyFrame:
    """Whether every value of the constants whose name contains a pattern, and not another, lies within bounds."""
    given = [name for name in VALUES if name in data.lazyframe.collect_schema()]
    fits = pl.all_horizontal(pl.col(name).is_between(least, most).fill_null(value=True) for name in given)
    is_named = pl.col("constant_id").str.contains(named)
    if but_for is not None:
        is_named &= ~pl.col("constant_id").str.contains(but_for)
    return data.lazyframe.select(fits | ~is_named.fill_null(value=False))


class BoundedConstants(Contract):
    """Constants by `constant_id`, with `value` and perhaps its ends."""

    @pa.dataframe_check(
        description="a share of a cost, constant_id ..._share, is a value from 0.0001 to 0.75: 19% is 0.19"
    )
    def part_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """What is left of the whole divides by it, also where it is taken to be a quarter more."""
        return within(data, PART, 0.0001, 0.75)

    @pa.dataframe_check(
        description="a utilisation, load or other share, by its constant_id, is a value from 0.0001 to 1: 37% is 0.37"
    )
    def share_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """No share is more than the whole."""
        return within(data, SHARE, 0.0001, 1, but_for=PART)

    @pa.dataframe_check(
        description="a low end as a multiple of the middle, constant_id ..._width_low_ratio, is a value from 0.01 to 1"
    )
    def low_width_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A low end is not above the middle."""
        return within(data, WIDTH_LOW, 0.01, 1)

    @pa.dataframe_check(
        description="a high end as a multiple of the middle, constant_id ..._width_high_ratio, is a value from 1 to 100"
    )
    def high_width_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A high end is not below the middle."""
        return within(data, WIDTH_HIGH, 1, 100)

    @pa.dataframe_check(
        description="a multiple of what is bought, drawn or trained, by its constant_id, is a value from 1 to 100"
    )
    def multiple_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The whole is not less than the part it is a multiple of."""
        return within(data, MULTIPLE, 1, 100)

    @pa.dataframe_check(description="any other constant_id ..._ratio or ..._factor has a value from 0.0001 to 100")
    def ratio_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Growth and the like."""
        return within(data, r"_(?:ratio|factor)(?:_|$)", 0.0001, 100, but_for=OF_A_KIND)

    @pa.dataframe_check(
        description="a trend, constant_id ..._per_year, is a value in orders of magnitude from 0.001 to 0.5: a halving "
        "in two years is 0.15"
    )
    def trend_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Half an order a year is faster than any hardware became cheaper."""
        return within(data, TREND, 0.001, 0.5)

    @pa.dataframe_check(
        description="the width of a start, constant_id start_width_days, is a value of at most 730 days"
    )
    def start_width_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Two years to either side."""
        return within(data, START_WIDTH, 0, 730)

    @pa.dataframe_check(description="a time in days, constant_id ..._days, is a value of at most 3650")
    def days_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Ten years."""
        return within(data, DAYS, 0, 3650)

    @pa.dataframe_check(description="a run in hours, constant_id ..._run_hours, is a value from 1 to 100000")
    def run_hours_out_of_bounds(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Eleven years."""
        return within(data, HOURS, 1, 100_000)
