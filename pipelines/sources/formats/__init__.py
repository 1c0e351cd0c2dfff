"""Formats of live feeds, one module each. A new one is a module and a line here."""

from pipelines.sources.formats.format import Format

_EVERY: tuple[Format, ...] = ()

FORMATS: dict[str, Format] = {known.name: known for known in _EVERY}
"""Every format by the name feeds give it."""
