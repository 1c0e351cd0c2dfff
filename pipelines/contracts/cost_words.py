"""Words about what a cost is made of and what it leaves out; `vocabulary` has them too."""

from __future__ import annotations

COST_COMPONENT = {
    "accelerators": "The accelerators, with their share of the server where the quote covers it.",
    "servers": "What a server adds to quotes of bare cards.",
    "interconnect": "Network of the cluster.",
    "energy": "Electricity of the accelerators, their servers and the building.",
}

LEFT_OUT = {
    "failed_runs": "Failed runs and restarts, unless the source counts them in its hours.",
    "experiments": "Research before the run: ablations, smaller models, trials.",
    "staff": "Salaries and shares of the people who made it.",
    "data": "Licences, collection and labelling of data.",
    "idle_hardware": "Time in which the hardware stood unused.",
    "buildings": "Land, buildings, storage and cooling plant.",
    "servers": "Servers, where the purchase quote is of a bare card (flag bare_card_price).",
    "interconnect": "Network of the cluster.",
    "energy": "Electricity.",
}
"""What a cost leaves out: the words of scope_note."""

LEFT_OUT_LINE = {
    "experiments": "Compute of all experiments, over that of the final run.",
    "staff": "Salaries and shares of those who made it.",
}
"""Lines that a source gives a multiplier for: optional, in no cost."""

WATER_MISSING_REASON = {
    "water_not_disclosed": "The developer does not state it, and it is not worked out.",
}

ENERGY_MISSING_REASON = {
    "hours_not_disclosed": "No quantity that hours can be taken from.",
    "hardware_not_disclosed": "The accelerator is not disclosed.",
    "power_not_known": "The design power of the accelerator is not known.",
}
