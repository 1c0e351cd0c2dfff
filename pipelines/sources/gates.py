"""Gates: what must hold before a read of a feed is believed. Pure functions of frames, limits are data.

File gates refuse a read whole and leave the last good version as it was. Row gates set a single row aside with its
reason, or mark it. A price that moved a lot is neither: it is held (`price_log`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.sources.formats.format import TERMS
from pipelines.sources.unit_prices import BOUGHT, NOT_HOURLY, SHARED, SINGLE, UNITS

HOURLY, SINGLE_PRICE = "list_unit_price_usd_per_gpu_hour", "list_unit_price_usd_per_gpu"

LABEL = ["accelerator", "accelerator_memory_gb", "form_factor"]

COMMITTED = ("reserved", "committed")

FAMILY = r"^(?:NVIDIA )?([A-Z]{1,3}[0-9]{1,4}[A-Z]?)(?:$|[- ])"
"""The chip in a longer name: `A100-80GB`, `H100 NVL`."""

BOUNDED = ": if the price is right, mend data/reference/price_bounds.csv"

BOUND_PATTERNS = (
    ("accelerator", "pricing_category", "company"),
    ("accelerator", "pricing_category"),
    ("accelerator",),
    ("pricing_category",),
    (),
)
"""Bounds from the most particular to the most general: the first that speaks of a row's kind of price holds."""


@dataclass(frozen=True)
class Rules:
    """What a read is judged by; all of it is data.

    Attributes:
        limits: constants of the method `gates` (`data/reference/methods.yaml`).
        bounds: accelerator, pricing_category, company (each null for any), floor_usd_per_gpu_hour,
            ceiling_usd_per_gpu_hour, floor_usd_per_gpu, ceiling_usd_per_gpu.
        rates: as `unit_prices.per_dollar` returns them.
        accelerators: LABEL, hardware_id, released_on, known_chip: the map joined with the hardware it names, and the
            name by which bounds know that hardware.
        companies: provider_as_published, company: one name a company.
        counts: company, sku_key, known_count (exact): accelerators of products whose feed does not count them.
        evidence: company, hardware_id, pricing_category, the unit price in both units, observed_on: prices known from
            elsewhere, against which a jump is compared.
    """

    limits: Mapping[str, float]
    bounds: pl.DataFrame
    rates: pl.DataFrame
    accelerators: pl.DataFrame
    companies: pl.DataFrame
    counts: pl.DataFrame
    evidence: pl.DataFrame


def sku_key(sku: pl.Expr) -> pl.Expr:
    """A product in one spelling: `Standard_ND96isr_H100_v5` and `ND96isr H100 v5` are one."""
    return sku.str.strip_prefix("Standard_").str.replace_all(" ", "_").str.to_lowercase()


def known_as(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Rows with the company, the hardware and its day of release, whether the map names it, and a `known_count`."""
    return (
        rows.join(
            rules.companies, left_on="provider", right_on="provider_as_published", how="left", maintain_order="left"
        )
        .with_columns(pl.coalesce("company", "provider").alias("company"))
        .join(
            rules.accelerators.with_columns(pl.lit(value=True).alias("is_mapped")),
            on=LABEL,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(pl.col("is_mapped").fill_null(value=False))
        .with_columns(sku_key(pl.col("sku")).alias("sku_key"))
        .join(rules.counts, on=["company", "sku_key"], how="left", maintain_order="left")
    )


def with_bounds(rows: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Rows with `floor` and `ceiling` for their own unit price (by the hour, or of one accelerator bought).

    What bounds do not name in full is looked for by its chip: that in its name, else the `known_chip` of its hardware.
    """
    limits = ("floor_usd_per_gpu_hour", "ceiling_usd_per_gpu_hour", "floor_usd_per_gpu", "ceiling_usd_per_gpu")
    names = BOUND_PATTERNS[0]
    named = bounds["accelerator"].drop_nulls().unique().implode()
    chip = pl.col("accelerator").str.extract(FAMILY, 1)
    bounded_as = pl.when(pl.col("accelerator").is_in(named)).then("accelerator").when(chip.is_in(named)).then(chip)
    found = rows.with_columns(
        pl.col("accelerator").alias("full_name"), bounded_as.otherwise("known_chip").alias("accelerator")
    )
    for rank, pattern in enumerate(BOUND_PATTERNS):
        given = [pl.col(name).is_not_null() if name in pattern else pl.col(name).is_null() for name in names]
        of_rank = bounds.filter(pl.all_horizontal(given)).select(
            *pattern, *(pl.col(limit).alias(f"{limit}_{rank}") for limit in limits)
        )
        found = (
            found.join(of_rank, on=list(pattern), how="left", maintain_order="left")
            if pattern
            else found.join(of_rank.with_columns(every=1), left_on=pl.lit(1), right_on="every", how="left").drop(
                "every", strict=False
            )
        )
    ranks = range(len(BOUND_PATTERNS))
    is_bought = (pl.col("pricing_category") == BOUGHT).fill_null(value=False)
    first = {limit: pl.coalesce(f"{limit}_{rank}" for rank in ranks) for limit in limits}
    return found.with_columns(
        pl.when(is_bought).then(first["floor_usd_per_gpu"]).otherwise(first["floor_usd_per_gpu_hour"]).alias("floor"),
        pl.when(is_bought)
        .then(first["ceiling_usd_per_gpu"])
        .otherwise(first["ceiling_usd_per_gpu_hour"])
        .alias("ceiling"),
        pl.col("full_name").alias("accelerator"),
    ).drop("full_name", *(f"{limit}_{rank}" for limit in limits for rank in ranks))


def judged(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """Row gates: rows with the `check` they fail, its `column_name` and `reason`; null where they pass all.

    Args:
        rows: with unit prices, bounds, `is_conflict`, and observed_day, effective_day (dates, null where the text is
            no date).
        day: the day of the read.
    """
    unit_price = pl.coalesce(HOURLY, SINGLE_PRICE)
    text, count = pl.col("price_as_published"), pl.col("accelerator_count")
    hourly_total = pl.col("unit_as_published").is_in(NOT_HOURLY)
    is_committed = pl.col("pricing_category").str.contains("^(" + "|".join(COMMITTED) + ")")
    is_purchase = pl.col("pricing_category") == BOUGHT
    shared = pl.col("price_scope").is_in(SHARED)
    findings: list[tuple[str, str, pl.Expr, pl.Expr]] = [
        ("no_price", "price_as_published", text.is_null(), pl.lit("the feed gives no price")),
        (
            "not_a_number",
            "price_as_published",
            pl.col("price").is_null(),
            _say("the price '{}' is not a plain number", text),
        ),
        ("negative_price", "price_as_published", pl.col("price") < 0, _say("the price {} is below zero", text)),
        ("zero_price", "price_as_published", pl.col("price") == 0, pl.lit("a price of zero means unknown, not free")),
        (
            "not_a_date",
            "observed_on",
            pl.col("observed_on").is_not_null() & pl.col("observed_day").is_null(),
            _say("'{}' is no date", pl.col("observed_on")),
        ),
        (
            "not_a_date",
            "effective_from",
            pl.col("effective_from").is_not_null() & pl.col("effective_day").is_null(),
            _say("'{}' is no date", pl.col("effective_from")),
        ),
        (
            "future_date",
            "observed_on",
            pl.col("observed_day") > day,
            _say("seen on {}, a day that has not come", pl.col("observed_on")),
        ),
        (
            "unknown_scope",
            "price_scope",
            ~pl.col("price_scope").is_in([*SHARED, *SINGLE]).fill_null(value=False),
            _say("price scope '{}' is not known", pl.col("price_scope")),
        ),
        (
            "unknown_unit",
            "unit_as_published",
            ~is_purchase.fill_null(value=False) & ~pl.col("unit_as_published").is_in(UNITS).fill_null(value=False),
            _say("unit '{}' is not known", pl.col("unit_as_published")),
        ),
        (
            "not_a_number",
            "accelerator_count",
            count.is_not_null() & ~(pl.col("accelerators") > 0).fill_null(value=False),
            _say("the number of accelerators '{}' is not a number above zero", count),
        ),
        (
            "no_exchange_rate",
            "currency",
            (pl.col("currency") != "USD").fill_null(value=True) & pl.col("exchange_rate").is_null(),
            _say("no exchange rate of {} on or before that day", pl.col("currency")),
        ),
        (
            "reservation_total",
            "unit_as_published",
            hourly_total | (is_committed & (unit_price > pl.col("ceiling"))),
            _say("{} is the total of a term, not the price of an hour", text),
        ),
        (
            "part_of_price",
            "price_as_published",
            pl.col("flags").str.contains("part_of_price"),
            pl.lit("a commitment paid in two parts, of which this is one: not the price of an hour"),
        ),
        (
            "no_provider",
            "provider",
            pl.col("provider").is_null() & ~is_purchase.fill_null(value=False),
            pl.lit("the file names no seller: give provider in data/feeds.yaml"),
        ),
        (
            "duplicate",
            "price_as_published",
            pl.col("is_conflict"),
            pl.lit("the same line stands more than once at different prices"),
        ),
        (
            "below_floor",
            "price_as_published",
            unit_price < pl.col("floor"),
            _say("{} USD for one accelerator is below the floor of {}" + BOUNDED, unit_price, pl.col("floor")),
        ),
        (
            "above_ceiling",
            "price_as_published",
            unit_price > pl.col("ceiling"),
            _say("{} USD for one accelerator is above the ceiling of {}" + BOUNDED, unit_price, pl.col("ceiling")),
        ),
    ]
    fails = [(check, column, condition.fill_null(value=False), reason) for check, column, condition, reason in findings]
    chosen = {
        "check": [pl.when(fail).then(pl.lit(check)) for check, _, fail, _ in fails],
        "column_name": [pl.when(fail).then(pl.lit(column)) for _, column, fail, _ in fails],
        "reason": [pl.when(fail).then(reason) for _, _, fail, reason in fails],
    }
    marked = [
        pl.when(pl.col("effective_day") > day).then(pl.lit("not_yet_in_force")),
        pl.when(pl.col("observed_day") < pl.col("released_on")).then(pl.lit("dated_before_release")),
        pl.when(~_memory().is_between(1, 1024)).then(pl.lit("implausible_memory")),
        pl.when(shared & pl.col("accelerators").is_null()).then(pl.lit("accelerator_count_not_stated")),
        pl.when(count.is_null() & pl.col("accelerators").is_not_null()).then(pl.lit("accelerator_count_from_sku")),
        pl.when(pl.col("is_spot_above")).then(pl.lit("spot_above_on_demand")),
    ]
    return (
        rows.rechunk()
        .with_columns(pl.coalesce(expressions).alias(name) for name, expressions in chosen.items())
        .with_columns(_joined("flags", marked))
    )


def _say(sentence: str, *values: pl.Expr) -> pl.Expr:
    return pl.format(sentence, *(value.cast(pl.String).fill_null("") for value in values))


def _memory() -> pl.Expr:
    return pl.col("accelerator_memory_gb").cast(pl.Float64, strict=False)


def _joined(name: str, more: Sequence[pl.Expr]) -> pl.Expr:
    """A text column of words parted by `;`, with more of them."""
    given = pl.col(name).fill_null("").str.split(";").list.filter(pl.element() != "")
    words = pl.concat_list(given, *more).list.drop_nulls().list.unique(maintain_order=True).list.join(";")
    return pl.when(words != "").then(words).alias(name)


SAME_PRODUCT = [
    "provider",
    "sku",
    "accelerator",
    "accelerator_memory_gb",
    "form_factor",
    "accelerator_count",
    "tenancy",
    "operating_system",
    "price_scope",
    "currency",
    "unit_as_published",
]
"""Two rows of a region that agree in these differ in their commitment alone."""


def spot_above_on_demand(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `is_spot_above`: spot prices above the on-demand price of the same product in the same read.

    Spot may be priced by zone where on demand is priced by region: `us-east-1a` is in `us-east-1`.
    """
    numbered = rows.with_row_index("place")
    product = [*SAME_PRODUCT, pl.col("region").fill_null("").alias("region"), "price"]
    listed = numbered.filter((pl.col("pricing_category") == "on_demand") & (pl.col("price") > 0)).select(product)
    above = (
        numbered.filter(pl.col("pricing_category") == "spot")
        .select("place", *product)
        .join(listed, on=SAME_PRODUCT, how="inner", nulls_equal=True)
        .filter(pl.col("region").str.starts_with(pl.col("region_right")) & (pl.col("price") > pl.col("price_right")))
        .get_column("place")
    )
    return numbered.with_columns(pl.col("place").is_in(above.implode()).alias("is_spot_above")).drop("place")


def refusal(rows: pl.DataFrame, last: pl.DataFrame, last_row_count: int | None, rules: Rules) -> str | None:
    """File gates: why a read is refused whole; None where it is not.

    Args:
        rows: of the read, with series_id, slot, price and the terms.
        last: open lines of the last good version: the same columns.
        last_row_count: rows of the last good read; None at the first.
        rules: for its limits.
    """
    few = too_few(rows.height, last_row_count, rules.limits)
    if few:
        return few
    other_terms = [term for term in TERMS if term != "currency"]
    moved = rows.join(last.select(*other_terms, pl.col("currency").alias("before")), on=other_terms, nulls_equal=True)
    same = rows.join(last, on=[*other_terms, "currency"], how="semi", nulls_equal=True)
    changed = moved.filter(pl.col("currency") != pl.col("before"))
    if changed.height and not same.height:
        before, after = changed.select("before", "currency").row(0)
        return f"the currency of known lines changed from {before} to {after}"
    return moved_together(rows, last, rules.limits)


def too_few(row_count: int, last_row_count: int | None, limits: Mapping[str, float]) -> str | None:
    """Refuse a read that lost most rows of the last good one: that does not mean that they are gone."""
    if last_row_count and row_count < limits["file_rows_low_ratio"] * last_row_count:
        share = f"{limits['file_rows_low_ratio']:.0%}"
        return f"{row_count:,} rows where the last good read had {last_row_count:,}: less than {share} of them"
    return None


def moved_together(rows: pl.DataFrame, last: pl.DataFrame, limits: Mapping[str, float]) -> str | None:
    """Refuse a read whose known lines moved by one factor: another unit, or another scope, not a market."""
    known = rows.join(last.select("series_id", "slot", pl.col("price").alias("before")), on=["series_id", "slot"])
    ratios = known.filter(pl.col("price") > 0).select(
        pl.col("price").cast(pl.Float64) / pl.col("before").cast(pl.Float64)
    )
    if ratios.height < limits["median_least_lines"]:
        return None
    median = float(ratios.select(pl.first().median()).item() or 1)
    factor = limits["median_move_factor"]
    if 1 / factor <= median <= factor:
        return None
    return (
        f"the prices of {ratios.height:,} known lines moved together, by the factor {median:.4g} in the median: "
        "another unit or scope is likelier than a market"
    )
