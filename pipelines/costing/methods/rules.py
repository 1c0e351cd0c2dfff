"""The rules of a method that are tables (core.method_rules), and how a rule is found for a name."""

from __future__ import annotations

import polars as pl


class Rules:
    """Rules of one method by kind, each in the order in which it is tried."""

    def __init__(self, frame: pl.DataFrame, method_id: str) -> None:
        """Take the rules of `method_id` from core.method_rules."""
        self._rows = frame.filter(pl.col("method_id") == method_id).sort("rule", "rule_position")
        self._method_id = method_id

    def of(self, rule: str) -> pl.LazyFrame:
        """Rules of a kind: position, subject, value and outcome, in order.

        Raises:
            KeyError: the method has no such rule.
        """
        rows = self._rows.filter(pl.col("rule") == rule)
        if rows.is_empty():
            raise KeyError(
                f"data/reference/method_rules.csv: method '{self._method_id}' has no rule '{rule}': restore it"
            )
        return rows.lazy().select("rule_position", "subject", "value", "outcome")

    def first_part_of(self, names: pl.LazyFrame, column: str, rule: str) -> pl.LazyFrame:
        """The first rule of a kind whose subject is part of each name.

        Args:
            names: has `column`.
            column: of names.
            rule: kind of rule.

        Returns:
            A row for each distinct name that a rule fits: `column`, subject, value, outcome.
        """
        return (
            names.select(column)
            .unique()
            .join(self.of(rule), how="cross")
            .filter(pl.col(column).str.contains(pl.col("subject"), literal=True))
            .sort("rule_position")
            .unique(column, keep="first", maintain_order=True)
            .drop("rule_position")
        )
