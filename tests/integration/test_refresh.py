"""With the UI running, what is saved in `data/` is published by itself; what says the same as before does nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines.contracts.table import TABLES
from pipelines.defs.automation import files_key
from pipelines.defs.serve import home_of
from pipelines.paths import DataFolder
from tests.integration.serving import serving, wait_for
from tests.integration.test_automation import catalogue, write_feed
from tests.support.feed_server import FeedServer

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PATIENCE = 240
"""Seconds; far more than it takes, for machines with other work to do."""


class Folder:
    """A data folder with the UI over it."""

    def __init__(self, folder: DataFolder, instance: dg.DagsterInstance) -> None:
        self.folder = folder
        self.instance = instance

    def write(self, name: str, old: str, new: str) -> None:
        text = (self.folder.root / name).read_text(encoding="utf-8")
        assert old in text
        self.save(name, text.replace(old, new, 1))

    def save(self, name: str, text: str) -> None:
        """Put a file in place in one step, as editors do: a file seen half written would be a change of its own."""
        path = self.folder.root / name
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)

    def published(self, query: str) -> object:
        with duckdb.connect(str(self.folder.ledger), read_only=True) as connection:
            [(value,)] = connection.sql(query).fetchall()
        return value

    def runs(self) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs())

    def wait_for_runs(self, count: int) -> dg.DagsterRun:
        """Wait until so many runs have ended; gives the newest."""
        wait_for(
            f"run {count}", PATIENCE, lambda: len(self.runs()) >= count and all(r.is_finished for r in self.runs())
        )
        assert len(self.runs()) == count
        return self.runs()[0]

    def ticks(self, limit: int) -> Sequence[Any]:
        """The last ticks of the sensor over the files, the newest first."""
        states = [each for each in self.instance.all_instigator_state() if each.instigator_name == "data_files"]
        return [
            tick
            for state in states
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=limit)
        ]

    def messages(self) -> list[str]:
        """What the sensor over the files said in its last ticks."""
        return [tick.skip_reason or "" for tick in self.ticks(5)]

    def wait_for_ticks(self, count: int) -> None:
        """Wait until the sensor has looked so many times more."""
        seen = len(self.ticks(500))
        wait_for("look at the files", PATIENCE, lambda: len(self.ticks(500)) >= seen + count)


QUOTED = "select list_unit_price_usd_per_gpu_hour::double from core.price_quotes where quote_id = 'rp00001'"


def made_in(folder: Folder, run: dg.DagsterRun) -> set[str]:
    events = folder.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {".".join(event.dagster_event.asset_key.path) for event in events}


def change_quote(folder: Folder, before: str, after: str) -> None:
    price = {"1.05": "2.100", "1.10": "2.200", "1.15": "2.300"}
    folder.write("prices/rental_quotes.csv", f"{price[before]},hour,USD,{before},", f"{price[after]},hour,USD,{after},")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "server.log"
    yield path
    if path.exists():
        print(path.read_text(encoding="utf-8")[-6000:])


def test_what_is_saved_is_published_by_itself(ledger_copy: DataFolder, log: Path, tmp_path: Path) -> None:
    home = home_of(ledger_copy)
    with serving(ledger_copy, log), dg.DagsterInstance.from_config(str(home)) as instance:
        folder = Folder(ledger_copy, instance)
        # what the release read is no news
        wait_for("rest", PATIENCE, lambda: "no file moved" in folder.messages())
        folder.wait_for_ticks(2)
        assert folder.runs() == []

        # a quote
        assert folder.published(QUOTED) == 1.05
        change_quote(folder, "1.05", "1.10")
        run = folder.wait_for_runs(1)
        assert run.is_success
        assert folder.published(QUOTED) == 1.10
        made = made_in(folder, run)
        assert {"raw.prices__rental_quotes", "core.model_costs", "history.releases"} <= made
        assert not {"raw.prices__exchange_rates", "core.models", "core.cost_claims"} & made
        news = instance.get_latest_materialization_event(files_key(TABLES["staging.prices__rental_quotes"]))
        assert news is not None
        assert news.asset_materialization is not None
        assert news.asset_materialization.metadata["files"].value == "prices/rental_quotes.csv"

        # touched and respaced
        os.utime(ledger_copy.root / "prices" / "rental_quotes.csv")
        folder.write("corrections/claims.yaml", "\n", "\n\n# a remark\n\n")
        wait_for("touched files", PATIENCE, lambda: any("say is the same" in each for each in folder.messages()))
        folder.wait_for_ticks(2)
        assert len(folder.runs()) == 1

        # a file that cannot be read is set aside, and is back when it is mended
        count = "select count(*) from core.training_phases where model_id = 's1-32b'"
        phases = folder.published(count)
        disclosure = ledger_copy.root / "disclosures" / "s1-32b.yaml"
        text = disclosure.read_text(encoding="utf-8")
        folder.save("disclosures/s1-32b.yaml", "model_id: [")
        assert folder.wait_for_runs(2).is_success
        aside = "select count(*) from quality.rejected_rows where file = 'disclosures/s1-32b.yaml'"
        assert folder.published(aside) > 0
        folder.save("disclosures/s1-32b.yaml", text)
        assert folder.wait_for_runs(3).is_success
        assert folder.published(count) == phases
        assert folder.published(aside) == 0

    # changed while nothing is running: taken up by the next start, as is a feed that was switched on
    served = tmp_path / "served"
    served.mkdir()
    (served / "vms.csv").write_text(catalogue(24.0), encoding="utf-8")
    with FeedServer(served) as upstream, dg.DagsterInstance.from_config(str(home)) as instance:
        folder = Folder(ledger_copy, instance)
        change_quote(folder, "1.10", "1.15")
        write_feed(ledger_copy, upstream.url("/vms.csv"))
        with serving(ledger_copy, log):
            wait_for("quote", PATIENCE, lambda: folder.published(QUOTED) == 1.15)
            from_feed = "select count(*) from core.price_quotes where starts_with(quote_id, 'lambda/')"
            assert wait_for("quotes of the feed", PATIENCE, lambda: folder.published(from_feed)) == 8
            wait_for("end of the runs", PATIENCE, lambda: all(run.is_finished for run in folder.runs()))
            assert {run.run_id: run.status.value for run in folder.runs() if not run.is_success} == {}
