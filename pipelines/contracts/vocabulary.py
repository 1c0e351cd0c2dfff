"""Words with one meaning: every closed vocabulary of the ledger."""

from __future__ import annotations

from pipelines.contracts import cost_words, epoch_words

COST_COMPONENT, ENERGY_MISSING_REASON = cost_words.COST_COMPONENT, cost_words.ENERGY_MISSING_REASON
WATER_MISSING_REASON = cost_words.WATER_MISSING_REASON
LEFT_OUT, LEFT_OUT_LINE = cost_words.LEFT_OUT, cost_words.LEFT_OUT_LINE
DIFFERENCE_REASON, COMPARED_QUANTITY = epoch_words.DIFFERENCE_REASON, epoch_words.COMPARED_QUANTITY
CHOSEN_BY = epoch_words.CHOSEN_BY

CONFIDENCE = {
    "verified": "The figure was read in a copy of the primary source.",
    "secondary": "The figure was seen quoted elsewhere.",
    "unverified": "The figure was not checked against any document.",
}

RELATION = {
    "weights": "The child starts from the parent's weights.",
    "data": "The parent produced data the child trains on.",
    "teacher": "The child learns from the parent's outputs.",
}

COUNTS_IN = {
    "cumulative": "The parent's own phases are part of the child's cumulative cost.",
    "effort": "The parent's own phases are part of the child's effort, as its headline counts them.",
    "none": "Recorded, never added.",
}

PHASE = {
    "pretraining": "First training of new weights on raw data.",
    "full_training": "The whole training, which the source does not split.",
    "continued_pretraining": "More pretraining on top of given weights.",
    "midtraining": "Annealing or a change of mixture between pretraining and fine-tuning.",
    "context_extension": "Training for longer context.",
    "post_training": "Fine-tuning and reinforcement learning, not split by the source.",
    "sft": "Supervised fine-tuning.",
    "preference_tuning": "Training on preferences (DPO, RLHF).",
    "reinforcement_learning": "Training by reward.",
    "distillation": "Learning from a teacher's outputs.",
    "quantization_training": "Training that adapts weights to low precision.",
    "synthetic_data_generation": "Compute spent on making training data.",
}

FROM_SCRATCH_PHASES = ("pretraining", "full_training")
"""Phases that make weights out of nothing; a model with none of them stands on another model."""

ROW_ROLE = {
    "primary": "Summed. The only role that enters a cost.",
    "alternative": "The same work as another row, from another source: never added.",
    "restated_base": "The number belongs to the base model and is printed again: never added.",
    "hypothetical": "Priced by somebody but never run: never added.",
    "estimate": "A third party's estimate where nothing is disclosed: shown beside, never added.",
    "context_only": "Chips, time or emissions are disclosed, but no hours can be stated.",
}

DISCLOSED_AS = {
    "gpu_hours": "Accelerator-hours as printed.",
    "gpus_x_hours": "Accelerators times hours.",
    "gpus_x_days": "Accelerators times days.",
    "gpu_days": "Accelerator-days.",
    "gpu_weeks": "Accelerator-weeks.",
    "flop": "Training compute only.",
    "relative": "Relative to another run.",
    "chip_count_only": "Accelerators without a duration.",
    "wall_clock_only": "Duration without accelerators.",
    "emissions_only": "Emissions only.",
    "estimate": "A third party's estimate.",
    "third_party": "Stated by a third party.",
}

PRICING_CATEGORY = {
    "on_demand": "List price without commitment.",
    "spot": "Interruptible capacity.",
    "marketplace": "Offers of many hosts.",
    "reserved_1y": "Reserved for a year.",
    "reserved_3y": "Reserved for three years.",
    "committed_1y": "Committed use for a year.",
    "committed_3y": "Committed use for three years.",
    "assumed": "Assumed by an author: never a market price.",
    "purchase": "Bought outright.",
}

COMMITMENT_PAYMENT = ("noUpfront", "partialUpfront", "allUpfront")
"""How a commitment is paid: by the hour, partly or all at its start; in the words of the price lists."""

PRICE_SCOPE = {
    "instance": "The whole machine.",
    "component": "The accelerators of a machine together, its host priced apart.",
    "accelerator": "One accelerator.",
    "share_of_server": "One accelerator's share of a server's price.",
    "single_card_or_unstated": "One card, or the source does not say.",
}

SHARED_SCOPES = ("instance", "component")
"""Scopes whose price is for all accelerators of the product together: divided by their number."""

PRICE_UNIT = {
    "hour": "An hour.",
    "month": "A month of 730 hours.",
    "term": "The whole term of a commitment: never a price by the hour.",
    "unit": "Bought outright.",
}
"""Units of a price in a live feed; hand-kept rows keep the source's own words."""

HOST_INCLUDED = {
    "yes": "The machine around the accelerators is in the price.",
    "no": "It is paid for apart.",
    "unknown": "The source does not say.",
}

READ_FLAG = {
    "spot_equals_on_demand": "The file prints one price as spot and as on demand: which it is, is not known.",
    "memory_unit_unclear": "The file's memory figure cannot be in the unit its name says; no memory is taken from it.",
    "accelerator_count_not_stated": "The file calls it an accelerated machine and counts no accelerator.",
    "total_of_term": "The price of the whole term of a commitment, whatever unit the file gives it.",
    "part_of_price": "The commitment is paid in two parts, each a row of its own.",
    "reference_currency": "The seller bills in another currency and gives this one as a guide.",
    "price_date_after_source_date": "The price is dated later than the page it is read from.",
    "model_estimate_not_a_sale": "The source says that it estimated the price.",
    "no_source": "The source names no page.",
    "no_date": "The file gives no date.",
    "no_price": "The file gives no price.",
    "tiered_price": "The price changes with the length of a request; each step is a row of its own.",
    "zero_price_placeholder": "Zero, which stands for a price the file does not know.",
}
"""What readers of live feeds find in a file and pass on with the row."""

PRICE_EVENT = {
    "price": "A price was first seen, or changed to this.",
    "gone": "The line is missing from a good read; no price is known from then on.",
}

READ_STATUS = {
    "changed": "Prices changed.",
    "equal": "Every price was as before.",
    "not_modified": "The server said that nothing changed.",
    "held": "Nothing was believed: what it says waits for another read or source.",
    "refused": "The file is not what it should be; nothing was believed.",
    "failed": "Nothing was received.",
}

PRICE_BASIS = {
    "disclosed": "Hours times the developer's own stated price.",
    "rental": "Hours times the market's on-demand price when the run started.",
    "rental_spot": "Hours times the market's price of interruptible capacity when the run started.",
    "rental_1y": "Hours times the market's price under a commitment of one year when the run started.",
    "rental_3y": "Hours times the market's price under a commitment of three years when the run started.",
    "rental_now": "Hours times the market's on-demand price on the day of the release: deliberate repricing.",
    "amortized": "Hours times the share of the hardware's life they use up, its interconnect and its energy.",
    "purchase": "Every accelerator bought outright, at the hardware's own quotes.",
}

RENTED_AT_START = ("rental", "rental_spot", "rental_1y", "rental_3y")  # none of them may rest on a later quote

COST_SCOPE = {
    "own": "The model's own primary phases.",
    "effort": "Own, and parents that the headline includes.",
    "cumulative": "Effort, and every ancestor that counts, each once.",
}

SENSITIVITY_INPUT = {
    "price": "Price of one accelerator, rented or bought, shared by all its phases.",
    "hours": "Accelerator-hours of one phase, as disclosed.",
    "utilization": "Utilisation at which disclosed compute is turned into the hours of one phase.",
    "start": "Day for which the price is looked up, where it is assumed.",
    "server_overhead": "What a server adds to the quote of a bare card.",
    "price_trend": "Decline of the price of hardware, by which it loses value.",
    "interconnect": "Share of the network in the price of a cluster.",
    "power": "Power an accelerator draws, with its server and the building.",
    "electricity_price": "Price of a kilowatt-hour.",
    "energy_share": "Usual share of energy, where power or electricity price is not known.",
}

CLAIMED_SCOPE = {
    "rl_only": "The reinforcement-learning stage.",
    "pretraining": "The pretraining stage.",
    "final_run": "The run that made the released model.",
    "cumulative": "The model with the models it stands on.",
    "r_and_d": "Research and development, with experiments.",
    "hardware_purchase": "Buying the hardware.",
}

CLAIM_COVERS = {
    **COST_SCOPE,
    "phases": "The phases the claim lists.",
}

CLAIMED_BASIS = {
    "stated_price": "Hours times a price the claimant states.",
    "rental": "Cloud rental price.",
    "spot": "Spot price.",
    "amortized": "Depreciated hardware and energy.",
    "purchase": "Hardware bought.",
    "spend": "Money that left an account.",
    "unspecified": "Not said.",
}

CLAIM_COMPARED_ON = tuple(PRICE_BASIS)
"""Bases a claim may be comparable on."""

CLAIM_BOUND = {
    "floor": "More than the amount.",
    "ceiling": "Less than the amount.",
}

VERDICT = {
    "agrees": "Within rounding, 5% or the ledger's own interval of what it covers, or a bound that holds.",
    "wrong_scope": "Right for less (or more) than it is presented as covering.",
    "other_basis": "Made on a price basis that the ledger's figure beside it is not on.",
    "understated": "Below the ledger's cost of what it covers.",
    "overstated": "Above the ledger's cost of what it covers.",
    "not_checkable": "The ledger has nothing to check it with; the reason is named.",
}

OPENNESS = {
    "open_weights": "Weights can be downloaded.",
    "open_source": "Weights, code and data recipe are public.",
    "api_only": "Served, not released.",
    "closed": "Not served to the public.",
    "unreleased": "Described only.",
}

ARCHITECTURE = {"dense": "Every parameter is active.", "moe": "Mixture of experts.", "other": "Neither."}

QUANTITY = {
    "gpu_hours": "GPU-hour",
    "gpu_count": "GPU",
    "wall_clock_hours": "hour",
    "tokens": "token",
    "training_compute_flop": "FLOP",
    "stated_price_usd_per_gpu_hour": "USD per GPU-hour",
    "energy_kwh": "kWh",
    "emissions_location_tco2e": "tCO2e",
    "emissions_market_tco2e": "tCO2e",
    "water_liters": "liter",
}
"""Quantities a phase may disclose, with their unit."""

MAY_BE_ZERO = "emissions_"  # how quantities begin that may be stated as zero

COST_FLAG = {
    "range_disclosed": "The source gives a range; the middle is its geometric mean.",
    "one_sided": "Only an upper or only a lower end is disclosed.",
    "assumed_utilization": "Hours come from disclosed compute at an assumed utilisation.",
    "assumed_start": "The start is the release date less run time and a usual delay.",
    "assumed_run_time": "The run time behind the start is the usual one.",
    "implausible_utilization": "Hours, tokens and parameters imply a utilisation outside 5% to 75%.",
    "hours_conflict": "Hours, accelerators and duration contradict each other, or make too long a run.",
    "start_after_release": "The disclosed start is after the release.",
    "future_release": "The model is dated after the day of the release.",
    "stale_price": "The price is more than a year older than the date it is used for.",
    "thin_price": "Fewer than three providers stand behind the price.",
    "thinned_panel": "Fewer than half of the providers seen in the last year stand behind the price.",
    "proxy_price": "No quote for this hardware exists; the declared proxy's price is used.",
    "later_price": "The purchase quote is dated after the start; none is older.",
    "estimated_price": "The price is an estimate, not an offer.",
    "bare_card_price": "The purchase quote is of a bare card: no share of a server is in it.",
    "server_overhead_added": "The purchase quote is of a bare card; a usual share of a server is added.",
    "assumed_energy": "Power or electricity price is not known; energy is the usual share of the cost.",
    "assumed_country": "Where it ran is not disclosed; the developer's country is taken.",
    "assumed_electricity_price": "No electricity price of the country is known; another country's stands in.",
    "stale_electricity_price": "The electricity price is more than a year older than the start.",
    "other_year_intensity": "The grid's emissions are of another year than the start's, the nearest known.",
    "world_intensity": "No emissions of the country's grid are known; the world's are taken.",
    "gpu_count_partly_disclosed": "Some phases do not say how many accelerators they used.",
    "partly_priced": "Some hours have no price on this basis.",
    "phases_without_quantity": "A phase is known but its hours are not.",
    "restated_base": "The printed hours belong to the base model.",
    "third_party_estimate": "Only a third party's estimate exists; it is shown beside, never summed.",
    "base_unknown": "A fine-tune whose base model is not named.",
    "own_hours_not_disclosed": "The model's own training has no hours; any figure is of what it stands on alone.",
    "undisclosed_ancestors": "A model it stands on discloses nothing.",
    "set_aside": "A row this figure depends on was set aside by validation.",
    "covers_models": "A figure is stated for several models at once and kept on their family.",
}

MISSING_REASON = {
    "hours_not_disclosed": "No phase that is summed has a quantity that hours can be taken from.",
    "duration_not_disclosed": "Hours are known, and the method takes accelerators times a duration that is not.",
    "only_context": "The accelerators are counted in a row that is never summed, for no hours can be stated.",
    "hardware_unknown": "The accelerator is not named, or not one that is known.",
    "peak_unknown": "Compute is known, and the peak of the accelerator that would turn it into hours is not.",
    "several_chips": "Several accelerators are listed, and the method takes one.",
    "has_base_model": "The method leaves out models that were built on another.",
    "power_unknown": "The power of the accelerator is not known.",
    "restated_base": "The only figure printed is the base model's.",
    "no_price": "No price exists on this basis.",
    "no_price_index": "The price index has no month for these dollars.",
    "gpu_count_not_disclosed": "How many accelerators were used is not disclosed.",
    "one_sided": "Only an upper end is known, and what is missing may lie above it.",
    "set_aside": "What it needs was set aside by validation.",
    "implausible_hours": "Hours as stated, or worked out from compute, are outside what a run can be.",
}

EPOCH_FLAG = {
    "cell_set_aside": "A cell of the row it was taken from broke its rule and was emptied.",
    "duplicate_name": "Another row has the same name but for the spaces around it.",
    "unknown_chip": "A chip is named that the table of chips does not have.",
    "several_chips": "Several kinds of accelerator are named: each prices all hours, the cost lies between them.",
    "imputed_chip": "No chip is named; the commonest of the year stands in.",
    "scope_includes_base": "Hours come from compute that includes the base model's: never added to the base.",
    "finetune_compute": "Hours come from the compute of the fine-tune alone.",
    "known_utilization": "Hours come from disclosed compute at the disclosed utilisation.",
    "vague_hours": "Epoch is less than confident of the hours: their interval is as wide as is usual then.",
    "future_release": "The model is dated after the day of the release.",
    "outside_price": "No quote of the ledger serves; the price is from Epoch's table of prices.",
    "look_ahead_price": "The price is dated after the decision it stands for.",
    "energy_year_carried": "The electricity price of the nearest year stands in for a year without one.",
    "date_by_name": "The start (or end) of the run is told for every model of that name.",
    "not_deflated": "The month is not in the index: the amount stands in dollars of its own day.",
    "unlike_family": "The name of the family is only part of a word in the name of the chip.",
    "repeated_chip": "The chip stands twice in the table of chips; its first row is taken.",
    "before_release": "The run would have started before its chip was released.",
    "hours_conflict": "Stated chip-hours are more than twice chips times duration, or less than half.",
    "compute_conflict": "The compute of the fine-tune is more than the whole it is a part of.",
    "implausible_compute": "Compute is 100 times the most before it, or ranks with the most and is not a 100th of it.",
    "outlier_price": "Prices of the chip are 20 times off each other, or its rent and its purchase do not go together.",
    "unlisted_price": "A price of a chip that the table of chips does not have was left out.",
    "base_is_itself": "The model is named as its own base model.",
    "base_not_listed": "A base model is named that the table of models does not have.",
    "release_unknown": "The release of the chip is not known; it counts as available from the day of its price.",
}
"""Flags of Epoch's models, beside those of COST_FLAG."""

METHOD_RULE = {
    "purchase_family": "Part of a chip's name that decides whose purchase price it takes.",
    "server_overhead": "Price of a server over that of its accelerators.",
    "node_power": "Power of a server over that of its accelerators.",
    "tpu_list_price": "Price of an accelerator that is not sold.",
    "tpu_power": "Power of an accelerator whose maker does not state it.",
    "hyperscaler": "Part of an organization's name that runs efficient data centers.",
    "cloud_vendor": "Whose cloud an organization rents.",
    "vendor_order": "Vendors that are asked after the own one.",
    "rental_family": "Chips whose rental prices stand in for each other, in the order they are tried.",
    "discount_1y": "Discount for a commitment of a year.",
    "discount_3y": "Discount for a commitment of three years.",
    "electricity_price": "Price of electricity in a year.",
    "run_start": "Start of the run of models whose name contains a word.",
    "run_end": "End of the run of a model.",
    "index_month": "Month whose dollars amounts are brought to.",
}

MAP_RULE = {
    "same_name": "The names are the same but for case, spaces and punctuation.",
    "name_and_developer": "The name is spelt otherwise; developer, size and date are the same.",
    "variant": "The ledger's model is the one of several sizes or dates that the row describes.",
}

HOURS_BASIS = {
    "stated_hours": "Chip-hours as stated.",
    "count_x_hours": "Chips times duration.",
    "compute": "Compute over peak and utilisation.",
    "finetune_compute": "Compute of the fine-tune over peak and utilisation.",
}

COST_CHANGE = {
    "moved": "The cost is another amount.",
    "appeared": "There was no cost, and there is one.",
    "disappeared": "There was a cost, and there is none.",
}

CHANGE_CAUSE = {
    "price": "A quote, a price of electricity, the accelerator that stands in for another, or the day of the release.",
    "disclosure": "What is disclosed of a run, its model or accelerator, the lineage, or what was set aside of them.",
    "method": "The code or a constant of the method.",
}

USAGE_WARNING = {
    "assumed_price": "Prices are list or assumed prices, not invoices.",
    "excludes_failed_runs": "Failed runs and restarts are in only where the source counts them.",
    "excludes_staff_and_rnd": "Staff, research, ablations and data licences are not in it.",
    "lower_bounds": "Some rows are lower bounds: read is_lower_bound before comparing.",
}
