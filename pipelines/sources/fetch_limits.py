"""What a fetch does not do: leave the host, take more bytes than allowed, take an error page for a file.

Belongs here: rules over addresses and bytes. Does not belong here: connections, retries, clocks.
"""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import URL

GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP_WINDOW = 31
_SNIFFED_BYTES = 4096
_QUOTED_WORDS = 12

_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|h1|div|p|center)\b",
    re.IGNORECASE | re.DOTALL,
)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class FetchError(Exception):
    """A feed was not fetched.

    Attributes:
        http_status: what the server answered, where it answered.
        may_pass: whether asking again soon can help.
        retry_after_seconds: how long the server wants to be left alone, where it says so.
    """

    def __init__(
        self,
        message: str,
        http_status: int | None = None,
        *,
        may_pass: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        """Keep the message, which holds the remedy, and the rest."""
        super().__init__(message)
        self.http_status = http_status
        self.may_pass = may_pass
        self.retry_after_seconds = retry_after_seconds


@contextmanager
def naming(what: object) -> Iterator[None]:
    """Put what was worked on in front of the message of a FetchError."""
    try:
        yield
    except FetchError as error:
        error.args = (f"{what}: {error}",)
        raise


def address(text: str) -> URL:
    """An address that may be asked.

    Raises:
        FetchError: it is none, is not `https` (or `http` on this machine), or carries a name and password.
    """
    from httpx2 import URL, InvalidURL

    try:
        url = URL(text)
    except (InvalidURL, UnicodeError) as error:
        raise FetchError(f"{text!r} is not an address ({error}): mend url in data/feeds.yaml") from error
    _check_scheme(url)
    return url.copy_with(fragment=None)


def _check_scheme(url: URL) -> None:
    if url.userinfo:
        raise FetchError(f"the address on {url.host} carries a name or password: feeds are read without, remove it")
    if not url.host or url.scheme not in ("https", "http"):
        raise FetchError(f"{url} is not a web address: a feed is read by https, nothing else")
    if url.scheme == "http" and not _is_this_machine(url.host):
        raise FetchError(f"{url} is not encrypted, so anybody on the way can change prices: use https")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def followed(here: URL, link: str, what: str) -> URL:
    """The address that a page or a redirect leads to, if it is on the same host.

    Who may answer for a feed is what its owner wrote down, so another host is refused, and with it a mistaken or
    captured redirect. `www.` in front makes no difference; another port does.

    Args:
        here: the address that answered.
        link: what it gave, absolute or relative.
        what: names the link in the message.

    Raises:
        FetchError: the link is none, or leads elsewhere.
    """
    from httpx2 import InvalidURL

    try:
        there = here.join(link).copy_with(fragment=None)
    except (InvalidURL, UnicodeError, ValueError) as error:
        raise FetchError(f"its {what} {link!r} is not an address ({error}): report it to the source") from error
    if there.scheme in ("http", "https") and there.host and _place(there) != _place(here):
        raise FetchError(
            f"its {what} leads to another host, {there}: if that is where the feed now lives, put that address into "
            "url in data/feeds.yaml"
        )
    _check_scheme(there)
    return there


def _place(url: URL) -> tuple[str, int]:
    return url.host.removeprefix("www."), url.port or (443 if url.scheme == "https" else 80)


def read_body(chunks: Iterable[bytes], encoding: str, most: int, on_bytes: Callable[[int], None]) -> bytes:
    """The body of an answer, decoded, never holding more than `most` bytes of it.

    A body that is a gzip file is unpacked too: whether a server sends a `.gz` as it is or as an encoding should make
    no difference.

    Args:
        chunks: as they come from the wire.
        encoding: Content-Encoding.
        most: bytes allowed, packed and unpacked.
        on_bytes: is told how many bytes have come so far.

    Raises:
        FetchError: too large, cut off, damaged, or encoded otherwise than was asked for.
    """
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchError(f"the answer is encoded as {encoding!r}, gzip or nothing was asked for: report it")
    unpacker = Unpacker(most) if encoding.endswith("gzip") else None
    taken, count = bytearray(), 0
    for chunk in chunks:
        count += len(chunk)
        on_bytes(count)
        if count > most:
            raise too_large(most)
        if unpacker:
            unpacker.feed(chunk)
        else:
            taken += chunk
    try:
        body = unpacker.result() if unpacker and count else bytes(taken)
    except FetchError as error:
        error.may_pass = True  # cut on the way, not in the file
        raise
    if body.startswith(GZIP_MAGIC):
        inner = Unpacker(most)
        inner.feed(body)
        return inner.result()
    return body


def too_large(most: int) -> FetchError:
    """The fault of an answer that goes beyond what is left of `max_bytes`."""
    return FetchError(
        f"the answer is larger than the {most:,} bytes that are left of max_bytes, as sent or as unpacked: look at it, "
        "and raise max_bytes of the feed in data/feeds.yaml if it is right"
    )


class Unpacker:
    """Unpacks gzip as it comes, and stops at a limit instead of after it."""

    def __init__(self, most: int) -> None:
        """Allow so many bytes out."""
        self._most = most
        self._out = bytearray()
        self._engine = zlib.decompressobj(_GZIP_WINDOW)

    def feed(self, data: bytes) -> None:
        """Unpack a piece; a file may hold several members.

        Raises:
            FetchError: it is damaged, or too much comes out.
        """
        while data:
            if self._engine.eof:
                data = data.lstrip(b"\0")  # padding that some writers leave
                if not data:
                    return
                self._engine = zlib.decompressobj(_GZIP_WINDOW)
            try:
                self._out += self._engine.decompress(data, self._most + 1 - len(self._out))
            except zlib.error as error:
                raise FetchError(f"the gzip in the answer is damaged ({error}): try again later") from error
            if len(self._out) > self._most:
                raise too_large(self._most)
            data = self._engine.unused_data

    def result(self) -> bytes:
        """Everything that came out.

        Raises:
            FetchError: the end is missing.
        """
        if not self._engine.eof:
            raise FetchError("the gzip in the answer is cut off: try again later")
        return bytes(self._out)


def refuse_error_page(body: bytes) -> None:
    """Refuse HTML where a file was asked for; what the server calls it is no help, many call everything text/plain.

    Raises:
        FetchError: the body is a page for people.
    """
    start = body[:_SNIFFED_BYTES]
    if _MARKUP.match(start):
        raise FetchError(
            f"the answer is a web page, not a file; it says {first_words(start)!r}: open the address in a browser; "
            "often it asks for fewer reads or a login, or the file has moved"
        )


def first_words(data: bytes) -> str:
    """The first words a person would read, on one line."""
    words = html.unescape(_UNSEEN.sub(" ", data.decode("utf-8-sig", "replace"))).split()
    return " ".join(words[:_QUOTED_WORDS])[:200]


def version_in(body: bytes) -> str:
    """The version that a small text states, safe to stand in an address and in a file.

    Raises:
        FetchError: it is not one short word of letters, digits, `.`, `_` and `-`.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if not _VERSION.fullmatch(text):
        raise FetchError(
            f"the version reads {first_words(body[:_SNIFFED_BYTES])!r}, one short word was expected: check version_url "
            "in data/feeds.yaml"
        )
    return text
