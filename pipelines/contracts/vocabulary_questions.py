"""Words of the marts that answer questions about many models, and of the rules and scenarios they read."""

from __future__ import annotations

from pipelines.contracts.vocabulary import PRICE_BASIS

COMPUTE_METHOD = {
    "disclosed": "As the developer prints it.",
    "from_tokens": "Arithmetic of a parameter and token times parameters used times tokens.",
    "from_hours": "Hours times the 16-bit peak times the usual utilisation.",
}

COMPUTE_RULE_KIND = {
    "threshold": "A number of operations.",
    "share_of_base": "A share of the compute of the model it was built on.",
    "share_of_threshold": "A share of a number of operations, where the compute of the base is not known.",
}

MODEL_SET = {
    "frontier": "Models among those with most compute when they came out.",
    "from_scratch": "Every model trained from nothing.",
}

GROUPED_BY = {
    "all": "Everything.",
    "developer": "Who trained it.",
    "year": "Year of release.",
}

QUESTION_MISSING_REASON = {
    "base_compute_not_disclosed": "Nothing is known of the compute of the base model.",
    "compute_not_disclosed": "Neither compute, nor tokens and parameters, nor hours and accelerator are disclosed.",
    "estimated_purchase_price": "The price of the accelerator bought is an estimate; nobody is known to sell it.",
    "no_purchase_price": "No price of the accelerator bought is known.",
    "no_rent": "No rent of the accelerator is known.",
    "rent_of_stand_in": "No rent of the accelerator is known, only that of one that stands in for it.",
    "rent_below_energy": "An hour of rent costs less than the electricity of an hour.",
    "lower_bound": "Compute is a floor, and what is missing decides.",
    "too_few_models": "A trend through so few models would say nothing.",
    "uncertain_compute": "The range of the compute has both answers in it.",
}
"""Why a question about many models has no answer for one of them."""

DIFFERENCE_MISSING_REASON = {
    "no_cost": "One of the two is not known, or only one end of it.",
    "floor_beside_whole": "One of the two is a floor and the other is not.",
    "other_phases_priced": "Both are floors, and of different phases.",
}
"""Why a cost under a scenario is not set against the cost of the ledger."""

RENTAL_TERMS = {name: meaning for name, meaning in PRICE_BASIS.items() if name.startswith("rental_")}
"""Price bases on whose terms a scenario may price `rental`."""

SCENARIO_FLAG = {
    "scenario_price": "The price is the one that the scenario gives.",
    "scenario_terms": "Rent is on the terms that the scenario gives.",
    "scenario_utilization": "The hours are those at the utilisation that the scenario gives.",
    "scenario_hours": "The hours are multiplied by what the scenario gives.",
    "scenario_constants": "Constants of the method have the values that the scenario gives.",
    "scenario_method": "It is costed with the constants of the method that the scenario names.",
    "scenario_dollars": "Both costs stand in dollars of the year that the scenario names.",
}
"""What a scenario changed in a cost, beside the flags of COST_FLAG."""
