"""The whole way in a temporary folder: build, build again, fail, publish, and the same through Dagster."""

from __future__ import annotations

import json
import multiprocessing
import re
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.contracts.derive import (
    columns,
    comment_of,
    comment_of_table,
    dictionary,
    duckdb_type,
    parquet_name,
    public_tables,
)
from pipelines.contracts.quality import Releases
from pipelines.contracts.table import TABLES, Table, table_of
from pipelines.fingerprint import input_fingerprint
from pipelines.graph.build import LONGEST, build, ordered
from pipelines.graph.step import Batch, Computed, Step, Workbench
from pipelines.graph.tables import RELEASE, STEPS
from pipelines.paths import DataFolder
from pipelines.warehouse.macros import macro_dictionary
from pipelines.warehouse.release import ReleaseRefusedError
from pipelines.warehouse.store import Warehouse, WarehouseBusyError, as_contract
from tests.conftest import AS_OF

pytestmark = pytest.mark.integration
STABLE = [table for table in public_tables() if table.schema_name != "history"]


def published(folder: DataFolder, declared: Table) -> pl.DataFrame:
    """The rows of a published table, in its contract's types."""
    with duckdb.connect(str(folder.ledger), read_only=True) as connection:
        return as_contract(declared, connection.sql(f"from {declared.name}").pl())


def break_release(folder: DataFolder) -> None:
    """Make two models each other's base: a law that refuses a release."""
    path = folder.root / "disclosures" / "deepseek-v3.yaml"
    edge = (
        "built_on:\n  - parent_model_id: deepseek-r1\n    relation: weights\n"
        "    counts_in: none\n    source_id: deepseek-v3-report\n"
    )
    text = path.read_text(encoding="utf-8")
    assert "built_on:\n" in text
    path.write_text(text.replace("built_on:\n", edge, 1), encoding="utf-8")


def test_every_table_is_published_with_its_contract(ledger_folder: DataFolder) -> None:
    """Names, types, order of columns, and a comment on every table and column."""
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        found = connection.sql(
            "select schema_name || '.' || table_name, column_name, data_type, comment "
            "from duckdb_columns() where not internal order by schema_name, table_name, column_index"
        ).fetchall()
        tables = dict(
            connection.sql("select schema_name || '.' || table_name, comment from duckdb_tables()").fetchall()
        )
    expected = [
        (declared.name, column.name, re.sub("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", column.type), comment_of(column))
        for declared in sorted(public_tables(), key=lambda declared: declared.name)
        for column in columns(declared)
    ]
    assert found == expected
    assert tables == {declared.name: comment_of_table(declared) for declared in public_tables()}


@pytest.mark.parametrize("declared", public_tables(), ids=lambda declared: declared.name)
def test_no_key_stands_twice(ledger_folder: DataFolder, declared: Table) -> None:
    """The published file has no index that would see to it."""
    assert not published(ledger_folder, declared).select(declared.key).is_duplicated().any()


@pytest.mark.parametrize("declared", public_tables(), ids=lambda declared: declared.name)
def test_parquet_is_the_table(ledger_folder: DataFolder, declared: Table) -> None:
    """The same rows in the same order, the same columns, and for DuckDB the same types."""
    parquet = ledger_folder.published / parquet_name(declared)
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        table, file = (connection.sql(f"from {place}") for place in (declared.name, f"'{parquet}'"))
        assert (file.columns, file.types) == (table.columns, table.types)
        assert file.fetchall() == table.fetchall()
    assert_frame_equal(pl.read_parquet(parquet), published(ledger_folder, declared))


class Untouched:
    """A build file nobody may ask."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"the build file was asked: {name}")


@pytest.fixture(scope="module")
def everything_at_hand(ledger_folder: DataFolder) -> Workbench:
    """A bench with every table as a frame, and nothing to ask."""
    warehouse = Warehouse(ledger_folder.work)
    bench = Workbench(ledger_folder, warehouse, AS_OF, is_full=True)
    reads = {read for step in STEPS for read in step.reads}
    with warehouse.session():
        assert bench.notes
        for declared in reads:
            bench.read(declared)
    bench.warehouse = Untouched()  # type: ignore[assignment]  # stands for the file, and fails
    return bench


@pytest.mark.parametrize("step", [step for step in STEPS if not step.asks_file], ids=lambda step: step.table.name)
def test_a_step_that_does_not_say_so_asks_nothing_of_the_build_file(everything_at_hand: Workbench, step: Step) -> None:
    """A build runs it as soon as its inputs are made, and stores them later."""
    assert step.run(everything_at_hand).rows.columns


def test_data_package_and_dictionary_stand_beside(ledger_folder: DataFolder) -> None:
    package = json.loads((ledger_folder.published / "datapackage.json").read_text(encoding="utf-8"))
    assert [resource["name"] for resource in package["resources"]] == [table.name for table in public_tables()]
    for resource in package["resources"]:
        assert (ledger_folder.published / resource["path"]).is_file()
    assert (ledger_folder.published / "DICTIONARY.md").read_text(encoding="utf-8") == dictionary() + macro_dictionary()


def test_the_release_is_read_only_and_leaves_nothing_behind(ledger_folder: DataFolder) -> None:
    mode = stat.S_IMODE(ledger_folder.ledger.stat().st_mode)
    assert mode == 0o444
    names = {path.name for path in ledger_folder.published.iterdir()}
    assert names == {"ledger.duckdb", "parquet", "datapackage.json", "DICTIONARY.md"}


def test_older_clients_can_read_the_release(ledger_folder: DataFolder) -> None:
    """Bytes 12 to 20 of a DuckDB file are its storage version; 64 is that of v1.0.0."""
    assert int.from_bytes(ledger_folder.ledger.read_bytes()[12:20], "little") == 64


def test_a_second_build_changes_nothing_but_the_history(ledger_copy: DataFolder) -> None:
    before = {declared.name: published(ledger_copy, declared) for declared in STABLE}
    first = published(ledger_copy, TABLES["history.releases"])
    build(ledger_copy, AS_OF)
    for declared in STABLE:
        assert_frame_equal(published(ledger_copy, declared), before[declared.name])
    again = published(ledger_copy, TABLES["history.releases"])
    assert again["input_fingerprint"].n_unique() == again["code_fingerprint"].n_unique() == 1
    assert set(again["release_id"]) >= set(first["release_id"])


def test_history_survives_a_lost_build_folder(ledger_copy: DataFolder) -> None:
    first = published(ledger_copy, TABLES["history.releases"])["release_id"].to_list()
    ledger_copy.work.unlink()
    build(ledger_copy, AS_OF)
    assert published(ledger_copy, TABLES["history.releases"])["release_id"].to_list()[: len(first)] == first


def test_a_refused_release_leaves_the_last_one(ledger_copy: DataFolder) -> None:
    before = ledger_copy.ledger.read_bytes()
    break_release(ledger_copy)
    with pytest.raises(ReleaseRefusedError, match=r"deepseek-r1.*deepseek-v3|deepseek-v3.*deepseek-r1"):
        build(ledger_copy, AS_OF)
    assert ledger_copy.ledger.read_bytes() == before
    assert {path.name for path in ledger_copy.published.iterdir()} == {
        "ledger.duckdb",
        "parquet",
        "datapackage.json",
        "DICTIONARY.md",
    }


def test_a_first_release_that_is_refused_leaves_no_folder(data_copy: DataFolder) -> None:
    break_release(data_copy)
    with pytest.raises(ReleaseRefusedError):
        build(data_copy, AS_OF)
    assert not data_copy.published.exists()


def test_a_stale_write_ahead_log_is_removed(ledger_copy: DataFolder) -> None:
    """Whoever wrote into the release left a log that would make every open of the next one fail."""
    log = ledger_copy.ledger.with_name("ledger.duckdb.wal")
    log.write_bytes(b"left behind")
    build(ledger_copy, AS_OF)
    assert not log.exists()
    assert published(ledger_copy, TABLES["core.models"]).height == 236


def test_a_damaged_release_is_replaced(ledger_copy: DataFolder) -> None:
    ledger_copy.ledger.chmod(0o644)
    ledger_copy.ledger.write_bytes(b"not a database")
    build(ledger_copy, AS_OF)
    assert published(ledger_copy, TABLES["core.models"]).height == 236


def _read_until_told(path: str, stop: str, results: multiprocessing.Queue[tuple[int, list[str]]]) -> None:
    """Open, read and close the ledger again and again."""
    reads, faults = 0, []
    while not Path(stop).exists():
        try:
            with duckdb.connect(path, read_only=True) as connection:
                rows = connection.sql(
                    "select (select count(*) from core.models), (select count(*) from core.model_costs)"
                ).fetchall()
            if rows != [(236, 236 * 3 * 8)]:
                faults.append(f"torn: {rows}")
        except duckdb.Error as error:
            faults.append(str(error))
        reads += 1
    results.put((reads, faults))


def test_readers_never_see_half_a_release(ledger_copy: DataFolder) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[int, list[str]]] = context.Queue()
    stop = ledger_copy.root / "stop"
    readers = [
        context.Process(target=_read_until_told, args=(str(ledger_copy.ledger), str(stop), results)) for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in range(3):
            build(ledger_copy, AS_OF)
    finally:
        stop.touch()
    outcomes = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(timeout=60)
    assert all(reads > 0 for reads, _ in outcomes)
    assert [faults for _, faults in outcomes] == [[], []]


def test_two_builds_do_not_meet(ledger_copy: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.warehouse.store.LOCK_SECONDS", 0.1)
    with Warehouse(ledger_copy.work).session(), pytest.raises(WarehouseBusyError, match="in use by another build"):
        build(ledger_copy, AS_OF)


def test_the_graph_makes_every_public_table_once() -> None:
    made = [table.name for step in STEPS for table in (step.table, *step.also)]
    assert len(made) == len(set(made))
    assert set(made) == {table.name for table in public_tables()}
    order = [step.table.name for step in ordered(STEPS)]
    assert LONGEST in order
    for step in STEPS:
        assert all(order.index(read.name) < order.index(step.table.name) for read in step.reads if read.name in order)


def test_types_of_every_contract_have_a_duckdb_type() -> None:
    assert all(duckdb_type(dtype) for declared in TABLES.values() for dtype in declared.dtypes.values())


def test_a_release_is_made_from_what_was_read(ledger_copy: DataFolder) -> None:
    """A file that changes after it was read is not said to be in the release."""
    before = published(ledger_copy, TABLES["history.releases"])["input_fingerprint"][-1]
    path = ledger_copy.root / "disclosures" / "s1-32b.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with Warehouse(ledger_copy.work).session() as warehouse:
        bench = Workbench(ledger_copy, warehouse, AS_OF)
        RELEASE.run(bench)
    assert published(ledger_copy, TABLES["history.releases"])["input_fingerprint"][-1] == before
    assert input_fingerprint(ledger_copy) != before


def test_what_was_set_aside_is_told_though_a_later_step_failed_before_it_was_stored(
    ledger_copy: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.graph.build.WORKERS", 1)  # so storing, which is least urgent, waits
    (ledger_copy.root / "reference" / "sources.yaml").unlink()
    with pytest.raises(KeyError, match="restore it"):
        build(ledger_copy, AS_OF, is_full=True)
    told = Warehouse(ledger_copy.work).rejections().filter(pl.col("check_name") == "unreadable")
    assert told["file"].to_list() == ["reference/sources.yaml"]


IN_LITTLE_ROOM = """
import resource, sys
from pipelines.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv[1:] = sys.argv[2:]
main()
"""
"""Runs the command as on a disk that takes no file longer than so many bytes."""


def test_a_disk_that_takes_no_more_keeps_the_last_release_and_is_told(ledger_copy: DataFolder) -> None:
    words = ["--data", str(ledger_copy.root), "run", "--force"]
    before, last = ledger_copy.ledger.read_bytes(), sorted(ledger_copy.published.iterdir())
    command = [sys.executable, "-c", IN_LITTLE_ROOM, str(2**20), *words]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "could not be written (File too large): make room on the disk, and run again" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (ledger_copy.ledger.read_bytes(), sorted(ledger_copy.published.iterdir())) == (before, last)
    assert subprocess.run([sys.executable, "-m", "pipelines.cli", *words], check=False).returncode == 0
    assert ledger_copy.ledger.read_bytes() != before


def test_what_several_tables_are_parts_of_is_made_once_while_its_tables_are_the_same(ledger_copy: DataFolder) -> None:
    read = (TABLES["core.models"], TABLES["core.hardware"])
    calls = []

    def heights(*frames: pl.DataFrame) -> list[int]:
        calls.append([frame.height for frame in frames])
        return calls[-1]

    with Warehouse(ledger_copy.work).session() as warehouse:
        bench = Workbench(ledger_copy, warehouse, AS_OF)
        first = bench.shared(heights, read)
        assert bench.shared(heights, read) == first
        assert len(calls) == 1
        bench.save(Batch([(read[1], Computed(bench.read(read[1]).head(3)))], {}))
        assert bench.shared(heights, read) == [first[0], 3]


def test_what_sources_note_is_kept_when_they_are_read_before_history_is_taken_up(
    ledger_copy: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.graph.build.WORKERS", 1)
    monkeypatch.setattr("pipelines.graph.build.BYTES_OF_AN_ORDINARY_TASK", 1)  # sources are large, and go first
    quotes = ledger_copy.root / "prices" / "rental_quotes.csv"
    lines = quotes.read_text(encoding="utf-8").splitlines(keepends=True)
    quotes.write_text("".join(lines[:-1]), encoding="utf-8")
    build(ledger_copy, AS_OF)
    assert published(ledger_copy, table_of(Releases)).height == 2
