"""The way from one cost to the next in three steps, against a walk over plain decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.core import ModelCosts
from pipelines.contracts.quality import CostChanges
from pipelines.contracts.table import table_of
from pipelines.contracts.validation import require
from pipelines.costing.changes import cost_changes, moved_keys, named
from tests.unit.costing.builders import frame
from tests.unit.costing.test_properties import EXAMPLES

Costs = dict[str, Decimal | None]
AMOUNTS = st.none() | st.sampled_from([Decimal(number) for number in ("0.01", "1.00", "2.50", "999999999.99")])
VERSIONS = ("before", "method", "disclosure", "price", "after")


def costs(by_model: Costs) -> pl.DataFrame:
    """core.model_costs, one row a model."""
    rows = [
        {
            "model_id": model_id,
            "scope": "own",
            "price_basis": "rental",
            "cost_mid_usd": cost,
            "cost_missing_reason": None if cost else "no_price",
            "flags": [],
        }
        for model_id, cost in by_model.items()
    ]
    return frame(ModelCosts, rows)


def split(**versions: Costs | None) -> dict[str, dict[str, Any]]:
    """The changes by model, after the contract was kept."""
    given_frames = {name: None if known is None else costs(known) for name, known in versions.items()}
    found: Any = cost_changes(*(given_frames.get(name) for name in VERSIONS))  # type: ignore[arg-type]
    declared = table_of(CostChanges)
    rows = require(declared, named(found, "new", "old"))
    return {row["model_id"]: row for row in rows.to_dicts()}


def parts_of(row: dict[str, Any]) -> tuple[Decimal | None, ...]:
    return row["method_part_usd"], row["disclosure_part_usd"], row["price_part_usd"]


def one(**known: str | None) -> dict[str, Any]:
    """The change of the only model there is."""
    amounts = {name: Decimal(cost) if cost else None for name, cost in known.items()}
    return split(**{name: {"model": cost} for name, cost in amounts.items()})["model"]


def test_each_step_is_a_part() -> None:
    row = one(before="100.00", method="110.00", disclosure="165.00", after="82.50")
    assert parts_of(row) == (Decimal("10.00"), Decimal("55.00"), Decimal("-82.50"))
    assert (row["difference_usd"], row["change"], row["is_divided"]) == (Decimal("-17.50"), "moved", True)
    assert row["causes"] == ["price", "disclosure", "method"]


def test_one_cause_has_it_all() -> None:
    row = one(before="1.00", method="1.00", disclosure="1.00", after="3.00")
    assert parts_of(row) == (0, 0, Decimal("2.00"))
    assert row["causes"] == ["price"]


def test_without_a_cost_at_old_prices_prices_go_first() -> None:
    """An accelerator that had no quote: the new disclosure is what moved the cost."""
    row = one(before="100.00", method="100.00", disclosure=None, price="100.00", after="300.00")
    assert parts_of(row) == (0, Decimal("200.00"), 0)
    assert (row["is_divided"], row["causes"]) == (True, ["disclosure"])


def test_without_any_way_the_last_cause_has_the_whole() -> None:
    row = one(before="100.00", method="90.00", disclosure=None, price=None, after="300.00")
    assert parts_of(row) == (Decimal("-10.00"), 0, Decimal("210.00"))
    assert not row["is_divided"]


def test_code_that_cannot_compute_the_old_data_divides_nothing() -> None:
    row = split(before={"model": Decimal(1)}, method=None, disclosure=None, price=None, after={"model": Decimal(4)})
    assert parts_of(row["model"]) == (0, 0, Decimal(3))
    assert not row["model"]["is_divided"]


def test_what_appears_names_the_step_that_brought_it() -> None:
    rows = {
        "price": one(before=None, method=None, disclosure=None, after="3.00"),
        "disclosure": one(before=None, method=None, disclosure="2.00", after="3.00"),
        "method": one(before=None, method="1.00", disclosure="2.00", after="3.00"),
    }
    for cause, row in rows.items():
        assert (row["change"], row["causes"]) == ("appeared", [cause])
        assert (row["previous_cost_missing_reason"], row["cost_missing_reason"]) == ("no_price", None)
        assert (row["difference_usd"], *parts_of(row)) == (None,) * 4


def test_a_model_that_goes_has_no_reason_but_that_it_went() -> None:
    row = split(before={"gone": Decimal(5)}, method={"gone": Decimal(5)}, disclosure={}, after={})["gone"]
    assert (row["change"], row["cost_missing_reason"], row["causes"]) == ("disappeared", None, ["disclosure"])


def test_an_upper_end_alone_is_no_cost() -> None:
    held, new = costs({"m": None}), costs({"m": Decimal(2)})
    bound = held.with_columns(pl.lit(None, pl.String).alias("cost_missing_reason"), pl.lit(9.0).alias("cost_high_usd"))
    row = cost_changes(bound, bound, bound, None, new).to_dicts()[0]
    assert (row["change"], row["previous_cost_missing_reason"]) == ("appeared", "one_sided")


def test_what_is_as_it_was_is_not_told() -> None:
    same = costs({"a": Decimal(1), "b": None})
    assert moved_keys(same, same).is_empty()
    assert cost_changes(same, same, same, None, same).is_empty()


@EXAMPLES
@given(st.lists(st.tuples(*[AMOUNTS] * len(VERSIONS)), min_size=1, max_size=8), st.sets(st.sampled_from(VERSIONS[1:4])))
def test_the_parts_always_sum_to_the_difference(drawn: list[tuple[Decimal | None, ...]], lost: set[str]) -> None:
    versions: dict[str, Costs | None] = {
        name: {f"m{number}": row[place] for number, row in enumerate(drawn)} for place, name in enumerate(VERSIONS)
    }
    found = split(**{name: None if name in lost else known for name, known in versions.items()})
    for number, (before, method, disclosure, price, after) in enumerate(drawn):
        if before == after:
            assert f"m{number}" not in found
            continue
        row = found[f"m{number}"]
        if before is None or after is None:
            assert (row["difference_usd"], *parts_of(row)) == (None,) * 4
            assert row["change"] == ("appeared" if before is None else "disappeared")
            continue
        first = before if "method" in lost or method is None else method
        second = None if "disclosure" in lost else disclosure
        other = None if "price" in lost else price
        if second is None and other is not None:
            expected = (first - before, after - other, other - first)
        else:
            second = first if second is None else second
            expected = (first - before, second - first, after - second)
        assert parts_of(row) == expected
        assert sum(expected) == row["difference_usd"] == after - before
