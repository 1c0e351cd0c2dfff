"""Where rows of a CSV file start, against Python's own reader."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.row_starts import row_starts

WIDTH = 3
CELL = st.text(st.sampled_from('a",\n\r é'), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=6)


def found(text: str, width: int = WIDTH) -> list[int] | None:
    starts = row_starts(text.encode(), width)
    return None if starts is None else starts.to_list()


def lines_by_csv(text: str) -> list[int]:
    """The line each row below the header starts on; lines end with a line feed."""
    reader = csv.reader(io.StringIO(text, newline="\n"))
    starts = []
    next(reader)
    start = reader.line_num + 1
    for _ in reader:
        starts.append(start)
        start = reader.line_num + 1
    return starts


@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]), is_all_quoted=st.booleans())
def test_rows_start_where_python_finds_them(rows: list[list[str]], end: str, *, is_all_quoted: bool) -> None:
    if not is_all_quoted:  # such a cell would stand without quotes
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator=end, quoting=csv.QUOTE_ALL if is_all_quoted else csv.QUOTE_MINIMAL)
    writer.writerows([["one", "two", "three"], *rows])
    assert found(made.getvalue()) == lines_by_csv(made.getvalue())


@given(rows=ROWS, torn=st.lists(CELL, min_size=1, max_size=5).filter(lambda cells: len(cells) != WIDTH), data=st.data())
def test_a_row_of_another_width_is_seen(rows: list[list[str]], torn: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows)))
    made = io.StringIO(newline="")
    csv.writer(made).writerows([["one", "two", "three"], *rows[:place], torn, *rows[place:]])
    assert found(made.getvalue()) is None


def test_one_row_too_long_does_not_make_up_for_one_too_short() -> None:
    assert found("a,b,c\n1,2\n3,4,5,6\n") is None


@pytest.mark.parametrize(
    "text",
    ['a,b,c\n1,2,"3\n', 'a,b,c\n1,2,"3"', "a,b,c\n1,\x01,3\n", "a,b\n1,2,3\n", ""],
    ids=[
        "a quote left open",
        "no end of the last line after a quote",
        "a byte no table has",
        "a header of another width",
        "nothing",
    ],
)
def test_what_is_no_such_table_is_left_to_the_slow_reader(text: str) -> None:
    assert found(text) is None


def test_bytes_that_are_no_text_are_left_to_the_slow_reader() -> None:
    assert row_starts(b"a,b,c\n1,\xff,3\n", WIDTH) is None


def test_a_carriage_return_alone_ends_no_row() -> None:
    assert found("a,b,c\n1\r,2,3\n4,5,6\n") == [2, 3]


def test_a_header_in_quotes_and_a_last_line_without_an_end() -> None:
    assert found('"a","b\nb","c"\n1,2,"3"\n4,5,6') == [3, 4]


def test_no_rows_are_no_starts() -> None:
    assert found("a,b,c\n") == []
