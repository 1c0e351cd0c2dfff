"""The logs of feeds that are no accelerator prices: tokens, exchange rates, indices, electricity.

The same fold in a smaller form: a row is appended when its key is new or its value changed, so that a revision stands
beside what it revised. Pure functions of frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from pipelines.sources.formats.format import COLUMNS, LINE
from pipelines.sources.gates import too_few
from pipelines.sources.price_events import GONE, MOMENT, PRICE, empty
from pipelines.sources.price_log import Folded, State, refused
from pipelines.sources.unit_prices import exact


@dataclass(frozen=True)
class Shape:
    """What the rows of a kind of feed are.

    Attributes:
        key: columns that name an observation.
        values: columns with its numbers.
        others: further columns whose change is a change.
        dates: columns that hold days; a day that cannot be read refuses the file.
        is_fact: the past does not change but by revision, so a value that moved far means another base, and a row
            that is missing ends nothing. What is no number there (`.`) is a value that is not known.
    """

    key: tuple[str, ...]
    values: tuple[str, ...]
    others: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    is_fact: bool = True


SHAPES = {
    "token_prices": Shape(
        ("host", "model_as_published", "condition", "effective_from"),
        ("input_usd_per_million_tokens", "cached_input_usd_per_million_tokens", "output_usd_per_million_tokens"),
        ("effective_to",),
        is_fact=False,
    ),
    "exchange_rates": Shape(("observed_on", "base_currency", "quote_currency"), ("rate",), dates=("observed_on",)),
    "price_index": Shape(("series_id", "observed_on"), ("index_value",), ("unit_as_published",), ("observed_on",)),
    "electricity_prices": Shape(
        ("area", "area_kind", "period", "frequency", "sector", "taxes"), ("price",), ("unit_as_published",)
    ),
}
"""Every kind of feed that this module folds."""

UNKNOWN = (".", "", "-", "--", "N/A", "NA", "Not Available", "Not Applicable")
"""How official tables print that a value is not known."""

ISO_DAY = r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$"
TERMS_SEPARATOR = "|"


def log_columns(kind: str) -> tuple[str, ...]:
    """Columns of `log.csv` of a kind of feed; a price of tokens can be gone, a fact cannot."""
    event = () if SHAPES[kind].is_fact else ("event",)
    return (*event, "recorded_at", *COLUMNS[kind], "snapshot", LINE)


def aside_columns(kind: str) -> tuple[str, ...]:
    """Columns of `set_aside.csv` of a kind of feed."""
    return (LINE, "column", "value", "check", "reason", "held", "held_since", *COLUMNS[kind])


def new_state(kind: str) -> State:
    """Before the first read."""
    return State(empty(log_columns(kind)), empty(aside_columns(kind)))


def fold(
    kind: str,
    state: State,
    rows: pl.DataFrame,
    moment: datetime,
    snapshot: str,
    limits: Mapping[str, float],
    *,
    is_accepted: bool = False,
) -> Folded:
    """Take a log one read further.

    Args:
        kind: key of SHAPES.
        state: the log and what is held.
        rows: LINE and `COLUMNS[kind]`, as text.
        moment: of the read, UTC.
        snapshot: names the stored bytes.
        limits: constants of the method `gates`.
        is_accepted: as for `price_log.fold`.
    """
    shape = SHAPES[kind]
    text = rows.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    read = _compared(kind, text, state, shape)
    fault = "the feed holds no rows" if rows.is_empty() else _bad_days(read, shape)
    unlikely = None
    if not fault and not is_accepted:
        unlikely = too_few(rows.height, state.row_count, limits) or _rebased(read, shape, limits)
    if fault or unlikely:
        return refused(fault or unlikely or "", rows.height, state, can_be_accepted=fault is None)
    sorted_out = _sorted_out(read, shape, moment, limits, is_accepted=is_accepted)
    events = _events(kind, sorted_out, state, moment, snapshot)
    counts = {name: int((sorted_out["outcome"] == name).sum()) for name in ("believed", "equal", "set_aside", "held")}
    only_held = counts["held"] and not events.height and not counts["equal"]
    return Folded(
        "changed" if events.height else "held" if only_held else "equal",
        events,
        _aside(kind, sorted_out, shape),
        rows.height,
        counts["believed"],
        counts["equal"],
        counts["set_aside"],
        counts["held"],
    )


def _numbers(shape: Shape) -> list[pl.Expr]:
    return [exact(pl.col(value)).alias(f"{value}__number") for value in shape.values]


def last_rows(kind: str, log: pl.DataFrame) -> pl.DataFrame:
    """The last row of every key of a log, with whether it is open."""
    is_open = pl.col("event") == PRICE if "event" in log.columns else pl.lit(value=True)
    return log.with_columns(is_open.alias("is_open")).unique(list(SHAPES[kind].key), keep="last", maintain_order=True)


def _compared(kind: str, text: pl.DataFrame, state: State, shape: Shape) -> pl.DataFrame:
    """Rows with their numbers, what the log has for their key, and what is held for it."""
    key = list(shape.key)
    compared = [*shape.values, *shape.others]
    last = last_rows(kind, state.log).select(
        *key, *(pl.col(name).alias(f"{name}__before") for name in compared), "is_open"
    )
    known = state.log if "event" not in state.log.columns else state.log.filter(pl.col("event") == PRICE)
    believed = known.unique(key, keep="last", maintain_order=True).select(
        *key, *(exact(pl.col(name)).alias(f"{name}__last") for name in shape.values)
    )
    held = state.held.select(
        *key,
        *(exact(pl.col(name)).alias(f"{name}__held") for name in shape.values),
        pl.col("held_since").alias("first_held"),
    ).unique(key, keep="first", maintain_order=True)
    found = text.with_columns(_numbers(shape))
    for other in (last, believed, held):
        found = found.join(other, on=key, how="left", nulls_equal=True, maintain_order="left")
    alike = pl.struct([*compared]).n_unique().over(key) > 1
    return found.with_columns(alike.alias("is_conflict"), pl.col("is_open").fill_null(value=False))


def _bad_days(rows: pl.DataFrame, shape: Shape) -> str | None:
    for name in shape.dates:
        bad = rows.filter(~pl.col(name).str.contains(ISO_DAY).fill_null(value=False))
        if bad.height:
            line, value = bad.row(0, named=True)[LINE], bad.row(0, named=True)[name]
            return f"line {line}: '{value or ''}' in {name} is not a day as YYYY-MM-DD"
    return None


def _moves(shape: Shape) -> list[pl.Expr]:
    return [
        pl.col(f"{value}__number").cast(pl.Float64) / pl.col(f"{value}__last").cast(pl.Float64)
        for value in shape.values
    ]


def _rebased(rows: pl.DataFrame, shape: Shape, limits: Mapping[str, float]) -> str | None:
    """Refuse facts of which a known one moved far, and prices of which most moved by one factor."""
    ratios = rows.select(pl.concat_list(_moves(shape)).alias("ratio"), *shape.key).explode("ratio").drop_nulls("ratio")
    ratios = ratios.filter(pl.col("ratio").is_finite() & (pl.col("ratio") > 0))
    if shape.is_fact:
        most = limits["known_observation_move_ratio"]
        far = ratios.filter((pl.col("ratio") - 1).abs() > most)
        if far.height:
            first = far.row(0, named=True)
            what = " ".join(str(first[name]) for name in shape.key if first[name])
            return (
                f"{far.height:,} known values moved by more than {most:.0%}, first {what} by the factor "
                f"{first['ratio']:.4g}: the series was rebased, or is another"
            )
        return None
    if ratios.height < limits["median_least_lines"]:
        return None
    median, factor = float(ratios["ratio"].median() or 1), limits["median_move_factor"]  # type: ignore[arg-type]  # polars knows no narrower
    if 1 / factor <= median <= factor:
        return None
    return f"{ratios.height:,} known prices moved together, by the factor {median:.4g} in the median: another unit"


def _sorted_out(
    rows: pl.DataFrame, shape: Shape, moment: datetime, limits: Mapping[str, float], *, is_accepted: bool
) -> pl.DataFrame:
    """Every row with its one `outcome`, and the fault or hold behind it."""
    printed = [pl.col(value).is_not_null() & ~pl.col(value).is_in(UNKNOWN) for value in shape.values]
    numbers = [pl.col(f"{value}__number") for value in shape.values]
    nothing = ~pl.any_horizontal(printed)
    not_number = [says & number.is_null() for says, number in zip(printed, numbers, strict=True)]
    negative = [(number < 0).fill_null(value=False) for number in numbers]
    if shape.is_fact:
        zero = pl.any_horizontal((number == 0).fill_null(value=False) for number in numbers)
        too_high = pl.lit(value=False)
    else:
        first, last = numbers[0], numbers[-1]
        zero = (first == 0).fill_null(value=False) | (last == 0).fill_null(value=False)
        most = limits["token_price_high_usd_per_million_tokens"]
        too_high = pl.any_horizontal((number.cast(pl.Float64) > most).fill_null(value=False) for number in numbers)
    check = (
        pl.when(pl.any_horizontal(not_number))
        .then(pl.lit("not_a_number"))
        .when(pl.any_horizontal(negative))
        .then(pl.lit("negative_price"))
        .when(zero)
        .then(pl.lit("zero_price"))
        .when(too_high)
        .then(pl.lit("above_ceiling"))
        .when(pl.col("is_conflict"))
        .then(pl.lit("duplicate"))
        .when(nothing & pl.lit(not shape.is_fact))
        .then(pl.lit("no_price"))
    )
    factor = limits["jump_factor"]
    jumps = pl.any_horizontal(((move > factor) | (move < 1 / factor)).fill_null(value=False) for move in _moves(shape))
    tolerance = limits["agreement_ratio"]
    agrees = (
        pl.all_horizontal(
            ((number.cast(pl.Float64) / pl.col(f"{value}__held").cast(pl.Float64) - 1).abs() <= tolerance).fill_null(
                number.is_null() & pl.col(f"{value}__held").is_null()
            )
            for value, number in zip(shape.values, numbers, strict=True)
        )
        & pl.col("first_held").is_not_null()
    )
    waited = pl.col("first_held").str.to_datetime(MOMENT, strict=False) <= (
        moment.replace(tzinfo=None) - timedelta(hours=limits["hold_hours"])
    )
    same_numbers = [
        number.eq_missing(exact(pl.col(f"{value}__before")))
        for value, number in zip(shape.values, numbers, strict=True)
    ]
    same_others = [pl.col(name).eq_missing(pl.col(f"{name}__before")) for name in shape.others]
    is_same = pl.all_horizontal([*same_numbers, *same_others]) & pl.col("is_open")
    is_repeat = pl.struct(shape.key).is_duplicated() & ~pl.struct(shape.key).is_first_distinct()
    marked = rows.with_columns(
        check.alias("check"),
        jumps.alias("jumps"),
        (agrees & waited).fill_null(value=False).alias("is_confirmed"),
        pl.when(agrees).then("first_held").otherwise(pl.lit(moment.strftime(MOMENT))).alias("held_since"),
    )
    return marked.with_columns(
        pl.when(pl.col("check").is_not_null())
        .then(pl.lit("set_aside"))
        .when(nothing | is_repeat | is_same)
        .then(pl.lit("equal"))
        .when(pl.col("jumps") & ~pl.col("is_confirmed") & pl.lit(not is_accepted and not shape.is_fact))
        .then(pl.lit("held"))
        .otherwise(pl.lit("believed"))
        .alias("outcome")
    )


def _events(kind: str, rows: pl.DataFrame, state: State, moment: datetime, snapshot: str) -> pl.DataFrame:
    shape, columns = SHAPES[kind], log_columns(kind)
    stamp = moment.strftime(MOMENT)
    day = pl.lit(moment.date().isoformat())
    own_day = [pl.coalesce("observed_on", day).alias("observed_on")] if "observed_on" in COLUMNS[kind] else []
    believed = rows.filter(pl.col("outcome") == "believed").with_columns(
        *own_day,
        pl.lit(PRICE).alias("event"),
        pl.lit(stamp).alias("recorded_at"),
        pl.lit(snapshot).alias("snapshot"),
        pl.col(LINE).cast(pl.String),
    )
    if shape.is_fact:
        return believed.select(columns)
    good = rows.filter(pl.col("outcome").is_in(["believed", "equal"]))
    there = rows.select(*shape.key, pl.lit(value=True).alias("is_there")).unique(shape.key, keep="first")
    ended = (
        last_rows(kind, state.log)
        .filter("is_open")
        .join(good, on=list(shape.key), how="anti", nulls_equal=True)
        .join(there, on=list(shape.key), how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            *(pl.lit(None, pl.String).alias(value) for value in (*shape.values, "note", LINE)),
            day.alias("observed_on"),
            pl.lit(GONE).alias("event"),
            pl.lit(stamp).alias("recorded_at"),
            pl.when("is_there").then(pl.lit("price_not_believed")).alias("flags"),
            pl.lit(snapshot).alias("snapshot"),
        )
    )
    return pl.concat([believed.select(columns), ended.select(columns)])


def _aside(kind: str, rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    is_held = pl.col("outcome") == "held"
    chosen = rows.filter(pl.col("outcome").is_in(["set_aside", "held"])).rechunk()
    value = pl.concat_str([pl.col(name).fill_null("") for name in shape.values], separator=" / ")
    words = {
        "not_a_number": "is not a plain number",
        "negative_price": "is below zero",
        "zero_price": "a price of zero means unknown, not free",
        "above_ceiling": "is above the ceiling: a price in another unit",
        "duplicate": "the same line stands more than once with different values",
        "no_price": "the feed gives no price",
    }
    moved = pl.lit("moved by more than the limit: believed once a later read says so too")
    return chosen.select(
        pl.col(LINE).cast(pl.String),
        pl.lit(shape.values[0]).alias("column"),
        value.alias("value"),
        pl.when(is_held).then(pl.lit("jump")).otherwise("check").alias("check"),
        pl.when(is_held)
        .then(moved)
        .otherwise(pl.col("check").replace_strict(words, default=None, return_dtype=pl.String))
        .alias("reason"),
        pl.when(is_held).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("held"),
        pl.when(is_held).then("held_since").alias("held_since"),
        *COLUMNS[kind],
    )
