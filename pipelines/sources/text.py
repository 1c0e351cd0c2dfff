"""Files to text cells with line numbers: UTF-8, CSV by header name, YAML without aliases.

Everything is read as text; what a cell means is decided by its contract. A file that cannot be read raises
`UnreadableError` with the line and the remedy, whatever its bytes are.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 12
csv.field_size_limit(MAX_BYTES)

try:
    from yaml import CSafeLoader as YamlLoader
except ImportError:  # a PyYAML built without libyaml reads the same, slower
    from yaml import SafeLoader as YamlLoader  # type: ignore[assignment]  # the same interface


class UnreadableError(Exception):
    """A file cannot be read.

    Attributes:
        remedy: what is wrong and how to mend it, in one sentence.
        line: the line at fault, where there is one.
    """

    def __init__(self, remedy: str, line: int | None = None) -> None:
        """Keep the remedy and the line."""
        super().__init__(remedy)
        self.remedy = remedy
        self.line = line


@dataclass(frozen=True)
class TextFile:
    """A decoded file with its hash and its name below the data folder."""

    name: str
    text: str
    sha256: str


def read_text(folder: Path, path: Path) -> TextFile:
    """Read one file as UTF-8.

    Raises:
        UnreadableError: missing, too large, or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableError(f"the file has {size:,} bytes, more than {MAX_BYTES:,}: split it")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"the file cannot be opened ({error.strerror}): restore it") from error
    text = decode(data)
    return TextFile(printable(path.relative_to(folder).as_posix()), text, hashlib.sha256(data).hexdigest())


def decode(data: bytes) -> str:
    """Bytes as UTF-8, without a byte order mark.

    Raises:
        UnreadableError: not UTF-8, or a NUL byte is among them.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError("the file is not UTF-8: save it as UTF-8", line) from error
    if "\0" in text:
        raise UnreadableError(
            "the file holds a NUL byte: save it as plain text", text.count("\n", 0, text.index("\0")) + 1
        )
    return text


def printable(name: str) -> str:
    """A file name that can be written as UTF-8, whatever its bytes are."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def read_csv(file: TextFile, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | UnreadableError]]:
    """Rows of a CSV file as text by header name, with the line each starts on.

    Args:
        file: the file.
        columns: the columns of the table; the header has all of them, in any order, and no other.

    Yields:
        The line and the cells, or the fault of a row whose cells do not fit the header.

    Raises:
        UnreadableError: the file is empty, its header is another, or its quoting is broken.
    """
    reader = csv.reader(io.StringIO(file.text), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise UnreadableError(f"the file is empty: write the header {','.join(columns)}", 1)
        header = [name.strip() for name in header]
        _check_header(header, columns)
        start = reader.line_num + 1
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                if len(cells) == len(header):
                    yield start, dict(zip(header, cells, strict=True))
                else:
                    fault = f"the row has {len(cells)} cells, the header {len(header)}: quote cells that hold commas"
                    yield start, UnreadableError(fault, start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(f"not a CSV file ({error}): mend the quoting", reader.line_num) from error


def _check_header(header: list[str], columns: Sequence[str]) -> None:
    doubled = sorted({name for name in header if header.count(name) > 1})
    unknown = sorted(set(header) - set(columns))
    missing = sorted(set(columns) - set(header))
    if doubled or unknown or missing:
        faults = [
            f"{fault} column {name!r}"
            for fault, names in (("repeated", doubled), ("unknown", unknown), ("missing", missing))
            for name in names
        ]
        raise UnreadableError(f"{', '.join(faults)}: the header is {','.join(columns)}", 1)


@dataclass(frozen=True)
class Node:
    """A YAML value: text, a list of nodes or a mapping of nodes, with the line it starts on."""

    line: int
    value: str | list[Node] | dict[str, Node] | None
    lines: dict[str, int] = field(default_factory=dict)

    def text(self) -> str | None:
        """The scalar as text.

        Raises:
            UnreadableError: it is a list or a mapping.
        """
        if isinstance(self.value, list | dict):
            raise UnreadableError("one value is wanted here, not a list or a mapping", self.line)
        return self.value

    def items(self) -> list[Node]:
        """The members of a list (none for an empty value).

        Raises:
            UnreadableError: it is not a list.
        """
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise UnreadableError("a list is wanted here (lines that start with '- ')", self.line)
        return self.value

    def mapping(self) -> dict[str, Node]:
        """The keys of a mapping.

        Raises:
            UnreadableError: it is not a mapping.
        """
        if not isinstance(self.value, dict):
            raise UnreadableError("keys with values are wanted here ('key: value')", self.line)
        return self.value


def read_yaml(file: TextFile) -> Node:
    """The single document of a YAML file as nodes of text with lines.

    Plain scalars stay text (`NO` is Norway, `1e24` is a number to whoever asks for one). Anchors and aliases are
    refused: data files write values out, and a file of aliases can grow without end.

    Raises:
        UnreadableError: invalid YAML, aliases, a repeated key, nesting too deep, or not exactly one document.
    """
    try:
        return _build(yaml.parse(file.text, Loader=YamlLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(
            f"invalid YAML ({error.problem}): mend the line", mark.line + 1 if mark else None
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableError(f"invalid YAML ({error}): mend the file") from error


NULL_WORDS = ("", "~", "null", "Null", "NULL")


def _build(events: Iterator[yaml.Event]) -> Node:
    """Nodes from the event stream, without recursion."""
    root: Node | None = None
    stack: list[tuple[Node, str | None]] = []

    def place(node: Node, key_line: int) -> None:
        nonlocal root
        if not stack:
            if root is not None:
                raise UnreadableError("more than one document: keep one document a file", node.line)
            root = node
            return
        parent, key = stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
            return
        mapping = parent.mapping()
        if key is None:
            raise UnreadableError("a key must be one word", node.line)
        mapping[key] = node
        parent.lines[key] = key_line
        stack[-1] = (parent, None)

    key_line = 1
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else key_line
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise UnreadableError("anchors and aliases are not used in data files: write the value out", line)
        if isinstance(event, yaml.ScalarEvent):
            if stack and isinstance(stack[-1][0].value, dict) and stack[-1][1] is None:
                if event.value in stack[-1][0].value:
                    raise UnreadableError(f"key {event.value!r} stands twice: keep one", line)
                stack[-1], key_line = (stack[-1][0], event.value), line
                continue
            is_null = event.implicit[0] and event.value in NULL_WORDS
            place(Node(line, None if is_null else event.value), key_line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if stack and isinstance(stack[-1][0].value, dict) and stack[-1][1] is None:
                raise UnreadableError("a key must be one word", line)
            node = Node(line, {} if isinstance(event, yaml.MappingStartEvent) else [])
            place(node, key_line)
            stack.append((node, None))
            if len(stack) > MAX_DEPTH:
                raise UnreadableError(f"nested more than {MAX_DEPTH} deep: data files are flat", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
    if root is None:
        raise UnreadableError("the file is empty: write the record or remove the file", 1)
    return root
