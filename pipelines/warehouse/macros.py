"""The table macros of the published file: `sql/macros/`, one SELECT each, asked with a day like a function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from pipelines.paths import SQL
from pipelines.warehouse.sql import SqlFileError

MACROS = SQL / "macros"
PARAMETERS = "-- parameters: "
SCHEMA = "core"


@dataclass(frozen=True)
class Macro:
    """A SELECT with parameters.

    Attributes:
        name: the file's stem; the macro is `core.<name>`.
        question: its first comment line.
        parameters: names of its parameters, days all of them.
        query: the text.
    """

    name: str
    question: str
    parameters: tuple[str, ...]
    query: str

    @property
    def call(self) -> str:
        """How it is asked."""
        return f"{SCHEMA}.{self.name}({', '.join(self.parameters)})"

    def create(self) -> str:
        """`create macro`, with its comment, in the database in use."""
        comment = self.question.replace("'", "''")
        return (
            f"create or replace macro {self.call} as table {self.query.strip()};\n"
            f"comment on macro table {SCHEMA}.{self.name} is '{comment}'"
        )


def _macro(path: Path) -> Macro:
    query = path.read_text(encoding="utf-8")
    first, second = ([*query.splitlines(), "", ""])[:2]
    if not first.startswith("-- ") or not second.startswith(PARAMETERS):
        raise SqlFileError(f"{path}: the first two lines are not '-- ' and the answer, and '{PARAMETERS}' and names")
    names = tuple(name.strip() for name in second.removeprefix(PARAMETERS).split(","))
    return Macro(path.stem, first.removeprefix("-- ").strip(), names, query)


@cache
def macros() -> tuple[Macro, ...]:
    """Every macro, each after those it asks.

    Raises:
        SqlFileError: a file does not open with what it answers and its parameters.
    """
    found = {path.stem: _macro(path) for path in sorted(MACROS.glob("*.sql"))}
    asked = {name: [other for other in found if f"{SCHEMA}.{other}(" in macro.query] for name, macro in found.items()}
    return tuple(found[name] for name in TopologicalSorter(asked).static_order())


def macro_dictionary() -> str:
    """The macros as a section of `DICTIONARY.md`."""
    rows = [f"| `{macro.call}` | {macro.question} |\n" for macro in sorted(macros(), key=lambda macro: macro.name)]
    return "".join(
        [
            "\n## Table macros\n\nQuestions with a day, for SQL: "
            "`from core.model_costs_as_known_on(date '2025-03-01')`. "
            "Ask them in the file itself, opened or made current with `use`. Days end at midnight UTC.\n\n"
            "| macro | answer |\n|---|---|\n",
            *rows,
        ]
    )
