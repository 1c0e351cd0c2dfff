"""Fetching a feed over HTTP into memory: asked only for what changed, bounded in time, bytes, pages and attempts.

Belongs here: versions, conditions, pages. How an address is asked is in `fetch_client.py`, what is refused in
`fetch_limits.py`; what the bytes mean is a format's business, and keeping them that of `snapshots.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pipelines.sources.fetch_client import Asker, Settings
from pipelines.sources.fetch_limits import FetchError, address, followed, naming, version_in
from pipelines.sources.formats.format import Feed

if TYPE_CHECKING:
    from httpx2 import URL

__all__ = ["FetchError", "Fetched", "NotModified", "Settings", "Validators", "fetch"]

_VERSION_BYTES = 64 * 1024
_DEFAULTS = Settings()


@dataclass(frozen=True)
class Validators:
    """What the last good answer was known by.

    Attributes:
        feed_url: `url` of the feed at that time; once it is another, the rest says nothing.
        etag: ETag of the answer.
        last_modified: Last-Modified of the answer.
        version: what stood for `{version}`.
    """

    feed_url: str
    etag: str | None = None
    last_modified: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Fetched:
    """The answer of a feed.

    Attributes:
        pages: the body, or one body a page; gzip around a body is taken off.
        url: where the first page came from in the end.
        feed_url: `url` of the feed.
        http_status: of the first page.
        etag: ETag of the first page.
        last_modified: Last-Modified of the first page.
        content_type: what the server calls the first page; nothing depends on it.
        version: what stood for `{version}`.
    """

    pages: tuple[bytes, ...]
    url: str
    feed_url: str
    http_status: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class NotModified:
    """The upstream has what it had: 304, or the same version (then 200, of the version)."""

    url: str
    http_status: int


Progress = Callable[[int, int], None]
"""Is told the bytes of the page so far, and the page."""


def fetch(
    feed: Feed,
    validators: Validators | None,
    *,
    next_page: Callable[[bytes], str | None] | None = None,
    settings: Settings = _DEFAULTS,
    on_progress: Progress | None = None,
) -> Fetched | NotModified:
    """Ask an upstream for its file, unless it has not changed.

    A paged answer is always read whole: the validators of its first page say nothing of the others.

    Args:
        feed: where, and with which limits.
        validators: of the answer that is kept; None asks in any case.
        next_page: address of the page after this one, None at the end.
        settings: how patient to be.
        on_progress: is told how far it is.

    Raises:
        FetchError: nothing usable came; the message says what to do.
        UnreadableError: `next_page` could not read a page.
    """
    bodies: list[bytes] = []
    on_bytes = (lambda count: on_progress(count, len(bodies) + 1)) if on_progress else (lambda _count: None)
    known = validators if validators and validators.feed_url == feed.url else None
    with Asker(settings, on_bytes) as asker:
        current = _version(feed.version_url, asker) if feed.version_url else None
        if current and known and known.version == current:
            return NotModified(str(feed.version_url), HTTPStatus.OK)
        conditions = {} if next_page or current else _conditions(known)
        start = address(_url_of(feed, current))
        first = answer = asker.ask(start, conditions, feed.max_bytes)
        if first.http_status == HTTPStatus.NOT_MODIFIED:
            return NotModified(str(first.url), first.http_status)
        bodies.append(first.body)
        seen = {str(start), str(first.url)}
        while next_page and (link := next_page(answer.body)) is not None:
            with naming(answer.url):
                there = _next(answer.url, link, len(bodies), seen, feed.max_pages)
            answer = asker.ask(there, {}, feed.max_bytes - sum(map(len, bodies)))
            bodies.append(answer.body)
    return Fetched(
        pages=tuple(bodies),
        url=str(first.url),
        feed_url=feed.url,
        http_status=first.http_status,
        etag=first.header("etag"),
        last_modified=first.header("last-modified"),
        content_type=first.header("content-type"),
        version=current,
    )


def _version(version_url: str, asker: Asker) -> str:
    """What the small text says now."""
    answer = asker.ask(address(version_url), {}, _VERSION_BYTES)
    with naming(answer.url):
        return version_in(answer.body)


def _url_of(feed: Feed, current: str | None) -> str:
    if current is None and "{version}" in feed.url:
        raise FetchError("url has {version} and there is no version_url: add it in data/feeds.yaml")
    return feed.url.replace("{version}", current) if current else feed.url


def _next(here: URL, link: str, count: int, seen: set[str], max_pages: int) -> URL:
    """The page after this one; it is added to those seen."""
    there = followed(here, link, "next page")
    if str(there) in seen:
        raise FetchError(f"its next page is one that was read already, {there}: report it to the source")
    if count >= max_pages:
        raise FetchError(
            f"there are more than {count} pages (max_pages of the feed): narrow the address, or raise max_pages in "
            "data/feeds.yaml if that many are right"
        )
    seen.add(str(there))
    return there


def _conditions(known: Validators | None) -> dict[str, str]:
    """Headers that ask only for what changed."""
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known else {}
    return {name: value for name, value in given.items() if value}
