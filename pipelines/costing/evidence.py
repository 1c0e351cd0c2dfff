"""Which rows a figure rests on, as one hash: equal hashes, equal figure, nothing to compute again.

A price basis names its evidence (`PriceBasis.sees`); the hash of a phase on a basis joins it with the run itself, the
constants and the code. Hashes are compared within one build file and mean nothing outside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import polars as pl

from pipelines.contracts.table import PLACE
from pipelines.costing import model_costs as sums
from pipelines.costing.phase_costs import price_phases
from pipelines.costing.price_bases import PRICE_BASES, PriceBasis, Pricing

INPUT_HASH = "input_hash"


@dataclass(frozen=True)
class Recomputable:
    """A table that can be computed in part.

    Attributes:
        inputs: the key of every row, and the hash of all it depends on (input_hash).
        compute: keys to their rows.
    """

    inputs: pl.DataFrame
    compute: Callable[[pl.DataFrame], pl.DataFrame]


def seed_of(*parts: object) -> int:
    """A seed for hashes from whatever every row depends on."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest()[:8])


def frame_hash(frame: pl.DataFrame) -> int:
    """The hash of a frame's rows in any order, places of reading left out."""
    return int(frame.select(row_hash(frame.columns).alias("hash"))["hash"].sum())


def row_hash(columns: Iterable[str], seed: int = 0) -> pl.Expr:
    """The hash of the named columns of a row, places of reading left out."""
    return pl.struct(sorted(set(columns) - set(PLACE))).hash(seed)


def priced_phases(pricing: Pricing, seed: int, bases: Iterable[PriceBasis] | None = None) -> Recomputable:
    """The costs of phases, each with the hash of its run and of its evidence.

    Args:
        pricing: as for `price_phases`; its runs are collected.
        seed: from what every row depends on: the code and the constants (`seed_of`).
        bases: all of PRICE_BASES when not given.
    """
    chosen = {basis.name: basis for basis in bases or PRICE_BASES.values()}
    run = pricing.runs.select("phase_id", row_hash(pricing.runs.collect_schema().names(), seed).alias("run"))

    def inputs_on(basis: PriceBasis) -> pl.LazyFrame:
        seen = basis.sees(pricing).select("phase_id", "seen")
        return run.join(seen, on="phase_id", how="left").select(
            "phase_id", pl.lit(basis.name).alias("price_basis"), pl.struct("run", "seen").hash(seed).alias(INPUT_HASH)
        )

    def compute(keys: pl.DataFrame) -> pl.DataFrame:
        if keys.height == inputs.height:
            return price_phases(pricing, chosen.values())
        wanted = keys.group_by("price_basis").agg("phase_id")
        return pl.concat(
            price_phases(
                replace(pricing, runs=pricing.runs.filter(pl.col("phase_id").is_in(ids.implode()))), [chosen[name]]
            )
            for name, ids in zip(wanted["price_basis"], wanted["phase_id"], strict=True)
        )

    inputs = pl.concat([inputs_on(basis) for basis in chosen.values()]).collect()
    return Recomputable(inputs, compute)


def summed_models(
    members: pl.DataFrame,
    phase_costs: pl.DataFrame,
    models: pl.DataFrame,
    disclosure: pl.DataFrame,
    seed: int,
) -> Recomputable:
    """The costs of models, each with the hash of the phases it sums and of what is disclosed in its scope.

    Args:
        members: core.scope_members.
        phase_costs: core.phase_costs.
        models: core.models.
        disclosure: result of `disclosure.disclosure_by_scope`.
        seed: from what every row depends on: the code (`seed_of`).
    """
    counted = sums.counted_phases(members, phase_costs, models)
    summed = counted.group_by(sums.GRAIN).agg(row_hash(counted.columns, seed).sum().alias("summed"))
    known = disclosure.select("model_id", "scope", row_hash(disclosure.columns, seed).alias("known"))
    inputs = (
        sums.grid_of(models, members)
        .join(summed, on=sums.GRAIN, how="left")
        .join(known, on=["model_id", "scope"], how="left")
        .select(*sums.GRAIN, pl.struct("summed", "known").hash(seed).alias(INPUT_HASH))
    )

    def compute(keys: pl.DataFrame) -> pl.DataFrame:
        wanted = None if keys.height == inputs.height else keys
        return sums.model_costs(members, phase_costs, models, disclosure, wanted)

    return Recomputable(inputs, compute)
