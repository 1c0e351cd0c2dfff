"""Contracts of the marts that answer questions about many models at once: trends, laws, prices, disclosure."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import vocabulary as v
from pipelines.contracts import vocabulary_questions as words
from pipelines.contracts.table import UNIT_PRICE, USD, Contract, column, table

COMPUTE_METHOD = "How the least certain part of it is known."
GROWTH = "Factor by which the cost grows in a year"


@table("marts.training_compute", key=("model_id", "scope"), warnings=("lower_bounds",))
class TrainingCompute(Contract):
    """One row per model and scope: the arithmetic of its training, and how that is known.

    Each phase as disclosed, else 6 x parameters used for a token x tokens, else hours x 16-bit peak x the usual
    utilisation, with the range of tokens, or of hours and utilisation. Of tokens told as `more than` the figure is a
    floor, of tokens told as `up to` it is the ceiling.
    """

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    training_compute_low_flop: pl.Float64 = column(
        "Its lower end: fewest tokens, or fewest hours at the lowest usual utilisation. Tokens told as `up to` count "
        "for nothing there; absent where there are no others.",
        nullable=True,
    )
    training_compute_flop: pl.Float64 = column("Arithmetic done; for a lower bound the floor.", nullable=True, gt=0)
    training_compute_high_flop: pl.Float64 = column(
        "Its upper end: most tokens, or most hours at the highest usual utilisation.", nullable=True
    )
    compute_method: pl.String = column(COMPUTE_METHOD, nullable=True, isin=list(words.COMPUTE_METHOD))
    is_lower_bound: pl.Boolean = column(
        "True where a phase or model known to exist is not in the figure, or only the fewest tokens are known."
    )
    undisclosed_models: pl.List(pl.String) = column("Models in scope of which no phase has a figure.")
    missing_reason: pl.String = column(
        "Why there is no figure.", nullable=True, isin=list(words.QUESTION_MISSING_REASON)
    )


@table("marts.frontier_costs", key=("model_id", "price_basis"), warnings=("assumed_price", "lower_bounds"))
class FrontierCosts(Contract):
    """One row per model trained from nothing with known compute, and price basis: its place on release, and its cost.

    Families whose figure covers several models are left out.
    """

    model_id: pl.String = column("The model.")
    price_basis: pl.String = column("How it is valued.", isin=list(v.PRICE_BASIS))
    model_name: pl.String = column("Its name.")
    released_on: pl.Date = column("Day of release or publication.")
    training_compute_flop: pl.Float64 = column("Arithmetic of its own training; may be a floor.", gt=0)
    compute_method: pl.String = column(COMPUTE_METHOD, isin=list(words.COMPUTE_METHOD))
    compute_rank: pl.Int64 = column(
        "Place by that compute among the models of the ledger that were out on its day, 1 the largest.",
        ge=1,
        unit="rank",
    )
    is_frontier: pl.Boolean = column("True where that place is within the method's `frontier_rank`.")
    cost_low_usd: pl.Float64 = column("Lower end of its own cost.", nullable=True)
    cost_mid_usd: USD = column("Its own cost; for a lower bound the floor.", nullable=True)
    cost_high_usd: pl.Float64 = column("Upper end of its own cost.", nullable=True)
    is_lower_bound: pl.Boolean = column("True where the cost is a floor.")
    is_counted: pl.Boolean = column("True where it enters a trend: it has a cost, and that is no floor.")
    cost_missing_reason: pl.String = column("Why there is no cost.", nullable=True, isin=list(v.MISSING_REASON))
    flags: pl.List(pl.String) = column("Assumptions and limits behind the cost.")


@table("marts.cost_over_time", key=("model_set", "price_basis"), warnings=("assumed_price",))
class CostOverTime(Contract):
    """One row per set of models and price basis: the yearly growth of the cost of training, beside a published one.

    Least squares of the logarithm of own cost on the day of release; the ends are the 90% interval of the slope by
    Student's t. It knows nothing of the intervals of the costs. The rows behind it are in marts.frontier_costs.
    """

    model_set: pl.String = column("Which models.", isin=list(words.MODEL_SET))
    price_basis: pl.String = column("How they are valued.", isin=list(v.PRICE_BASIS))
    model_count: pl.Int64 = column("Models with a cost that is no floor.", ge=0)
    first_released_on: pl.Date = column("The oldest of them.", nullable=True)
    last_released_on: pl.Date = column("The newest of them.", nullable=True)
    growth_per_year_ratio: pl.Float64 = column(f"{GROWTH}.", nullable=True, gt=0)
    growth_per_year_low_ratio: pl.Float64 = column(f"{GROWTH}, lower end.", nullable=True, gt=0)
    growth_per_year_high_ratio: pl.Float64 = column(f"{GROWTH}, upper end.", nullable=True, gt=0)
    explained_variance_share: pl.Float64 = column(
        "Share of the variance of log cost that the day of release explains.", nullable=True, ge=0, le=1
    )
    published_growth_per_year_ratio: pl.Float64 = column("The growth that the closest peer published.", nullable=True)
    published_growth_per_year_low_ratio: pl.Float64 = column("Lower end of its 90% interval.", nullable=True)
    published_growth_per_year_high_ratio: pl.Float64 = column("Upper end of its 90% interval.", nullable=True)
    published_source_id: pl.String = column("Where that was printed; it is of amortised hardware and energy.")
    missing_reason: pl.String = column(
        "Why there is no trend.", nullable=True, isin=list(words.QUESTION_MISSING_REASON)
    )


@table("marts.price_grid", key=("model_id", "scope", "price_usd_per_gpu_hour"), warnings=("lower_bounds",))
class PriceGrid(Contract):
    """One row per model and scope with hours, and round price: what it costs if each accelerator-hour costs that."""

    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_usd_per_gpu_hour: UNIT_PRICE = column("A price of an hour of any of its accelerators.", gt=0)
    model_name: pl.String = column("Its name.")
    cost_usd: USD = column("Hours times that price; for a lower bound the floor.", gt=0)
    rental_usd_per_gpu_hour: pl.Float64 = column(
        "What an hour did cost at market rent of the start, on average; absent where hours have no price.",
        nullable=True,
        gt=0,
    )
    is_lower_bound: pl.Boolean = column("True where the hours are a floor.")


@table("marts.regulatory_ratios", key=("model_id", "rule_id", "compared_with_id"), warnings=("lower_bounds",))
class RegulatoryRatios(Contract):
    """One row per model, rule of law that counts compute, and base model where the rule compares with one.

    The ledger compares compute, and gives no legal advice: rules have more conditions than compute. Families whose
    figure covers several models are left out.
    """

    model_id: pl.String = column("The model.")
    rule_id: pl.String = column("The rule, in core.compute_rules.")
    compared_with_id: pl.String = column("Its base model; the model itself where the rule is a threshold.")
    model_name: pl.String = column("Its name.")
    rule_title: pl.String = column("What the rule says.")
    released_on: pl.Date = column("Day of release or publication.")
    base_model_id: pl.String = column("The model whose weights it starts from; absent for a threshold.", nullable=True)
    training_compute_flop: pl.Float64 = column(
        "For a threshold the cumulative compute, for a share what was added to the base.", nullable=True
    )
    reference_compute_flop: pl.Float64 = column(
        "The threshold that counts, or the cumulative compute of the base.", nullable=True, gt=0
    )
    compute_ratio: pl.Float64 = column("The one over the other.", nullable=True, gt=0)
    compute_low_ratio: pl.Float64 = column("Its lower end.", nullable=True, gt=0)
    compute_high_ratio: pl.Float64 = column("Its upper end.", nullable=True, gt=0)
    limit_ratio: pl.Float64 = column("Above which ratio the rule applies.", gt=0)
    is_above: pl.Boolean = column("Whether it is above; absent where that is not sure.", nullable=True)
    compute_method: pl.String = column(COMPUTE_METHOD, nullable=True, isin=list(words.COMPUTE_METHOD))
    is_lower_bound: pl.Boolean = column("True where its compute is a floor.")
    is_reference_lower_bound: pl.Boolean = column("True where the compute of the base is a floor.")
    missing_reason: pl.String = column(
        "Why it is not told whether it is above.", nullable=True, isin=list(words.QUESTION_MISSING_REASON)
    )
    rule_source_id: pl.String = column("Where the rule stands.")


@table("marts.disclosure_over_time", key=("grouped_by", "group_name"))
class DisclosureOverTime(Contract):
    """One row per year of release, and per developer, and one for all: of how many models what is disclosed."""

    grouped_by: pl.String = column("What the row is about.", isin=list(words.GROUPED_BY))
    group_name: pl.String = column("The year or the developer; `all` for everybody.")
    model_count: pl.Int64 = column("Models.", ge=1)
    with_hours_count: pl.Int64 = column("Models with accelerator-hours, printed or worked out from what is.", ge=0)
    with_price_count: pl.Int64 = column("Models with a price that the developer states.", ge=0)
    with_compute_count: pl.Int64 = column("Models with arithmetic as printed.", ge=0)
    with_hardware_count: pl.Int64 = column("Models with a named accelerator.", ge=0)
    with_cluster_count: pl.Int64 = column("Models with the number of accelerators.", ge=0)
    with_tokens_count: pl.Int64 = column("Models with tokens.", ge=0)
    costable_share: pl.Float64 = column("Models with hours and accelerator over all models.", ge=0, le=1)


@table(
    "marts.scenario_costs",
    key=("scenario_id", "model_id", "scope", "price_basis"),
    warnings=("assumed_price", "lower_bounds"),
)
class ScenarioCostComparison(Contract):
    """One row per scenario, model, scope and price basis with a cost in either: the scenario beside the default.

    Both costs stand in the same dollars: those of the year `dollars_of_year` where the scenario names one, else those
    of the day, which is the month of release, and for `rental_now` and what is priced like it the day of the ledger.
    """

    scenario_id: pl.String = column("The scenario.")
    model_id: pl.String = column("The model.")
    scope: pl.String = column("What is counted in.", isin=list(v.COST_SCOPE))
    price_basis: pl.String = column("How it is valued, but for what the scenario changes.", isin=list(v.PRICE_BASIS))
    scenario_label: pl.String = column("The scenario in a few words.")
    model_name: pl.String = column("Its name.")
    cost_low_usd: pl.Float64 = column("Lower end of the cost under the scenario.", nullable=True)
    cost_mid_usd: USD = column("The cost under the scenario; for a lower bound its floor.", nullable=True)
    cost_high_usd: pl.Float64 = column("Upper end of the cost under the scenario.", nullable=True)
    default_cost_usd: USD = column("The cost as the ledger has it.", nullable=True)
    difference_usd: USD = column(
        "The one less the other, in the same dollars; absent where they are not of the same phases.", nullable=True
    )
    cost_ratio: pl.Float64 = column(
        "The one over the other, in the same dollars; absent like the difference.", nullable=True, gt=0
    )
    difference_missing_reason: pl.String = column(
        "Why they are not set against each other.", nullable=True, isin=list(words.DIFFERENCE_MISSING_REASON)
    )
    dollars_of_year: pl.Int64 = column(
        "The year in whose dollars every amount of the row stands; absent for dollars of the day.",
        nullable=True,
        unit="year",
    )
    price_index_id: pl.String = column("The index that converted them.", nullable=True)
    index_vintage_on: pl.Date = column("Its vintage.", nullable=True)
    deflator_ratio: pl.Float64 = column("What the cost under the scenario was multiplied by.", nullable=True, gt=0)
    default_deflator_ratio: pl.Float64 = column("What the ledger's cost was multiplied by.", nullable=True, gt=0)
    is_changed: pl.Boolean = column("True where the scenario changes a phase that is counted in.")
    is_lower_bound: pl.Boolean = column("True where the cost under the scenario is a floor.")
    is_default_lower_bound: pl.Boolean = column("True where the cost as the ledger has it is a floor.")
    changed_inputs: pl.List(pl.String) = column("What the scenario changed in it: flags of a scenario.")
    scope_note: pl.List(pl.String) = column("What both costs leave out, in words of a vocabulary.")
    cost_missing_reason: pl.String = column(
        "Why there is no cost under the scenario.", nullable=True, isin=list(v.MISSING_REASON)
    )


@table("marts.buy_or_rent", key=("hardware_id", "busy_share"), warnings=("assumed_price",))
class BuyOrRent(Contract):
    """One row per accelerator and share of the hours it is busy: after how many months buying is cheaper than renting.

    Rented by the hour only while busy. Owned with server, interconnect and electricity, without staff, building, cost
    of capital and resale. The ends are a 90% interval: price and rent are lognormal and independent.
    """

    hardware_id: pl.String = column("The accelerator.")
    busy_share: pl.Float64 = column("Share of all hours in which it works.", gt=0, le=1)
    hardware_name: pl.String = column("Its name.")
    break_even_months: pl.Float64 = column("Months until what it cost is saved in rent.", nullable=True)
    break_even_low_months: pl.Float64 = column("Lower end of the months.", nullable=True)
    break_even_high_months: pl.Float64 = column(
        "Upper end of the months; absent where the lowest rent does not pay for the electricity.", nullable=True
    )
    rent_usd_per_gpu_hour: UNIT_PRICE = column("Market rent on the day of the release.", nullable=True)
    owned_usd_per_gpu: pl.Float64 = column(
        "Price with its share of server and interconnect, aged to the day of the release.", nullable=True
    )
    owned_observed_on: pl.Date = column("Day of the purchase quote it rests on.", nullable=True)
    energy_usd_per_gpu_hour: pl.Float64 = column("Electricity of a busy hour.", nullable=True)
    missing_reason: pl.String = column(
        "Why there is no break-even.", nullable=True, isin=list(words.QUESTION_MISSING_REASON)
    )
    flags: pl.List(pl.String) = column("What to know about the two prices.")
