"""YAML records to rows: known keys become cells, anything else sets the record aside alone."""

from __future__ import annotations

import pytest

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.sources.records import cell, keys_of, read_list, row_of, unknown_key
from pipelines.sources.source import ReadingBuilder
from pipelines.sources.text import UnreadableError, read_yaml
from tests.unit.sources.files import FILE, text_file

HARDWARE = "staging.reference__hardware"
KNOWN = ["id", "name", "tags"]


def rows_of(content: str) -> list[dict[str, str | int | None]]:
    """Every record of a list as a row with the keys of KNOWN."""
    file = text_file(content)
    return [row_of(record, KNOWN, file) for record in read_yaml(file).items()]


def test_keys_are_the_columns_of_the_contract_without_the_place() -> None:
    keys = keys_of(HARDWARE)
    assert {"hardware_id", "source_id", "confidence", "tdp_w"} <= set(keys)
    assert not {"file", "line", "file_sha256"} & set(keys)


def test_a_row_has_its_cells_and_its_place() -> None:
    assert rows_of("- id: a\n  name: NO\n\n- id: b\n") == [
        {"id": "a", "name": "NO", "file": FILE, "line": 1, "file_sha256": "0" * 64},
        {"id": "b", "file": FILE, "line": 4, "file_sha256": "0" * 64},
    ]


def test_a_list_of_words_is_one_cell() -> None:
    assert rows_of("- tags: [a, b]\n")[0]["tags"] == "a;b"
    assert rows_of("- tags: []\n")[0]["tags"] == ""


@pytest.mark.parametrize("value", ["{a: b}", "[[a]]", "[{a: b}]"])
def test_a_cell_is_a_word_or_a_list_of_words(value: str) -> None:
    with pytest.raises(UnreadableError, match="one value is wanted here"):
        cell(read_yaml(text_file(f"a: {value}\n")).mapping()["a"])


@pytest.mark.parametrize("content", ["- a\n", "- [a]\n", "-\n"])
def test_a_record_is_a_mapping(content: str) -> None:
    with pytest.raises(UnreadableError, match="keys with values are wanted here"):
        rows_of(content)


def test_an_unknown_key_names_its_line_and_the_nearest_known_one() -> None:
    with pytest.raises(UnreadableError, match=r"unknown key 'nmae'; did you mean 'name'\?") as caught:
        rows_of("- id: a\n  nmae: b\n")
    assert caught.value.line == 2


def test_an_unknown_key_like_no_other_lists_the_known_ones() -> None:
    assert unknown_key("zzz", KNOWN) == "unknown key 'zzz': known are id, name, tags"


@pytest.mark.parametrize("key", ["file", "line", "file_sha256", "__row", ""])
def test_a_record_cannot_say_where_it_was_read(key: str) -> None:
    with pytest.raises(UnreadableError, match="unknown key"):
        rows_of(f"- id: a\n  '{key}': b\n")


def test_a_record_that_cannot_be_read_is_set_aside_alone() -> None:
    builder = ReadingBuilder("reference")
    content = "- hardware_id: a\n- hardware_id: b\n  tdp: 1\n- c\n- hardware_id: [[d]]\n- hardware_id: e\n"
    read_list(builder, "hardware", text_file(content))
    reading = builder.result()
    assert reading.raw[HARDWARE]["hardware_id"].to_list() == ["a", "e"]
    found = reading.rejected.select("table_name", "file", "line", "record_id", "check_name", "is_set_aside").rows()
    assert found == [
        (HARDWARE, FILE, 3, "b", "unreadable", True),
        (HARDWARE, FILE, 4, None, "unreadable", True),
        (HARDWARE, FILE, 5, None, "unreadable", True),
    ]
    assert "tdp_w" in reading.rejected["reason"][0]


def test_an_empty_reading_has_every_table() -> None:
    reading = ReadingBuilder("reference").result()
    assert reading.raw.keys() == {
        f"staging.reference__{name}"
        for name in (
            "sources",
            "hardware",
            "accelerator_map",
            "provider_map",
            "price_proxies",
            "price_bounds",
            "compute_rules",
            "method_constants",
            *("epoch_models", "epoch_accelerators", "method_rules"),
            *("electricity_areas", "grid_intensities"),
        )
    }
    assert all(frame.is_empty() for frame in reading.raw.values())
    assert reading.rejected.is_empty()
