"""instances.vantage.sh (ec2instances.info), JSON of all EC2 machines: text prices per hour for the whole machine.

Only Linux is read. Reservations are printed as what an hour comes to, whatever is paid at the start; convertible ones
are left out. `N/A` is no offer. `GPU` is 0 for machines that have some, so the family counts as well. The file of
China is in yuan and does not say so: the feed's `currency` must. The accelerator's model is not always named, nor its
memory; the machine's family (`EC2 p5`) stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import json_of, list_of, mapping_of, rows_of, said
from pipelines.sources.text import UnreadableError

KIND = "accelerator_prices"
ACCELERATED = re.compile(r"gpu|accelerated|machine learning", re.IGNORECASE)
TERM = re.compile(r"^yrTerm([13])(Standard|Savings)\.(noUpfront|partialUpfront|allUpfront)$")
CATEGORY = {"Standard": "reserved", "Savings": "committed"}
NO_OFFER = "N/A"


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: on demand, spot, reservations and savings plans by region."""
    machines = list_of(json_of(data, feed), "the file")
    return rows_of(KIND, (row for place, item in enumerate(machines, 1) for row in _rows(place, item, feed)))


def _rows(place: int, item: object, feed: Feed) -> Iterator[dict[str, str | int | None]]:
    machine = mapping_of(item, f"machine {place}")
    missing = [key for key in ("instance_type", "GPU", "pricing") if key not in machine]
    if missing:
        raise UnreadableError(f"machine {place} has no {missing[0]!r}: the format has changed")
    count = said(machine["GPU"])
    has_count = bool(count and re.search("[1-9]", count))
    if not has_count and not ACCELERATED.search(said(machine.get("family")) or ""):
        return
    sku = said(machine["instance_type"]) or ""
    for region, systems in mapping_of(machine["pricing"], f"the pricing of machine {place}").items():
        linux = mapping_of(systems, f"the pricing of machine {place} in {region}").get("linux")
        for category, payment, price in _prices(linux):
            yield {
                LINE: place,
                "provider": feed.provider or "AWS",
                "sku": sku,
                "accelerator": f"EC2 {sku.split('.', maxsplit=1)[0]}",
                "accelerator_as_published": said(machine.get("GPU_model")),
                "accelerator_count": count if has_count else None,
                "region": region,
                "pricing_category": category,
                "commitment_payment": payment,
                "tenancy": "shared",
                "operating_system": "linux",
                "price_scope": "instance",
                "host_included": "yes",
                "currency": feed.currency,
                "unit_as_published": "hour",
                "price_as_published": price,
                "flags": None if has_count else "accelerator_count_not_stated",
            }


def _prices(linux: object) -> Iterator[tuple[str, str | None, str]]:
    """Category, payment and price of every offer."""
    if linux is None:
        return
    offers: Mapping[str, Any] = mapping_of(linux, "the pricing of a system")
    for key, category in (("ondemand", "on_demand"), ("spot_avg", "spot")):
        price = said(offers.get(key))
        if price is not None and price != NO_OFFER:
            yield category, None, price
    for key, value in mapping_of(offers.get("reserved") or {}, "the reservations of a system").items():
        term, price = TERM.match(key), said(value)
        if term and price is not None and price != NO_OFFER:
            yield f"{CATEGORY[term[2]]}_{term[1]}y", term[3], price


FORMAT = Format("vantage_instances", KIND, ".json", read)
