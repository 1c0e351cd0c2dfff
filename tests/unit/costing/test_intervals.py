"""Ends of a product of lognormals, against arithmetic and against a seeded simulation."""

from __future__ import annotations

import math
import random

import polars as pl
import pytest

from pipelines.costing.intervals import Range, product, product_end, total

Input = tuple[float, float]
"""Middle and one end of an input."""


def end_of(*inputs: Input) -> float:
    """The end of the product of inputs whose ends all lie on the same side."""
    middle = math.prod(mid for mid, _ in inputs)
    expressions = [(pl.lit(mid), pl.lit(end)) for mid, end in inputs]
    return pl.select(product_end(pl.lit(middle), *expressions)).item()


@pytest.mark.parametrize("end", [10.0, 60.0, 100.0, 250.0])
def test_of_one_input_it_is_that_end(end: float) -> None:
    assert end_of((100.0, end)) == pytest.approx(end)


@pytest.mark.parametrize("end", [40.0, 250.0])
def test_a_certain_input_only_scales(end: float) -> None:
    assert end_of((100.0, end), (2.0, 2.0)) == pytest.approx(2 * end)


def test_without_any_range_there_is_none() -> None:
    assert end_of((100.0, 100.0), (2.0, 2.0)) == 200.0


def test_distances_add_in_squares_of_logarithms() -> None:
    assert end_of((1.0, math.e**3), (1.0, math.e**4)) == pytest.approx(math.e**5)
    assert end_of((1.0, math.e**-3), (1.0, math.e**-4)) == pytest.approx(math.e**-5)


def test_it_is_narrower_than_all_ends_at_once_and_wider_than_each() -> None:
    high = end_of((100.0, 200.0), (2.0, 3.0))
    assert 400 < high < 600
    low = end_of((100.0, 50.0), (2.0, 1.5))
    assert 75 < low < 100


def test_the_order_of_the_inputs_does_not_matter() -> None:
    assert end_of((3.0, 5.0), (7.0, 9.0), (2.0, 8.0)) == pytest.approx(end_of((2.0, 8.0), (3.0, 5.0), (7.0, 9.0)))


def test_an_unknown_middle_has_no_end() -> None:
    unknown = pl.lit(None, pl.Float64)
    assert pl.select(product_end(unknown, (unknown, unknown), (pl.lit(2.0), pl.lit(3.0)))).item() is None


NORMAL_AT_95_PERCENT = 1.6448536269514722
DRAWS = 60_000


def simulated_ends(inputs: list[tuple[float, float]]) -> tuple[float, float]:
    """5% and 95% points of the product of lognormals given by theirs, by drawing."""
    generator = random.Random(20261123)
    spreads = [(math.log(low * high) / 2, math.log(high / low) / (2 * NORMAL_AT_95_PERCENT)) for low, high in inputs]
    drawn = sorted(
        math.exp(math.fsum(generator.gauss(centre, spread) for centre, spread in spreads)) for _ in range(DRAWS)
    )
    return drawn[DRAWS * 5 // 100], drawn[DRAWS * 95 // 100]


@pytest.mark.parametrize(
    "inputs",
    [
        [(4_423_680.0, 6_709_248.0), (2.0, 12.0)],
        [(0.5, 2.0), (0.8, 1.25), (1.05, 1.40)],
        [(576.9231, 3750.0), (1.9, 12.29)],
    ],
    ids=["hours and price", "three inputs", "hours from compute"],
)
def test_the_ends_are_the_5_and_95_percent_points(inputs: list[tuple[float, float]]) -> None:
    middles = [math.sqrt(low * high) for low, high in inputs]
    low, high = simulated_ends(inputs)
    assert end_of(*zip(middles, (low for low, _ in inputs), strict=True)) == pytest.approx(low, rel=0.02)
    assert end_of(*zip(middles, (high for _, high in inputs), strict=True)) == pytest.approx(high, rel=0.02)


def ends(figures: Range) -> list[float]:
    """Middle, low and high."""
    return list(pl.select(*figures.columns("x")).row(0))


def point(value: float) -> Range:
    return Range(*[pl.lit(value)] * 3)


def test_a_product_of_ranges_is_its_ends_alone() -> None:
    some = Range(pl.lit(100.0), pl.lit(50.0), pl.lit(200.0))
    assert ends(product(some, point(2.0))) == pytest.approx([200, 100, 400])
    assert ends(product(point(3.0), point(2.0))) == [6, 6, 6]
    middle, low, high = ends(product(some, some))
    assert (middle, low, high) == pytest.approx((10_000, 10_000 / 2 ** (2**0.5), 10_000 * 2 ** (2**0.5)))


def test_a_sum_of_parts_is_close_to_a_simulation_where_one_part_is_most_of_it() -> None:
    dice = random.Random(7)
    spread, small = math.log(2) / NORMAL_AT_95_PERCENT, math.log(1.7) / NORMAL_AT_95_PERCENT
    draws = sorted(100 * math.exp(dice.gauss(0, spread)) + 7 * math.exp(dice.gauss(0, small)) for _ in range(DRAWS))
    whole = Range(pl.lit(100.0), pl.lit(50.0), pl.lit(200.0))
    part = Range(pl.lit(7.0), pl.lit(7 / 1.7), pl.lit(7 * 1.7))
    _, low, high = ends(total(whole, part))
    assert low == pytest.approx(draws[DRAWS // 20], rel=0.02)
    assert high == pytest.approx(draws[-DRAWS // 20], rel=0.02)


def test_a_sum_of_points_is_a_point() -> None:
    assert ends(total(point(3.0), point(4.0))) == [7, 7, 7]
