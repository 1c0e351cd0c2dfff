"""What a format is: the bytes of one upstream file to rows in a common shape, everything as text.

A reader knows its file and nothing else: no clock, no network, no data folder. It compares headers by name, keeps
prices exactly as printed, and says currency, unit and scope outright where the file leaves them to its reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

LINE = "line"
"""Where a row stands in the file: its line in text, its place in the list in JSON."""

TERMS = (
    "provider",
    "sku",
    "accelerator",
    "accelerator_memory_gb",
    "form_factor",
    "accelerator_count",
    "region",
    "pricing_category",
    "commitment_payment",
    "tenancy",
    "operating_system",
    "price_scope",
    "host_included",
    "currency",
    "unit_as_published",
)
"""What makes two accelerator prices the same line at another time: everything but the price and its dates."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "accelerator_prices": (
        *TERMS,
        "accelerator_as_published",
        "price_as_published",
        "observed_on",
        "effective_from",
        "flags",
        "note",
    ),
    "token_prices": (
        "host",
        "model_as_published",
        "model_family",
        "is_alias",
        "condition",
        "input_usd_per_million_tokens",
        "cached_input_usd_per_million_tokens",
        "output_usd_per_million_tokens",
        "observed_on",
        "effective_from",
        "effective_to",
        "flags",
        "note",
    ),
    "exchange_rates": ("observed_on", "base_currency", "quote_currency", "rate"),
    "price_index": ("series_id", "observed_on", "index_value", "unit_as_published"),
    "electricity_prices": (
        "area",
        "area_kind",
        "period",
        "frequency",
        "price",
        "unit_as_published",
        "sector",
        "taxes",
    ),
}
"""Columns of each kind of feed, beside LINE; all are text, a value the file does not give is null.

`accelerator` is the file's own name of it, as data/reference/accelerator_map.csv lists names; where the file names the
machine alone, it is the machine's series (`EC2 p5`, `Azure ND H100 v5`), which has one accelerator.
`accelerator_memory_gb` and `form_factor` are given only where the file can be trusted with them. `price_scope` says
what `price_as_published` buys: for `instance` and `component` it is `accelerator_count` accelerators together, for all
others one. `pricing_category`, `commitment_payment`, `price_scope`, `host_included` and `flags` (joined by `;`) are
words of `contracts/vocabulary.py`; so is `unit_as_published`, unless the file has a unit that no reader knows.
"""


@dataclass(frozen=True)
class Feed:
    """One upstream that is read on a schedule: a record of `data/feeds.yaml`.

    Attributes:
        feed_id: names its folder below `data/snapshots/`.
        format: name of a module of this package.
        url: where it is fetched; `https`, or `http` on loopback. Of a file in the data folder, its path.
        every_hours: how long a good read lasts before the next is due.
        licence: on what ground it is read; nothing fetched is shipped.
        source_id: its document in `data/reference/sources.yaml`.
        is_enabled: whether schedules poll it.
        provider: seller of every row, where the file does not name one.
        currency: currency of every price, where the file does not name one (ISO 4217).
        version_url: a small text that changes when the file does and stands for `{version}` in `url`.
        path: of a file below the data folder, which is read there and not fetched.
        max_bytes: the most that is read of one answer, and of what it unpacks to.
        max_pages: the most pages that are followed.
    """

    feed_id: str
    format: str
    url: str
    every_hours: float
    licence: str
    source_id: str
    is_enabled: bool = False
    provider: str | None = None
    currency: str = "USD"
    version_url: str | None = None
    path: str | None = None
    max_bytes: int = 64 * 1024 * 1024
    max_pages: int = 100


@dataclass(frozen=True)
class Format:
    """How one kind of file is read.

    Attributes:
        name: as feeds name it.
        kind: key of COLUMNS: what its rows are.
        suffix: of the stored file, `.csv`, `.json`, `.zip`.
        read: bytes to rows (LINE as Int64, COLUMNS[kind] as text). Raises `UnreadableError` where the file as a whole
            is not what it should be: a column is missing, it is an error page, it is cut off.
        next_page: for paged answers, the address of the page after this one; None at the end. Raises
            `UnreadableError` where the page does not say.
        dates_its_rows: the file says of each row on which day it was seen. Being in the file on a later day makes such
            a price no newer; another price on its day, or none any more, takes it back.
    """

    name: str
    kind: str
    suffix: str
    read: Callable[[bytes, Feed], pl.DataFrame]
    next_page: Callable[[bytes], str | None] | None = None
    dates_its_rows: bool = False
