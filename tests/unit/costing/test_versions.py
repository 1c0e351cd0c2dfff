"""Versions of a table: whatever is said in turn, what was known at a moment is what was said then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contracts import core
from pipelines.costing.versions import MOMENT, held_at, quote_versions, supersede, superseded
from tests.unit.costing.builders import Row, frame, rental

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = {"name": pl.String, "part": pl.Int64, "says": pl.Float64, "words": pl.List(pl.String), "note": pl.String}
KEY, CONTENT = ["name", "part"], ["says", "words"]
NAMES = ("a", "b", "a@b")

Said = dict[tuple[str, int], tuple[float | None, list[str] | None]]
"""What a table says of each key."""

SAID = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 1)),
    st.tuples(st.sampled_from([None, 1.0, 2.5]), st.sampled_from([None, [], ["x"], ["x", "y"]])),
    max_size=5,
)
EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)


def at(step: int) -> datetime:
    return START + timedelta(hours=step)


def table(said: Said, note: str = "", recorded_at: datetime | None = None) -> pl.DataFrame:
    rows = [{"name": key[0], "part": key[1], "says": s, "words": w, "note": note} for key, (s, w) in said.items()]
    return pl.DataFrame(rows, schema=SCHEMA).with_columns(pl.lit(recorded_at, MOMENT).alias("recorded_at"))


def none_yet() -> pl.DataFrame:
    return table({}).with_columns(pl.lit(None, MOMENT).alias("superseded_at"))


def replayed(tables: list[Said]) -> pl.DataFrame:
    versions = none_yet()
    for step, said in enumerate(tables):
        versions = supersede(versions, table(said, note=str(step)), KEY, CONTENT, at(step))
    return versions


def told(versions: pl.DataFrame) -> Said:
    return {
        (row["name"], row["part"]): (row["says"], row["words"]) for row in versions.iter_rows(named=True)
    }  # fmt: skip


class TestSupersede:
    @EXAMPLES
    @given(st.lists(SAID, min_size=1, max_size=6))
    def test_what_was_known_at_each_moment_is_what_was_said_then(self, tables: list[Said]) -> None:
        versions = replayed(tables)
        for step, said in enumerate(tables):
            for moment in (at(step), at(step) + timedelta(minutes=59)):
                known = versions.filter(held_at(moment))
                assert known.height == len(said)
                assert told(known) == said
        assert versions.filter(held_at(START - timedelta(hours=1))).is_empty()

    @EXAMPLES
    @given(st.lists(SAID, min_size=1, max_size=5))
    def test_what_is_said_again_is_no_other_version(self, tables: list[Said]) -> None:
        versions = replayed(tables)
        again = supersede(versions, table(tables[-1], note="again"), KEY, CONTENT, at(99))
        compared = [*KEY, *CONTENT, "recorded_at", "superseded_at"]
        assert_frame_equal(again.select(compared), versions.select(compared))
        assert set(again.filter(pl.col("superseded_at").is_null())["note"]) <= {"again"}

    @EXAMPLES
    @given(st.lists(SAID, min_size=2, max_size=6))
    def test_a_closed_version_never_changes(self, tables: list[Said]) -> None:
        before = replayed(tables[:-1]).filter(pl.col("superseded_at").is_not_null())
        after = replayed(tables)
        assert before.join(after, on=before.columns, how="anti", nulls_equal=True).is_empty()

    def test_a_row_never_heard_of_counts_as_known_since_it_says_itself(self) -> None:
        early = START - timedelta(days=500)
        versions = supersede(none_yet(), table({("a", 0): (1.0, [])}, recorded_at=early), KEY, CONTENT, at(0))
        assert versions["recorded_at"].to_list() == [early]

    def test_a_correction_counts_from_now_whatever_it_says_itself(self) -> None:
        early = START - timedelta(days=500)
        first = supersede(none_yet(), table({("a", 0): (1.0, [])}, recorded_at=early), KEY, CONTENT, at(0))
        then = supersede(first, table({("a", 0): (2.5, [])}, recorded_at=early), KEY, CONTENT, at(1))
        assert then.select("says", "recorded_at", "superseded_at").rows() == [(1.0, early, at(1)), (2.5, at(1), None)]

    def test_what_was_withdrawn_and_comes_back_does_not_overlap_itself(self) -> None:
        early, said = START - timedelta(days=500), {("a", 0): (1.0, [])}
        versions = none_yet()
        for step, now in enumerate((said, {}, said)):
            versions = supersede(versions, table(now, recorded_at=early), KEY, CONTENT, at(step))
        assert versions.select("recorded_at", "superseded_at").rows() == [(early, at(1)), (at(2), None)]


class TestSuperseded:
    """Tables that keep only what no longer holds."""

    @EXAMPLES
    @given(st.lists(SAID, min_size=1, max_size=6))
    def test_with_the_table_of_today_it_tells_what_was_known_on_every_day(self, tables: list[Said]) -> None:
        closed = none_yet()
        previous: Said = {}
        for step, said in enumerate(tables):
            if step:
                closed = superseded(table(previous), closed, table(said), KEY, at(step))
            previous = said
        replaced = closed.group_by(KEY).agg(pl.col("superseded_at").max().alias("recorded_at"))
        current = table(previous).drop("recorded_at").join(replaced, on=KEY, how="left")
        versions = pl.concat(
            [closed, current.with_columns(pl.lit(None, MOMENT).alias("superseded_at"))], how="diagonal"
        )
        for step, said in enumerate(tables):
            held = versions.filter(held_at(at(step)))
            assert {key: said[key] for key in said}.items() <= told(held).items()


class TestQuotes:
    DAY = datetime(2024, 12, 1, tzinfo=UTC)

    def quotes(self, *rows: Row) -> pl.DataFrame:
        return frame(core.PriceQuotes, [{"recorded_at": self.DAY, **row} for row in rows])

    def after(self, *tables: list[Row]) -> list[dict[str, Any]]:
        versions = self.quotes(*tables[0])
        for step, rows in enumerate(tables[1:], start=1):
            versions = quote_versions(self.quotes(*rows), versions, at(step))
        return versions.sort("quote_id").to_dicts()

    def test_of_a_first_release_are_known_since_they_were_observed(self) -> None:
        first = self.quotes(rental(2))
        assert_frame_equal(quote_versions(first, first.clear(), at(0)), first)

    def test_that_stay_keep_their_moment_and_take_what_is_said_beside_them(self) -> None:
        [row] = self.after([rental(2, quote_id="q")], [rental(2, quote_id="q", note="mended", line=9)])
        assert (row["recorded_at"], row["note"], row["line"], row["is_usable"]) == (self.DAY, "mended", 9, True)

    def test_that_are_new_are_known_since_the_release(self) -> None:
        rows = self.after([rental(2, quote_id="a")], [rental(2, quote_id="a"), rental(3, quote_id="b")])
        assert [row["recorded_at"] for row in rows] == [self.DAY, at(1)]

    def test_of_a_feed_are_known_since_they_were_read(self) -> None:
        read = datetime(2025, 5, 5, 5, tzinfo=UTC)
        fed = rental(3, quote_id="b", feed_id="lambda", recorded_at=read)
        rows = self.after([rental(2, quote_id="a")], [rental(2, quote_id="a"), fed])
        assert rows[1]["recorded_at"] == read

    def test_that_were_changed_stay_as_versions_that_no_cost_uses(self) -> None:
        rows = self.after([rental(2, quote_id="q")], [rental(3, quote_id="q")], [rental(4, quote_id="q")])
        assert [row["quote_id"] for row in rows] == [
            "q", "q@2026-01-01T01:00:00.000000Z", "q@2026-01-01T02:00:00.000000Z"
        ]  # fmt: skip
        assert [row["list_unit_price_usd_per_gpu_hour"] for row in rows] == [4, 2, 3]
        assert [(row["recorded_at"], row["superseded_at"]) for row in rows] == [
            (at(2), None), (self.DAY, at(1)), (at(1), at(2))
        ]  # fmt: skip
        assert [row["is_usable"] for row in rows] == [True, False, False]
        assert [row["has_been_usable"] for row in rows] == [True, True, True]
        assert [row["flags"] for row in rows] == [[], ["superseded"], ["superseded"]]

    def test_that_are_gone_say_so(self) -> None:
        rows = self.after([rental(2, quote_id="q"), rental(1, quote_id="r")], [rental(1, quote_id="r")])
        assert [(row["quote_id"], row["flags"]) for row in rows] == [
            ("q@2026-01-01T01:00:00.000000Z", ["retracted"]), ("r", [])
        ]  # fmt: skip

    def test_with_a_moment_in_their_own_name_are_told_apart(self) -> None:
        odd = "q@2026-01-01T01:00:00.000000Z"
        rows = self.after([rental(2, quote_id=odd)], [rental(2, quote_id=odd)], [rental(3, quote_id=odd)])
        assert [row["quote_id"] for row in rows] == [odd, f"{odd}@2026-01-01T02:00:00.000000Z"]

    def test_of_a_release_that_knew_no_past_usability_take_the_present_one(self) -> None:
        old = self.quotes(rental(2, quote_id="q")).with_columns(pl.lit(None, pl.Boolean).alias("has_been_usable"))
        [row] = quote_versions(self.quotes(rental(2, quote_id="q")), old, at(1)).to_dicts()
        assert row["recorded_at"] == self.DAY
