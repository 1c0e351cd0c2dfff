"""Import this to have every table declared: `TABLES` is then complete."""

from pipelines.contracts import core, inputs, marts, quality, raw

__all__ = ["core", "inputs", "marts", "quality", "raw"]
