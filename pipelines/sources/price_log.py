"""The price log: what was believed of a feed, as events, and the fold that takes one read further.

The fold is a pure function: the log so far, what is held, and the rows of one read at one moment give the events to
append, the rows set aside, the rows held and a verdict. Folding all stored reads again gives the same log.

A line of prices is one series in one slot. A series has one slot for the price now; where a file dates its rows, one
for each day; and one for each price that is announced for a day to come, until that day is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from pipelines.sources.formats.format import TERMS
from pipelines.sources.gates import (
    HOURLY,
    LABEL,
    SINGLE_PRICE,
    Rules,
    judged,
    known_as,
    refusal,
    spot_above_on_demand,
    with_bounds,
)
from pipelines.sources.price_events import (
    KEY,
    LOG_COLUMNS,
    MOMENT,
    PRICE,
    SEPARATOR,
    SET_ASIDE_COLUMNS,
    empty,
    gone_events,
    price_events,
    set_aside,
)
from pipelines.sources.unit_prices import exact, with_unit_prices


@dataclass(frozen=True)
class Folded:
    """What one read comes to.

    Attributes:
        status: changed, equal, held or refused.
        events: rows to append to the log (LOG_COLUMNS, or the columns of its kind).
        set_aside: rows set aside and held (SET_ASIDE_COLUMNS).
        row_count: rows of the read.
        believed_count: rows that became a price of the log.
        unchanged_count: rows that say what the log says.
        set_aside_count: rows with a fault.
        held_count: rows that wait for another read or source.
        message: what a reader should know; empty where there is nothing.
        unmapped: accelerators that no row of the map names.
        can_be_accepted: whether a refused read is one that somebody may believe all the same.
    """

    status: str
    events: pl.DataFrame
    set_aside: pl.DataFrame
    row_count: int
    believed_count: int = 0
    unchanged_count: int = 0
    set_aside_count: int = 0
    held_count: int = 0
    message: str = ""
    unmapped: tuple[str, ...] = field(default=())
    can_be_accepted: bool = False


@dataclass(frozen=True)
class State:
    """What is known before a read.

    Attributes:
        log: LOG_COLUMNS, as appended so far.
        held: rows of SET_ASIDE_COLUMNS with held=yes, of the last read.
        row_count: rows of the last good read; None before the first.
    """

    log: pl.DataFrame
    held: pl.DataFrame
    row_count: int | None = None


def new_state() -> State:
    """Before the first read."""
    return State(empty(LOG_COLUMNS), empty(SET_ASIDE_COLUMNS))


def fold(
    feed_id: str,
    state: State,
    rows: pl.DataFrame,
    moment: datetime,
    snapshot: str,
    rules: Rules,
    *,
    is_history: bool = False,
    is_accepted: bool = False,
) -> Folded:
    """Take a log of accelerator prices one read further.

    Args:
        feed_id: names its series.
        state: the log and what is held.
        rows: LINE and `COLUMNS["accelerator_prices"]`, as text.
        moment: of the read, UTC.
        snapshot: names the stored bytes.
        rules: limits, bounds, rates and names.
        is_history: the file dates its rows one by one, so that a series stands in it at several days.
        is_accepted: somebody looked, and believes the read whole: file gates that weigh likelihood are left out, and
            nothing is held. Row gates hold all the same.
    """
    day = moment.date()
    read = _prepared(feed_id, rows, day, rules, is_history=is_history)
    last = last_prices(state.log, day, is_history=is_history)
    still_open = last.filter("is_open")
    fault = "the feed holds no rows" if rows.is_empty() else None
    unlikely = None if fault or is_accepted else refusal(read, still_open, state.row_count, rules)
    if fault or unlikely:
        return refused(fault or unlikely or "", rows.height, state, can_be_accepted=fault is None)
    sorted_out = _sorted_out(judged(read, day), last, state, moment, rules, is_accepted=is_accepted)
    events = pl.concat(
        [price_events(sorted_out, moment, day, snapshot), gone_events(sorted_out, still_open, moment, day, snapshot)]
    )
    aside = set_aside(sorted_out)
    counts = {name: int((sorted_out["outcome"] == name).sum()) for name in ("believed", "equal", "set_aside", "held")}
    nothing_else = not events.height and not counts["equal"]
    status = "changed" if events.height else "held" if counts["held"] and nothing_else else "equal"
    return Folded(
        status,
        events,
        aside,
        rows.height,
        counts["believed"],
        counts["equal"],
        counts["set_aside"],
        counts["held"],
        unmapped=_unmapped(sorted_out),
    )


def refused(why: str, row_count: int, state: State, *, can_be_accepted: bool) -> Folded:
    """A read that is not believed: nothing of what is known changes."""
    nothing = state.log.clear(), state.held.clear()
    return Folded("refused", *nothing, row_count, message=why, can_be_accepted=can_be_accepted)


def series_id(feed_id: str) -> pl.Expr:
    """Feed and terms in one readable text."""
    return pl.concat_str([pl.lit(feed_id), *(pl.col(term).fill_null("") for term in TERMS)], separator=SEPARATOR).alias(
        "series_id"
    )


def _day(column: str) -> pl.Expr:
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _prepared(feed_id: str, rows: pl.DataFrame, day: date, rules: Rules, *, is_history: bool) -> pl.DataFrame:
    """Rows with their line, their price in one unit, what they are known as, and what is likely."""
    text = rows.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    slot = pl.lit("")
    if is_history:
        slot = pl.when(_day("observed_on").is_not_null()).then(
            pl.concat_str(pl.lit("on "), _day("observed_on").cast(pl.String))
        )
    slot = (
        pl.when(_day("effective_from") > day)
        .then(pl.concat_str(pl.lit("from "), _day("effective_from").cast(pl.String)))
        .otherwise(slot)
    )
    keyed = text.with_columns(
        series_id(feed_id),
        slot.fill_null("").alias("slot"),
        _day("observed_on").alias("observed_day"),
        _day("effective_from").alias("effective_day"),
        pl.min_horizontal(pl.coalesce(_day("observed_on"), pl.lit(day)), pl.lit(day)).alias("price_on"),
    )
    priced = with_unit_prices(known_as(keyed, rules), rules.rates)
    copies = pl.col("price").fill_null(-1).n_unique().over(KEY) > 1
    compared = spot_above_on_demand(priced.with_columns(copies.alias("is_conflict")))
    return with_bounds(compared, rules.bounds)


def last_prices(log: pl.DataFrame, day: date, *, is_history: bool = False) -> pl.DataFrame:
    """The last believed price of every line of a log.

    A price announced for a day is the price of the present from that day on.

    Returns:
        A row for each series and slot: `price` (exact), whether it `is_open` (no event ended it), and the terms.
    """
    slot = pl.lit("")
    if is_history:
        slot = pl.concat_str(pl.lit("on "), pl.col("observed_on"))
    begins = _day("effective_from")
    is_announced = begins > _day("recorded_at")
    placed = log.with_row_index("place").with_columns(
        pl.when(is_announced & (begins > day))
        .then(pl.concat_str(pl.lit("from "), pl.col("effective_from").str.slice(0, 10)))
        .otherwise(slot)
        .alias("slot"),
        pl.when(is_announced).then(begins).otherwise(_day("recorded_at")).alias("since"),
        exact(pl.col("price_as_published")).alias("price"),
    )
    # an announcement that was taken back before its day never becomes the price of the present
    taken_back = (pl.col("event").last() != PRICE).over("series_id", "effective_from")
    placed = placed.filter(~(is_announced & (begins <= day) & taken_back).fill_null(value=False))
    ordered = placed.sort("since", "place", maintain_order=True)
    ends = ordered.group_by(KEY, maintain_order=True).agg((pl.col("event").last() == PRICE).alias("is_open"))
    prices = ordered.filter(pl.col("event") == PRICE).unique(KEY, keep="last", maintain_order=True)
    return prices.join(ends, on=KEY, how="inner", maintain_order="left")


def _sorted_out(
    read: pl.DataFrame, last: pl.DataFrame, state: State, moment: datetime, rules: Rules, *, is_accepted: bool
) -> pl.DataFrame:
    """Every row with its one `outcome`: believed, equal, set_aside or held; and `held_since` where it is held."""
    limits = rules.limits
    before = last.select(*KEY, pl.col("price").alias("before"), "is_open")
    held = state.held.select(
        *KEY, exact(pl.col("price_as_published")).alias("held_price"), pl.col("held_since").alias("first_held")
    ).unique(KEY, keep="first", maintain_order=True)
    compared = read.join(before, on=KEY, how="left", maintain_order="left").join(
        held, on=KEY, how="left", maintain_order="left"
    )
    ratio = pl.col("price").cast(pl.Float64) / pl.col("before").cast(pl.Float64)
    agrees = _within(pl.col("price"), pl.col("held_price"), limits["agreement_ratio"])
    waited = pl.col("first_held").str.to_datetime(MOMENT, strict=False) <= (
        moment.replace(tzinfo=None) - timedelta(hours=limits["hold_hours"])
    )
    is_repeat = pl.struct(KEY).is_duplicated() & ~pl.struct(KEY).is_first_distinct()
    is_same = ((pl.col("price") == pl.col("before")) & pl.col("is_open")).fill_null(value=False)
    jumps = ((ratio > limits["jump_factor"]) | (ratio < 1 / limits["jump_factor"])).fill_null(value=False)
    marked = _corroborated(compared, moment, rules).with_columns(
        ratio.alias("ratio"),
        (agrees & waited).fill_null(value=False).alias("is_confirmed"),
        jumps.alias("jumps"),
        pl.when(agrees).then("first_held").otherwise(pl.lit(moment.strftime(MOMENT))).alias("held_since"),
    )
    is_settled = pl.col("is_confirmed") | pl.col("is_corroborated") | pl.lit(is_accepted)
    return marked.with_columns(
        pl.when(pl.col("check").is_not_null())
        .then(pl.lit("set_aside"))
        .when(is_repeat | is_same)
        .then(pl.lit("equal"))
        .when(pl.col("jumps") & ~is_settled)
        .then(pl.lit("held"))
        .otherwise(pl.lit("believed"))
        .alias("outcome")
    )


def _within(one: pl.Expr, other: pl.Expr, tolerance: float) -> pl.Expr:
    """Whether two prices differ by no more than a share of the second."""
    first, second = one.cast(pl.Float64), other.cast(pl.Float64)
    return ((first - second).abs() <= tolerance * second.abs()).fill_null(value=False)


def _corroborated(rows: pl.DataFrame, moment: datetime, rules: Rules) -> pl.DataFrame:
    """Rows with `is_corroborated`: another source has the seller at this price for the same hardware and terms."""
    day = moment.date()
    fresh = rules.evidence.filter(
        pl.col("observed_on").is_between(day - timedelta(days=int(rules.limits["corroboration_days"])), day)
    )
    terms = ["company", "hardware_id", "pricing_category"]
    tolerance = rules.limits["agreement_ratio"]
    found = (
        rows.with_row_index("place")
        .select("place", *terms, HOURLY, SINGLE_PRICE)
        .join(fresh.select(*terms, pl.col(HOURLY).alias("other"), pl.col(SINGLE_PRICE).alias("other_single")), on=terms)
        .filter(
            _within(pl.col(HOURLY), pl.col("other"), tolerance)
            | _within(pl.col(SINGLE_PRICE), pl.col("other_single"), tolerance)
        )
        .get_column("place")
    )
    return (
        rows.with_row_index("place")
        .with_columns(pl.col("place").is_in(found.implode()).alias("is_corroborated"))
        .drop("place")
    )


def _unmapped(rows: pl.DataFrame) -> tuple[str, ...]:
    """Accelerators no row of the map names, as the map would name them."""
    named = rows.filter(~pl.col("is_mapped") & pl.col("accelerator").is_not_null()).select(
        pl.concat_str([pl.col(part) for part in LABEL], separator=" ", ignore_nulls=True).alias("label")
    )
    return tuple(named["label"].unique().sort().to_list())
