"""Words of the tables that set Epoch's figures beside the ledger's own; `vocabulary` has them too."""

from __future__ import annotations

DIFFERENCE_REASON = {
    "not_selected": "The published method takes only dated models of the highest compute when published.",
    "base_model_left_out": "The published method leaves out models built on another.",
    "chip_list_left_out": "The published method leaves out models that list several chips.",
    "no_published_input": "The published method lacks what it needs: published_missing_reason says what.",
    "imputed_chip": "No chip is named; the published method guesses one, the ledger does not.",
    "no_price_at_start": "The ledger has no price it may use: none on or before the start, or none at all.",
    "no_default_input": "The ledger lacks what it needs: default_missing_reason says what.",
    "hours": "The hours differ: another source of hours, or other peak or compute behind them.",
    "commitment_terms": "Three-year terms of one vendor against the market's price on demand.",
    "list_price": "The purchase prices differ, both with the share of a server or both without.",
    "availability": "The price is depreciated from another day: that of the quote against that from which it counts.",
    "start": "The start of the run differs.",
    "network": "The published cost has the network in it.",
    "server_and_network": "The published cost has server and network in it, the ledger's is of bare cards.",
    "chip_power": "The design power of the chip differs.",
    "electricity_price": "The newest price before the start against that of the year of publication.",
    "energy_share": "Power or electricity price is not known to the ledger; energy is its usual share of the cost.",
    "price_day": "The prices are of different days.",
    "look_ahead_price": "The published price, another than the ledger's, is dated after the decision it stands for.",
    "constants": "The constants differ (trend, load, node, building, network), or rounding: all that is left.",
}
"""Why two methods give another cost. The first seven say why only one gives any."""

COMPARED_QUANTITY = {
    "chip": "Accelerators of the model's own training, as text.",
    "gpu_count": "Most accelerators used at once.",
    "gpu_hours": "Accelerator-hours of the model's own training.",
    "training_compute_flop": "Arithmetic of the model's own training.",
}

CHOSEN_BY = {
    "developer_states": "The ledger's figure stands: the developer prints it, or what it is multiplied from.",
    "quoted_elsewhere": "The ledger's figure stands as others quote it from the developer; the source was not read.",
    "third_party_estimate": "Neither is the developer's: the ledger has a third party's estimate, in no sum.",
    "derived_from_tokens": "The ledger's figure stands: of some phase worked out from parameters and tokens.",
    "derived_from_hours": "The ledger's figure stands: of some phase worked out from hours at an assumed utilisation.",
    "derived_from_compute": "The ledger's figure stands: hours worked out from compute at an assumed utilisation.",
    "only_ledger": "Only the ledger has a figure.",
    "only_epoch": "Only Epoch has a figure; it is shown, and does not enter the ledger's sums.",
}
"""Which of two figures stands in the ledger, and what it rests on."""
