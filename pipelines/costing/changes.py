"""What moved a cost: the way from the cost of one release to that of the next, in steps of one cause each.

The documented order is method, disclosure, price. Each step is the difference of two costs that could be published:
the old cost; the new code and constants on the old data; with the new disclosures; with the new prices, the new cost.
"""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from pipelines.contracts.quality import CostChanges
from pipelines.contracts.table import USD, table_of
from pipelines.costing.model_costs import GRAIN
from pipelines.costing.runs import flagged

CAUSES = ("price", "disclosure", "method")


def moved_keys(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Keys of the costs that differ between two versions of core.model_costs (GRAIN)."""
    return _beside(before=before, after=after).filter(pl.col("before").ne_missing(pl.col("after"))).select(GRAIN)


def cost_changes(
    before: pl.DataFrame,
    method: pl.DataFrame | None,
    disclosure: pl.DataFrame | None,
    price: pl.DataFrame | None,
    after: pl.DataFrame,
) -> pl.DataFrame:
    """Split every cost that moved into its parts.

    A step into a cost that does not exist adds nothing, and the next one takes the whole: the parts always sum to the
    difference. Where new disclosures have no cost at old prices, but new prices have one on old disclosures, that way
    round is taken.

    Args:
        before: core.model_costs of the last release.
        method: the same from the new code and constants, with old disclosures and old prices; None where the new code
            cannot compute that.
        disclosure: with new disclosures besides, at old prices.
        price: with new prices besides, on old disclosures.
        after: core.model_costs of this release.

    Returns:
        history.cost_changes without release_id and previous_release_id, sorted by GRAIN.
    """
    known = {"before": before, "after": after, "m": method, "d": disclosure, "p": price}
    moved = _beside(**{name: frame for name, frame in known.items() if frame is not None}).filter(
        pl.col("before").ne_missing(pl.col("after"))
    )
    absent = [pl.lit(None, USD).alias(name) for name in ("m", "d", "p") if name not in moved.columns]
    reasons = [_reasons(before).rename({"reason": "previous_cost_missing_reason"})]
    reasons.append(_reasons(after).rename({"reason": "cost_missing_reason"}))
    for reason in reasons:
        moved = moved.join(reason, on=GRAIN, how="left")
    start, end = pl.col("before"), pl.col("after")
    prices_first = pl.col("d").is_null() & pl.col("p").is_not_null()
    first = pl.coalesce("m", "before")
    second = pl.when(prices_first).then("p").otherwise(pl.coalesce("d", first))
    last_two = (second - first, end - second)
    has_both = start.is_not_null() & end.is_not_null()
    parts = {
        "method": first - start,
        "disclosure": pl.when(prices_first).then(last_two[1]).otherwise(last_two[0]),
        "price": pl.when(prices_first).then(last_two[0]).otherwise(last_two[1]),
    }
    after_method = start if method is None else pl.col("m")
    after_disclosure = after_method if disclosure is None else pl.col("d")
    way = [start, after_method, pl.when(prices_first).then("p").otherwise(after_disclosure), end]
    flips = [one.is_not_null() != other.is_not_null() for one, other in pairwise(way)]
    came = {
        "method": flips[0],
        "disclosure": pl.when(prices_first).then(flips[2]).otherwise(flips[1]),
        "price": pl.when(prices_first).then(flips[1]).otherwise(flips[2]),
    }
    return (
        moved.with_columns(absent)
        .select(
            *GRAIN,
            pl.when(has_both)
            .then(pl.lit("moved"))
            .when(end.is_not_null())
            .then(pl.lit("appeared"))
            .otherwise(pl.lit("disappeared"))
            .alias("change"),
            start.alias("previous_cost_usd"),
            end.alias("cost_usd"),
            "previous_cost_missing_reason",
            "cost_missing_reason",
            (end - start).cast(USD).alias("difference_usd"),
            *(pl.when(has_both).then(part).cast(USD).alias(f"{name}_part_usd") for name, part in parts.items()),
            (~has_both | (pl.col("m").is_not_null() & (pl.col("d").is_not_null() | prices_first))).alias("is_divided"),
            flagged(**{name: pl.when(has_both).then(parts[name] != 0).otherwise(came[name]) for name in CAUSES}).alias(
                "causes"
            ),
        )
        .sort(GRAIN)
    )


def _beside(**frames: pl.DataFrame) -> pl.DataFrame:
    """GRAIN and the cost of each version, one column a version."""
    names = list(frames)
    long = pl.concat(
        frame.select(*GRAIN, pl.col("cost_mid_usd"), pl.lit(name).alias("version")) for name, frame in frames.items()
    )
    return long.group_by(GRAIN).agg(
        pl.col("cost_mid_usd").filter(pl.col("version") == name).first().alias(name) for name in names
    )


def _reasons(costs: pl.DataFrame) -> pl.DataFrame:
    """Why a cost is absent; one with nothing but an upper end has no middle either."""
    reason = pl.coalesce("cost_missing_reason", pl.lit("one_sided"))
    return costs.select(*GRAIN, pl.when(pl.col("cost_mid_usd").is_null()).then(reason).alias("reason"))


def named(changes: pl.DataFrame, release_id: str, previous_release_id: str) -> pl.DataFrame:
    """history.cost_changes of one release."""
    return changes.with_columns(
        pl.lit(release_id).alias("release_id"), pl.lit(previous_release_id).alias("previous_release_id")
    ).select(list(table_of(CostChanges).dtypes))
