"""Prices of `cottier-2024`: one list price a family of chips for ever, and a rental price found vendor by vendor."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.epoch_inputs import dollars
from pipelines.costing.constants import Constants
from pipelines.costing.epoch_faults import is_outlier
from pipelines.costing.methods.rules import Rules

DGX, SINGLE_UNIT, TPU = "DGX", "single-unit", "TPU"
TERMS = {
    "committed_3y_usd_per_gpu_hour": "3y",
    "committed_1y_usd_per_gpu_hour": "1y",
    "on_demand_usd_per_gpu_hour": None,
}
"""Kinds of price in the order in which they are tried, with the length of their commitment."""


def list_prices(
    runs: pl.LazyFrame, prices: pl.LazyFrame, listed: pl.LazyFrame, constants: Constants, rules: Rules
) -> pl.LazyFrame:
    """The purchase price of one chip with its share of a server, and from when on it can be had.

    Args:
        runs: has chip and its released_on.
        prices: staging.epoch__hardware_prices.
        listed: staging.epoch__hardware: a price of a chip that is not in it is left out.
        constants: of the method.
        rules: of the method.

    Returns:
        A row for each chip that has one: chip, list_price_usd_per_gpu, server_overhead_ratio, available_on,
        price_observed_on (absent for TPUs), price_hardware_name, price_url, has_emptied_price,
        has_unlisted_price, is_outlier_price, is_unlike_family.
    """
    chips = runs.filter(pl.col("chip").is_not_null()).select("chip", "released_on").unique("chip", maintain_order=True)
    overhead = rules.first_part_of(chips, "chip", "server_overhead").select(
        "chip", pl.col("value").alias("server_overhead_ratio")
    )
    usual = constants["usual_server_overhead_ratio"]
    known = chips.join(overhead, on="chip", how="left").with_columns(pl.col("server_overhead_ratio").fill_null(usual))
    named_tpu = pl.col("chip").str.contains(TPU, literal=True)
    return pl.concat(
        [
            _gpu_prices(known.filter(~named_tpu), _marked(prices, listed), constants, rules),
            _tpu_prices(known.filter(named_tpu), rules),
        ],
        how="diagonal",
    )


def _marked(prices: pl.LazyFrame, listed: pl.LazyFrame) -> pl.LazyFrame:
    """Prices with is_unlisted: the table of chips does not have the chip. Its release prices stand below, undated."""
    names = listed.select(
        pl.col("hardware_name").str.strip_chars().alias("listed_name"), pl.lit(value=False).alias("no")
    )
    trimmed = prices.with_columns(pl.col("hardware_name").str.strip_chars().alias("listed_name"))
    marked = (
        trimmed.join(names.unique(), on="listed_name", how="left", maintain_order="left")
        .with_columns(pl.col("no").fill_null(value=True).alias("is_unlisted"))
        .drop("listed_name", "no")
    )
    at_release = listed.select(
        "hardware_name",
        dollars("release_price").alias("purchase_usd_per_gpu"),
        pl.lit([], pl.List(pl.String)).alias("set_aside_cells"),
        pl.lit(value=False).alias("is_unlisted"),
    )
    return pl.concat([marked, at_release.filter(pl.col("purchase_usd_per_gpu").is_not_null())], how="diagonal")


def _gpu_prices(chips: pl.LazyFrame, prices: pl.LazyFrame, constants: Constants, rules: Rules) -> pl.LazyFrame:
    """Of the family's purchase prices, by date, the first whose note says DGX, else the earliest."""
    families = rules.first_part_of(chips, "chip", "purchase_family").select("chip", pl.col("subject").alias("family"))
    in_family = (
        families.select("family")
        .unique()
        .join(prices, how="cross")
        .filter(pl.col("hardware_name").str.contains(pl.col("family"), literal=True))
    )
    emptied = pl.col("set_aside_cells").list.set_intersection(["purchase_usd_per_gpu", "priced_on"]).list.len() > 0
    note = pl.col("note").fill_null("")
    is_price = pl.col("purchase_usd_per_gpu").is_not_null() & pl.col("priced_on").is_not_null()
    doubts = in_family.group_by("family").agg(
        emptied.any().alias("has_emptied_price"), (is_price & pl.col("is_unlisted")).any().alias("has_unlisted_price")
    )
    chosen = (
        in_family.filter(~pl.col("is_unlisted"))
        .with_columns(is_outlier("purchase_usd_per_gpu", "family").alias("is_outlier_price"))
        .filter(is_price)
        .with_columns(note.str.contains(DGX, literal=True).alias("is_dgx"))
        .sort("is_dgx", "priced_on", "line", descending=[True, False, False])
        .unique("family", keep="first", maintain_order=True)
        .select(
            "family",
            "purchase_usd_per_gpu",
            "is_outlier_price",
            note.str.to_lowercase().str.contains(SINGLE_UNIT, literal=True).alias("is_single_unit"),
            pl.col("priced_on").alias("price_observed_on"),
            pl.col("hardware_name").alias("price_hardware_name"),
            pl.col("url").alias("price_url"),
        )
    )
    delay = f"{int(constants['availability_delay_days'])}d"
    whole_word = pl.concat_str(pl.lit(r"(^|[^A-Za-z0-9])"), "family", pl.lit(r"([^A-Za-z0-9]|$)"))
    price = pl.col("purchase_usd_per_gpu")
    return (
        chips.join(families, on="chip", how="inner")
        .join(chosen, on="family", how="inner")
        .join(doubts, on="family", how="left")
        .select(
            "chip",
            "server_overhead_ratio",
            pl.when("is_single_unit")
            .then(price * pl.col("server_overhead_ratio"))
            .otherwise(price)
            .alias("list_price_usd_per_gpu"),
            pl.max_horizontal("price_observed_on", pl.col("released_on").dt.offset_by(delay)).alias("available_on"),
            "price_observed_on",
            "price_hardware_name",
            "price_url",
            "has_emptied_price",
            "has_unlisted_price",
            "is_outlier_price",
            (~pl.col("chip").str.contains(whole_word)).alias("is_unlike_family"),
        )
    )


def _tpu_prices(chips: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Prices of chips that are not sold, as the method estimates them; they can be had from their release on."""
    told = rules.of("tpu_list_price").select(pl.col("subject").alias("chip"), pl.col("value").alias("told"))
    return chips.join(told, on="chip", how="inner").select(
        "chip",
        "server_overhead_ratio",
        (pl.col("told") * pl.col("server_overhead_ratio")).alias("list_price_usd_per_gpu"),
        pl.col("released_on").alias("available_on"),
    )


def rental_prices(runs: pl.LazyFrame, prices: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The price of a chip-hour at three-year terms, as the method looks it up.

    Kinds of price are tried in order, inside a kind the vendors: for each the nearest row on or before the day the
    hardware was chosen, else the nearest later one; an empty cell in that row ends the try. A row without a day is no
    row of its vendor.

    Args:
        runs: has model_name, developer, chip and acquired_on.
        prices: staging.epoch__hardware_prices.
        rules: of the method.

    Returns:
        A row for each run that has one: model_name, method_price_usd_per_gpu_hour, quoted_usd_per_gpu_hour,
        commitment, price_vendor, price_hardware_name, price_observed_on, price_url, is_outlier_price,
        has_emptied_price.
    """
    offers = prices.filter(pl.col("price_vendor").is_not_null()).with_columns(
        pl.col("hardware_name").str.strip_chars().alias("price_hardware_name"),
        pl.col("price_vendor").str.strip_chars(),
        *(is_outlier(name, "hardware_name").alias(f"is_outlier_{name}") for name in TERMS),
    )
    dated = offers.filter(pl.col("priced_on").is_not_null())
    wait = (pl.col("priced_on") - pl.col("acquired_on")).dt.total_days()
    candidates = _candidates(runs, dated, rules).collect().lazy()
    nearest = (
        candidates.with_columns((wait > 0).alias("is_later"), wait.abs().alias("distance"))
        .sort("is_later", "distance", "line")
        .unique(["model_name", "place"], keep="first", maintain_order=True)
        .collect()
        .lazy()
    )
    emptied = pl.col("set_aside_cells").list.set_intersection([*TERMS, "priced_on"]).list.len() > 0
    in_question = pl.concat([candidates, _candidates(runs, offers, rules)], how="diagonal")
    doubtful = in_question.group_by("model_name").agg(emptied.any().alias("has_emptied_price"))
    return (
        pl.concat([_at_three_years(nearest, name, rules) for name in TERMS])
        .sort("kind", "place")
        .unique("model_name", keep="first", maintain_order=True)
        .join(doubtful, on="model_name", how="left")
        .drop("kind", "place")
    )


def _candidates(runs: pl.LazyFrame, offers: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The rows that may price each run: of every vendor those of the first chip that it has any row of."""
    stand_ins = _stand_ins(runs, offers, rules)
    asked = _vendors(runs, offers, rules).join(stand_ins, on=["chip", "price_vendor"], how="inner")
    return asked.join(offers, on=["price_vendor", "price_hardware_name"], how="inner")


def _vendors(runs: pl.LazyFrame, offers: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """The vendors each run is tried with, in order: the own one, the known, then as the price table names them."""
    order = rules.of("vendor_order").select(
        pl.col("subject").alias("price_vendor"), "rule_position", pl.lit(0).alias("rank")
    )
    default = order.select(pl.col("price_vendor").first().alias("default_vendor"))
    only = order.select(pl.col("price_vendor").last().alias("tpu_vendor"))
    others = (
        offers.select("price_vendor", pl.col("line").cast(pl.Int64).alias("rule_position"))
        .unique("price_vendor", keep="first", maintain_order=True)
        .join(order, on="price_vendor", how="anti")
        .with_columns(pl.lit(1).alias("rank"))
    )
    own = _own_vendors(runs, rules)
    named_tpu = pl.col("chip").str.contains(TPU, literal=True)
    return (
        runs.filter(pl.col("chip").is_not_null())
        .select("model_name", "developer", "chip", "acquired_on")
        .join(own, on="developer", how="left")
        .join(default, how="cross")
        .join(only, how="cross")
        .with_columns(pl.coalesce("own_vendor", "default_vendor").alias("own_vendor"))
        .join(pl.concat([order, others]), how="cross")
        .filter(~named_tpu | (pl.col("price_vendor") == pl.col("tpu_vendor")))
        .with_columns(pl.struct(pl.col("price_vendor") != pl.col("own_vendor"), "rank", "rule_position").alias("place"))
        .select("model_name", "chip", "acquired_on", "price_vendor", "place")
    )


def _own_vendors(runs: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Whose cloud each developer rents: of its organizations the last that a rule names decides."""
    return (
        runs.select("developer")
        .unique()
        .with_columns(pl.col("developer").str.to_lowercase().str.split(",").alias("organization"))
        .with_columns(pl.int_ranges(pl.col("organization").list.len()).alias("number"))
        .explode("organization", "number")
        .join(rules.of("cloud_vendor"), how="cross")
        .filter(pl.col("organization").str.contains(pl.col("subject"), literal=True))
        .sort("number", "rule_position", descending=[True, False])
        .unique("developer", keep="first", maintain_order=True)
        .select("developer", pl.col("outcome").alias("own_vendor"))
    )


def _stand_ins(runs: pl.LazyFrame, offers: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Whose rows price a chip at each vendor: its own, else the family's name, else the first member that has any."""
    chips = runs.filter(pl.col("chip").is_not_null()).select("chip").unique()
    members = rules.of("rental_family").select(
        pl.col("subject").alias("member"), pl.col("outcome").alias("family"), pl.col("rule_position") + 1
    )
    family = chips.join(members, left_on="chip", right_on="member", how="inner").select("chip", "family")
    candidates = pl.concat(
        [
            chips.select(
                "chip", pl.col("chip").alias("price_hardware_name"), pl.lit(0, pl.Int64).alias("rule_position")
            ),
            family.select(
                "chip", pl.col("family").alias("price_hardware_name"), pl.lit(1, pl.Int64).alias("rule_position")
            ),
            family.join(members, on="family").select(
                "chip", pl.col("member").alias("price_hardware_name"), "rule_position"
            ),
        ]
    )
    return (
        candidates.join(offers.select("price_vendor", "price_hardware_name").unique(), on="price_hardware_name")
        .sort("rule_position")
        .unique(["chip", "price_vendor"], keep="first", maintain_order=True)
        .drop("rule_position")
    )


def _at_three_years(nearest: pl.LazyFrame, name: str, rules: Rules) -> pl.LazyFrame:
    """Prices of one kind, turned into three-year terms by the vendor's discounts; without them there is none."""
    term = TERMS[name]
    discounts = {
        years: rules.of(f"discount_{years}").select(
            pl.col("subject").alias("price_vendor"), pl.col("value").alias(years)
        )
        for years in ("1y", "3y")
    }
    factor = {
        "3y": pl.lit(1),
        "1y": (1 - pl.col("3y")) / (1 - pl.col("1y")),
        None: 1 - pl.col("3y"),
    }[term]
    return (
        nearest.filter(pl.col(name).is_not_null())
        .join(discounts["1y"], on="price_vendor", how="left")
        .join(discounts["3y"], on="price_vendor", how="left")
        .select(
            "model_name",
            "place",
            pl.lit(list(TERMS).index(name)).alias("kind"),
            pl.col(name).alias("quoted_usd_per_gpu_hour"),
            (pl.col(name) * factor).alias("method_price_usd_per_gpu_hour"),
            pl.lit(term, pl.String).alias("commitment"),
            "price_vendor",
            "price_hardware_name",
            pl.col("priced_on").alias("price_observed_on"),
            pl.col("url").alias("price_url"),
            pl.col(f"is_outlier_{name}").alias("is_outlier_price"),
        )
        .filter(pl.col("method_price_usd_per_gpu_hour").is_not_null())
    )
