"""Import this to have every table declared: `TABLES` is then complete."""

from pipelines.contracts import (
    core,
    epoch,
    epoch_inputs,
    epoch_marts,
    feed_list,
    feeds,
    history,
    inputs,
    makeup,
    marts,
    quality,
    question_inputs,
    questions,
    raw,
    scenarios,
    series,
)

__all__ = [
    "core",
    "epoch",
    "epoch_inputs",
    "epoch_marts",
    "feed_list",
    "feeds",
    "history",
    "inputs",
    "makeup",
    "marts",
    "quality",
    "question_inputs",
    "questions",
    "raw",
    "scenarios",
    "series",
]
