"""Contracts of the staging layer for live feeds: what was believed of each read, and the record of the reads.

The rows are those of the logs below `data/snapshots/`; the columns of a log are those of its table here, beside the
ones in `FILLED`, which the reader knows from the file's place.
"""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.core import SOURCE
from pipelines.contracts.feed_list import StagedFeeds
from pipelines.contracts.inputs import Record, SourcedRecord
from pipelines.contracts.table import UNIT_PRICE, USD, Contract, column, table

GOOD_READS = ("changed", "equal", "not_modified")
"""Reads after which the lines that are open are known to stand as they were."""

SHOWN, GONE = "price", "gone"
"""Events of a line of prices: it shows a price, or is missing from a good read."""

FILLED = ("event_id", "feed_id", "source_id", "confidence", "url", "is_dated")
"""Columns that a log does not have: its reader fills them."""

KINDS = {
    "accelerator_prices": "price_events",
    "token_prices": "token_prices",
    "exchange_rates": "exchange_rates",
    "price_index": "price_index",
    "electricity_prices": "electricity_prices",
}
"""What a feed's rows are to the staging table its log fills."""


class LoggedRow(SourcedRecord):
    """What every row of a log has."""

    event_id: pl.String = column("Id of the row: feed, line of prices and moment.", unique=True)
    feed_id: pl.String = column("The feed.")
    recorded_at: pl.Datetime("us", "UTC") = column("When the feed was read.")
    snapshot: pl.String = column("The stored bytes the row was read from.", nullable=True)
    snapshot_line: pl.String = column("Where in them, as text.", nullable=True)
    url: pl.String = column("Address of the page.", nullable=True)


@table("staging.feeds__price_events", key=("event_id",))
class StagedPriceEvents(LoggedRow):
    """One row per accelerator price that a feed first showed, changed or no longer showed."""

    series_id: pl.String = column("Same seller, product, region and terms.")
    event: pl.String = column("What happened to the price.", isin=list(v.PRICE_EVENT))
    provider: pl.String = column("Seller, as the source spells it; of a rent always known.", nullable=True)
    sku: pl.String = column("Product as the seller names it.", nullable=True)
    accelerator: pl.String = column("Accelerator as price lists name it.", nullable=True)
    accelerator_as_published: pl.String = column("Accelerator exactly as printed.", nullable=True)
    accelerator_memory_gb: pl.String = column("Memory as published, as text.", nullable=True)
    form_factor: pl.String = column("Form factor as published.", nullable=True)
    accelerator_count: pl.Int64 = column("Accelerators in the product.", nullable=True, gt=0)
    region: pl.String = column("Region as published.", nullable=True)
    pricing_category: pl.String = column("Terms of the price.", isin=list(v.PRICING_CATEGORY))
    commitment_payment: pl.String = column("How a commitment is paid.", nullable=True)
    tenancy: pl.String = column("Whether the machine is shared.", nullable=True)
    operating_system: pl.String = column("System the price includes.", nullable=True)
    price_scope: pl.String = column("What the published price is for.", nullable=True)
    host_included: pl.String = column("Whether the host is in the price.", nullable=True)
    currency: pl.String = column("Currency as published (ISO 4217).", str_matches=r"^[A-Z]{3}$")
    unit_as_published: pl.String = column("Unit of that price.", nullable=True)
    price_as_published: pl.String = column("The price, untouched.", nullable=True)
    list_unit_price_usd_per_gpu_hour: UNIT_PRICE = column(
        "Price of one accelerator for an hour.", nullable=True, ge=0, le=10**4
    )
    list_unit_price_usd_per_gpu: USD = column("Price of one accelerator.", nullable=True, ge=0, le=10**7)
    exchange_rate: pl.Float64 = column("Units of its currency for a dollar.", nullable=True, gt=0, unit="per USD")
    exchange_rate_on: pl.Date = column("Day of that rate.", nullable=True)
    observed_on: pl.Date = column("Day the price was seen.")
    effective_from: pl.Date = column("First day in force.", nullable=True)
    is_dated: pl.Boolean = column("Whether the file dates its rows itself, one by one.")
    flags: pl.List(pl.String) = column("What to know about the price.")
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.feeds__token_prices", key=("event_id",))
class StagedFeedTokenPrices(LoggedRow):
    """One row per price of a model's tokens that a feed first showed, changed or no longer showed."""

    event: pl.String = column("What happened to the price.", isin=list(v.PRICE_EVENT))
    host: pl.String = column("Who serves the model.")
    model_as_published: pl.String = column("Model as the host names it.")
    model_family: pl.String = column("The line of models it belongs to.", nullable=True)
    is_alias: pl.Boolean = column("True where the name follows the newest model.", nullable=True)
    condition: pl.String = column("When the price holds.", nullable=True)
    input_usd_per_million_tokens: pl.Float64 = column("Price of input.", nullable=True, ge=0)
    cached_input_usd_per_million_tokens: pl.Float64 = column("Price of cached input.", nullable=True, ge=0)
    output_usd_per_million_tokens: pl.Float64 = column("Price of output.", nullable=True, ge=0)
    observed_on: pl.Date = column("Day the price was seen, where the file says.", nullable=True)
    effective_from: pl.Date = column("First day in force.", nullable=True)
    effective_to: pl.Date = column("First day no longer in force.", nullable=True)
    flags: pl.List(pl.String) = column("What to know about the price.")
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.feeds__exchange_rates", key=("event_id",))
class StagedFeedExchangeRates(LoggedRow):
    """One row per exchange rate that a feed first gave or corrected."""

    observed_on: pl.Date = column("Day of the rate.")
    base_currency: pl.String = column("One unit of this.", str_matches=r"^[A-Z]{3}$")
    quote_currency: pl.String = column("Costs this many units of that.", str_matches=r"^[A-Z]{3}$")
    rate: pl.Float64 = column("Units of the quote currency.", gt=0, unit="quote per base")


@table("staging.feeds__price_index", key=("event_id",))
class StagedFeedPriceIndex(LoggedRow):
    """One row per value of an index that a feed first gave or revised."""

    series_id: pl.String = column("Series.")
    observed_on: pl.Date = column("First day of the month.")
    index_value: pl.Float64 = column("Index.", gt=0, unit="index")
    unit_as_published: pl.String = column("Base of the index.", nullable=True)


@table("staging.feeds__electricity_prices", key=("event_id",))
class StagedFeedElectricityPrices(LoggedRow):
    """One row per electricity price that a feed first gave or revised."""

    area: pl.String = column("Country, state or region.")
    area_kind: pl.String = column("Whether a country, a state or a region.")
    period: pl.String = column("Month, half-year or year, as text.")
    frequency: pl.String = column("Length of the period.")
    price: pl.Float64 = column("Price, untouched.", gt=0, unit="as in unit_as_published")
    unit_as_published: pl.String = column("Unit of that price.")
    sector: pl.String = column("Kind of customer.")
    taxes: pl.String = column("Taxes included.", nullable=True)


class ReadColumns(Contract):
    """How a read of a feed ended."""

    feed_id: pl.String = column("The feed.")
    read_at: pl.Datetime("us", "UTC") = column("When it was read.")
    status: pl.String = column("How the read ended.", isin=list(v.READ_STATUS))
    http_status: pl.Int64 = column("Answer of the server.", nullable=True, unit="code")
    sha256: pl.String = column("Hash of the bytes.", nullable=True)
    snapshot: pl.String = column("Where the bytes are stored, if they are.", nullable=True)
    row_count: pl.Int64 = column("Rows in the file.", nullable=True, ge=0)
    believed_count: pl.Int64 = column("Rows taken as they are.", nullable=True, ge=0)
    set_aside_count: pl.Int64 = column("Rows set aside.", nullable=True, ge=0)
    held_count: pl.Int64 = column("Rows held until another read or source agrees.", nullable=True, ge=0)
    message: pl.String = column("What was said about it.", nullable=True)


@table("staging.feeds__reads", key=("feed_id", "read_at"))
class StagedReads(Record, ReadColumns):
    """One row per read of a feed, as its log has it."""


@table("quality.feeds", key=("feed_id",), foreign_keys=(SOURCE,))
class Feeds(StagedFeeds):
    """One row per live feed that the ledger knows how to read, switched on or not."""


@table("quality.feed_reads", key=("feed_id", "read_at"))
class FeedReads(Record, ReadColumns):
    """One row per read of a live feed, also of those that found nothing new or were refused."""
