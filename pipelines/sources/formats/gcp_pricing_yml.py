"""Cyclenerd's `pricing.yml` for Google Cloud: US dollars for the whole machine with its accelerators, by region.

Months are of 730 hours. `month` and `month_spot` repeat the hours and are left out; `month_1y` and `month_3y` are
commitments. The accelerator is a key named after it, its value their number. A machine whose price lacks its
accelerators (2024-08-17) looks like any other here; its level gives it away at the gates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import rows_of, text_of
from pipelines.sources.text import Node, TextFile, UnreadableError, read_yaml

KIND = "accelerator_prices"
PRICES = {
    "hour": ("on_demand", "hour"),
    "hour_spot": ("spot", "hour"),
    "month_1y": ("committed_1y", "month"),
    "month_3y": ("committed_3y", "month"),
}
NOT_ACCELERATORS = frozenset({"cost", "cpu", "ram", "local-ssd", "bandwidth", "network", "family", "series", "type"})


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: every price of every accelerated machine."""
    root = read_yaml(TextFile("", text_of(data, feed), ""))
    machines = _key(_key(root, "compute"), "instance").mapping()
    return rows_of(KIND, (row for name, machine in machines.items() for row in _rows(name, machine, feed)))


def _key(node: Node, name: str) -> Node:
    if not isinstance(node.value, dict) or name not in node.value:
        raise UnreadableError(f"missing key {name!r}: the format has changed, or this is another file", node.line)
    return node.value[name]


def _rows(name: str, machine: Node, feed: Feed) -> Iterator[dict[str, str | int | None]]:
    for accelerator, count in _accelerators(machine).items():
        for region, prices in _key(machine, "cost").mapping().items():
            if "hour" not in prices.mapping():
                raise UnreadableError(f"missing key 'hour' of {name} in {region}: the format has changed", prices.line)
            for key, (category, unit) in PRICES.items():
                price = prices.mapping().get(key)
                if price is not None:
                    yield {
                        LINE: price.line,
                        "provider": feed.provider or "Google Cloud",
                        "sku": name,
                        "accelerator": accelerator,
                        "accelerator_as_published": accelerator,
                        "accelerator_count": count,
                        "region": region,
                        "pricing_category": category,
                        "operating_system": "linux",
                        "price_scope": "instance",
                        "host_included": "yes",
                        "currency": feed.currency,
                        "unit_as_published": unit,
                        "price_as_published": price.text(),
                    }


def _accelerators(machine: Node) -> Mapping[str, str | None]:
    """Keys of a machine that name a chip: those that are none of its other parts."""
    return {
        key: node.text()
        for key, node in machine.mapping().items()
        if key not in NOT_ACCELERATORS and isinstance(node.value, str) and node.value.isdigit() and node.value != "0"
    }


FORMAT = Format("gcp_pricing_yml", KIND, ".yml", read)
