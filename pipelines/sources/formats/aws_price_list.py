"""AWS price list of EC2 in one region, CSV: five lines about the file, then the header, prices as text.

Only what one would rent: shared tenancy, Linux, used capacity, on demand, nothing installed; other rows are zero,
dearer by a tenth, or a licence. Reservations have a row for what is paid at the start (unit Quantity: the term) and
one for the hours. Convertible ones are left out. The file does not name the accelerator; the machine's
family (`EC2 p5`) stands for it.
"""

from __future__ import annotations

import polars as pl

from pipelines.sources.formats.format import LINE, Feed, Format
from pipelines.sources.formats.reading import DATE, flag, flags_of, read_table, shaped, whole

KIND = "accelerator_prices"
LINES_BEFORE_HEADER = 5
WANTED = {
    "Tenancy": "Shared",
    "Operating System": "Linux",
    "CapacityStatus": "Used",
    "Pre Installed S/W": "NA",
    "MarketOption": "OnDemand",
}
NEEDED = (
    *WANTED,
    "TermType",
    "EffectiveDate",
    "Unit",
    "PricePerUnit",
    "Currency",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "Instance Type",
    "GPU",
    "Region Code",
)
FAMILY = "Instance Family"
ACCELERATED = r"(?i)gpu|machine learning"
MACHINE = r"^([^.]+)"
"""`p5.48xlarge` is of family p5, and a family has one accelerator."""
PAYMENT = {"No Upfront": "noUpfront", "Partial Upfront": "partialUpfront", "All Upfront": "allUpfront"}


def read(data: bytes, feed: Feed) -> pl.DataFrame:
    """Rows of accelerator_prices: on demand and reserved, of machines with accelerators."""
    table = read_table(data, feed, NEEDED, skip=LINES_BEFORE_HEADER)
    if FAMILY not in table.collect_schema():
        table = table.with_columns(pl.lit(None, pl.String).alias(FAMILY))
    count = pl.col("GPU").str.extract(r"^(\d+(?:\.\d+)?)$")
    has_count = count.str.contains("[1-9]").fill_null(value=False)
    is_accelerated = has_count | pl.col(FAMILY).str.contains(ACCELERATED).fill_null(value=False)
    is_reserved = pl.col("TermType") == "Reserved"
    is_plain = pl.all_horizontal(pl.col(name) == value for name, value in WANTED.items())
    is_convertible = is_reserved & (pl.col("OfferingClass") == "convertible").fill_null(value=False)
    rented = table.select(LINE, *NEEDED, FAMILY).filter(
        is_plain & is_accelerated & pl.col("Instance Type").is_not_null() & ~is_convertible
    )
    years = pl.col("LeaseContractLength").str.extract(r"^(\d) ?yr$")
    paid = pl.col("PurchaseOption").replace_strict(PAYMENT, default=pl.col("PurchaseOption"))
    return shaped(
        rented.select(
            LINE,
            pl.lit(feed.provider or "AWS").alias("provider"),
            pl.col("Instance Type").alias("sku"),
            pl.concat_str(pl.lit("EC2 "), pl.col("Instance Type").str.extract(MACHINE)).alias("accelerator"),
            pl.when(has_count).then(whole(count)).alias("accelerator_count"),
            pl.col("Region Code").alias("region"),
            pl.when(is_reserved)
            .then(pl.format("reserved_{}y", years))
            .when(pl.col("TermType") == "OnDemand")
            .then(pl.lit("on_demand"))
            .alias("pricing_category"),
            pl.when(is_reserved).then(paid).alias("commitment_payment"),
            pl.lit("shared").alias("tenancy"),
            pl.lit("linux").alias("operating_system"),
            pl.lit("instance").alias("price_scope"),
            pl.lit("yes").alias("host_included"),
            pl.col("Currency").alias("currency"),
            pl.col("Unit").replace({"Hrs": "hour", "Quantity": "term"}).alias("unit_as_published"),
            pl.col("PricePerUnit").alias("price_as_published"),
            pl.coalesce(pl.col("EffectiveDate").str.extract(DATE), "EffectiveDate").alias("effective_from"),
            flags_of(
                flag("part_of_price", is_reserved & _is_part(paid)),
                flag("total_of_term", is_reserved & (pl.col("Unit") == "Quantity")),
                flag("accelerator_count_not_stated", ~has_count),
            ).alias("flags"),
        ),
        KIND,
    )


def _is_part(paid: pl.Expr) -> pl.Expr:
    """What is paid at the start or by the hour alone: the hours of a reservation paid at the start are zero."""
    return (paid == "partialUpfront") | ((paid == "allUpfront") & (pl.col("Unit") == "Hrs"))


FORMAT = Format("aws_price_list", KIND, ".csv", read)
