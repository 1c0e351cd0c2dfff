"""Contracts of the marts: comparison tables, each named by the question it answers."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts.table import HOURS, UNIT_PRICE, USD, Contract, column, table

SIDE = (
    "What is set beside the claim: `covered` is what it truly covers, `presented` what a reader takes it for, "
    "`cumulative` the model with every ancestor."
)
BASIS = "How it is valued: the basis the claim is compared on; absent where no basis fits."
RATIO = (
    "Cumulative cost over the amount claimed (of a range its upper end, of a multiple what it is of). A floor "
    "where the cumulative cost is one; absent where that floor is below the claim, since it then says nothing."
)


@table("marts.claim_phases", key=("claim_id", "side", "phase_id"), warnings=("assumed_price",))
class ClaimPhases(Contract):
    """One row per printed claim, side and phase behind the figure on that side, with its hours, price and cost."""

    claim_id: pl.String = column("The claim.")
    side: pl.String = column(SIDE)
    phase_id: pl.String = column("The phase.")
    scope: pl.String = column("Scope the phase is counted in.", isin=list(v.CLAIM_COVERS))
    price_basis: pl.String = column(BASIS, nullable=True, isin=list(v.CLAIM_COMPARED_ON))
    model_id: pl.String = column("The model trained; absent where the phase was set aside.", nullable=True)
    hardware_id: pl.String = column("Accelerator used.", nullable=True)
    gpu_hours: HOURS = column("Accelerator-hours, the middle.", nullable=True)
    gpu_hours_low: HOURS = column("Lower end of the accelerator-hours.", nullable=True)
    gpu_hours_high: HOURS = column("Upper end of the accelerator-hours.", nullable=True)
    gpu_count: pl.Int64 = column("Accelerators used at once.", nullable=True)
    unit_price_usd_per_gpu_hour: UNIT_PRICE = column("The price used.", nullable=True)
    price_quote_count: pl.Int64 = column("Providers (or quotes) behind the price.", nullable=True)
    cost_low_usd: pl.Float64 = column("Lower end of the cost.", nullable=True)
    cost_mid_usd: USD = column("The cost.", nullable=True)
    cost_high_usd: pl.Float64 = column("Upper end of the cost.", nullable=True)
    cost_missing_reason: pl.String = column("Why there is no cost.", nullable=True, isin=list(v.MISSING_REASON))
    is_counted: pl.Boolean = column(
        "False where a cluster bought once is counted with another phase, the one that used most of it."
    )
    flags: pl.List(pl.String) = column("Assumptions and limits behind the figure.")
    started_on: pl.Date = column("The start used for the price.", nullable=True)


@table("marts.claim_figures", key=("claim_id", "side"), warnings=("assumed_price", "lower_bounds"))
class ClaimFigures(Contract):
    """One row per printed claim and side of the comparison: what the ledger has for that scope, in hours and cost.

    A side is left out where its scope is not stated, or the claim lists phases without naming any.
    """

    claim_id: pl.String = column("The claim.")
    side: pl.String = column(SIDE)
    model_id: pl.String = column("The model the claim is about.")
    scope: pl.String = column("What is counted in.", isin=list(v.CLAIM_COVERS))
    price_basis: pl.String = column(BASIS, nullable=True, isin=list(v.CLAIM_COMPARED_ON))
    gpu_hours: HOURS = column("Accelerator-hours; for a lower bound the floor.", nullable=True)
    gpu_hours_high: HOURS = column("Upper end of the accelerator-hours; absent where there is none.", nullable=True)
    unpriced_gpu_hours: HOURS = column("Accelerator-hours without a price on this basis.", nullable=True)
    cost_low_usd: pl.Float64 = column("Lower end of the cost.", nullable=True)
    cost_mid_usd: USD = column("The cost; for a lower bound its floor.", nullable=True)
    cost_high_usd: pl.Float64 = column("Upper end of the cost that is known.", nullable=True)
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")
    cost_missing_reason: pl.String = column("Why there is no cost.", nullable=True, isin=list(v.MISSING_REASON))
    undisclosed_ancestors: pl.List(pl.String) = column("Models in scope whose own cost is not known.")
    phases_without_quantity: pl.List(pl.String) = column("Phases known to exist without any hours.")
    flags: pl.List(pl.String) = column("Assumptions and limits behind the figure.")


@table("marts.claim_workings", key=("claim_id", "side"), warnings=("assumed_price", "lower_bounds"))
class ClaimWorkings(Contract):
    """One row per printed claim and side of the comparison: how its figure is worked out, written for a reader."""

    claim_id: pl.String = column("The claim.")
    side: pl.String = column(SIDE)
    multiplication: pl.String = column(
        "Hours (or accelerators) times prices; above three prices their average. Absent without a cost.", nullable=True
    )
    result: pl.String = column("The cost in words, with `at least` or `at most` where it is one.", nullable=True)
    working: pl.String = column(
        "The multiplication with what it comes to, its range, and why it is a floor.", nullable=True
    )
    lower_bound_reason: pl.String = column("What is not in the figure; absent where it is no floor.", nullable=True)
    hardware_names: pl.String = column("Accelerators of its phases.", nullable=True)
    gpu_count: pl.Int64 = column("Accelerators bought; absent on other bases.", nullable=True)
    is_range: pl.Boolean = column("True where the two ends of the cost differ as they are written.")
    started_on: pl.Date = column("The first start used for a price.", nullable=True)


@table("marts.claim_verdicts", key=("claim_id",), warnings=("assumed_price", "lower_bounds"))
class ClaimVerdicts(Contract):
    """One row per printed claim of a cost: where its amount stands against our figure, and what follows from it."""

    claim_id: pl.String = column("The claim.", unique=True)
    model_id: pl.String = column("The model the claim is about.")
    verdict: pl.String = column("What the ledger says.", isin=list(v.VERDICT))
    not_checkable_reason: pl.String = column("Why there is nothing to check it with.", nullable=True)
    reason_in_words: pl.String = column("The same reason, written for a reader.", nullable=True)
    position: pl.String = column(
        "Where the amount stands: `above` or `below` our range, `at` our figure (within the agreement ratio), "
        "`inside` our range, `near` it (within the ratio), a bound that `holds`, or `open` where our figure is known "
        "at one end only. Absent without an amount or without a figure.",
        nullable=True,
    )
    amount_low_usd: pl.Float64 = column(
        "Lower end of the claim in dollars: a multiple multiplied out, a bound its one end.", nullable=True
    )
    amount_high_usd: pl.Float64 = column(
        "Upper end of the claim in dollars: a multiple multiplied out, a bound its one end.", nullable=True
    )
    cumulative_to_claim_ratio: pl.Float64 = column(RATIO, nullable=True, gt=0)
    agreement_ratio: pl.Float64 = column("How far a claim may be from our figure and still agree.")
    is_same_basis: pl.Boolean = column("True where it was made on the basis it is compared on, or names none.")
    is_presented_as_more: pl.Boolean = column("True where the scope a reader takes it for costs something else.")


@table("marts.claims_checked", key=("claim_id",), warnings=("assumed_price", "lower_bounds"))
class ClaimsChecked(Contract):
    """One row per printed claim of a cost, with the ledger's verdict and arithmetic a reader can redo by hand."""

    claim_id: pl.String = column("The claim.", unique=True)
    model_id: pl.String = column("The model the claim is about.")
    model_name: pl.String = column("Its name.")
    claimed_by: pl.String = column("Who said it.")
    claimed_on: pl.Date = column("When it was said.")
    what_it_says: pl.String = column("What the claimant said it covers.")
    claimed_low_usd: USD = column("Amount claimed, or its lower end.", nullable=True)
    claimed_high_usd: USD = column("Amount claimed, or its upper end.", nullable=True)
    claimed_multiple: pl.Float64 = column("Multiple claimed instead of an amount.", nullable=True, unit="x")
    multiple_of_usd: USD = column("What the multiple is of.", nullable=True)
    bound: pl.String = column("Whether the amount is a bound.", nullable=True, isin=list(v.CLAIM_BOUND))
    claimed_basis: pl.String = column("Basis it was made on.", isin=list(v.CLAIMED_BASIS))
    claimed_scope: pl.String = column("Scope in the claimant's words.", isin=list(v.CLAIMED_SCOPE))
    presented_as_scope: pl.String = column("Scope a reader takes it for.", isin=list(v.CLAIM_COVERS))
    covers_scope: pl.String = column("Scope it truly covers.", nullable=True, isin=list(v.CLAIM_COVERS))
    covers_phase_ids: pl.List(pl.String) = column("Phases it covers.")
    compared_on_basis: pl.String = column("Basis it is compared on.", nullable=True)
    covered_gpu_hours: HOURS = column(
        "Our hours of what it covers; absent where only one end of them is known.", nullable=True
    )
    covered_cost_low_usd: pl.Float64 = column("Lower end of our cost of what it covers.", nullable=True)
    covered_cost_usd: USD = column("Our cost of what it covers.", nullable=True)
    covered_cost_high_usd: pl.Float64 = column("Upper end of our cost of what it covers.", nullable=True)
    is_covered_lower_bound: pl.Boolean = column("True where our cost of what it covers is a floor.")
    cumulative_gpu_hours: HOURS = column("Our hours of the model with every ancestor.", nullable=True)
    cumulative_cost_usd: USD = column("Our cumulative cost of the model on that basis.", nullable=True)
    is_cumulative_lower_bound: pl.Boolean = column("True where that cost is a floor.")
    undisclosed_ancestors: pl.List(pl.String) = column("Models in the cumulative scope whose own cost is not known.")
    cumulative_to_claim_ratio: pl.Float64 = column(RATIO, nullable=True, gt=0)
    verdict: pl.String = column("What the ledger says.", isin=list(v.VERDICT))
    not_checkable_reason: pl.String = column("Why there is nothing to check it with.", nullable=True)
    arithmetic: pl.String = column("One line that a reader can redo by hand.")
    flags: pl.List(pl.String) = column("Assumptions and limits behind our cost of what it covers.")
    source_id: pl.String = column("Where the claim stands.")
    confidence: pl.String = column("How the claim itself was checked.", isin=list(v.CONFIDENCE))


@table("marts.model_comparison", key=("model_id",), warnings=("assumed_price", "lower_bounds"))
class ModelComparison(Contract):
    """One row per model: hours, tokens and cost on each basis and scope, and what follows from them."""

    model_id: pl.String = column("The model.", unique=True)
    name: pl.String = column("Its name.")
    developer: pl.String = column("Who trained it.")
    released_on: pl.Date = column("Day of release or publication.")
    total_params: pl.Int64 = column("All parameters.", nullable=True)
    active_params: pl.Int64 = column("Parameters used for a token.", nullable=True)
    hardware_ids: pl.List(pl.String) = column("Accelerators of its own primary phases.")
    own_gpu_hours: HOURS = column("Accelerator-hours of its own.", nullable=True)
    effort_gpu_hours: HOURS = column("With parents its headline includes.", nullable=True)
    cumulative_gpu_hours: HOURS = column("With every ancestor.", nullable=True)
    is_own_lower_bound: pl.Boolean = column("True where own hours, or an own cost on some basis, are a floor.")
    is_cumulative_lower_bound: pl.Boolean = column(
        "True where cumulative hours, or a cumulative cost on some basis, are a floor."
    )
    lower_bound_columns: pl.List(pl.String) = column("Which columns of this row are floors.")
    upper_bound_columns: pl.List(pl.String) = column("Which columns of this row are ceilings.")
    undisclosed_ancestors: pl.List(pl.String) = column("Models in the cumulative scope that disclose nothing.")
    training_tokens: pl.Float64 = column(
        "Tokens of its own pretraining or full training, else of its continued pretraining: the middle of a range, the "
        "known end of a bound; absent where one of these phases does not say.",
        nullable=True,
        gt=0,
        unit="token",
    )
    own_disclosed_usd: USD = column("Own cost at the developer's price.", nullable=True)
    own_rental_usd: USD = column("Own cost at market rent of the start.", nullable=True)
    own_rental_now_usd: USD = column("Own cost at market rent of the release.", nullable=True)
    own_amortized_usd: USD = column("Own cost as hardware used up, interconnect and energy.", nullable=True)
    own_purchase_usd: USD = column("Price of its own cluster.", nullable=True)
    effort_disclosed_usd: USD = column("Effort at the developer's price.", nullable=True)
    effort_rental_usd: USD = column("Effort at market rent of the start.", nullable=True)
    cumulative_disclosed_usd: USD = column("Cumulative cost at the developer's price.", nullable=True)
    cumulative_rental_usd: USD = column("Cumulative cost at market rent of the start.", nullable=True)
    cumulative_rental_now_usd: USD = column("Cumulative cost at market rent of the release.", nullable=True)
    cumulative_amortized_usd: USD = column(
        "Cumulative cost as hardware used up, interconnect and energy.", nullable=True
    )
    cumulative_purchase_usd: USD = column("Price of every cluster of the lineage.", nullable=True)
    ancestor_hours_share: pl.Float64 = column(
        "Share of the cumulative hours that ancestors outside the effort took; absent where these hours are a floor, "
        "since an ancestor that discloses nothing took an unknown share.",
        nullable=True,
        ge=0,
        le=1,
    )
    tokens_per_gpu_hour: pl.Float64 = column(
        "Training tokens over the disclosed hours of the same phases.", nullable=True, gt=0
    )
    rental_usd_per_trillion_tokens: pl.Float64 = column(
        "Market rent of these phases for a trillion tokens.", nullable=True, gt=0
    )
    disclosed_usd_per_trillion_tokens: pl.Float64 = column(
        "Cost of these phases at the developer's price for a trillion tokens.", nullable=True, gt=0
    )
    implied_utilization_ratio: pl.Float64 = column(
        "Share of the 16-bit peak implied by the largest of its phases that implies one.", nullable=True, gt=0
    )
    missing_reason: pl.String = column("Why there are no own hours.", nullable=True)
    flags: pl.List(pl.String) = column("Assumptions and limits behind the cumulative rental figure.")


@table("marts.cost_by_phase", key=("phase_id", "price_basis"), warnings=("assumed_price",))
class CostByPhase(Contract):
    """One row per phase and price basis, summed or only shown, with its price, sources and share of the model."""

    phase_id: pl.String = column("The phase.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    model_id: pl.String = column("The model trained.")
    model_name: pl.String = column("Its name.")
    phase: pl.String = column("Stage of training.", isin=list(v.PHASE))
    row_role: pl.String = column("Why the row is or is not summed.", isin=list(v.ROW_ROLE))
    is_summed: pl.Boolean = column("True for rows that enter a model's cost.")
    hardware_id: pl.String = column("Accelerator used.", nullable=True)
    gpu_hours: HOURS = column("Accelerator-hours, the middle.", nullable=True)
    gpu_count: pl.Int64 = column("Accelerators used at once.", nullable=True)
    unit_price_usd_per_gpu_hour: UNIT_PRICE = column("The price used.", nullable=True)
    unit_price_usd_per_gpu: UNIT_PRICE = column("The purchase price used.", nullable=True)
    cost_low_usd: pl.Float64 = column("Lower end of the cost.", nullable=True)
    cost_mid_usd: USD = column("The cost.", nullable=True)
    cost_high_usd: pl.Float64 = column("Upper end of the cost.", nullable=True)
    own_cost_share: pl.Float64 = column(
        "Share of the model's own cost on this basis; absent for purchase, where one cluster serves several phases, "
        "and where the own cost is a floor.",
        nullable=True,
        ge=0,
        le=1,
    )
    cost_missing_reason: pl.String = column("Why there is no cost.", nullable=True)
    price_observed_on: pl.Date = column("Day the price was seen.", nullable=True)
    started_on: pl.Date = column("The start used.", nullable=True)
    source_id: pl.String = column("Where the hours were printed.")
    source_title: pl.String = column("Title of that document.")
    locator: pl.String = column("Page, table or section.", nullable=True)
    url: pl.String = column("Address of the document.", nullable=True)
    confidence: pl.String = column("How the compute figure was checked.", isin=list(v.CONFIDENCE))
    price_source_id: pl.String = column("Where the price was taken from.", nullable=True)
    flags: pl.List(pl.String) = column("Assumptions and limits behind the figure.")


@table("marts.cost_by_price_basis", key=("model_id", "scope"), warnings=("assumed_price", "lower_bounds"))
class CostByPriceBasis(Contract):
    """One row per model and scope with any hours or cost: the same work on every price basis, side by side."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    model_name: pl.String = column("Its name.")
    gpu_hours: HOURS = column("Accelerator-hours; for a lower bound the floor.", nullable=True)
    disclosed_usd: USD = column("At the developer's price.", nullable=True)
    rental_low_usd: pl.Float64 = column("Lower end of rental.", nullable=True)
    rental_usd: USD = column("At market rent of the start.", nullable=True)
    rental_high_usd: pl.Float64 = column("Upper end of rental.", nullable=True)
    rental_spot_usd: USD = column("At the market's spot price of the start.", nullable=True)
    rental_1y_usd: USD = column("Under a commitment of one year, at the start.", nullable=True)
    rental_3y_usd: USD = column("Under a commitment of three years, at the start.", nullable=True)
    rental_now_usd: USD = column("At market rent of the release.", nullable=True)
    amortized_low_usd: pl.Float64 = column("Lower end of amortized.", nullable=True)
    amortized_usd: USD = column("Hardware used up, interconnect and energy.", nullable=True)
    amortized_high_usd: pl.Float64 = column("Upper end of amortized.", nullable=True)
    purchase_low_usd: pl.Float64 = column("Lower end of purchase.", nullable=True)
    purchase_usd: USD = column("Every accelerator bought.", nullable=True)
    purchase_high_usd: pl.Float64 = column("Upper end of purchase.", nullable=True)
    rental_to_disclosed_ratio: pl.Float64 = column(
        "Market rent over the developer's price; absent where one of them leaves hours unpriced.", nullable=True, gt=0
    )
    purchase_to_rental_ratio: pl.Float64 = column(
        "Purchase over market rent; absent where one of them leaves hours unpriced.", nullable=True, gt=0
    )
    rental_to_amortized_ratio: pl.Float64 = column(
        "Market rent over hardware used up; absent where one of them leaves hours unpriced.", nullable=True, gt=0
    )
    rental_usd_2025: pl.Float64 = column(
        "Market rent in dollars of 2025, by CPIAUCSL from the month of release.", nullable=True, unit="USD of 2025"
    )
    amortized_usd_2025: pl.Float64 = column(
        "Amortized in dollars of 2025, by CPIAUCSL from the month of release.", nullable=True, unit="USD of 2025"
    )
    is_lower_bound: pl.Boolean = column("True where the hours, or the cost on some basis, are a floor.")
    lower_bound_bases: pl.List(pl.String) = column("Bases on which the cost is a floor.")


@table("marts.coverage", key=("developer", "price_basis", "scope"))
class Coverage(Contract):
    """One row per developer (`all` for everybody), price basis and scope: how many models are costed, and why not."""

    developer: pl.String = column("Who trained the models; `all` for everybody.")
    price_basis: pl.String = column("How they are valued.", isin=list(v.PRICE_BASIS))
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    model_count: pl.Int64 = column("Models.", ge=0)
    with_hours_count: pl.Int64 = column("Models with hours.", ge=0)
    costed_count: pl.Int64 = column("Models with a cost.", ge=0)
    complete_count: pl.Int64 = column("Models with a cost that is no lower bound.", ge=0)
    lower_bound_count: pl.Int64 = column("Models whose cost is a floor.", ge=0)
    no_hours_count: pl.Int64 = column("Models without hours.", ge=0)
    no_price_count: pl.Int64 = column("Models with hours and no cost on the basis.", ge=0)
    costed_share: pl.Float64 = column("Costed over all models.", ge=0, le=1)


@table("marts.price_sensitivity", key=("model_id", "scope", "price_basis", "input", "input_id"))
class PriceSensitivity(Contract):
    """One row per model, scope, price basis and input: its share of the interval, and what a change of it does."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    input: pl.String = column("What is uncertain.", isin=list(v.SENSITIVITY_INPUT))
    input_id: pl.String = column("Of which accelerator, or of which phase (hours, utilization).")
    input_rank: pl.Int64 = column("Place by share of the variance, 1 the largest.", ge=1, unit="rank")
    variance_share: pl.Float64 = column(
        "Share of the variance, to first order; the shares of a cost add up to 1. Absent where nothing has a range.",
        nullable=True,
        ge=0,
        le=1.000001,
    )
    cost_mid_usd: USD = column("The cost; for a lower bound its floor.")
    cost_at_low_usd: pl.Float64 = column("The cost with this input alone at its 5% point.")
    cost_at_high_usd: pl.Float64 = column("The cost with this input alone at its 95% point.")
    cost_if_quarter_less_usd: pl.Float64 = column(
        "The cost if this input were 25% less; absent for a day.", nullable=True
    )
    cost_if_quarter_more_usd: pl.Float64 = column(
        "The cost if this input were 25% more; absent for a day.", nullable=True
    )
    is_lower_bound: pl.Boolean = column("True where something known to exist is not in the figure.")
