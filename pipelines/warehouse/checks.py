"""The rules of `sql/checks/`: each file returns the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.contracts.quality import CheckResults
from pipelines.contracts.table import table_of
from pipelines.warehouse.sql import CHECKS, SqlFile, SqlFileError, sql_files
from pipelines.warehouse.store import Warehouse

SEVERITY = "-- severity: "
SEVERITIES = ("ERROR", "WARN")


@dataclass(frozen=True)
class Rule:
    """One rule: `<table>__<rule>.sql`, with its severity on the second line."""

    file: SqlFile
    severity: str

    @property
    def name(self) -> str:
        """Name of the check."""
        return self.file.name

    @property
    def table_name(self) -> str:
        """The table it is about: the first it reads that its name begins with, else the first it reads."""
        stem = self.name.partition("__")[0]
        return next((read for read in self.file.reads if read.endswith(f".{stem}")), self.file.reads[0])


def _rule(file: SqlFile) -> Rule:
    line = file.query.splitlines()[1] if file.query.count("\n") else ""
    severity = line.removeprefix(SEVERITY).strip()
    if not line.startswith(SEVERITY) or severity not in SEVERITIES:
        raise SqlFileError(f"sql/checks/{file.name}.sql: the second line is not '{SEVERITY}ERROR' or WARN")
    return Rule(file, severity)


RULES: tuple[Rule, ...] = tuple(_rule(file) for file in sql_files(CHECKS))
"""Every rule, by name."""


def run_rules(warehouse: Warehouse) -> pl.DataFrame:
    """Run every rule once (contract `quality.check_results`)."""
    rows = []
    for rule in RULES:
        failing = warehouse.query(rule.file.query)
        rows.append(
            {
                "check_name": rule.name,
                "table_name": rule.table_name,
                "severity": rule.severity,
                "has_passed": failing.is_empty(),
                "failing_count": failing.height,
                "description": rule.file.question,
                "first_failing_row": _first_row(failing),
            }
        )
    return pl.DataFrame(rows, schema=table_of(CheckResults).dtypes)


def _first_row(failing: pl.DataFrame) -> str | None:
    if failing.is_empty():
        return None
    return ", ".join(f"{name} = {value}" for name, value in failing.row(0, named=True).items())
