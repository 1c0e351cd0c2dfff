"""Ends of sums with shared errors: against arithmetic, against a stratified sample, and laws."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from statistics import NormalDist

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.costing.sums import POINT_95, sum_ends

Term = tuple[str | None, float, float, float]
"""Shared factor, median, spread of its own, spread it shares."""

NORMAL = NormalDist()
DRAWS = 40_000
UNHURRIED = settings(deadline=None, max_examples=40)

spreads = st.one_of(st.just(0.0), st.floats(0.01, 1.0))
terms = st.lists(st.tuples(st.sampled_from(["h100", "a100", None]), st.floats(0.5, 500), spreads, spreads), min_size=1)


def end_of(given_terms: list[Term], *, is_upper: bool) -> float:
    frame = pl.DataFrame(
        [("sum", is_upper, *term) for term in given_terms],
        schema={
            "name": pl.String,
            "is_upper": pl.Boolean,
            "factor": pl.String,
            "mid": pl.Float64,
            "own_spread": pl.Float64,
            "shared_spread": pl.Float64,
        },
        orient="row",
    )
    return sum_ends(frame, ["name"])["end"].item()


def both_ends(given_terms: list[Term]) -> tuple[float, float]:
    return end_of(given_terms, is_upper=False), end_of(given_terms, is_upper=True)


def sampled_ends(given_terms: list[Term]) -> tuple[float, float]:
    """The same by a Latin hypercube with a fixed seed: every error is one column of stratified normals."""
    rng = random.Random(20_261_123)

    def column() -> Iterator[float]:
        drawn = [NORMAL.inv_cdf((place + rng.random()) / DRAWS) for place in range(DRAWS)]
        rng.shuffle(drawn)
        return iter(drawn)

    shared = {factor: list(column()) for factor in sorted({term[0] for term in given_terms if term[0]})}
    total = [0.0] * DRAWS
    for factor, mid, own, common in given_terms:
        errors = shared[factor] if factor else column()
        pairs = zip(column(), errors, strict=True)
        total = [
            known + mid * math.exp(own * alone + common * together)
            for known, (alone, together) in zip(total, pairs, strict=True)
        ]
    total.sort()
    return total[int(0.05 * DRAWS)], total[int(0.95 * DRAWS)]


@pytest.mark.parametrize("own", [0.0, 0.3])
def test_of_one_term_the_ends_are_exact(own: float) -> None:
    whole = math.hypot(own, 0.4)
    low, high = both_ends([("h100", 120.0, own, 0.4)])
    assert low == pytest.approx(120 * math.exp(-POINT_95 * whole), rel=1e-12)
    assert high == pytest.approx(120 * math.exp(POINT_95 * whole), rel=1e-12)


def test_terms_that_share_everything_add_their_ends() -> None:
    low, high = both_ends([("h100", 100.0, 0.0, 0.5), ("h100", 40.0, 0.0, 0.5), ("h100", 60.0, 0.0, 0.5)])
    assert low == pytest.approx(200 * math.exp(-POINT_95 * 0.5), rel=1e-9)
    assert high == pytest.approx(200 * math.exp(POINT_95 * 0.5), rel=1e-9)


def test_terms_that_share_nothing_are_narrower_than_all_ends_at_once() -> None:
    apart = both_ends([("h100", 100.0, 0.0, 0.5), ("a100", 100.0, 0.0, 0.5)])
    together = both_ends([("h100", 100.0, 0.0, 0.5), ("h100", 100.0, 0.0, 0.5)])
    assert together[0] < 0.9 * apart[0]
    assert apart[1] < 0.92 * together[1]


def test_a_term_without_a_factor_shares_with_none() -> None:
    assert both_ends([(None, 100.0, 0.0, 0.5), (None, 100.0, 0.0, 0.5)]) == pytest.approx(
        both_ends([("h100", 100.0, 0.0, 0.5), ("a100", 100.0, 0.0, 0.5)])
    )


def test_certain_terms_only_shift() -> None:
    assert both_ends([("h100", 100.0, 0.0, 0.0), ("a100", 30.0, 0.0, 0.0)]) == pytest.approx((130.0, 130.0))


@pytest.mark.parametrize(
    "case",
    [
        [("h100", 100.0, 0.2, 0.4), ("h100", 50.0, 0.2, 0.4), ("a100", 120.0, 0.1, 0.3)],
        [("h100", 100.0, 0.3, 0.2), ("h100", 100.0, 0.3, 0.2), ("h100", 100.0, 0.3, 0.2), ("h100", 100.0, 0.3, 0.2)],
        [("v100", 500.0, 0.0, 0.35), ("a100", 500.0, 0.35, 0.0), ("h100", 500.0, 0.1, 0.35)],
        [("h100", 10.0, 0.5, 0.1), ("h100", 400.0, 0.05, 0.25), (None, 30.0, 0.0, 0.3)],
    ],
)
def test_a_stratified_sample_finds_the_same_ends(case: list[Term]) -> None:
    for ours, sampled in zip(both_ends(case), sampled_ends(case), strict=True):
        assert ours == pytest.approx(sampled, rel=0.012)


def test_a_sum_that_is_almost_certain_has_ends() -> None:
    low, high = both_ends([("h100", 490.0, 0.0, 0.0), ("h100", 0.5, 0.0, 0.015625)])
    assert 490 < low < 490.5 < high < 491


def test_independent_prices_would_be_wrong_for_one_accelerator() -> None:
    shared = [("h100", 100.0, 0.1, 0.4) for _ in range(4)]
    apart = [(None, 100.0, 0.1, 0.4) for _ in range(4)]
    high = sampled_ends(shared)[1]
    assert end_of(shared, is_upper=True) == pytest.approx(high, rel=0.01)
    assert end_of(apart, is_upper=True) < 0.85 * high


@UNHURRIED
@given(terms)
def test_the_middle_lies_between_the_ends(case: list[Term]) -> None:
    low, high = both_ends(case)
    middle = sum(term[1] for term in case)
    assert low <= middle * (1 + 1e-9)
    assert middle <= high * (1 + 1e-9)
    assert low > 0


@UNHURRIED
@given(terms, st.floats(0.01, 100))
def test_the_unit_of_money_does_not_matter(case: list[Term], times: float) -> None:
    scaled = [(factor, mid * times, own, shared) for factor, mid, own, shared in case]
    assert both_ends(scaled) == pytest.approx([end * times for end in both_ends(case)], rel=1e-6)


@UNHURRIED
@given(terms, st.randoms(use_true_random=False))
def test_the_order_of_terms_does_not_matter(case: list[Term], rng: random.Random) -> None:
    shuffled = rng.sample(case, len(case))
    assert both_ends(shuffled) == pytest.approx(both_ends(case), rel=1e-6)


@UNHURRIED
@given(terms)
def test_no_dependence_reaches_past_all_ends_at_once(case: list[Term]) -> None:
    low, high = both_ends(case)
    widths = [(mid, POINT_95 * math.hypot(own, shared)) for _, mid, own, shared in case]
    assert low >= sum(mid * math.exp(-width) for mid, width in widths) * (1 - 1e-9)
    assert high <= sum(mid * math.exp(width) for mid, width in widths) * (1 + 1e-9)
