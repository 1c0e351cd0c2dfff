"""Every broken sample meets the outcome its collection names, with the good sample as the last good version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import polars as pl
import pytest

from pipelines.paths import ROOT
from pipelines.sources.believing import Book, new_book, rows_of
from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.format import Feed
from pipelines.sources.gate_rules import rules_of
from pipelines.sources.gates import Rules
from pipelines.sources.price_log import Folded
from pipelines.sources.text import UnreadableError

SAMPLES = ROOT.parent / "shared" / "samples"
BAD = SAMPLES / "bad"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected samples are not beside the project")

UNREADABLE = "the file cannot be read"


@dataclass(frozen=True)
class Wanted:
    """What a broken file comes to.

    Attributes:
        format: that reads it.
        good: the sample that was believed the day before.
        status: of the read, or UNREADABLE.
        aside: rows set aside, by check.
        flagged: a flag and how many events have it.
        provider: seller of the feed.
        is_cut: the broken sample holds a few lines of the good one: only rows are judged, not their number.
        unmapped: an accelerator that is asked for.
    """

    format: str
    good: str
    status: str
    aside: tuple[tuple[str, int], ...] = ()
    flagged: tuple[str, int] | None = None
    provider: str | None = "Lambda"
    is_cut: bool = False
    unmapped: str | None = None


LAMBDA = Wanted("skypilot_v8", "skypilot_v8_lambda_vms.csv", UNREADABLE)
AZURE = Wanted("azure_retail", "azure_retail_prices_page.json", UNREADABLE, provider="Azure", is_cut=True)
FRED = Wanted("fred", "fred_PCU518210518210_vintage_2025-07-30.csv", UNREADABLE, provider=None, is_cut=True)

OUTCOMES = {
    "01_renamed_column.csv": LAMBDA,
    "02_html_error_page.csv": LAMBDA,
    "03_truncated.csv.gz": LAMBDA,
    "04_price_with_dollar_sign.csv": replace(LAMBDA, status="changed", aside=(("not_a_number", 11),)),
    "06_price_in_cents.csv": replace(LAMBDA, status="refused"),
    "09_zero_price.csv": replace(LAMBDA, status="changed", aside=(("zero_price", 3),)),
    "10_negative_price.csv": replace(LAMBDA, status="changed", aside=(("negative_price", 2),)),
    "11_nan_and_empty_price.csv": replace(LAMBDA, status="changed", aside=(("no_price", 3), ("not_a_number", 3))),
    "12_outlier_1000x.csv": replace(LAMBDA, status="changed", aside=(("above_ceiling", 1),)),
    "14_header_only.csv": replace(LAMBDA, status="refused"),
    "15_empty_file.csv": LAMBDA,
    "16_spot_above_on_demand.csv": replace(LAMBDA, status="changed", flagged=("spot_above_on_demand", 3)),
    "17_bid_floor_as_price.csv": replace(
        LAMBDA,
        good="skypilot_v8_mithril_vms.csv",
        provider="Mithril",
        status="changed",
        aside=(("below_floor", 4),),
        is_cut=True,
    ),
    "19_unknown_accelerator_and_rename.csv": replace(LAMBDA, status="changed", unmapped="RTX PRO Server 6000"),
    "20_memory_unit_wrong.csv": replace(
        LAMBDA,
        good="skypilot_v8_runpod_vms.csv",
        provider="RunPod",
        status="changed",
        flagged=("memory_unit_unclear", 2),
        is_cut=True,
    ),
    "22_count_as_text.csv": replace(LAMBDA, status="changed", aside=(("not_a_number", 11),)),
    "23_bom_crlf_semicolon.csv": LAMBDA,
    "25_fred_missing_dot_values.csv": replace(FRED, status="equal"),
    "26_fred_old_header_and_dates.csv": FRED,
    "28_azure_page_without_next_link_key.json": AZURE,
    "30_azure_reservation_total_with_hour_unit.json": replace(
        AZURE, status="changed", aside=(("reservation_total", 1),)
    ),
    "31_azure_future_effective_date.json": replace(AZURE, status="changed", flagged=("not_yet_in_force", 1)),
    "32_litellm_price_per_million_instead_of_token.json": Wanted(
        "litellm", "litellm_cut.json", "changed", (("above_ceiling", 1),), provider=None, is_cut=True
    ),
    "34_truncated.json": AZURE,
    "35_api_error_200.json": AZURE,
    "37_column_order_changed.csv": replace(LAMBDA, status="equal"),
    "39_vendor_history_date_before_product.csv": Wanted(
        "epoch_hardware_prices",
        "epoch_hardware_prices.csv",
        "changed",
        (("no_price", 1),),
        ("price_date_after_source_date", 1),
        provider=None,
        is_cut=True,
    ),
}


@cache
def rules() -> Rules:
    return rules_of(ROOT / "data", "a-feed", NOW)


def book(wanted: Wanted) -> Book:
    """The log after the good sample was read."""
    feed = Feed("a-feed", wanted.format, "https://example.org/x", 24, "facts", "src", provider=wanted.provider)
    found = new_book(ROOT / "data", feed)
    found.rules_at = lambda _: rules()
    good = rows_of(feed, ((SAMPLES / wanted.good).read_bytes(),))
    assert found.take(good, NOW - timedelta(days=1), "good").status == "changed"
    if wanted.is_cut:
        found.state = replace(found.state, row_count=None)
    return found


def read(name: str, wanted: Wanted, before: Book) -> Folded | str:
    data = (BAD / name).read_bytes()
    try:
        reader = FORMATS[wanted.format]
        if reader.next_page:
            reader.next_page(data)
        return before.take(rows_of(before.feed, (data,)), NOW, "bad")
    except UnreadableError:
        return UNREADABLE


def test_every_broken_sample_is_tried() -> None:
    assert {path.name for path in BAD.iterdir()} == set(OUTCOMES)


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_broken_feed_meets_its_outcome(name: str) -> None:
    wanted = OUTCOMES[name]
    before = book(wanted)
    log = before.state.log
    folded = read(name, wanted, before)
    if isinstance(folded, str) or wanted.status in (UNREADABLE, "refused"):
        assert (folded if isinstance(folded, str) else folded.status) == wanted.status
        assert before.state.log.equals(log)
        return
    assert folded.status == wanted.status
    found = folded.set_aside.group_by("check").len().sort("check").rows()
    assert tuple(found) == wanted.aside
    assert folded.held_count == 0
    assert folded.set_aside["reason"].null_count() == 0
    if wanted.flagged:
        flag, count = wanted.flagged
        assert first_events(name, wanted).filter(pl.col("flags").str.contains(flag)).height == count
    if wanted.unmapped:
        assert wanted.unmapped in folded.unmapped


def first_events(name: str, wanted: Wanted) -> pl.DataFrame:
    """Events of the broken read were it the first: a row that is known already has none."""
    alone = new_book(ROOT / "data", book(wanted).feed)
    alone.rules_at = lambda _: rules()
    folded = alone.take(rows_of(alone.feed, ((BAD / name).read_bytes(),)), NOW, "bad")
    return folded.events


def test_an_announced_price_leaves_the_present_one_in_force() -> None:
    before = book(AZURE)
    folded = read("31_azure_future_effective_date.json", AZURE, before)
    assert isinstance(folded, Folded)
    announced = folded.events.filter(pl.col("effective_from") > NOW.date().isoformat())
    assert announced["price_as_published"].to_list() == ["88.0"]
    ended = folded.events.filter(event="gone")["series_id"].to_list()
    assert announced["series_id"][0] not in ended


def test_a_rebased_index_is_refused() -> None:
    before = book(FRED)
    text = (SAMPLES / FRED.good).read_text(encoding="utf-8").splitlines()
    halved = [text[0], *(f"{day},{float(value) / 2:.3f}" for day, value in (line.split(",") for line in text[1:]))]
    folded = before.take(rows_of(before.feed, ("\n".join(halved).encode(),)), NOW, "bad")
    assert (folded.status, folded.can_be_accepted) == ("refused", True)


def test_a_revised_index_is_believed() -> None:
    wanted = replace(FRED, good="fred_PCU518210518210_vintage_2025-06-20.csv")
    before = book(wanted)
    newer = (SAMPLES / "fred_PCU518210518210_vintage_2025-07-30.csv").read_bytes()
    folded = before.take(rows_of(before.feed, (newer,)), NOW, "newer")
    assert folded.status == "changed"
    assert 0 < folded.believed_count < folded.row_count
