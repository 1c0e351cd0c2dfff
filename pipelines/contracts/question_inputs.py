"""Contracts of the records that only questions need: rules of law that count compute."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from pipelines.contracts import vocabulary_questions as words
from pipelines.contracts.inputs import ID, SourcedRecord
from pipelines.contracts.table import column, table


@table("staging.reference__compute_rules", key=("rule_id",))
class StagedComputeRules(SourcedRecord):
    """One row per rule of law that depends on the compute of a training run."""

    rule_id: pl.String = column("Id of the rule.", unique=True, str_matches=ID)
    title: pl.String = column("What the rule says, in a line.")
    jurisdiction: pl.String = column("Where it holds.")
    rule_kind: pl.String = column("What compute is compared with.", isin=list(words.COMPUTE_RULE_KIND))
    threshold_flop: pl.Float64 = column("For a threshold the number of operations.", nullable=True, gt=0)
    base_share: pl.Float64 = column("For a share of the base that share.", nullable=True, gt=0, le=1)
    applies_from_on: pl.Date = column("First day it holds.", nullable=True)
    locator: pl.String = column("Article or section.", nullable=True)
    note: pl.String = column("What to know about the rule.", nullable=True)

    @pa.dataframe_check(description="a threshold has threshold_flop, a share_of_base has base_share, and not the other")
    def limit_not_of_kind(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The limit fits the kind of the rule."""
        is_threshold = pl.col("rule_kind") == "threshold"
        fits = (pl.col("threshold_flop").is_not_null() == is_threshold) & (
            pl.col("base_share").is_null() == is_threshold
        )
        return data.lazyframe.select(fits)
