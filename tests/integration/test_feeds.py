"""Live feeds from end to end: a server on loopback, a data folder with one feed switched on, read after read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines import polling
from pipelines.cli import app
from pipelines.graph.build import build
from pipelines.paths import ROOT, DataFolder
from pipelines.polling import Polled
from pipelines.sources.fetching import Settings
from tests.support.feed_server import Answer, FeedServer

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
QUICK = Settings(attempts=2, wait_seconds=0.01, longest_wait_seconds=0.02, deadline_seconds=20)
HEADER = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice"
USUAL = {f"gpu_8x_{name}": 24.0 + number for number, name in enumerate(("a", "b", "c", "d", "e", "f", "g", "h"))}


def catalogue(prices: dict[str, float | str]) -> bytes:
    lines = [f"{sku},H100,8,208,1800,{price},us-east-1,," for sku, price in prices.items()]
    return "\n".join([HEADER, *lines, ""]).encode()


class World:
    """A data folder with one feed, and the server it is read from."""

    def __init__(self, folder: DataFolder, server: FeedServer, served: Path) -> None:
        self.folder, self.server, self.file, self.now = folder, server, served / "vms.csv", NOW
        self.write_feed()

    def write_feed(self, **changes: str) -> None:
        record = {
            "feed_id": "lambda",
            "is_enabled": "yes",
            "format": "skypilot_v8",
            "url": self.server.url("/vms.csv"),
            "every_hours": "6",
            "licence": "facts",
            "source_id": "src_skypilot",
            "provider": "Lambda",
            **changes,
        }
        lines = [f"{'- ' if number == 0 else '  '}{key}: {value}" for number, (key, value) in enumerate(record.items())]
        (self.folder.root / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def serve(self, prices: dict[str, float | str]) -> None:
        self.file.write_bytes(catalogue(prices))

    def poll(self, *, hours: float = 24, accept: bool = False) -> Polled:
        """Read the feed; the clock goes on by so many hours after it."""
        polled = polling.poll(self.folder, "lambda", self.now, accept=accept, settings=QUICK)
        self.now += timedelta(hours=hours)
        return polled

    @property
    def place(self) -> Path:
        return self.folder.root / "snapshots" / "lambda"

    def log(self) -> list[tuple[str, str, str | None]]:
        log = pl.read_csv(self.place / "log.csv", infer_schema=False)
        return log.select("sku", "event", "price_as_published").rows()

    def reads(self) -> list[str]:
        return pl.read_csv(self.place / "reads.csv", infer_schema=False)["status"].to_list()


@pytest.fixture
def world(data_copy: DataFolder, tmp_path: Path) -> Iterator[World]:
    served = tmp_path / "served"
    served.mkdir()
    with FeedServer(served) as server:
        found = World(data_copy, server, served)
        found.serve(dict(USUAL))
        yield found


class TestPolling:
    def test_the_first_read_is_believed_and_kept(self, world: World) -> None:
        polled = world.poll()
        assert (polled.status, polled.changed, polled.believed_count) == ("changed", True, 8)
        assert [row[1:] for row in world.log()] == [("price", str(price)) for price in USUAL.values()]
        assert (world.place / "2026-11-20T06-00-00Z" / "lambda.csv").read_bytes() == world.file.read_bytes()
        assert (world.place / "origin.yaml").is_file()

    def test_a_read_of_the_same_changes_nothing_but_the_record_of_reads(self, world: World) -> None:
        world.poll()
        before = {path: path.read_bytes() for path in world.place.rglob("*") if path.is_file()}
        polled = world.poll()
        assert (polled.status, polled.changed) == ("not_modified", False)
        world.file.touch()
        changed = {
            path.name for path in world.place.rglob("*") if path.is_file() and before.get(path) != path.read_bytes()
        }
        assert changed == {"reads.csv"}

    def test_reads_within_one_second_are_all_on_record(self, world: World) -> None:
        for _ in range(3):
            world.poll(hours=0)
        moments = pl.read_csv(world.place / "reads.csv", infer_schema=False)["read_at"]
        assert moments.n_unique() == 3
        assert moments.is_sorted()

    def test_other_bytes_with_the_same_rows_make_no_event(self, world: World) -> None:
        world.poll()
        log = (world.place / "log.csv").read_bytes()
        world.file.write_bytes(catalogue(dict(reversed(list(USUAL.items())))))
        assert world.poll().status == "equal"
        assert (world.place / "log.csv").read_bytes() == log

    def test_a_change_a_new_line_and_a_line_that_is_gone(self, world: World) -> None:
        world.poll()
        prices = {**USUAL, "gpu_8x_a": 20.0, "gpu_8x_new": 30.0}
        del prices["gpu_8x_h"]
        world.serve(prices)
        polled = world.poll()
        assert (polled.believed_count, polled.gone_count, polled.unchanged_count) == (2, 1, 6)
        assert world.log()[8:] == [
            ("gpu_8x_a", "price", "20.0"),
            ("gpu_8x_new", "price", "30.0"),
            ("gpu_8x_h", "gone", None),
        ]

    def test_a_wiped_feed_is_not_everything_gone(self, world: World) -> None:
        world.poll()
        log = world.log()
        world.serve({})
        polled = world.poll()
        assert (polled.status, polled.changed) == ("refused", False)
        assert "no rows" in polled.message
        assert "the version of 2026-11-20 06:00 stays" in polled.message
        assert world.log() == log
        world.serve(dict(USUAL))
        assert world.poll().status == "equal"

    def test_a_jump_waits_for_a_second_read(self, world: World) -> None:
        world.poll()
        world.serve({**USUAL, "gpu_8x_a": 50.4})
        held = world.poll()
        assert (held.held_count, held.believed_count, held.gone_count) == (1, 0, 1)
        assert "gpu_8x_a" in held.message
        assert "factor 2.1" in held.message
        aside = pl.read_csv(world.place / "set_aside.csv", infer_schema=False)
        assert aside.select("held", "check", "price_as_published").rows() == [("yes", "jump", "50.4")]
        second = world.poll()
        assert (second.status, second.believed_count, second.held_count) == ("changed", 1, 0)
        assert world.log()[-1] == ("gpu_8x_a", "price", "50.4")
        assert world.poll().status == "not_modified"

    def test_a_market_wide_change_is_accepted_by_somebody_alone(self, world: World) -> None:
        world.poll()
        world.serve({sku: price * 3 for sku, price in USUAL.items()})
        for day in range(1, 4):
            polled = world.poll()
            assert polled.status == "refused"
            assert "costledger fetch lambda --accept" in polled.message
            assert ("on 3 days" in polled.message) == (day == 3)
        accepted = world.poll(accept=True)
        assert (accepted.status, accepted.believed_count) == ("changed", 8)
        assert world.poll().status in ("equal", "not_modified")

    def test_a_row_set_aside_is_looked_at_again(self, world: World) -> None:
        """A bound that was mended in the data lets the same bytes through."""
        world.serve({**USUAL, "gpu_8x_a": 480.0})
        assert world.poll().set_aside_count == 1
        bounds = world.folder.root / "reference" / "price_bounds.csv"
        bounds.write_text(bounds.read_text(encoding="utf-8").replace(",46.19811,", ",100,"), encoding="utf-8")
        assert world.poll().believed_count == 1

    @pytest.mark.parametrize(
        ("answer", "status", "says"),
        [
            (Answer(500), "failed", "500"),
            (Answer(404, b"no"), "failed", "moved or is gone"),
            (Answer(body=b"<!DOCTYPE html><html><h1>Too many requests</h1></html>"), "failed", "Too many requests"),
            (Answer(body=b"a,b\n1,2\n"), "refused", "missing column"),
            (Answer(body=HEADER.encode() + b"\n\xff\xfe\n"), "refused", "UTF-8"),
            (Answer(302, headers={"Location": "file:///etc/passwd"}), "failed", "file"),
        ],
    )
    def test_what_a_server_does_wrong_is_an_outcome(self, world: World, answer: Answer, status: str, says: str) -> None:
        world.poll()
        log = world.log()
        world.server.script("/vms.csv", answer)
        polled = world.poll()
        assert (polled.status, polled.changed) == (status, False)
        assert says in polled.message
        assert world.log() == log
        assert world.reads() == ["changed", status]

    def test_no_server_is_an_outcome(self, world: World) -> None:
        world.write_feed(url="http://127.0.0.1:1/vms.csv")
        polled = world.poll()
        assert polled.status == "failed"
        assert not polled.message.startswith("lambda")  # whoever shows it names the feed

    def test_a_damaged_log_is_an_outcome(self, world: World) -> None:
        world.poll()
        (world.place / "log.csv").write_bytes(b'series_id,event\n"a,b\nc,d,e\n')
        world.serve({**USUAL, "gpu_8x_a": 20.0})
        polled = world.poll()
        assert polled.status == "failed"
        assert "log" in polled.message

    def test_a_read_that_was_cut_short_is_made_good(self, world: World) -> None:
        """The bytes were kept, and the process ended before anything was believed."""
        world.poll()
        world.serve({**USUAL, "gpu_8x_a": 20.0})
        world.poll()
        for name in ("log.csv", "reads.csv"):
            lines = (world.place / name).read_bytes().splitlines(keepends=True)
            (world.place / name).write_bytes(b"".join(lines[:-1]))
        assert world.poll().believed_count == 1
        assert world.log()[-1] == ("gpu_8x_a", "price", "20.0")

    def test_a_replay_gives_the_log_that_is_there(self, world: World) -> None:
        world.poll()
        for prices in (
            {**USUAL, "gpu_8x_a": 50.4, "gpu_8x_b": 26.0},
            {**USUAL, "gpu_8x_a": 50.4, "gpu_8x_b": "$26"},
            {},
            {sku: price * 2 for sku, price in USUAL.items()},
        ):
            world.serve(prices)
            world.poll()
        world.poll(accept=True)
        log = (world.place / "log.csv").read_bytes()
        replayed = polling.replay(world.folder, "lambda")
        assert (replayed.is_same, replayed.event_count) == (True, len(log.splitlines()) - 1)
        (world.place / "log.csv").unlink()
        assert polling.replay(world.folder, "lambda").is_same is False
        assert (world.place / "log.csv").read_bytes() == log

    def test_unknown_feeds_are_named_with_their_neighbours(self, world: World) -> None:
        with pytest.raises(polling.UnknownFeedError) as caught:
            polling.poll(world.folder, "lamda", NOW)
        assert caught.value.did_you_mean == ["lambda"]


class TestFeedList:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"url": "htps://example.org/x"}, "url"),
            ({"url": "http://example.org/x"}, "url"),
            ({"url": "https://example.org/{version}/x"}, "version_url"),
            ({"format": "skypilot_v9"}, "did you mean 'skypilot_v8'"),
            ({"every_hour": "3"}, "did you mean 'every_hours'"),
            ({"is_enabled": "perhaps"}, "yes or no"),
            ({"every_hours": "0"}, "every_hours"),
            ({"path": "own/quotes.csv"}, "a url or a path"),
            ({"url": "''", "path": "../quotes.csv"}, "path"),
            ({"url": "''", "path": "/etc/passwd"}, "path"),
            ({"url": "''"}, "a url or a path"),
        ],
    )
    def test_a_fault_is_told_with_its_line(self, world: World, changes: dict[str, str], says: str) -> None:
        world.write_feed(**changes)
        found = polling.feed_list(world.folder)
        assert not found.feeds
        assert "feeds.yaml:" in found.faults[0]
        assert says in found.faults[0]

    def test_an_id_that_stands_twice_is_told(self, world: World) -> None:
        file = world.folder.root / "feeds.yaml"
        file.write_text(file.read_text(encoding="utf-8") * 2, encoding="utf-8")
        assert "stands more than once" in polling.feed_list(world.folder).faults[0]

    def test_states_say_what_is_due(self, world: World) -> None:
        before = polling.feed_states(world.folder, world.now)[0]
        assert (before.is_due, before.last_status) == (True, None)
        world.poll(hours=1)
        state = polling.feed_states(world.folder, world.now)[0]
        assert (state.is_due, state.last_status, state.last_good_at) == (False, "changed", NOW)
        assert state.next_due_at == NOW + timedelta(hours=6)
        assert polling.feed_states(world.folder, NOW + timedelta(hours=6))[0].is_due

    def test_a_feed_that_is_off_is_never_due(self, world: World) -> None:
        world.write_feed(is_enabled="no")
        state = polling.feed_states(world.folder, NOW)[0]
        assert (state.is_due, state.next_due_at) == (False, None)

    def test_importing_it_is_light(self) -> None:
        heavy = "import sys, pipelines.polling; print({'polars', 'httpx2', 'duckdb', 'dagster'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "set()"


class TestCommand:
    def run(self, world: World, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["fetch", *words, "--data", str(world.folder.root)])
        return result.exit_code, result.output

    def test_what_is_on_and_due_is_read(self, world: World) -> None:
        code, text = self.run(world)
        assert code == 0
        assert "lambda: 8 rows new or changed" in text
        assert "costledger run" in text
        assert "no feed is due" in self.run(world)[1]
        assert "lambda: 8 as before" in self.run(world, "--all")[1]

    def test_a_feed_that_is_off_is_read_when_named(self, world: World) -> None:
        world.write_feed(is_enabled="no")
        assert "no feed is switched on" in self.run(world)[1]
        assert self.run(world, "lambda")[0] == 0

    def test_json_says_how_each_read_ended(self, world: World) -> None:
        code, text = self.run(world, "--json")
        found = json.loads(text)
        assert code == 0
        assert found["feeds"][0]["status"] == "changed"
        assert found["feeds"][0]["believed_count"] == 8

    def test_what_is_held_is_told_and_ends_with_3(self, world: World) -> None:
        self.run(world)
        world.serve({**USUAL, "gpu_8x_a": 50.4})
        code, text = self.run(world, "lambda")
        assert code == 3
        assert "1 held" in text
        assert "held until a later read or another source agrees: gpu_8x_a" in text
        assert self.run(world, "lambda", "--accept")[0] == 0
        assert world.log()[-1] == ("gpu_8x_a", "price", "50.4")

    def test_all_failed_ends_with_1(self, world: World) -> None:
        world.write_feed(url="http://127.0.0.1:1/vms.csv")
        code, text = self.run(world)
        assert code == 1
        assert "lambda: failed" in text

    def test_an_unknown_feed_names_its_neighbours(self, world: World) -> None:
        code, text = self.run(world, "lamda")
        assert code == 1
        assert "did you mean lambda?" in text

    def test_a_file_of_ones_own_is_taken_in_place_of_the_address(self, world: World, tmp_path: Path) -> None:
        mine = tmp_path / "mine.csv"
        mine.write_bytes(catalogue({"gpu_8x_mine": 21.5}))
        assert self.run(world, "lambda", "--file", str(mine))[0] == 0
        assert world.log() == [("gpu_8x_mine", "price", "21.5")]
        assert world.server.requests == []
        assert "cannot be opened" in self.run(world, "lambda", "--file", str(tmp_path / "none.csv"))[1]

    def test_what_is_set_aside_or_flagged_is_told_with_the_place_to_look_at(self, world: World) -> None:
        header = HEADER.encode()
        offers = b"a,H100,8,208,1800,24,us-east-1,,30\nb,H100,8,208,1800,0.08,us-east-1,,\n"
        world.file.write_bytes(header + b"\n" + offers)
        code, text = self.run(world)
        assert code == 3
        assert "flagged: 1 spot_above_on_demand" in text
        assert "first, line 3: 0.010000 USD" in text
        assert "mend data/reference/price_bounds.csv" in text
        assert "data/snapshots/lambda/set_aside.csv" in text

    def test_a_replay_says_whether_the_log_is_right(self, world: World) -> None:
        self.run(world)
        assert "the log is as it was" in self.run(world, "--replay")[1]

    def test_a_fault_of_the_list_is_told(self, world: World) -> None:
        world.write_feed(every_hour="3")
        code, text = self.run(world)
        assert code == 3
        assert "did you mean 'every_hours'" in text


def test_a_price_of_a_feed_reaches_the_ledger(ledger_copy: DataFolder, tmp_path: Path) -> None:
    """Read, build, ask: the quote is there with its days, what was held is in the list of what was set aside."""
    served = tmp_path / "served"
    served.mkdir()
    with FeedServer(served) as server:
        world = World(ledger_copy, server, served)
        world.serve(dict(USUAL))
        world.poll()
        world.serve({**USUAL, "gpu_8x_a": 50.4, "gpu_8x_b": 20.0})
        world.poll()
    build(ledger_copy, date(2026, 11, 23))
    with duckdb.connect(str(ledger_copy.ledger), read_only=True) as ledger:
        found = ledger.sql(
            """select sku, list_unit_price_usd_per_gpu_hour, observed_on, last_seen_on, effective_to, is_usable
            from core.price_quotes where feed_id = 'lambda' and sku in ('gpu_8x_a', 'gpu_8x_b', 'gpu_8x_c')
            order by sku, observed_on"""
        ).fetchall()
        aside = ledger.sql(
            "select check_name, value from quality.rejected_rows where file like 'snapshots%'"
        ).fetchall()
    first, second = date(2026, 11, 20), date(2026, 11, 21)
    assert found == [
        ("gpu_8x_a", Decimal("3.000000"), first, first, second, True),
        ("gpu_8x_b", Decimal("3.125000"), first, first, second, True),
        ("gpu_8x_b", Decimal("2.500000"), second, second, None, True),
        ("gpu_8x_c", Decimal("3.250000"), first, second, None, True),
    ]
    assert aside == [("jump", "50.4")]
    status = CliRunner().invoke(app, ["status", "--data", str(ledger_copy.root)])
    assert "lambda" in status.output
    assert "1 held" in status.output


class TestOwnQuotes:
    """The shipped feed `own-quotes`: a file of the data folder, from writing it to the cost."""

    HEADER = "provider,accelerator,price,currency,unit,observed_on"

    def write(self, folder: DataFolder, *lines: str) -> None:
        file = folder.root / "own" / "quotes.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([self.HEADER, *lines, ""]), encoding="utf-8")

    def fetch(self, folder: DataFolder, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["fetch", "own-quotes", *words, "--data", str(folder.root)])
        return done.exit_code, done.output

    def test_without_the_file_it_says_where_to_write_it(self, data_copy: DataFolder) -> None:
        code, text = self.fetch(data_copy)
        assert code == 1
        assert "own/quotes.csv: it cannot be opened" in text.replace("\n", "")

    def test_its_rows_are_believed_corrected_and_taken_back(self, ledger_copy: DataFolder) -> None:
        kept = [f"My broker,H200,{price},USD,hour,2026-10-0{price}" for price in (2, 3, 4, 5)]
        dropped = "My broker,A100,9.00,CNY,hour,2026-09-02"
        self.write(ledger_copy, "My broker,H100,2.00,USD,hour,2026-09-01", dropped, *kept)
        assert self.fetch(ledger_copy)[0] == 0
        build(ledger_copy, date(2026, 11, 23))
        assert self.usable(ledger_copy, "H100", "A100") == [
            ("A100", "CNY", Decimal("1.338835")),
            ("H100", "USD", Decimal("2.000000")),
        ]
        self.write(ledger_copy, "My broker,H100,2.40,USD,hour,2026-09-01", *kept)
        assert self.fetch(ledger_copy)[0] == 0
        build(ledger_copy, date(2026, 11, 23))
        assert self.usable(ledger_copy, "H100", "A100") == [("H100", "USD", Decimal("2.400000"))]

    def usable(self, folder: DataFolder, *accelerators: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(folder.ledger), read_only=True) as ledger:
            return ledger.execute(
                """select accelerator, currency, list_unit_price_usd_per_gpu_hour from core.price_quotes
                where feed_id = 'own-quotes' and is_usable and list_contains(?, accelerator) order by all""",
                [list(accelerators)],
            ).fetchall()
