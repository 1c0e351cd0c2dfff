"""What a change sets in motion: which tables are asked for, once, and never lost; without a server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines import polling
from pipelines.contracts.raw import raw_of
from pipelines.contracts.table import TABLES
from pipelines.definitions import defs
from pipelines.defs.automation import FILES, files_key, key_of, refresh, weekly
from pipelines.defs.feeds import AT_ONCE, AT_ONCE_COUNT, FEED_SENSORS, feed_sensors, read_due, sensor_name
from pipelines.defs.files import data_files, news, version_of
from pipelines.defs.serve import home_of, report_files, report_release
from pipelines.defs.watching import STARTED, Known, contents, moved, released, starting_point, wait_for_change
from pipelines.graph.build import build
from pipelines.graph.step import Workbench
from pipelines.graph.tables import read_source
from pipelines.paths import DATA_VARIABLE, ROOT, DataFolder
from pipelines.sources import SOURCES, prices
from pipelines.warehouse.store import Warehouse
from tests.conftest import AS_OF
from tests.support.feed_server import FeedServer

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),  # of Dagster's own tester, by itself
]
QUOTES = TABLES["staging.prices__rental_quotes"]
CLAIMS = TABLES["staging.corrections__cost_claims"]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


class Automation:
    """The condition sensor, tick by tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor = None

    def tick(self) -> set[str]:
        """Names of the tables a tick asks for."""
        result = dg.evaluate_automation_conditions(defs, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        return {".".join(each.key.path) for each in result.results if not each.true_subset.is_empty}

    def ticks(self, count: int) -> list[set[str]]:
        """What several ticks ask for."""
        return [self.tick() for _ in range(count)]


def descendants(declared: object) -> set[str]:
    """Everything made from a raw table, itself included."""
    assets = [asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)]
    selection = dg.AssetSelection.assets(key_of(raw_of(declared))).downstream()
    return {".".join(key.path) for key in selection.resolve(assets)}


def start_run(
    instance: dg.DagsterInstance, names: set[str], status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED
) -> dg.DagsterRun:
    keys = frozenset(dg.AssetKey(name.split(".")) for name in names)
    job = defs.resolve_implicit_global_asset_job_def()
    return instance.create_run_for_job(job, asset_selection=keys, status=status)


# ---- the condition


def test_news_asks_once_for_all_that_depends_on_it(instance: dg.DagsterInstance) -> None:
    automation = Automation(instance)
    assert automation.tick() == set()
    instance.report_runless_asset_event(news(QUOTES, "a"))
    assert automation.tick() == set(), "the sensor over the files has a minute to ask for a run"
    asked = automation.tick()
    assert asked == descendants(QUOTES)
    assert {"raw.prices__rental_quotes", "core.price_quotes", "core.model_costs", "history.releases"} <= asked
    assert not {"raw.prices__exchange_rates", "core.exchange_rates", "core.models", "core.cost_claims"} & asked
    assert automation.tick() == set()
    instance.report_runless_asset_event(news(QUOTES, "a"))
    assert automation.ticks(2) == [set(), set()], "an equal version is no news"


def test_two_changes_are_one_request(instance: dg.DagsterInstance) -> None:
    automation = Automation(instance)
    automation.tick()
    instance.report_runless_asset_event(news(QUOTES, "a"))
    instance.report_runless_asset_event(news(CLAIMS, "a"))
    automation.tick()
    assert automation.tick() == descendants(QUOTES) | descendants(CLAIMS)
    assert automation.tick() == set()


@pytest.mark.parametrize("ticks_before", [0, 1, 3])
def test_news_during_a_run_waits_for_its_end(instance: dg.DagsterInstance, ticks_before: int) -> None:
    automation = Automation(instance)
    automation.tick()
    run = start_run(instance, descendants(CLAIMS))
    automation.ticks(ticks_before)
    instance.report_runless_asset_event(news(QUOTES, "a"))
    assert automation.ticks(3) == [set(), set(), set()]
    instance.report_run_failed(run)
    assert automation.tick() == descendants(QUOTES)
    assert automation.tick() == set()


def test_a_failed_run_is_not_asked_for_again(instance: dg.DagsterInstance) -> None:
    """What gets another chance is the run, by the limit in dagster.yaml; not the request, tick after tick."""
    automation = Automation(instance)
    automation.tick()
    instance.report_runless_asset_event(news(QUOTES, "a"))
    run = start_run(instance, descendants(QUOTES))
    automation.tick()
    instance.report_run_failed(run)
    assert automation.ticks(4) == [set()] * 4


def test_what_a_run_took_up_is_not_asked_for(ledger_copy: DataFolder, instance: dg.DagsterInstance) -> None:
    """A run writes new versions while ticks go by; neither they nor the news it heeded ask for a second one."""
    automation = Automation(instance)
    automation.tick()
    instance.report_runless_asset_event(news(QUOTES, "a"))
    automation.tick()
    asked = descendants(QUOTES)
    resources = {"ledger": {"config": {"data": str(ledger_copy.root), "as_of": AS_OF.isoformat()}}}
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(name.split(".")) for name in asked],
        run_config={"resources": resources, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert result.success
    assert {".".join(event.asset_key.path) for event in result.get_asset_materialization_events()} == asked
    assert result.get_asset_check_evaluations()
    assert automation.ticks(3) == [set(), set(), set()]


# ---- the sensor over the files


def sense(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    result = data_files(dg.build_sensor_context(instance, cursor=cursor))
    assert isinstance(result, dg.SensorResult)
    return result


@pytest.fixture
def watched(ledger_copy: DataFolder, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A folder with a release, as `serve` hands it to the sensors."""
    monkeypatch.setenv(DATA_VARIABLE, str(ledger_copy.root))
    monkeypatch.setenv(STARTED, starting_point(ledger_copy, "now").to_text())
    monkeypatch.setattr("pipelines.defs.files.WATCH_SECONDS", 0.3)
    monkeypatch.setattr("pipelines.defs.files.today", lambda: AS_OF)
    return ledger_copy


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def change_quote(folder: DataFolder) -> None:
    replace_in(folder.root / "prices" / "rental_quotes.csv", "2.100,hour,USD,1.05,", "2.200,hour,USD,1.10,")


def keys_of(result: dg.SensorResult) -> list[dg.AssetKey]:
    return [event.asset_key for event in result.asset_events]


def test_a_released_folder_is_no_news(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    first = sense(instance, None)
    assert not first.asset_events
    assert not sense(instance, first.cursor).asset_events


def asked_by(result: dg.SensorResult) -> set[str]:
    """Names of the tables a look asks for."""
    return {".".join(key.path) for request in result.run_requests or [] for key in request.asset_selection or []}


def test_a_changed_quote_asks_once_for_all_that_depends_on_it(
    watched: DataFolder, instance: dg.DagsterInstance
) -> None:
    first = sense(instance, None)
    assert not first.run_requests
    change_quote(watched)
    second = sense(instance, first.cursor)
    assert asked_by(second) == descendants(QUOTES)
    [request] = second.run_requests or []
    assert request.tags["costledger/files"] == "prices/rental_quotes.csv"
    assert keys_of(second) == [files_key(QUOTES)]
    assert second.asset_events[0].metadata["files"].value == "prices/rental_quotes.csv"
    third = sense(instance, second.cursor)
    assert not third.asset_events
    assert not third.run_requests


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
def test_a_change_during_a_run_waits_for_its_end(
    watched: DataFolder, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    first = sense(instance, None)
    run = start_run(instance, descendants(QUOTES), status)
    change_quote(watched)
    second = sense(instance, first.cursor)
    assert "a run is under way" in str(second.skip_reason)
    assert not second.asset_events
    instance.report_run_failed(run)
    assert asked_by(sense(instance, second.cursor)) == descendants(QUOTES)


def test_what_the_command_published_is_not_computed_again(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    first = sense(instance, None)
    change_quote(watched)
    build(watched, AS_OF)
    second = sense(instance, first.cursor)
    assert keys_of(second) == [files_key(QUOTES)]
    assert not second.run_requests
    assert "the newest release has what they say" in str(second.skip_reason)


def test_what_a_failed_run_left_undone_is_in_the_next_one(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    first = sense(instance, None)
    change_quote(watched)
    second = sense(instance, first.cursor)
    with Warehouse(watched.work).session() as warehouse:  # the run reads the quotes, and gets no further
        bench = Workbench(watched, warehouse, AS_OF)
        bench.begin()
        bench.save(read_source(prices.SOURCE, bench, {"raw.prices__rental_quotes", QUOTES.name}))
    replace_in(watched.root / "corrections" / "claims.yaml", "claimed_low_usd: 294000", "claimed_low_usd: 293000")
    third = sense(instance, second.cursor)
    assert keys_of(third) == [files_key(CLAIMS)]
    left = descendants(QUOTES) - {"raw.prices__rental_quotes", QUOTES.name}
    assert asked_by(third) == descendants(CLAIMS) | left


def test_what_changed_before_the_start_is_news(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    change_quote(watched)
    assert keys_of(sense(instance, None)) == [files_key(QUOTES)]


def test_touching_and_respacing_is_no_news(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    first = sense(instance, None)
    os.utime(watched.root / "prices" / "rental_quotes.csv")
    replace_in(watched.root / "corrections" / "claims.yaml", "\n", "\n\n# a remark\n\n")
    second = sense(instance, first.cursor)
    assert not second.asset_events
    assert "what they say is the same" in str(second.skip_reason)


def test_a_broken_file_is_news_and_so_is_mending_it(watched: DataFolder, instance: dg.DagsterInstance) -> None:
    path = watched.root / "disclosures" / "s1-32b.yaml"
    before = path.read_text(encoding="utf-8")
    first = sense(instance, None)
    path.write_text("model_id: [", encoding="utf-8")
    second = sense(instance, first.cursor)
    assert files_key(TABLES["staging.disclosures__models"]) in keys_of(second)
    for event in second.asset_events:
        instance.report_runless_asset_event(event)
    path.write_text(before, encoding="utf-8")
    assert set(keys_of(sense(instance, second.cursor))) == set(keys_of(second))


def test_content_dagster_knows_from_long_ago_is_news_again(instance: dg.DagsterInstance) -> None:
    """The command released other content since, and then the file went back."""
    instance.report_runless_asset_event(news(QUOTES, "old"))
    assert version_of(instance, QUOTES, "old") == "old again"
    instance.report_runless_asset_event(news(QUOTES, "old again"))
    assert version_of(instance, QUOTES, "old") == "old"
    assert version_of(instance, QUOTES, "new") == "new"


def test_a_file_still_being_written_is_waited_for(watched: DataFolder) -> None:
    looks = moved(watched, Known())
    known = Known("", looks, {})
    assert wait_for_change(watched, known, 0.3) == {}
    change_quote(watched)
    assert set(wait_for_change(watched, known, 5)) == {"prices"}


def test_the_cursor_survives_its_text() -> None:
    known = Known("a", {}, {"staging.x": "1"})
    assert Known.from_text(known.to_text()) == known
    assert Known.from_text(None) == Known()


# ---- feeds


CATALOGUE = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice"


def write_feed(folder: DataFolder, url: str, enabled: str = "yes") -> None:
    (folder.root / "feeds.yaml").write_text(
        f"- feed_id: lambda\n  is_enabled: {enabled}\n  format: skypilot_v8\n  url: {url}\n  every_hours: 6\n"
        "  licence: facts\n  source_id: src_skypilot\n  provider: Lambda\n",
        encoding="utf-8",
    )


OTHERS = "other_feeds"


def every(_feed_id: str) -> bool:
    return True


def catalogue(price: float, *, backwards: bool = False) -> str:
    rows = [f"gpu_8x_{name},H100,8,208,1800,{price},us-east-1,," for name in "abcdefgh"]
    return "\n".join([CATALOGUE, *(reversed(rows) if backwards else rows), ""])


def test_a_feed_that_is_due_is_read_and_what_it_says_is_news(
    watched: DataFolder, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    served = tmp_path / "served"
    served.mkdir()
    (served / "vms.csv").write_text(catalogue(24.0), encoding="utf-8")
    first = sense(instance, None)
    with FeedServer(served) as server:
        write_feed(watched, server.url("/vms.csv"))
        assert read_due(watched, every) == ["lambda: changed"]
        assert read_due(watched, every)[0].startswith("not due before")
        second = sense(instance, first.cursor)
        assert files_key(TABLES["staging.feeds__price_events"]) in keys_of(second)
        assert files_key(TABLES["staging.feeds__reads"]) in keys_of(second)
        (served / "vms.csv").write_text(catalogue(24.0, backwards=True), encoding="utf-8")
        later = datetime.now(UTC) + timedelta(days=2)
        assert not polling.poll(watched, "lambda", later).changed
        third = sense(instance, second.cursor)
        assert not third.asset_events, "equal rows on another day are no news"
    assert polling.poll(watched, "lambda", later + timedelta(days=1)).status == "failed"
    assert not sense(instance, third.cursor).asset_events, "nor is a feed that cannot be reached"


def test_a_feed_that_is_off_is_not_read(watched: DataFolder) -> None:
    write_feed(watched, "http://127.0.0.1:9/vms.csv", enabled="no")
    assert read_due(watched, every) == ["nothing to read is switched on in data/feeds.yaml"]
    assert not (watched.root / "snapshots").exists()


def sensors_of(folder: DataFolder) -> dict[str, dg.SensorDefinition]:
    return {sensor.name: sensor for sensor in feed_sensors(polling.feed_list(folder).feeds.values())}


def looked(sensor: dg.SensorDefinition) -> str | None:
    """What a look of a sensor says."""
    return sensor.evaluate_tick(dg.build_sensor_context()).skip_message


def test_every_feed_has_a_sensor_which_is_on_where_the_feed_is(watched: DataFolder) -> None:
    off = sensor_name("gcp-pricing")
    found = feed_sensors(polling.feed_list(watched).feeds.values())
    assert {sensor_name(feed_id) for feed_id in polling.feed_list(watched).feeds} < {sensor.name for sensor in found}
    assert [sensor.name for sensor in found if sensor.default_status is dg.DefaultSensorStatus.RUNNING] == [OTHERS]
    write_feed(watched, "http://127.0.0.1:9/vms.csv")
    assert sensors_of(watched)["feed_lambda"].default_status is dg.DefaultSensorStatus.RUNNING
    assert off not in sensors_of(watched)


def test_a_feed_that_is_switched_on_or_added_is_read_without_a_reload(watched: DataFolder, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    (served / "vms.csv").write_text(catalogue(24.0), encoding="utf-8")
    list_of_feeds = watched.root / "feeds.yaml"
    with FeedServer(served) as server:
        write_feed(watched, server.url("/vms.csv"), enabled="no")
        loaded = sensors_of(watched)
        assert looked(loaded[OTHERS]) == "nothing to read is switched on in data/feeds.yaml"
        replace_in(list_of_feeds, "is_enabled: no", "is_enabled: yes")
        assert looked(loaded[OTHERS]) == "lambda: changed"
        more = list_of_feeds.read_text(encoding="utf-8")
        list_of_feeds.write_text(more + more.replace("feed_id: lambda", "feed_id: other"), encoding="utf-8")
        assert looked(loaded[OTHERS]) == "other: changed"


def test_a_feed_is_read_by_its_own_sensor_alone(watched: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "vms.csv").write_text(catalogue(24.0), encoding="utf-8")
    with FeedServer(tmp_path) as server:
        write_feed(watched, server.url("/vms.csv"))
        loaded = sensors_of(watched)
        assert looked(loaded[OTHERS]) == "nothing to read is switched on in data/feeds.yaml"
        assert looked(loaded["feed_lambda"]) == "lambda: changed"


def test_a_list_of_feeds_that_cannot_be_read_is_told(watched: DataFolder) -> None:
    (watched.root / "feeds.yaml").write_text("- feed_id: [\n", encoding="utf-8")
    [said] = read_due(watched, every)
    assert said.startswith("data/feeds.yaml:2: invalid YAML")


def test_a_feed_waits_while_others_are_read(watched: DataFolder) -> None:
    write_feed(watched, "http://127.0.0.1:9/vms.csv")
    held = [AT_ONCE.acquire(blocking=False) for _ in range(AT_ONCE_COUNT)]
    try:
        assert read_due(watched, every) == ["lambda: due; other feeds are being read, this one at the next look"]
    finally:
        for _ in held:
            AT_ONCE.release()
    assert read_due(watched, every)[0].startswith("lambda: failed")


# ---- what a release was made from


def test_a_release_knows_what_it_read(ledger_copy: DataFolder) -> None:
    names = {source.name: None for source in SOURCES}
    assert released(ledger_copy) == contents(ledger_copy, names)
    change_quote(ledger_copy)
    now = contents(ledger_copy, names)
    assert {name for name, content in released(ledger_copy).items() if content != now[name]} == {QUOTES.name}
    build(ledger_copy, AS_OF)
    assert released(ledger_copy) == now


def test_without_a_release_nothing_is_known(data_copy: DataFolder) -> None:
    assert released(data_copy) == {}


def test_the_ui_is_told_of_files_it_never_heard_of(ledger_folder: DataFolder, instance: dg.DagsterInstance) -> None:
    known = starting_point(ledger_folder, "now")
    report_release(ledger_folder, instance)
    report_files(instance, known)
    automation = Automation(instance)
    assert automation.tick() == set()
    event = instance.get_latest_materialization_event(files_key(QUOTES))
    assert event is not None
    report_files(instance, known)
    again = instance.get_latest_materialization_event(files_key(QUOTES))
    assert again is not None
    assert again.timestamp == event.timestamp


# ---- what is switched on


def test_everything_is_on_from_the_start() -> None:
    assert refresh.default_status == dg.DefaultSensorStatus.RUNNING
    assert data_files.default_status == dg.DefaultSensorStatus.RUNNING
    assert [sensor.default_status for sensor in FEED_SENSORS if sensor.name == OTHERS] == [
        dg.DefaultSensorStatus.RUNNING
    ]
    assert weekly.default_status == dg.DefaultScheduleStatus.RUNNING


def test_a_failed_run_is_retried_twice_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Dagster's daemon understands the project's settings."""
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2


def test_every_file_is_an_asset_upstream_of_its_raw_table() -> None:
    graph = defs.resolve_asset_graph()
    for source in SOURCES:
        for table in source.tables:
            assert files_key(table) in graph.get(key_of(raw_of(table))).parent_keys
            assert graph.get(files_key(table)).group_name == FILES


def test_another_data_folder_has_a_history_of_its_own(data_copy: DataFolder) -> None:
    home = home_of(data_copy)
    assert home.is_relative_to(data_copy.root)
    assert str(home) in (home / "dagster.yaml").read_text(encoding="utf-8")
    assert home_of(DataFolder(ROOT / "data")) == ROOT


def test_old_prices_and_old_releases_are_marked() -> None:
    graph = defs.resolve_asset_graph()
    for name in ("raw.prices__rental_quotes", "history.releases"):
        assert graph.get(key_of(TABLES[name])).freshness_policy is not None
    assert graph.get(key_of(TABLES["core.models"])).freshness_policy is None
