"""What the published ledger answers with: plain records, named like the columns they come from.

With `--json` the command prints these records as they are: their fields are its documented keys. A field that is not
described here is the column of the same name (DICTIONARY.md says its meaning and unit). An unknown is None, with the
reason beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.warehouse.sides import Cluster, Deflated, Electricity, Part, PhasePart, Sensitivity


@dataclass(frozen=True)
class Release:
    """One row of history.releases."""

    release_id: str
    published_at: datetime
    as_of_on: date
    input_fingerprint: str
    code_fingerprint: str
    method_version: str | None
    model_count: int
    priced_model_count: int
    rejected_row_count: int


@dataclass(frozen=True)
class Rejection:
    """One row of quality.rejected_rows: a value that failed a contract."""

    table_name: str
    file: str | None
    line: int | None
    record_id: str | None
    model_id: str | None
    column_name: str | None
    value: str | None
    check_name: str
    reason: str
    is_set_aside: bool


@dataclass(frozen=True)
class Check:
    """One row of quality.check_results."""

    check_name: str
    table_name: str
    severity: str
    has_passed: bool
    failing_count: int
    description: str
    first_failing_row: str | None


@dataclass(frozen=True)
class Model:
    """One row of core.models, with the title and address of its source."""

    model_id: str
    name: str
    developer: str
    country: str
    released_on: date
    total_params: int | None
    active_params: int | None
    architecture: str
    domain: str
    openness: str
    covers_models: list[str]
    source_id: str
    source_title: str | None
    source_url: str | None


@dataclass(frozen=True)
class Cost:
    """One row of core.model_costs.

    Attributes:
        model_name: name of the model.
        undisclosed_names: names of undisclosed_ancestors, in the same order.
        phases_in_words: phases_without_quantity as model and stage, in the same order.
    """

    model_id: str
    model_name: str
    scope: str
    price_basis: str
    gpu_hours: Decimal | None
    gpu_hours_low: Decimal | None
    gpu_hours_high: Decimal | None
    unpriced_gpu_hours: Decimal | None
    phase_count: int
    cost_low_usd: float | None
    cost_mid_usd: Decimal | None
    cost_high_usd: float | None
    cost_missing_reason: str | None
    is_lower_bound: bool
    undisclosed_ancestors: list[str]
    undisclosed_names: list[str]
    phases_without_quantity: list[str]
    phases_in_words: list[str]
    flags: list[str]


@dataclass(frozen=True)
class Printed:
    """One row of core.disclosed_quantities: a number, and the place it was printed.

    Attributes:
        locator: page, table or section; the phase's own, else the source's.
        source_title: title of the document.
        url: address of the document.
    """

    phase_id: str
    quantity: str
    value: float | None
    value_low: float | None
    value_high: float | None
    derivation: str | None
    confidence: str
    source_id: str
    source_title: str | None
    locator: str | None
    url: str | None


@dataclass(frozen=True)
class PhaseCost:
    """One row of core.phase_costs or core.unsummed_phase_costs, with the quote or statement behind its price.

    Attributes:
        price_source_title: title of the document the price stands in.
        price_locator: where in it.
        price_url: address of the page.
    """

    phase_id: str
    price_basis: str
    cost_low_usd: float | None
    cost_mid_usd: Decimal | None
    cost_high_usd: float | None
    cost_missing_reason: str | None
    flags: list[str]
    unit_price_usd_per_gpu_hour: Decimal | None
    unit_price_usd_per_gpu: Decimal | None
    price_observed_on: date | None
    price_quote_count: int | None
    quote_id: str | None
    provider: str | None
    sku: str | None
    region: str | None
    quoted_hardware_id: str | None
    pricing_category: str | None
    price_as_published: str | None
    currency: str | None
    unit_as_published: str | None
    price_source_id: str | None
    price_source_title: str | None
    price_locator: str | None
    price_url: str | None


@dataclass(frozen=True)
class Phase:
    """One row of core.training_phases, with the hours it is costed with.

    Attributes:
        is_summed: whether it enters a cost (row_role is primary).
        gpu_hours: hours used for costing, from core.phase_costs; so are both ends, the count and the start.
        locator: the phase's own, else the source's.
        printed: every number disclosed for it.
        costs: one a price basis.
    """

    phase_id: str
    model_id: str
    phase: str
    row_role: str
    is_summed: bool
    hardware_id: str | None
    hardware_name: str | None
    gpu_hours: Decimal | None
    gpu_hours_low: Decimal | None
    gpu_hours_high: Decimal | None
    gpu_count: int | None
    started_on: date | None
    tokens_low: int | None
    tokens_high: int | None
    disclosed_as: str
    derivation: str | None
    note: str | None
    confidence: str
    source_id: str
    source_title: str | None
    locator: str | None
    url: str | None
    printed: list[Printed] = field(default_factory=list)
    costs: list[PhaseCost] = field(default_factory=list)


@dataclass(frozen=True)
class Edge:
    """One row of core.model_lineage, with the name and the own hours of the parent.

    Attributes:
        parent_name: its name; absent where it is not in the ledger.
        parent_gpu_hours: its own hours, where any are disclosed.
    """

    child_model_id: str
    parent_model_id: str
    parent_name: str | None
    relation: str
    counts_in: str
    parent_gpu_hours: Decimal | None
    note: str | None


@dataclass(frozen=True)
class Claim:
    """One row of marts.claims_checked, with the title and address of its source."""

    claim_id: str
    model_id: str
    model_name: str
    claimed_by: str
    claimed_on: date
    what_it_says: str
    claimed_low_usd: Decimal | None
    claimed_high_usd: Decimal | None
    bound: str | None
    claimed_scope: str
    presented_as_scope: str
    covers_scope: str | None
    covers_phase_ids: list[str]
    compared_on_basis: str | None
    covered_gpu_hours: Decimal | None
    covered_cost_low_usd: float | None
    covered_cost_usd: Decimal | None
    covered_cost_high_usd: float | None
    is_covered_lower_bound: bool
    cumulative_cost_usd: Decimal | None
    is_cumulative_lower_bound: bool
    cumulative_to_claim_ratio: float | None
    verdict: str
    not_checkable_reason: str | None
    arithmetic: str
    source_id: str
    source_title: str | None
    source_url: str | None


@dataclass(frozen=True)
class ModelPage:
    """Everything `show` prints of one model.

    Attributes:
        assumptions: each flag on its costs, with its meaning.
        set_aside: what validation set aside of this model.
        scope_notes: what the costs on each price basis leave out, in words of vocabulary.LEFT_OUT.
        makeup: what amortised and purchase costs are made of.
        sensitivities: which inputs the interval of each cost owes how much to, most first.
        clusters: what the clusters of the purchase costs cost whole, with servers and network.
        electricity: kWh and emissions of each scope, where any are known.
        deflated: the costs in dollars of another year, where one was asked for.
    """

    model: Model
    costs: list[Cost]
    phases: list[Phase]
    built_on: list[Edge]
    claims: list[Claim]
    assumptions: dict[str, str]
    set_aside: list[Rejection]
    scope_notes: dict[str, list[str]] = field(default_factory=dict)
    makeup: list[Part] = field(default_factory=list)
    sensitivities: list[Sensitivity] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    electricity: list[Electricity] = field(default_factory=list)
    deflated: list[Deflated] = field(default_factory=list)


@dataclass(frozen=True)
class Compared:
    """One row of marts.model_comparison without its costs, which stand beside it in full.

    Attributes:
        costs: of every scope and price basis.
    """

    model_id: str
    name: str
    developer: str
    released_on: date
    total_params: int | None
    active_params: int | None
    hardware_ids: list[str]
    training_tokens: float | None
    tokens_per_gpu_hour: float | None
    rental_usd_per_trillion_tokens: float | None
    ancestor_hours_share: float | None
    implied_utilization_ratio: float | None
    missing_reason: str | None
    costs: list[Cost] = field(default_factory=list)


@dataclass(frozen=True)
class Seat:
    """One row of core.scope_members, with the member's name and developer where it is in the ledger."""

    member_model_id: str
    name: str | None
    developer: str | None
    distance: int


@dataclass(frozen=True)
class Member:
    """A model counted in a scope.

    Attributes:
        distance: steps from the model; itself is 0.
        enters_by: the edges it is reached by, inside the scope.
        is_in_ledger: False where it was set aside, or never entered.
        missing_reason: why none of its own hours count, where none do.
        cost_usd: what it adds to the cost; absent where nothing.
        added_phase_ids: the phases that add up to it.
        phases: its phases, each with its cost on the basis asked for.
    """

    model_id: str
    name: str
    distance: int
    enters_by: list[Edge]
    is_in_ledger: bool
    missing_reason: str | None
    cost_usd: Decimal | None
    added_phase_ids: list[str]
    phases: list[Phase]


@dataclass(frozen=True)
class Explanation:
    """A cost taken apart down to each printed number.

    Attributes:
        cost: what is explained.
        members: the models counted in, nearest first; their costs add up to it.
        assumptions: each flag on it, with its meaning.
        parts: what the cost of each phase is made of, on a basis that has parts.
    """

    model: Model
    cost: Cost
    members: list[Member]
    assumptions: dict[str, str]
    parts: list[PhasePart] = field(default_factory=list)


@dataclass(frozen=True)
class Headline:
    """A printed claim beside the whole cost.

    Attributes:
        claim: the claim.
        whole: our cumulative cost on the basis of the claim, taken apart.
    """

    claim: Claim
    whole: Explanation


@dataclass(frozen=True)
class Result:
    """The rows of a query.

    Attributes:
        columns: names, made unique.
        types: their DuckDB types.
        rows: the values.
        is_truncated: whether there were more than asked for.
    """

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    is_truncated: bool
