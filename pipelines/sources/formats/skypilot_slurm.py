"""SkyPilot's `slurm/pricing.csv`: what an own cluster charges per accelerator, core and gigabyte, by the hour.

An empty cell stands for any; the row that names most wins, and that is for whoever looks a price up. Rows that name no
accelerator price the host alone and are left out. A charge an owner sets is assumed, never a market price.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import Feed, Format
from pipelines.sources.formats.reading import read_table, shaped

KIND = "accelerator_prices"
NEEDED = ("Region", "Zone", "PricePerVCPU", "PricePerMemoryGB", "AcceleratorName", "PricePerAccelerator")


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: one a row that names an accelerator."""
    table = read_table(data, feed, NEEDED).filter(pl.col("AcceleratorName").is_not_null())
    return shaped(
        table.select(
            "line",
            pl.lit(feed.provider, pl.String).alias("provider"),
            pl.col("AcceleratorName").alias("accelerator"),
            pl.col("AcceleratorName").alias("accelerator_as_published"),
            pl.concat_str("Region", "Zone", separator="/", ignore_nulls=True).replace("", None).alias("region"),
            pl.lit("assumed").alias("pricing_category"),
            pl.lit("linux").alias("operating_system"),
            pl.lit("accelerator").alias("price_scope"),
            pl.lit("no").alias("host_included"),
            pl.lit(feed.currency).alias("currency"),
            pl.lit("hour").alias("unit_as_published"),
            pl.col("PricePerAccelerator").alias("price_as_published"),
        ),
        KIND,
    )


FORMAT = Format("skypilot_slurm", KIND, ".csv", read)
