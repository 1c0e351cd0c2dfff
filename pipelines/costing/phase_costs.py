"""The cost of every phase on every price basis."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.contracts.types import A_CENT, COST, HOURS, UNIT_PRICE, USD
from pipelines.costing.intervals import product_end
from pipelines.costing.price_bases import PRICE_BASES, PriceBasis, Pricing
from pipelines.costing.price_bases.basis import PRICE_COLUMNS
from pipelines.costing.scope_note import scope_note
from pipelines.costing.start_width import ends_with_assumed_start, what_is_assumed

CENTS = USD.scale
LEAST_COST = pl.lit(A_CENT, USD)
"""No cost is shown as zero: what is less than half a cent is shown as one."""
START_FLAGS = ("assumed_start", "assumed_run_time")


def price_phases(pricing: Pricing, bases: Iterable[PriceBasis] | None = None) -> pl.DataFrame:
    """Price every phase on every basis.

    The middle is exact: hours (4 decimals) x price (6 decimals), rounded once to the cent. Ends combine the range of
    the hours with the range of the price (`intervals.product_end`), which an assumed start widens (`start_width`).

    Args:
        pricing: runs, quotes, hardware, constants and the day of the release.
        bases: the bases to price on; all of PRICE_BASES when not given.

    Returns:
        Rows of core.phase_costs (the columns of core.unsummed_phase_costs are the same), sorted by their key.
    """
    from pipelines.contracts.core import PhaseCosts
    from pipelines.contracts.table import table_of

    chosen = None if bases is None else list(bases)
    rows = priced(pricing, chosen).with_columns(scope_note(chosen))
    return rows.select(list(table_of(PhaseCosts).dtypes)).sort("phase_id", "price_basis")


def priced(pricing: Pricing, bases: Iterable[PriceBasis] | None = None) -> pl.DataFrame:
    """The same with more columns, in no order; needs no contract, which takes long to load."""
    return costs_at(pricing.runs, prices_on(pricing, bases)).collect()


def prices_on(pricing: Pricing, bases: Iterable[PriceBasis] | None = None) -> pl.DataFrame:
    """The price of every run on every basis, whether there is something to multiply it by or not.

    Args:
        pricing: runs, quotes, hardware, constants and the day of the release.
        bases: the bases to price on; all of PRICE_BASES when not given.

    Returns:
        A row for each run and basis: phase_id, price_basis, is_per_hour and depends_on_start of the basis, and
        PRICE_COLUMNS, empty for a run without a price.
    """
    of_basis = {"price_basis": pl.String, "is_per_hour": pl.Boolean, "depends_on_start": pl.Boolean}
    nothing = pl.LazyFrame(schema={**PRICE_COLUMNS, **of_basis})
    asked, wider = pricing.runs.select("phase_id", *what_is_assumed()), ends_with_assumed_start(pricing.constants)
    found = [
        asked.join(basis.price(pricing), on="phase_id", how="left")
        .with_columns(
            *(wider if basis.is_looked_up_by_start else ()),
            pl.lit(basis.name).alias("price_basis"),
            pl.lit(basis.is_per_hour).alias("is_per_hour"),
            pl.lit(basis.depends_on_start).alias("depends_on_start"),
        )
        .drop("is_start_assumed", "is_run_time_assumed")
        for basis in (PRICE_BASES.values() if bases is None else bases)
    ]
    return pl.concat([nothing, *found]).collect()


def costs_at(runs: pl.LazyFrame, prices: pl.DataFrame) -> pl.LazyFrame:
    """The costs of runs at given prices: rows as of `priced`.

    Args:
        runs: result of `costing.runs.runs`.
        prices: result of `prices_on`, for these runs or for the same with other hours.
    """
    is_per_hour = pl.col("is_per_hour")
    low, mid, high = (
        pl.when(is_per_hour).then(f"hours_{end}").otherwise(pl.col("gpu_count").cast(HOURS))
        for end in ("low", "mid", "high")
    )
    has_hours = pl.any_horizontal(pl.col("hours_low", "hours_mid", "hours_high").is_not_null())
    is_counted = pl.col("gpu_count").is_not_null() & (pl.col("row_role") != "context_only")
    is_quantified = pl.col("is_quantified")
    exact = (mid.cast(COST) * pl.col("unit_price")).round(CENTS).cast(USD)
    return (
        runs.with_columns(_text_of("flags").alias("run_flags"))
        .drop("flags")
        .join(prices.lazy().with_columns(_text_of("price_flags")), on="phase_id", how="inner")
        .with_columns(
            has_hours.alias("has_hours"),
            pl.when(is_per_hour).then(has_hours).otherwise(is_counted).alias("is_quantified"),
        )
        .with_columns(
            pl.when(is_quantified).then(_at_least(LEAST_COST, exact)).alias("cost_mid_usd"),
            _end(is_quantified, mid, low, "unit_price_low").alias("cost_low_usd"),
            _end(is_quantified, mid, high, "unit_price_high").alias("cost_high_usd"),
            pl.col("hours_mid").alias("gpu_hours"),
            pl.col("hours_low").alias("gpu_hours_low"),
            pl.col("hours_high").alias("gpu_hours_high"),
            *(
                _unit_price(is_quantified & is_unit, source).alias(f"{source}_usd_per_{unit}")
                for source in ("unit_price", "unit_price_low", "unit_price_high")
                for unit, is_unit in (("gpu_hour", is_per_hour), ("gpu", ~is_per_hour))
            ),
            _missing_reason().alias("cost_missing_reason"),
            *(
                pl.when(is_quantified).then(pl.col(name)).alias(name)
                for name in ("quote_id", "price_source_id", "price_observed_on", "price_quote_count")
            ),
        )
        .drop("developer", *(f"unit_price{end}" for end in ("", "_low", "_high")))
        .pipe(_with_all_flags)
    )


def _with_all_flags(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with the flags of the run and of its price, each once and in the order of the alphabet.

    An assumed start matters only where the price is looked up by it. Many rows have the same few texts of flags, so
    only distinct ones are taken apart and put together.
    """
    given = ("depends_on_start", "is_quantified", "run_flags", "price_flags")
    of_run = _flags_of("run_flags")
    usual = pl.when("depends_on_start").then(of_run).otherwise(of_run.list.set_difference(list(START_FLAGS)))
    of_price = pl.when("is_quantified").then(_flags_of("price_flags")).fill_null([])
    flags = pl.concat_list(usual, of_price).list.unique().list.sort().alias("flags")
    together = rows.select(given).unique().select(*given, flags)
    return rows.join(together, on=given, how="left", nulls_equal=True).drop("run_flags", "price_flags")


def _text_of(flags: str) -> pl.Expr:
    """A list of flags, which are names without spaces, as one text: lists are slow to copy and to compare."""
    return pl.col(flags).list.join(" ")


def _flags_of(text: str) -> pl.Expr:
    """The list again."""
    return pl.when(pl.col(text) == "").then(pl.lit([], pl.List(pl.String))).otherwise(pl.col(text).str.split(" "))


def _end(is_quantified: pl.Expr, mid: pl.Expr, end: pl.Expr, price_end: str) -> pl.Expr:
    """One end of the cost in USD; for a one-sided quantity the known end at that end of the price."""
    middle, quantity, price, edge = (
        expression.cast(pl.Float64) for expression in (mid, end, pl.col("unit_price"), pl.col(price_end))
    )
    both = product_end(middle * price, (middle, quantity), (price, edge))
    known = pl.when(mid.is_not_null()).then(both).otherwise(quantity * edge)
    return pl.when(is_quantified).then(_at_least(LEAST_COST.cast(pl.Float64), known.round(CENTS)))


def _at_least(floor: pl.Expr, amount: pl.Expr) -> pl.Expr:
    return pl.when(amount < floor).then(floor).otherwise(amount)


def _unit_price(is_shown: pl.Expr, source: str) -> pl.Expr:
    return pl.when(is_shown).then(source).cast(UNIT_PRICE)


def _missing_reason() -> pl.Expr:
    is_quantified, lacks_count = pl.col("is_quantified"), ~pl.col("is_per_hour") & pl.col("has_hours")
    is_only_context = ~pl.col("is_per_hour") & pl.col("gpu_count").is_not_null()
    return (
        pl.when(~is_quantified & lacks_count)
        .then(pl.lit("gpu_count_not_disclosed"))
        .when(~is_quantified & is_only_context)
        .then(pl.lit("only_context"))
        .when(~is_quantified)
        .then(pl.lit("hours_not_disclosed"))
        .when(pl.col("unit_price").is_null())
        .then(pl.lit("no_price"))
    )
