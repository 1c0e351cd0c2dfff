"""Fetching from a real server on loopback: what is taken, what is asked again, what is refused and why.

Every wait is short; what a server does wrong is done by the server.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.paths import ROOT
from pipelines.sources import snapshots
from pipelines.sources.fetching import Fetched, FetchError, NotModified, Settings, Validators, fetch
from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.format import Feed
from pipelines.sources.text import UnreadableError
from tests.support.feed_server import Answer, FeedServer, Request

CSV = b"provider,price\nlambda,2.49\n"
QUICK = Settings(
    connect_seconds=5, read_seconds=5, deadline_seconds=20, attempts=3, wait_seconds=0.01, longest_wait_seconds=0.02
)
IMPATIENT = replace(QUICK, read_seconds=0.5, attempts=5)
BAD = ROOT.parent / "shared" / "samples" / "bad"


def a_feed(url: str, **changes: Any) -> Feed:
    feed = Feed("example", "example_csv", url, every_hours=24, licence="facts", source_id="src_example")
    return replace(feed, **changes)


def taken(feed: Feed, known: Validators | None = None, **options: Any) -> Fetched:
    answer = fetch(feed, known, **{"settings": QUICK, **options})
    assert isinstance(answer, Fetched)
    return answer


def refused(feed: Feed, known: Validators | None = None, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(feed, known, **{"settings": QUICK, **options})
    assert not str(caught.value).startswith("example")  # whoever shows it names the feed
    return caught.value


def known_by(answer: Fetched) -> Validators:
    return Validators(answer.feed_url, answer.etag, answer.last_modified, answer.version)


def link_of(page: bytes) -> str | None:
    """A paged format: `{"next": address or null}`."""
    try:
        link: str | None = json.loads(page)["next"]
    except KeyError as error:
        raise UnreadableError("the page does not say which comes next") from error
    return link


def page(link: str | None) -> Answer:
    return Answer(body=json.dumps({"next": link, "rows": [1]}).encode())


class TestOneFile:
    def test_is_taken_as_it_is(self, feed_server: FeedServer) -> None:
        (feed_server.folder / "vms.csv").write_bytes(CSV)
        url = feed_server.url("/vms.csv")
        answer = taken(a_feed(url))
        assert (answer.pages, answer.url, answer.http_status, answer.version) == ((CSV,), url, 200, None)
        assert answer.etag is not None
        assert answer.last_modified is not None

    def test_bytes_need_not_be_text(self, feed_server: FeedServer) -> None:
        body = bytes(range(256)) * 3
        assert taken(a_feed(feed_server.script("/x", Answer(body=body)))).pages == (body,)

    def test_an_empty_file_is_left_to_its_reader(self, feed_server: FeedServer) -> None:
        assert taken(a_feed(feed_server.script("/x", Answer()))).pages == (b"",)

    def test_what_the_server_calls_it_does_not_matter(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=CSV, headers={"Content-Type": "text/html; charset=utf-8"}))
        answer = taken(a_feed(url))
        assert (answer.pages, answer.content_type) == ((CSV,), "text/html; charset=utf-8")

    def test_the_project_says_who_it_is(self, feed_server: FeedServer) -> None:
        taken(a_feed(feed_server.script("/x", Answer(body=CSV))))
        assert feed_server.requests[0].headers["user-agent"].startswith("costledger/")

    def test_progress_is_told(self, feed_server: FeedServer) -> None:
        told: list[tuple[int, int]] = []
        url = feed_server.script("/x", Answer(body=b"x" * 200_000))
        taken(a_feed(url), on_progress=lambda count, number: told.append((count, number)))
        assert told[-1] == (200_000, 1)
        assert told == sorted(told)

    def test_a_proxy_is_not_asked_for_this_machine(
        self, feed_server: FeedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert taken(a_feed(feed_server.script("/x", Answer(body=CSV)))).pages == (CSV,)

    def test_a_proxy_that_is_none_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy")
        assert "proxies" in str(refused(a_feed("https://example.invalid/x")))


class TestUnchanged:
    def test_not_modified(self, feed_server: FeedServer) -> None:
        (feed_server.folder / "vms.csv").write_bytes(CSV)
        feed = a_feed(feed_server.url("/vms.csv"))
        first = taken(feed)
        assert fetch(feed, known_by(first), settings=QUICK) == NotModified(feed.url, 304)
        assert feed_server.requests[-1].headers["if-none-match"] == first.etag

    def test_by_date_alone(self, feed_server: FeedServer) -> None:
        (feed_server.folder / "vms.csv").write_bytes(CSV)
        feed = a_feed(feed_server.url("/vms.csv"))
        known = replace(known_by(taken(feed)), etag=None)
        assert isinstance(fetch(feed, known, settings=QUICK), NotModified)

    def test_a_change_is_taken(self, feed_server: FeedServer) -> None:
        path = feed_server.folder / "vms.csv"
        path.write_bytes(CSV)
        feed = a_feed(feed_server.url("/vms.csv"))
        known = known_by(taken(feed))
        path.write_bytes(CSV + b"lambda,2.39\n")
        assert taken(feed, known).pages == (CSV + b"lambda,2.39\n",)

    def test_another_address_is_asked_afresh(self, feed_server: FeedServer) -> None:
        (feed_server.folder / "vms.csv").write_bytes(CSV)
        feed = a_feed(feed_server.url("/vms.csv"))
        known = replace(known_by(taken(feed)), feed_url="https://example.org/old")
        assert taken(feed, known).pages == (CSV,)

    def test_304_to_a_question_that_was_not_asked(self, feed_server: FeedServer) -> None:
        assert refused(a_feed(feed_server.script("/x", Answer(304)))).http_status == 304

    @pytest.mark.parametrize("etag", ["caf\u00e9", "x" * 600])
    def test_a_validator_that_cannot_be_sent_back_is_not_kept(self, feed_server: FeedServer, etag: str) -> None:
        url = feed_server.script("/x", Answer(body=CSV, headers={"ETag": etag}))
        assert taken(a_feed(url)).etag is None


class TestAskedAgain:
    def test_500_then_200(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(500), Answer(503), Answer(body=CSV))
        assert taken(a_feed(url)).pages == (CSV,)
        assert feed_server.paths == ["/x"] * 3

    def test_500_for_ever(self, feed_server: FeedServer) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(500))))
        assert error.http_status == 500
        assert "asked 3 times" in str(error)
        assert len(feed_server.paths) == 3

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 204, 206, 299])
    def test_what_will_not_pass_is_asked_once(self, feed_server: FeedServer, status: int) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(status))))
        assert (error.http_status, len(feed_server.paths)) == (status, 1)

    @pytest.mark.parametrize("status", [408, 429])
    def test_what_may_pass_is_asked_again(self, feed_server: FeedServer, status: int) -> None:
        assert taken(a_feed(feed_server.script("/x", Answer(status), Answer(body=CSV)))).pages == (CSV,)

    @pytest.mark.parametrize("status", [429, 503])
    def test_the_server_is_left_alone_as_long_as_it_asks(self, feed_server: FeedServer, status: int) -> None:
        waits: list[float] = []
        url = feed_server.script("/x", Answer(status, headers={"Retry-After": "3"}), Answer(body=CSV))
        taken(a_feed(url), settings=replace(QUICK, sleep=waits.append))
        assert len(waits) == 1
        assert 3 <= waits[0] <= 3.02

    def test_or_until_a_date(self, feed_server: FeedServer) -> None:
        waits: list[float] = []
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
        url = feed_server.script("/x", Answer(429, headers={"Retry-After": later}), Answer(body=CSV))
        taken(a_feed(url), settings=replace(QUICK, deadline_seconds=999, sleep=waits.append))
        assert 30 < waits[0] <= 60.02

    @pytest.mark.parametrize("text", ["soon", "-5", "Mon, 99 Foo 2026", "\u00b2"])
    def test_nonsense_is_no_wish(self, feed_server: FeedServer, text: str) -> None:
        waits: list[float] = []
        url = feed_server.script("/x", Answer(429, headers={"Retry-After": text}), Answer(body=CSV))
        taken(a_feed(url), settings=replace(QUICK, sleep=waits.append))
        assert waits[0] <= 0.02

    def test_a_long_wish_ends_the_read(self, feed_server: FeedServer) -> None:
        waits: list[float] = []
        url = feed_server.script("/x", Answer(429, headers={"Retry-After": "3600"}))
        error = refused(a_feed(url), settings=replace(QUICK, deadline_seconds=9999, sleep=waits.append))
        assert error.retry_after_seconds == 3600
        assert "3,600 seconds" in str(error)
        assert "every_hours" in str(error)
        assert (waits, len(feed_server.paths)) == ([], 1)

    def test_no_wait_goes_beyond_the_deadline(self, feed_server: FeedServer) -> None:
        waits: list[float] = []
        url = feed_server.script("/x", Answer(503, headers={"Retry-After": "60"}))
        refused(a_feed(url), settings=replace(QUICK, sleep=waits.append))
        assert waits == []

    def test_waits_differ(self, feed_server: FeedServer) -> None:
        waits: list[float] = []
        url = feed_server.script("/x", Answer(500))
        refused(a_feed(url), settings=replace(QUICK, attempts=12, wait_seconds=0.5, sleep=waits.append))
        assert len(set(waits)) == 11
        assert max(waits) <= 0.02


class TestConnections:
    def test_cut_off_then_whole(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=CSV[:10], claimed_length=len(CSV)), Answer(body=CSV))
        assert taken(a_feed(url)).pages == (CSV,)

    def test_cut_off_for_ever(self, feed_server: FeedServer) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(body=CSV, claimed_length=len(CSV) + 1))))
        assert "cut off" in str(error)
        assert len(feed_server.paths) == 3

    def test_slow_to_begin(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=CSV, delay_seconds=30))
        assert "stopped sending" in str(refused(a_feed(url), settings=replace(IMPATIENT, attempts=1)))

    def test_slow_once(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=CSV, delay_seconds=30), Answer(body=CSV))
        assert taken(a_feed(url), settings=IMPATIENT).pages == (CSV,)

    @pytest.mark.parametrize("drips_headers", [False, True])
    def test_dripping_ends(self, feed_server: FeedServer, drips_headers: bool) -> None:
        dripping = Answer(200, b"x" * 9999, {"X-Long": "x" * 999}, drip_seconds=0.05, drips_headers=drips_headers)
        began = time.monotonic()
        error = refused(a_feed(feed_server.script("/x", dripping)), settings=replace(QUICK, deadline_seconds=0.4))
        assert "0.4 seconds" in str(error)
        assert time.monotonic() - began < 10
        assert len(feed_server.paths) == 1

    def test_a_body_without_length_that_the_deadline_cuts_is_not_taken(self) -> None:
        """Once its connection is cut, such a body looks complete."""
        with saying(b"HTTP/1.1 200 OK\r\n\r\na,b\n", hangs_up=False) as url:
            error = refused(a_feed(url), settings=replace(QUICK, deadline_seconds=0.4))
        assert "0.4 seconds" in str(error)

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        error = refused(a_feed(f"http://127.0.0.1:{port}/x"))
        assert "no connection" in str(error)
        assert error.http_status is None

    def test_not_http(self) -> None:
        with saying(b"220 mail.example ready\r\n", hangs_up=True) as url:
            assert "no HTTP" in str(refused(a_feed(url)))


@contextmanager
def saying(words: bytes, hangs_up: bool) -> Iterator[str]:
    """A server that says the same to whoever connects, and then hangs up or nothing more."""
    peers: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = server.accept()
                peers.append(peer)
                peer.recv(65536)
                peer.sendall(words)
                if hangs_up:
                    peer.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for peer in peers:
        peer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    wanted = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *wanted.split(), *names, "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    with file.open("ab") as both:
        both.write(Path(f"{file}.crt").read_bytes())
    return file


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
class TestEncrypted:
    def test_only_servers_that_somebody_vouches_for(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with FeedServer(certificate=certificate) as server:
            feed = a_feed(server.script("/x", Answer(body=CSV)))
            assert feed.url.startswith("https:")
            error = refused(feed)
            assert "SSL_CERT_FILE" in str(error)
            assert "asked" not in str(error)
            monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
            assert taken(feed).pages == (CSV,)

    @pytest.mark.parametrize("drips_headers", [False, True])
    def test_dripping_ends(self, certificate: Path, monkeypatch: pytest.MonkeyPatch, drips_headers: bool) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
        with FeedServer(certificate=certificate) as server:
            dripping = Answer(200, b"x" * 9999, {"X-Long": "x" * 999}, drip_seconds=0.05, drips_headers=drips_headers)
            began = time.monotonic()
            feed = a_feed(server.script("/x", dripping))
            assert "0.5 seconds" in str(refused(feed, settings=replace(QUICK, deadline_seconds=0.5)))
            assert time.monotonic() - began < 10

    def test_a_redirect_does_not_leave_encryption(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
        with FeedServer(certificate=certificate) as server:
            plain = server.url("/y").replace("https:", "http:").replace("127.0.0.1", "example.org")
            feed = a_feed(server.script("/x", Answer(302, headers={"Location": plain})))
            assert "another host" in str(refused(feed))


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("file:///etc/passwd", "not a web address"),
            ("ftp://example.org/x", "not a web address"),
            ("x.csv", "not a web address"),
            ("https:///x", "not a web address"),
            ("http://example.org/x", "not encrypted"),
            ("http://127.0.0.1.example.org/x", "not encrypted"),
            ("http://localhost@example.org/x", "name or password"),
            ("https://user:secret@example.org/x", "name or password"),
            ("https://exa mple.org:port/x", "not an address"),
            ("https://example.org/\x00", "not an address"),
            ("https://example.org/{version}", "no version_url"),
        ],
    )
    def test_refused_unasked(self, url: str, said: str) -> None:
        error = refused(a_feed(url))
        assert said in str(error)
        assert "secret" not in str(error)

    def test_a_redirect_on_the_host_is_followed(self, feed_server: FeedServer) -> None:
        feed_server.script("/new", Answer(body=CSV))
        url = feed_server.script("/x", Answer(302, headers={"Location": "/new#part"}))
        assert taken(a_feed(url)).url == feed_server.url("/new")

    @pytest.mark.parametrize(
        ("location", "said"),
        [
            ("file:///etc/passwd", "not a web address"),
            ("https://example.org/x", "another host"),
            ("//example.org/x", "another host"),
            ("http://127.0.0.1:1/x", "another host"),
            ("http://127.0.0.1:port/", "not an address"),
            ("gopher://127.0.0.1/x", "not a web address"),
        ],
    )
    def test_a_redirect_elsewhere_is_refused(self, feed_server: FeedServer, location: str, said: str) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(302, headers={"Location": location}))))
        assert said in str(error)
        assert feed_server.paths == ["/x"]

    def test_another_name_of_the_same_machine_is_another_host(self, feed_server: FeedServer) -> None:
        elsewhere = feed_server.url("/y", host="localhost")
        error = refused(a_feed(feed_server.script("/x", Answer(301, headers={"Location": elsewhere}))))
        assert f"another host, {elsewhere}" in str(error)
        assert "data/feeds.yaml" in str(error)
        assert feed_server.paths == ["/x"]

    def test_redirects_end(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(302, headers={"Location": "/x"}))
        assert "redirects more than 5 times" in str(refused(a_feed(url)))
        assert len(feed_server.paths) == 6

    def test_a_redirect_to_nowhere(self, feed_server: FeedServer) -> None:
        assert refused(a_feed(feed_server.script("/x", Answer(302)))).http_status == 302


class TestErrorPages:
    @pytest.mark.parametrize(
        "body",
        [
            b"<!DOCTYPE html>\n<html><head><title>429 Too Many Requests</title></head></html>",
            b"\xef\xbb\xbf \n<HTML><body>429 Too&nbsp;Many Requests",
            b"<!-- x --><style>p {}</style><p>429 Too Many Requests",
            b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><script>go()</script>429 Too Many Requests',
        ],
    )
    def test_html_with_200_is_quoted(self, feed_server: FeedServer, body: bytes) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(body=body, headers={"Content-Type": "text/csv"}))))
        assert "'429 Too Many Requests" in str(error)
        assert len(feed_server.paths) == 1

    @pytest.mark.skipif(not BAD.is_dir(), reason="needs the broken samples")
    def test_the_broken_sample(self, feed_server: FeedServer) -> None:
        body = (BAD / "02_html_error_page.csv").read_bytes()
        assert "Too many requests" in str(refused(a_feed(feed_server.script("/x", Answer(body=body)))))

    def test_an_error_object_is_for_the_reader_of_the_format(self, feed_server: FeedServer) -> None:
        body = b'{"error": "quota"}'
        assert taken(a_feed(feed_server.script("/x", Answer(body=body)))).pages == (body,)

    def test_markup_inside_a_file_is_nothing(self, feed_server: FeedServer) -> None:
        body = b'name,note\nx,"<html>"\n'
        assert taken(a_feed(feed_server.script("/x", Answer(body=body)))).pages == (body,)


class TestSize:
    def test_just_right(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=CSV))
        assert taken(a_feed(url, max_bytes=len(CSV))).pages == (CSV,)

    def test_announced_too_large(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=b"x" * 1001))
        error = refused(a_feed(url, max_bytes=1000))
        assert "max_bytes" in str(error)
        assert len(feed_server.paths) == 1

    @pytest.mark.parametrize("how", ["encoded", "gz"])
    def test_gzip_is_taken_off(self, feed_server: FeedServer, how: str) -> None:
        headers = {"Content-Encoding": "gzip"} if how == "encoded" else {}
        packed = gzip.compress(CSV[:5]) + gzip.compress(CSV[5:]) + b"\0" * 8
        url = feed_server.script("/x", Answer(body=packed, headers=headers))
        assert taken(a_feed(url, max_bytes=200)).pages == (CSV,)

    def test_both_at_once(self, feed_server: FeedServer) -> None:
        packed = gzip.compress(gzip.compress(CSV))
        url = feed_server.script("/x", Answer(body=packed, headers={"Content-Encoding": "gzip"}))
        assert taken(a_feed(url)).pages == (CSV,)

    @pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {}])
    def test_a_bomb_stops_at_the_limit(self, feed_server: FeedServer, headers: dict[str, str]) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        url = feed_server.script("/x", Answer(body=bomb, headers=headers))
        assert "unpacked" in str(refused(a_feed(url, max_bytes=100_000)))
        assert len(feed_server.paths) == 1

    def test_gzip_cut_off_on_the_way_is_asked_again(self, feed_server: FeedServer) -> None:
        packed, headers = gzip.compress(CSV), {"Content-Encoding": "gzip"}
        url = feed_server.script("/x", Answer(body=packed[:-6], headers=headers), Answer(body=packed, headers=headers))
        assert taken(a_feed(url)).pages == (CSV,)

    def test_a_gz_file_that_is_cut_off(self, feed_server: FeedServer) -> None:
        error = refused(a_feed(feed_server.script("/x", Answer(body=gzip.compress(CSV)[:-6]))))
        assert "cut off" in str(error)
        assert len(feed_server.paths) == 1

    @pytest.mark.skipif(not BAD.is_dir(), reason="needs the broken samples")
    def test_the_broken_sample(self, feed_server: FeedServer) -> None:
        body = (BAD / "03_truncated.csv.gz").read_bytes()
        assert "gzip" in str(refused(a_feed(feed_server.script("/x", Answer(body=body)))))

    def test_a_gz_file_that_is_damaged(self, feed_server: FeedServer) -> None:
        packed = bytearray(gzip.compress(CSV))
        packed[-5] ^= 255
        assert "damaged" in str(refused(a_feed(feed_server.script("/x", Answer(body=bytes(packed))))))

    def test_another_encoding_was_not_asked_for(self, feed_server: FeedServer) -> None:
        answer = Answer(body=zlib.compress(CSV), headers={"Content-Encoding": "deflate"})
        assert "'deflate'" in str(refused(a_feed(feed_server.script("/x", answer))))
        assert feed_server.requests[0].headers["accept-encoding"] == "gzip"


class TestPages:
    def test_are_followed_to_the_end(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", page("/x?page=2"))
        feed_server.script("/x?page=2", page(feed_server.url("/x?page=3")))
        feed_server.script("/x?page=3", Answer(500), page(None))
        answer = taken(a_feed(url), next_page=link_of)
        assert [link_of(body) for body in answer.pages] == ["/x?page=2", feed_server.url("/x?page=3"), None]
        assert feed_server.paths == ["/x", "/x?page=2", "/x?page=3", "/x?page=3"]

    def test_are_never_asked_conditionally(self, feed_server: FeedServer) -> None:
        """The first page may be as it was while the second changed."""
        (feed_server.folder / "x").write_bytes(page(None).body)
        feed = a_feed(feed_server.url("/x"))
        first = taken(feed, next_page=link_of)
        assert taken(feed, known_by(first), next_page=link_of).pages == first.pages

    def test_end_at_a_cap(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", endless)
        error = refused(a_feed(url, max_pages=4), next_page=link_of)
        assert "more than 4 pages" in str(error)
        assert len(feed_server.paths) == 4

    def test_as_many_as_the_cap_are_right(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", page("/y"))
        feed_server.script("/y", page(None))
        assert len(taken(a_feed(url, max_pages=2), next_page=link_of).pages) == 2

    @pytest.mark.parametrize("link", ["/x", "/y", "/y#again"])
    def test_in_a_circle_are_refused(self, feed_server: FeedServer, link: str) -> None:
        url = feed_server.script("/x", page("/y"))
        feed_server.script("/y", page(link))
        assert "was read already" in str(refused(a_feed(url), next_page=link_of))
        assert feed_server.paths == ["/x", "/y"]

    @pytest.mark.parametrize("link", ["https://example.org/2", "file:///etc/passwd"])
    def test_stay_on_the_host(self, feed_server: FeedServer, link: str) -> None:
        error = refused(a_feed(feed_server.script("/x", page(link))), next_page=link_of)
        assert "next page" in str(error) or "not a web address" in str(error)

    def test_share_the_bytes_allowed(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", endless)
        size = len(endless(Request("/x", {})).body)
        assert "max_bytes" in str(refused(a_feed(url, max_bytes=3 * size), next_page=link_of))
        assert len(feed_server.paths) == 4

    def test_share_the_deadline(self, feed_server: FeedServer) -> None:
        def slowly(request: Request) -> Answer:
            return replace(endless(request), delay_seconds=0.1)

        url = feed_server.script("/x", slowly)
        error = refused(a_feed(url), next_page=link_of, settings=replace(QUICK, deadline_seconds=0.5))
        assert "0.5 seconds" in str(error)

    def test_a_page_without_its_link_is_the_fault_of_the_format(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", Answer(body=b"{}"))
        with pytest.raises(UnreadableError, match="which comes next"):
            fetch(a_feed(url), None, next_page=link_of, settings=QUICK)

    def test_a_page_that_fails_fails_the_read(self, feed_server: FeedServer) -> None:
        url = feed_server.script("/x", page("/gone"))
        error = refused(a_feed(url), next_page=link_of)
        assert error.http_status == 404
        assert "/gone" in str(error)


def endless(request: Request) -> Answer:
    number = int(request.path.rpartition("=")[2]) + 1 if "=" in request.path else 1
    return page(f"/x?page={number:06d}")


class TestVersions:
    @pytest.fixture
    def feed(self, feed_server: FeedServer) -> Feed:
        feed_server.script("/20261120-1/catalog.zip", Answer(body=b"PK old", headers={"ETag": '"a"'}))
        feed_server.script("/20261121-1/catalog.zip", Answer(body=b"PK new", headers={"ETag": '"a"'}))
        return a_feed(
            feed_server.url("/{version}/catalog.zip"),
            version_url=feed_server.script("/version", Answer(body=b"20261120-1\n"), Answer(body=b"20261121-1")),
        )

    def test_stand_in_the_address(self, feed: Feed) -> None:
        answer = taken(feed)
        assert (answer.pages, answer.version, answer.feed_url) == ((b"PK old",), "20261120-1", feed.url)

    def test_the_same_version_is_not_downloaded(self, feed: Feed, feed_server: FeedServer) -> None:
        feed_server.script("/version", Answer(body=b"20261120-1\n"))
        known = known_by(taken(feed))
        assert fetch(feed, known, settings=QUICK) == NotModified(feed_server.url("/version"), 200)
        assert feed_server.paths == ["/version", "/20261120-1/catalog.zip", "/version"]

    def test_another_version_is(self, feed: Feed) -> None:
        assert taken(feed, known_by(taken(feed))).pages == (b"PK new",)

    @pytest.mark.parametrize(
        "text", [b"", b"a b", b"../../etc", b"1\n2", b"x" * 65, b"v?x=1", b"\xff\xfe", b'{"error": 1}', b"-rf"]
    )
    def test_must_be_one_short_word(self, feed: Feed, feed_server: FeedServer, text: bytes) -> None:
        feed_server.script("/version", Answer(body=text))
        assert "version_url" in str(refused(feed))
        assert feed_server.paths == ["/version"]

    def test_that_is_a_web_page(self, feed: Feed, feed_server: FeedServer) -> None:
        feed_server.script("/version", Answer(body=b"<html>Sign in</html>"))
        assert "Sign in" in str(refused(feed))


@pytest.mark.skipif(not BAD.is_dir(), reason="needs the samples")
class TestRealFormats:
    """Fetched, kept, taken out again and read: the bytes of real files and real pages."""

    def through(self, feed: Feed, folder: Path) -> list[int]:
        format_ = FORMATS[feed.format]
        answer = taken(feed, next_page=format_.next_page)
        snapshot = snapshots.save(folder, feed, format_.suffix, answer, datetime.now(UTC))
        return [format_.read(body, feed).height for body in snapshots.pages(snapshot)]

    def test_every_page_of_azure(self, feed_server: FeedServer, tmp_path: Path) -> None:
        sample = json.loads((BAD.parent / "azure_retail_prices_page.json").read_bytes())

        def linked(link: str | None) -> Answer:
            return Answer(body=json.dumps(sample | {"NextPageLink": link}).encode())

        query = "/api/retail/prices?$filter=serviceName eq 'Virtual Machines'"
        url = feed_server.url(query)
        feed_server.script("/api/retail/prices", linked(feed_server.url("/page?$skip=1000")))
        feed_server.script("/page", linked(None))
        feed = a_feed(url, format="azure_retail")
        assert len(self.through(feed, tmp_path)) == 2
        assert feed_server.paths[0].startswith("/api/retail/prices?$filter=serviceName%20eq%20")

    def test_a_page_of_azure_without_its_link(self, feed_server: FeedServer, tmp_path: Path) -> None:
        body = (BAD / "28_azure_page_without_next_link_key.json").read_bytes()
        feed = a_feed(feed_server.script("/x", Answer(body=body)), format="azure_retail")
        with pytest.raises(UnreadableError, match="NextPageLink"):
            self.through(feed, tmp_path)
        assert not (tmp_path / "snapshots").exists()

    def test_a_version_and_its_zip(self, feed_server: FeedServer, tmp_path: Path) -> None:
        catalogue = BAD.parent / "gpuhunt_v3_aws.csv"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(catalogue, "aws.csv")
        feed_server.script("/v3/aws/version", Answer(body=(BAD.parent / "gpuhunt_v3_version.txt").read_bytes()))
        version = (BAD.parent / "gpuhunt_v3_version.txt").read_text().strip()
        feed_server.script(f"/v3/aws/{version}/catalog.zip", Answer(body=packed.getvalue()))
        feed = a_feed(
            feed_server.url("/v3/aws/{version}/catalog.zip"),
            format="gpuhunt_v3",
            version_url=feed_server.url("/v3/aws/version"),
            provider="AWS",
        )
        (rows,) = self.through(feed, tmp_path)
        assert rows > 0
        known = snapshots.known_validators(tmp_path, feed.feed_id)
        assert isinstance(fetch(feed, known, settings=QUICK), NotModified)


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("module", ["fetching", "snapshots"])
def test_importing_loads_no_client(module: str) -> None:
    code = f"import sys, pipelines.sources.{module}; print(sorted({{'httpx2', 'tenacity', 'ssl'}} & set(sys.modules)))"
    assert run_python(code).strip() == "[]"


def test_no_thread_outlives_a_read(feed_server: FeedServer, count_threads: Callable[[], int]) -> None:
    url = feed_server.script("/x", Answer(body=CSV))
    before = count_threads()
    taken(a_feed(url))
    assert count_threads() <= before


@pytest.fixture
def count_threads() -> Callable[[], int]:
    return lambda: sum(isinstance(thread, threading.Timer) for thread in threading.enumerate())
