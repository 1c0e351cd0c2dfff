"""Azure Retail Prices API, one page of JSON: whole virtual machines, by their meters.

Spot, low priority and Windows stand in names only. A reservation is the total of its term although its unit reads an
hour. What is billed is US dollars; other currencies are a guide. Only sizes of the N families have accelerators
(Microsoft's size names: family, cores, features, accelerator, version); how many, the file does not say.
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
NEXT = "NextPageLink"
ACCELERATED = re.compile(r"^Standard_N[CDGV]", re.IGNORECASE)
VERSION = re.compile(r"^v\d+$", re.IGNORECASE)
NEEDED = ("currencyCode", "retailPrice", "armRegionName", "armSkuName", "meterName", "skuName", "productName", "type")
YEARS = {"1 Year": "1y", "3 Years": "3y"}
OTHER_MACHINES = ("Windows", "Cloud Services", "CloudServices", "Low Priority", "Dedicated Host")
"""Words in names of what is no plain Linux machine of one's own."""
PAGE = Feed("", "", "", 0, "", "")
"""Limits under which the next page's address is looked up."""


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: consumption, spot, reservations and savings plans of accelerated machines."""
    items = _items(json_of(data, feed))
    return rows_of(KIND, (row for place, item in enumerate(items, start=1) for row in _rows(place, item, feed)))


def next_page(data: bytes) -> str | None:
    """The address after this page, None after the last.

    Raises:
        UnreadableError: the page does not say, or is no page.
    """
    page = mapping_of(json_of(data, PAGE), "the page")
    _items(page)
    if NEXT not in page:
        raise UnreadableError(f"the page has no {NEXT}: whether more follow is not known")
    address = page[NEXT]
    if address and not str(address).startswith(("https://", "http://")):
        raise UnreadableError(f"{NEXT} is no address: the format has changed")
    return str(address) if address else None


def _items(page: object) -> list[Mapping[str, Any]]:
    page = mapping_of(page, "the page")
    if "Items" not in page:
        raise UnreadableError(
            f"missing key 'Items': this is an error message, or another file ({str(dict(page))[:200]})"
        )
    return [mapping_of(item, f"item {place}") for place, item in enumerate(list_of(page["Items"], "Items"), start=1)]


def _rows(place: int, item: Mapping[str, Any], feed: Feed) -> Iterator[dict[str, str | int | None]]:
    missing = [key for key in NEEDED if key not in item]
    if missing:
        raise UnreadableError(f"item {place} has no {missing[0]!r}: the format has changed")
    names = " ".join(said(item[key]) or "" for key in ("meterName", "skuName", "productName"))
    sku = said(item["armSkuName"]) or ""
    is_other = any(word.lower() in names.lower() for word in OTHER_MACHINES)
    is_secondary = item.get("isPrimaryMeterRegion") is False
    if not ACCELERATED.match(sku) or is_other or is_secondary:
        return
    series, named = _machine(sku)
    currency = said(item["currencyCode"])
    flags = ["reference_currency"] if currency != "USD" else []
    row: dict[str, str | int | None] = {
        LINE: place,
        "provider": feed.provider or "Azure",
        "sku": sku,
        "accelerator": series,
        "accelerator_as_published": named,
        "region": said(item["armRegionName"]),
        "tenancy": "shared",
        "operating_system": "linux",
        "price_scope": "instance",
        "host_included": "yes",
        "currency": currency,
        "effective_from": _day(item.get("effectiveStartDate")),
    }
    yield from _priced(row, item, names, flags)


def _priced(
    row: dict[str, str | int | None], item: Mapping[str, Any], names: str, flags: list[str]
) -> Iterator[dict[str, str | int | None]]:
    """The row at each price the item holds."""
    price, unit = said(item["retailPrice"]), _unit(item.get("unitOfMeasure"))
    if item["type"] == "Reservation":
        years = YEARS.get(said(item.get("reservationTerm")) or "")
        if years:
            flags = [*flags, "total_of_term"]
            terms = {"pricing_category": f"reserved_{years}", "unit_as_published": "term", "price_as_published": price}
            yield {**row, **terms, "flags": _joined(flags)}
    elif item["type"] == "Consumption":
        category = "spot" if re.search(r"\bspot\b", names, re.IGNORECASE) else "on_demand"
        terms = {"pricing_category": category, "unit_as_published": unit, "price_as_published": price}
        yield {**row, **terms, "flags": _joined(flags)}
        for offered in list_of(item.get("savingsPlan") or [], "the savings plans of an item"):
            plan = mapping_of(offered, "a savings plan")
            years = YEARS.get(said(plan.get("term")) or "")
            if years:
                price = said(plan.get("retailPrice"))
                terms = {"pricing_category": f"committed_{years}", "unit_as_published": unit}
                yield {**row, **terms, "price_as_published": price, "flags": _joined(flags)}


def _machine(sku: str) -> tuple[str, str | None]:
    """The series a size belongs to, and the accelerator its name prints.

    `Standard_ND96isr_H100_v5` is of series ND H100 v5 and names H100; `Standard_ND96asr_v4` is of ND v4 and names none.
    The series decides: the H100 of NC is another card than that of ND.
    """
    family, *rest = sku.removeprefix("Standard_").split("_")
    letters = re.match(r"[A-Za-z]+", family)
    named = " ".join(part for part in rest if not VERSION.match(part))
    return " ".join(["Azure", letters[0] if letters else family, *rest]), named or None


def _unit(printed: object) -> str | None:
    return "hour" if printed == "1 Hour" else said(printed)


def _day(printed: object) -> str | None:
    text = said(printed)
    return text[:10] if text and re.match(r"\d{4}-\d{2}-\d{2}T", text) else text


def _joined(flags: list[str]) -> str | None:
    return ";".join(flags) or None


FORMAT = Format("azure_retail", KIND, ".json", read, next_page)
