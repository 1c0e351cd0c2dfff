"""The numbers of a method, as data: one value, its ends where it has any, and values of its own for some ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipelines.costing.intervals import Range

DEFAULT_METHOD = "ledger"


COSTING = (
    "average_load_ratio",
    "electricity_price_width_high_ratio",
    "electricity_price_width_low_ratio",
    "energy_share_ratio",
    "fresh_quote_days",
    "interconnect_share_ratio",
    "longest_run_hours",
    "node_power_ratio",
    "panel_days",
    "panel_least_share_ratio",
    "price_performance_trend_per_year",
    "price_width_high_ratio",
    "price_width_low_ratio",
    "pue_ratio",
    "run_hours_width_high_ratio",
    "run_hours_width_low_ratio",
    "server_overhead_ratio",
    "stale_price_days",
    "start_delay_days",
    "start_width_days",
    "thin_price_providers",
    "usual_run_hours",
    "usual_utilization_high_ratio",
    "usual_utilization_low_ratio",
    "usual_utilization_ratio",
)
"""Constants that the costs of phases look up: a method that lacks one of them cannot cost a scenario."""


class Constants(Mapping[str, float]):
    """Constants of one method by name; a missing one names the file to mend."""

    def __init__(self, frame: pl.DataFrame, method_id: str = DEFAULT_METHOD) -> None:
        """Take the constants of `method_id` from core.method_constants."""
        rows = frame.filter(pl.col("method_id") == method_id)
        self._values: dict[str, float] = dict(zip(rows["constant_id"], rows["value"], strict=True))
        ends = zip(*(rows[name] for name in ("constant_id", "value", "value_low", "value_high")), strict=True)
        self._ends = {name: _filled(value, low, high) for name, value, low, high in ends}
        self._applies_to: dict[str, list[str]] = dict(zip(rows["constant_id"], rows["applies_to"], strict=True))
        self._method_id = method_id

    def __getitem__(self, name: str) -> float:
        """The value of a constant.

        Raises:
            KeyError: the method has no such constant.
        """
        if name not in self._values:
            raise self._unknown(name)
        return self._values[name]

    def _unknown(self, name: str) -> KeyError:
        return KeyError(
            f"data/reference/methods.yaml: method '{self._method_id}' has no constant '{name}' that can be used: "
            "restore it, or mend it where it was set aside (`costledger check`)"
        )

    def range(self, name: str, key: pl.Expr | None = None) -> Range:
        """A constant with its ends; a constant without ends is its own.

        Args:
            name: of the constant.
            key: hardware_id, developer or the like; where it is among the ids that a constant `name_...` applies to,
                that one's value is taken.

        Raises:
            KeyError: the method has no such constant.
        """
        if name not in self._ends:
            raise self._unknown(name)
        ends = [pl.lit(end) for end in self._ends[name]]
        if key is None:
            return Range(*ends)
        for constant_id, ids in self._applies_to.items():
            if constant_id.startswith(f"{name}_") and len(ids):
                own = key.is_in(list(ids))
                known = zip(self._ends[constant_id], ends, strict=True)
                ends = [pl.when(own).then(value).otherwise(end) for value, end in known]
        return Range(*ends)

    def __iter__(self) -> Iterator[str]:
        """Names of the constants."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)


def _filled(value: float, low: float | None, high: float | None) -> tuple[float, float, float]:
    """Middle, low and high of a constant; without ends it is its own."""
    return value, value if low is None else low, value if high is None else high
