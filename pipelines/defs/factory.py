"""Contracts to assets: key, group, description, schema, checks and IO all follow from the contract."""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import polars as pl

from pipelines.contracts.derive import columns
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES, Contract, Table, table_of
from pipelines.contracts.validation import REJECTED, check_references, require, stage
from pipelines.defs.resources import Ledger
from pipelines.fingerprint import code_fingerprint
from pipelines.sources.source import Source
from pipelines.warehouse.sql import SqlFile

OWNERS = ["team:ledger"]
PREVIEW_ROWS = 5
CONTRACT_CHECK = "contract"


def key_of(declared: Table) -> dg.AssetKey:
    """The asset key of a table: its layer and its name."""
    return dg.AssetKey([declared.schema_name, declared.table_name])


def spec_of(
    declared: Table,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = ("polars", "duckdb"),
    description: str = "",
) -> dg.AssetSpec:
    """The Dagster description of a table, all of it derived from its contract."""
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=f"{column.description}{f' Unit: {column.unit}.' if column.unit else ''}",
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable,
                    other=["key"] if column.is_key else [],
                ),
            )
            for column in columns(declared)
        ]
    )
    return dg.AssetSpec(
        key_of(declared),
        deps=[key_of(dep) for dep in deps],
        description="\n\n".join(part for part in (description, declared.description) if part),
        group_name=declared.schema_name,
        kinds=set(kinds),
        owners=OWNERS,
        code_version=code_fingerprint(),
        metadata={"dagster/column_schema": schema, "dagster/table_name": declared.name},
    )


def contract_check(declared: Table) -> dg.AssetCheckSpec:
    """The check that a table's rows kept their contract."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK,
        asset=key_of(declared),
        description="Every row read kept the contract; none was set aside.",
    )


def materialized(
    declared: Table,
    frame: pl.DataFrame,
    checks: Sequence[dg.AssetCheckResult] = (),
    *,
    data_version: str | None = None,
    uri: str | None = None,
) -> dg.MaterializeResult:
    """What the UI shows of a table: row count, preview, checks."""
    metadata: dict[str, Any] = {
        "dagster/row_count": frame.height,
        "preview": dg.MetadataValue.md(markdown(frame.head(PREVIEW_ROWS))),
    }
    if uri:
        metadata["dagster/uri"] = uri
    return dg.MaterializeResult(
        asset_key=key_of(declared),
        metadata=metadata,
        check_results=list(checks),
        data_version=dg.DataVersion(data_version) if data_version else None,
    )


def contract_result(declared: Table, rejected: pl.DataFrame | None = None) -> dg.AssetCheckResult:
    """The outcome of the contract: what was set aside, and why."""
    rejected = REJECTED.empty() if rejected is None else rejected
    reasons = rejected.select("file", "line", "record_id", "column_name", "value", "reason")
    return dg.AssetCheckResult(
        passed=rejected.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        asset_key=key_of(declared),
        check_name=CONTRACT_CHECK,
        metadata={
            "set aside": rejected.height,
            "reasons": dg.MetadataValue.md(markdown(reasons) if reasons.height else "none"),
        },
    )


def markdown(frame: pl.DataFrame) -> str:
    """A frame as a Markdown table."""
    with pl.Config(
        tbl_formatting="ASCII_MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=50,
        tbl_cols=-1,
        fmt_str_lengths=120,
        tbl_width_chars=60_000,
    ):
        return str(frame)


def content_hash(frame: pl.DataFrame) -> str:
    """Hash of the rows of a frame without computed floats, in a fixed order; where they were read does not count."""
    content = frame.drop("file", "line", "file_sha256", strict=False)
    return hashlib.sha256("\n".join(sorted(content.write_ndjson().splitlines())).encode()).hexdigest()


def source_assets(source: Source) -> dg.AssetsDefinition:
    """One step that reads a source and fills its raw and staging tables."""
    staged = source.tables
    specs = [spec_of(raw_of(table), kinds=("file", "duckdb")) for table in staged]
    specs += [spec_of(table, deps=[raw_of(table)]) for table in staged]

    @dg.multi_asset(
        name=f"read_{source.name}",
        specs=specs,
        check_specs=[contract_check(table) for table in staged],
        can_subset=True,
    )
    def read(context: dg.AssetExecutionContext, ledger: Ledger):  # type: ignore[no-untyped-def]
        reading = source.read(ledger.folder.root)
        chosen = context.selected_asset_keys
        writes: list[tuple[Table, pl.DataFrame, pl.DataFrame | None]] = []
        results: list[dg.MaterializeResult] = []
        for table in staged:
            raw, raw_table = reading.raw[table.name], raw_of(table)
            if key_of(raw_table) in chosen:
                writes.append((raw_table, raw, None))
                results.append(materialized(raw_table, raw, data_version=content_hash(raw)))
            if key_of(table) in chosen:
                staging = stage(table, raw)
                unread = reading.rejected.filter(pl.col("table_name") == table.name)
                rejected = pl.concat([unread, staging.rejected])
                writes.append((table, staging.rows, rejected))
                checks = [contract_result(table, rejected)]
                results.append(materialized(table, staging.rows, checks, data_version=content_hash(staging.rows)))
        ledger.warehouse.write_all(writes)
        yield from results

    return read


def table_asset(
    contract: type[Contract], reads: Sequence[type[Contract]], *, is_input: bool = False
) -> Callable[[Callable[..., pl.DataFrame]], dg.AssetsDefinition]:
    """An asset over a function of frames.

    Args:
        contract: of the table it makes.
        reads: what is loaded and handed to the function, in this order; also its dependencies.
        is_input: its rows come from people: rows that refer to something unknown are set aside. Otherwise a row that
            breaks the contract is a fault of the code, and the table is refused.

    The function may take `as_of`, the day of the release, as a keyword.
    """
    declared = table_of(contract)
    given = [table_of(read) for read in reads]
    parents = [TABLES[key.parent] for key in declared.foreign_keys if key.parent not in {table.name for table in given}]
    parents = list(dict.fromkeys(parents)) if is_input else []

    def decorate(function: Callable[..., pl.DataFrame]) -> dg.AssetsDefinition:
        wants_as_of = "as_of" in inspect.signature(function).parameters
        spec = spec_of(declared, deps=[*given, *parents], description=inspect.getdoc(function) or "")

        @dg.multi_asset(name=declared.name.replace(".", "__"), specs=[spec], check_specs=[contract_check(declared)])
        def compute(ledger: Ledger):  # type: ignore[no-untyped-def]
            frames = ledger.warehouse.read_all((*given, *parents))
            options: dict[str, Any] = {"as_of": ledger.as_of_on} if wants_as_of else {}
            frame = function(*frames[: len(given)], **options)
            if not is_input:
                frame = require(declared, frame)
                ledger.warehouse.write(declared, frame)
                return materialized(declared, frame, [contract_result(declared)])
            known = {table.name: rows for table, rows in zip((*given, *parents), frames, strict=True)}
            checked = check_references(declared, frame, known)
            ledger.warehouse.write(declared, checked.rows, checked.rejected)
            return materialized(declared, checked.rows, [contract_result(declared, checked.rejected)])

        return compute

    return decorate


def mart_asset(file: SqlFile) -> dg.AssetsDefinition:
    """An asset over one SELECT; what it reads is read from the SQL."""
    declared = TABLES[f"marts.{file.name}"]
    spec = spec_of(
        declared,
        deps=[TABLES[name] for name in file.reads],
        kinds=("sql", "duckdb"),
        description=file.question,
    )

    @dg.multi_asset(name=declared.name.replace(".", "__"), specs=[spec], check_specs=[contract_check(declared)])
    def compute(ledger: Ledger):  # type: ignore[no-untyped-def]
        frame = require(declared, ledger.warehouse.select(declared, file.query))
        ledger.warehouse.write(declared, frame)
        return materialized(declared, frame, [contract_result(declared)])

    return compute
