"""Readers of indices, exchange rates, electricity and token prices, on small files with test numbers."""

from __future__ import annotations

import json

import pytest

from pipelines.contracts.vocabulary import READ_FLAG
from pipelines.sources.formats.litellm import PRICES, per_million
from tests.unit.sources.feeds import FIXTURES, cells, fixture, frame, refusal, rows


class TestFred:
    def test_missing_observations_keep_their_day_without_a_value(self) -> None:
        assert cells("fred", columns="line series_id observed_on index_value") == [
            (2, "TEST1", "2025-04-01", "122.10"),
            (3, "TEST1", "2025-05-01", None),
            (4, "TEST1", "2025-06-01", None),
            (5, "TEST1", "2025-07-01", "123"),
        ]

    def test_both_names_of_the_day_are_known_in_either_place(self) -> None:
        assert cells("fred", b"TEST1,DATE\n5,2024-01-01\n", "observed_on index_value") == [("2024-01-01", "5")]

    @pytest.mark.parametrize("header", ["day,TEST1", "DATE,observation_date", "DATE", "DATE,A,B", "DATE,", "A,B"])
    def test_another_header_is_refused(self, header: str) -> None:
        assert "header" in refusal("fred", f"{header}\n2024-01-01,5\n".encode())

    @pytest.mark.parametrize("day", ["01/06/2025", "2025-07", "20250801", "2025-02-30", ""])
    def test_days_in_another_form_are_refused_with_their_line(self, day: str) -> None:
        assert "days as YYYY-MM-DD" in refusal("fred", f"DATE,TEST1\n2025-01-01,5\n{day},6\n".encode())


class TestEia:
    def test_months_and_sectors(self) -> None:
        columns = "line period frequency price sector unit_as_published taxes area area_kind"
        rest = ("US cents per kWh", "included", "US", "country")
        assert sorted(cells("eia_table_9_8", columns=columns)) == [
            (4, "2021-01", "monthly", "12.5", "residential", *rest),
            (4, "2021-01", "monthly", "6.39", "industrial", *rest),
            (5, "2021-12", "monthly", "13.0", "residential", *rest),
        ]

    def test_month_thirteen_of_the_long_form_is_the_year(self) -> None:
        long = (FIXTURES / "eia_table_9_8_long.csv").read_bytes()
        assert cells("eia_table_9_8", long, "line period frequency price sector") == [
            (2, "2021-01", "monthly", "6.39", "industrial"),
            (4, "2021", "annual", "7.18", "industrial"),
        ]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("2021 January", "Jan 2021"),
            ("2021 January", "2021 Janvier"),
            ("Cents per", "Dollars per"),
            (", Industrial", ""),
        ],
    )
    def test_other_months_units_or_titles_are_refused(self, old: str, new: str) -> None:
        assert "not as the table was" in refusal(
            "eia_table_9_8", fixture("eia_table_9_8").decode().replace(old, new).encode()
        )

    @pytest.mark.parametrize("month", ["202114", "202100", "2021", "20211"])
    def test_a_month_that_is_none_is_refused(self, month: str) -> None:
        long = (FIXTURES / "eia_table_9_8_long.csv").read_text().replace("202101", month)
        assert "not as the table was" in refusal("eia_table_9_8", long.encode())


class TestEcb:
    RATES = (
        (2, "2026-01-05", "EUR", "JPY", "180.50"),
        (2, "2026-01-05", "EUR", "USD", "1.2"),
        (3, "2026-01-02", "EUR", "CYP", "0.58"),
        (3, "2026-01-02", "EUR", "JPY", "179"),
        (3, "2026-01-02", "EUR", "USD", "1.1"),
    )

    @pytest.mark.parametrize("data", [fixture("ecb_rates"), (FIXTURES / "ecb_rates.csv").read_bytes()])
    def test_a_row_a_day_and_currency_zipped_or_not(self, data: bytes) -> None:
        read = cells("ecb_rates", data, "line observed_on base_currency quote_currency rate")
        assert sorted(read) == list(self.RATES)

    @pytest.mark.parametrize(("old", "new"), [("USD", "Dollar"), ("Date", "Day"), ("2026-01-02", "02 January 2026")])
    def test_another_header_or_day_is_refused(self, old: str, new: str) -> None:
        refusal("ecb_rates", (FIXTURES / "ecb_rates.csv").read_text().replace(old, new).encode())


class TestGenaiPrices:
    COLUMNS = "line model_as_published condition input_usd_per_million_tokens cached_input_usd_per_million_tokens"

    def test_prices_as_printed(self) -> None:
        plain = rows("genai_prices")[0]
        assert plain == {
            "line": 1,
            "host": "seller",
            "model_as_published": "plain",
            "input_usd_per_million_tokens": "0.135",
            "cached_input_usd_per_million_tokens": "0.0280",
            "output_usd_per_million_tokens": "2",
        }

    def test_a_start_date_ends_what_held_before_and_may_lie_ahead(self) -> None:
        dated = [row for row in rows("genai_prices") if row["model_as_published"] == "by-date"]
        columns = ("input_usd_per_million_tokens", "effective_from", "effective_to", "condition")
        assert [tuple(row.get(column) for column in columns) for row in dated] == [
            ("4", None, "2030-01-01", None),
            ("1", "2030-01-01", "2031-01-01", None),
            ("0.5", "2031-01-01", None, None),
        ]

    def test_conditions_are_told(self) -> None:
        timed = [row for row in rows("genai_prices") if row["model_as_published"] == "by-time"]
        assert [(row["condition"], row["input_usd_per_million_tokens"]) for row in timed] == [
            ("default; other entries apply under a constraint", "0.2"),
            ("daily 00:30:00Z to 16:30:00Z", "0.3"),
            ('{"weekday": "monday"}', "0.1"),
        ]

    def test_each_length_of_a_request_is_a_row(self) -> None:
        tiered = [row for row in rows("genai_prices") if row["model_as_published"] == "tiered"]
        prices = ("condition", "input_usd_per_million_tokens", "output_usd_per_million_tokens")
        assert [tuple(row.get(column) for column in prices) for row in tiered] == [
            (None, "3", "15"),
            ("requests above 200000 input tokens", "6", "22.5"),
        ]
        assert {(row["flags"], row["cached_input_usd_per_million_tokens"]) for row in tiered} == {
            ("tiered_price", "0.3")
        }

    def test_what_is_not_paid_by_tokens_is_left_out(self) -> None:
        assert "by-request" not in set(frame("genai_prices")["model_as_published"])

    @pytest.mark.parametrize("key", ["id", "models", "prices"])
    def test_a_missing_key_refuses_the_file(self, key: str) -> None:
        assert f"'{key}'" in refusal("genai_prices", fixture("genai_prices").replace(f'"{key}"'.encode(), b'"other"'))


class TestLitellm:
    def test_single_tokens_to_a_million_digit_by_digit(self) -> None:
        columns = f"line model_as_published {' '.join(PRICES)} flags"
        assert cells("litellm", columns=columns) == [
            (2, "seller/model", "0.28", "0.028", "1.1", None),
            (3, "seller/free", "0", None, "0", "zero_price_placeholder"),
            (4, "seller/text", "3", None, "ask us", None),
            (6, "seller/odd", "1e999999", None, "NaN", None),
        ]

    def test_words_are_of_the_vocabulary(self) -> None:
        flags = [*frame("litellm")["flags"].drop_nulls(), *frame("genai_prices")["flags"].drop_nulls()]
        assert set(flags) <= set(READ_FLAG)

    @pytest.mark.parametrize(
        ("printed", "scaled"),
        [("2.19e-06", "2.19"), ("0.000000037", "0.037"), ("1", "1000000"), ("-1e-6", "-1"), ("1E+2", "100000000")],
    )
    def test_scaling_is_exact(self, printed: str, scaled: str) -> None:
        assert per_million(printed) == scaled

    def test_an_error_message_is_no_list_of_models(self) -> None:
        assert "error message" in refusal("litellm", json.dumps({"error": {"code": 503}}).encode())
        assert "not an object" in refusal("litellm", b'{"message": "try later"}')
