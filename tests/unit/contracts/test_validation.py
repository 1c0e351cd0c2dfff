"""What a contract does to a frame: the rows that keep it pass, every other is set aside with all that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.contracts.table import TABLES, Table
from pipelines.contracts.validation import (
    REJECTED,
    ContractBrokenError,
    cast_text,
    check_references,
    conform,
    conform_strictly,
    rejections,
    require,
    stage,
    suggestion,
    validate,
)
from tests.unit.contracts.things import PLACE, REMEDY, THINGS, WORDS, cells, things

CASTABLE: dict[str, list[tuple[str, Any]]] = {
    "low_hours": [
        ("2788000", Decimal(2788000)),
        ("0.5", Decimal("0.5")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("2.788E6", Decimal(2788000)),
        (" 7 ", Decimal(7)),
        ("-1", Decimal(-1)),
        ("99999999999999", Decimal(99999999999999)),
    ],
    "part_count": [
        ("12", 12),
        ("12.0", 12),
        ("14.8e12", 14_800_000_000_000),
        ("+5", 5),
        ("9223372036854775807", 2**63 - 1),
    ],
    "used_ratio": [("0.375", 0.375), ("1e-3", 0.001), ("1e24", 1e24), ("1e-400", 0.0)],
    "seen_on": [("2024-12-26", date(2024, 12, 26)), (" 2024-02-29 ", date(2024, 2, 29))],
    "is_real": [("yes", True), ("No", False), ("TRUE", True), ("false", False)],
    "kin_ids": [("a;b", ["a", "b"]), ("a", ["a"]), ("a; b ;c", ["a", "b", "c"]), (";", []), (" ", [])],
    "word": [("sft", "sft"), ("NO", "NO")],
}
UNREADABLE: dict[str, list[str]] = {
    "low_hours": [
        *("about 3M", "NaN", "nan", "inf", "-inf", "Infinity", "0x10", "1_000", "1,000", "2.788.000", "1 000"),
        *("1\u00a0000", "\u0663", "\uff12", "1e", "--5", "+-5", "1d5", "$5", "5%", "3M", "1/2", "true", "1e400"),
        *("100000000000000", "1e14", "9.9e15", "9e17", "1e19", "1e300", "9" * 40, "-1e15"),
    ],
    "part_count": ["1.5", "1e-3", "1e30", "10000000000000000000", "-1e19", "NaN", "inf", "1_000", "1,000", "x", "yes"],
    "used_ratio": ["NaN", "inf", "-Infinity", "1e400", "1_0.5", "0,5", "half", "1 %"],
    "seen_on": [
        *("2024-13-45", "2024-02-30", "2024/01/05", "05.01.2024", "20240105", "2024-01", "2024", "January 5, 2024"),
        *("2024-01-05T10:00:00", "24-01-05", "0024-01-05", "-2024-01-05", "99999-01-01", "soon"),
    ],
    "is_real": ["1", "0", "y", "maybe", "t"],
}
KINDS = {
    "low_hours": "a number",
    "used_ratio": "a number",
    "part_count": "a whole number",
    "seen_on": "a date as YYYY-MM-DD",
    "is_real": "yes or no",
}


def pairs(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


CELLS = st.none() | st.sampled_from(["", "0", "-1", "1e14", "1e300", "nan", "2024-01-05", "yes", "sft", "a;b", "x"])
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "thing_id": st.sampled_from(["a", "b", "c", "d", "X", "", None]),
            "word": st.sampled_from([*WORDS, "word", None]),
            "model_id": st.sampled_from(["model-1", None]),
        },
        optional=dict.fromkeys(KINDS, CELLS),
    ),
    max_size=6,
)


class TestCastText:
    @pytest.mark.parametrize(("column", "reading"), pairs(CASTABLE))
    def test_reads(self, column: str, reading: tuple[str, Any]) -> None:
        text, value = reading
        result = cast_text(THINGS, cells({column: text}))
        assert result.rejected.is_empty()
        found = result.rows[column].to_list()[0]
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize(("column", "text"), pairs(UNREADABLE))
    def test_refuses(self, column: str, text: str) -> None:
        result = cast_text(THINGS, cells({column: text}))
        assert result.rows.is_empty()
        [found] = result.rejected.to_dicts()
        kind = KINDS[column]
        assert found == {
            "table_name": THINGS.name,
            **PLACE,
            "record_id": "thing-1",
            "model_id": "model-1",
            "column_name": column,
            "value": text,
            "check_name": "type",
            "reason": f"{text} is not {kind}: write {kind}",
            "is_set_aside": True,
        }

    @pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", None])
    @pytest.mark.parametrize("column", [name for name in THINGS.dtypes if name not in ("line", "kin_ids")])
    def test_a_blank_cell_is_absent(self, column: str, blank: str | None) -> None:
        result = cast_text(THINGS, cells({column: blank}))
        assert result.rejected.is_empty()
        assert result.rows[column].to_list() == [None]

    def test_a_blank_list_is_empty(self) -> None:
        assert cast_text(THINGS, cells({"kin_ids": None})).rows["kin_ids"].to_list() == [[]]

    def test_an_exact_number_stays_exact(self) -> None:
        """Through a float 9007199254740993 would become ...992."""
        result = cast_text(THINGS, cells({"part_count": "9007199254740993", "low_hours": "90071992547409.93"}))
        assert result.rows.select("part_count", "low_hours").row(0) == (9007199254740993, Decimal("90071992547409.93"))

    def test_every_cell_that_cannot_be_read_is_named(self) -> None:
        result = cast_text(THINGS, cells({"low_hours": "x", "seen_on": "y"}, {"is_real": "z"}, {}))
        assert result.rejected.select("column_name", "value").rows() == [
            ("low_hours", "x"),
            ("seen_on", "y"),
            ("is_real", "z"),
        ]
        assert result.rows.height == 1

    def test_rows_have_the_types_of_the_contract(self) -> None:
        assert dict(cast_text(THINGS, cells({}, {"low_hours": "x"})).rows.schema) == THINGS.dtypes
        assert dict(cast_text(THINGS, cells()).rows.schema) == THINGS.dtypes

    @pytest.mark.parametrize("staged", [table for table in TABLES.values() if table.schema_name == "staging"], ids=str)
    def test_every_staging_table_takes_an_empty_raw_frame(self, staged: Table) -> None:
        raw = {name: pl.Int64() if name == "line" else pl.String() for name in staged.dtypes}
        result = stage(staged, pl.DataFrame(schema=raw))
        assert result.rejected.is_empty()
        assert dict(result.rows.schema) == staged.dtypes


FAILING: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    ({"thing_id": "Thing 1"}, "thing_id", "Thing 1", "thing_id must"),
    ({"thing_id": "../x"}, "thing_id", "../x", "thing_id must"),
    ({"thing_id": "thing-1\n"}, "thing_id", "thing-1\n", "thing_id must"),
    ({"thing_id": None}, "thing_id", None, "thing_id is missing: write it"),
    ({"model_id": None}, "model_id", None, "model_id is missing: write it"),
    ({"word": "zzz"}, "word", "zzz", "word must be"),
    ({"word": "sfft"}, "word", "sfft", "did you mean 'sft'?"),
    ({"word": "SFT"}, "word", "SFT", "word must be"),
    ({"word": None}, "word", None, "word is missing: write it"),
    ({"low_hours": Decimal(0)}, "low_hours", "0.0000", "low_hours must be"),
    ({"low_hours": Decimal(-5)}, "low_hours", "-5.0000", "low_hours must be"),
    ({"low_hours": Decimal(10**12)}, "low_hours", "1000000000000.0000", "low_hours must be"),
    ({"part_count": 0}, "part_count", "0", "part_count must be"),
    ({"used_ratio": 1.5}, "used_ratio", "1.5", "used_ratio must be"),
    ({"used_ratio": -0.5}, "used_ratio", "-0.5", "used_ratio must be"),
    (
        {"low_hours": Decimal(9), "high_hours": Decimal(7)},
        None,
        None,
        "low_hours must not exceed high_hours: swap them",
    ),
]


class TestValidate:
    def test_good_rows_pass_untouched_in_their_order(self) -> None:
        frame = things({"thing_id": "b"}, {"thing_id": "a", "low_hours": Decimal(1), "high_hours": Decimal(1)})
        result = validate(THINGS, frame)
        assert_frame_equal(result.rows, frame)
        assert result.rejected.is_empty()

    def test_an_empty_frame_passes(self) -> None:
        result = validate(THINGS, THINGS.empty())
        assert_frame_equal(result.rows, THINGS.empty())
        assert_frame_equal(result.rejected, REJECTED.empty())

    @pytest.mark.parametrize(("cell", "column", "value", "reason"), FAILING)
    def test_a_failing_value_is_named_with_its_place(
        self, cell: dict[str, Any], column: str | None, value: str | None, reason: str
    ) -> None:
        result = validate(THINGS, things({"thing_id": "good"}, {"line": 9, **cell}))
        assert result.rows["thing_id"].to_list() == ["good"]
        found = result.rejected.to_dicts()
        assert len(found) == 1
        assert found[0]["column_name"] == column
        assert found[0]["value"] == value
        assert reason in found[0]["reason"]
        assert (found[0]["table_name"], found[0]["file"], found[0]["line"]) == (THINGS.name, PLACE["file"], 9)
        assert (found[0]["record_id"] or None) == cell.get("thing_id", "thing-1")
        assert found[0]["model_id"] == cell.get("model_id", "model-1")
        assert found[0]["is_set_aside"] is True

    @pytest.mark.parametrize("other", FAILING, ids=str)
    @pytest.mark.parametrize("first", [FAILING[5], FAILING[8], FAILING[-1]], ids=["word", "missing", "order"])
    def test_faults_of_two_kinds_do_not_hide_each_other(
        self,
        first: tuple[dict[str, Any], str | None, str | None, str],
        other: tuple[dict[str, Any], str | None, str | None, str],
    ) -> None:
        """Two people may make two different mistakes on one day."""
        result = validate(THINGS, things({"thing_id": "one", **first[0]}, {"thing_id": "two", **other[0]}))
        assert result.rows.is_empty()
        assert result.rejected["column_name"].to_list() in ([first[1], other[1]], [other[1], first[1]])

    def test_every_fault_of_a_row_is_named(self) -> None:
        result = validate(THINGS, things({"word": "zzz", "part_count": 0, "used_ratio": 2.0}))
        assert set(result.rejected["column_name"]) == {"word", "part_count", "used_ratio"}

    def test_every_copy_of_a_key_is_set_aside(self) -> None:
        result = validate(THINGS, things({"line": 1}, {"thing_id": "other"}, {"line": 2}, {"line": 3}))
        assert result.rows["thing_id"].to_list() == ["other"]
        assert result.rejected.select("line", "record_id", "column_name", "value", "check_name", "reason").rows() == [
            (line, "thing-1", "thing_id", "thing-1", "duplicate", "thing-1 stands more than once: keep one of them")
            for line in (1, 2, 3)
        ]

    def test_a_key_of_several_columns_is_told_as_one(self) -> None:
        declared = TABLES["staging.disclosures__model_lineage"]
        edge = {
            "child_model_id": "a",
            "parent_model_id": "b",
            "relation": "weights",
            "counts_in": "none",
            "source_id": "report",
            "note": None,
            **PLACE,
        }
        result = validate(declared, pl.DataFrame([edge, edge, {**edge, "relation": "data"}], schema=declared.dtypes))
        assert result.rows["relation"].to_list() == ["data"]
        assert set(result.rejected["record_id"]) == {"a / b / weights"}
        assert set(result.rejected["model_id"]) == {"a"}

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_a_float_that_is_no_number_is_set_aside(self, value: float) -> None:
        assert validate(THINGS, things({"used_ratio": value})).rows.is_empty()

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            (lambda frame: frame.drop("word"), r"missing columns \['word'\]"),
            (lambda frame: frame.with_columns(more=1), r"extra columns \['more'\]"),
            (lambda frame: frame.cast({"part_count": pl.Float64}), r"wrong types \{'part_count': Float64\}"),
            (lambda frame: frame.cast({"low_hours": pl.Decimal(18, 2)}), r"wrong types \{'low_hours'"),
            (lambda frame: frame.with_columns(seen_on=pl.lit(None)), r"wrong types \{'seen_on': Null\}"),
        ],
        ids=["missing", "extra", "type", "scale", "untyped"],
    )
    @pytest.mark.parametrize("rows", [[], [{}]], ids=["empty", "one row"])
    def test_a_frame_of_another_shape_is_a_fault_of_the_code(
        self, change: Callable[[pl.DataFrame], pl.DataFrame], named: str, rows: list[dict[str, Any]]
    ) -> None:
        with pytest.raises(ContractBrokenError, match=rf"staging\.test__things.*{named}"):
            validate(THINGS, change(things(*rows)))

    def test_columns_may_stand_in_any_order(self) -> None:
        frame = things({})
        assert_frame_equal(validate(THINGS, frame.select(reversed(frame.columns))).rows, frame)


class TestStage:
    def test_faults_of_both_kinds_are_reported(self) -> None:
        result = stage(THINGS, cells({"thing_id": "a", "low_hours": "x"}, {"thing_id": "b", "word": "zzz"}, {}))
        assert result.rows["thing_id"].to_list() == ["thing-1"]
        assert result.rejected.select("record_id", "column_name", "check_name").row(0) == ("a", "low_hours", "type")
        assert result.rejected.select("record_id", "column_name").row(1) == ("b", "word")

    @given(RECORDS)
    @settings(deadline=None, max_examples=200)
    def test_no_row_is_lost_and_none_is_invented(self, records: list[dict[str, str | None]]) -> None:
        numbered = [{**record, "line": line} for line, record in enumerate(records, 1)]
        result = stage(THINGS, cells(*numbered))
        kept, aside = result.rows["line"].to_list(), set(result.rejected["line"])
        assert sorted([*kept, *aside]) == list(range(1, len(records) + 1))
        assert result.rejected["reason"].null_count() == result.rejected["check_name"].null_count() == 0

    @given(RECORDS)
    @settings(deadline=None, max_examples=100)
    def test_what_passed_passes_again(self, records: list[dict[str, str | None]]) -> None:
        rows = stage(THINGS, cells(*records)).rows
        again = validate(THINGS, rows)
        assert_frame_equal(again.rows, rows)
        assert again.rejected.is_empty()


class TestFramesInPieces:
    """A frame that comes out of a join lies in pieces, and the first piece may be in order."""

    def pieces(self, make: Callable[..., pl.DataFrame], bad: dict[str, Any]) -> pl.DataFrame:
        good = [make(*({"thing_id": f"{name}-{number}"} for number in range(30))) for name in ("a", "b")]
        return pl.concat([*good, make(*({"thing_id": f"c-{number}", **bad} for number in range(30)))], rechunk=False)

    @pytest.mark.parametrize("bad", [{"word": "zzz"}, {"part_count": 0}, {"model_id": None}, {"thing_id": "c"}])
    def test_values(self, bad: dict[str, Any]) -> None:
        result = validate(THINGS, self.pieces(things, bad))
        assert (result.rows.height, result.rejected.height) == (60, 30)

    @pytest.mark.parametrize("bad", [{"low_hours": "x"}, {"seen_on": "x"}])
    def test_cells(self, bad: dict[str, Any]) -> None:
        result = stage(THINGS, self.pieces(cells, bad))
        assert (result.rows.height, result.rejected.height) == (60, 30)

    @pytest.mark.parametrize(("bad", "kept"), [({"model_id": "zzz"}, 60), ({"kin_ids": ["zzz"]}, 90)])
    def test_references(self, bad: dict[str, Any], kept: int) -> None:
        parents = {"core.models": pl.DataFrame({"model_id": ["model-1"]})}
        result = check_references(THINGS, self.pieces(things, bad), parents)
        assert (result.rows.height, result.rejected.height) == (kept, 30)


class TestRequire:
    def test_a_table_that_keeps_its_contract_is_returned(self) -> None:
        assert_frame_equal(require(THINGS, things({})), things({}))

    def test_a_computed_row_that_breaks_it_refuses_the_table(self) -> None:
        with pytest.raises(
            ContractBrokenError,
            match=r"staging\.test__things: 2 computed values.*thing-1 part_count = 0 \(part_count must",
        ):
            require(THINGS, things({"part_count": 0}, {"thing_id": "b", "used_ratio": 2.0}))


class TestCheckReferences:
    MODELS = pl.DataFrame({"model_id": ["model-1", "llama-3-8b", "opt-175b"]})

    def check(self, *rows: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        result = check_references(THINGS, things(*rows), {"core.models": self.MODELS})
        return result.rows["thing_id"].to_list(), result.rejected.to_dicts()

    def test_known_values_pass(self) -> None:
        assert self.check({"kin_ids": ["opt-175b", "model-1"]}) == (["thing-1"], [])

    def test_an_unknown_value_sets_its_row_aside_and_names_the_nearest(self) -> None:
        kept, [found] = self.check({"thing_id": "a"}, {"thing_id": "b", "model_id": "lama-3-8b", "line": 9})
        assert kept == ["a"]
        assert found == {
            "table_name": THINGS.name,
            "file": PLACE["file"],
            "line": 9,
            "record_id": "b",
            "model_id": "lama-3-8b",
            "column_name": "model_id",
            "value": "lama-3-8b",
            "check_name": "reference",
            "reason": f"model_id 'lama-3-8b' is not in core.models; did you mean 'llama-3-8b'?: {REMEDY}",
            "is_set_aside": True,
        }

    def test_nothing_is_suggested_that_is_not_alike(self) -> None:
        _, [found] = self.check({"model_id": "zzz"})
        assert found["reason"] == f"model_id 'zzz' is not in core.models: {REMEDY}"

    def test_a_row_may_be_kept_and_reported(self) -> None:
        kept, found = self.check({"kin_ids": ["opt-175b", "opt-175", "model-1"]})
        assert kept == ["thing-1"]
        assert [(row["value"], row["is_set_aside"]) for row in found] == [("opt-175", False)]

    def test_an_absent_value_refers_to_nothing(self) -> None:
        assert self.check({"model_id": None, "kin_ids": None}) == (["thing-1"], [])

    def test_a_record_that_was_set_aside_itself_is_named_and_no_other(self) -> None:
        rows = things({"model_id": "lama-3-8b"}, {"thing_id": "b", "model_id": "lama-3-9b"})
        gone = {"core.models": pl.Series(["lama-3-8b"])}
        told = check_references(THINGS, rows, {"core.models": self.MODELS}, gone).rejected["reason"].to_list()
        assert told == [
            "model_id 'lama-3-8b' is not in core.models because it was set aside itself: mend it first",
            f"model_id 'lama-3-9b' is not in core.models; did you mean 'llama-3-8b'?: {REMEDY}",
        ]

    def test_without_its_parent_a_reference_is_not_checked(self) -> None:
        result = check_references(THINGS, things({"model_id": "zzz"}), {})
        assert result.rows.height == 1
        assert result.rejected.is_empty()

    def test_an_empty_parent_knows_nothing(self) -> None:
        result = check_references(THINGS, things({}), {"core.models": self.MODELS.clear()})
        assert result.rows.is_empty()
        assert result.rejected.height == 1

    def test_no_rows(self) -> None:
        assert self.check() == ([], [])


class TestHelpers:
    def test_rejections_take_one_or_many(self) -> None:
        one = rejections(table_name="t", check_name="c", reason="r")
        assert one.columns == list(REJECTED.dtypes)
        assert one.select("table_name", "file", "is_set_aside").rows() == [("t", None, True)]
        assert rejections(table_name=["t", "u"], check_name=["c", "c"], reason=["r", "r"]).height == 2

    def test_conform_fills_and_drops(self) -> None:
        found = conform(THINGS, pl.DataFrame({"thing_id": ["a"], "more": [1]}))
        assert dict(found.schema) == THINGS.dtypes
        assert found.select("thing_id", "word").rows() == [("a", None)]

    def test_conform_strictly_only_reorders(self) -> None:
        frame = things({})
        assert conform_strictly(THINGS, frame.select(sorted(frame.columns))).columns == frame.columns

    @pytest.mark.parametrize("value", [None, "", "zzz", "\0", "x" * 100_000])
    def test_a_value_like_no_other_has_no_suggestion(self, value: str | None) -> None:
        assert suggestion(value, WORDS) == ""
        assert suggestion(value, []) == ""

    def test_reasons_survive_any_value(self) -> None:
        """Braces, quotes and percent signs are text, not templates."""
        for value in ("{}", "{0}", "%s", "'", '"', "\\", "a\nb", "😀", "--", json.dumps({"a": 1})):
            [found] = validate(THINGS, things({"word": value})).rejected.to_dicts()
            assert found["value"] == value
