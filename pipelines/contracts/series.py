"""Contracts of the official series that are read from `data/`: rates, indices, electricity and its emissions."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl

from pipelines.contracts.inputs import Record, SourcedRecord
from pipelines.contracts.table import column, table

KWH_UNIT = "correct price or unit_as_published"
USD_PER_KWH: dict[str, Any] = {"ge": 0.002, "le": 2.0, "remedy": KWH_UNIT}
"""What electricity costs anywhere; cents taken for dollars lie above, dollars taken for cents below."""

PERIOD = r"^(19|20)[0-9]{2}(-S[12]|-(0[1-9]|1[0-2]))?$"
PERIOD_REMEDY = "write a year as 2024, a half-year as 2024-S1 or a month as 2024-07"


@table("staging.prices__exchange_rates", key=("observed_on", "base_currency", "quote_currency"))
class StagedExchangeRates(SourcedRecord):
    """One row per day and pair of currencies."""

    observed_on: pl.Date = column("Day of the rate.")
    base_currency: pl.String = column("One unit of this.", str_matches=r"^[A-Z]{3}$")
    quote_currency: pl.String = column("Costs this many units of that.", str_matches=r"^[A-Z]{3}$")
    rate: pl.Float64 = column("Units of the quote currency.", ge=10**-6, le=10**6, unit="quote per base")
    locator: pl.String = column("Package or page.", nullable=True)


@table("staging.prices__price_index", key=("series_id", "observed_on", "vintage_on"))
class StagedPriceIndex(SourcedRecord):
    """One row per series, month and vintage."""

    series_id: pl.String = column("Series.")
    observed_on: pl.Date = column("First day of the month.")
    vintage_on: pl.Date = column("Day the value was published or copied.")
    index_value: pl.Float64 = column("Index.", ge=1, le=10**5, unit="index")
    unit_as_published: pl.String = column("Base of the index.")
    locator: pl.String = column("Repository, commit and path, or package.", nullable=True)

    @pa.dataframe_check(description="observed_on must be the first day of its month: write it as 2024-07-01")
    def observed_on__month(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A value is of a month, and a month has one."""
        return data.lazyframe.select(pl.col("observed_on").dt.day() == 1)


@table("staging.prices__electricity_prices", key=("observation_id",))
class StagedElectricityPrices(SourcedRecord):
    """One row per area, period and source of an electricity price."""

    observation_id: pl.String = column("Id of the observation.", unique=True)
    area: pl.String = column("Country, state or region.")
    area_kind: pl.String = column("Whether a country, a state or a region.")
    period: pl.String = column("Month, half-year or year, as text.", str_matches=PERIOD, remedy=PERIOD_REMEDY)
    frequency: pl.String = column("Length of the period.")
    price: pl.Float64 = column("Price, untouched.", gt=0, le=10**6, unit="as in unit_as_published", remedy=KWH_UNIT)
    unit_as_published: pl.String = column("Unit of that price.")
    sector: pl.String = column("Kind of customer.")
    taxes: pl.String = column("Taxes included.", nullable=True)
    vintage: pl.String = column("Day or month of the copy, as text.", nullable=True)
    locator: pl.String = column("Repository, commit and path, or page.", nullable=True)
    url: pl.String = column("Address of the page.", nullable=True)
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.reference__electricity_areas", key=("country",))
class StagedElectricityAreas(Record):
    """One row per country whose runs are priced by the electricity prices of an area."""

    country: pl.String = column(
        "Country (ISO 3166-1 alpha-2); `*` for every country that has no price of its own.",
        unique=True,
        str_matches=r"^([A-Z]{2}|\*)$",
    )
    area: pl.String = column("The area as electricity prices name it.")
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.reference__grid_intensities", key=("country", "year"))
class StagedGridIntensities(SourcedRecord):
    """One row per country and year: emissions of a kilowatt-hour of its electricity."""

    country: pl.String = column("Country (ISO 3166-1 alpha-2); `*` for the world.", str_matches=r"^([A-Z]{2}|\*)$")
    year: pl.Int64 = column("Year of generation.", ge=1990, le=2100, unit="year")
    grid_intensity_g_per_kwh: pl.Float64 = column("Emissions of the electricity generated.", gt=0, le=2000)
    locator: pl.String = column("Package, version and file.", nullable=True)
