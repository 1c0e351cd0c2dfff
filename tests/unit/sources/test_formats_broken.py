"""Every format against files that are not what they should be, and the samples that lie beside the project.

A reader refuses a file, or passes its rows on as they are printed; what a price may be is for the gates.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from contextlib import suppress
from io import BytesIO

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.formats import FORMATS
from pipelines.sources.formats.azure_retail import next_page
from pipelines.sources.formats.format import COLUMNS, LINE
from pipelines.sources.formats.reading import MAX_ENTRIES
from pipelines.sources.text import UnreadableError
from tests.unit.sources.feeds import ROOT, cells, fixture, frame, refusal, rows, sample, zipped

NAMES = sorted(FORMATS)
ZIPPED = [name for name in NAMES if FORMATS[name].suffix == ".zip"]
CSV = [name for name in NAMES if FORMATS[name].suffix == ".csv"]
JSON = [name for name in NAMES if FORMATS[name].suffix == ".json"]
HTML = b"<!DOCTYPE html>\n<html><body>Too many requests</body></html>\n"
ERROR = b'{"Error": {"Code": "ServiceUnavailable", "Message": "try later"}}'


def packed(name: str, content: bytes) -> bytes:
    """Content in the form the format is stored."""
    return zipped(content) if name in ZIPPED else content


def plain(name: str) -> bytes:
    """The small file of a format, unpacked."""
    data = fixture(name)
    if name in ZIPPED:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return archive.read(archive.namelist()[0])
    return data


def test_formats_are_named_by_their_modules() -> None:
    for name, known in FORMATS.items():
        assert known.name == name
        assert known.read.__module__ == f"pipelines.sources.formats.{name}"
        assert known.kind in COLUMNS


@pytest.mark.parametrize("name", NAMES)
class TestRefused:
    @pytest.mark.parametrize("content", [b"", b"\n", b"  \n\n ", b"\xef\xbb\xbf"])
    def test_empty(self, name: str, content: bytes) -> None:
        assert "empty" in refusal(name, packed(name, content))

    def test_a_web_page(self, name: str) -> None:
        assert "web page" in refusal(name, packed(name, HTML))

    def test_an_error_object_with_status_200(self, name: str) -> None:
        refusal(name, packed(name, ERROR))

    def test_a_web_page_where_an_archive_should_be(self, name: str) -> None:
        refusal(name, HTML)

    def test_another_encoding(self, name: str) -> None:
        assert "UTF-8" in refusal(name, packed(name, plain(name).decode().encode("utf-16")))
        assert "UTF-8" in refusal(name, packed(name, plain(name) + "é".encode("latin-1")))

    def test_cut_off_gzip(self, name: str) -> None:
        refusal(name, gzip.compress(plain(name))[:-12])

    def test_a_bomb_is_not_unpacked(self, name: str) -> None:
        bomb = packed(name, b"0" * 10**6) if name in ZIPPED else gzip.compress(b"0" * 10**6)
        assert "more than 1,000 bytes" in refusal(name, bomb, max_bytes=1000)

    def test_deep_nesting(self, name: str) -> None:
        refusal(name, packed(name, b"[" * 100_000))
        refusal(name, packed(name, b'{"a":' * 100_000))


class TestArchives:
    @pytest.mark.parametrize("name", ["../up.csv", "/root.csv", "a/../../b.csv", "C:/x.csv", "..\\up.csv"])
    def test_members_outside_the_archive(self, name: str) -> None:
        assert "outside" in refusal("gpuhunt_v3", zipped(plain("gpuhunt_v3"), name))

    def test_too_many_members(self) -> None:
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for number in range(MAX_ENTRIES + 1):
                file.writestr(f"{number}.txt", b"")
        assert "members" in refusal("gpuhunt_v3", archive.getvalue())

    def test_none_or_two_files(self) -> None:
        assert "one .csv file is wanted" in refusal("gpuhunt_v3", zipped(b"", "readme.txt"))
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("a.csv", plain("gpuhunt_v3"))
            file.writestr("b.csv", plain("gpuhunt_v3"))
        assert "a.csv, b.csv" in refusal("gpuhunt_v3", archive.getvalue())

    def test_damaged_content(self) -> None:
        data = bytearray(fixture("gpuhunt_v3"))
        data[len(data) // 3] ^= 0xFF
        assert "cannot be read" in refusal("gpuhunt_v3", bytes(data))


@pytest.mark.parametrize("name", [*CSV, *ZIPPED])
class TestTables:
    def test_a_header_alone_is_no_rows(self, name: str) -> None:
        lines = 6 if name == "aws_price_list" else 1
        header = b"\n".join(plain(name).split(b"\n")[:lines])
        assert frame(name, packed(name, header)).is_empty()
        assert frame(name, packed(name, header + b"\n")).is_empty()

    def test_windows_line_ends_and_a_byte_order_mark_change_nothing(self, name: str) -> None:
        content = b"\xef\xbb\xbf" + plain(name).removeprefix(b"\xef\xbb\xbf").replace(b"\n", b"\r\n")
        assert rows(name, packed(name, content)) == rows(name)

    def test_gzip_changes_nothing(self, name: str) -> None:
        assert rows(name, packed(name, gzip.compress(plain(name)))) == rows(name)

    def test_another_delimiter_is_refused(self, name: str) -> None:
        refusal(name, packed(name, plain(name).replace(b",", b";")))

    def test_a_row_with_more_cells_than_the_header_is_refused(self, name: str) -> None:
        for cells_beyond in (b"x," * 60, b"x" + b",x" * plain(name).splitlines()[-1].count(b",") + b",x"):
            refusal(name, packed(name, plain(name) + cells_beyond + b"\n"))

    def test_blank_lines_are_no_rows(self, name: str) -> None:
        assert rows(name, packed(name, plain(name) + b"\n\n")) == rows(name)

    def test_the_order_of_columns_does_not_matter(self, name: str) -> None:
        if name == "aws_price_list":
            pytest.skip("the file about the file stands before its table; the sample has another order")
        table = pl.read_csv(plain(name), infer_schema=False)
        turned = table.select(reversed(table.columns)).write_csv().encode()
        columns = [LINE, *COLUMNS[FORMATS[name].kind]]
        assert frame(name, packed(name, turned)).sort(columns).equals(frame(name).sort(columns))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *(
            ("skypilot_v8", column)
            for column in ("Price", "SpotPrice", "AcceleratorName", "AcceleratorCount", "Region")
        ),
        *(("gpuhunt_v3", column) for column in ("price", "gpu_count", "gpu_name", "spot")),
        *(
            ("aws_price_list", column)
            for column in ("PricePerUnit", "Tenancy", "CapacityStatus", "MarketOption", "GPU")
        ),
        *(("epoch_hardware_prices", column) for column in ("Price date", "Hardware model", "Price source")),
        ("skypilot_slurm", "PricePerAccelerator"),
        ("eia_table_9_8", "Month"),
        ("ecb_rates", "Date"),
        *(("own_quotes", column) for column in ("provider", "price", "currency", "unit", "observed_on")),
    ],
)
def test_a_renamed_column_is_named(name: str, column: str) -> None:
    content = plain(name).decode("utf-8-sig")
    lines = content.splitlines(keepends=True)
    header = 5 if name == "aws_price_list" else 0
    lines[header] = lines[header].replace(column, f"Other{column}", 1)
    assert f"missing column {column!r}" in refusal(name, packed(name, "".join(lines).encode()))


def test_a_column_that_stands_twice_is_named() -> None:
    data = fixture("skypilot_v8").replace(b"vCPUs", b"Price")
    assert "repeated column 'Price'" in refusal("skypilot_v8", data)


@pytest.mark.parametrize("name", JSON)
class TestJson:
    def test_cut_off_anywhere(self, name: str) -> None:
        data = fixture(name).rstrip()
        for end in range(1, len(data), max(1, len(data) // 40)):
            refusal(name, data[:end])

    @pytest.mark.parametrize("value", [b"null", b"3", b'"text"', b"[3]", b'[["a"]]', b'{"a": 3}', b"[[]]"])
    def test_another_shape(self, name: str, value: bytes) -> None:
        refusal(name, value)


@pytest.mark.parametrize("name", NAMES)
class TestAnyBytes:
    """Whatever the bytes, a frame in the common shape or an UnreadableError."""

    @staticmethod
    def outcome(name: str, data: bytes) -> None:
        with suppress(UnreadableError):
            frame(name, data)

    @given(data=st.binary(max_size=400))
    @settings(max_examples=60, deadline=None)
    @example(data=b"PK\x03\x04")
    @example(data=b"\x1f\x8b\x08")
    @example(data=b'a,b\n"\n')
    def test_arbitrary(self, name: str, data: bytes) -> None:
        self.outcome(name, data)
        self.outcome(name, packed(name, data))

    @given(place=st.floats(0, 1), patch=st.binary(max_size=6), cut=st.integers(0, 30))
    @settings(max_examples=60, deadline=None)
    def test_damaged(self, name: str, place: float, patch: bytes, cut: int) -> None:
        content = plain(name)
        start = int(place * len(content))
        self.outcome(name, packed(name, content[:start] + patch + content[start + cut :]))

    @given(cell=st.text(max_size=20), place=st.integers(0, 200))
    @settings(max_examples=60, deadline=None)
    def test_any_cell(self, name: str, cell: str, place: int) -> None:
        content = plain(name).decode("utf-8-sig")
        parts = content.split(",")
        parts[place % len(parts)] = cell
        self.outcome(name, packed(name, ",".join(parts).encode("utf-8", "surrogatepass")))


@given(data=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_the_next_page_of_any_bytes(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        next_page(data)


# ---- the samples beside the project


REAL = [
    ("skypilot_v8", "skypilot_v8_lambda_vms.csv", 11),
    ("skypilot_v8", "skypilot_v8_runpod_vms.csv", 18),
    ("skypilot_v8", "skypilot_v8_nebius_vms.csv", 11),
    ("skypilot_v8", "skypilot_v8_mithril_vms.csv", 8),
    ("skypilot_slurm", "skypilot_v8_slurm_pricing.csv", 2),
    ("gpuhunt_v3", "gpuhunt_v3_aws.csv", 4),
    ("azure_retail", "azure_retail_prices_page.json", 6),
    ("gcp_pricing_yml", "cyclenerd_pricing_2026-07-30.yml", 30),
    ("aws_price_list", "aws_pricelist_ec2_us-east-1_index.csv", 2),
    ("vantage_instances", "ec2instances_2017-11-12.json", 40),
    ("epoch_hardware_prices", "epoch_hardware_prices.csv", 50),
    ("fred", "fred_PCU518210518210_vintage_2024-08-27.csv", 19),
    ("fred", "fred_PCU518210518210_vintage_2025-06-20.csv", 29),
    ("fred", "fred_PCU518210518210_vintage_2025-07-30.csv", 30),
    ("eia_table_9_8", "eia_mer_table_9_8.csv", 85),
    ("ecb_rates", "ecb_eurofxref_hist.csv", 661),
    ("litellm", "litellm_cut.json", 16),
]


@pytest.mark.parametrize(("name", "file", "count"), REAL, ids=[file for _, file, _ in REAL])
def test_samples_are_read(name: str, file: str, count: int) -> None:
    assert frame(name, packed(name, sample(file))).height == count


def test_prices_of_samples_are_as_printed() -> None:
    terms = "sku region pricing_category price_as_published"
    assert ("gpu_8x_h100_sxm5", "us-west-1", "on_demand", "31.92") in cells(
        "skypilot_v8", sample("skypilot_v8_lambda_vms.csv"), terms
    )
    assert ("a3-highgpu-8g", "us-central1", "on_demand", "88.4899999025753") in cells(
        "gcp_pricing_yml", sample("cyclenerd_pricing_2026-07-30.yml"), terms
    )
    assert ("p5.48xlarge", "us-east-1", "on_demand", "55.0400000000") in cells(
        "aws_price_list", sample("aws_pricelist_ec2_us-east-1_index.csv"), terms
    )


PASSED_ON = [
    ("04_price_with_dollar_sign.csv", ["$16.36", "$31.92"]),
    ("06_price_in_cents.csv", ["1636", "3192"]),
    ("09_zero_price.csv", ["0.0"]),
    ("10_negative_price.csv", ["-31.92"]),
    ("11_nan_and_empty_price.csv", [None]),
    ("12_outlier_1000x.csv", ["31920"]),
    ("16_spot_above_on_demand.csv", ["18.0"]),
    ("17_bid_floor_as_price.csv", ["0.01", "0.08"]),
    ("37_column_order_changed.csv", ["31.92"]),
]


class TestBadSamples:
    """What the reader itself makes of each broken sample; the gates do the rest."""

    @pytest.mark.parametrize(("file", "prices"), PASSED_ON, ids=[file for file, _ in PASSED_ON])
    def test_prices_are_passed_on_as_printed(self, file: str, prices: list[str | None]) -> None:
        read = frame("skypilot_v8", sample(f"bad/{file}"))["price_as_published"].to_list()
        assert set(prices) <= set(read)

    @pytest.mark.parametrize(
        ("file", "reason"),
        [
            ("01_renamed_column.csv", "missing column 'Price'"),
            ("02_html_error_page.csv", "web page"),
            ("03_truncated.csv.gz", "cut off"),
            ("15_empty_file.csv", "empty"),
            ("23_bom_crlf_semicolon.csv", "not separated by commas"),
        ],
    )
    def test_files_that_are_refused(self, file: str, reason: str) -> None:
        assert reason in refusal("skypilot_v8", sample(f"bad/{file}"))

    def test_a_header_alone_is_no_rows(self) -> None:
        assert frame("skypilot_v8", sample("bad/14_header_only.csv")).is_empty()

    def test_columns_in_another_order_read_the_same(self) -> None:
        terms = "sku accelerator accelerator_count region price_as_published"
        assert set(cells("skypilot_v8", sample("bad/37_column_order_changed.csv"), terms)) <= set(
            cells("skypilot_v8", sample("skypilot_v8_lambda_vms.csv"), terms)
        )

    def test_names_and_counts_are_passed_on(self) -> None:
        unknown = frame("skypilot_v8", sample("bad/19_unknown_accelerator_and_rename.csv"))
        assert {"RTX PRO Server 6000", "H100-SXM5-80G"} <= set(unknown["accelerator_as_published"])
        assert "x8.0" in set(frame("skypilot_v8", sample("bad/22_count_as_text.csv"))["accelerator_count"])

    def test_memory_in_another_unit_is_flagged(self) -> None:
        read = frame("skypilot_v8", sample("bad/20_memory_unit_wrong.csv"))
        assert all("memory_unit_unclear" in flags for flags in read["flags"])
        assert set(read["accelerator_memory_gb"]) == {None}

    def test_indices(self) -> None:
        read = cells("fred", sample("bad/25_fred_missing_dot_values.csv"), "observed_on index_value")
        assert read == [("2025-04-01", "122.102"), ("2025-05-01", None), ("2025-06-01", None)]
        assert "'01/06/2025'" in refusal("fred", sample("bad/26_fred_old_header_and_dates.csv"))

    def test_pages(self) -> None:
        with pytest.raises(UnreadableError, match="NextPageLink"):
            next_page(sample("bad/28_azure_page_without_next_link_key.json"))
        reserved = rows("azure_retail", sample("bad/30_azure_reservation_total_with_hour_unit.json"))
        assert [(row["unit_as_published"], row["flags"]) for row in reserved] == [("term", "total_of_term")]
        future = rows("azure_retail", sample("bad/31_azure_future_effective_date.json"))
        assert [row["effective_from"] for row in future] == ["2027-01-01"]

    @pytest.mark.parametrize("file", ["34_truncated.json", "35_api_error_200.json"])
    def test_json_that_is_refused(self, file: str) -> None:
        refusal("azure_retail", sample(f"bad/{file}"))
        with pytest.raises(UnreadableError):
            next_page(sample(f"bad/{file}"))

    def test_a_price_by_the_million_is_passed_on(self) -> None:
        read = rows("litellm", sample("bad/32_litellm_price_per_million_instead_of_token.json"))
        assert read[0]["input_usd_per_million_tokens"] == "270000"

    def test_days_later_than_their_source(self) -> None:
        read = rows("epoch_hardware_prices", sample("bad/39_vendor_history_date_before_product.csv"))
        assert [row["flags"] for row in read] == ["price_date_after_source_date", "no_source;no_date;no_price"]


def test_the_yaml_of_genai_prices_shows_the_fields_that_are_read() -> None:
    """The sample is the file a page of data.json is made from: the same keys, read as JSON."""
    import yaml

    models = yaml.load(sample("genai_prices_deepseek.yml"), Loader=yaml.BaseLoader)["models"]  # noqa: S506  # all text
    read = rows("genai_prices", json.dumps([{"id": "deepseek", "models": models}]).encode())
    pro = next(row for row in read if row["model_as_published"] == "deepseek-v4-pro")
    assert pro["cached_input_usd_per_million_tokens"] == "0.003625"
    timed = [row.get("condition") for row in read if row["model_as_published"] == "deepseek-chat"]
    assert timed == ["default; other entries apply under a constraint", "daily 00:30:00Z to 16:30:00Z"]


LABELLED = [(name, file) for name, file, _ in REAL if FORMATS[name].kind == "accelerator_prices"]


@pytest.mark.parametrize(("name", "file"), LABELLED, ids=[file for _, file in LABELLED])
def test_names_of_real_files_are_in_the_map(name: str, file: str) -> None:
    """What a feed calls an accelerator leads to hardware, or to the word that there is none."""
    label = ["accelerator", "accelerator_memory_gb", "form_factor"]
    known = pl.read_csv(ROOT / "data" / "reference" / "accelerator_map.csv", infer_schema=False)
    read = frame(name, packed(name, sample(file))).filter(pl.col("price_as_published").is_not_null())
    unknown = read.join(known, on=label, how="anti", nulls_equal=True).select(label).unique().rows()
    assert unknown == []
