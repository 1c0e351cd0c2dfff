"""Steps that look back: quotes with their versions, and what the last release said and this one does not."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import core, feed_list, feeds, history, inputs, quote_inputs
from pipelines.contracts.table import Contract, table_of
from pipelines.contracts.validation import check_references, require, validate
from pipelines.costing.quotes import price_quotes, unmapped
from pipelines.costing.versions import known_since, quote_versions, superseded
from pipelines.graph.quote_bounds import within_bounds
from pipelines.graph.step import Computed, Step, Workbench

QUOTES = table_of(core.PriceQuotes)
SOURCES = table_of(core.Sources)
MADE_FROM = tuple(
    table_of(contract)
    for contract in (
        quote_inputs.StagedRentalQuotes,
        quote_inputs.StagedPurchaseQuotes,
        inputs.StagedAcceleratorMap,
        inputs.StagedProviderMap,
        feeds.StagedPriceEvents,
        feeds.StagedReads,
        feed_list.StagedPriceBounds,
    )
)


def _quotes(bench: Workbench) -> Computed:
    rentals, purchases, accelerators, providers, events, reads, bounds = (bench.read(table) for table in MADE_FROM)
    mapped = unmapped(events, accelerators)
    rows = price_quotes(rentals, purchases, accelerators, providers, mapped.rows, reads, as_of=bench.as_of)
    checked = validate(QUOTES, rows)
    known = {table.name: bench.read(table) for table in QUOTES.parents}
    referring = check_references(QUOTES, checked.rows, known, bench.gone(QUOTES.parents))
    bounded = within_bounds(referring.rows, bounds, accelerators)
    versions = quote_versions(bounded.rows, bench.past(QUOTES), bench.moment)
    return Computed(versions, pl.concat([mapped.rejected, checked.rejected, referring.rejected, bounded.rejected]))


PRICE_QUOTES = Step(
    QUOTES,
    (*MADE_FROM, *QUOTES.parents),
    _quotes,
    "Rental and purchase quotes, hand-kept and of feeds, with the versions that were replaced.",
    takes_day=True,
)


def past_step(contract: type[Contract], current: type[Contract]) -> Step:
    """A step that keeps the versions of a core table which the last release had and this one has not.

    Args:
        contract: of the table of ended versions.
        current: of the core table.
    """
    declared, now = table_of(contract), table_of(current)

    def run(bench: Workbench) -> Computed:
        before, closed = bench.past(now), bench.past(declared)
        if before.is_empty():
            return Computed(closed)
        previous = known_since(before, bench.past(SOURCES))
        rows = known_since(bench.read(now), bench.read(SOURCES))
        return Computed(require(declared, superseded(previous, closed, rows, now.key, bench.moment)))

    return Step(declared, (now, SOURCES), run, declared.description)


PAST = (
    past_step(history.PastTrainingPhases, core.TrainingPhases),
    past_step(history.PastModelLineage, core.ModelLineage),
    past_step(history.PastExchangeRates, core.ExchangeRates),
)
