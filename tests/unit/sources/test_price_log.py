"""The fold of accelerator prices: what becomes an event, what is held, what is refused, and that a replay agrees."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.formats.format import TERMS
from pipelines.sources.price_log import LOG_COLUMNS, Folded, fold, last_prices, new_state
from tests.unit.sources.reads import START, Feed, after, evidence, priced, row, rows, rules


def events(folded: Folded) -> list[tuple[str, str | None]]:
    return folded.events.select("event", "price_as_published").rows()


def cell(folded: Folded, column: str) -> str | None:
    assert folded.events.height == 1
    return folded.events[column][0]  # type: ignore[no-any-return]


def checks(folded: Folded) -> list[str]:
    return folded.set_aside["check"].to_list()


class TestEvents:
    def test_a_price_that_is_first_seen_is_an_event_with_its_unit_price(self) -> None:
        folded = Feed().read(rows(row()))
        assert (folded.status, folded.believed_count) == ("changed", 1)
        found = folded.events.row(0, named=True)
        assert found["event"] == "price"
        assert found["list_unit_price_usd_per_gpu_hour"] == "3.000000"
        assert (found["recorded_at"], found["observed_on"]) == ("2026-11-01T06:00:00Z", "2026-11-01")
        assert found["series_id"].startswith("a-feed|Lambda|gpu_8x_h100|H100|||8|us-east-1|on_demand|")
        assert tuple(found) == LOG_COLUMNS

    def test_the_same_price_again_is_none(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        again = feed.read(rows(row(price_as_published="24.0000")))
        assert (again.status, again.events.height, again.unchanged_count) == ("equal", 0, 1)

    def test_a_change_is_an_event(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        assert events(feed.read(rows(row(price_as_published="20.00")))) == [("price", "20.00")]

    def test_a_line_that_is_missing_is_gone_and_may_come_back(self) -> None:
        feed = Feed()
        feed.read(priced("24", "25", "26", "27"))
        gone = feed.read(priced("24", "25", "26"))
        assert events(gone) == [("gone", None)]
        assert cell(gone, "flags") is None
        assert feed.read(priced("24", "25", "26")).events.height == 0
        assert events(feed.read(priced("24", "25", "26", "27"))) == [("price", "27")]

    def test_a_price_in_another_currency_is_converted_by_the_rate_of_its_day(self) -> None:
        folded = Feed().read(rows(row(price_as_published="168", currency="CNY")))
        found = folded.events.row(0, named=True)
        assert found["list_unit_price_usd_per_gpu_hour"] == "3.000000"
        assert (found["exchange_rate"], found["exchange_rate_on"]) == ("7.000000000000", "2026-10-01")

    def test_a_rate_of_a_later_day_is_not_looked_at(self) -> None:
        late = rules().rates.with_columns(pl.lit(date(2026, 12, 1)).alias("exchange_rate_on"))
        folded = Feed(rates=late).read(rows(row(currency="CNY")))
        assert checks(folded) == ["no_exchange_rate"]

    @pytest.mark.parametrize(
        ("cells", "hourly"),
        [
            ({"price_scope": "accelerator", "price_as_published": "3"}, "3.000000"),
            ({"price_scope": "component", "price_as_published": "24"}, "3.000000"),
            ({"unit_as_published": "month", "price_as_published": "17520"}, "3.000000"),
            ({"unit_as_published": "second", "price_as_published": "0.01"}, "4.500000"),
            ({"accelerator_count": "3", "price_as_published": "10"}, "3.333333"),
            ({"price_as_published": "2.4e1"}, "3.000000"),
        ],
    )
    def test_unit_and_scope_decide_the_price_of_an_hour(self, cells: dict[str, str], hourly: str) -> None:
        assert cell(Feed().read(rows(row(**cells))), "list_unit_price_usd_per_gpu_hour") == hourly

    def test_a_purchase_has_a_price_of_its_own(self) -> None:
        bought = row(
            pricing_category="purchase",
            price_scope="instance",
            unit_as_published="unit",
            price_as_published="270000",
        )
        found = Feed().read(rows(bought)).events.row(0, named=True)
        assert found["list_unit_price_usd_per_gpu"] == "33750.000000"
        assert found["list_unit_price_usd_per_gpu_hour"] is None

    def test_a_product_that_is_not_counted_is_kept_without_a_price_of_an_hour(self) -> None:
        found = Feed().read(rows(row(accelerator_count=None))).events.row(0, named=True)
        assert found["list_unit_price_usd_per_gpu_hour"] is None
        assert found["flags"] == "accelerator_count_not_stated"

    def test_unless_another_quote_counts_it(self) -> None:
        counts = pl.DataFrame({"company": ["Azure"], "sku_key": ["nd96isr_h100_v5"], "known_count": ["8"]})
        feed = Feed(counts=counts.with_columns(pl.col("known_count").cast(pl.Decimal(38, 12))))
        azure = row(provider="Azure", sku="Standard_ND96isr_H100_v5", accelerator_count=None)
        found = feed.read(rows(azure)).events.row(0, named=True)
        assert found["list_unit_price_usd_per_gpu_hour"] == "3.000000"
        assert found["flags"] == "accelerator_count_from_sku"

    def test_an_accelerator_the_map_does_not_name_is_logged_and_told(self) -> None:
        folded = Feed().read(rows(row(accelerator="RTX PRO Server 6000", price_as_published="8")))
        assert folded.believed_count == 1
        assert folded.unmapped == ("RTX PRO Server 6000",)


class TestDates:
    def test_an_announced_price_is_logged_beside_the_present_one(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        folded = feed.read(rows(row(price_as_published="20", effective_from="2027-01-01")))
        assert events(folded) == [("price", "20")]
        assert cell(folded, "flags") == "not_yet_in_force"
        assert last_prices(feed.state.log, date(2026, 12, 31)).filter(slot="")["price_as_published"].to_list() == [
            "24.00"
        ]

    def test_and_is_the_present_one_from_its_day_on_without_another_event(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="20", effective_from="2026-11-04")))
        feed.moment = START + timedelta(days=5)
        folded = feed.read(rows(row(price_as_published="20", effective_from="2026-11-04")))
        assert (folded.status, folded.events.height) == ("equal", 0)
        assert last_prices(feed.state.log, date(2026, 11, 6))["price_as_published"].to_list() == ["20"]

    def test_an_announcement_that_is_taken_back_changes_nothing(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        both = rows(row(), row(price_as_published="20", effective_from="2026-11-10"))
        feed.read(both)
        folded = feed.read(rows(row(), row(sku="other")))
        assert ("gone", None) in events(folded)
        feed.moment = START + timedelta(days=20)
        assert feed.read(rows(row(), row(sku="other"))).events.height == 0

    def test_a_file_of_history_keeps_every_day(self) -> None:
        feed = Feed()
        days = [row(observed_on=f"{year}-01-01", price_as_published=str(year - 1990)) for year in range(2022, 2026)]
        first = rows(*days)
        assert feed.read(first, is_history=True).believed_count == 4
        later = pl.concat([first, rows(row(observed_on="2026-01-01", price_as_published="12"))])
        folded = feed.read(later, is_history=True)
        assert events(folded) == [("price", "12")]
        assert cell(folded, "observed_on") == "2026-01-01"
        assert feed.read(later, is_history=True).status == "equal"

    def test_a_day_of_history_that_is_no_longer_said_is_taken_back(self) -> None:
        feed = Feed()
        days = [row(observed_on=f"{year}-01-01", price_as_published=str(year - 1990)) for year in range(2022, 2027)]
        feed.read(rows(*days), is_history=True)
        folded = feed.read(rows(*days[:1], *days[2:]), is_history=True)
        assert events(folded) == [("gone", None)]
        assert cell(folded, "observed_on") == "2023-01-01"
        assert events(feed.read(rows(*days), is_history=True)) == [("price", "33")]

    def test_a_day_of_history_stays_while_its_row_is_doubtful(self) -> None:
        feed = Feed()
        days = [row(observed_on=f"{year}-01-01", price_as_published="33") for year in range(2022, 2027)]
        feed.read(rows(*days), is_history=True)
        folded = feed.read(rows({**days[0], "price_as_published": "$33"}, *days[1:]), is_history=True)
        assert (folded.set_aside_count, folded.events.height) == (1, 0)

    def test_a_day_that_has_not_come_is_set_aside(self) -> None:
        assert checks(Feed().read(rows(row(observed_on="2026-12-24")), is_history=True)) == ["future_date"]

    def test_a_price_from_before_the_product_is_marked(self) -> None:
        folded = Feed().read(rows(row(observed_on="2020-01-01")), is_history=True)
        assert cell(folded, "flags") == "dated_before_release"


class TestJumps:
    def test_a_jump_is_held_and_its_line_is_not_known_meanwhile(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        folded = feed.read(rows(row(price_as_published="60")))
        assert (folded.status, folded.held_count, folded.believed_count) == ("changed", 1, 0)
        assert events(folded) == [("gone", None)]
        assert cell(folded, "flags") == "price_not_believed"
        assert "factor 2.5" in folded.set_aside["reason"][0]

    def test_a_later_read_that_agrees_is_believed(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="6.24")), hours=2)
        folded = feed.read(rows(row(price_as_published="6.30")))
        assert events(folded) == [("price", "6.30")]
        assert cell(folded, "flags") == "jump_confirmed"

    def test_a_read_at_once_is_no_second_read(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="60")), hours=0.1)
        assert feed.read(rows(row(price_as_published="60")), hours=2).held_count == 1
        assert feed.read(rows(row(price_as_published="60"))).believed_count == 1

    def test_another_jump_waits_anew(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="60")))
        assert feed.read(rows(row(price_as_published="80"))).held_count == 1
        assert feed.read(rows(row(price_as_published="80"))).believed_count == 1

    def test_a_glitch_leaves_the_old_price(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="60")))
        assert events(feed.read(rows(row()))) == [("price", "24.00")]

    def test_another_source_settles_it_at_once(self) -> None:
        feed = Feed(evidence=evidence(("Lambda", "7.45", date(2026, 10, 20))))
        feed.read(rows(row(provider="lambdalabs")))
        folded = feed.read(rows(row(provider="lambdalabs", price_as_published="60")))
        assert cell(folded, "flags") == "jump_corroborated"

    @pytest.mark.parametrize(
        "other",
        [
            ("Lambda", "7.45", date(2026, 8, 1)),
            ("Lambda", "3.00", date(2026, 10, 20)),
            ("AWS", "7.5", date(2026, 10, 20)),
        ],
    )
    def test_an_old_a_differing_or_another_sellers_price_does_not(self, other: tuple[str, str, date]) -> None:
        feed = Feed(evidence=evidence(other))
        feed.read(rows(row()))
        assert feed.read(rows(row(price_as_published="60"))).held_count == 1

    def test_somebody_who_looked_settles_it(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        folded = feed.read(rows(row(price_as_published="60")), accept=True)
        assert cell(folded, "flags") == "jump_accepted"

    @pytest.mark.parametrize("price", ["16.1", "35.9"])
    def test_a_market_that_moves_within_the_limit_is_believed(self, price: str) -> None:
        feed = Feed()
        feed.read(rows(row()))
        assert feed.read(rows(row(price_as_published=price))).believed_count == 1

    def test_only_held_is_a_status_of_its_own(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        feed.read(rows(row(price_as_published="60")))
        assert feed.read(rows(row(price_as_published="80"))).status == "held"


# ---- laws, over random sequences of reads

SKUS = ("a", "b", "c", "d", "e", "f")
PRICES = ("24", "24.0", "25", "30", "60", "8", "0", "-1", "$5", "NaN", "", "2000", "3000", None)

one_row = st.builds(
    row,
    sku=st.sampled_from(SKUS),
    price_as_published=st.sampled_from(PRICES),
    pricing_category=st.sampled_from(["on_demand", "spot"]),
    effective_from=st.sampled_from([None, None, None, "2026-10-01", "2026-11-04", "2027-01-01", "x"]),
    currency=st.sampled_from(["USD", "USD", "USD", "CNY", "XYZ"]),
)
reads = st.lists(
    st.tuples(st.lists(one_row, max_size=10), st.sampled_from([0.2, 6, 24, 72]), st.booleans()), min_size=1, max_size=7
)


@settings(max_examples=40, deadline=None)
@given(reads)
def test_every_row_ends_in_one_place_and_every_event_has_a_cause(
    sequence: list[tuple[list[dict[str, str]], float, bool]],
) -> None:
    feed = Feed()
    for given_rows, hours, accept in sequence:
        before = last_prices(feed.state.log, feed.moment.date())
        folded = feed.read(rows(*given_rows), hours=hours, accept=accept)
        if folded.status == "refused":
            assert (folded.events.height, folded.set_aside.height) == (0, 0)
            assert folded.message
            continue
        counted = folded.believed_count + folded.unchanged_count + folded.set_aside_count + folded.held_count
        assert counted == folded.row_count == len(given_rows)
        assert folded.set_aside.height == folded.set_aside_count + folded.held_count
        prices = folded.events.filter(event="price")
        gone = folded.events.filter(event="gone")
        assert prices.height == folded.believed_count
        assert (
            prices["list_unit_price_usd_per_gpu_hour"].cast(pl.Float64).min() is None
            or (prices["list_unit_price_usd_per_gpu_hour"].cast(pl.Float64) > 0).all()
        )
        assert set(gone["series_id"]) <= set(before.filter("is_open")["series_id"])
        assert (folded.status == "changed") == (folded.events.height > 0)
        assert folded.set_aside["reason"].null_count() == 0


@settings(max_examples=25, deadline=None)
@given(reads)
def test_equal_rows_make_no_event(sequence: list[tuple[list[dict[str, str]], float, bool]]) -> None:
    feed = Feed()
    for given_rows, hours, accept in sequence:
        held = feed.read(rows(*given_rows), hours=hours, accept=accept).held_count
        for _ in range(2):  # a read so soon after the one before settles nothing
            held = feed.read(rows(*given_rows)).held_count if held else 0
        at = feed.moment
        again = feed.read(rows(*given_rows))
        is_announced = any(cells["effective_from"] == "2026-11-04" for cells in given_rows)
        if again.status != "refused" and not (is_announced and at.date() >= date(2026, 11, 4)):
            assert again.events.height == 0


@settings(max_examples=25, deadline=None)
@given(reads)
def test_a_replay_gives_the_same_log(sequence: list[tuple[list[dict[str, str]], float, bool]]) -> None:
    """Through text, as the log lies on disk."""
    feed, moments = Feed(), []
    for given_rows, hours, accept in sequence:
        moments.append(feed.moment)
        feed.read(rows(*given_rows), hours=hours, accept=accept)
        text = feed.state.log.write_csv().encode()
        read_back = pl.read_csv(text, infer_schema=False)
        assert read_back.equals(feed.state.log)
    state = new_state()
    for (given_rows, _, accept), moment in zip(sequence, moments, strict=True):
        stamp = moment.strftime("%Y-%m-%dT%H-%M-%SZ")
        folded = fold("a-feed", state, rows(*given_rows), moment, stamp, rules(), is_accepted=accept)
        state = after(state, folded)
    assert state.log.equals(feed.state.log)


def test_terms_are_the_line() -> None:
    """A line is named by everything but its price and its dates."""
    feed = Feed()
    feed.read(rows(row()))
    for term in TERMS:
        if term in ("price_scope", "currency", "unit_as_published", "accelerator_count"):
            continue
        other = rows(row(), row(**{term: "spot" if term == "pricing_category" else "other"}))
        assert Feed().read(other).believed_count == 2
