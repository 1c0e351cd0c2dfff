"""The gates: which row is set aside, which file is refused, on which words, and the data they judge by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.paths import ROOT
from pipelines.sources import observation_log
from pipelines.sources.formats.format import COLUMNS
from pipelines.sources.gate_rules import rules_of
from pipelines.sources.gates import with_bounds
from pipelines.sources.price_log import Folded, State
from tests.unit.sources.reads import LIMITS, START, Feed, after, bounds, priced, row, rows

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def aside(folded: Folded) -> list[tuple[str, str]]:
    return folded.set_aside.select("column", "check").rows()


class TestRows:
    @pytest.mark.parametrize(
        ("cells", "column", "check"),
        [
            ({"price_as_published": "$31.92"}, "price_as_published", "not_a_number"),
            ({"price_as_published": "31,92"}, "price_as_published", "not_a_number"),
            ({"price_as_published": "NaN"}, "price_as_published", "not_a_number"),
            ({"price_as_published": "inf"}, "price_as_published", "not_a_number"),
            ({"price_as_published": "9" * 30}, "price_as_published", "not_a_number"),
            ({"price_as_published": ""}, "price_as_published", "no_price"),
            ({"price_as_published": None}, "price_as_published", "no_price"),
            ({"price_as_published": "0.0"}, "price_as_published", "zero_price"),
            ({"price_as_published": "-31.92"}, "price_as_published", "negative_price"),
            ({"price_as_published": "31920"}, "price_as_published", "above_ceiling"),
            ({"price_as_published": "0.08"}, "price_as_published", "below_floor"),
            ({"accelerator_count": "x8"}, "accelerator_count", "not_a_number"),
            ({"accelerator_count": "0"}, "accelerator_count", "not_a_number"),
            ({"provider": None}, "provider", "no_provider"),
            ({"currency": "XYZ"}, "currency", "no_exchange_rate"),
            ({"currency": None}, "currency", "no_exchange_rate"),
            ({"unit_as_published": "fortnight"}, "unit_as_published", "unknown_unit"),
            ({"price_scope": "rack"}, "price_scope", "unknown_scope"),
            (
                {"unit_as_published": "term", "pricing_category": "reserved_1y"},
                "unit_as_published",
                "reservation_total",
            ),
            (
                {"pricing_category": "reserved_3y", "price_as_published": "550000"},
                "unit_as_published",
                "reservation_total",
            ),
            ({"flags": "part_of_price"}, "price_as_published", "part_of_price"),
            ({"effective_from": "soon"}, "effective_from", "not_a_date"),
        ],
    )
    def test_a_row_that_cannot_be_right_is_set_aside(
        self, cells: dict[str, str | None], column: str, check: str
    ) -> None:
        folded = Feed().read(rows(row(**cells), row(sku="good")))
        assert (folded.believed_count, folded.set_aside_count) == (1, 1)
        assert aside(folded) == [(column, check)]
        assert folded.set_aside["line"].to_list() == ["2"]
        assert folded.set_aside["value"][0] == (row(**cells)[column] or None)

    def test_two_prices_of_one_line_are_both_set_aside(self) -> None:
        folded = Feed().read(rows(row(), row(price_as_published="25"), row(sku="good")))
        assert [check for _, check in aside(folded)] == ["duplicate", "duplicate"]

    def test_one_price_twice_is_one_price(self) -> None:
        folded = Feed().read(rows(row(), row(price_as_published="24.0")))
        assert (folded.believed_count, folded.unchanged_count) == (1, 1)

    @pytest.mark.parametrize(
        ("region", "is_marked"), [("us-east-1a", True), ("us-east-1", True), ("eu-west-1a", False)]
    )
    def test_spot_above_on_demand_is_marked(self, region: str, is_marked: bool) -> None:
        spot = row(pricing_category="spot", price_as_published="25", region=region)
        flags = Feed().read(rows(row(), spot)).events["flags"].to_list()
        assert flags == [None, "spot_above_on_demand" if is_marked else None]

    @pytest.mark.parametrize("memory", ["0.078", "81920"])
    def test_a_memory_in_another_unit_is_marked(self, memory: str) -> None:
        folded = Feed().read(rows(row(accelerator_memory_gb=memory)))
        assert folded.events["flags"].to_list() == ["implausible_memory"]

    def test_words_of_the_reader_are_kept(self) -> None:
        assert Feed().read(rows(row(flags="no_source"))).events["flags"].to_list() == ["no_source"]


class TestBounds:
    @pytest.mark.parametrize(
        ("cells", "floor"),
        [
            ({}, 0.69),
            ({"provider": "Google Cloud", "company": "Google Cloud"}, 5.2),
            ({"accelerator": "H100 NVL"}, 0.69),
            ({"accelerator": "H100-80GB"}, 0.69),
            ({"pricing_category": "spot"}, 0.4),
            ({"accelerator": "EC2 p5", "known_chip": "H100"}, 0.69),
            ({"accelerator": "Z9"}, 0.02),
            ({"accelerator": None}, 0.02),
        ],
    )
    def test_the_most_particular_bound_holds(self, cells: dict[str, str | None], floor: float) -> None:
        given = bounds(
            (None, None, None, "0.02", "100"),
            ("H100", None, None, "0.4", "46"),
            ("H100", "on_demand", None, "0.69", "46"),
            ("H100", "on_demand", "Google Cloud", "5.2", "46"),
        )
        known = {"company": cells.get("company", "Lambda"), "known_chip": cells.get("known_chip")}
        printed = {key: value for key, value in cells.items() if key not in known}
        read = rows(row(**printed)).with_columns(pl.lit(value, pl.String).alias(key) for key, value in known.items())
        found = with_bounds(read, given)
        assert float(found["floor"][0]) == floor
        assert found["accelerator"].to_list() == [cells.get("accelerator", "H100")]

    def test_a_host_without_its_accelerators_is_below_the_floor_of_its_seller(self) -> None:
        """Eight H100 for 10.118 USD an hour: 1.26 each is a price elsewhere, and never was one at Google."""
        feed = Feed()
        feed.rules = rules_of(ROOT / "data", "a-feed", NOW)
        google = row(provider="Google Cloud", sku="a3-megagpu-8g", price_as_published="10.118")
        assert aside(feed.read(rows(google))) == [("price_as_published", "below_floor")]

    def test_every_price_of_the_ledger_is_within_its_bounds(self) -> None:
        rules = rules_of(ROOT / "data", "a-feed", NOW)
        quotes = pl.read_csv(ROOT / "data/prices/rental_quotes.csv", infer_schema=False).filter(
            (pl.col("is_usable") == "yes") & (pl.col("pricing_category") != "assumed")
        )
        known = quotes.join(rules.companies, left_on="provider", right_on="provider_as_published", how="left")
        named = known.with_columns(
            pl.coalesce("company", "provider").alias("company"), pl.lit(None, pl.String).alias("known_chip")
        )
        found = with_bounds(named, rules.bounds)
        price = pl.col("list_unit_price_usd_per_gpu_hour").cast(pl.Float64)
        outside = found.filter(
            (price < pl.col("floor").cast(pl.Float64)) | (price > pl.col("ceiling").cast(pl.Float64))
        )
        assert outside["quote_id"].to_list() == []

    def test_the_basis_of_a_bound_says_how_it_was_worked_out(self) -> None:
        table = pl.read_csv(ROOT / "data/reference/price_bounds.csv", infer_schema=False)
        for found in table.iter_rows(named=True):
            said = re.fullmatch(
                r"\d+ quotes of the ledger from ([\d.]+) to ([\d.]+); half the lowest, three times the highest",
                found["basis"],
            )
            assert said, found["basis"]
            floor = found["floor_usd_per_gpu_hour"] or found["floor_usd_per_gpu"]
            ceiling = found["ceiling_usd_per_gpu_hour"] or found["ceiling_usd_per_gpu"]
            assert (Decimal(floor), Decimal(ceiling)) == (Decimal(said[1]) / 2, Decimal(said[2]) * 3)


class TestFiles:
    def test_no_rows_are_refused_and_cannot_be_accepted(self) -> None:
        feed = Feed()
        feed.read(priced("24", "25"))
        folded = feed.read(rows(), accept=True)
        assert (folded.status, folded.can_be_accepted) == ("refused", False)
        assert "no rows" in folded.message

    def test_most_rows_gone_are_refused_unless_somebody_looked(self) -> None:
        feed = Feed()
        feed.read(priced(*["24"] * 10))
        folded = feed.read(priced(*["24"] * 6))
        assert (folded.status, folded.can_be_accepted, folded.events.height) == ("refused", True, 0)
        assert "6 rows where the last good read had 10" in folded.message
        accepted = feed.read(priced(*["24"] * 6), accept=True)
        assert accepted.events["event"].to_list() == ["gone"] * 4

    def test_some_rows_gone_are_recorded(self) -> None:
        feed = Feed()
        feed.read(priced(*["24"] * 10))
        assert feed.read(priced(*["24"] * 7)).events["event"].to_list() == ["gone"] * 3

    @pytest.mark.parametrize("factor", [100, 0.125, 730, 0.6])
    def test_prices_that_move_together_are_refused(self, factor: float) -> None:
        feed = Feed()
        feed.read(priced("24", "25", "26", "27", "28", "29"))
        folded = feed.read(priced(*(str(price * factor) for price in range(24, 30))))
        assert folded.status == "refused"
        assert f"factor {factor:.4g}" in folded.message

    def test_of_a_few_lines_each_is_held(self) -> None:
        feed = Feed()
        feed.read(priced("24", "25", "26"))
        folded = feed.read(priced("48", "50", "52"))
        assert (folded.held_count, folded.status) == (3, "changed")

    def test_another_currency_of_known_lines_is_refused(self) -> None:
        feed = Feed()
        feed.read(priced("24", "25", "26"))
        folded = feed.read(priced("24", "25", "26", currency="CNY"))
        assert folded.status == "refused"
        assert "currency of known lines changed from USD to CNY" in folded.message

    def test_a_line_in_a_second_currency_is_a_line_of_its_own(self) -> None:
        feed = Feed()
        feed.read(rows(row()))
        folded = feed.read(rows(row(), row(currency="CNY", price_as_published="168")))
        assert (folded.status, folded.believed_count) == ("changed", 1)


class Series:
    """A feed of another kind, read again and again, a day apart."""

    def __init__(self, kind: str) -> None:
        self.kind, self.state, self.moment = kind, observation_log.new_state(kind), START

    def read(self, *given: Mapping[str, Any], accept: bool = False) -> Folded:
        self.moment = self.moment.replace(day=self.moment.day + 1)
        folded = observation_log.fold(
            self.kind, self.state, rows(*given, kind=self.kind), self.moment, "s", LIMITS, is_accepted=accept
        )
        self.state: State = after(self.state, folded)
        return folded


def month(number: int, value: str | None) -> dict[str, str | None]:
    return {"series_id": "PCU", "observed_on": f"2025-{number:02}-01", "index_value": value}


def tokens(model: str, given: str | None, taken: str | None) -> dict[str, str | None]:
    prices = {"input_usd_per_million_tokens": given, "output_usd_per_million_tokens": taken}
    return {"host": "deepseek", "model_as_published": model, **prices}


class TestSeries:
    def test_a_revision_stands_beside_what_it_revised(self) -> None:
        series = Series("price_index")
        series.read(month(1, "118.306"), month(2, "119"))
        folded = series.read(month(1, "121.880"), month(2, "119"), month(3, "120"))
        assert folded.events.select("observed_on", "index_value").rows() == [
            ("2025-01-01", "121.880"),
            ("2025-03-01", "120"),
        ]
        assert series.state.log["index_value"].to_list() == ["118.306", "119", "121.880", "120"]

    def test_the_columns_of_a_log_are_those_of_its_kind(self) -> None:
        folded = Series("price_index").read(month(1, "118"))
        assert folded.events.columns == ["recorded_at", *COLUMNS["price_index"], "snapshot", "line"]

    @pytest.mark.parametrize("value", [".", None, "N/A", "Not Available"])
    def test_a_value_that_is_not_known_is_none_and_no_fault(self, value: str | None) -> None:
        folded = Series("price_index").read(month(1, "118"), month(2, value))
        assert (folded.believed_count, folded.set_aside_count, folded.unchanged_count) == (1, 0, 1)

    def test_a_rebased_index_is_refused(self) -> None:
        series = Series("price_index")
        series.read(month(1, "118"), month(2, "119"))
        folded = series.read(month(1, "100"), month(2, "119"))
        assert (folded.status, folded.can_be_accepted) == ("refused", True)
        assert "PCU 2025-01-01 by the factor 0.8475" in folded.message

    @pytest.mark.parametrize("day", ["01/06/2025", "2025-07", "20250801", None])
    def test_days_in_another_form_refuse_the_file(self, day: str | None) -> None:
        folded = Series("price_index").read({**month(1, "118"), "observed_on": day})
        assert (folded.status, folded.can_be_accepted) == ("refused", False)

    def test_what_a_short_file_leaves_out_is_not_gone(self) -> None:
        series = Series("exchange_rates")
        rates = [
            {"observed_on": f"2026-10-{day:02}", "base_currency": "EUR", "quote_currency": "USD"}
            for day in range(1, 11)
        ]
        series.read(*({**rate, "rate": "1.1"} for rate in rates))
        assert series.read(*({**rate, "rate": "1.1"} for rate in rates[3:])).status == "equal"

    def test_electricity_in_another_unit_is_refused(self) -> None:
        series = Series("electricity_prices")
        area = {"area": "US", "period": "2026-01", "unit_as_published": "US cents per kWh"}
        series.read({**area, "price": "7.46"})
        assert series.read({**area, "price": "7.28"}).status == "changed"
        assert series.read({**area, "price": "0.0728"}).status == "refused"

    def test_tokens_are_logged_and_gone(self) -> None:
        series = Series("token_prices")
        models = [tokens(name, "0.27", "1.1") for name in ("v3", "r1", "v4", "v5")]
        assert series.read(*models).believed_count == 4
        folded = series.read(*models[1:])
        assert folded.events.select("event", "model_as_published").rows() == [("gone", "v3")]
        assert series.read(*models).events["event"].to_list() == ["price"]

    @pytest.mark.parametrize(
        ("given", "taken", "check"),
        [
            ("0.0", "0.0", "zero_price"),
            ("270000", "1100000", "above_ceiling"),
            ("a lot", "1", "not_a_number"),
            ("-1", "1", "negative_price"),
            (None, None, "no_price"),
        ],
    )
    def test_tokens_that_cannot_be_right_are_set_aside(self, given: str | None, taken: str | None, check: str) -> None:
        folded = Series("token_prices").read(tokens("v3", given, taken), tokens("good", "1", "2"))
        assert folded.set_aside["check"].to_list() == [check]
        assert (folded.believed_count, folded.set_aside_count) == (1, 1)

    def test_a_jump_of_tokens_waits_for_a_second_read(self) -> None:
        series = Series("token_prices")
        series.read(tokens("v3", "0.27", "1.1"))
        assert series.read(tokens("v3", "0.10", "1.1")).held_count == 1
        assert series.read(tokens("v3", "0.10", "1.1")).believed_count == 1
