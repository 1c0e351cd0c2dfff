"""WHAT a run costs: pure functions of frames. No files, no database, no clock, no Dagster."""
