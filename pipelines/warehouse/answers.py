"""Questions to the published ledger: the only SQL behind the `costledger` command. Answers are records of `shapes`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pipelines.contracts.vocabulary import COST_SCOPE, PRICE_BASIS
from pipelines.warehouse.faults import UnknownIndexError, UnknownModelError
from pipelines.warehouse.published import Published
from pipelines.warehouse.shapes import (
    Check,
    Claim,
    Compared,
    Cost,
    Edge,
    Model,
    Phase,
    PhaseCost,
    Printed,
    Rejection,
    Release,
    Seat,
)
from pipelines.warehouse.sides import Cluster, Deflator, Electricity, Part, PhasePart, Sensitivity

SUGGESTIONS, LEAST_LIKENESS = 3, 60
VERDICTS_BY_WEIGHT = ("wrong_scope", "understated", "overstated", "other_basis", "agrees", "not_checkable")
ALL_PHASE_COSTS = "(from core.phase_costs union all by name from core.unsummed_phase_costs)"


class Ledger(Published):
    """Questions to the published file of a data folder."""

    # ---- releases and quality

    def releases(self) -> list[Release]:
        """Every release, newest first."""
        return self.rows(Release, "from history.releases as t order by t.published_at desc, t.release_id desc")

    def priced_on(self) -> date:
        """The day that `rental_now` is priced on."""
        return self.releases()[0].as_of_on

    def rejected(self, model_id: str | None = None) -> list[Rejection]:
        """What validation set aside: all of it, or of one model."""
        return self.rows(
            Rejection,
            "from quality.rejected_rows as t where $1 is null or t.model_id = $1 "
            "order by t.is_set_aside desc, t.file nulls last, t.line, t.record_id, t.column_name",
            [model_id],
        )

    def failed_checks(self) -> list[Check]:
        """Checks that did not hold, those that refuse a release first."""
        return self.rows(
            Check, "from quality.check_results as t where not t.has_passed order by t.severity, t.check_name"
        )

    # ---- models

    def model_id(self, text: str) -> str:
        """The id of a model given by its id or its exact name, in any case.

        Raises:
            UnknownModelError: there is none (with the nearest), or several have that name.
        """
        wanted = text.strip().casefold()
        found = self.fetch(
            "select model_id from core.models where lower(model_id) = $1 or lower(name) = $1 "
            "order by lower(model_id) = $1 desc, model_id",
            [wanted],
        )
        ids = [str(row[0]) for row in found]
        if len(ids) == 1 or (ids and ids[0].casefold() == wanted):
            return ids[0]
        if ids:
            raise UnknownModelError(f"several models are named {text!r}: give one of their ids", ids, [])
        raise self._unknown(text, wanted)

    def _unknown(self, text: str, wanted: str) -> UnknownModelError:
        gone = self.rows(
            Rejection,
            "from quality.rejected_rows as t where t.is_set_aside and (lower(t.model_id) = $1 "
            "or (lower(t.record_id) = $1 and t.table_name like '%models')) order by t.file, t.line",
            [wanted],
        )
        if gone:
            return UnknownModelError(f"{text} is not in the ledger: validation set it aside", [], gone)
        return UnknownModelError(f"no model has the id or name {text!r}", self.nearest(text), [])

    def nearest(self, text: str) -> list[str]:
        """Ids of the models whose id or name is most like a text, best first."""
        from rapidfuzz import fuzz, process, utils

        pairs = self.fetch("select model_id, name from core.models order by length(model_id), model_id")
        spellings = [(str(model_id), str(spelling)) for model_id, name in pairs for spelling in (model_id, name)]
        parts = set(utils.default_process(text).split())
        holding = [
            model_id for model_id, spelling in spellings if parts <= set(utils.default_process(spelling).split())
        ]
        like = process.extract(
            text,
            [spelling for _, spelling in spellings],
            scorer=fuzz.ratio,
            processor=utils.default_process,
            score_cutoff=LEAST_LIKENESS,
            limit=4 * SUGGESTIONS,
        )
        near = [spellings[index][0] for _, _, index in like]
        return list(dict.fromkeys([*near, *(holding if parts else [])]))[:SUGGESTIONS]

    def model_ids(self, prefix: str = "") -> list[tuple[str, str]]:
        """Id and name of every model whose id begins so, for completion at the prompt."""
        found = self.fetch(
            "select model_id, name from core.models where starts_with(model_id, lower($1)) order by model_id", [prefix]
        )
        return [(str(model_id), str(name)) for model_id, name in found]

    def model(self, model_id: str) -> Model:
        """One model; its id must be known."""
        return self.rows(
            Model,
            "from core.models as t left join core.sources as s on s.source_id = t.source_id where t.model_id = $1",
            [model_id],
            source_title="s.title",
            source_url="s.url",
        )[0]

    def costs(self, model_ids: Sequence[str]) -> list[Cost]:
        """Every cost of the given models, in their order, then by scope and price basis."""
        found = self.rows(
            Cost,
            "from core.model_costs as t join core.models as m on m.model_id = t.model_id where t.model_id = any($1)",
            [list(model_ids)],
            model_name="m.name",
            undisclosed_names="[]",
            phases_in_words="[]",
        )
        names = self._names({name for cost in found for name in cost.undisclosed_ancestors})
        stages = self._stages({phase for cost in found for phase in cost.phases_without_quantity})
        named = [
            replace(
                cost,
                undisclosed_names=[names.get(name, name) for name in cost.undisclosed_ancestors],
                phases_in_words=[stages.get(phase, phase) for phase in cost.phases_without_quantity],
            )
            for cost in found
        ]
        return sorted(named, key=lambda cost: (model_ids.index(cost.model_id), *place_of(cost)))

    def _names(self, model_ids: set[str]) -> dict[str, str]:
        found = self.fetch("select model_id, name from core.models where model_id = any($1)", [sorted(model_ids)])
        return dict(found)

    def _stages(self, phase_ids: set[str]) -> dict[str, str]:
        found = self.fetch(
            "select p.phase_id, replace(p.phase, '_', ' ') || ' of ' || m.name from core.training_phases as p "
            "join core.models as m on m.model_id = p.model_id where p.phase_id = any($1)",
            [sorted(phase_ids)],
        )
        return dict(found)

    def edges(self, condition: str, parameters: list[Any]) -> list[Edge]:
        """Edges of the lineage `t` that keep a condition, those that count first."""
        return self.rows(
            Edge,
            "from core.model_lineage as t left join core.models as m on m.model_id = t.parent_model_id "
            "left join core.model_costs as c on c.model_id = t.parent_model_id and c.scope = 'own' "
            f"and c.price_basis = 'rental' where {condition} order by t.counts_in, t.parent_model_id, t.relation",
            parameters,
            parent_name="m.name",
            parent_gpu_hours="c.gpu_hours",
        )

    # ---- what stands beside a cost

    def scope_notes(self, model_id: str) -> dict[str, list[str]]:
        """What the costs of a model leave out, by price basis; of its scopes, the one that leaves out most."""
        found = self.fetch(
            "select price_basis, arg_max(scope_note, len(scope_note)) from core.model_costs where model_id = $1 "
            "group by price_basis",
            [model_id],
        )
        return {str(basis): list(words) for basis, words in sorted(found, key=lambda row: _rank(PRICE_BASIS, row[0]))}

    def makeup(self, model_id: str) -> list[Part]:
        """What the costs of a model are made of."""
        return self.rows(
            Part,
            "from marts.cost_makeup as t where t.model_id = $1 order by list_position($2, t.scope), t.price_basis, "
            "t.is_in_cost desc, t.cost_mid_usd desc",
            [model_id, list(COST_SCOPE)],
            cost_mid_usd="t.cost_mid_usd::double",
        )

    def phase_parts(self, model_ids: Sequence[str], basis: str) -> list[PhasePart]:
        """What the costs of the phases of some models are made of, the largest part first."""
        return self.rows(
            PhasePart,
            "from core.cost_components as t left join core.electricity_prices as e on e.observation_id = "
            "t.observation_id left join core.sources as s on s.source_id = e.source_id "
            "where t.model_id = any($1) and t.price_basis = $2 and t.is_in_cost "
            "order by t.phase_id, t.cost_mid_usd desc",
            [list(model_ids), basis],
            source_title="s.title",
            locator="coalesce(e.locator, s.locator)",
            url="coalesce(e.url, s.url)",
            **{name: f"e.{name}" for name in ("price", "unit_as_published", "area", "period")},
        )

    def sensitivities(self, model_id: str) -> list[Sensitivity]:
        """What the intervals of a model's costs owe how much to, most first."""
        return self.rows(
            Sensitivity,
            "from marts.price_sensitivity as t left join core.hardware as h on h.hardware_id = t.input_id "
            "left join core.training_phases as p on p.phase_id = t.input_id "
            "left join core.models as m on m.model_id = p.model_id "
            "where t.model_id = $1 and t.variance_share is not null "
            "order by list_position($2, t.scope), list_position($3, t.price_basis), t.input_rank",
            [model_id, list(COST_SCOPE), list(PRICE_BASIS)],
            input_name="coalesce(h.name, m.name || ', ' || replace(p.phase, '_', ' '), t.input_id)",
        )

    def clusters(self, model_id: str) -> list[Cluster]:
        """What the clusters behind the purchase costs of a model cost whole."""
        return self.rows(
            Cluster,
            "from core.cluster_costs as t where t.model_id = $1 and t.cluster_mid_usd is not null "
            "order by list_position($2, t.scope)",
            [model_id, list(COST_SCOPE)],
            cluster_mid_usd="t.cluster_mid_usd::double",
        )

    def electricity(self, model_id: str) -> list[Electricity]:
        """Electricity and emissions of each scope of a model."""
        return self.rows(
            Electricity,
            "from marts.energy_by_model as t where t.model_id = $1 order by list_position($2, t.scope)",
            [model_id, list(COST_SCOPE)],
        )

    def deflator(self, series_id: str, month_on: date, to_year: int) -> Deflator:
        """By what dollars of a month are multiplied to be dollars of a year, by an index.

        Raises:
            UnknownIndexError: there is no such index, or it lacks the month or the year.
        """
        found = self.rows(
            Deflator,
            "from core.deflators as t where t.series_id = $1 and t.month_on = date_trunc('month', $2::date) "
            "and t.to_year = $3",
            [series_id, month_on, to_year],
        )
        if found:
            return found[0]
        known = self.fetch(
            "select series_id, min(month_on), max(to_year) from core.deflators group by series_id order by series_id"
        )
        series = "; ".join(f"{name}, months from {since:%Y-%m} on, years to {until}" for name, since, until in known)
        raise UnknownIndexError(
            f"{series_id} does not take dollars of {month_on:%Y-%m} to {to_year}; known are: {series}"
        )

    # ---- phases

    def phases(self, model_ids: Sequence[str], basis: str | None = None) -> list[Phase]:
        """Phases with their printed numbers and their costs on one basis, or on all."""
        ids = [list(model_ids)]
        used = f"(select distinct on (phase_id) * from {ALL_PHASE_COSTS} order by phase_id, price_basis)"
        phases = self.rows(
            Phase,
            "from core.training_phases as t left join core.sources as s on s.source_id = t.source_id "
            f"left join core.hardware as h on h.hardware_id = t.hardware_id left join {used} as u "
            "on u.phase_id = t.phase_id where t.model_id = any($1) "
            "order by t.row_role <> 'primary', u.gpu_hours desc nulls last, t.phase_id",
            ids,
            is_summed="t.row_role = 'primary'",
            hardware_name="h.name",
            locator="coalesce(t.locator, s.locator)",
            source_title="s.title",
            url="s.url",
            **{name: f"u.{name}" for name in ("gpu_hours", "gpu_hours_low", "gpu_hours_high", "started_on")},
        )
        printed = self.rows(
            Printed,
            "from core.disclosed_quantities as t join core.training_phases as p on p.phase_id = t.phase_id "
            "left join core.sources as s on s.source_id = t.source_id where p.model_id = any($1) "
            "order by t.quantity <> 'gpu_hours', t.quantity",
            ids,
            locator="coalesce(t.locator, p.locator, s.locator)",
            source_title="s.title",
            url="s.url",
        )
        costs = sorted(self._phase_costs(ids[0], basis), key=lambda cost: _rank(PRICE_BASIS, cost.price_basis))
        return [
            replace(
                phase,
                printed=[number for number in printed if number.phase_id == phase.phase_id],
                costs=[cost for cost in costs if cost.phase_id == phase.phase_id],
            )
            for phase in phases
        ]

    def _phase_costs(self, model_ids: list[str], basis: str | None) -> list[PhaseCost]:
        return self.rows(
            PhaseCost,
            f"from {ALL_PHASE_COSTS} as t left join core.price_quotes as q on q.quote_id = t.quote_id "
            "left join core.sources as s on s.source_id = t.price_source_id "
            "left join core.disclosed_quantities as d on d.phase_id = t.phase_id and t.price_basis = 'disclosed' "
            "and d.quantity = 'stated_price_usd_per_gpu_hour' "
            "where t.model_id = any($1) and ($2 is null or t.price_basis = $2)",
            [model_ids, basis],
            quoted_hardware_id="q.hardware_id",
            price_source_title="s.title",
            price_locator="coalesce(q.locator, d.locator, s.locator)",
            price_url="coalesce(q.url, s.url)",
            **{
                name: f"q.{name}"
                for name in (
                    "provider",
                    "sku",
                    "region",
                    "pricing_category",
                    "price_as_published",
                    "currency",
                    "unit_as_published",
                )
            },
        )

    # ---- comparisons and claims

    def scope_members(self, model_id: str, scope: str) -> list[Seat]:
        """The models counted in a scope of a model, nearest first."""
        return self.rows(
            Seat,
            "from core.scope_members as t left join core.models as m on m.model_id = t.member_model_id "
            "where t.model_id = $1 and t.scope = $2 order by t.distance, t.member_model_id",
            [model_id, scope],
            name="m.name",
            developer="m.developer",
        )

    def comparison(self, model_ids: list[str]) -> list[Compared]:
        """Rows of marts.model_comparison, without their costs."""
        return self.rows(Compared, "from marts.model_comparison as t where t.model_id = any($1)", [model_ids])

    def notable_ids(self, claimed: int, shown: int) -> list[str]:
        """Models worth a look, dearest first.

        Args:
            claimed: how many of those with a claim that could be checked.
            shown: how many in all; the rest are those whose own training was dearest.
        """
        found = self.fetch(
            "with priced as (select model_id, coalesce(cumulative_rental_usd, cumulative_disclosed_usd) as whole_usd, "
            "coalesce(own_rental_usd, own_disclosed_usd) as own_usd from marts.model_comparison), "
            "claimed as (from priced where model_id in (select model_id from marts.claims_checked "
            "where verdict <> 'not_checkable') order by whole_usd desc nulls last, model_id limit $1), "
            "dearest as (from priced where own_usd is not null and model_id not in (select model_id from claimed) "
            "order by own_usd desc, model_id limit $2 - (select count(*) from claimed)) "
            "select model_id from (from claimed union all from dearest) order by whole_usd desc nulls last, model_id",
            [claimed, shown],
        )
        return [str(row[0]) for row in found]

    def claims(self, model_id: str | None = None, verdict: str | None = None) -> list[Claim]:
        """Checked claims: all, of one model, or with one verdict; those that mislead most first."""
        return self.rows(
            Claim,
            "from marts.claims_checked as t left join core.sources as s on s.source_id = t.source_id "
            "where ($1 is null or t.model_id = $1) and ($2 is null or t.verdict = $2) "
            "order by list_position($3, t.verdict), t.cumulative_to_claim_ratio desc nulls last, t.claim_id",
            [model_id, verdict, list(VERDICTS_BY_WEIGHT)],
            source_title="s.title",
            source_url="s.url",
        )


def _rank(order: Iterable[str], name: str) -> tuple[int, str]:
    """Place of a word in a vocabulary; words it does not know come last, by name."""
    known = list(order)
    return (known.index(name) if name in known else len(known), name)


def place_of(cost: Cost) -> tuple[tuple[int, str], tuple[int, str]]:
    """Where a cost stands among those of its model: by scope, then by price basis."""
    return _rank(COST_SCOPE, cost.scope), _rank(PRICE_BASIS, cost.price_basis)
