"""What is known of each model's own training, and what is known to be missing (METHODS 1.3, the truth table)."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.vocabulary import FROM_SCRATCH_PHASES
from pipelines.costing.runs import flagged

PHASE_TABLE, EDGE_TABLE = "training_phases", "model_lineage"


def disclosure_by_model(
    members: pl.DataFrame,
    costs: pl.DataFrame,
    phases: pl.DataFrame,
    models: pl.DataFrame,
    lineage: pl.DataFrame,
    rejected: pl.DataFrame,
) -> pl.DataFrame:
    """The state of disclosure of every model that counts anywhere.

    Args:
        members: core.scope_members.
        costs: core.phase_costs (for the hours each phase is costed with).
        phases: core.training_phases.
        models: core.models.
        lineage: core.model_lineage.
        rejected: quality.rejected_rows.

    Returns:
        One row per member_model_id: is_quantified (some primary phase has hours), phases_without_quantity, and
        booleans is_restated, is_estimated, is_covered_by_family, is_family, is_base_unknown, has_phase_set_aside,
        has_edge_set_aside, is_known (it is in core.models).
    """
    hours = costs.filter(pl.any_horizontal(pl.col("gpu_hours_low", "gpu_hours", "gpu_hours_high").is_not_null()))
    has_hours = pl.col("phase_id").is_in(hours["phase_id"].unique().implode())
    is_primary = pl.col("row_role") == "primary"
    expected = pl.col("row_role").is_in(["primary", "context_only"])
    by_model = phases.group_by("model_id").agg(
        (is_primary & has_hours).any().alias("is_quantified"),
        pl.col("phase_id").filter(expected & ~(is_primary & has_hours)).sort().alias("phases_without_quantity"),
        (pl.col("row_role") == "restated_base").any().alias("is_restated"),
        (pl.col("row_role") == "estimate").any().alias("is_estimated"),
        (expected & pl.col("phase").is_in(FROM_SCRATCH_PHASES)).any().alias("is_from_scratch"),
    )
    based = lineage.filter(pl.col("relation") == "weights").select(pl.col("child_model_id").unique())
    families = models.filter(pl.col("covers_models").list.len() > 0)
    covered = families.select(pl.col("covers_models").explode().unique().alias("model_id"))
    set_aside = rejected.filter(pl.col("is_set_aside") & pl.col("model_id").is_not_null())
    flags = {
        "is_known": models["model_id"],
        "is_covered_by_family": covered["model_id"],
        "is_family": families["model_id"],
        "has_base": based["child_model_id"],
        "has_phase_set_aside": _models_of(set_aside, PHASE_TABLE),
        "has_edge_set_aside": _models_of(set_aside, EDGE_TABLE),
    }
    booleans = ("is_quantified", "is_restated", "is_estimated", "is_from_scratch")
    return (
        members.select(pl.col("member_model_id").unique().sort())
        .join(by_model, left_on="member_model_id", right_on="model_id", how="left")
        .with_columns(
            *(pl.col(name).fill_null(value=False) for name in booleans),
            pl.col("phases_without_quantity").fill_null([]),
            *(pl.col("member_model_id").is_in(ids.implode()).alias(name) for name, ids in flags.items()),
        )
        .with_columns(
            (
                pl.col("is_quantified")
                & ~pl.col("is_from_scratch")
                & ~pl.col("has_base")
                & ~pl.col("has_phase_set_aside")
                & ~pl.col("has_edge_set_aside")
            ).alias("is_base_unknown")
        )
        .drop("is_from_scratch", "has_base")
    )


def _models_of(rejected: pl.DataFrame, table: str) -> pl.Series:
    """Models with a row set aside on its way to the named table."""
    return rejected.filter(pl.col("table_name").str.ends_with(table))["model_id"].unique()


def disclosure_by_scope(members: pl.DataFrame, by_model: pl.DataFrame) -> pl.DataFrame:
    """What is missing from each scope of each model.

    Returns:
        One row per model_id and scope: undisclosed_ancestors, phases_without_quantity, is_incomplete (something known
        to exist is not in the figure), is_own_restated, and disclosure_flags (names of vocabulary.COST_FLAG).
    """
    state = members.join(by_model, on="member_model_id", how="left")
    is_self = pl.col("distance") == 0
    is_wide = pl.col("scope") != "own"
    is_cumulative = pl.col("scope") == "cumulative"
    names_base = is_cumulative & pl.col("is_base_unknown")
    undisclosed = (is_wide & ~pl.col("is_quantified")) | names_base
    edge_lost = (is_cumulative | (is_wide & is_self)) & pl.col("has_edge_set_aside")
    flags = {
        "phases_without_quantity": (pl.col("phases_without_quantity").list.len() > 0) & pl.col("is_quantified"),
        "restated_base": pl.col("is_restated"),
        "third_party_estimate": pl.col("is_estimated") & ~pl.col("is_quantified"),
        "covers_models": pl.col("is_covered_by_family") | pl.col("is_family"),
        "base_unknown": names_base,
        "own_hours_not_disclosed": is_wide & is_self & ~pl.col("is_quantified"),
        "undisclosed_ancestors": ~is_self & ~pl.col("is_quantified"),
        "set_aside": pl.col("has_phase_set_aside") | edge_lost | ~pl.col("is_known"),
    }
    incomplete = (
        undisclosed
        | flags["phases_without_quantity"]
        | flags["set_aside"]
        | (pl.col("is_covered_by_family") & ~pl.col("is_family"))
    )
    grouped = state.group_by("model_id", "scope").agg(
        pl.col("member_model_id").filter(undisclosed).sort().alias("undisclosed_ancestors"),
        pl.col("phases_without_quantity").explode().drop_nulls().sort(),
        incomplete.any().alias("is_incomplete"),
        (is_self & pl.col("is_restated") & ~pl.col("is_quantified")).any().alias("is_own_restated"),
        (is_self & pl.col("has_phase_set_aside")).any().alias("is_own_set_aside"),
        *(condition.any().alias(f"flag_{name}") for name, condition in flags.items()),
    )
    named = flagged(**{name: pl.col(f"flag_{name}") for name in flags})
    return grouped.with_columns(named.alias("disclosure_flags")).drop(pl.selectors.starts_with("flag_"))
