"""Import this to have every table declared: `TABLES` is then complete."""

from pipelines.contracts import core, feeds, history, inputs, marts, quality, raw

__all__ = ["core", "feeds", "history", "inputs", "marts", "quality", "raw"]
