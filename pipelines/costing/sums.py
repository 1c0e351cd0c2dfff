"""Ends of a sum of costs whose errors are partly shared.

Every term is a product of lognormals: an error of its own (hours), and one it shares with all terms of the same factor
(the price of one accelerator). The first three moments of the sum are then exact, and a shifted lognormal with the
same moments has its 5% and 95% points within 1% of the true ones. Method: docs/methods.md, intervals; E. L. Crow and
K. Shimizu, Lognormal Distributions (1988), chapter 1 (moments, third moment of the shifted form).
"""

from __future__ import annotations

from statistics import NormalDist

import polars as pl

POINT_95 = NormalDist().inv_cdf(0.95)
"""Distance of the 95% point of a normal from its middle, in standard deviations."""

_PART = ("factor", "shared_spread", "part", "m1", "m2", "m3")
TERM = ("is_upper", "factor", "mid", "own_spread", "shared_spread")
ALMOST_CERTAIN = 1e-12
"""Below this variance, as a share of the squared mean, a sum has no width."""
LEAST_SKEWNESS = 1e-4
"""A sum nearer to normal is taken for this: the closed form would divide what rounding left of it."""


def spread(mid: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The standard deviation of the logarithm that puts `end` at the 5% or 95% point; none where an end is absent."""
    return ((end / mid).log().abs() / POINT_95).fill_null(0.0)


def sum_ends(terms: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The 5% and the 95% point of a sum of each group.

    Args:
        terms: by, and TERM, each term once for each end that is asked: `is_upper` tells which (95% or 5%), `factor`
            names what is shared (null shares nothing), `mid` is the median (USD, above zero), `own_spread` and
            `shared_spread` are standard deviations of the logarithm on this side.
        by: columns that name a group.

    Returns:
        by, is_upper and `end`. It lies between the sum of middles and the sum of all ends. Terms of one and the same
        error move together, and the sum of their ends is exact.
    """
    by = [*by, "is_upper"]
    one_error = (pl.len() == 1) | ((pl.col("factor").n_unique() == 1) & pl.col("factor").is_not_null().all())
    middle, together = pl.col("middle"), pl.col("together")
    bounds = terms.group_by(by).agg(
        pl.col("mid").sum().alias("middle"),
        (pl.col("mid") * (_sign() * POINT_95 * _both_spreads()).exp()).sum().alias("together"),
        (one_error & ((pl.len() == 1) | (pl.col("own_spread") == 0).all())).alias("is_exact"),
    )
    mixed = terms.join(bounds.filter(~pl.col("is_exact")).select(by), on=by, how="semi")
    # each a frame, not a plan: polars would work out again whatever is joined with itself
    moments = _moments(_grouped(mixed.lazy(), by).collect().lazy(), by)
    is_upper = pl.col("is_upper")
    limits = pl.when(is_upper).then(middle).otherwise(together), pl.when(is_upper).then(together).otherwise(middle)
    point = pl.coalesce(_quantile().clip(*limits), together)
    return bounds.lazy().join(moments, on=by, how="left").select(*by, point.alias("end")).collect()


def _sign() -> pl.Expr:
    return pl.when("is_upper").then(1.0).otherwise(-1.0)


def _both_spreads() -> pl.Expr:
    return (pl.col("own_spread") ** 2 + pl.col("shared_spread") ** 2).sqrt()


def _grouped(terms: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    """Terms that share the same error in the same measure, as one: raw moments of the sum of what is their own.

    Cumulants of independent terms add; those of a lognormal with median m and spread s follow from its raw moments
    m^k exp(k^2 s^2 / 2).
    """
    first, second, third = (pl.col("mid") ** k * (k * k * pl.col("own_spread") ** 2 / 2).exp() for k in (1, 2, 3))
    alone = pl.concat_str(pl.lit("only "), pl.int_range(pl.len()).over(by).cast(pl.String))
    named = terms.with_columns(pl.coalesce("factor", alone).alias("factor"))
    return (
        named.group_by(*by, "factor", "shared_spread")
        .agg(
            first.sum().alias("k1"),
            (second - first**2).sum().alias("k2"),
            (third - 3 * first * second + 2 * first**3).sum().alias("k3"),
        )
        .select(
            *by,
            "factor",
            "shared_spread",
            pl.struct("factor", "shared_spread").rank("dense").over(by).alias("part"),
            pl.col("k1").alias("m1"),
            (pl.col("k2") + pl.col("k1") ** 2).alias("m2"),
            (pl.col("k3") + 3 * pl.col("k1") * pl.col("k2") + pl.col("k1") ** 3).alias("m3"),
        )
    )


def _moments(parts: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    """Mean, variance and third central moment of each group, from all pairs and triples of its parts."""
    a, b, c = (parts.rename({name: f"{name}_{tag}" for name in _PART}) for tag in "abc")
    singles = a.group_by(by).agg((pl.col("m1_a") * (pl.col("shared_spread_a") ** 2 / 2).exp()).sum().alias("mean"))
    pairs = a.join(b, on=by, how="inner")
    triples = pairs.join(c, on=by, how="inner")
    second = pairs.group_by(by).agg((_own_product("ab") * (_shared_variance("ab") / 2).exp()).sum().alias("second"))
    third = triples.group_by(by).agg((_own_product("abc") * (_shared_variance("abc") / 2).exp()).sum().alias("third"))
    mean = pl.col("mean")
    return (
        singles.join(second, on=by)
        .join(third, on=by)
        .select(
            *by,
            "mean",
            (pl.col("second") - mean**2).alias("variance"),
            (pl.col("third") - 3 * mean * pl.col("second") + 2 * mean**3).alias("third_central"),
        )
    )


def _own_product(tags: str) -> pl.Expr:
    """The expected product of what is their own of two or three parts: of the same part its higher moment."""
    if tags == "ab":
        return pl.when(pl.col("part_a") == pl.col("part_b")).then("m2_a").otherwise(pl.col("m1_a") * pl.col("m1_b"))
    same = {pair: pl.col(f"part_{pair[0]}") == pl.col(f"part_{pair[1]}") for pair in ("ab", "ac", "bc")}
    return (
        pl.when(same["ab"] & same["bc"])
        .then(pl.col("m3_a"))
        .when(same["ab"])
        .then(pl.col("m2_a") * pl.col("m1_c"))
        .when(same["ac"])
        .then(pl.col("m2_a") * pl.col("m1_b"))
        .when(same["bc"])
        .then(pl.col("m2_b") * pl.col("m1_a"))
        .otherwise(pl.col("m1_a") * pl.col("m1_b") * pl.col("m1_c"))
    )


def _shared_variance(tags: str) -> pl.Expr:
    """Variance of the sum of the shared errors of parts: those of one factor are one error."""
    squares = [pl.col(f"shared_spread_{tag}") ** 2 for tag in tags]
    crossed = [
        pl.when(pl.col(f"factor_{one}") == pl.col(f"factor_{other}"))
        .then(2 * pl.col(f"shared_spread_{one}") * pl.col(f"shared_spread_{other}"))
        .otherwise(0.0)
        for index, one in enumerate(tags)
        for other in tags[index + 1 :]
    ]
    return pl.sum_horizontal([*squares, *crossed])


def _quantile() -> pl.Expr:
    """A point of the shifted lognormal with this mean, variance and third central moment.

    With skewness g, w = exp(s^2) solves (w + 2) sqrt(w - 1) = g.
    """
    mean, variance = pl.col("mean"), pl.col("variance")
    deviation = variance.clip(lower_bound=0.0).sqrt()
    skewness = (pl.col("third_central") / deviation**3).clip(lower_bound=LEAST_SKEWNESS)
    inner = skewness * (1 + skewness**2 / 4).sqrt()
    outer = 1 + skewness**2 / 2
    w = (outer + inner).cbrt() + (1 / (outer + inner)).cbrt() - 1
    scale = deviation / (w * (w - 1)).sqrt()
    shift = mean - scale * w.sqrt()
    point = shift + scale * (_sign() * POINT_95 * w.log().sqrt()).exp()
    return pl.when(variance > ALMOST_CERTAIN * mean**2).then(point).otherwise(mean)
