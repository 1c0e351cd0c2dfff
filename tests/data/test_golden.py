"""Every cost of the project's own data, as text: a change of data or method shows its whole effect in the review.

`UPDATE_GOLDEN=1 pytest tests/data/test_golden.py` writes the files again; read the diff before committing it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.contracts.vocabulary import COST_FLAG
from pipelines.paths import ROOT
from tests.golden.rendering import SHORT_FLAGS, model_costs_text, seed_story_text

if TYPE_CHECKING:
    from tests.data.conftest import RealLedger

GOLDEN = ROOT / "tests" / "golden"
SHOWN_LINES = 200


def difference(golden: Path, text: str) -> str:
    """A unified diff of a golden file and what the ledger says now; empty when they are equal."""
    old = golden.read_text(encoding="utf-8").splitlines() if golden.is_file() else []
    lines = list(difflib.unified_diff(old, text.splitlines(), str(golden.relative_to(ROOT)), "now", n=0, lineterm=""))
    hidden = len(lines) - SHOWN_LINES
    return "\n".join(lines[:SHOWN_LINES] + ([f"and {hidden} lines more"] if hidden > 0 else []))


@pytest.mark.parametrize(
    ("name", "render"),
    [("model_costs.txt", model_costs_text), ("seed_story.txt", seed_story_text)],
    ids=["every model", "the seed story"],
)
def test_figures_are_those_of_the_golden_file(real: RealLedger, name: str, render: Callable[[RealLedger], str]) -> None:
    golden, text = GOLDEN / name, render(real)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    changed = difference(golden, text)
    if changed:
        pytest.fail(f"{changed}\n\nUPDATE_GOLDEN=1 writes {golden.relative_to(ROOT)} again", pytrace=False)


def test_every_flag_has_a_short_form() -> None:
    assert list(SHORT_FLAGS) == list(COST_FLAG)
    assert len(set(SHORT_FLAGS.values())) == len(SHORT_FLAGS)
