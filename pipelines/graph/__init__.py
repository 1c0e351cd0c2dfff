"""The ledger as a graph: what is computed from what, declared once, without Dagster.

Two things run it: `graph.build` in one process, as fast as the work itself, for the command line; and `defs`, which
makes an asset of every step for the Dagster UI, its sensors and schedules. Both call the same steps.
"""
