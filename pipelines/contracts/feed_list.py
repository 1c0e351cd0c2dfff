"""Contracts of what people write about live feeds: the list of them, and the bounds their prices are judged by."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.inputs import ID, Record, low_below_high
from pipelines.contracts.table import UNIT_PRICE, USD, column, table

ADDRESS = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/)\S+$"
"""Feeds are read over https; http is for trials on one's own machine."""

BELOW = r"^[A-Za-z0-9_][\w. -]*(/[A-Za-z0-9_][\w. -]*)*$"
"""A path that cannot lead out of the folder it starts in."""


@table("staging.feed_list__feeds", key=("feed_id",))
class StagedFeeds(Record):
    """One row per live feed."""

    feed_id: pl.String = column("Id of the feed; its folder in the snapshots is named so.", unique=True, str_matches=ID)
    is_enabled: pl.Boolean = column("Whether it is read on its schedule.")
    format: pl.String = column("How its file is read.")
    url: pl.String = column(
        "Address of the file; {version} stands for what version_url says.", nullable=True, str_matches=ADDRESS
    )
    path: pl.String = column(
        "Path of the file below the data folder, where it has no address.", nullable=True, str_matches=BELOW
    )
    version_url: pl.String = column(
        "Address of a small text that changes when the file does.", nullable=True, str_matches=ADDRESS
    )
    every_hours: pl.Float64 = column("How long a good read lasts.", ge=0.01, le=8784)
    licence: pl.String = column("On what ground it is read.")
    source_id: pl.String = column("Its document among the sources.")
    provider: pl.String = column("Seller of every row, where the file names none.", nullable=True)
    currency: pl.String = column(
        "Currency of every price, where the file names none (ISO 4217).", nullable=True, str_matches=r"^[A-Z]{3}$"
    )
    max_bytes: pl.Int64 = column("The most that is read of an answer.", nullable=True, gt=0, le=2**31, unit="byte")
    max_pages: pl.Int64 = column("The most pages that are followed.", nullable=True, gt=0, le=10**4, unit="page")
    note: pl.String = column("What to know about the feed.", nullable=True)

    @pa.dataframe_check(description="a url with {version} needs a version_url")
    def version_without_url(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The version has to come from somewhere."""
        has_version = pl.col("url").str.contains("{version}", literal=True)
        return data.lazyframe.select((~has_version).fill_null(value=True) | pl.col("version_url").is_not_null())

    @pa.dataframe_check(description="a feed has a url or a path, and not both")
    def one_place(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """It is read in one place."""
        return data.lazyframe.select(pl.col("url").is_null() != pl.col("path").is_null())


@table("staging.reference__price_bounds", key=("accelerator", "pricing_category", "provider"))
class StagedPriceBounds(Record):
    """One row per accelerator, terms and provider, with the prices that can be true; absent means any."""

    accelerator: pl.String = column("Accelerator as price lists name it.", nullable=True)
    pricing_category: pl.String = column("Terms of the price.", nullable=True, isin=list(v.PRICING_CATEGORY))
    provider: pl.String = column("Seller, by its one name.", nullable=True)
    floor_usd_per_gpu_hour: UNIT_PRICE = column("A rent below it is set aside.", nullable=True, gt=0)
    ceiling_usd_per_gpu_hour: UNIT_PRICE = column("A rent above it is set aside.", nullable=True, gt=0)
    floor_usd_per_gpu: USD = column("A purchase price below it is set aside.", nullable=True, gt=0)
    ceiling_usd_per_gpu: USD = column("A purchase price above it is set aside.", nullable=True, gt=0)
    basis: pl.String = column("Where the bounds come from.")

    @pa.dataframe_check(description="a floor must not exceed its ceiling")
    def floor_above_ceiling(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Floor at most ceiling, in both units."""
        rent = low_below_high("floor_usd_per_gpu_hour", "ceiling_usd_per_gpu_hour")
        return data.lazyframe.select(rent & low_below_high("floor_usd_per_gpu", "ceiling_usd_per_gpu"))
