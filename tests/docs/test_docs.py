"""What the documentation says holds: links, queries and their results, examples, paths, commands, numbers, imports.

Belongs here: every Markdown file of the repository, compared with the code and the data.
Does not belong here: style, and whether an explanation is a good one.
"""

from __future__ import annotations
import __future__

import ast
import csv
import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import polars as pl
import pytest
import yaml

from pipelines.contracts import all as _every_table  # noqa: F401 - declares every table
from pipelines.contracts import core, marts
from pipelines.contracts.derive import columns, create_table
from pipelines.contracts.schema import schemas
from pipelines.contracts.table import TABLES, Table, table_of
from pipelines.contracts.validation import require
from pipelines.costing import runs
from pipelines.costing.constants import DEFAULT_METHOD, Constants
from pipelines.costing.phase_costs import price_phases
from pipelines.costing.price_bases import Pricing
from pipelines.costing.price_bases.basis import PRICE_COLUMNS
from pipelines.graph.build import build
from pipelines.paths import ROOT, DataFolder
from pipelines.warehouse.sql import empty_warehouse, output_of
from pipelines.warehouse.store import as_contract
from tests.conftest import AS_OF, copy_data

SKIPPED = ("data/build", "data/published", "data/snapshots")
"""Folders whose Markdown is not ours, or is made by a build."""

EXAMPLES = frozenset(
    {
        "data/disclosures/example-1b.yaml",
        "data/scenarios/h800-at-three-dollars.yaml",
        "sql/marts/hours_by_hardware.sql",
        "pipelines/costing/price_bases/rental_year_later.py",
    }
)
"""Files that a how-to tells the reader to write; they must not be there."""


PROMISED: dict[str, frozenset[str]] = {}
"""Tables and verbs that a page speaks of and that are not there yet; whoever makes one takes it out of here."""


# ---- reading Markdown


@dataclass(frozen=True)
class Fence:
    """A fenced block of code, and the text after it up to the next one."""

    page: str
    line: int
    language: str
    text: str
    after: str

    def __str__(self) -> str:
        """Name of a test over it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """A Markdown file: its prose without code, and its code."""

    name: str
    prose: str
    fences: tuple[Fence, ...]
    spans: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it is."""
        return ROOT / self.name

    @property
    def code(self) -> tuple[str, ...]:
        """Everything that is set as code."""
        return (*self.spans, *(fence.text for fence in self.fences))

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as Git hosts make them."""
        found: dict[str, int] = {}
        anchors = set(re.findall(r'<a (?:id|name)="([^"]+)"', self.prose))
        for title in re.findall(r"^#{1,6} +(.+?) *#*$", self.path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            anchors.add(f"{slug}-{found[slug]}" if slug in found else slug)
            found[slug] = found.get(slug, 0) + 1
        return anchors


FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,}) *(?P<language>[\w+-]*)")
SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", flags=re.DOTALL)


def read_page(path: Path) -> Page:
    """Split a Markdown file into prose and code."""
    name = path.relative_to(ROOT).as_posix()
    prose: list[str] = []
    blocks: list[tuple[int, str, list[str], list[str]]] = []
    marks, was_blank, is_indented = "", True, False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = FENCE.match(line)
        if marks:
            if line.strip().startswith(marks) and not line.strip().strip(marks[0]):
                marks = ""
            else:
                blocks[-1][2].append(line)
        elif match:
            marks = match["marks"]
            blocks.append((number, match["language"].lower(), [], []))
        elif line.startswith("    ") and (was_blank or is_indented):
            if not is_indented:
                blocks.append((number, "indented", [], []))
            blocks[-1][2].append(line)
        else:
            prose.append(line)
            if blocks:
                blocks[-1][3].append(line)
        is_indented = not marks and not match and line.startswith("    ") and (was_blank or is_indented)
        was_blank = not line.strip()
    text = "\n".join(prose)
    fences = tuple(
        Fence(name, number, language, "\n".join(body), "\n".join(after)) for number, language, body, after in blocks
    )
    return Page(name, SPAN.sub("", text), fences, tuple(match[1] for match in SPAN.findall(text)))


@cache
def pages() -> tuple[Page, ...]:
    """Every Markdown file of the repository."""

    def is_ours(path: Path) -> bool:
        name = path.relative_to(ROOT).as_posix()
        parts = name.split("/")
        hidden = any(part.startswith(".") and part != ".github" for part in parts)
        return not (hidden or name.startswith(SKIPPED) or any(part.endswith(".egg-info") for part in parts))

    return tuple(read_page(path) for path in sorted(ROOT.rglob("*.md")) if is_ours(path))


def each_page(*, within: str = "") -> pytest.MarkDecorator:
    """Parametrize a test over the pages whose name begins so."""
    return pytest.mark.parametrize("page", [page for page in pages() if page.name.startswith(within)], ids=_name)


def _name(page: Page) -> str:
    return page.name


def fences(language: str) -> list[Fence]:
    """Every fenced block in a language."""
    return [fence for page in pages() for fence in page.fences if fence.language == language]


def each_fence(found: list[Fence]) -> pytest.MarkDecorator:
    """Parametrize a test over blocks."""
    return pytest.mark.parametrize("fence", found, ids=str)


# ---- links and paths


@each_page()
def test_every_relative_link_resolves(page: Page) -> None:
    targets = re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", page.prose)
    targets += re.findall(r"^\[[^\]]+\]:\s+(\S+)", page.prose, flags=re.MULTILINE)
    broken = []
    for target in targets:
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        place, _, anchor = target.partition("#")
        path = (page.path.parent / place).resolve() if place else page.path
        is_page = path.suffix == ".md" and path.is_file()
        lacks_anchor = bool(anchor) and (not is_page or anchor not in read_page(path).anchors)
        if not path.exists() or not path.is_relative_to(ROOT) or lacks_anchor:
            broken.append(target)
    assert not broken


def repository_paths(page: Page) -> Iterator[str]:
    """Words in back quotes that look like a path of this repository."""
    tops = {path.name for path in ROOT.iterdir()} | {"docs", "bench", "sql", "data", "tests", "pipelines"}
    for span in page.spans:
        word = span.strip().rstrip("/")
        if re.fullmatch(r"[\w.<>*/{}-]+", word) and word.split("/")[0] in tops and ("/" in word or "." in word):
            yield word


@each_page()
def test_every_path_exists(page: Page) -> None:
    """A part in angle brackets stands for anything."""

    def is_there(word: str) -> bool:
        if word in EXAMPLES or word.startswith(
            ("data/build", "data/epoch", "data/own", "data/published", "data/snapshots", ".venv")
        ):
            return True
        pattern = re.sub(r"<[^>]*>", "*", word)
        return any(ROOT.glob(pattern)) if "*" in pattern else (ROOT / word).exists()

    assert not [word for word in repository_paths(page) if not is_there(word)]


def test_example_files_are_not_there() -> None:
    assert not [name for name in EXAMPLES if (ROOT / name).exists()]


# ---- commands


@each_page()
def test_every_make_target_exists(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = {target for code in page.code for target in re.findall(r"(?:^|[\s;&|(])make ([a-z]+)", code)}
    assert not named - targets


COMMAND = re.compile(r"(?:^|[\s/;&|(])costledger((?:[ ]+(?:--?[\w-]+|\"[^\"]*\"|[\w./-]+))+)", flags=re.MULTILINE)


def verbs() -> dict[str, set[str]]:
    """Verbs of the command, each with its options; the command's own options stand under ''."""
    try:
        from pipelines import cli
    except ImportError as error:
        pytest.skip(f"the command is not there yet: {error}")
    import typer

    app = next((value for value in vars(cli).values() if isinstance(value, typer.Typer)), None)
    if app is None:
        pytest.skip("pipelines/cli.py has no command yet")
    group: Any = typer.main.get_command(app)

    def options(command: Any) -> set[str]:
        return {
            option
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
            if option.startswith("-")
        }

    every = {"--help"} | options(group)
    return {"": every} | {name: every | options(command) for name, command in group.commands.items()}


@each_page()
def test_every_verb_and_option_of_the_command_exists(page: Page) -> None:
    lines = [match for code in page.code for match in COMMAND.findall(code)]
    if not lines:
        return
    known = verbs()
    unknown = []
    for line in lines:
        words = re.findall(r"\"[^\"]*\"|\S+", line)
        verb = words[0] if not words[0].startswith("-") else ""
        if verb not in known:
            unknown.append(verb)
            continue
        unknown += [f"{verb} {word}" for word in words if word.startswith("-") and word not in known[verb]]
    assert not set(unknown) - PROMISED.get(page.name, frozenset())


def test_what_was_promised_is_still_missing() -> None:
    promised = {word for words in PROMISED.values() for word in words}
    assert not promised & (set(verbs()) | set(TABLES))


@pytest.mark.filterwarnings("ignore")
def test_selections_for_the_ui_select_something() -> None:
    """`key:"core/price_quotes"+`: in the words Dagster understands, of assets that are there."""
    import dagster as dg

    from pipelines.defs.assets import ASSETS

    page = read_page(ROOT / "docs" / "how-to" / "use-dagster.md")
    selections = re.findall(r"^ +(\S*(?:key|group):\S+)", "\n".join(page.code), flags=re.MULTILINE)
    assert selections
    for selection in selections:
        assert dg.AssetSelection.from_string(selection).resolve(ASSETS), selection


# ---- words and numbers


@cache
def words_of_the_code() -> frozenset[str]:
    """Every identifier in the code, the SQL, the data's keys and the settings."""
    files = [
        *(ROOT / "pipelines").rglob("*.py"),
        *(ROOT / "sql").rglob("*.sql"),
        *(ROOT / "data" / "reference").glob("*.schema.json"),
        ROOT / "data" / "reference" / "methods.yaml",
        *(ROOT / name for name in ("Makefile", "dagster.yaml", "workspace.yaml", "pyproject.toml")),
    ]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))


@each_page()
def test_every_name_in_back_quotes_is_a_name_of_the_code(page: Page) -> None:
    """`gpu_hours`, `core.models`: whoever renames one finds it here."""
    named = {span.split(" = ")[0].strip() for span in page.spans}
    snake = {word for word in named if re.fullmatch(r"_?[a-z0-9]+(_[a-z0-9]+)+", word)}
    suffixes = {word for word in named if re.fullmatch(r"(_[a-z]+)+", word)}
    tables = {word for word in named if re.fullmatch(r"(raw|staging|core|marts|quality|history)\.[a-z_]+", word)}
    examples = {Path(name).stem for name in EXAMPLES}
    assert not {word for word in snake - suffixes if word not in words_of_the_code() | examples}
    assert not {word for word in suffixes if not any(name.endswith(word) for name in words_of_the_code())}
    assert not tables - set(TABLES) - PROMISED.get(page.name, frozenset())


def method_constants() -> dict[str, tuple[float, str]]:
    """Value and unit of each constant of the ledger's method."""
    methods = yaml.safe_load((ROOT / "data" / "reference" / "methods.yaml").read_text(encoding="utf-8"))
    chosen = next(method for method in methods if method["method_id"] == DEFAULT_METHOD)
    return {each["constant_id"]: (float(each["value"]), each["unit"]) for each in chosen["constants"]}


def test_every_constant_is_documented_with_its_value() -> None:
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| (\w+) \|", text, flags=re.MULTILINE)
    assert {name: (float(value), unit) for name, value, unit in table} == method_constants()


@each_page(within="docs")
def test_a_value_beside_a_constant_is_its_value(page: Page) -> None:
    """`fresh_quote_days` (180 days)."""
    text = page.path.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`\s+\(([\d.]+)[\s)]", text)
    wrong = [name for name, value in named if method_constants().get(name, (None, ""))[0] != float(value)]
    assert not wrong


def test_the_method_is_documented_in_its_version() -> None:
    methods = yaml.safe_load((ROOT / "data" / "reference" / "methods.yaml").read_text(encoding="utf-8"))
    version = next(method["method_version"] for method in methods if method["method_id"] == DEFAULT_METHOD)
    assert f"`{DEFAULT_METHOD}`, version {version}." in (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", ["cost_missing_reason", "flags"])
def test_every_word_of_an_unknown_is_explained(column: str) -> None:
    """A reader who finds a flag or a reason in a row finds it on the page about methods."""
    from pipelines.contracts import vocabulary

    words = vocabulary.MISSING_REASON if column == "cost_missing_reason" else vocabulary.COST_FLAG
    page = read_page(ROOT / "docs" / "methods.md")
    assert not [word for word in words if not any(word in span for span in page.spans)]


# ---- the layers


def layer_table() -> dict[str, set[str]]:
    """What each layer may import, as docs/architecture.md says."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `pipelines/(\w+)(?:\.py)?` \|[^|]*\| ([^|]*) \|", text, flags=re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows}


def imports_of(layer: str) -> set[str]:
    """Modules a layer imports, by their full names."""
    folder = ROOT / "pipelines" / layer
    files = folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    found = {f"{node.module}.{name.name}" for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names}
    return found | {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}


@pytest.mark.parametrize("layer", sorted(layer_table()))
def test_layers_import_what_the_documentation_says(layer: str) -> None:
    ours = {name.split(".")[1] for name in imports_of(layer) if name.startswith("pipelines.")} - {layer}
    assert not ours - layer_table()[layer]


def test_only_one_layer_opens_duckdb_and_one_imports_dagster() -> None:
    def users(library: str) -> set[str]:
        return {layer for layer in layer_table() if any(name.split(".")[0] == library for name in imports_of(layer))}

    assert users("duckdb") == {"warehouse"}
    assert users("dagster") == {"defs", "definitions"}


# ---- queries


@pytest.fixture(scope="module")
def ledger(ledger_folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published ledger of the project's data."""
    with duckdb.connect(str(ledger_folder.ledger), read_only=True) as connection:
        yield connection


@pytest.fixture
def bindable() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table, empty; with those that a how-to declares."""
    with empty_warehouse() as connection:
        for fence in contract_examples():
            for declared in declared_by(fence):
                connection.execute(create_table(declared))
        yield connection


def bind(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Parse and bind every statement of a text; there is no data to run it on."""
    statements = connection.extract_statements(text)
    assert statements
    for statement in statements:
        assert statement.type == duckdb.StatementType.SELECT, "documentation reads, it does not write"
        connection.execute(statement)


@each_fence(fences("sql"))
def test_every_query_binds(fence: Fence, bindable: duckdb.DuckDBPyConnection) -> None:
    bind(bindable, fence.text)


SHELL_QUERY = re.compile(r"(?:costledger query|duckdb [^\n]*-c) \"([^\"]+)\"")


@each_fence([fence for fence in (*fences("sh"), *fences("bash"), *fences("console")) if SHELL_QUERY.search(fence.text)])
def test_every_query_on_a_command_line_binds(fence: Fence, bindable: duckdb.DuckDBPyConnection) -> None:
    for query in SHELL_QUERY.findall(fence.text):
        bind(bindable, query)


def table_after(fence: Fence) -> list[list[str]]:
    """The Markdown table that directly follows a block: its header, then its rows."""
    lines = fence.after.lstrip("\n").splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [row for row in rows if not all(set(cell) <= {"-", ":"} and cell for cell in row)]


def written(value: object) -> str:
    """A value as a table of the documentation writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.integration
@each_fence([fence for fence in fences("sql") if table_after(fence)])
def test_every_printed_result_is_the_result(fence: Fence, ledger: duckdb.DuckDBPyConnection) -> None:
    result = ledger.sql(fence.text)
    found = [list(result.columns), *([written(value) for value in row] for row in result.fetchall())]
    assert found == table_after(fence)


@pytest.mark.integration
@each_fence([fence for fence in fences("sql") if "\n-- severity: " in fence.text])
def test_every_documented_rule_holds(fence: Fence, ledger: duckdb.DuckDBPyConnection) -> None:
    assert ledger.sql(fence.text).fetchall() == []


# ---- Python


def contract_examples() -> list[Fence]:
    """Blocks that declare a table."""
    return [fence for fence in fences("python") if "@table(" in fence.text]


def declared_by(fence: Fence) -> list[Table]:
    """The tables a block declares, as if it stood in pipelines/contracts/marts.py; nothing stays registered."""
    before = dict(TABLES)
    annotations = __future__.annotations.compiler_flag
    try:
        exec(compile(fence.text, str(fence), "exec", flags=annotations), dict(vars(marts)))  # noqa: S102 - our own docs
        declared = [table for name, table in TABLES.items() if name not in before]
        for table in declared:
            assert table.dtypes
        return declared
    finally:
        TABLES.clear()
        TABLES.update(before)


@pytest.mark.integration
@each_fence(contract_examples())
def test_a_documented_table_keeps_its_contract(fence: Fence, ledger: duckdb.DuckDBPyConnection) -> None:
    """The SQL on the same page makes what the contract says, on the project's data."""
    for declared in declared_by(fence):
        query = next(
            other.text
            for other in fences("sql")
            if other.page == fence.page and set(output_of(other.text, ledger)) == set(declared.dtypes)
        )
        rows = require(declared, as_contract(declared, ledger.sql(query).pl()))
        assert rows.height > 0
        assert all(column.description for column in columns(declared))


def basis_examples() -> list[Fence]:
    """Blocks that declare a price basis."""
    return [fence for fence in fences("python") if "BASIS = PriceBasis(" in fence.text]


@pytest.mark.integration
@each_fence(basis_examples())
def test_a_documented_price_basis_prices(fence: Fence, ledger: duckdb.DuckDBPyConnection) -> None:
    """It returns the columns of a basis, and costs come of it."""

    def frame(contract: Any) -> pl.DataFrame:
        return as_contract(table_of(contract), ledger.sql(f"from {table_of(contract).name}").pl())

    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(fence.text, str(fence), "exec"), namespace)  # noqa: S102 - our own docs
    phases, models, hardware = (frame(contract) for contract in (core.TrainingPhases, core.Models, core.Hardware))
    electricity, method = frame(core.ElectricityPrices), Constants(frame(core.MethodConstants))
    costable = runs.runs(phases.lazy(), models.lazy(), hardware.lazy(), method)
    pricing = Pricing(costable, frame(core.PriceQuotes).lazy(), hardware.lazy(), method, AS_OF, electricity.lazy())
    prices = namespace["BASIS"].price(pricing).collect()
    assert dict(prices.schema) == PRICE_COLUMNS
    costs = price_phases(pricing, [namespace["BASIS"]])
    assert costs["cost_mid_usd"].drop_nulls().len() > 0
    assert (namespace["__doc__"] or "").startswith(f"`{namespace['BASIS'].name}`")


@pytest.mark.integration
@each_fence([fence for fence in fences("python") if fence not in (*contract_examples(), *basis_examples())])
def test_every_other_python_block_runs(
    fence: Fence, ledger_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run where a data folder with a published ledger is."""
    tree = ast.parse(fence.text)
    for name in (alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names):
        pytest.importorskip(name, reason=f"{name} is no dependency of the project, only of this example")
    monkeypatch.chdir(ledger_folder.root.parent)
    exec(compile(tree, str(fence), "exec"), {"__name__": "example"})  # noqa: S102 - our own docs


# ---- examples of data

SCHEMA_LINE = re.compile(r"^# yaml-language-server: \$schema=\.\./reference/([\w.]+)$", flags=re.MULTILINE)
LISTS = {"sources.schema.json": "reference/sources.yaml", "claims.schema.json": "corrections/claims.yaml"}


def data_examples(schema: str | None = None) -> list[Fence]:
    """YAML blocks that name their schema, as data files do."""
    found = [(fence, SCHEMA_LINE.match(fence.text)) for fence in fences("yaml")]
    return [fence for fence, match in found if match and (schema is None or match[1] == schema)]


def csv_examples() -> list[tuple[Fence, Path]]:
    """CSV blocks, with the file of `data/` that has the same columns."""
    headers = {
        path: set(next(csv.reader(path.read_text(encoding="utf-8").splitlines()[:1])))
        for folder in ("prices", "reference")
        for path in sorted((ROOT / "data" / folder).glob("*.csv"))
    }
    found = []
    for fence in fences("csv"):
        header = set(next(csv.reader([fence.text.splitlines()[0]])))
        target = next((path for path, names in headers.items() if names == header), None)
        assert target, f"{fence}: no file of data/ has these columns"
        found.append((fence, target))
    return found


@each_fence(data_examples())
def test_every_data_example_keeps_its_schema(fence: Fence) -> None:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, datetime.date) else value

    match = SCHEMA_LINE.match(fence.text)
    assert match
    jsonschema.Draft202012Validator(schemas()[match[1]]).validate(plain(yaml.safe_load(fence.text)))


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """The project's data with every example of the documentation in it, built and published."""
    folder = copy_data(tmp_path_factory.mktemp("documented") / "data")
    for fence in data_examples("disclosure.schema.json"):
        model_id = yaml.safe_load(fence.text)["model_id"]
        (folder.root / "disclosures" / f"{model_id}.yaml").write_text(fence.text + "\n", encoding="utf-8")
    for schema, name in LISTS.items():
        for fence in data_examples(schema):
            with (folder.root / name).open("a", encoding="utf-8") as file:
                file.write("\n" + SCHEMA_LINE.sub("", fence.text, count=1).lstrip() + "\n")
    for fence, target in csv_examples():
        path = folder.root / target.relative_to(ROOT / "data")
        text = path.read_text(encoding="utf-8")
        names = next(csv.reader(text.splitlines()[:1]))
        added = io.StringIO()
        writer = csv.DictWriter(added, names, lineterminator="\n")
        writer.writerows(csv.DictReader(io.StringIO(fence.text)))
        path.write_text(text.rstrip("\n") + "\n" + added.getvalue(), encoding="utf-8")
    build(folder, AS_OF)
    return folder


@pytest.fixture(scope="module")
def documented_ledger(documented: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """The ledger of `documented`."""
    with duckdb.connect(str(documented.ledger), read_only=True) as connection:
        yield connection


@pytest.mark.integration
def test_no_example_is_set_aside(
    documented_ledger: duckdb.DuckDBPyConnection, ledger: duckdb.DuckDBPyConnection
) -> None:
    """Nothing is rejected but what is rejected without the examples, too."""
    query = "select table_name, record_id, column_name, value, reason from quality.rejected_rows order by all"
    assert documented_ledger.sql(query).fetchall() == ledger.sql(query).fetchall()


@pytest.mark.integration
@each_fence(data_examples("disclosure.schema.json"))
def test_a_documented_model_is_costed(fence: Fence, documented_ledger: duckdb.DuckDBPyConnection) -> None:
    model_id = yaml.safe_load(fence.text)["model_id"]
    costs = documented_ledger.execute(
        "select cost_mid_usd from core.model_costs where model_id = $1 and scope = 'own' and price_basis = 'rental'",
        [model_id],
    ).fetchall()
    assert len(costs) == 1
    assert costs[0][0] > 0


@pytest.mark.integration
@each_fence(data_examples("claims.schema.json"))
def test_a_documented_claim_gets_its_verdict(fence: Fence, documented_ledger: duckdb.DuckDBPyConnection) -> None:
    for claim in yaml.safe_load(fence.text):
        row = documented_ledger.execute(
            "select covered_cost_usd::double, verdict from marts.claims_checked where claim_id = $1",
            [claim["claim_id"]],
        ).fetchone()
        assert row == (claim["expect"]["covered_cost_usd"], claim["expect"]["verdict"])


@pytest.mark.integration
def test_documented_quotes_are_usable(documented_ledger: duckdb.DuckDBPyConnection) -> None:
    ids = [
        row["quote_id"]
        for fence, _ in csv_examples()
        for row in csv.DictReader(io.StringIO(fence.text))
        if "quote_id" in row
    ]
    assert ids
    usable = documented_ledger.execute(
        "select quote_id from core.price_quotes where quote_id = any($1) and is_usable", [ids]
    ).fetchall()
    assert sorted(row[0] for row in usable) == sorted(ids)
