"""The training-cost ledger: what it really cost to train a model."""

import os

# For tables as small as these polars' streaming engine takes longer to start than to work (`make bench`). Read when
# polars is first asked, so it is said here and polars itself is not imported.
os.environ.setdefault("POLARS_ENGINE_AFFINITY", "in-memory")
