"""What costs are computed from, as one record: the frames a step reads, in the order it reads them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from pipelines.costing.constants import Constants
from pipelines.costing.price_bases.basis import Pricing
from pipelines.costing.runs import runs

SUMMED = ("primary", "context_only")
UNSUMMED = ("alternative", "restated_base", "hypothetical", "estimate")
"""Roles of phases (vocabulary.ROW_ROLE): those that are summed, and those that stand beside."""


@dataclass(frozen=True)
class Inputs:
    """What costs are computed from.

    Attributes:
        phases: core.training_phases.
        models: core.models.
        hardware: core.hardware.
        quotes: core.price_quotes.
        constants: core.method_constants.
        electricity: core.electricity_prices.
        as_of: day on which `rental_now` is priced.
    """

    phases: pl.DataFrame
    models: pl.DataFrame
    hardware: pl.DataFrame
    quotes: pl.DataFrame
    constants: pl.DataFrame
    electricity: pl.DataFrame
    as_of: date = field(kw_only=True)

    def of_roles(self, roles: Collection[str]) -> Inputs:
        """The same with the phases of these roles alone."""
        return replace(self, phases=self.phases.filter(pl.col("row_role").is_in(list(roles))))

    def pricing(self) -> Pricing:
        """What the phases are priced with.

        Raises:
            KeyError: a constant of the method is not in the data; the message names the file.
        """
        method, hardware = Constants(self.constants), self.hardware.lazy()
        costable = runs(self.phases.lazy(), self.models.lazy(), hardware, method, self.as_of).collect().lazy()
        return Pricing(costable, self.quotes.lazy(), hardware, method, self.as_of, self.electricity.lazy())
