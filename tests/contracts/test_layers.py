"""Who may import whom, and what may stand in which layer: the house of DESIGN.md section 1, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from pipelines.paths import ROOT
from pipelines.warehouse.sql import CHECKS, MARTS, SqlFile, sql_files

PACKAGE = ROOT / "pipelines"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in FILES]
MAX_LINES = 400

LAYERS: dict[str, set[str]] = {
    "paths": set(),
    "contracts": {"paths"},
    "sources": {"contracts"},
    "costing": {"contracts"},
    "warehouse": {"contracts", "paths", "fingerprint"},
    "fingerprint": {"paths", "sources"},
    "graph": {"contracts", "sources", "costing", "warehouse", "paths", "fingerprint"},
    "defs": {"contracts", "sources", "polling", "costing", "warehouse", "graph", "paths", "fingerprint"},
    "polling": {"sources", "paths"},
    "definitions": {"contracts", "defs"},
}
"""What each layer may import besides itself. What is not named here (the command and its screens) stands above all."""

STRANGERS = ("sources", "costing", "warehouse")
"""Layers that do not know each other, not even through a third."""

HOMES: dict[str, tuple[str, ...]] = {
    "dagster": ("defs/", "definitions.py"),
    "duckdb": ("warehouse/",),
    "yaml": ("sources/",),
}
"""Libraries with a home: imported there and nowhere else."""

NETWORK = {
    *("aiohttp", "asyncio", "ftplib", "http", "httpx", "httpx2", "imaplib", "requests", "smtplib", "socket", "ssl"),
    *("urllib", "urllib3", "websocket", "websockets", "xmlrpc"),
}
FETCHING = "sources/fetch"
"""Fetching is one module of `sources`."""

NETWORK_ELSEWHERE = {("cli_ui.py", "socket"): "asks whether the port of the UI is free"}

ROW_LOOPS = {
    *("apply", "iter_rows", "iter_slices", "map_batches", "map_elements", "map_groups", "map_rows", "partition_by"),
    *("rows", "rows_by_key", "to_dicts", "to_pandas"),
}
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "environ", "getenv", "urandom"}
CLOCKS_ELSEWHERE = {"sources/fetch_client.py": "a connection must end in time"}
FILE_CALLS = {"open", "read_bytes", "read_csv", "read_parquet", "read_text", "scan_csv", "scan_parquet", "write_text"}

PLAIN_NUMBERS = {-1, 0, 1, 2}
NUMBERS_OF_ARITHMETIC = {
    ("cost_inputs.py", 0.75): "a quarter less",
    ("cost_inputs.py", 1.25): "a quarter more",
    ("epoch.py", 8): "digits of the id of a run",
    ("epoch.py", 10): "digits of the id of a run",
    ("evidence.py", 8): "bytes of a hash",
    ("market.py", 32): "bits of a rank",
    ("runs.py", 3600): "seconds in an hour",
    ("runs.py", 3_600_000_000): "microseconds in an hour",
    ("price_bases/basis.py", 18): "digits of a DECIMAL",
    ("price_bases/basis.py", 6): "decimals of a unit price",
    ("sums.py", 3): "third moments",
    ("sums.py", 4): "in the closed form of a shifted lognormal",
    ("sums.py", 0.95): "which point of a distribution an end is",
    ("sums.py", 1e-12): "what rounding leaves of a variance",
    ("sums.py", 1e-4): "a skewness that rounding leaves whole",
    ("methods/cottier_2024.py", 1000): "watts in a kilowatt",
    ("methods/cottier_2024.py", 10.0): "an order of magnitude",
    ("price_bases/amortized.py", 10): "the base of orders of magnitude",
    ("price_bases/amortized.py", 8766): "hours in a year",
    ("price_bases/amortized.py", 365.25): "days in a year",
    ("start_width.py", 10): "the base of orders of magnitude",
    ("start_width.py", 24): "hours in a day",
    ("start_width.py", 365.25): "days in a year",
    ("hardware_prices.py", 10): "the base of orders of magnitude",
    ("electricity.py", 100): "cents in a dollar",
    ("electricity.py", 6): "months in half a year",
    ("electricity.py", 12): "months in a year",
    ("energy.py", 1e6): "grams in a tonne",
    ("power.py", 1000): "watts in a kilowatt",
}
"""Numbers that costing may state itself; what is a number of the world stands in data/reference/methods.yaml."""

DEPRECATED = {
    *("AutoMaterializePolicy", "BindResourcesToJobs", "ExpectationResult", "LegacyFreshnessPolicy", "MetadataEntry"),
    *("SourceAsset", "SqlComponent", "TemplatedSqlComponent", "auto_materialize_policy", "build_component_defs"),
    *("build_column_schema_change_checks", "build_last_update_freshness_checks", "build_metadata_bounds_checks"),
    *("build_sensor_for_freshness_checks", "build_time_partition_freshness_checks", "compute_kind", "fs_io_manager"),
    *("get_event_records", "job_selection", "legacy_freshness_policy", "link_code_references_to_git", "load_defs"),
    *("monitor_all_repositories", "multi_asset_sensor", "non_argument_deps", "observable_source_asset"),
    *("run_request_for_partition", "with_source_code_references", "fetch_arrow_table", "fetch_record_batch"),
}
"""Names of STYLE.md section 8, most of which warn nowhere."""


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"), filename=name)


def layer(name: str) -> str:
    """The layer a file belongs to: its folder, or its own name at the top."""
    return name.partition("/")[0].removesuffix(".py")


@cache
def imports(name: str) -> tuple[str, ...]:
    """Every module a file imports, wherever in the file; `from a import b` counts as `a` and `a.b`."""
    found: list[str] = []
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: a relative import"
            found += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def own_imports(name: str) -> set[str]:
    """The layers of ours that a file imports."""
    return {module.split(".")[1] for module in imports(name) if module.startswith("pipelines.")} - {layer(name)}


def in_layer(wanted: str) -> list[str]:
    return [name for name in NAMES if layer(name) == wanted]


def mentioned(name: str) -> Iterator[tuple[int, str]]:
    """Line and word of every name, attribute and keyword in a file."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.value.lineno, node.arg


def called(name: str) -> Iterator[tuple[int, str]]:
    """Line and word of everything a file calls."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.lineno, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def places(names: list[str], words: set[str], search: Callable[[str], Iterator[tuple[int, str]]]) -> list[str]:
    """Where any of the words stands, as `file:line word`."""
    return [f"{name}:{line} {word}" for name in names for line, word in search(name) if word in words]


class TestImports:
    @pytest.mark.parametrize("name", NAMES)
    def test_a_layer_imports_only_what_stands_below_it(self, name: str) -> None:
        if layer(name) in LAYERS:
            assert own_imports(name) <= LAYERS[layer(name)]

    @pytest.mark.parametrize("start", STRANGERS)
    def test_strangers_do_not_meet_through_a_third(self, start: str) -> None:
        reached, pending = set[str](), {start}
        while pending:
            current = pending.pop()
            reached.add(current)
            pending |= {below for name in in_layer(current) for below in own_imports(name)} - reached
        assert not reached & set(STRANGERS) - {start}

    def test_every_layer_of_the_house_is_there(self) -> None:
        assert {layer(name) for name in NAMES} >= LAYERS.keys()

    @pytest.mark.parametrize("name", NAMES)
    def test_a_library_is_imported_at_its_home(self, name: str) -> None:
        for library, homes in HOMES.items():
            if any(module.partition(".")[0] == library for module in imports(name)):
                assert name.startswith(homes), f"{library} is imported outside {homes}"

    @pytest.mark.parametrize("name", NAMES)
    def test_the_network_is_reached_by_one_module(self, name: str) -> None:
        reached = {module.partition(".")[0] for module in imports(name)} & NETWORK
        if not name.startswith(FETCHING):
            assert {library for library in reached if (name, library) not in NETWORK_ELSEWHERE} == set()

    @pytest.mark.parametrize("name", NAMES)
    def test_only_the_public_dagster_is_used(self, name: str) -> None:
        assert not [module for module in imports(name) if module.startswith(("dagster._", "dagster.preview"))]

    @pytest.mark.parametrize("name", NAMES)
    def test_pandera_is_imported_for_polars(self, name: str) -> None:
        assert not [module for module in imports(name) if module == "pandera"]


class TestWhatMayStandWhere:
    def test_no_deprecated_name(self) -> None:
        assert places(NAMES, DEPRECATED, mentioned) == []

    def test_costing_never_walks_rows_in_python(self) -> None:
        assert places(in_layer("costing"), ROW_LOOPS, called) == []

    @pytest.mark.parametrize("wanted", ["contracts", "costing", "sources"])
    def test_no_clock_and_no_environment_below(self, wanted: str) -> None:
        names = [name for name in in_layer(wanted) if name not in CLOCKS_ELSEWHERE]
        assert places(names, CLOCKS, mentioned) == []

    def test_costing_touches_no_files(self) -> None:
        assert places(in_layer("costing"), FILE_CALLS, called) == []
        assert not [name for name in in_layer("costing") if {"pathlib", "os", "io"} & set(imports(name))]

    @pytest.mark.parametrize("name", in_layer("costing"))
    def test_costing_states_no_number_of_the_world(self, name: str) -> None:
        stated = {
            node.value
            for node in ast.walk(tree(name))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        }
        short = name.removeprefix("costing/")
        assert {number for number in stated - PLAIN_NUMBERS if (short, number) not in NUMBERS_OF_ARITHMETIC} == set()

    @pytest.mark.parametrize(("name", "number"), NUMBERS_OF_ARITHMETIC)
    def test_every_exception_is_still_needed(self, name: str, number: int) -> None:
        assert number in {node.value for node in ast.walk(tree(f"costing/{name}")) if isinstance(node, ast.Constant)}


class TestSize:
    @pytest.mark.parametrize("path", [*FILES, *sorted((ROOT / "sql").rglob("*.sql"))], ids=lambda path: path.name)
    def test_a_file_can_be_read_in_one_go(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES

    @pytest.mark.parametrize("name", NAMES)
    def test_every_module_says_what_belongs_in_it(self, name: str) -> None:
        assert ast.get_docstring(tree(name))


class TestSql:
    @pytest.mark.parametrize("file", sql_files(MARTS), ids=lambda file: file.name)
    def test_a_mart_reads_core_and_marts_only(self, file: SqlFile) -> None:
        assert file.reads
        assert {read.partition(".")[0] for read in file.reads} <= {"core", "marts"}

    @pytest.mark.parametrize("file", sql_files(CHECKS), ids=lambda file: file.name)
    def test_a_check_reads_what_is_published(self, file: SqlFile) -> None:
        assert file.reads
        assert {read.partition(".")[0] for read in file.reads} <= {"core", "marts", "quality", "history"}
