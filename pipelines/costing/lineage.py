"""Which models count in the cost of a model: the scopes, over the typed lineage, each ancestor once.

`own` is the model itself; `effort` adds parents that its headline includes; `cumulative` adds every ancestor reached
by edges that count. Data and teacher edges may form cycles; a model is still counted once.
"""

from __future__ import annotations

import polars as pl

MEMBER_COLUMNS = ("model_id", "scope", "member_model_id", "distance")


def scope_members(models: pl.DataFrame, lineage: pl.DataFrame) -> pl.DataFrame:
    """Every model counted in each scope of each model.

    Args:
        models: core.models; only these get scopes.
        lineage: core.model_lineage; a parent may be unknown to `models` and is a member all the same.

    Returns:
        core.scope_members, sorted: one row per model, scope and member, with its distance (0 is the model itself).
    """
    own = models.select("model_id", pl.col("model_id").alias("member_model_id"), pl.lit(0, pl.Int64).alias("distance"))
    included = _edges(lineage, "effort")
    effort = _nearest(pl.concat([own, _step(own, included)]))
    cumulative = _nearest(pl.concat([effort, _closure(own, _edges(lineage, "cumulative"))]))
    scopes = {"own": own, "effort": effort, "cumulative": cumulative}
    return (
        pl.concat([members.with_columns(pl.lit(scope).alias("scope")) for scope, members in scopes.items()])
        .select(MEMBER_COLUMNS)
        .sort("model_id", "scope", "distance", "member_model_id")
    )


def _edges(lineage: pl.DataFrame, counts_in: str) -> pl.DataFrame:
    return (
        lineage.filter(pl.col("counts_in") == counts_in)
        .select(pl.col("child_model_id").alias("member_model_id"), "parent_model_id")
        .unique()
    )


def _step(members: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The parents of every member, one step further away."""
    return members.join(edges, on="member_model_id", how="inner").select(
        "model_id", pl.col("parent_model_id").alias("member_model_id"), pl.col("distance") + 1
    )


def _nearest(members: pl.DataFrame) -> pl.DataFrame:
    """Each member once, at its shortest distance."""
    return members.group_by("model_id", "member_model_id").agg(pl.col("distance").min())


def _closure(start: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """All ancestors, one join a level; a model met before is not walked again, so cycles end."""
    reached, frontier = start, start
    while frontier.height:
        parents = _nearest(_step(frontier, edges))
        frontier = parents.join(reached, on=["model_id", "member_model_id"], how="anti")
        reached = pl.concat([reached, frontier])
    return reached
