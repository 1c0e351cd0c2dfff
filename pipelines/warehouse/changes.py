"""What moved between two releases of the published file, and why: one row a cost, summed over the releases between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from pipelines.warehouse.answers import Ledger
from pipelines.warehouse.faults import LedgerError, UnknownModelError
from pipelines.warehouse.shapes import Release


class UnknownReleaseError(LedgerError):
    """No release has that id."""

    kind = "unknown_release"


@dataclass(frozen=True)
class Change:
    """A cost that is not what it was: a row of history.cost_changes, or several of them added up.

    Attributes:
        model_name: name of the model; its id where the ledger has it no more.
        release_ids: the releases in which it moved, oldest first.
    """

    model_id: str
    model_name: str
    scope: str
    price_basis: str
    change: str
    previous_cost_usd: Decimal | None
    cost_usd: Decimal | None
    previous_cost_missing_reason: str | None
    cost_missing_reason: str | None
    difference_usd: Decimal | None
    price_part_usd: Decimal | None
    disclosure_part_usd: Decimal | None
    method_part_usd: Decimal | None
    is_divided: bool
    causes: list[str]
    release_ids: list[str]


@dataclass(frozen=True)
class Changes:
    """Every cost that differs between two releases, the largest difference first.

    Attributes:
        since: the older release; None where there is but one.
        until: the newest release.
        changes: one for each cost.
    """

    since: Release | None
    until: Release
    changes: list[Change]


SUMMED = """
select
    model_id, scope, price_basis,
    first(previous_cost_usd order by published_at) as previous_cost_usd,
    last(cost_usd order by published_at) as cost_usd,
    first(previous_cost_missing_reason order by published_at) as previous_cost_missing_reason,
    last(cost_missing_reason order by published_at) as cost_missing_reason,
    bool_and(change = 'moved') as is_unbroken,
    bool_and(is_divided) as is_divided,
    cast(sum(price_part_usd) as decimal(18, 2)) as price_part_usd,
    cast(sum(disclosure_part_usd) as decimal(18, 2)) as disclosure_part_usd,
    cast(sum(method_part_usd) as decimal(18, 2)) as method_part_usd,
    flatten(list(causes)) as causes,
    list(release_id order by published_at) as release_ids,
from history.cost_changes inner join history.releases using (release_id)
where published_at > $1 and ($2 is null or model_id = $2)
group by all
"""
CLASSED = f"""(
select
    *,
    case when previous_cost_usd is null then 'appeared' when cost_usd is null then 'disappeared' else 'moved' end
        as change,
    cast(cost_usd - previous_cost_usd as decimal(18, 2)) as difference_usd,
    change = 'moved' and is_unbroken as has_parts,
from ({SUMMED})
where previous_cost_usd is distinct from cost_usd
)"""
"""A cost that was absent in between has no parts: what is absent has no difference to anything."""


def changes_since(ledger: Ledger, since: str | None = None, model: str | None = None) -> Changes:
    """What moved between a release and the newest.

    Args:
        ledger: the published ledger.
        since: id of a release, or a day: the last release before that day. The release before the newest when not
            given.
        model: only costs of this model, by id or exact name.

    Raises:
        UnknownReleaseError: no release has that id.
        UnknownModelError: no model has that id or name, and none with that id ever moved.
    """
    releases = ledger.releases()
    start = release_before(releases, since)
    if start is None:
        return Changes(None, releases[0], [])
    found = ledger.rows(
        Change,
        f"from {CLASSED} as t left join core.models as m on m.model_id = t.model_id order by "
        "abs(t.difference_usd) desc nulls last, coalesce(t.cost_usd, t.previous_cost_usd) desc, "
        "t.model_id, t.scope, t.price_basis",
        [start.published_at, _model_id(ledger, model) if model else None],
        model_name="coalesce(m.name, t.model_id)",
        causes="list_sort(list_distinct(t.causes))",
        **{
            name: f"case when t.has_parts then t.{name} end"
            for name in ("price_part_usd", "disclosure_part_usd", "method_part_usd")
        },
    )
    return Changes(start, releases[0], found)


def release_before(releases: Sequence[Release], since: str | None) -> Release | None:
    """The release from which changes are told; None where there is but one.

    Args:
        releases: newest first, one at least.
        since: see `changes_since`.

    Raises:
        UnknownReleaseError: no release has that id.
    """
    if since is None:
        return releases[1] if len(releases) > 1 else None
    for release in releases:
        if release.release_id == since:
            return release
    try:
        day = datetime.combine(date.fromisoformat(since), time(), UTC)
    except ValueError:
        known = ", ".join(release.release_id for release in releases[:3])
        raise UnknownReleaseError(
            f"no release is {since!r}: give one of {known} … (`costledger status` lists them), or a day as YYYY-MM-DD"
        ) from None
    return next((release for release in releases if release.published_at < day), releases[-1])


def _model_id(ledger: Ledger, model: str) -> str:
    """The id of a model that the ledger has, or had."""
    try:
        return ledger.model_id(model)
    except UnknownModelError:
        if ledger.fetch("select 1 from history.cost_changes where model_id = $1 limit 1", [model]):
            return model
        raise
