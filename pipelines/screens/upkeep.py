"""The state of the ledger: releases, checks, what was set aside, what a query returned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from pipelines.screens.pieces import MOST_OF_A_REASON, dim, finding_line, grid, harmless, lines, section
from pipelines.warehouse.shapes import Check, Rejection, Release, Result
from pipelines.wording import age, plural

if TYPE_CHECKING:
    from pipelines.importing import Imported

FIRST_SHOWN = 20
"""Findings shown before the rest is only counted."""

RELEASES_SHOWN = 10
NOT_YET = "rules about lineage and costs (sql/checks) are tried by `costledger run`"
NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "HUGEINT")


def set_aside(findings: Sequence[Rejection], where_all: str) -> Group | None:
    """What validation set aside: the first faults, and where all of it is; nothing when nothing was."""
    if not findings:
        return None
    faults = roots(findings)
    rest = len(faults) - FIRST_SHOWN
    return lines(
        Text(counted(findings), style="bold yellow"),
        *(Text(finding_line(finding), style="yellow") for finding in faults[:FIRST_SHOWN]),
        dim(f"and {rest:,} more: {where_all}") if rest > 0 else None,
        _followers(findings, faults),
    )


def everything_set_aside(findings: Sequence[Rejection]) -> Group:
    """Every value that was set aside, one a line."""
    if not findings:
        return lines("nothing was set aside")
    return lines(Text(counted(findings), style="bold yellow"), *(Text(finding_line(finding)) for finding in findings))


def roots(findings: Sequence[Rejection]) -> list[Rejection]:
    """What has to be mended: findings that do not merely refer to a record that was set aside itself."""
    gone = {finding.record_id for finding in findings if finding.is_set_aside}
    return [finding for finding in findings if finding.check_name != "reference" or finding.value not in gone]


def _followers(findings: Sequence[Rejection], faults: Sequence[Rejection]) -> Text | None:
    number = len(findings) - len(faults)
    return dim(f"and {plural(number, 'value')} of the same records") if number else None


def counted(findings: Sequence[Rejection]) -> str:
    """How much was set aside, and how much only marked."""
    aside = sum(finding.is_set_aside for finding in findings)
    files = len({finding.file for finding in findings})
    marked = (
        f", {plural(len(findings) - aside, 'value')} emptied or marked, the rows kept" if aside < len(findings) else ""
    )
    return f"{plural(aside, 'value')} set aside{marked}, in {plural(files, 'file')}"


def checked(records: dict[str, int], findings: Sequence[Rejection], refusals: Sequence[str] = ()) -> Group:
    """The outcome of `check`: why no release would go out, else the answer; then every finding."""
    read = ", ".join(f"{number:,} {name.partition('.')[2].replace('_', ' ')}" for name, number in records.items())
    refused = [
        Text(harmless(f"The release would be refused: {why}", MOST_OF_A_REASON), style="red") for why in refusals
    ]
    if not findings:
        clean = None if refusals else Text("Nothing would be set aside.", style="bold green")
        return lines(*refused, clean, dim(f"kept: {read}"), dim(NOT_YET))
    faults = roots(findings)
    would = "There are" if refusals else "A release would go out with"
    return lines(
        *refused,
        Text(f"{would} {counted(findings)}.", style="bold yellow"),
        *(Text(finding_line(finding)) for finding in faults),
        _followers(findings, faults),
        dim(f"kept: {read}"),
        dim(NOT_YET),
    )


def status(
    releases: Sequence[Release],
    failed: Sequence[Check],
    rejected: Sequence[Rejection],
    changed: Sequence[str],
    ledger: str,
) -> Group:
    """The newest release, whether the data went on since, checks that failed, and the releases before.

    Args:
        releases: newest first, at least one.
        failed: checks that did not hold.
        rejected: what was set aside.
        changed: files of the data with another content than the release was computed from; none: nothing changed.
        ledger: where the published file is.
    """
    newest = releases[0]
    return lines(
        Text(
            f"Release {newest.release_id}, published {age(newest.published_at)}, prices of {newest.as_of_on}",
            style="bold",
        ),
        f"{newest.model_count:,} models, {newest.priced_model_count:,} of them with a cost",
        _changed(changed),
        Text("all checks hold", style="green") if not failed else None,
        *(_failed(check) for check in failed),
        Text(f"{counted(rejected)}: costledger status --rejected", style="yellow")
        if rejected
        else "nothing was set aside",
        dim(ledger),
        section("Releases", _releases(releases)),
    )


def _changed(changed: Sequence[str]) -> Text:
    if not changed:
        return Text("the data has not changed since", style="green")
    some = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    return Text(f"the data has changed since ({some}): costledger run", style="yellow")


def _failed(check: Check) -> Text:
    first = f"; first: {check.first_failing_row}" if check.first_failing_row else ""
    rule = (
        f"{check.severity} {check.check_name}: {check.description} {plural(check.failing_count, 'row')} break it{first}"
    )
    return Text(rule, style="red" if check.severity == "ERROR" else "yellow")


def _releases(releases: Sequence[Release]) -> Group:
    table = grid(
        ("release", False),
        ("prices of", False),
        ("models", True),
        ("costed", True),
        ("set aside", True),
        ("data", False),
        ("code", False),
        ("method", False),
    )
    for release in releases[:RELEASES_SHOWN]:
        table.add_row(
            release.release_id,
            str(release.as_of_on),
            f"{release.model_count:,}",
            f"{release.priced_model_count:,}",
            f"{release.rejected_row_count:,}",
            release.input_fingerprint[:7],
            release.code_fingerprint[:7],
            release.method_version or "",
        )
    rest = len(releases) - RELEASES_SHOWN
    return lines(table, dim(f"and {rest:,} before: --json lists them") if rest > 0 else None)


def result(found: Result) -> Group:
    """The rows of a query."""
    table = grid(*((name, kind.startswith(NUMBERS)) for name, kind in zip(found.columns, found.types, strict=True)))
    for row in found.rows:
        table.add_row(*(_cell(value) for value in row))
    more = dim(f"the first {len(found.rows):,} rows: --limit N or --csv for more") if found.is_truncated else None
    return lines(table, more)


def _cell(value: Any) -> Text:
    if value is None:
        return dim("null")
    if isinstance(value, datetime):
        return Text(moment(value))
    if isinstance(value, list):
        return Text(f"[{', '.join(str(each) for each in value)}]")
    return Text(str(value))


def moment(value: datetime) -> str:
    """A time as ISO 8601; one with a zone in UTC."""
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def imported(files: Sequence[Imported]) -> Group:
    """What an import brought, file by file."""
    table = grid(("file", False), ("was", False), ("rows", True), ("set aside", True), ("cells emptied", True))
    for each in files:
        counts = (each.row_count, each.set_aside_count, each.emptied_cell_count)
        table.add_row(each.file, each.published_as, *(f"{count:,}" for count in counts))
    return lines(table, dim("next: costledger run; then marts.method_comparison and marts.epoch_conflicts"))
