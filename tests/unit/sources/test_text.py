"""Bytes to cells: whatever a file holds, it is read or it is refused with a line and a remedy."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources import text
from pipelines.sources.text import Node, UnreadableError, read_csv, read_text, read_yaml
from tests.unit.sources.files import FILE, text_file, write

COLUMNS = ("alpha", "beta", "gamma")
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(WORDS, inner, min_size=1, max_size=3),
    max_leaves=12,
)
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefghi")
)
"""Nine levels of nine aliases: 387 million values if they were followed."""

Cells = dict[str, str] | UnreadableError


def refused(read: Callable[[], object]) -> UnreadableError:
    """The refusal of a file."""
    with pytest.raises(UnreadableError) as caught:
        read()
    assert caught.value.remedy == str(caught.value)
    return caught.value


def csv_of(content: str) -> list[tuple[int, Cells]]:
    """Rows of a CSV file with COLUMNS."""
    return list(read_csv(text_file(content), COLUMNS))


def csv_refused(content: str) -> UnreadableError:
    return refused(lambda: csv_of(content))


def yaml_of(content: str) -> object:
    """A YAML file as plain values, every scalar text."""
    return plain(read_yaml(text_file(content)))


def yaml_refused(content: str) -> UnreadableError:
    return refused(lambda: read_yaml(text_file(content)))


def plain(node: Node) -> object:
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return node.value


class TestReadText:
    def test_name_text_and_hash(self, tmp_path: Path) -> None:
        path = write(tmp_path, FILE, "a\nb\n")
        file = read_text(tmp_path, path)
        assert (file.name, file.text) == (FILE, "a\nb\n")
        assert file.sha256 == hashlib.sha256(b"a\nb\n").hexdigest()

    def test_a_byte_order_mark_is_no_part_of_the_text(self, tmp_path: Path) -> None:
        assert read_text(tmp_path, write(tmp_path, FILE, b"\xef\xbb\xbfa")).text == "a"

    def test_line_ends_are_kept(self, tmp_path: Path) -> None:
        assert read_text(tmp_path, write(tmp_path, FILE, b"a\r\nb\rc\n")).text == "a\r\nb\rc\n"

    def test_empty(self, tmp_path: Path) -> None:
        assert read_text(tmp_path, write(tmp_path, FILE, b"")).text == ""

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"caf\xe9", 1),
            (b"a\nb\nc\xff\n", 3),
            ("a\n".encode("utf-16"), 1),
            (b"a\n\xed\xa0\x80", 2),
            (b"a\n\xc0\xaf", 2),
            (b"a\ncut \xe2\x82", 2),
        ],
        ids=["latin-1", "third line", "utf-16", "surrogate", "overlong", "cut off"],
    )
    def test_other_encodings_are_refused_with_the_line(self, tmp_path: Path, content: bytes, line: int) -> None:
        fault = refused(lambda: read_text(tmp_path, write(tmp_path, FILE, content)))
        assert (fault.line, fault.remedy) == (line, "the file is not UTF-8: save it as UTF-8")

    def test_a_nul_byte_is_refused_with_the_line(self, tmp_path: Path) -> None:
        fault = refused(lambda: read_text(tmp_path, write(tmp_path, FILE, b"a\nb\0c\n")))
        assert fault.line == 2
        assert "NUL" in fault.remedy

    def test_too_large_is_refused_unread(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(text, "MAX_BYTES", 8)
        assert read_text(tmp_path, write(tmp_path, FILE, b"12345678")).text == "12345678"
        path = write(tmp_path, FILE, b"123456789")
        monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
        fault = refused(lambda: read_text(tmp_path, path))
        assert fault.remedy == "the file has 9 bytes, more than 8: split it"

    def test_missing(self, tmp_path: Path) -> None:
        fault = refused(lambda: read_text(tmp_path, tmp_path / "missing.csv"))
        assert "restore it" in fault.remedy
        assert fault.line is None

    def test_a_folder_and_a_link_to_nowhere_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "folder.yaml").mkdir()
        (tmp_path / "link.yaml").symlink_to(tmp_path / "missing")
        (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
        for name in ("folder.yaml", "link.yaml", "loop.yaml"):
            assert "cannot be opened" in refused(lambda name=name: read_text(tmp_path, tmp_path / name)).remedy

    @given(st.binary(max_size=200))
    @example(b"\xef\xbb\xbf")
    @settings(deadline=None)
    def test_any_bytes(self, tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
        folder = tmp_path_factory.mktemp("bytes")
        path = write(folder, FILE, content)
        with suppress(UnreadableError):
            assert read_text(folder, path).text.encode() == content.removeprefix(b"\xef\xbb\xbf")


class TestReadCsv:
    def test_columns_go_by_name_not_by_place(self) -> None:
        assert csv_of("gamma,alpha,beta\n3,1,2\n") == [(2, {"alpha": "1", "beta": "2", "gamma": "3"})]

    def test_names_may_have_spaces_around_them(self) -> None:
        assert csv_of("alpha , beta,gamma\n1,2,3\n") == [(2, {"alpha": "1", "beta": "2", "gamma": "3"})]

    @pytest.mark.parametrize(
        ("header", "fault"),
        [
            ("alpha,beta", "missing column 'gamma'"),
            ("alpha,beta,gamma,delta", "unknown column 'delta'"),
            ("alpha,beta,gamma,beta", "repeated column 'beta'"),
            ("alpha,beta,gama", "unknown column 'gama', missing column 'gamma'"),
            ("Alpha,beta,gamma", "unknown column 'Alpha', missing column 'alpha'"),
            ("alpha,beta,gamma,", "unknown column ''"),
            ("alpha;beta;gamma", "unknown column 'alpha;beta;gamma'"),
            ("1,2,3", "unknown column '1'"),
        ],
    )
    def test_another_header_is_refused(self, header: str, fault: str) -> None:
        refusal = csv_refused(f"{header}\n1,2,3\n")
        assert refusal.line == 1
        assert fault in refusal.remedy
        assert "the header is alpha,beta,gamma" in refusal.remedy

    @pytest.mark.parametrize("content", ["", "\n", "\n\n"])
    def test_an_empty_file_asks_for_its_header(self, content: str) -> None:
        refusal = csv_refused(content)
        assert (refusal.line, refusal.remedy) == (1, "the file is empty: write the header alpha,beta,gamma")

    def test_a_header_alone_is_a_table_without_rows(self) -> None:
        assert csv_of("alpha,beta,gamma\n") == []
        assert csv_of("alpha,beta,gamma") == []

    @pytest.mark.parametrize("row", ["1,2", "1,2,3,4", "1", "1;2;3"])
    def test_a_ragged_row_is_set_aside_alone(self, row: str) -> None:
        (first, before), (second, fault), (third, after) = csv_of(f"alpha,beta,gamma\na,b,c\n{row}\nd,e,f\n")
        assert (first, second, third) == (2, 3, 4)
        assert (before, after) == (dict(zip(COLUMNS, "abc", strict=True)), dict(zip(COLUMNS, "def", strict=True)))
        assert isinstance(fault, UnreadableError)
        assert fault.line == 3
        assert fault.remedy == f"the row has {row.count(',') + 1} cells, the header 3: quote cells that hold commas"

    def test_quoted_cells_hold_commas_quotes_and_lines(self) -> None:
        rows = csv_of('alpha,beta,gamma\n"1,5","say ""hi""","two\nlines"\n4,5,6\n')
        assert rows == [
            (2, {"alpha": "1,5", "beta": 'say "hi"', "gamma": "two\nlines"}),
            (4, {"alpha": "4", "beta": "5", "gamma": "6"}),
        ]

    def test_blank_rows_are_skipped_and_counted(self) -> None:
        assert [line for line, _ in csv_of("alpha,beta,gamma\n\n1,2,3\n ,,\n,,\n\n4,5,6\n")] == [3, 7]

    def test_windows_line_ends(self) -> None:
        assert csv_of("alpha,beta,gamma\r\n1,2,3\r\n4,5,6\r\n") == csv_of("alpha,beta,gamma\n1,2,3\n4,5,6\n")

    def test_cells_are_not_touched(self) -> None:
        [(_, cells)] = csv_of("alpha,beta,gamma\n 1 ,NULL,1e24\n")
        assert cells == {"alpha": " 1 ", "beta": "NULL", "gamma": "1e24"}

    @pytest.mark.parametrize(
        "row",
        ['"never closed,2,3', '"a"b,2,3', '1,2,"3\n4,5,6\n'],
        ids=["open", "text after a quote", "open at the end"],
    )
    def test_broken_quoting_is_refused_with_a_line(self, row: str) -> None:
        refusal = csv_refused(f"alpha,beta,gamma\n1,2,3\n{row}\n")
        assert refusal.line is not None
        assert refusal.line >= 3
        assert "mend the quoting" in refusal.remedy

    def test_a_long_cell_is_a_cell(self) -> None:
        """A note may be long; it must not cost the table."""
        note = "x" * 200_000
        assert csv_of(f"alpha,beta,gamma\n1,2,{note}\n") == [(2, {"alpha": "1", "beta": "2", "gamma": note})]

    @given(st.text(max_size=200))
    @settings(deadline=None)
    def test_any_text(self, content: str) -> None:
        with suppress(UnreadableError):
            for line, cells in csv_of(f"alpha,beta,gamma\n{content}"):
                assert line >= 2
                assert isinstance(cells, UnreadableError) or tuple(cells) == COLUMNS

    @given(st.lists(st.tuples(*[st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)))] * 3)))
    @settings(deadline=None)
    def test_what_was_written_is_read(self, rows: list[tuple[str, str, str]]) -> None:
        quoted = ["".join(f',"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row)[1:] for row in rows]
        read = [cells for _, cells in csv_of("\n".join(["alpha,beta,gamma", *quoted]))]
        assert read == [dict(zip(COLUMNS, row, strict=True)) for row in rows if any(cell.strip() for cell in row)]


class TestReadYaml:
    def test_every_scalar_stays_text(self) -> None:
        content = "country: NO\nopen: yes\nhours: 2788000\nflop: 1e24\nday: 2024-12-26\nversion: '1'\noctal: 0o17\n"
        assert yaml_of(content) == {
            "country": "NO",
            "open": "yes",
            "hours": "2788000",
            "flop": "1e24",
            "day": "2024-12-26",
            "version": "1",
            "octal": "0o17",
        }

    @pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
    def test_null_words_are_absent_unless_quoted(self, word: str) -> None:
        assert yaml_of(f"a: {word}\nb: '{word}'\n") == {"a": None, "b": word}

    @pytest.mark.parametrize("word", ["none", "nil", "N/A", "-1", "nULL"])
    def test_other_words_are_text(self, word: str) -> None:
        assert yaml_of(f"a: {word}\n") == {"a": word}

    def test_multi_line_strings(self) -> None:
        content = 'folded: >-\n  one\n  two\nkept: |\n  one\n  two\nplain: one\n  two\nquoted: "one\n  two"\n'
        assert yaml_of(content) == {
            "folded": "one two",
            "kept": "one\ntwo\n",
            "plain": "one two",
            "quoted": "one two",
        }

    def test_keys_that_look_like_other_things_are_text(self) -> None:
        assert yaml_of("1: a\ntrue: b\nnull: c\n2024-01-01: d\n1.0: e\n") == {
            "1": "a",
            "true": "b",
            "null": "c",
            "2024-01-01": "d",
            "1.0": "e",
        }

    def test_lines_of_records_and_keys(self) -> None:
        document = read_yaml(text_file("# comment\nid: a\nphases:\n  - name: x\n    hours: 1\n\n  - name: y\n"))
        assert document.line == 2
        assert document.lines == {"id": 2, "phases": 3}
        first, second = document.mapping()["phases"].items()
        assert (first.line, second.line) == (4, 7)
        assert first.lines == {"name": 4, "hours": 5}

    def test_flow_and_block_style_are_the_same(self) -> None:
        assert yaml_of("a: {b: 1, c: [2, 3]}") == yaml_of("a:\n  b: 1\n  c:\n    - 2\n    - 3\n")

    def test_tags_change_nothing(self) -> None:
        assert yaml_of("a: !!int '5'\nb: !!python/object/apply:os.system [echo]\n") == {"a": "5", "b": ["echo"]}

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            ("a: 1\nb: [1, 2\nc: 3\n", 3),
            ("a: 1\n  b: 2\n", 2),
            ("a: b: c\n", 1),
            ("a: 'open\n", 2),
            ("a: 1\n\tb: 2\n", 2),
            ("a:\n\tb: 2\n", 2),
            ("a: @x\n", 1),
            ("a: %x\n", 1),
            ("- a\nb: 1\n", 2),
            ('a: "\\ud800"\n', 1),
            ('a: "\\q"\n', 1),
        ],
    )
    def test_invalid_yaml_is_refused_with_the_line(self, content: str, line: int) -> None:
        refusal = yaml_refused(content)
        assert refusal.line == line
        assert refusal.remedy.startswith("invalid YAML (")
        assert refusal.remedy.endswith("mend the line")

    @pytest.mark.parametrize("content", ["a: \x01\n", "\x1b[31m: a\n", "a: \x7f\n"])
    def test_control_characters_are_refused(self, content: str) -> None:
        assert "invalid YAML" in yaml_refused(content).remedy

    @pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
    def test_an_empty_file_is_refused(self, content: str) -> None:
        assert yaml_refused(content).remedy == "the file is empty: write the record or remove the file"

    @pytest.mark.parametrize("content", ["---\n", "---\n...\n# x\n", "~\n"])
    def test_an_empty_document_has_no_value(self, content: str) -> None:
        assert yaml_of(content) is None

    def test_several_documents_are_refused(self) -> None:
        refusal = yaml_refused("a: 1\n---\nb: 2\n")
        assert refusal.line == 3
        assert "more than one document" in refusal.remedy

    @pytest.mark.parametrize("content", ["a: 1\nb: 2\na: 3\n", "a: 1\nb: 2\n'a': 3\n", 'a: 1\nb: 2\n"a": 3\n'])
    def test_a_key_that_stands_twice_is_refused_with_its_line(self, content: str) -> None:
        refusal = yaml_refused(content)
        assert (refusal.line, refusal.remedy) == (3, "key 'a' stands twice: keep one")

    def test_the_same_key_in_two_records_is_fine(self) -> None:
        assert yaml_of("- a: 1\n- a: 2\n") == [{"a": "1"}, {"a": "2"}]

    @pytest.mark.parametrize("content", ["? [a, b]\n: 1\n", "? {a: b}\n: 1\n", "{[a]: 1}\n"])
    def test_a_key_is_one_word(self, content: str) -> None:
        assert yaml_refused(content).remedy == "a key must be one word"

    @pytest.mark.parametrize(
        ("content", "line"),
        [("a: &x 1\n", 1), ("a: 1\nb: &x [1]\n", 2), ("a: 1\nb: *x\n", 2), ("b:\n  <<: *x\n", 2), ("&x a: 1\n", 1)],
    )
    def test_anchors_and_aliases_are_refused(self, content: str, line: int) -> None:
        refusal = yaml_refused(content)
        assert refusal.line == line
        assert refusal.remedy == "anchors and aliases are not used in data files: write the value out"

    @pytest.mark.parametrize(
        "content",
        [
            "a: &x 1\nb:\n" + "- *x\n" * 1_000_000,
            "- *x\n" * 1_000_000,
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
                for before, name in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "[" * 100_000,
            "[" * 100_000 + "]" * 100_000,
            "{a: " * 100_000,
            "- " * 100_000,
            "".join(f"{' ' * depth}a:\n" for depth in range(2_000)),
            "a: &" + "x" * 1_000_000,
            "x" * 1_000_000 + ": 1\n",
        ],
        ids=[
            "a million aliases",
            "a million aliases of nothing",
            "billion laughs",
            "open brackets",
            "brackets",
            "braces",
            "dashes",
            "indents",
            "a long anchor",
            "a long key",
        ],
    )
    def test_hostile_files_are_refused_within_a_second(self, content: str) -> None:
        start = time.monotonic()
        yaml_refused(content)
        assert time.monotonic() - start < 1

    def test_nesting_of_data_files_is_allowed(self) -> None:
        assert yaml_of("- a:\n    b:\n      - c: {d: [e]}\n") == [{"a": {"b": [{"c": {"d": ["e"]}}]}}]

    @pytest.mark.parametrize(
        ("use", "remedy"),
        [
            (lambda node: node.mapping()["a"].text(), "one value is wanted here"),
            (lambda node: node.items(), "a list is wanted here"),
            (lambda node: node.mapping()["b"].mapping(), "keys with values are wanted here"),
        ],
        ids=["text", "items", "mapping"],
    )
    def test_another_shape_is_refused_with_the_line(self, use: Callable[[Node], object], remedy: str) -> None:
        node = read_yaml(text_file("a:\n  - x\nb: y\n"))
        refusal = refused(lambda: use(node))
        assert refusal.remedy.startswith(remedy)
        assert refusal.line is not None

    def test_a_yaml_library_without_c_reads_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = "# note\na: ~\nb: [NO, 1e24, 'null']\nc:\n  - d: >-\n      two\n      words\n    e:\n"
        fast = read_yaml(text_file(content))
        monkeypatch.setattr(text, "YamlLoader", yaml.SafeLoader)
        assert read_yaml(text_file(content)) == fast

    def test_a_list_left_empty_has_no_members(self) -> None:
        assert read_yaml(text_file("a:\n")).mapping()["a"].items() == []

    @given(st.text(max_size=300))
    @example("\ufeffa: 1")
    @example("a: \x85b")
    @example('a: "\\0"')
    @example("!<tag:yaml.org,2002:str> : x")
    @settings(deadline=None, max_examples=300)
    def test_any_text(self, content: str) -> None:
        with suppress(UnreadableError):
            read_yaml(text_file(content))

    @given(st.lists(st.sampled_from([*"-?:,[]{}#&*!|>'\"%@`~ \n\ta1", "---", "...", "<<", ": ", "- "]), max_size=60))
    @settings(deadline=None, max_examples=500)
    def test_any_yaml_punctuation(self, parts: list[str]) -> None:
        with suppress(UnreadableError):
            read_yaml(text_file("".join(parts)))

    TREES = st.recursive(
        st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(
                st.text(st.characters(categories=("L",)), min_size=1, max_size=5), inner, min_size=1, max_size=3
            )
        ),
        max_leaves=12,
    )

    @given(TREES)
    @settings(deadline=None)
    def test_what_was_written_is_read(self, tree: object) -> None:
        assert yaml_of(written(tree)) == tree


def written(tree: object) -> str:
    """A tree in flow style, every word quoted."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f'"{key}": {written(value)}' for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(value) for value in tree) + "]"
    return f'"{tree}"'
