"""LiteLLM's map of models: US dollars per SINGLE token, no dates, zero where the price is not known.

Prices are moved to a million tokens in decimal, digit by digit. `sample_spec` explains the fields and is left out, and
so are models that are not paid by text tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import json_of, mapping_of, rows_of, said
from pipelines.sources.text import UnreadableError

KIND = "token_prices"
EXPLANATION = "sample_spec"
PRICES = {
    "input_usd_per_million_tokens": "input_cost_per_token",
    "cached_input_usd_per_million_tokens": "cache_read_input_token_cost",
    "output_usd_per_million_tokens": "output_cost_per_token",
}
TEXT_MODES = (None, "chat", "completion", "responses")
MILLION = Decimal(10**6)
MAX_EXPONENT = 30


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of token_prices: one a model; LINE is its place in the file."""
    models = mapping_of(json_of(data, feed), "the file")
    entries = [(place, name, _entry(name, value)) for place, (name, value) in enumerate(models.items(), start=1)]
    if models and not any("litellm_provider" in entry for _, _, entry in entries):
        raise UnreadableError("no entry names its litellm_provider: this is an error message, or another file")
    return rows_of(
        KIND,
        (
            _row(place, name, entry)
            for place, name, entry in entries
            if name != EXPLANATION and said(entry.get("mode")) in TEXT_MODES and set(PRICES.values()) & set(entry)
        ),
    )


def _entry(name: str, value: object) -> Mapping[str, Any]:
    return mapping_of(value, f"entry {name[:100]!r}")


def _row(place: int, name: str, entry: Mapping[str, Any]) -> dict[str, str | int | None]:
    prices = {column: per_million(said(entry.get(key))) for column, key in PRICES.items()}
    ends = said(entry.get("deprecation_date"))
    given = [price for price in prices.values() if price is not None]
    return {
        LINE: place,
        "host": said(entry.get("litellm_provider")),
        "model_as_published": name,
        **prices,
        "flags": "zero_price_placeholder" if given and all(price == "0" for price in given) else None,
        "note": f"deprecated from {ends}" if ends else None,
    }


def per_million(printed: str | None) -> str | None:
    """A price of one token as one of a million, exactly; text that is no number stays as it is.

    >>> per_million("2.8e-07")
    '0.28'
    >>> per_million("0.0")
    '0'
    """
    if printed is None:
        return None
    try:
        price = Decimal(printed)
    except InvalidOperation:
        return printed
    if not price.is_finite() or abs(price.adjusted()) > MAX_EXPONENT or len(printed) > MAX_EXPONENT:
        return printed
    scaled = format(price * MILLION, "f")
    return scaled.rstrip("0").rstrip(".") if "." in scaled else scaled


FORMAT = Format("litellm", KIND, ".json", read)
