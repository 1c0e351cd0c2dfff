"""Contracts of the staging layer: one per kind of record that is read from `data/`.

A staging table has the record's own columns, typed, plus where it was read. Its `raw` twin (the same columns as
text) is derived in `raw.py`. Names without a unit suffix that hold text as published stay text.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.constant_bounds import BoundedConstants
from pipelines.contracts.table import (
    HOURS,
    LEAST_RENT,
    MOST_DISCLOSED_HOURS,
    MOST_RENT,
    UNIT_PRICE,
    USD,
    Contract,
    column,
    table,
)

ID = r"^[a-z0-9][a-z0-9._-]*$"
"""Ids are lower-case, readable and stable."""

COUNTRY = r"^([A-Z]{2}|INT)$"
"""ISO 3166-1 alpha-2, and a word for several."""

LEAST_PEAK, MOST_PEAK = 10**9, 5 * 10**17
"""FLOP/s of one accelerator. A number of teraflops stays below; the largest, a whole wafer, does some 1e17."""

LEAST_TDP, MOST_TDP = 1, 50_000
"""Watts of one accelerator: kilowatts stay below, and the largest, a whole wafer, draws 23,000."""

LEAST_COMPUTE, MOST_COMPUTE = 10**16, 10**28
"""FLOP of a phase. Less takes an accelerator minutes, and is a number without its exponent; the largest run known took
5e26."""

PEAK_UNIT = "write FLOP/s: 989.4 TFLOP/s is 9.894e+14"
TDP_UNIT = "write watts of one accelerator"
COMPUTE_UNIT = "write FLOP with its exponent, as 3.1e+23"
RENT_OF_ONE = "write the price of one accelerator for an hour, not of the machine"


class Record(Contract):
    """A record with the place it was read from."""

    file: pl.String = column("Path of the file in the data folder.")
    line: pl.Int64 = column("Line on which the record starts.", ge=1, unit="line")


class SourcedRecord(Record):
    """A record with a source and how far it was checked."""

    source_id: pl.String = column("The document the figure was taken from.")
    confidence: pl.String = column("How the compute or price figure was checked.", isin=list(v.CONFIDENCE))


def low_below_high(low: str, high: str, mid: str | None = None) -> pl.Expr:
    """True where low <= mid <= high holds for the ends that are given."""
    middle = mid or low
    return (
        (pl.col(low) <= pl.col(high)).fill_null(value=True)
        & (pl.col(low) <= pl.col(middle)).fill_null(value=True)
        & (pl.col(middle) <= pl.col(high)).fill_null(value=True)
    )


@table("staging.reference__sources", key=("source_id",))
class StagedSources(Record):
    """One row per document a number was taken from."""

    source_id: pl.String = column("Id of the document.", unique=True, str_matches=ID)
    title: pl.String = column("Title as printed.")
    publisher: pl.String = column("Who published it.", nullable=True)
    published_on: pl.Date = column("Day of publication.", nullable=True)
    date_range: pl.String = column("Days or versions covered, where there is more than one.", nullable=True)
    url: pl.String = column("Address of the document.", nullable=True)
    locator: pl.String = column("Page, table or section the numbers stand in.", nullable=True)
    kind: pl.String = column("Kind of document.")
    licence: pl.String = column("Licence or ground on which figures are reproduced.")
    licence_note: pl.String = column("What to know about the licence.", nullable=True)
    checked: pl.String = column("How the document was read.", nullable=True)
    used_in: pl.String = column("Price tables that use it.", nullable=True)


@table("staging.reference__hardware", key=("hardware_id",))
class StagedHardware(SourcedRecord):
    """One row per accelerator."""

    hardware_id: pl.String = column("Id of the accelerator.", unique=True, str_matches=ID)
    name: pl.String = column("Name as the vendor prints it.")
    vendor: pl.String = column("Maker.")
    released_on: pl.Date = column("Day of announcement or availability.", nullable=True)
    memory_gib: pl.Float64 = column("Memory of one accelerator.", nullable=True, gt=0, le=10**5)
    tdp_w: pl.Float64 = column(
        "Thermal design power of one accelerator.", nullable=True, ge=LEAST_TDP, le=MOST_TDP, remedy=TDP_UNIT
    )
    peak_bf16_flop_per_s: pl.Float64 = column(
        "Dense 16-bit tensor peak.", nullable=True, ge=LEAST_PEAK, le=MOST_PEAK, remedy=PEAK_UNIT
    )
    peak_fp8_flop_per_s: pl.Float64 = column(
        "Dense 8-bit floating-point peak.", nullable=True, ge=LEAST_PEAK, le=MOST_PEAK, remedy=PEAK_UNIT
    )
    accelerators_per_server: pl.Int64 = column("Accelerators in one server.", unit="GPU", nullable=True, gt=0, le=10**4)
    purchase_price_low_usd: pl.Float64 = column("Lowest price of one seen.", nullable=True, gt=0, le=10**7)
    purchase_price_high_usd: pl.Float64 = column("Highest price of one seen.", nullable=True, gt=0, le=10**7)
    price_date: pl.String = column("When these prices were seen, as text.", nullable=True)
    server_price_usd: pl.Float64 = column("Price of a whole server.", nullable=True, gt=0, le=10**8)
    note: pl.String = column("What to know about the row.", nullable=True)

    @pa.dataframe_check(
        description="purchase_price_low_usd must not exceed purchase_price_high_usd: write the lower one first"
    )
    def purchase_price_low_above_high(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low price at most high price."""
        return data.lazyframe.select(low_below_high("purchase_price_low_usd", "purchase_price_high_usd"))


@table("staging.reference__accelerator_map", key=("accelerator", "accelerator_memory_gb", "form_factor"))
class StagedAcceleratorMap(Record):
    """One row per published accelerator label, and the hardware it is."""

    accelerator: pl.String = column("Accelerator as price lists name it.")
    accelerator_memory_gb: pl.String = column("Memory as published, as text.", nullable=True)
    form_factor: pl.String = column("Form factor as published.", nullable=True)
    hardware_id: pl.String = column("The hardware it is; absent where the ledger has none.", nullable=True)
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.reference__provider_map", key=("provider_as_published",))
class StagedProviderMap(Record):
    """One row per published spelling of a provider."""

    provider_as_published: pl.String = column("Spelling in the source.", unique=True)
    provider: pl.String = column("The one name the ledger uses.")
    note: pl.String = column("What to know about the row.", nullable=True)


@table("staging.reference__price_proxies", key=("hardware_id",))
class StagedPriceProxies(Record):
    """One row per accelerator priced by another when it has no quote of its own."""

    hardware_id: pl.String = column("The accelerator without quotes.", unique=True)
    price_proxy_hardware_id: pl.String = column("The accelerator whose price stands in.")
    reason: pl.String = column("Why that one.")


@table("staging.reference__method_constants", key=("method_id", "constant_id"))
class StagedMethodConstants(BoundedConstants, SourcedRecord):
    """One row per constant of a costing method."""

    method_id: pl.String = column("The method.", str_matches=ID)
    method_version: pl.String = column("Which edition of its rules and constants.")
    constant_id: pl.String = column("Name of the constant.", str_matches=r"^[a-z][a-z0-9_]*$")
    value: pl.Float64 = column("Its value.", unit="as stated", gt=0, le=10**6)
    value_low: pl.Float64 = column("Its 5% point.", nullable=True, unit="as stated", gt=0, le=10**6)
    value_high: pl.Float64 = column("Its 95% point.", nullable=True, unit="as stated", gt=0, le=10**6)
    unit: pl.String = column("Unit of the value.")
    applies_to: pl.List(pl.String) = column(
        "Ids it is for, hardware or developers; none where it is for all that no other constant names."
    )
    note: pl.String = column("What the constant does.", nullable=True)

    @pa.dataframe_check(description="value_low <= value <= value_high: write them in this order")
    def value_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low at most the value at most high."""
        return data.lazyframe.select(low_below_high("value_low", "value_high", "value"))


@table("staging.disclosures__models", key=("model_id",))
class StagedModels(Record):
    """One row per model."""

    model_id: pl.String = column("Id of the model.", unique=True, str_matches=ID)
    name: pl.String = column("Name as the developer prints it.")
    developer: pl.String = column("Who trained it.")
    country: pl.String = column(
        "Country of the developer (ISO 3166-1 alpha-2, INT for several).",
        str_matches=COUNTRY,
        remedy="write two capital letters, as US, or INT for several",
    )
    released_on: pl.Date = column("Day of release or publication.")
    total_params: pl.Int64 = column("All parameters.", nullable=True, gt=0, le=10**15)
    active_params: pl.Int64 = column("Parameters used for a token.", nullable=True, gt=0, le=10**15)
    architecture: pl.String = column("Whether all parameters are active.", isin=list(v.ARCHITECTURE))
    domain: pl.String = column("What the model works on.")
    openness: pl.String = column("What the public can get.", isin=list(v.OPENNESS))
    source_id: pl.String = column("The document the description was taken from.")
    covers_models: pl.List(pl.String) = column("Models a family's figures cover together.")

    @pa.dataframe_check(description="active_params must not exceed total_params: correct one of them")
    def active_above_total(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Active parameters at most all parameters."""
        return data.lazyframe.select(low_below_high("active_params", "total_params"))


@table("staging.disclosures__model_lineage", key=("child_model_id", "parent_model_id", "relation"))
class StagedModelLineage(Record):
    """One row per model, parent and relation."""

    child_model_id: pl.String = column("The model that was built.")
    parent_model_id: pl.String = column("The model it was built on.")
    relation: pl.String = column("What the parent gave.", isin=list(v.RELATION))
    counts_in: pl.String = column("The scope the parent's cost counts in.", isin=list(v.COUNTS_IN))
    source_id: pl.String = column("The document that says so.")
    first_source_id: pl.String = column(
        "An earlier document that said so: the edge counts as known from its day.", nullable=True
    )
    note: pl.String = column("What to know about the edge.", nullable=True)

    @pa.dataframe_check(
        description="a model cannot be its own parent: child_model_id and parent_model_id are the same, name another "
        "parent or take the edge out"
    )
    def own_parent(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Child and parent differ."""
        return data.lazyframe.select(pl.col("child_model_id") != pl.col("parent_model_id"))


@table("staging.disclosures__training_phases", key=("phase_id",))
class StagedTrainingPhases(SourcedRecord):
    """One row per phase of one model's training, as disclosed."""

    phase_id: pl.String = column("Id of the phase.", unique=True, str_matches=ID)
    model_id: pl.String = column("The model trained.")
    phase: pl.String = column("Stage of training.", isin=list(v.PHASE))
    row_role: pl.String = column("Whether the row is summed; only primary rows are.", isin=list(v.ROW_ROLE))
    hardware_id: pl.String = column("Accelerator used.", nullable=True)
    gpu_hours: HOURS = column("Accelerator-hours, the disclosed point.", nullable=True, gt=0, le=MOST_DISCLOSED_HOURS)
    gpu_hours_low: HOURS = column("Lower end of the accelerator-hours.", nullable=True, gt=0, le=MOST_DISCLOSED_HOURS)
    gpu_hours_high: HOURS = column("Upper end of the accelerator-hours.", nullable=True, gt=0, le=MOST_DISCLOSED_HOURS)
    gpu_count: pl.Int64 = column("Accelerators used at once.", nullable=True, gt=0, le=10**7)
    wall_clock_hours: pl.Float64 = column("Duration by the clock.", nullable=True, gt=0, le=10**5)
    tokens_low: pl.Int64 = column("Tokens trained on, lower end.", nullable=True, gt=0, le=10**17)
    tokens_high: pl.Int64 = column("Tokens trained on, upper end.", nullable=True, gt=0, le=10**17)
    training_compute_flop: pl.Float64 = column(
        "Arithmetic done.", nullable=True, ge=LEAST_COMPUTE, le=MOST_COMPUTE, remedy=COMPUTE_UNIT
    )
    disclosed_as: pl.String = column("Form in which the source gives it.", isin=list(v.DISCLOSED_AS))
    derivation: pl.String = column("Arithmetic from the printed numbers.", nullable=True)
    stated_price_usd_per_gpu_hour: UNIT_PRICE = column(
        "Price the developer states for these hours.",
        nullable=True,
        ge=LEAST_RENT,
        le=MOST_RENT,
        remedy=RENT_OF_ONE,
    )
    stated_price_source_id: pl.String = column("Where that price stands.", nullable=True)
    energy_kwh: pl.Float64 = column("Electricity the developer says it used.", nullable=True, gt=0, le=10**12)
    emissions_location_tco2e: pl.Float64 = column(
        "Emissions the developer states, by the electricity of the place.", nullable=True, ge=0, le=10**9
    )
    emissions_market_tco2e: pl.Float64 = column(
        "Emissions the developer states, by the electricity it bought: zero where all was matched.",
        nullable=True,
        ge=0,
        le=10**9,
    )
    water_liters: pl.Float64 = column("Water the developer says it used.", nullable=True, gt=0, le=10**13)
    started_on: pl.Date = column("Disclosed start of the run.", nullable=True)
    ran_in: pl.String = column(
        "Country the run took place in, where disclosed (ISO 3166-1 alpha-2).", nullable=True, str_matches=r"^[A-Z]{2}$"
    )
    locator: pl.String = column("Page, table or section; absent means the source's.", nullable=True)
    note: pl.String = column("What to know about the row.", nullable=True)

    @pa.dataframe_check(description="gpu_hours_low <= gpu_hours <= gpu_hours_high: write them in this order")
    def gpu_hours_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low at most mid at most high."""
        return data.lazyframe.select(low_below_high("gpu_hours_low", "gpu_hours_high", "gpu_hours"))

    @pa.dataframe_check(description="tokens_low must not exceed tokens_high: write the lower one first")
    def tokens_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low at most high."""
        return data.lazyframe.select(low_below_high("tokens_low", "tokens_high"))


QUANTITY_COLUMNS = {
    ("gpu_hours", "value"): "gpu_hours",
    ("gpu_hours", "low"): "gpu_hours_low",
    ("gpu_hours", "high"): "gpu_hours_high",
    ("gpu_count", "value"): "gpu_count",
    ("wall_clock_hours", "value"): "wall_clock_hours",
    ("tokens", "low"): "tokens_low",
    ("tokens", "high"): "tokens_high",
    ("training_compute_flop", "value"): "training_compute_flop",
    ("stated_price_usd_per_gpu_hour", "value"): "stated_price_usd_per_gpu_hour",
    ("stated_price_usd_per_gpu_hour", "source_id"): "stated_price_source_id",
    ("energy_kwh", "value"): "energy_kwh",
    ("emissions_location_tco2e", "value"): "emissions_location_tco2e",
    ("emissions_market_tco2e", "value"): "emissions_market_tco2e",
    ("water_liters", "value"): "water_liters",
}
"""Part of a quantity in a disclosure file to the column of its phase."""


@table("staging.disclosures__disclosed_quantities", key=("phase_id", "quantity"))
class StagedDisclosedQuantities(SourcedRecord):
    """One row per phase and disclosed quantity, with the place it was printed."""

    phase_id: pl.String = column("The phase.")
    quantity: pl.String = column("What was disclosed.", isin=list(v.QUANTITY))
    value: pl.Float64 = column("The disclosed point.", nullable=True, ge=0, unit="as stated")
    value_low: pl.Float64 = column("Lower end.", nullable=True, gt=0, unit="as stated")
    value_high: pl.Float64 = column("Upper end.", nullable=True, gt=0, unit="as stated")
    locator: pl.String = column("Page, table or section; absent means the source's.", nullable=True)
    derivation: pl.String = column("Arithmetic from the printed numbers.", nullable=True)

    @pa.dataframe_check(
        description="only emissions may be zero: leave value of another quantity out where it is not known"
    )
    def zero_quantity(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A zero is a statement only where purchases of clean electricity can make one."""
        may_be_zero = pl.col("quantity").str.starts_with(v.MAY_BE_ZERO)
        return data.lazyframe.select(may_be_zero | (pl.col("value") > 0).fill_null(value=True))


@table("staging.corrections__cost_claims", key=("claim_id",))
class StagedCostClaims(SourcedRecord):
    """One row per printed claim of a cost."""

    claim_id: pl.String = column("Id of the claim.", unique=True, str_matches=ID)
    model_id: pl.String = column("The model the claim is about.")
    claimed_low_usd: USD = column("Amount claimed, or its lower end.", nullable=True, gt=0)
    claimed_high_usd: USD = column("Amount claimed, or its upper end.", nullable=True, gt=0)
    claimed_multiple: pl.Float64 = column("Multiple claimed instead of an amount.", nullable=True, gt=0, unit="x")
    multiple_of_usd: USD = column("What the multiple is of.", nullable=True, gt=0)
    printed_currency: pl.String = column(
        "Currency of an amount that was not printed in dollars (ISO 4217).", nullable=True, str_matches=r"^[A-Z]{3}$"
    )
    printed_low_in_currency: pl.Float64 = column("That amount, or its lower end.", nullable=True, gt=0)
    printed_high_in_currency: pl.Float64 = column("That amount, or its upper end.", nullable=True, gt=0)
    printed_per: pl.String = column("What that amount is for one of; absent where it is a total.", nullable=True)
    what_it_says: pl.String = column("What the claimant said it covers.")
    claimed_scope: pl.String = column("Scope in the claimant's words.", isin=list(v.CLAIMED_SCOPE))
    claimed_by: pl.String = column("Who said it.")
    claimed_on: pl.Date = column("When it was said.")
    bound: pl.String = column("Whether the amount is a bound.", nullable=True, isin=list(v.CLAIM_BOUND))
    presented_as_scope: pl.String = column("Scope a reader takes it for.", isin=list(v.CLAIM_COVERS))
    covers_scope: pl.String = column("Scope it truly covers.", nullable=True, isin=list(v.CLAIM_COVERS))
    covers_phase_ids: pl.List(pl.String) = column("Phases it covers.")
    compared_on_basis: pl.String = column("Basis it can be compared on.", nullable=True, isin=list(v.CLAIM_COMPARED_ON))
    claimed_basis: pl.String = column("Basis it was made on.", isin=list(v.CLAIMED_BASIS))
    not_checkable_reason: pl.String = column("Why the ledger cannot check it.", nullable=True)
    reasoning: pl.String = column("Why these scopes and this basis.", nullable=True)
    expected_covered_cost_usd: USD = column("Guard: our cost of what it covers.", nullable=True, gt=0)
    expected_verdict: pl.String = column("Guard: our verdict.", nullable=True, isin=list(v.VERDICT))
    note: pl.String = column("What to know about the claim.", nullable=True)

    @pa.dataframe_check(description="claimed_low_usd must not exceed claimed_high_usd: write the lower one first")
    def claim_out_of_order(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Low at most high."""
        return data.lazyframe.select(low_below_high("claimed_low_usd", "claimed_high_usd"))
