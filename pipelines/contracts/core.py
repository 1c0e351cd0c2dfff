"""Contracts of the core layer: one meaning, one table. These names are a promise to whoever queries the file."""

from __future__ import annotations

from dataclasses import replace

import pandera.polars as pa
import polars as pl

from pipelines.contracts import inputs as i
from pipelines.contracts import quote_inputs, series
from pipelines.contracts import vocabulary as v
from pipelines.contracts.table import HOURS, UNIT_PRICE, USD, Contract, ForeignKey, column, table

ADD_SOURCE = "add the document to data/reference/sources.yaml, or correct the id"
ADD_MODEL = "add data/disclosures/<model_id>.yaml, or correct the id"
ADD_HARDWARE = "add the accelerator to data/reference/hardware.yaml, or correct the id"

SOURCE = ForeignKey("source_id", "core.sources", ADD_SOURCE)


@table("core.sources", key=("source_id",))
class Sources(i.StagedSources):
    """One row per document a number was taken from."""


@table(
    "core.hardware",
    key=("hardware_id",),
    foreign_keys=(SOURCE, ForeignKey("price_proxy_hardware_id", "core.hardware", ADD_HARDWARE)),
)
class Hardware(i.StagedHardware):
    """One row per accelerator."""

    price_proxy_hardware_id: pl.String = column(
        "The accelerator whose price stands in when this one has no quote at all.", nullable=True
    )


@table("core.method_constants", key=("method_id", "constant_id"), foreign_keys=(SOURCE,))
class MethodConstants(i.StagedMethodConstants):
    """One row per constant of a costing method."""


@table(
    "core.models",
    key=("model_id",),
    foreign_keys=(SOURCE, ForeignKey("covers_models", "core.models", ADD_MODEL, sets_aside=False)),
)
class Models(i.StagedModels):
    """One row per model."""


@table(
    "core.model_lineage",
    key=("child_model_id", "parent_model_id", "relation"),
    foreign_keys=(
        ForeignKey("child_model_id", "core.models", ADD_MODEL),
        ForeignKey("parent_model_id", "core.models", ADD_MODEL, sets_aside=False),
        SOURCE,
        replace(SOURCE, column="first_source_id"),
    ),
)
class ModelLineage(i.StagedModelLineage):
    """One row per model, parent and relation; an edge to a model that was set aside stays."""


@table(
    "core.training_phases",
    key=("phase_id",),
    foreign_keys=(
        ForeignKey("model_id", "core.models", ADD_MODEL),
        ForeignKey("hardware_id", "core.hardware", ADD_HARDWARE),
        SOURCE,
        ForeignKey("stated_price_source_id", "core.sources", ADD_SOURCE),
    ),
)
class TrainingPhases(i.StagedTrainingPhases):
    """One row per phase of one model's training, as disclosed; only primary rows are ever summed."""

    implied_utilization_ratio: pl.Float64 = column(
        "Share of the 16-bit peak that hours, tokens and parameters imply.", nullable=True, ge=0
    )
    flags: pl.List(pl.String) = column("What to know about the disclosure.")


@table(
    "core.disclosed_quantities",
    key=("phase_id", "quantity"),
    foreign_keys=(
        ForeignKey("phase_id", "core.training_phases", "the phase itself was set aside: mend it first"),
        SOURCE,
    ),
)
class DisclosedQuantities(i.StagedDisclosedQuantities):
    """One row per phase and disclosed quantity, with the place it was printed."""


@table(
    "core.price_quotes",
    key=("quote_id",),
    foreign_keys=(SOURCE, ForeignKey("hardware_id", "core.hardware", ADD_HARDWARE)),
)
class PriceQuotes(i.SourcedRecord):
    """One row per dated price of an accelerator, rented by the hour or bought."""

    quote_id: pl.String = column("Id of the quote.", unique=True)
    series_id: pl.String = column("Same seller, product, region and terms.")
    provider: pl.String = column("Seller, one spelling a company.")
    provider_as_published: pl.String = column("Seller as the source spells it.", nullable=True)
    sku: pl.String = column("Product as the seller names it.", nullable=True)
    accelerator: pl.String = column("Accelerator as price lists name it.")
    hardware_id: pl.String = column("The accelerator; absent where the ledger has none.", nullable=True)
    region: pl.String = column("Region as published.", nullable=True)
    pricing_category: pl.String = column("Terms of the price.", isin=list(v.PRICING_CATEGORY))
    commitment: pl.String = column("Length of the commitment.", nullable=True, isin=["1y", "3y"])
    commitment_payment: pl.String = column("How a commitment is paid.", nullable=True)
    price_as_published: pl.String = column("The price, untouched.")
    currency: pl.String = column("Currency as published (ISO 4217).")
    unit_as_published: pl.String = column("Unit of that price.")
    price_scope: pl.String = column("What the published price is for.")
    list_unit_price_usd_per_gpu_hour: UNIT_PRICE = column(
        "Price of one accelerator for an hour.", nullable=True, ge=0, le=10**4
    )
    list_unit_price_usd_per_gpu: USD = column("Price of one accelerator.", nullable=True, ge=0, le=10**7)
    observed_on: pl.Date = column("Day the price was seen; where only a latest day is known, that day.", nullable=True)
    last_seen_on: pl.Date = column("Last day a feed still showed the price; absent where no feed did.", nullable=True)
    effective_from: pl.Date = column("First day in force.", nullable=True)
    effective_to: pl.Date = column("First day no longer in force.", nullable=True)
    recorded_at: pl.Datetime("us", "UTC") = column("When the ledger knew it.", nullable=True)
    superseded_at: pl.Datetime("us", "UTC") = column("When the ledger replaced it.", nullable=True)
    locator: pl.String = column("Repository, commit and path, or page.", nullable=True)
    url: pl.String = column("Address of the page.", nullable=True)
    note: pl.String = column("What to know about the row.", nullable=True)
    flags: pl.List(pl.String) = column("What to know about the price.")
    is_usable: pl.Boolean = column("Whether a cost may be based on it.")
    has_been_usable: pl.Boolean = column("Whether one could while this was the ledger's version of the quote.")
    feed_id: pl.String = column("The feed that showed it; absent for a quote kept by hand.", nullable=True)


@table("core.token_prices", key=("quote_id",), foreign_keys=(SOURCE,))
class TokenPrices(quote_inputs.StagedTokenPrices):
    """One row per dated price of a model's tokens."""


@table("core.exchange_rates", key=("observed_on", "base_currency", "quote_currency"), foreign_keys=(SOURCE,))
class ExchangeRates(series.StagedExchangeRates):
    """One row per day and pair of currencies."""


@table("core.price_index", key=("series_id", "observed_on", "vintage_on"), foreign_keys=(SOURCE,))
class PriceIndex(series.StagedPriceIndex):
    """One row per series, month and vintage: revisions are kept."""


@table("core.deflators", key=("series_id", "month_on", "to_year"))
class Deflators(Contract):
    """One row per price index, month and year: by what dollars of the month are multiplied to be dollars of the year.

    The newest vintage of the index, and the mean of the year's months. A month that the index lacks, within it or after
    its end, takes the last value before.
    """

    series_id: pl.String = column("The index.")
    month_on: pl.Date = column("First day of the month whose dollars are converted.")
    to_year: pl.Int64 = column("Year whose dollars they become.", unit="year")
    deflator_ratio: pl.Float64 = column("Mean index of the year over the index of the month.", gt=0)
    index_month_on: pl.Date = column("The month whose index was used; an earlier one where it has none.")
    year_month_count: pl.Int64 = column("Months of the year that the index has: fewer than 12 is no whole year.", ge=1)
    vintage_on: pl.Date = column("Day the index was published or copied.")
    source_id: pl.String = column("The document it was taken from.")


@table("core.electricity_prices", key=("observation_id",), foreign_keys=(SOURCE,))
class ElectricityPrices(series.StagedElectricityPrices):
    """One row per area, period and source of an electricity price."""

    period_ended_on: pl.Date = column("Last day of the period: from then on the price may be used.", nullable=True)
    price_usd_per_kwh: pl.Float64 = column("Price in dollars of that day.", nullable=True, **series.USD_PER_KWH)
    usd_per_unit: pl.Float64 = column(
        "Dollars for a unit of the currency; 1 for dollars.", nullable=True, unit="USD per unit"
    )
    exchange_rate_on: pl.Date = column("Day of that rate; absent for dollars.", nullable=True)
    countries: pl.List(pl.String) = column(
        "Countries whose runs it prices (ISO 3166-1 alpha-2); `*` where it stands in for all without a price."
    )


@table("core.grid_intensities", key=("country", "year"), foreign_keys=(SOURCE,))
class GridIntensities(series.StagedGridIntensities):
    """One row per country and year: emissions of a kilowatt-hour of its electricity."""


@table(
    "core.cost_claims",
    key=("claim_id",),
    foreign_keys=(
        ForeignKey("model_id", "core.models", ADD_MODEL),
        ForeignKey("covers_phase_ids", "core.training_phases", "correct the id of the phase", sets_aside=False),
        SOURCE,
    ),
)
class CostClaims(i.StagedCostClaims):
    """One row per printed claim of a cost, with what it truly covers."""

    usd_per_unit: pl.Float64 = column(
        "Dollars for a unit of the currency of an amount in other money.", nullable=True, unit="USD per unit"
    )
    exchange_rate_on: pl.Date = column("Day of that rate: the newest on or before the claim.", nullable=True)
    converted_low_usd: pl.Float64 = column("That amount in dollars, or its lower end; see printed_per.", nullable=True)
    converted_high_usd: pl.Float64 = column("That amount in dollars, or its upper end.", nullable=True)


class CostColumns(Contract):
    """The three ends of a cost and why one may be absent."""

    cost_low_usd: pl.Float64 = column("Lower end of the cost.", nullable=True, ge=0)
    cost_mid_usd: USD = column("The cost; for a lower bound its floor.", nullable=True, ge=0)
    cost_high_usd: pl.Float64 = column("Upper end of the cost.", nullable=True, ge=0)
    cost_missing_reason: pl.String = column("Why there is no cost.", nullable=True, isin=list(v.MISSING_REASON))
    flags: pl.List(pl.String) = column("Assumptions and limits behind the figure.")
    scope_note: pl.List(pl.String) = column(
        "What the cost leaves out, in words of a vocabulary; optional lines for some of it are in marts.left_out_lines."
    )

    @pa.dataframe_check(description="cost_low_usd <= cost_mid_usd <= cost_high_usd")
    def cost_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Ends in order, up to the rounding of a cent."""
        mid, cent = pl.col("cost_mid_usd").cast(pl.Float64), 0.011
        low, high = pl.col("cost_low_usd"), pl.col("cost_high_usd")
        ordered = (low <= mid + cent).fill_null(value=True) & (mid <= high + cent).fill_null(value=True)
        return data.lazyframe.select(ordered & (low <= high + cent).fill_null(value=True))

    @pa.dataframe_check(description="a cost or the reason why there is none, never both")
    def cost_without_reason(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """An unknown is absent with a reason."""
        known = pl.any_horizontal(pl.col("cost_low_usd", "cost_mid_usd", "cost_high_usd").is_not_null())
        return data.lazyframe.select(known != pl.col("cost_missing_reason").is_not_null())

    @pa.dataframe_check(description="an unknown cost is never zero")
    def zero_cost(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """No cost is zero: tiny runs cost at least a cent."""
        return data.lazyframe.select((pl.col("cost_mid_usd") > 0).fill_null(value=True))


class PhaseCostColumns(CostColumns):
    """A priced phase."""

    phase_id: pl.String = column("The phase.")
    price_basis: pl.String = column("How the phase is valued.", isin=list(v.PRICE_BASIS))
    model_id: pl.String = column("The model trained.")
    phase: pl.String = column("Stage of training.", isin=list(v.PHASE))
    row_role: pl.String = column("Why the row is or is not summed.", isin=list(v.ROW_ROLE))
    hardware_id: pl.String = column("Accelerator used.", nullable=True)
    gpu_hours: HOURS = column("Accelerator-hours, the middle.", nullable=True, gt=0)
    gpu_hours_low: HOURS = column("Lower end of the accelerator-hours.", nullable=True, gt=0)
    gpu_hours_high: HOURS = column("Upper end of the accelerator-hours.", nullable=True, gt=0)
    gpu_count: pl.Int64 = column("Accelerators used at once.", nullable=True, gt=0)
    started_on: pl.Date = column("The start used for the price.", nullable=True)
    unit_price_usd_per_gpu_hour: UNIT_PRICE = column("The price used.", nullable=True, gt=0)
    unit_price_low_usd_per_gpu_hour: UNIT_PRICE = column("Its lower end.", nullable=True, gt=0)
    unit_price_high_usd_per_gpu_hour: UNIT_PRICE = column("Its upper end.", nullable=True, gt=0)
    unit_price_usd_per_gpu: UNIT_PRICE = column("The purchase price used.", nullable=True, gt=0)
    unit_price_low_usd_per_gpu: UNIT_PRICE = column("The lowest offer.", nullable=True, gt=0)
    unit_price_high_usd_per_gpu: UNIT_PRICE = column("The highest offer.", nullable=True, gt=0)
    quote_id: pl.String = column("The quote the price is.", nullable=True)
    price_source_id: pl.String = column("The document the price was taken from.", nullable=True)
    price_observed_on: pl.Date = column("Day that price was seen.", nullable=True)
    price_quote_count: pl.Int64 = column("Providers (or quotes) behind the price.", nullable=True, ge=1)


PHASE_FOREIGN_KEYS = (ForeignKey("phase_id", "core.training_phases", "rebuild from core.training_phases on"),)


@table(
    "core.phase_costs",
    key=("phase_id", "price_basis"),
    foreign_keys=PHASE_FOREIGN_KEYS,
    warnings=("assumed_price", "excludes_staff_and_rnd", "excludes_failed_runs"),
)
class PhaseCosts(PhaseCostColumns):
    """One row per primary (or quantity-less) phase and price basis: these rows, and no others, are summed."""

    @pa.dataframe_check(description="a rental price has a date, and never one after the start")
    def look_ahead(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """No look-ahead by construction."""
        rented = pl.col("price_basis").is_in(v.RENTED_AT_START) & pl.col("cost_missing_reason").is_null()
        seen = (pl.col("price_observed_on") <= pl.col("started_on")).fill_null(value=False)
        return data.lazyframe.select(~rented | seen)

    @pa.dataframe_check(description="only primary and context_only rows may be summed")
    def summed_role(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Role of the rows."""
        return data.lazyframe.select(pl.col("row_role").is_in(["primary", "context_only"]))


@table(
    "core.unsummed_phase_costs",
    key=("phase_id", "price_basis"),
    foreign_keys=PHASE_FOREIGN_KEYS,
    warnings=("assumed_price",),
)
class UnsummedPhaseCosts(PhaseCostColumns):
    """One row per estimate, alternative, hypothetical or restated phase and price basis: shown, never summed."""


@table("core.cost_components", key=("phase_id", "price_basis", "component"), warnings=("assumed_price",))
class CostComponents(Contract):
    """One row per summed phase, price basis that has parts, and part: what the cost is made of, or leaves out."""

    phase_id: pl.String = column("The phase.")
    price_basis: pl.String = column("How the phase is valued.", isin=list(v.PRICE_BASIS))
    component: pl.String = column("The part.", isin=list(v.COST_COMPONENT))
    model_id: pl.String = column("The model trained.")
    is_in_cost: pl.Boolean = column("False for a part that stands beside the cost and is not in it.")
    cost_low_usd: pl.Float64 = column("Lower end of the part.", nullable=True, ge=0)
    cost_mid_usd: USD = column("The part; those in the cost add up to it.", ge=0)
    cost_high_usd: pl.Float64 = column("Upper end of the part.", nullable=True, ge=0)
    quote_id: pl.String = column("The purchase quote behind it.", nullable=True)
    observation_id: pl.String = column("The electricity price behind it.", nullable=True)


@table(
    "core.phase_energy",
    key=("phase_id",),
    foreign_keys=PHASE_FOREIGN_KEYS,
)
class PhaseEnergy(Contract):
    """One row per phase: its electricity and emissions as the ledger works them out, and as the developer states them.

    Emissions are location-based: by the grid of the country in which it is taken to have run.
    """

    phase_id: pl.String = column("The phase.")
    model_id: pl.String = column("The model trained.")
    row_role: pl.String = column("Why the row is or is not summed.", isin=list(v.ROW_ROLE))
    hardware_id: pl.String = column("Accelerator used.", nullable=True)
    gpu_hours: HOURS = column("Accelerator-hours, the middle.", nullable=True, gt=0)
    drawn_kw: pl.Float64 = column(
        "Power of one accelerator with its share of server and building, on average.", nullable=True, gt=0, unit="kW"
    )
    energy_low_kwh: pl.Float64 = column("Lower end of the electricity.", nullable=True, gt=0)
    energy_kwh: pl.Float64 = column("Electricity used, with servers and building.", nullable=True, gt=0)
    energy_high_kwh: pl.Float64 = column("Upper end of the electricity.", nullable=True, gt=0)
    country: pl.String = column("Country whose grid is taken; `*` for the world.", nullable=True)
    grid_year: pl.Int64 = column("Year of that grid.", nullable=True, unit="year")
    grid_intensity_g_per_kwh: pl.Float64 = column("Emissions of its electricity.", nullable=True, gt=0)
    grid_source_id: pl.String = column("The document that was taken from.", nullable=True)
    emissions_low_tco2e: pl.Float64 = column("Lower end of the emissions.", nullable=True, gt=0)
    emissions_tco2e: pl.Float64 = column("Emissions of that electricity.", nullable=True, gt=0)
    emissions_high_tco2e: pl.Float64 = column("Upper end of the emissions.", nullable=True, gt=0)
    disclosed_energy_kwh: pl.Float64 = column("Electricity the developer states.", nullable=True, gt=0)
    disclosed_location_tco2e: pl.Float64 = column("Location-based emissions the developer states.", nullable=True, ge=0)
    disclosed_market_tco2e: pl.Float64 = column("Market-based emissions the developer states.", nullable=True, ge=0)
    disclosed_water_liters: pl.Float64 = column("Water the developer states; never worked out.", nullable=True, gt=0)
    water_missing_reason: pl.String = column("Why there is no water.", nullable=True, isin=list(v.WATER_MISSING_REASON))
    missing_reason: pl.String = column(
        "Why there is no electricity.", nullable=True, isin=list(v.ENERGY_MISSING_REASON)
    )
    flags: pl.List(pl.String) = column("Assumptions behind the figures.")

    @pa.dataframe_check(description="electricity or the reason why there is none, never both")
    def energy_without_reason(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """An unknown is absent with a reason."""
        known = pl.any_horizontal(pl.col("energy_low_kwh", "energy_kwh", "energy_high_kwh").is_not_null())
        return data.lazyframe.select(known != pl.col("missing_reason").is_not_null())


@table(
    "core.model_costs",
    key=("model_id", "scope", "price_basis"),
    foreign_keys=(ForeignKey("model_id", "core.models", ADD_MODEL),),
    warnings=("assumed_price", "excludes_staff_and_rnd", "excludes_failed_runs", "lower_bounds"),
)
class ModelCosts(CostColumns):
    """One row per model, scope and price basis."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    gpu_hours: HOURS = column("Accelerator-hours; for a lower bound the floor.", nullable=True, gt=0)
    gpu_hours_low: HOURS = column("Lower end of the accelerator-hours.", nullable=True, gt=0)
    gpu_hours_high: HOURS = column("Upper end; absent where there is none.", nullable=True, gt=0)
    unpriced_gpu_hours: HOURS = column("Accelerator-hours without a price on this basis.", nullable=True, ge=0)
    phase_count: pl.Int64 = column("Phases counted in.", ge=0)
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")
    undisclosed_ancestors: pl.List(pl.String) = column("Models in scope whose own cost is not known.")
    phases_without_quantity: pl.List(pl.String) = column("Phases known to exist without any hours.")


@table("core.scope_members", key=("model_id", "scope", "member_model_id"))
class ScopeMembers(Contract):
    """One row per model, scope and model counted in that scope, each once."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    member_model_id: pl.String = column("A model whose own phases are counted.")
    distance: pl.Int64 = column("Steps from the model; itself is 0.", ge=0, unit="edge")
