"""Contracts of hand-kept prices: accelerators rented and bought, and tokens of models."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.inputs import SourcedRecord, low_below_high
from pipelines.contracts.table import MOST_RENT, UNIT_PRICE, USD, column, table


class DatedQuote(SourcedRecord):
    """What every dated price has."""

    quote_id: pl.String = column("Id of the quote.", unique=True)
    observed_on: pl.Date = column("Day the price was seen.", nullable=True)
    observed_precision: pl.String = column("How exact that day is.", nullable=True)
    is_usable: pl.Boolean = column("False where the row is kept only as known to be wrong.")
    flags: pl.List(pl.String) = column("What to know about the price.")
    locator: pl.String = column("Repository, commit and path, or page.", nullable=True)
    url: pl.String = column("Address of the page.", nullable=True)
    note: pl.String = column("What to know about the row.", nullable=True)


class AcceleratorQuote(DatedQuote):
    """What every accelerator price has."""

    sku: pl.String = column("Product as the seller names it.", nullable=True)
    accelerator: pl.String = column("Accelerator as price lists name it.")
    accelerator_as_published: pl.String = column("Accelerator exactly as printed.", nullable=True)
    accelerator_memory_gb: pl.String = column("Memory as published, as text.", nullable=True)
    form_factor: pl.String = column("Form factor as published.", nullable=True)
    accelerator_count: pl.Int64 = column("Accelerators in the product.", nullable=True, gt=0)
    price_scope: pl.String = column("What the published price is for.")
    currency: pl.String = column("Currency as published (ISO 4217).", str_matches=r"^[A-Z]{3}$")


@table("staging.prices__rental_quotes", key=("quote_id",))
class StagedRentalQuotes(AcceleratorQuote):
    """One row per dated rental price."""

    provider: pl.String = column("Seller, as the source spells it.")
    provider_type: pl.String = column("Kind of seller.")
    region: pl.String = column("Region as published.", nullable=True)
    pricing_category: pl.String = column("Terms of the price.", isin=list(v.PRICING_CATEGORY))
    commitment_payment: pl.String = column("How a commitment is paid.", nullable=True)
    price_as_published: pl.String = column("The price, untouched.")
    unit_as_published: pl.String = column("Unit of that price.")
    list_unit_price_usd_per_gpu_hour: UNIT_PRICE = column(
        "Price of one accelerator for an hour.",
        nullable=True,
        ge=0,
        le=MOST_RENT,
        remedy="write the price of one accelerator, not of the machine or the month",
    )
    host_included: pl.String = column("Whether the host is in the price.", nullable=True)
    observed_not_before: pl.Date = column("Earliest day it can have been seen.", nullable=True)
    observed_not_after: pl.Date = column("Latest day it can have been seen.", nullable=True)
    effective_from: pl.Date = column("First day in force.", nullable=True)
    effective_to: pl.Date = column("First day no longer in force.", nullable=True)
    corroborated_by: pl.String = column("Other sources with the same price.", nullable=True)

    @pa.dataframe_check(description="effective_from must be before effective_to: write the earlier day first")
    def effective_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Half-open interval."""
        return data.lazyframe.select(low_below_high("effective_from", "effective_to"))

    @pa.dataframe_check(
        description="a usable price must be above zero and dated: give list_unit_price_usd_per_gpu_hour and "
        "observed_on (or observed_not_after), or say `no` to is_usable"
    )
    def usable_without_price_or_date(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A usable row has a price and a day."""
        dated = pl.col("observed_on").is_not_null() | pl.col("observed_not_after").is_not_null()
        priced = (pl.col("list_unit_price_usd_per_gpu_hour") > 0).fill_null(value=False)
        return data.lazyframe.select(~pl.col("is_usable") | (dated & priced))


@table("staging.prices__purchase_quotes", key=("quote_id",))
class StagedPurchaseQuotes(AcceleratorQuote):
    """One row per dated purchase price."""

    list_unit_price_usd_per_gpu: USD = column("Price of one accelerator.", gt=0, le=10**7)
    is_estimate: pl.Boolean = column("True where somebody estimated it and nobody offered it.")


@table("staging.prices__token_prices", key=("quote_id",))
class StagedTokenPrices(DatedQuote):
    """One row per dated price of a model's tokens."""

    host: pl.String = column("Who serves the model.")
    model_as_published: pl.String = column("Model as the host names it.")
    model_family: pl.String = column("The line of models it belongs to.")
    is_alias: pl.Boolean = column("True where the name follows the newest model.")
    input_usd_per_million_tokens: pl.Float64 = column("Price of input.", nullable=True, ge=0)
    cached_input_usd_per_million_tokens: pl.Float64 = column("Price of cached input.", nullable=True, ge=0)
    output_usd_per_million_tokens: pl.Float64 = column("Price of output.", nullable=True, ge=0)
    condition: pl.String = column("When the price holds.", nullable=True)
    effective_from: pl.Date = column("First day in force.", nullable=True)
    effective_to: pl.Date = column("First day no longer in force.", nullable=True)
