"""The numbers of a method, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

DEFAULT_METHOD = "ledger"


class Constants(Mapping[str, float]):
    """Constants of one method by name; a missing one names the file to mend."""

    def __init__(self, frame: pl.DataFrame, method_id: str = DEFAULT_METHOD) -> None:
        """Take the constants of `method_id` from core.method_constants."""
        rows = frame.filter(pl.col("method_id") == method_id)
        self._values: dict[str, float] = dict(zip(rows["constant_id"], rows["value"], strict=True))
        self._method_id = method_id

    def __getitem__(self, name: str) -> float:
        """The value of a constant.

        Raises:
            KeyError: the method has no such constant.
        """
        if name not in self._values:
            raise KeyError(
                f"data/reference/methods.yaml: method '{self._method_id}' has no constant '{name}': restore it"
            )
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Names of the constants."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)
