"""The training-cost ledger: what it really cost to train a model."""
