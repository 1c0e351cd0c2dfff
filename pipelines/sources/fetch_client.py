"""One address asked over HTTP: connections that end in time, redirects within the host, attempts that are bounded.

Belongs here: everything that touches a connection. Does not belong here: pages, versions, what a feed is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from socket import SHUT_RDWR, socket
from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipelines.sources.fetch_limits import FetchError, followed, naming, read_body, refuse_error_page, too_large

if TYPE_CHECKING:
    from httpx2 import URL, Client, Response
    from tenacity import RetryCallState

_HEADER_CHARACTERS = 512
_SERVER_FAULT = 500
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_REMEDIES = {
    401: "it wants a login, and feeds are read without: choose another address",
    403: "it does not let programs in, or wants a key: choose another address",
    404: "the file has moved or is gone: put its new address into url in data/feeds.yaml",
    410: "the file is gone: choose another feed",
    429: "it asks for fewer reads: raise every_hours of the feed in data/feeds.yaml",
}


@dataclass(frozen=True)
class Settings:
    """How patient a read is.

    Attributes:
        connect_seconds: for a connection, encryption included.
        read_seconds: between one piece of an answer and the next.
        deadline_seconds: for the whole read: version, pages, waits and repetitions.
        attempts: how often one page is asked for.
        wait_seconds: the first wait is random up to this, the next up to twice this, and so on.
        longest_wait_seconds: a wait grows no longer.
        longest_retry_after_seconds: a server that wants to be left alone longer is; the read fails.
        max_redirects: how many are followed.
        sleep: waits.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    deadline_seconds: float = 300
    attempts: int = 4
    wait_seconds: float = 1
    longest_wait_seconds: float = 30
    longest_retry_after_seconds: float = 120
    max_redirects: int = 5
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Answer:
    """What an address said: 200 with a body, or 304 without.

    Attributes:
        url: which address it was in the end.
        body: without encoding and gzip around it.
        http_status: 200 or 304.
        headers: by lower-case name.
    """

    url: URL
    body: bytes
    http_status: int
    headers: Mapping[str, str]

    def header(self, name: str) -> str | None:
        """A header that can be kept and sent back, else None."""
        text = self.headers.get(name, "").strip()
        return text if 0 < len(text) <= _HEADER_CHARACTERS and text.isascii() and text.isprintable() else None


class _Deadline:
    """Cuts connections when time is up, whatever they wait for.

    Timeouts start anew with every byte that comes, so a server that drips would never run into one.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._ends = time.monotonic() + seconds
        self._sockets: list[socket] = []
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()
        self._timer.join()

    def left(self) -> float:
        return self._ends - time.monotonic()

    def watch(self, _event: str, info: Mapping[str, Any]) -> None:
        """Keep the sockets that httpx2 reports as it opens them."""
        stream = info.get("return_value")
        opened = stream.get_extra_info("socket") if stream and hasattr(stream, "get_extra_info") else None
        if isinstance(opened, socket):
            self._sockets.append(opened)
            if self.is_over:
                self._cut()

    def check(self) -> None:
        if self.is_over or self.left() <= 0:
            raise FetchError(
                f"the read was not done after {self.seconds:g} seconds, slow as the answer is: try again later"
            )

    def _cut(self) -> None:
        self.is_over = True
        for opened in list(self._sockets):
            with suppress(OSError):
                # Not the shutdown of an encrypted socket: that one takes away what a reader in another thread uses.
                socket.shutdown(opened, SHUT_RDWR)


class Asker:
    """Asks addresses within one span of time; a context, which ends with its connections closed."""

    def __init__(self, settings: Settings, on_bytes: Callable[[int], None]) -> None:
        """Make a client.

        Args:
            settings: how patient to be.
            on_bytes: is told how many bytes of an answer have come so far.
        """
        self._settings = settings
        self._on_bytes = on_bytes
        self._deadline = _Deadline(settings.deadline_seconds)
        self._client = _client(settings)

    def __enter__(self) -> Self:
        """Start the clock."""
        self._deadline.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._deadline.stop()
        self._client.close()

    def ask(self, url: URL, conditions: Mapping[str, str], most: int) -> Answer:
        """The answer of an address, asked again where that can help.

        Args:
            url: the address; redirects within its host are followed.
            conditions: headers under which 304 is an answer; none, and it is not.
            most: bytes allowed, packed and unpacked.

        Raises:
            FetchError: nothing usable came.
        """
        from tenacity import Retrying, retry_if_exception

        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, FetchError) and error.may_pass),
            stop=self._is_enough,
            wait=_wait(self._settings),
            sleep=self._settings.sleep,
            reraise=True,
        )
        with naming(url):
            try:
                return retrying(self._attempt, url, conditions, most)
            except FetchError as error:
                if (attempts := retrying.statistics["attempt_number"]) > 1:
                    error.args = (f"{error} (asked {attempts} times)",)
                raise

    def _is_enough(self, state: RetryCallState) -> bool:
        """Whether to give up: asked often enough, told to stay away for long, or no time left for the next wait."""
        is_often = state.attempt_number >= self._settings.attempts
        is_too_long = _asked(state) > self._settings.longest_retry_after_seconds
        return is_often or is_too_long or state.upcoming_sleep >= self._deadline.left()

    def _attempt(self, url: URL, conditions: Mapping[str, str], most: int) -> Answer:
        import httpx2

        self._deadline.check()
        try:
            answer = self._follow(url, conditions, most)
        except (FetchError, httpx2.TransportError) as error:
            self._deadline.check()
            if isinstance(error, FetchError):
                raise
            raise _fault(error) from error
        self._deadline.check()  # a connection that was cut can look like the end of a body
        return answer

    def _follow(self, url: URL, conditions: Mapping[str, str], most: int) -> Answer:
        here = url
        for _ in range(self._settings.max_redirects + 1):
            with self._client.stream(
                "GET", here, headers=conditions, extensions={"trace": self._deadline.watch}
            ) as response:
                if not response.has_redirect_location:
                    return self._answer(here, response, bool(conditions), most)
                here = followed(here, response.headers["location"], "redirect")
        most_redirects = self._settings.max_redirects
        raise FetchError(f"it redirects more than {most_redirects} times: look at the address in a browser")

    def _answer(self, here: URL, response: Response, is_conditional: bool, most: int) -> Answer:
        status = response.status_code
        headers = {name.lower(): value for name, value in response.headers.items()}
        if status == HTTPStatus.NOT_MODIFIED and is_conditional:
            return Answer(here, b"", status, headers)
        if status != HTTPStatus.OK:
            raise _refusal(status, headers.get("retry-after"))
        if int(headers.get("content-length", 0)) > most:
            raise too_large(most)
        body = read_body(
            response.iter_raw(),
            headers.get("content-encoding", "").strip().lower(),
            most,
            self._count,
        )
        refuse_error_page(body)
        return Answer(here, body, status, headers)

    def _count(self, count: int) -> None:
        self._deadline.check()
        self._on_bytes(count)


def _client(settings: Settings) -> Client:
    from httpx2 import Client, InvalidURL, Timeout

    try:
        return Client(
            headers={"User-Agent": _user_agent(), "Accept-Encoding": "gzip", "Accept": "*/*"},
            timeout=Timeout(settings.read_seconds, connect=settings.connect_seconds),
            mounts={f"all://{host}": None for host in _LOOPBACK},  # a proxy would look on its own machine
        )
    except (InvalidURL, OSError, ValueError) as error:
        raise FetchError(
            f"no connection can be made ({error}): look at the environment variables of proxies and certificates"
        ) from error


def _user_agent() -> str:
    try:
        number = version("costledger")
    except PackageNotFoundError:
        number = "0"
    return f"costledger/{number} (training-cost ledger; polls price lists)"


def _wait(settings: Settings) -> Callable[[RetryCallState], float]:
    """Seconds before the next attempt: what the server asks for, and a random time that may be longer each round."""
    from tenacity import wait_random_exponential

    backoff = wait_random_exponential(multiplier=settings.wait_seconds, max=settings.longest_wait_seconds)

    def seconds(state: RetryCallState) -> float:
        return backoff(state) + _asked(state)

    return seconds


def _asked(state: RetryCallState) -> float:
    """Seconds that the server wants to be left alone after the last attempt."""
    error = state.outcome.exception() if state.outcome else None
    return (error.retry_after_seconds or 0) if isinstance(error, FetchError) else 0


def _refusal(status: int, retry_after: str | None) -> FetchError:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "no known status"
    may_pass = status >= _SERVER_FAULT or status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    remedy = "try again later" if may_pass else "open the address in a browser, and mend url in data/feeds.yaml"
    asked = _seconds(retry_after) if may_pass else None
    wants = f", asking to be left alone for {asked:,.0f} seconds" if asked else ""
    return FetchError(
        f"the server answered {status} ({phrase}){wants}: {_REMEDIES.get(status, remedy)}",
        status,
        may_pass=may_pass,
        retry_after_seconds=asked,
    )


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds: a number, or a date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _fault(error: Exception) -> FetchError:
    """What a failed connection means."""
    from httpx2 import ConnectError, ConnectTimeout, RemoteProtocolError, TimeoutException

    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FetchError(
            f"nobody vouches for the server ({error}): if a proxy of your own stands between, name its certificate in "
            "SSL_CERT_FILE; otherwise do not read this feed"
        )
    if isinstance(error, ConnectTimeout):
        meaning = "no connection in time: look at the network, or try again later"
    elif isinstance(error, TimeoutException):
        meaning = "the server stopped sending: try again later"
    elif isinstance(error, ConnectError):
        meaning = f"no connection ({error}): look at the network and at url in data/feeds.yaml"
    elif isinstance(error, RemoteProtocolError):
        meaning = f"the answer was cut off or is no HTTP ({error}): try again later"
    else:
        meaning = f"the connection failed ({str(error) or type(error).__name__}): try again later"
    return FetchError(meaning, may_pass=True)
