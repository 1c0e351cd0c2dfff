"""Tiny ledgers: valid core and staging rows from a few keyword arguments, and the costs they lead to.

Belongs here: rows that keep their contracts (`TinyLedger.checked` says so), and the order in which costing is called.
Does not belong here: what a test expects.

Unless a test says otherwise a run started on `STARTED`, on hardware `chip`, and asks for `STARTED`'s prices: no
assumption is made and no flag is raised that the test did not ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from pipelines.contracts import core, inputs
from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import Contract, table_of
from pipelines.contracts.validation import require
from pipelines.costing import ledger
from pipelines.costing.evidence import Recomputable

Row = dict[str, Any]
Number = int | float | str | Decimal

PRICED_ON = date(2024, 12, 1)
STARTED = date(2025, 1, 1)
RELEASED = date(2025, 5, 30)
AS_OF = date(2025, 5, 30)

METHOD = {
    "start_delay_days": 60,
    "usual_run_hours": 793.5,
    "usual_utilization_ratio": 0.375,
    "usual_utilization_low_ratio": 0.10,
    "usual_utilization_high_ratio": 0.65,
    "plausible_utilization_low_ratio": 0.05,
    "plausible_utilization_high_ratio": 0.75,
    "flop_per_parameter_and_token": 6,
    "fresh_quote_days": 180,
    "stale_price_days": 365,
    "thin_price_providers": 3,
    "price_width_low_ratio": 0.5,
    "price_width_high_ratio": 2,
    "start_width_days": 120,
    "run_hours_width_low_ratio": 0.5,
    "run_hours_width_high_ratio": 2,
    "panel_days": 365,
    "panel_least_share_ratio": 0.5,
    "longest_run_hours": 50_000,
    "hours_conflict_ratio": 2,
    "price_performance_trend_per_year": 0.14,
    "server_overhead_ratio": 1.64,
    "interconnect_share_ratio": 0.19,
    "node_power_ratio": 1.8,
    "average_load_ratio": 0.75,
    "pue_ratio": 1.25,
    "electricity_price_width_low_ratio": 0.6,
    "electricity_price_width_high_ratio": 1.7,
    "energy_share_ratio": 0.065,
}
"""Constants of METHODS 1.1, 2 and 4, written down again: a test must not take them from what it tests."""

ENDS = {
    "price_performance_trend_per_year": (0.10, 0.18),
    "server_overhead_ratio": (1.3, 2.1),
    "interconnect_share_ratio": (0.0654, 0.2424),
    "node_power_ratio": (1.25, 2.4),
    "average_load_ratio": (0.56, 1),
    "pue_ratio": (1.12, 1.40),
    "energy_share_ratio": (0.025, 0.33),
}
"""Their 5% and 95% points, where they have any."""

PLACE = {"file": "test.yaml", "line": 1}
SOURCED = {**PLACE, "source_id": "report", "confidence": "verified"}


def frame(contract: type[Contract], rows: Iterable[Row]) -> pl.DataFrame:
    """Rows as a frame of a contract; what a row leaves out is absent, what the contract lacks is an error."""
    declared = table_of(contract)
    written = list(rows)
    unknown = {name for row in written for name in row} - declared.dtypes.keys()
    if unknown:
        raise KeyError(f"{declared.name} has no column {sorted(unknown)}")
    complete = [{name: row.get(name) for name in declared.dtypes} for row in written]
    return pl.DataFrame(complete, schema=declared.dtypes)


def exact(value: Number | None) -> Decimal | None:
    """A number as it is written: 65.6 is 65.6."""
    return None if value is None else Decimal(str(value))


def model(model_id: str = "model", **given: Any) -> Row:
    """A row of core.models."""
    return {
        **PLACE,
        "model_id": model_id,
        "name": model_id,
        "developer": "Lab",
        "country": "US",
        "released_on": RELEASED,
        "architecture": "dense",
        "domain": "language",
        "openness": "open_weights",
        "source_id": "report",
        "covers_models": [],
        **given,
    }


def phase(
    model_id: str = "model",
    hours: Number | None = None,
    *,
    low: Number | None = None,
    high: Number | None = None,
    stated_price: Number | None = None,
    **given: Any,
) -> Row:
    """A row of staging.disclosures__training_phases; its id is the model's and the phase's unless given."""
    stage = given.get("phase", "pretraining")
    return {
        **SOURCED,
        "phase_id": f"{model_id}__{stage}",
        "model_id": model_id,
        "phase": stage,
        "row_role": "primary",
        "hardware_id": "chip",
        "gpu_hours": exact(hours),
        "gpu_hours_low": exact(low),
        "gpu_hours_high": exact(high),
        "disclosed_as": "gpu_hours",
        "stated_price_usd_per_gpu_hour": exact(stated_price),
        "started_on": STARTED,
        **given,
    }


def edge(child: str, parent: str, counts_in: str = "cumulative", relation: str = "weights") -> Row:
    """A row of core.model_lineage."""
    return {
        **PLACE,
        "child_model_id": child,
        "parent_model_id": parent,
        "relation": relation,
        "counts_in": counts_in,
        "source_id": "report",
    }


def chip(hardware_id: str = "chip", **given: Any) -> Row:
    """A row of core.hardware, with a 16-bit peak of 1e15 FLOP/s."""
    return {
        **SOURCED,
        "hardware_id": hardware_id,
        "name": hardware_id,
        "vendor": "Vendor",
        "peak_bf16_flop_per_s": 1e15,
        **given,
    }


def rental(
    price: Number,
    observed_on: date | None = PRICED_ON,
    *,
    provider: str = "Cloud",
    hardware_id: str | None = "chip",
    **given: Any,
) -> Row:
    """A row of core.price_quotes for an hour; its id says who, what, when and how much."""
    return {
        **SOURCED,
        "quote_id": f"{provider}/{hardware_id}/{observed_on}/{price}",
        "series_id": f"{provider}/{hardware_id}",
        "provider": provider,
        "provider_as_published": provider,
        "accelerator": hardware_id,
        "hardware_id": hardware_id,
        "pricing_category": "on_demand",
        "price_as_published": str(price),
        "currency": "USD",
        "unit_as_published": "hour",
        "price_scope": "accelerator",
        "list_unit_price_usd_per_gpu_hour": exact(price),
        "observed_on": observed_on,
        "flags": [],
        "is_usable": True,
        "has_been_usable": given.get("is_usable", True),
        **given,
    }


def market(price: Number, observed_on: date = PRICED_ON, *, hardware_id: str = "chip") -> list[Row]:
    """Three providers that agree on a price: nothing thin, nothing spread."""
    return [rental(price, observed_on, provider=name, hardware_id=hardware_id) for name in ("Ada", "Bell", "Curie")]


def offer(price: Number, observed_on: date = PRICED_ON, *, hardware_id: str = "chip", **given: Any) -> Row:
    """A row of core.price_quotes for one accelerator bought with its share of the server."""
    return {
        **rental(price, observed_on, provider="Shop", hardware_id=hardware_id),
        "price_scope": "share_of_server",
        "pricing_category": "purchase",
        "unit_as_published": "accelerator",
        "list_unit_price_usd_per_gpu_hour": None,
        "list_unit_price_usd_per_gpu": exact(price),
        **given,
    }


def electricity(price: float = 0.08, ended_on: date = date(2024, 6, 30), *countries: str, **given: Any) -> Row:
    """A row of core.electricity_prices in dollars; for every country unless some are named."""
    return {
        **SOURCED,
        "observation_id": f"{'-'.join(countries)}/{ended_on}/{price}",
        "area": "area",
        "area_kind": "country",
        "period": f"{ended_on:%Y-%m}",
        "frequency": "monthly",
        "price": price,
        "unit_as_published": "USD per kWh",
        "sector": "industrial",
        "period_ended_on": ended_on,
        "price_usd_per_kwh": price,
        "usd_per_unit": 1.0,
        "countries": list(countries or ("*",)),
        **given,
    }


def set_aside(table_name: str, model_id: str | None = "model", **given: Any) -> Row:
    """A row of quality.rejected_rows."""
    return {
        "table_name": table_name,
        "model_id": model_id,
        "check_name": "type",
        "reason": "not a number: write one",
        "is_set_aside": True,
        **given,
    }


def constants(**changed: float) -> pl.DataFrame:
    """core.method_constants of the ledger's method."""
    return frame(
        core.MethodConstants,
        (
            {
                **SOURCED,
                "method_id": "ledger",
                "method_version": "1",
                "constant_id": name,
                "value": value,
                "value_low": ENDS.get(name, (None, None))[0],
                "value_high": ENDS.get(name, (None, None))[1],
                "unit": "number",
                "applies_to": [],
            }
            for name, value in {**METHOD, **changed}.items()
        ),
    )


@dataclass(frozen=True, repr=False)
class TinyLedger:
    """Rows that people write, and the tables costed from them.

    A model that a phase or a child names need not be written out unless something about it matters.
    """

    phases: Sequence[Row] = ()
    edges: Sequence[Row] = ()
    quotes: Sequence[Row] = ()
    hardware: Sequence[Row] = (chip(),)
    models: Sequence[Row] = ()
    rejected: Sequence[Row] = ()
    electricity: Sequence[Row] = ()
    as_of: date = AS_OF
    method: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What a failing test prints: what each row says, without what every row says."""
        told = {
            name: [{key: value for key, value in row.items() if value and key not in SOURCED} for row in rows]
            for name, rows in (("phases", self.phases), ("edges", self.edges), ("models", self.models))
        }
        return f"TinyLedger({told}, {len(self.quotes)} quotes)"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The protocol by which Hypothesis prints a failing example."""
        printer.text(repr(self))

    @cached_property
    def core_models(self) -> pl.DataFrame:
        """The models written out, and those that phases and children name."""
        written = {row["model_id"] for row in self.models}
        named = {row["model_id"] for row in self.phases} | {row["child_model_id"] for row in self.edges}
        return frame(core.Models, [*self.models, *(model(name) for name in sorted(named - written))])

    @cached_property
    def core_hardware(self) -> pl.DataFrame:
        """The accelerators."""
        return frame(core.Hardware, self.hardware)

    @cached_property
    def core_lineage(self) -> pl.DataFrame:
        """The edges."""
        return frame(core.ModelLineage, self.edges)

    @cached_property
    def core_quotes(self) -> pl.DataFrame:
        """The quotes."""
        return frame(core.PriceQuotes, self.quotes)

    @cached_property
    def core_electricity(self) -> pl.DataFrame:
        """The electricity prices."""
        return frame(core.ElectricityPrices, self.electricity)

    @cached_property
    def core_constants(self) -> pl.DataFrame:
        """The constants of the method, those that `method` names changed."""
        return constants(**self.method)

    @cached_property
    def rejected_rows(self) -> pl.DataFrame:
        """What was set aside on the way."""
        return frame(RejectedRows, self.rejected)

    @cached_property
    def core_phases(self) -> pl.DataFrame:
        """The phases with the utilisation they imply."""
        staged = frame(inputs.StagedTrainingPhases, self.phases)
        return ledger.checked_phases(staged, self.core_models, self.core_hardware, self.core_constants)

    @cached_property
    def scope_members(self) -> pl.DataFrame:
        """Which model counts in which scope."""
        return ledger.scope_members(self.core_models, self.core_lineage)

    @cached_property
    def phase_costs(self) -> pl.DataFrame:
        """Costs of the phases that are summed."""
        return ledger.phase_costs(*self._priced_with, as_of=self.as_of)

    @cached_property
    def unsummed_phase_costs(self) -> pl.DataFrame:
        """Costs of the phases that are shown and never summed."""
        return ledger.unsummed_phase_costs(*self._priced_with, as_of=self.as_of)

    @cached_property
    def model_costs(self) -> pl.DataFrame:
        """Costs of every model, scope and basis."""
        return ledger.model_costs(*self._summed_from)

    @property
    def _summed_from(self) -> tuple[pl.DataFrame, ...]:
        return (
            self.scope_members,
            self.phase_costs,
            self.core_phases,
            self.core_models,
            self.core_lineage,
            self.rejected_rows,
        )

    def in_part(self, code: str = "") -> dict[type[Contract], Recomputable]:
        """The tables of costs as a build computes them: row by row, with what each row depends on."""
        return {
            core.PhaseCosts: ledger.changed_phase_costs(*self._priced_with, as_of=self.as_of, code=code),
            core.UnsummedPhaseCosts: ledger.changed_unsummed_phase_costs(
                *self._priced_with, as_of=self.as_of, code=code
            ),
            core.ModelCosts: ledger.changed_model_costs(*self._summed_from, code=code),
        }

    def in_full(self) -> dict[type[Contract], pl.DataFrame]:
        """The tables of costs, computed as a whole."""
        return {
            core.PhaseCosts: self.phase_costs,
            core.UnsummedPhaseCosts: self.unsummed_phase_costs,
            core.ModelCosts: self.model_costs,
        }

    @property
    def _priced_with(self) -> tuple[pl.DataFrame, ...]:
        return (
            self.core_phases,
            self.core_models,
            self.core_hardware,
            self.core_quotes,
            self.core_constants,
            self.core_electricity,
        )

    def checked(self) -> TinyLedger:
        """Itself, when every table that goes in and comes out keeps its contract."""
        for contract, table in (
            (core.Models, self.core_models),
            (core.Hardware, self.core_hardware),
            (core.ModelLineage, self.core_lineage),
            (core.PriceQuotes, self.core_quotes),
            (core.ElectricityPrices, self.core_electricity),
            (core.MethodConstants, self.core_constants),
            (RejectedRows, self.rejected_rows),
            (core.TrainingPhases, self.core_phases),
            (core.ScopeMembers, self.scope_members),
            (core.PhaseCosts, self.phase_costs),
            (core.UnsummedPhaseCosts, self.unsummed_phase_costs),
            (core.ModelCosts, self.model_costs),
        ):
            require(table_of(contract), table)
        return self

    def cost(self, model_id: str = "model", scope: str = "own", price_basis: str = "rental") -> Row:
        """The row of core.model_costs with this key."""
        return row_of(self.model_costs, model_id=model_id, scope=scope, price_basis=price_basis)

    def phase_cost(self, phase_id: str = "model__pretraining", price_basis: str = "rental") -> Row:
        """The row of core.phase_costs with this key."""
        return row_of(self.phase_costs, phase_id=phase_id, price_basis=price_basis)


def row_of(table: pl.DataFrame, **key: str) -> Row:
    """The one row of a table with this key; none or several are an error."""
    return table.row(
        by_predicate=pl.all_horizontal(*(pl.col(name) == value for name, value in key.items())), named=True
    )


def published_rental(price: Number, *, provider: str = "Cloud", **given: Any) -> Row:
    """A row of staging.prices__rental_quotes."""
    return {
        **SOURCED,
        "quote_id": f"rp-{provider}-{price}",
        "accelerator": "H100",
        "accelerator_memory_gb": "80",
        "form_factor": "SXM5",
        "price_scope": "instance",
        "currency": "USD",
        "observed_on": PRICED_ON,
        "is_usable": True,
        "flags": [],
        "provider": provider,
        "provider_type": "neocloud",
        "pricing_category": "on_demand",
        "price_as_published": str(price),
        "unit_as_published": "hour",
        "list_unit_price_usd_per_gpu_hour": exact(price),
        **given,
    }


def published_offer(price: Number, **given: Any) -> Row:
    """A row of staging.prices__purchase_quotes."""
    return {
        **SOURCED,
        "quote_id": f"pp-{price}",
        "accelerator": "H100",
        "accelerator_memory_gb": "80",
        "form_factor": "SXM5",
        "price_scope": "single_card_or_unstated",
        "currency": "USD",
        "observed_on": PRICED_ON,
        "is_usable": True,
        "is_estimate": False,
        "flags": [],
        "list_unit_price_usd_per_gpu": exact(price),
        **given,
    }


def label(
    hardware_id: str | None, accelerator: str = "H100", memory: str | None = "80", form_factor: str | None = "SXM5"
) -> Row:
    """A row of staging.reference__accelerator_map."""
    return {
        **PLACE,
        "accelerator": accelerator,
        "accelerator_memory_gb": memory,
        "form_factor": form_factor,
        "hardware_id": hardware_id,
    }


def spelling(as_published: str, provider: str) -> Row:
    """A row of staging.reference__provider_map."""
    return {**PLACE, "provider_as_published": as_published, "provider": provider}
