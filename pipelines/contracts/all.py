"""Import this to have every table declared: `TABLES` is then complete."""

from pipelines.contracts import core, feed_list, feeds, history, inputs, marts, quality, raw

__all__ = ["core", "feed_list", "feeds", "history", "inputs", "marts", "quality", "raw"]
