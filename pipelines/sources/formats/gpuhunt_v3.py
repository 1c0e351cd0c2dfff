"""gpuhunt catalogue v3: a zip with `PROVIDER.csv`, US dollars per hour for the whole instance, one row a price.

`gpu_memory` is gigabytes per accelerator and tells an A100 of 40 from one of 80, which the name does not. Catalogues
of old lack `gpu_vendor`, which nothing here depends on.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import only_member, read_table, shaped, whole

KIND = "accelerator_prices"
NEEDED = ("instance_name", "location", "price", "gpu_count", "gpu_name", "gpu_memory", "spot")


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: one a row with an accelerator."""
    name, content = only_member(data, feed, ".csv")
    table = read_table(content, feed, NEEDED)
    if "flags" not in table.collect_schema():
        table = table.with_columns(pl.lit(None, pl.String).alias("flags"))
    is_zero = pl.col("gpu_count").str.contains(r"^0+(\.0+)?$").fill_null(value=False)
    offers = table.filter(pl.col("gpu_name").is_not_null() & ~is_zero)
    # a flag is another offer of the same machine, at another price
    sku = pl.concat_str("instance_name", pl.format(" ({})", pl.col("flags")), ignore_nulls=True)
    return shaped(
        offers.select(
            LINE,
            pl.lit(feed.provider or PurePosixPath(name).stem).alias("provider"),
            sku.alias("sku"),
            pl.col("gpu_name").alias("accelerator"),
            pl.col("gpu_name").alias("accelerator_as_published"),
            whole(pl.col("gpu_memory")).alias("accelerator_memory_gb"),
            whole(pl.col("gpu_count")).alias("accelerator_count"),
            pl.col("location").alias("region"),
            pl.col("spot")
            .str.to_lowercase()
            .replace_strict({"true": "spot", "false": "on_demand"}, default=None)
            .alias("pricing_category"),
            pl.lit("linux").alias("operating_system"),
            pl.lit("instance").alias("price_scope"),
            pl.lit("yes").alias("host_included"),
            pl.lit(feed.currency).alias("currency"),
            pl.lit("hour").alias("unit_as_published"),
            pl.col("price").alias("price_as_published"),
        ),
        KIND,
    )


FORMAT = Format("gpuhunt_v3", KIND, ".zip", read)
