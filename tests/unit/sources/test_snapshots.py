"""What is kept of a feed: whole or not at all, in order, by one process at a time; and the log of its reads."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.paths import ROOT
from pipelines.sources import snapshots as kept
from pipelines.sources.fetching import Fetched, Validators
from pipelines.sources.formats.format import Feed
from pipelines.sources.snapshots import Read, Snapshot, SnapshotError

CSV = b"provider,price\nlambda,2.49\n"
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
FEED = Feed("lambda", "skypilot", "https://example.org/vms.csv", every_hours=24, licence="facts", source_id="src_x")


def answer(*bodies: bytes, **changes: str) -> Fetched:
    return replace(Fetched(bodies, FEED.url, FEED.url, 200, etag='"a"', content_type="text/csv"), **changes)


def save(folder: Path, *bodies: bytes, at: datetime = NOON, feed: Feed = FEED) -> Snapshot:
    return kept.save(folder, feed, ".csv", answer(*bodies), at)


def names(folder: Path) -> list[str]:
    """Everything in the folder of the feed, but for the lock between processes."""
    place = folder / "snapshots" / FEED.feed_id
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.name != ".lock")


class TestSaving:
    def test_keeps_the_bytes_and_what_is_known_of_them(self, tmp_path: Path) -> None:
        snapshot = save(tmp_path, CSV)
        folder = tmp_path / "snapshots" / "lambda" / "2026-11-23T12-00-00Z"
        assert snapshot.is_new
        assert (folder / "lambda.csv").read_bytes() == CSV
        assert json.loads((folder / "lock.json").read_bytes()) == {
            "sha256": hashlib.sha256(CSV).hexdigest(),
            "size": len(CSV),
            "url": FEED.url,
            "feed_url": FEED.url,
            "fetched_at": "2026-11-23T12:00:00Z",
            "etag": '"a"',
            "last_modified": None,
            "content_type": "text/csv",
            "version": None,
            "pages": [{"file": "lambda.csv", "size": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}],
        }
        assert kept.pages(snapshot) == (CSV,)
        assert names(tmp_path) == [
            "2026-11-23T12-00-00Z",
            "2026-11-23T12-00-00Z/lambda.csv",
            "2026-11-23T12-00-00Z/lock.json",
            "origin.yaml",
        ]

    def test_keeps_where_it_is_from(self, tmp_path: Path) -> None:
        save(tmp_path, CSV)
        origin = tmp_path / "snapshots" / "lambda" / "origin.yaml"
        assert yaml.safe_load(origin.read_text()) == {
            "feed_id": "lambda",
            "url": FEED.url,
            "format": "skypilot",
            "source_id": "src_x",
            "licence": "facts",
        }
        save(tmp_path, CSV + b"1", feed=replace(FEED, licence="caf\u00e9 terms"), at=NOON + timedelta(days=1))
        assert yaml.safe_load(origin.read_text("utf-8"))["licence"] == "caf\u00e9 terms"

    def test_every_page_is_a_file(self, tmp_path: Path) -> None:
        snapshot = save(tmp_path, b"one", b"", b"three")
        assert [page.file for page in snapshot.lock.pages] == ["page-001.csv", "page-002.csv", "page-003.csv"]
        assert snapshot.lock.sha256 == hashlib.sha256(b"onethree").hexdigest()
        assert kept.pages(snapshot) == (b"one", b"", b"three")

    def test_equal_bytes_write_nothing(self, tmp_path: Path) -> None:
        first = save(tmp_path, CSV)
        place = tmp_path / "snapshots" / "lambda"
        before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
        again = kept.save(tmp_path, FEED, ".csv", answer(CSV, etag='"b"'), NOON + timedelta(days=1))
        assert (again, again.is_new) == (replace(first, is_new=False), False)
        assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before

    def test_what_was_before_the_newest_is_new_again(self, tmp_path: Path) -> None:
        for day, body in enumerate([CSV, b"wrong", CSV]):
            save(tmp_path, body, at=NOON + timedelta(days=day))
        assert [kept.pages(snapshot) for snapshot in kept.snapshots(tmp_path, "lambda")] == [
            (CSV,),
            (b"wrong",),
            (CSV,),
        ]

    def test_names_are_in_the_order_of_saving(self, tmp_path: Path) -> None:
        """Two within a second, and a clock that went back."""
        saved = [
            save(tmp_path, body, at=NOON - timedelta(hours=hours)) for body, hours in [(b"1", 0), (b"2", 0), (b"3", 9)]
        ]
        assert [snapshot.name[-9:] for snapshot in saved] == ["12-00-00Z", "12-00-01Z", "12-00-02Z"]
        assert saved[-1].lock.fetched_at == "2026-11-23T03:00:00Z"
        assert [snapshot.path for snapshot in kept.snapshots(tmp_path, "lambda")] == [one.path for one in saved]
        assert kept.newest(tmp_path, "lambda") == replace(saved[-1], is_new=False)

    def test_a_moment_of_another_zone(self, tmp_path: Path) -> None:
        assert save(tmp_path, CSV, at=NOON.astimezone(timezone(timedelta(hours=9)))).name == "2026-11-23T12-00-00Z"

    @pytest.mark.parametrize("feed_id", ["", "..", "a/b", "A", "../up", "x" * 65, ".hidden"])
    def test_an_id_cannot_leave_the_folder(self, tmp_path: Path, feed_id: str) -> None:
        with pytest.raises(SnapshotError, match="feed_id"):
            save(tmp_path, CSV, feed=replace(FEED, feed_id=feed_id))
        assert list(tmp_path.iterdir()) == []

    def test_nothing_is_kept_yet(self, tmp_path: Path) -> None:
        assert kept.newest(tmp_path, "lambda") is None
        assert kept.snapshots(tmp_path, "lambda") == ()
        assert kept.known_validators(tmp_path, "lambda") is None
        assert kept.reads(tmp_path, "lambda") == ()
        assert list(tmp_path.iterdir()) == []


class Interrupted(BaseException):
    """Ends a save in its middle, as Control-C does."""


class TestInterrupted:
    @pytest.mark.parametrize("step", ["rename", "fsync", "mkdir"])
    @pytest.mark.parametrize("error", [Interrupted, OSError(28, "No space left on device")])
    def test_leaves_nothing_half(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException | type[BaseException]
    ) -> None:
        save(tmp_path, CSV)
        before = names(tmp_path)

        def fail(*_: object, **__: object) -> None:
            raise error

        if step == "mkdir":
            monkeypatch.setattr(kept, "write_file", fail)
        else:
            monkeypatch.setattr(*((Path, "rename") if step == "rename" else (os, "fsync")), fail)
        wanted = SnapshotError if isinstance(error, OSError) else Interrupted
        with pytest.raises(wanted) as caught:
            save(tmp_path, b"new", at=NOON + timedelta(days=1))
        if isinstance(error, OSError):
            assert "No space left" in str(caught.value)
        assert names(tmp_path) == before
        monkeypatch.undo()
        assert save(tmp_path, b"new", at=NOON + timedelta(days=1)).is_new

    def test_a_killed_process_leaves_the_rest_readable(self, tmp_path: Path) -> None:
        first = save(tmp_path, CSV)
        process = run(KILLED_WHILE_SAVING, tmp_path)
        assert process.returncode == -signal.SIGKILL
        assert ".unfinished-2026-11-24T12-00-00Z/lock.json" in names(tmp_path)
        assert kept.snapshots(tmp_path, "lambda") == (replace(first, is_new=False),)
        save(tmp_path, b"new", at=NOON + timedelta(days=1))
        assert not [name for name in names(tmp_path) if name.startswith(".unfinished")]
        assert len(kept.snapshots(tmp_path, "lambda")) == 2


PRELUDE = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from pipelines.sources import snapshots as kept
from datetime import UTC, datetime
from pipelines.sources.fetching import Fetched
from pipelines.sources.formats.format import Feed
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed("lambda", "skypilot", "https://example.org/vms.csv", 24, "facts", "src_x")
folder = Path(sys.argv[1])

def answer(body):
    return Fetched((body,), FEED.url, FEED.url, 200)
"""

KILLED_WHILE_SAVING = """
Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
kept.save(folder, FEED, ".csv", answer(b"new"), NOON + timedelta(days=1))
"""

MANY_READS = """
from dataclasses import replace
me = sys.argv[2]
for number in range(10):
    with kept.reading(folder, "lambda"):
        snapshot = kept.save(folder, FEED, ".csv", answer(f"{me}-{number}".encode()), NOON)
        kept.record_read(folder, "lambda", kept.Read(NOON, "changed", snapshot=snapshot.name, message=f"{me}-{number}"))
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE)


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    process = start(code, *arguments)
    process.communicate(timeout=60)
    return process


class TestTwoProcesses:
    def test_lose_nothing(self, tmp_path: Path) -> None:
        processes = [start(MANY_READS, tmp_path, name) for name in ("left", "right")]
        for process in processes:
            assert process.communicate(timeout=60)[1] == ""
            assert process.returncode == 0
        wanted = {f"{name}-{number}" for name in ("left", "right") for number in range(10)}
        assert {kept.pages(snapshot)[0].decode() for snapshot in kept.snapshots(tmp_path, "lambda")} == wanted
        found = kept.reads(tmp_path, "lambda")
        assert sorted(read.message for read in found) == sorted(wanted)
        assert [read.snapshot for read in found] == [one.name for one in kept.snapshots(tmp_path, "lambda")]

    def test_nor_do_threads(self, tmp_path: Path) -> None:
        def read(name: str) -> None:
            for number in range(5):
                with kept.reading(tmp_path, "lambda"):
                    before = len(kept.reads(tmp_path, "lambda"))
                    save(tmp_path, f"{name}-{number}".encode())
                    kept.record_read(tmp_path, "lambda", Read(NOON, "changed"))
                    assert len(kept.reads(tmp_path, "lambda")) == before + 1

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(read, "abcd"))
        assert len(kept.snapshots(tmp_path, "lambda")) == len(kept.reads(tmp_path, "lambda")) == 20

    def test_one_waits_for_the_other_and_then_says_so(self, tmp_path: Path) -> None:
        code = (
            "with kept.reading(folder, 'lambda'):\n    print('mine', file=sys.stderr, flush=True)\n    sys.stdin.read()"
        )
        command = [sys.executable, "-c", PRELUDE + code, str(tmp_path)]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as other:
            assert other.stderr is not None
            assert other.stderr.readline() == b"mine\n"
            with (
                pytest.raises(SnapshotError, match=r"lambda: another process .* 0\.1 seconds: wait"),
                kept.reading(tmp_path, "lambda", seconds=0.1),
            ):
                pass
            with kept.reading(tmp_path, "another"):
                pass
            other.communicate(b"")
        with kept.reading(tmp_path, "lambda", seconds=0.1):
            pass


def spoil(snapshot: Snapshot, **changes: object) -> None:
    """Change keys of the lock; None removes one."""
    file = snapshot.path / "lock.json"
    given = {**json.loads(file.read_bytes()), **changes}
    file.write_text(json.dumps({name: value for name, value in given.items() if value != "(gone)"}))


class TestDamage:
    @pytest.fixture
    def snapshot(self, tmp_path: Path) -> Snapshot:
        save(tmp_path, CSV, feed=replace(FEED, feed_id="other"))
        return save(tmp_path, CSV)

    @pytest.fixture(autouse=True)
    def other_feeds_are_not_lost(self, tmp_path: Path, snapshot: Snapshot) -> Iterator[None]:
        yield
        (other,) = kept.snapshots(tmp_path, "other")
        assert kept.pages(other) == (CSV,)

    @pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b'{"sha256": "x"}', b"[" * 100_000])
    def test_a_lock_that_is_none(self, tmp_path: Path, snapshot: Snapshot, text: bytes) -> None:
        (snapshot.path / "lock.json").write_bytes(text)
        for look in (kept.newest, kept.snapshots, kept.known_validators):
            with pytest.raises(
                SnapshotError, match=r"lambda/2026-11-23T12-00-00Z: lock.json is damaged .* move it away"
            ):
                look(tmp_path, "lambda")
        with pytest.raises(SnapshotError, match="damaged"):
            save(tmp_path, b"new")

    @pytest.mark.parametrize(
        "changes",
        [
            {"sha256": "(gone)"},
            {"unknown": 1},
            {"etag": 5},
            {"url": None},
            {"size": 1},
            {"size": "27"},
            {"fetched_at": "yesterday"},
            {"fetched_at": "2026-11-23T12:00:00"},
            {"pages": []},
            {"pages": [{"file": "../../other", "size": len(CSV), "sha256": "x"}]},
            {"pages": [{"file": "lambda.csv"}]},
            {"pages": "lambda.csv"},
        ],
    )
    def test_a_lock_with_something_else_in_it(
        self, tmp_path: Path, snapshot: Snapshot, changes: dict[str, object]
    ) -> None:
        spoil(snapshot, **changes)
        with pytest.raises(SnapshotError, match=r"lock\.json is damaged"):
            kept.newest(tmp_path, "lambda")

    def test_no_lock(self, tmp_path: Path, snapshot: Snapshot) -> None:
        (snapshot.path / "lock.json").unlink()
        with pytest.raises(SnapshotError, match=r"lock\.json cannot be opened"):
            kept.newest(tmp_path, "lambda")

    @pytest.mark.parametrize(("body", "said"), [(None, "cannot be opened"), (b"", "is not what was saved")])
    def test_a_file_that_is_not_what_was_saved(
        self, tmp_path: Path, snapshot: Snapshot, body: bytes | None, said: str
    ) -> None:
        file = snapshot.path / "lambda.csv"
        file.unlink() if body is None else file.write_bytes(body)
        with pytest.raises(SnapshotError, match=f"lambda.csv {said}"):
            kept.pages(snapshot)
        assert kept.known_validators(tmp_path, "lambda") is None
        assert save(tmp_path, CSV, at=NOON + timedelta(days=1)).is_new

    def test_the_remedy_helps(self, tmp_path: Path, snapshot: Snapshot) -> None:
        (snapshot.path / "lock.json").write_bytes(b"{")
        shutil.move(snapshot.path, tmp_path / "away")
        assert kept.known_validators(tmp_path, "lambda") is None
        assert save(tmp_path, CSV).is_new

    def test_folders_of_others_are_left_alone(self, tmp_path: Path, snapshot: Snapshot) -> None:
        (snapshot.path.parent / "notes-Z").mkdir()
        assert [one.name for one in kept.snapshots(tmp_path, "lambda")] == [snapshot.name]


def test_the_upstream_is_asked_with_what_is_known(tmp_path: Path) -> None:
    kept.save(tmp_path, FEED, ".zip", answer(CSV, last_modified="Mon", version="20261120-1"), NOON)
    assert kept.known_validators(tmp_path, "lambda") == Validators(FEED.url, '"a"', "Mon", "20261120-1")


def log_of(folder: Path) -> Path:
    return folder / "snapshots" / "lambda" / "reads.csv"


class TestReads:
    FULL = Read(NOON, "held", 200, "ab" * 32, "2026-11-23T12-00-00Z", 5, 3, 1, 1, "a jump, to \u201c9\u201d")

    def test_come_back_as_they_were(self, tmp_path: Path) -> None:
        plain = Read(NOON + timedelta(hours=1), "failed")
        for read in (self.FULL, plain):
            kept.record_read(tmp_path, "lambda", read)
        assert kept.reads(tmp_path, "lambda") == (self.FULL, plain)
        assert log_of(tmp_path).read_text("utf-8").splitlines()[0] == (
            "read_at,status,http_status,sha256,snapshot,row_count,believed_count,set_aside_count,held_count,message"
        )

    @settings(max_examples=40, deadline=None)
    @given(message=st.text())
    def test_a_message_is_one_line(self, tmp_path_factory: pytest.TempPathFactory, message: str) -> None:
        folder = tmp_path_factory.mktemp("reads")
        message = message.encode("utf-8", "replace").decode()
        for _ in range(2):
            kept.record_read(folder, "lambda", Read(NOON, "failed", message=message))
        first, second = kept.reads(folder, "lambda")
        assert first == second
        assert log_of(folder).read_bytes().count(b"\n") == 3

    def test_the_newest_few(self, tmp_path: Path) -> None:
        for number in range(5):
            kept.record_read(tmp_path, "lambda", Read(NOON, "equal", row_count=number))
        assert [read.row_count for read in kept.reads(tmp_path, "lambda", last=2)] == [3, 4]
        assert len(kept.reads(tmp_path, "lambda", last=50)) == 5

    def test_a_torn_line_anywhere_costs_that_line_at_most(self, tmp_path: Path) -> None:
        """The file is cut here and there: what stood before the last line stays, and the next row is whole."""
        for number in range(3):
            kept.record_read(tmp_path, "lambda", replace(self.FULL, row_count=number))
        whole = log_of(tmp_path).read_bytes()
        two = whole[: whole[:-1].rindex(b"\n") + 1]
        for length in range(len(two), len(whole), 3):
            log_of(tmp_path).write_bytes(whole[:length])
            assert [read.row_count for read in kept.reads(tmp_path, "lambda")][:2] == [0, 1]
            kept.record_read(tmp_path, "lambda", replace(self.FULL, row_count=9))
            counts = [read.row_count for read in kept.reads(tmp_path, "lambda")]
            assert counts in ([0, 1, 9], [0, 1, 2, 9])

    def test_a_torn_header(self, tmp_path: Path) -> None:
        kept.record_read(tmp_path, "lambda", self.FULL)
        log_of(tmp_path).write_bytes(log_of(tmp_path).read_bytes()[:12])
        assert kept.reads(tmp_path, "lambda") == ()
        kept.record_read(tmp_path, "lambda", self.FULL)
        assert kept.reads(tmp_path, "lambda") == (self.FULL,)

    def test_a_last_line_without_its_end_is_kept(self, tmp_path: Path) -> None:
        """As an editor leaves it."""
        kept.record_read(tmp_path, "lambda", self.FULL)
        log_of(tmp_path).write_bytes(log_of(tmp_path).read_bytes().rstrip(b"\n"))
        kept.record_read(tmp_path, "lambda", Read(NOON, "equal"))
        assert kept.reads(tmp_path, "lambda") == (self.FULL, Read(NOON, "equal"))

    @pytest.mark.parametrize(
        "line", [b"", b"\xff", b"yesterday,equal,,,,,,,,", b"2026-11-23T12:00:00Z,good,,,,,,,,", b"a,b", b'"']
    )
    def test_a_bad_line_in_the_middle_is_named(self, tmp_path: Path, line: bytes) -> None:
        kept.record_read(tmp_path, "lambda", self.FULL)
        with log_of(tmp_path).open("ab") as log:
            log.write(line + b"\n")
        kept.record_read(tmp_path, "lambda", self.FULL)
        with pytest.raises(SnapshotError, match=r"lambda/reads.csv, line 3: not a read .*: mend or remove"):
            kept.reads(tmp_path, "lambda")
        assert kept.reads(tmp_path, "lambda", last=1) == (self.FULL,)

    def test_another_header(self, tmp_path: Path) -> None:
        kept.record_read(tmp_path, "lambda", self.FULL)
        log_of(tmp_path).write_bytes(b"read_at,status\n")
        with pytest.raises(SnapshotError, match="line 1: the header is read_at,"):
            kept.reads(tmp_path, "lambda")

    def test_a_disk_that_refuses(self, tmp_path: Path) -> None:
        log_of(tmp_path).mkdir(parents=True)
        with pytest.raises(SnapshotError, match=r"reads.csv: it cannot be opened"):
            kept.reads(tmp_path, "lambda")
        with pytest.raises(SnapshotError, match=r"reads.csv: it cannot be written"):
            kept.record_read(tmp_path, "lambda", self.FULL)

    def test_mistakes_of_the_caller(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="a read is one of"):
            kept.record_read(tmp_path, "lambda", Read(NOON, "good"))
        with pytest.raises(ValueError, match="zone"):
            kept.record_read(tmp_path, "lambda", Read(NOON.replace(tzinfo=None), "equal"))


class TestDue:
    NOW = NOON + timedelta(minutes=1)

    def hours(self, *statuses: str, every: float = 24) -> float:
        reads = [Read(NOON, status) for status in statuses]
        return (kept.due(replace(FEED, every_hours=every), reads, self.NOW) - NOON) / timedelta(hours=1)

    def test_a_feed_that_was_never_read_is_due_now(self) -> None:
        assert kept.due(FEED, [], self.NOW) == self.NOW

    @pytest.mark.parametrize("status", ["changed", "equal", "not_modified", "held"])
    def test_after_a_read_that_went_through(self, status: str) -> None:
        assert self.hours(status) == 24
        assert self.hours("failed", "failed", status) == 24

    @pytest.mark.parametrize("status", ["failed", "refused"])
    def test_after_failures_sooner_and_then_later_and_later(self, status: str) -> None:
        waits = [self.hours(*["equal"], *[status] * count) for count in range(1, 11)]
        assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 24, 24, 24]

    def test_a_feed_that_is_read_often_is_left_alone_for_a_day_at_most(self) -> None:
        assert [self.hours(*["failed"] * count, every=0.1) for count in (1, 2, 1000)] == [0.1, 0.2, 24]

    def test_a_feed_that_is_read_seldom_is_left_alone_no_longer_than_always(self) -> None:
        assert self.hours(*["failed"] * 1000, every=168) == 168

    def test_a_read_from_the_future_does_not_stop_a_feed(self) -> None:
        wrong = Read(NOON + timedelta(days=9999), "equal")
        assert kept.due(FEED, [wrong], self.NOW) == self.NOW + timedelta(hours=24)
