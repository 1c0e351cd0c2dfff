"""A real HTTP server on loopback: files of a folder with their validators, and answers written for one address.

with FeedServer(folder) as server:
    server.script("/prices.csv", Answer(500), Answer(body=b"a,b\n"))
    fetch(a_feed(server.url("/prices.csv")), None)
    assert server.paths == ["/prices.csv", "/prices.csv"]
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote


@dataclass(frozen=True)
class Answer:
    """What the server says.

    Attributes:
        status: HTTP status.
        body: bytes of the body.
        headers: beside Content-Length, which is added.
        claimed_length: Content-Length where it is not the length of the body; the connection closes after the body.
        delay_seconds: before the first byte.
        drip_seconds: between one byte and the next, headers included where `drips_headers`.
        drips_headers: whether the headers drip as well.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0
    drips_headers: bool = False


@dataclass(frozen=True)
class Request:
    """What the server was asked: path with query, and headers by lower-case name."""

    path: str
    headers: Mapping[str, str]


Script = Answer | Callable[[Request], Answer]


def etag_of(body: bytes) -> str:
    """The validator of a file."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


class FeedServer:
    """Serves a folder on 127.0.0.1 and keeps what it was asked.

    Attributes:
        folder: files are served from here; without it every file is missing.
        requests: every request so far, in order.
    """

    def __init__(self, folder: Path | None = None, certificate: Path | None = None) -> None:
        """Bind a free port, served once the server is entered; by https with a certificate and its key in one file."""
        self.folder = folder
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Script]] = {}
        self._lock = Lock()
        self._stopping = Event()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        """Serve in a thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once, answers under way included."""
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def paths(self) -> list[str]:
        """Paths of every request so far, in order."""
        return [request.path for request in self.requests]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Address of a path."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def script(self, path: str, *answers: Script) -> str:
        """Answer a path (with its query, or for any query without) in this order; the last answer stays.

        Returns:
            The address of the path.
        """
        with self._lock:
            self._scripts[path] = list(answers)
        return self.url(path)

    def answer(self, request: Request) -> Answer:
        """What is said to a request."""
        bare = request.path.partition("?")[0]
        with self._lock:
            self.requests.append(request)
            script = self._scripts.get(request.path) or self._scripts.get(bare)
            said = (script.pop(0) if len(script) > 1 else script[0]) if script else None
        if said is None:
            return self._file(bare, request)
        return said if isinstance(said, Answer) else said(request)

    def wait(self, seconds: float) -> None:
        """Pause an answer, unless the server stops."""
        if seconds:
            self._stopping.wait(seconds)

    def _file(self, path: str, request: Request) -> Answer:
        found = self.folder / unquote(path).lstrip("/") if self.folder else None
        if found is None or not found.is_file():
            return Answer(404, b"not found")
        body, changed = found.read_bytes(), int(found.stat().st_mtime)
        validators = {"ETag": etag_of(body), "Last-Modified": formatdate(changed, usegmt=True)}
        asked, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
        is_same = (
            asked == validators["ETag"]
            if asked
            else since is not None and changed <= parsedate_to_datetime(since).timestamp()
        )
        return Answer(304, b"", validators) if is_same else Answer(200, body, validators)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what half of the tests do."""


def _handler(server: FeedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            request = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
            said = server.answer(request)
            server.wait(said.delay_seconds)
            length = len(said.body) if said.claimed_length is None else said.claimed_length
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            if said.status != 304:
                self.send_header("Content-Length", str(length))
            if said.claimed_length is not None:
                self.close_connection = True
            if said.drips_headers:
                head, self._headers_buffer = b"".join(self._headers_buffer), []
                self._drip(head + b"\r\n", said.drip_seconds)
            else:
                self.end_headers()
            if said.drip_seconds:
                self._drip(said.body, said.drip_seconds)
            else:
                self.wfile.write(said.body)

        def _drip(self, data: bytes, seconds: float) -> None:
            for place in range(len(data)):
                if server._stopping.is_set():
                    return
                self.wfile.write(data[place : place + 1])
                server.wait(seconds)

        def log_message(self, *arguments: Any) -> None:
            """Keep the output of the tests clean."""

    return Handler
