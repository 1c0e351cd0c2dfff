"""What moved between the last release and the build, and why: the old costs, carried step by step to the new ones.

A step whose inputs did not change is not computed: with one cause alone, which is the common case, nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.contracts import core
from pipelines.contracts.quality import RejectedRows
from pipelines.contracts.table import Table, table_of
from pipelines.contracts.validation import ContractBrokenError
from pipelines.costing.changes import cost_changes, moved_keys, named
from pipelines.costing.evidence import frame_hash
from pipelines.costing.model_costs import GRAIN
from pipelines.fingerprint import code_fingerprint
from pipelines.graph.step import CHANGES, RELEASES, Step, Workbench
from pipelines.warehouse.publish import past_tables

COSTS = table_of(core.ModelCosts)
HARDWARE, PROXY = table_of(core.Hardware), "price_proxy_hardware_id"
METHOD = (table_of(core.MethodConstants),)
PRICE = (table_of(core.PriceQuotes), table_of(core.ElectricityPrices))
DISCLOSURE = tuple(map(table_of, (core.TrainingPhases, core.Models, core.ModelLineage, RejectedRows)))
"""Which part of a change a table stands for. Of core.hardware the proxies are prices, and the rest is disclosure."""

READ = (*METHOD, *PRICE, *DISCLOSURE, HARDWARE)
UNPRICEABLE = (ContractBrokenError, pl.exceptions.PolarsError, KeyError)
"""How the code of today may fail on the data of a release that other code made."""

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Side:
    """What costs are computed from, as one release has it."""

    frames: Frames
    as_of: date

    def hash_of(self, *tables: Table) -> tuple[tuple[int, int], ...]:
        """The rows of tables, whatever their order and wherever they were read."""
        return tuple((self.frames[table.name].height, frame_hash(self.frames[table.name])) for table in tables)

    @property
    def disclosure(self) -> object:
        """Equal for two releases with the same disclosures."""
        chips = self.frames[HARDWARE.name].drop(PROXY)
        return self.hash_of(*DISCLOSURE), frame_hash(chips)

    @property
    def price(self) -> object:
        """Equal for two releases with the same prices."""
        proxies = self.frames[HARDWARE.name].select("hardware_id", PROXY).drop_nulls()
        return self.as_of, self.hash_of(*PRICE), frame_hash(proxies)


class Supposed(Workbench):
    """A workbench on which costs are computed as they would be: disclosures of one release, prices of another."""

    def __init__(self, bench: Workbench, steps: Sequence[Step], disclosed: Side, priced: Side) -> None:
        """Take the method from `bench`, disclosures from one side and prices from the other."""
        super().__init__(bench.folder, bench.warehouse, priced.as_of, is_full=True)
        self._steps = {step.table.name: step for step in steps}
        self._made |= {table.name: bench.read(table) for table in METHOD}
        self._made |= {table.name: priced.frames[table.name] for table in PRICE}
        self._made |= {table.name: disclosed.frames[table.name] for table in DISCLOSURE}
        proxies = priced.frames[HARDWARE.name].select("hardware_id", PROXY)
        chips = disclosed.frames[HARDWARE.name]
        mixed = chips.drop(PROXY).join(proxies, on="hardware_id", how="left", maintain_order="left")
        self._made[HARDWARE.name] = mixed.select(chips.columns)

    def read(self, declared: Table) -> pl.DataFrame:
        """A table as supposed: given, or computed from what is given; never what the build holds."""
        if declared.name not in self._made:
            self._made[declared.name] = self._steps[declared.name].run(self).rows
        return self._made[declared.name]


def changes_until(bench: Workbench, steps: Sequence[Step], release_id: str) -> pl.DataFrame:
    """Every change of a cost there has been, those of the new release last.

    Args:
        bench: the build, complete.
        steps: those that compute costs.
        release_id: of the new release.

    Returns:
        history.cost_changes.

    Raises:
        LedgerHeldError: the published file cannot be read because somebody writes in it.
    """
    releases, told = bench.past(RELEASES), bench.past(CHANGES)
    if releases.is_empty():
        return CHANGES.empty()
    last = releases.sort("published_at").row(-1, named=True)
    before, after = bench.past(COSTS), bench.read(COSTS)
    moved = moved_keys(before, after)
    if moved.is_empty():
        return told
    same_code = last["code_fingerprint"] == code_fingerprint()
    split = _split(bench, steps, moved, before, last["as_of_on"], same_code=same_code)
    new = named(split, release_id, last["release_id"])
    return pl.concat([told, new])


def _split(
    bench: Workbench, steps: Sequence[Step], moved: pl.DataFrame, before: pl.DataFrame, day: date, *, same_code: bool
) -> pl.DataFrame:
    """The costs that moved, each step computed only where its inputs changed."""
    after = bench.read(COSTS)
    old = Side(past_tables(bench.folder, READ) or {}, day)
    new = Side({table.name: bench.read(table) for table in READ}, bench.as_of)
    same_method = same_code and old.hash_of(*METHOD) == new.hash_of(*METHOD)
    same_disclosure, same_price = old.disclosure == new.disclosure, old.price == new.price

    def supposed(disclosed: Side, priced: Side) -> pl.DataFrame | None:
        try:
            return Supposed(bench, steps, disclosed, priced).read(COSTS)
        except UNPRICEABLE:
            return None

    method: pl.DataFrame | None = before
    if not same_method:
        method = after if same_disclosure and same_price else supposed(old, old)
    disclosure: pl.DataFrame | None = after
    if not same_price:
        disclosure = method if same_disclosure else supposed(new, old)
    on_the_way = _of(method, moved), _of(disclosure, moved)
    is_lost = on_the_way[1] is None or _lacks(on_the_way[1], moved)
    price = supposed(old, new) if is_lost and not (same_disclosure or same_price) else None
    return cost_changes(before, *on_the_way, _of(price, moved), after)


def _of(costs: pl.DataFrame | None, moved: pl.DataFrame) -> pl.DataFrame | None:
    return None if costs is None else costs.join(moved, on=GRAIN, how="semi")


def _lacks(costs: pl.DataFrame, moved: pl.DataFrame) -> bool:
    """Whether some of the costs that moved do not exist on the way."""
    return moved.join(costs.filter(pl.col("cost_mid_usd").is_not_null()), on=GRAIN, how="anti").height > 0
