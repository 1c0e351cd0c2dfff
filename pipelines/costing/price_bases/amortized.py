"""`amortized`: hours x what an hour uses up of the hardware, with its interconnect and its energy.

An accelerator with its share of the server is worth its purchase quote, less the price-performance trend from the day
of the quote to the start; an hour of use takes the trend's share of that value. Source: arXiv 2405.21015, with the
quotes of `purchase` in place of list prices by family (docs/methods.md, amortized).
"""

from __future__ import annotations

import math

import polars as pl

from pipelines.contracts.types import UNIT_PRICE
from pipelines.costing.constants import Constants
from pipelines.costing.electricity import price_of_runs
from pipelines.costing.intervals import Range, named, product, total
from pipelines.costing.market import price_ends
from pipelines.costing.power import drawn_kw
from pipelines.costing.price_bases.basis import NEVER_IN, PriceBasis, Pricing, price_columns
from pipelines.costing.purchases import sight_of_offers
from pipelines.costing.runs import flagged

HOURS_PER_YEAR, DAYS_PER_YEAR = 8766, 365.25
PARTS = ("accelerators", "servers", "interconnect", "energy")
"""Members of vocabulary.COST_COMPONENT; each is columns `<part>_mid`, `_low`, `_high` of `parts`."""


def used_up_per_hour(constants: Constants, years: pl.Expr) -> Range:
    """Share of the price of `years` ago that one hour takes: what is left of the price, times its decline in an hour.

    The trend is in orders of magnitude a year: left = 10^(-trend x years), decline = trend x ln 10 / hours of a year.
    """
    trend = constants.range("price_performance_trend_per_year")
    mid, *ends = (used_up_at(value, years) for value in _ends(trend))
    return Range(mid, pl.min_horizontal(mid, *ends), pl.max_horizontal(mid, *ends))


def used_up_at(trend: pl.Expr, years: pl.Expr) -> pl.Expr:
    """The same at a trend."""
    return (-trend * years * math.log(10)).exp() * trend * math.log(10) / HOURS_PER_YEAR


def years_until_start() -> pl.Expr:
    """Age of the quote at the start of the run; none of a later one."""
    return (pl.col("started_on") - pl.col("observed_on")).dt.total_days().clip(lower_bound=0) / DAYS_PER_YEAR


def parts(pricing: Pricing) -> pl.LazyFrame:
    """What an accelerator-hour of each run costs, part by part.

    Of the quotes nearest to the start those that cover a server are taken; bare cards, with a usual share of a server
    added, only where there are no others. A quote after the start loses nothing to the trend.

    Args:
        pricing: runs, quotes, hardware, electricity and constants.

    Returns:
        A row for each run with a purchase quote: phase_id, the parts and hourly_mid, hourly_low, hourly_high (USD per
        GPU-hour), quote_id, source_id, observed_on, quote_count, observation_id and electricity_source_id of the
        energy, and flags.
    """
    constants = pricing.constants
    share = constants.range("interconnect_share_ratio")
    cluster = Range(*(1 / (1 - end) for end in (share.mid, share.low, share.high)))
    quote, server, used = named("quote"), named("server"), named("used")
    worth = product(quote, server, used)
    on_cards = Range(server.mid - 1, server.low - 1, server.high - 1)
    added_network = Range(cluster.mid - 1, cluster.low - 1, cluster.high - 1)
    is_bare = server.mid > 1
    nothing = Range(pl.lit(0.0), pl.lit(0.0), pl.lit(0.0))
    on_servers = product(quote, used, Range(*(pl.when(is_bare).then(end) for end in _ends(on_cards))))
    servers = Range(*(part.fill_null(none) for part, none in zip(_ends(on_servers), _ends(nothing), strict=True)))
    return (
        _with_power(_offer(pricing), pricing)
        .with_columns(used_up_per_hour(constants, years_until_start()).columns("used"))
        .with_columns(
            *product(quote, used).columns("accelerators"),
            *servers.columns("servers"),
            *product(worth, added_network).columns("interconnect"),
            *product(worth, cluster).columns("hardware"),
        )
        .with_columns(_energy(constants).columns("energy"))
        .with_columns(total(named("hardware"), named("energy")).columns("hourly"))
    )


def _ends(figures: Range) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return figures.mid, figures.low, figures.high


def _offer(pricing: Pricing) -> pl.LazyFrame:
    """One price of an accelerator for each run, from its nearest quotes: quote_mid, _low, _high and what it covers.

    A quote of another day than the start is aged to it; only of a later day is nothing known but what came after.
    """
    offers = pricing.offers.lazy()
    has_server = pl.col("covers_server").any().over("phase_id")
    low, high = (pl.col(f"unit_price_{end}").cast(pl.Float64) for end in ("low", "high"))
    return (
        offers.filter(pl.col("covers_server") | ~has_server)
        .with_columns(*price_ends(pricing.constants, by=["phase_id"]))
        .with_columns((low * high).sqrt().alias("quote_mid"), low.alias("quote_low"), high.alias("quote_high"))
        .with_columns(*_of_its_day(pricing.constants))
        .with_columns(pl.len().over("phase_id").cast(pl.Int64).alias("quote_count"))
        .unique("phase_id", keep="first", maintain_order=True)
    )


def _of_its_day(constants: Constants) -> tuple[pl.Expr, pl.Expr]:
    """quote_low and quote_high; where the quote is an estimate or later than the start, at least the usual width."""
    is_assumed = (pl.col("is_later") | pl.col("is_estimate")).any().over("phase_id")
    low, high = (
        pl.col("quote_mid") * constants.range(f"price_width_{end}_ratio", pl.col("hardware_id")).mid
        for end in ("low", "high")
    )
    return (
        pl.when(is_assumed).then(pl.min_horizontal("quote_low", low)).otherwise("quote_low").alias("quote_low"),
        pl.when(is_assumed).then(pl.max_horizontal("quote_high", high)).otherwise("quote_high").alias("quote_high"),
    )


def _with_power(offer: pl.LazyFrame, pricing: Pricing) -> pl.LazyFrame:
    """The offers with the power drawn, the electricity price, and flags."""
    asked = pricing.runs.select("country", "started_on").unique()
    drawn = drawn_kw(pricing.constants, pl.col("tdp_w"), pl.col("hardware_id"), pl.col("developer"))
    has_energy = pl.col("tdp_w").is_not_null() & pl.col("price_usd_per_kwh").is_not_null()
    return (
        offer.join(pricing.hardware.select("hardware_id", "tdp_w"), on="hardware_id", how="left")
        .join(price_of_runs(asked, pricing.electricity, pricing.constants), on=["country", "started_on"], how="left")
        .with_columns(
            *drawn.columns("drawn_kw"),
            pl.when(has_energy).then("observation_id").alias("observation_id"),
            flagged(
                later_price=pl.col("is_later"),
                estimated_price=pl.col("is_estimate"),
                server_overhead_added=~pl.col("covers_server"),
                assumed_country=has_energy & pl.col("is_country_assumed"),
                assumed_energy=~has_energy,
                assumed_electricity_price=has_energy & pl.col("is_stand_in"),
                stale_electricity_price=has_energy & pl.col("is_stale"),
            ).alias("flags"),
        )
    )


def _energy(constants: Constants) -> Range:
    """Energy of an hour: power x price; where either is unknown, the usual share of the whole."""
    ratios = [constants[f"electricity_price_width_{end}_ratio"] for end in ("low", "high")]
    price = pl.col("price_usd_per_kwh")
    measured = product(named("drawn_kw"), Range(price, price * ratios[0], price * ratios[1]))
    share, hardware = constants.range("energy_share_ratio"), named("hardware")
    beside = Range(*(end / (1 - end) for end in _ends(share)))
    usual = product(hardware, beside)
    return Range(*(pl.coalesce(known, assumed) for known, assumed in zip(_ends(measured), _ends(usual), strict=True)))


def price(pricing: Pricing) -> pl.LazyFrame:
    """What an accelerator-hour of each run costs (PRICE_COLUMNS, USD per GPU-hour)."""
    return price_columns(
        parts(pricing).select(
            "phase_id",
            *(
                pl.col(f"hourly_{end}").round(UNIT_PRICE.scale).cast(UNIT_PRICE).alias(name)
                for end, name in (("mid", "unit_price"), ("low", "unit_price_low"), ("high", "unit_price_high"))
            ),
            "quote_id",
            pl.col("source_id").alias("price_source_id"),
            pl.col("observed_on").alias("price_observed_on"),
            pl.col("quote_count").alias("price_quote_count"),
            pl.col("flags").alias("price_flags"),
        )
    )


def sees(pricing: Pricing) -> pl.LazyFrame:
    """The offers `purchase` can look at, the power of the accelerator and the electricity price."""
    asked = pricing.runs.select("country", "started_on").unique()
    electricity = price_of_runs(asked, pricing.electricity, pricing.constants)
    names = pl.exclude("phase_id", "hardware_id", "country", "started_on")
    return (
        pricing.runs.select("phase_id", "hardware_id", "country", "started_on")
        .join(sight_of_offers(pricing.runs, pricing.quotes, pricing.hardware), on="phase_id", how="left")
        .join(pricing.hardware.select("hardware_id", "tdp_w"), on="hardware_id", how="left")
        .join(electricity, on=["country", "started_on"], how="left")
        .select("phase_id", pl.struct(names).hash().alias("seen"))
    )


BASIS = PriceBasis("amortized", price, sees=sees, leaves_out=(*NEVER_IN, "idle_hardware", "buildings"))
