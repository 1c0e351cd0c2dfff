"""The unit a column's name promises."""

from __future__ import annotations

UNIT_SUFFIXES = {
    "_usd_per_gpu_hour": "USD per GPU-hour",
    "_usd_per_gpu": "USD per GPU",
    "_usd_per_trillion_tokens": "USD per trillion tokens",
    "_usd_per_million_tokens": "USD per million tokens",
    "_usd_per_kwh": "USD per kWh",
    "_g_per_kwh": "gCO2e per kWh",
    "_in_currency": "currency as printed",
    "_usd": "USD",
    "_flop_per_s": "FLOP/s",
    "_flop": "FLOP",
    "_gpu_hours": "GPU-hour",
    "_hours": "hour",
    "_months": "month",
    "_kwh": "kWh",
    "_tco2e": "tCO2e",
    "_liters": "liter",
    "_gib": "GiB",
    "_gb": "GB",
    "_w": "W",
    "_ratio": "ratio",
    "_share": "ratio",
    "_count": "count",
    "_on": "date",
    "_at": "UTC time",
    "_id": "id",
}
"""Suffix of a column name to the unit it promises; longest match wins."""

SELF_EVIDENT_UNITS = ("id", "date", "UTC time", "count", "text")
"""Units that a description need not repeat."""

UNIT_NAMES = {
    "gpu_hours": "GPU-hour",
    "gpu_hours_low": "GPU-hour",
    "gpu_hours_high": "GPU-hour",
    "gpu_count": "GPU",
    "tokens_low": "token",
    "tokens_high": "token",
    "tokens_per_gpu_hour": "token per GPU-hour",
    "total_params": "parameter",
    "active_params": "parameter",
}
"""Names that are their own unit."""


def unit_of(column: str) -> str | None:
    """The unit a column's name promises, or None where the name promises none.

    >>> unit_of("cost_mid_usd")
    'USD'
    >>> unit_of("unit_price_usd_per_gpu_hour")
    'USD per GPU-hour'
    """
    if column in UNIT_NAMES:
        return UNIT_NAMES[column]
    for suffix in sorted(UNIT_SUFFIXES, key=len, reverse=True):
        if column.endswith(suffix):
            return UNIT_SUFFIXES[suffix]
    return None
