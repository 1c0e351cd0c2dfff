"""SkyPilot catalogue v8, `vms.csv` of one provider: US dollars per hour for the whole instance, no dates.

Order and presence of columns differ per provider. A row holds two prices: `Price` on demand, `SpotPrice` spot. Spot is
priced by zone, on demand by region. Google's accelerators stand apart from their host, with no instance type and the
price of all of them together. The memory in `GpuInfo` is in other units with other providers, and is never used.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import flag, flags_of, read_table, shaped, whole

KIND = "accelerator_prices"
NEEDED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "SpotPrice", "Region")
CORES_A_CHIP = {"v2": 2, "v3": 2, "v4": 2, "v5p": 2}
"""TPU slices that are named by their cores (`tpu-v4-8`); all others by their chips (Cloud TPU documentation)."""
TPU = r"^(tpu-(v\d+\w*))-(\d+)$"
FORM = r"(?i)(?:^|[^a-z])(sxm\d?|pcie|nvlink|nvl|oam)(?:[^a-z]|$)"
LEAST_MIB = 1024


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: one on demand and, where there is a spot price, one spot."""
    table = read_table(data, feed, NEEDED)
    there = table.collect_schema().names()
    for name in ("AvailabilityZone", "GpuInfo"):
        if name not in there:
            table = table.with_columns(pl.lit(None, pl.String).alias(name))
    offers = table.filter(_has_accelerator()).select(LINE, *NEEDED, "AvailabilityZone", "GpuInfo")
    terms = offers.with_columns(_terms(feed))
    on_demand = terms.with_columns(
        pl.lit("on_demand").alias("pricing_category"),
        pl.col("Price").alias("price_as_published"),
        pl.col("Region").alias("region"),
        flags_of(_memory_flag()).alias("flags"),
    ).unique(pl.exclude(LINE, "AvailabilityZone", "SpotPrice", "GpuInfo"), keep="first", maintain_order=True)
    spot = terms.filter(pl.col("SpotPrice").is_not_null()).with_columns(
        pl.lit("spot").alias("pricing_category"),
        pl.col("SpotPrice").alias("price_as_published"),
        pl.coalesce("AvailabilityZone", "Region").alias("region"),
        flags_of(_memory_flag(), flag("spot_equals_on_demand", pl.col("SpotPrice") == pl.col("Price"))).alias("flags"),
    )
    return shaped(pl.concat([on_demand, spot]), KIND)


def _has_accelerator() -> pl.Expr:
    is_zero = pl.col("AcceleratorCount").str.contains(r"^0+(\.0+)?$").fill_null(value=False)
    return pl.col("AcceleratorName").is_not_null() & ~is_zero


def _terms(feed: Feed) -> list[pl.Expr]:
    name = pl.col("AcceleratorName")
    family, generation, size = (name.str.extract(TPU, group) for group in (1, 2, 3))
    cores = generation.replace_strict(CORES_A_CHIP, default=1, return_dtype=pl.Int64)
    count = whole(pl.col("AcceleratorCount"))
    slices = count.cast(pl.Int64, strict=False)
    chips = (size.cast(pl.Int64, strict=False) // cores * slices).cast(pl.String)
    stands_apart = pl.col("InstanceType").is_null()
    return [
        pl.lit(feed.provider, pl.String).alias("provider"),
        pl.coalesce("InstanceType", "AcceleratorName").alias("sku"),
        pl.coalesce(family, name).alias("accelerator"),
        name.alias("accelerator_as_published"),
        pl.when(family.is_null()).then(count).otherwise(chips).alias("accelerator_count"),
        _form_factor(),
        pl.when(stands_apart).then(pl.lit("component")).otherwise(pl.lit("instance")).alias("price_scope"),
        pl.when(stands_apart).then(pl.lit("no")).otherwise(pl.lit("yes")).alias("host_included"),
        pl.lit(feed.currency).alias("currency"),
        pl.lit("hour").alias("unit_as_published"),
        pl.lit("linux").alias("operating_system"),
    ]


def _form_factor() -> pl.Expr:
    """As one of the names prints it: the instance's, the accelerator's or the one in `GpuInfo`."""
    inner = pl.col("GpuInfo").str.extract(r"'Name': '([^']*)'")
    form = pl.coalesce(
        cell.str.extract(FORM).str.to_uppercase() for cell in (pl.col("InstanceType"), pl.col("AcceleratorName"), inner)
    )
    return form.replace({"PCIE": "PCIe", "NVLINK": "NVLink"}).alias("form_factor")


def _memory_flag() -> pl.Expr:
    size = pl.col("GpuInfo").str.extract(r"'SizeInMiB': ([\d.]+)").cast(pl.Float64, strict=False)
    return flag("memory_unit_unclear", (size > 0) & (size < LEAST_MIB))


FORMAT = Format("skypilot_v8", KIND, ".csv", read)
