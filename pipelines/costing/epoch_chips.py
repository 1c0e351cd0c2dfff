"""Chips and prices of Epoch's tables as accelerators and quotes of the ledger.

Chips that are accelerators of the ledger take its specifications and quotes; other chips those of Epoch's tables.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts.core import Hardware, PriceQuotes
from pipelines.contracts.epoch_inputs import dollars
from pipelines.contracts.table import UNIT_PRICE, USD, table_of
from pipelines.costing.epoch_faults import is_outlier, is_unpayable
from pipelines.costing.methods.cottier_chips import PEAK_CELLS, known_chips
from pipelines.costing.runs import flagged

OWN = "epoch:"
"""Before the name of a chip that the ledger does not have."""

KIND_OF_BASIS = {
    "rental": "on_demand",
    "rental_now": "on_demand",
    "rental_1y": "committed_1y",
    "rental_3y": "committed_3y",
    "amortized": "purchase",
    "purchase": "purchase",
}
"""Whose quotes each basis takes."""

OF_A_ROW = ("quote_id", "flags")
"""What tells two rows apart that say the same."""

PRICE_SOURCE, CHIP_SOURCE = "epoch-prices", "epoch-chips"


def used_chips(
    models: pl.DataFrame, chips: pl.DataFrame, prices: pl.DataFrame, same_chips: pl.DataFrame
) -> pl.DataFrame:
    """Every chip a model names that Epoch's table has, with the id it is costed under and whether a cell is lost."""
    is_emptied = pl.col("set_aside_cells").list.len() > 0
    emptied = prices.filter(is_emptied).select(pl.col("hardware_name").str.strip_chars())["hardware_name"]
    named = models.select(pl.col("chip_names").explode().alias("chip")).drop_nulls().unique(maintain_order=True)
    ours = same_chips.select(
        pl.col("epoch_hardware").str.strip_chars().alias("chip"), "hardware_id", "price_proxy_hardware_id"
    )
    return (
        named.join(known_chips(chips.lazy()).collect(), on="chip", how="inner", maintain_order="left")
        .join(ours, on="chip", how="left", maintain_order="left")
        .with_columns(
            pl.col("hardware_id").is_null().alias("is_outside"),
            (pl.col("hardware_id").is_null() & (pl.col("has_emptied_cell") | pl.col("chip").is_in(emptied.implode())))
            .fill_null(value=False)
            .alias("is_doubtful"),
            (pl.col("emptied_of_chip").list.set_intersection(list(PEAK_CELLS)).list.len() > 0).alias("is_peak_lost"),
            pl.coalesce("hardware_id", pl.lit(OWN) + pl.col("chip")).alias("hardware_id"),
        )
    )


def with_peaks(hardware: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """core.hardware; an accelerator without a 16-bit peak takes the one Epoch has for its chip, as its compute does."""
    found = used.select("hardware_id", "peak").drop_nulls().unique("hardware_id", keep="first", maintain_order=True)
    peak = pl.coalesce("peak_bf16_flop_per_s", "peak").alias("peak_bf16_flop_per_s")
    return hardware.join(found, on="hardware_id", how="left", maintain_order="left").with_columns(peak).drop("peak")


def as_hardware(used: pl.DataFrame) -> pl.DataFrame:
    """Chips the ledger does not have, as rows of core.hardware."""
    dtypes = table_of(Hardware).dtypes
    outside = used.filter("is_outside").select(
        "hardware_id",
        pl.col("chip").alias("name"),
        "released_on",
        "tdp_w",
        pl.col("peak").alias("peak_bf16_flop_per_s"),
        "price_proxy_hardware_id",
    )
    return outside.select(pl.col(name).cast(dtypes[name]) for name in outside.columns)


def as_quotes(prices: pl.DataFrame, used: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Epoch's prices of these chips as rows of core.price_quotes; the ledger's own quotes hold those of the others."""
    dtypes = table_of(PriceQuotes).dtypes
    terms = {
        "on_demand": ("on_demand_usd_per_gpu_hour", None),
        "committed_1y": ("committed_1y_usd_per_gpu_hour", "1y"),
        "committed_3y": ("committed_3y_usd_per_gpu_hour", "3y"),
        "purchase": ("purchase_usd_per_gpu", None),
    }
    usable = [pl.lit([], pl.List(pl.String)).alias("flags"), pl.lit(value=True).alias("is_usable")]
    listed = (
        prices.with_columns(pl.col("hardware_name").str.strip_chars().alias("chip"))
        .join(used.filter("is_outside").select("chip", "hardware_id"), on="chip", how="inner", maintain_order="left")
        .filter(pl.col("priced_on") <= as_of)
    )
    at_release = used.filter(pl.col("is_outside") & (pl.col("released_on") <= as_of)).select(
        pl.format("epoch:{}:release", pl.col("chip")).alias("quote_id"),
        pl.lit("unnamed").alias("provider"),
        "hardware_id",
        pl.lit("purchase").alias("pricing_category"),
        dollars("release_price").cast(USD).alias("list_unit_price_usd_per_gpu"),
        pl.col("released_on").alias("observed_on"),
        pl.lit(CHIP_SOURCE).alias("source_id"),
        *usable,
    )
    rows = [
        listed.filter(pl.col(column).is_not_null()).select(
            pl.format("epoch:{}:{}", pl.col("line"), pl.lit(category)).alias("quote_id"),
            pl.coalesce("price_vendor", pl.lit("unnamed")).alias("provider"),
            "hardware_id",
            pl.lit(category).alias("pricing_category"),
            pl.lit(term, pl.String).alias("commitment"),
            pl.col(column)
            .cast(UNIT_PRICE if category != "purchase" else USD)
            .alias(f"list_unit_price_usd_per_gpu{'' if category == 'purchase' else '_hour'}"),
            pl.col("priced_on").alias("observed_on"),
            pl.lit(PRICE_SOURCE).alias("source_id"),
            *usable,
        )
        for category, (column, term) in terms.items()
    ]
    told = pl.concat([*rows, _only_told_there(at_release, rows[-1])], how="diagonal")
    made = told.unique([name for name in told.columns if name not in OF_A_ROW], keep="first", maintain_order=True)
    is_far = is_outlier("price", "hardware_id", "pricing_category").fill_null(value=False)
    is_odd = is_unpayable("price", pl.col("pricing_category") == "purchase", "hardware_id").fill_null(value=False)
    flags = flagged(outlier_price=is_far | is_odd)
    price = pl.coalesce("list_unit_price_usd_per_gpu_hour", "list_unit_price_usd_per_gpu").cast(pl.Float64)
    return (
        made.with_columns(price.alias("price"))
        .with_columns(flags.alias("flags"))
        .drop("price")
        .select(pl.col(name).cast(dtypes[name]) for name in made.columns)
    )


def with_outliers(prices: pl.DataFrame, quotes: pl.LazyFrame, runs: pl.LazyFrame) -> pl.DataFrame:
    """Prices of runs, flagged where a quote of the accelerator and kind does not go with its others.

    Args:
        prices: result of `phase_costs.prices_on`.
        quotes: core.price_quotes with those of `as_quotes`.
        runs: what was priced.
    """
    far = quotes.filter(pl.col("flags").list.contains("outlier_price")).select("hardware_id", "pricing_category")
    kinds = pl.LazyFrame({"price_basis": list(KIND_OF_BASIS), "pricing_category": list(KIND_OF_BASIS.values())})
    bases = far.unique().join(kinds, on="pricing_category").select("hardware_id", "price_basis")
    doubtful = runs.select("phase_id", "hardware_id").join(bases, on="hardware_id").drop("hardware_id").collect()
    if doubtful.is_empty():
        return prices
    is_touched = pl.col("phase_id").is_in(doubtful["phase_id"].implode())
    flag = pl.concat_list(pl.col("price_flags").fill_null([]), flagged(outlier_price=pl.lit(value=True)))
    touched = prices.filter(is_touched)
    marked = touched.join(doubtful, on=["phase_id", "price_basis"], how="semi").with_columns(flag.alias("price_flags"))
    others = touched.join(doubtful, on=["phase_id", "price_basis"], how="anti")
    return pl.concat([prices.filter(~is_touched), others, marked])


def _only_told_there(at_release: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Release prices that the table of prices does not tell too: one price is one quote."""
    priced = at_release.filter(pl.col("list_unit_price_usd_per_gpu").is_not_null())
    return priced.join(listed, on=["hardware_id", "list_unit_price_usd_per_gpu"], how="anti")
