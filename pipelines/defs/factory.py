"""Steps to assets: key, group, description, schema and checks all follow from the contract."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from pipelines.contracts.derive import columns, comment_of
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import Table
from pipelines.defs.automation import ALONG, FRESHNESS, ON_NEWS, files_key, key_of
from pipelines.defs.resources import Ledger
from pipelines.fingerprint import code_fingerprint, rows_hash
from pipelines.graph.step import Computed, Step
from pipelines.graph.tables import read_source
from pipelines.sources.source import Source

OWNERS = ["team:ledger"]
PREVIEW_ROWS = 5
CONTRACT_CHECK = "contract"
RELEASE_ID = "release_id"


def spec_of(
    declared: Table,
    deps: Sequence[Table | dg.AssetKey] = (),
    kinds: Sequence[str] = ("polars", "duckdb"),
    description: str = "",
) -> dg.AssetSpec:
    """The Dagster description of a table, all of it derived from its contract."""
    return dg.AssetSpec(
        key_of(declared),
        deps=[dep if isinstance(dep, dg.AssetKey) else key_of(dep) for dep in deps],
        description="\n\n".join(part for part in (description, declared.description) if part),
        group_name=declared.schema_name,
        kinds=set(kinds),
        owners=OWNERS,
        code_version=code_fingerprint(),
        automation_condition=ON_NEWS if declared.schema_name == "raw" else ALONG,
        freshness_policy=FRESHNESS.get(declared.name),
        metadata={"dagster/column_schema": _column_schema(declared), "dagster/table_name": declared.name},
    )


def _column_schema(declared: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=comment_of(column),
                constraints=dg.TableColumnConstraints(nullable=column.nullable, other=["key"] if column.is_key else []),
            )
            for column in columns(declared)
        ]
    )


def contract_check(declared: Table) -> dg.AssetCheckSpec:
    """The check that a table's rows kept their contract."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK, asset=key_of(declared), description="Every row read kept the contract; none was set aside."
    )


def materialized(
    declared: Table,
    computed: Computed,
    checks: Sequence[dg.AssetCheckResult] = (),
    *,
    data_version: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult:
    """What the UI shows of a table: row count, preview, checks and whatever else is given."""
    return dg.MaterializeResult(
        asset_key=key_of(declared),
        metadata={
            "dagster/row_count": computed.rows.height,
            "preview": dg.MetadataValue.md(markdown(computed.rows.head(PREVIEW_ROWS))),
            **({} if computed.recomputed is None else {"recomputed rows": computed.recomputed}),
            **(metadata or {}),
        },
        check_results=list(checks),
        data_version=dg.DataVersion(data_version) if data_version else None,
    )


def contract_result(declared: Table, rejected: pl.DataFrame) -> dg.AssetCheckResult:
    """The outcome of the contract: what was set aside, and why."""
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


def source_asset(source: Source) -> dg.AssetsDefinition:
    """One Dagster step that reads a source and fills its raw and staging tables."""
    specs = [spec_of(raw_of(table), deps=[files_key(table)], kinds=("file", "duckdb")) for table in source.tables]
    specs += [spec_of(table, deps=[raw_of(table)]) for table in source.tables]
    staging = {table.name for table in source.tables}

    @dg.multi_asset(
        name=f"read_{source.name}",
        specs=specs,
        check_specs=[contract_check(table) for table in source.tables],
        can_subset=True,
    )
    def read(context: dg.AssetExecutionContext, ledger: Ledger) -> Iterator[dg.MaterializeResult]:
        wanted = {".".join(key.path) for key in context.selected_asset_keys}
        batch = read_source(source, ledger.bench, wanted)
        ledger.bench.save(batch)
        for table, computed in batch.tables:
            checks = [contract_result(table, computed.rejected)] if table.name in staging else []
            yield materialized(table, computed, checks, data_version=rows_hash(computed.rows))

    return read


def step_asset(step: Step) -> dg.AssetsDefinition:
    """An asset over one step of the graph."""

    @dg.multi_asset(
        name=step.table.name.replace(".", "__"),
        specs=[spec_of(step.table, step.reads, step.kinds, step.description)],
        check_specs=[contract_check(step.table)],
    )
    def compute(ledger: Ledger) -> dg.MaterializeResult:
        computed = ledger.bench.make(step)
        return materialized(step.table, computed, [contract_result(step.table, computed.rejected)])

    return compute
