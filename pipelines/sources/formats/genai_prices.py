"""genai-prices v2 `data.json`: US dollars per million tokens, by provider and model (v1 files are frozen).

A model's prices may be a list: the last entry whose constraint holds is the one in force, the first where none does.
A start date ends what held before it. Prices may rise with the length of a request. Nothing says when a price was
last checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import json_of, list_of, mapping_of, rows_of, said
from pipelines.sources.text import UnreadableError

KIND = "token_prices"
PRICES = {
    "input_usd_per_million_tokens": "input_mtok",
    "cached_input_usd_per_million_tokens": "cache_read_mtok",
    "output_usd_per_million_tokens": "output_mtok",
}
Row = dict[str, str | int | None]


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of token_prices: one a model, condition and step of length; LINE counts the models of the file."""
    providers = list_of(json_of(data, feed), "the file")
    models = [
        (_needed(provider, "id", "a provider"), mapping_of(model, "a model"))
        for provider in providers
        for model in list_of(_needed(provider, "models", "a provider"), "the models of a provider")
    ]
    return rows_of(KIND, chain.from_iterable(_rows(place, *model) for place, model in enumerate(models, start=1)))


def _needed(value: object, key: str, what: str) -> Any:
    mapping = mapping_of(value, what)
    if key not in mapping:
        raise UnreadableError(f"{what} has no {key!r}: the format has changed")
    return mapping[key]


def _rows(place: int, host: object, model: Mapping[str, Any]) -> Iterator[Row]:
    given = _needed(model, "prices", "a model")
    entries = [{"prices": given}] if isinstance(given, dict) else list_of(given, "the prices of a model")
    constraints = [
        mapping_of(mapping_of(entry, "a price").get("constraint") or {}, "a constraint") for entry in entries
    ]
    starts = [said(constraint.get("start_date")) for constraint in constraints]
    for number, (entry, constraint) in enumerate(zip(entries, constraints, strict=True)):
        later = sorted(start for start in starts[number + 1 :] if start and start > (starts[number] or ""))
        is_default = not constraint and any(set(other) - {"start_date"} for other in constraints)
        row: Row = {
            LINE: place,
            "host": said(host),
            "model_as_published": said(_needed(model, "id", "a model")),
            "condition": _condition(constraint, is_default=is_default),
            "effective_from": starts[number],
            "effective_to": later[0] if later else None,
            "note": said(model.get("price_comments")),
        }
        yield from _steps(row, mapping_of(_needed(entry, "prices", "a price"), "the prices of an entry"))


def _condition(constraint: Mapping[str, Any], *, is_default: bool) -> str | None:
    rest = {key: value for key, value in constraint.items() if key != "start_date"}
    if set(rest) == {"start_time", "end_time"}:
        return f"daily {rest['start_time']} to {rest['end_time']}"
    if rest:
        return json.dumps(rest, sort_keys=True)
    return "default; other entries apply under a constraint" if is_default else None


def _steps(row: Row, prices: Mapping[str, Any]) -> Iterator[Row]:
    """The row at its base price, and again at each length of a request from which it costs more."""
    base: dict[str, str | None] = {}
    steps: dict[str, dict[str, str | None]] = {}
    for column, key in PRICES.items():
        price = prices.get(key)
        if isinstance(price, dict):
            base[column] = said(price.get("base"))
            for tier in list_of(price.get("tiers"), "the tiers of a price"):
                start = said(_needed(tier, "start", "a tier")) or ""
                steps.setdefault(start, {})[column] = said(mapping_of(tier, "a tier").get("price"))
        else:
            base[column] = said(price)
    if any(price is not None for price in base.values()):
        yield {**row, **base, "flags": "tiered_price" if steps else None}
        for start, changed in steps.items():
            longer = "; ".join(str(part) for part in (row["condition"], f"requests above {start} input tokens") if part)
            yield {**row, **base, **changed, "condition": longer, "flags": "tiered_price"}


FORMAT = Format("genai_prices", KIND, ".json", read)
