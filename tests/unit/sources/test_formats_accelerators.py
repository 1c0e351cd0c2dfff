"""Readers of accelerator prices, each on a small file of its own with test numbers."""

from __future__ import annotations

import json

import pytest

from pipelines.contracts.vocabulary import (
    COMMITMENT_PAYMENT,
    HOST_INCLUDED,
    PRICE_SCOPE,
    PRICE_UNIT,
    PRICING_CATEGORY,
    READ_FLAG,
)
from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.azure_retail import next_page
from pipelines.sources.text import UnreadableError
from tests.unit.sources.feeds import cells, fixture, frame, refusal, rows, zipped

ACCELERATORS = sorted(name for name, known in FORMATS.items() if known.kind == "accelerator_prices")
VOCABULARIES = {
    "pricing_category": PRICING_CATEGORY,
    "commitment_payment": COMMITMENT_PAYMENT,
    "price_scope": PRICE_SCOPE,
    "unit_as_published": PRICE_UNIT,
    "host_included": HOST_INCLUDED,
}


@pytest.mark.parametrize("name", ACCELERATORS)
def test_every_word_is_of_its_vocabulary(name: str) -> None:
    read = frame(name)
    for column, words in VOCABULARIES.items():
        assert set(read[column].drop_nulls()) <= set(words)
    assert {word for cell in read["flags"].drop_nulls() for word in cell.split(";")} <= set(READ_FLAG)


@pytest.mark.parametrize("name", ACCELERATORS)
def test_scope_unit_and_currency_are_said_outright(name: str) -> None:
    read = frame(name)
    assert read.height
    assert not read.select("price_scope", "unit_as_published", "currency").null_count().sum_horizontal().item()


class TestSkypilot:
    TERMS = "sku accelerator accelerator_count region pricing_category price_scope host_included price_as_published"

    def test_price_is_the_whole_instance_on_demand_by_region_and_spot_by_zone(self) -> None:
        assert cells("skypilot_v8", columns=self.TERMS)[:3] == [
            ("gpu-8x-h100-sxm5", "H100", "8", "east", "on_demand", "instance", "yes", "16.00"),
            ("gpu-8x-h100-sxm5", "H100", "8", "east-a", "spot", "instance", "yes", "8.00"),
            ("gpu-8x-h100-sxm5", "H100", "8", "east-b", "spot", "instance", "yes", "9.00"),
        ]

    def test_rows_without_accelerators_are_left_out(self) -> None:
        assert not {"cpu-4", "cpu-8"} & set(frame("skypilot_v8")["sku"])

    def test_lines_are_those_of_the_file(self) -> None:
        assert cells("skypilot_v8", columns="line sku")[0] == (4, "gpu-8x-h100-sxm5")

    def test_accelerators_without_an_instance_stand_apart_from_their_host(self) -> None:
        apart = [row for row in cells("skypilot_v8", columns=self.TERMS) if row[0] == "T4"]
        assert apart == [
            ("T4", "T4", "2", "west", "on_demand", "component", "no", "0.70"),
            ("T4", "T4", "2", "west-a", "spot", "component", "no", "0.30"),
        ]

    def test_tpu_slices_are_counted_in_chips(self) -> None:
        tpus = cells("skypilot_v8", columns="sku accelerator accelerator_count price_as_published")[-2:]
        assert tpus == [("tpu-v6e-4", "tpu-v6e", "4", "10.80"), ("tpu-v4-8", "tpu-v4", "4", "12.88")]

    def test_the_form_factor_is_the_one_that_is_printed_and_memory_is_never_taken(self) -> None:
        forms = dict(cells("skypilot_v8", columns="sku form_factor"))
        assert forms["gpu-8x-h100-sxm5"] == "SXM5"
        assert forms["1x_A100-80GB"] == "PCIe"
        assert forms["1x_A100-80GB_SXM4"] == "SXM4"
        assert forms["T4"] is None
        assert frame("skypilot_v8")["accelerator_memory_gb"].null_count() == frame("skypilot_v8").height

    def test_spot_that_equals_on_demand_and_memory_in_another_unit_are_flagged(self) -> None:
        flags = cells("skypilot_v8", columns="sku pricing_category flags")
        assert ("1x_A100-80GB", "on_demand", "memory_unit_unclear") in flags
        assert ("1x_A100-80GB", "spot", "memory_unit_unclear;spot_equals_on_demand") in flags
        assert ("gpu-8x-h100-sxm5", "spot", None) in flags

    def test_the_seller_and_the_currency_are_the_feeds(self) -> None:
        read = frame("skypilot_v8", provider="Seller", currency="CNY")
        assert set(read["provider"]) == {"Seller"}
        assert set(read["currency"]) == {"CNY"}

    def test_two_zones_of_one_region_that_disagree_on_demand_are_both_passed_on(self) -> None:
        data = fixture("skypilot_v8").replace(
            b"east,16.00,gpu-8x-h100-sxm5,8.0,H100,64,512,east-b", b"east,17.00,gpu-8x-h100-sxm5,8.0,H100,64,512,east-b"
        )
        prices = cells("skypilot_v8", data, "sku pricing_category price_as_published")
        assert prices.count(("gpu-8x-h100-sxm5", "on_demand", "16.00")) == 1
        assert prices.count(("gpu-8x-h100-sxm5", "on_demand", "17.00")) == 1


def test_slurm_prices_one_accelerator_without_its_host_as_an_assumption() -> None:
    assert cells(
        "skypilot_slurm", columns="accelerator region pricing_category price_scope host_included price_as_published"
    ) == [
        ("H100", "lab/gpu", "assumed", "accelerator", "no", "2.00"),
        ("A100-80GB", "lab", "assumed", "accelerator", "no", "1.00"),
        ("V100", None, "assumed", "accelerator", "no", "0.50"),
    ]


class TestGpuhunt:
    def test_one_row_a_price_its_seller_the_name_of_the_file(self) -> None:
        columns = (
            "line provider sku accelerator accelerator_memory_gb accelerator_count pricing_category price_as_published"
        )
        assert cells("gpuhunt_v3", columns=columns) == [
            (2, "seller", "big.8", "H100", "80", "8", "on_demand", "16.0"),
            (3, "seller", "big.8", "H100", "80", "8", "spot", "8.0"),
            (4, "seller", "big.8 (calendar-mode)", "H100", "80", "8", "on_demand", "12.0"),
            (5, "seller", "mid.8", "A100", "40", "8", None, "10.0"),
        ]

    def test_catalogues_of_old_have_no_vendor(self) -> None:
        header = b"instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\n"
        old = zipped(header + b"big.8,east,16.0,64,512,8,H100,80,False,\n")
        assert rows("gpuhunt_v3", old, "sku price_as_published") == [{"sku": "big.8", "price_as_published": "16.0"}]


class TestAzure:
    COLUMNS = "line pricing_category unit_as_published price_as_published flags effective_from"

    def test_meters_by_what_they_are(self) -> None:
        assert cells("azure_retail", columns=self.COLUMNS) == [
            (1, "on_demand", "hour", "90.10", None, "2024-02-01"),
            (1, "committed_1y", "hour", "60.5", None, "2024-02-01"),
            (1, "committed_3y", "hour", "40.25", None, "2024-02-01"),
            (2, "spot", "hour", "20.0", None, "2024-02-01"),
            (6, "reserved_1y", "term", "500000.0", "total_of_term", None),
            (7, "on_demand", "hour", "25.0", "reference_currency", "2030-01-01"),
        ]

    def test_the_series_stands_for_the_accelerator_and_none_is_counted(self) -> None:
        named = cells("azure_retail", columns="sku accelerator accelerator_as_published accelerator_count currency")
        assert ("Standard_ND96isr_H100_v5", "Azure ND H100 v5", "H100", None, "USD") in named
        assert ("Standard_ND96asr_v4", "Azure ND v4", None, None, "EUR") in named

    @pytest.mark.parametrize(
        ("sku", "series"),
        [
            ("Standard_NC40ads_H100_v5", "Azure NC H100 v5"),
            ("Standard_NC6", "Azure NC"),
            ("Standard_NC6s_v3", "Azure NC v3"),
            ("Standard_ND128isr_NDR_GB200_v6", "Azure ND NDR GB200 v6"),
        ],
    )
    def test_series_of_sizes(self, sku: str, series: str) -> None:
        data = fixture("azure_retail").replace(b"Standard_ND96asr_v4", sku.encode())
        assert series in set(frame("azure_retail", data)["accelerator"])

    def test_the_next_page(self) -> None:
        page = json.loads(fixture("azure_retail"))
        assert next_page(fixture("azure_retail")) == "https://prices.example/page?$skip=100"
        assert next_page(json.dumps({**page, "NextPageLink": None}).encode()) is None
        assert next_page(json.dumps({**page, "NextPageLink": ""}).encode()) is None

    @pytest.mark.parametrize("broken", [{"Items": []}, {"Items": [], "NextPageLink": 3}, {"NextPageLink": None}, []])
    def test_a_page_that_does_not_say_is_refused(self, broken: object) -> None:
        with pytest.raises(UnreadableError):
            next_page(json.dumps(broken).encode())

    @pytest.mark.parametrize("key", ["retailPrice", "currencyCode", "meterName", "type"])
    def test_an_item_without_a_field_refuses_the_page(self, key: str) -> None:
        assert f"'{key}'" in refusal("azure_retail", fixture("azure_retail").replace(f'"{key}"'.encode(), b'"other"'))


class TestGcp:
    def test_hours_and_commitments_of_accelerated_machines(self) -> None:
        columns = "line sku accelerator accelerator_count region pricing_category unit_as_published price_as_published"
        machine = ("a3-highgpu-8g", "h100-80gb", "8")
        assert cells("gcp_pricing_yml", columns=columns) == [
            (15, *machine, "east", "on_demand", "hour", "80.5000000001"),
            (16, *machine, "east", "spot", "hour", "20.25"),
            (18, *machine, "east", "committed_1y", "month", "40000.5"),
            (19, *machine, "east", "committed_3y", "month", "30000"),
            (22, *machine, "west", "on_demand", "hour", "81"),
        ]

    @pytest.mark.parametrize(
        ("old", "new"), [("compute:", "computes:"), ("instance:", "machine:"), ("hour: 81", "h: 8")]
    )
    def test_another_shape_is_refused(self, old: str, new: str) -> None:
        assert "missing key" in refusal(
            "gcp_pricing_yml", fixture("gcp_pricing_yml").decode().replace(old, new).encode()
        )


class TestAws:
    COLUMNS = (
        "line sku accelerator_count pricing_category commitment_payment unit_as_published price_as_published flags"
    )

    def test_what_one_would_rent_and_nothing_else(self) -> None:
        assert cells("aws_price_list", columns=self.COLUMNS) == [
            (7, "p5.big", "8", "on_demand", None, "hour", "50.0000000000", None),
            (14, "trn1.big", None, "on_demand", None, "hour", "21.5000000000", "accelerator_count_not_stated"),
            (15, "p5.big", "8", "reserved_1y", "noUpfront", "hour", "30.0000000000", None),
            (17, "p5.big", "8", "reserved_3y", "partialUpfront", "term", "400000", "part_of_price;total_of_term"),
            (18, "p5.big", "8", "reserved_3y", "partialUpfront", "hour", "15.0000000000", "part_of_price"),
            (19, "p5.big", "8", "reserved_3y", "allUpfront", "term", "700000", "total_of_term"),
            (20, "p5.big", "8", "reserved_3y", "allUpfront", "hour", "0.0000000000", "part_of_price"),
        ]

    def test_terms_come_from_the_file(self) -> None:
        row = rows("aws_price_list")[0]
        assert (row["tenancy"], row["operating_system"]) == ("shared", "linux")
        assert row["accelerator"] == "EC2 p5"
        assert (row["region"], row["currency"], row["effective_from"]) == ("east", "USD", "2026-01-01")

    def test_without_the_five_lines_it_is_another_file(self) -> None:
        assert "missing column" in refusal("aws_price_list", fixture("aws_price_list").split(b"\n", 5)[5])


class TestVantage:
    def test_offers_of_linux(self) -> None:
        columns = "line sku accelerator_count region pricing_category commitment_payment price_as_published flags"
        assert cells("vantage_instances", columns=columns) == [
            (2, "p3.big", None, "east", "on_demand", None, "24.48", "accelerator_count_not_stated"),
            (3, "p5.big", "8", "east", "on_demand", None, "50.00", None),
            (3, "p5.big", "8", "east", "reserved_1y", "noUpfront", "30.5", None),
            (3, "p5.big", "8", "east", "committed_3y", "allUpfront", "20", None),
        ]

    def test_the_family_stands_for_the_accelerator(self) -> None:
        named = set(cells("vantage_instances", columns="accelerator accelerator_as_published"))
        assert named == {("EC2 p3", None), ("EC2 p5", "NVIDIA H100")}

    def test_the_currency_is_the_feeds(self) -> None:
        assert set(frame("vantage_instances", currency="CNY")["currency"]) == {"CNY"}


class TestEpoch:
    def test_one_row_a_price_with_its_own_day(self) -> None:
        columns = "line accelerator pricing_category price_scope unit_as_published price_as_published observed_on flags"
        h100 = (2, "NVIDIA H100 SXM5")
        rented, day = ("accelerator", "hour"), ("2024-03-01", None)
        bought = ("purchase", "single_card_or_unstated", "unit")
        assert cells("epoch_hardware_prices", columns=columns) == [
            (*h100, "committed_1y", *rented, "2.00", *day),
            (*h100, "committed_3y", *rented, "1.50", *day),
            (*h100, "on_demand", *rented, "3.00", *day),
            (3, "NVIDIA A100 PCIe", *bought, "12000.00", "2022-07-01", "price_date_after_source_date"),
            (4, "NVIDIA H200 SXM", "purchase", "share_of_server", "unit", "39000.00", "2025-01-31", None),
            (5, "NVIDIA A100", *bought, "24000.00", "2020-05-21", "model_estimate_not_a_sale;no_source"),
            (6, "NVIDIA H100 SXM5 80GB", None, "accelerator", "hour", None, None, "no_source;no_date;no_price"),
        ]

    def test_a_renamed_price_column_refuses_the_file_though_others_are_there(self) -> None:
        data = fixture("epoch_hardware_prices").replace(b"Price per chip-hour (on-demand)", b"Price per chip-hour")
        assert "'Price per chip-hour'" in refusal("epoch_hardware_prices", data)


class TestOwnQuotes:
    def test_what_is_left_out_has_a_declared_meaning(self) -> None:
        columns = "accelerator accelerator_count pricing_category price_scope host_included currency price_as_published"
        assert cells("own_quotes", columns=columns) == [
            ("H100", "8", "on_demand", "instance", "unknown", "USD", "16.00"),
            ("A100", None, "on_demand", "accelerator", "unknown", "EUR", "1.10"),
        ]

    def test_rows_carry_their_own_day_and_seller(self) -> None:
        assert cells("own_quotes", columns="provider observed_on note")[0] == (
            "My broker",
            "2026-09-01",
            "offer of September",
        )

    def test_a_misspelt_term_is_refused_by_name(self) -> None:
        assert "unknown column 'regoin'" in refusal("own_quotes", fixture("own_quotes").replace(b"region", b"regoin"))

    def test_six_columns_are_enough(self) -> None:
        data = b"unit,price,provider,observed_on,currency,accelerator\nhour,2.5,Me,2026-01-01,USD,H100\n"
        assert cells("own_quotes", data, "accelerator price_as_published unit_as_published") == [
            ("H100", "2.5", "hour")
        ]
