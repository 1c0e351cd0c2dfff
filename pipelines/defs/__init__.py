"""The only code that imports Dagster: contracts and functions become assets, SQL files marts and checks."""
