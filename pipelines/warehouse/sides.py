"""What stands beside a cost on a model's page: its parts, its electricity, the same in dollars of another year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Part:
    """One row of marts.cost_makeup."""

    scope: str
    price_basis: str
    component: str
    is_in_cost: bool
    cost_low_usd: float | None
    cost_mid_usd: float
    cost_high_usd: float | None
    component_share: float


@dataclass(frozen=True)
class PhasePart:
    """One row of core.cost_components that is in the cost, with the electricity price behind it where it has one.

    Attributes:
        price: of the electricity, as it was printed.
        source_title: title of the document it was printed in.
        locator: where in it.
        url: address of the page.
    """

    phase_id: str
    component: str
    cost_low_usd: float | None
    cost_mid_usd: Decimal
    cost_high_usd: float | None
    price: float | None
    unit_as_published: str | None
    area: str | None
    period: str | None
    source_title: str | None
    locator: str | None
    url: str | None


@dataclass(frozen=True)
class Sensitivity:
    """One row of marts.price_sensitivity of a cost that has an interval.

    Attributes:
        input_name: name of the accelerator, or model and stage of the phase, that input_id is the id of.
    """

    scope: str
    price_basis: str
    input: str
    input_id: str
    input_name: str
    input_rank: int
    variance_share: float
    cost_at_low_usd: float
    cost_at_high_usd: float
    cost_if_quarter_less_usd: float | None
    cost_if_quarter_more_usd: float | None


@dataclass(frozen=True)
class Cluster:
    """One row of core.cluster_costs that has a figure."""

    scope: str
    cluster_low_usd: float | None
    cluster_mid_usd: float
    cluster_high_usd: float | None
    is_lower_bound: bool


@dataclass(frozen=True)
class Electricity:
    """One row of marts.energy_by_model."""

    scope: str
    energy_low_kwh: float | None
    energy_kwh: float | None
    energy_high_kwh: float | None
    emissions_low_tco2e: float | None
    emissions_tco2e: float | None
    emissions_high_tco2e: float | None
    disclosed_energy_kwh: float | None
    disclosed_location_tco2e: float | None
    disclosed_market_tco2e: float | None
    disclosed_water_liters: float | None
    worked_out_to_disclosed_ratio: float | None
    is_lower_bound: bool
    phases_without_energy: list[str]
    phases_without_statement: list[str]
    flags: list[str]


@dataclass(frozen=True)
class Deflator:
    """One row of core.deflators."""

    series_id: str
    month_on: date
    to_year: int
    deflator_ratio: float
    index_month_on: date
    year_month_count: int
    vintage_on: date
    source_id: str


@dataclass(frozen=True)
class Deflated:
    """A cost in dollars of another year.

    Attributes:
        cost_usd: the middle in dollars of the day; of a floor the floor.
        cost_in_year_usd: the same in dollars of the year.
        deflator: what it was multiplied by, and why.
    """

    scope: str
    price_basis: str
    is_lower_bound: bool
    cost_usd: float
    cost_in_year_usd: float
    deflator: Deflator
