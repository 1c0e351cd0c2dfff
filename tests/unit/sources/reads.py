"""Rows of feeds and rules to judge them by, for tests of the gates and the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl

from pipelines.sources.formats.format import COLUMNS, LINE
from pipelines.sources.gates import HOURLY, LABEL, SINGLE_PRICE, Rules
from pipelines.sources.price_log import Folded, State, fold
from pipelines.sources.unit_prices import EXACT

KIND = "accelerator_prices"
START = datetime(2026, 11, 1, 6, tzinfo=UTC)

LIMITS = {
    "file_rows_low_ratio": 0.7,
    "median_least_lines": 5,
    "median_move_factor": 1.5,
    "jump_factor": 1.5,
    "agreement_ratio": 0.02,
    "hold_hours": 1,
    "corroboration_days": 30,
    "known_observation_move_ratio": 0.1,
    "token_price_high_usd_per_million_tokens": 1000,
}


def row(**cells: str | None) -> dict[str, str | None]:
    """A row of accelerator prices: eight H100 for 24 USD an hour, but for what is given."""
    usual = {
        "provider": "Lambda",
        "sku": "gpu_8x_h100",
        "accelerator": "H100",
        "accelerator_count": "8",
        "region": "us-east-1",
        "pricing_category": "on_demand",
        "price_scope": "instance",
        "host_included": "yes",
        "currency": "USD",
        "unit_as_published": "hour",
        "accelerator_as_published": "H100",
        "price_as_published": "24.00",
    }
    return {**usual, **cells}


def rows(*given: Mapping[str, str | None], kind: str = KIND) -> pl.DataFrame:
    """Rows as a reader gives them."""
    return pl.DataFrame(
        [{LINE: number, **dict.fromkeys(COLUMNS[kind]), **cells} for number, cells in enumerate(given, start=2)],
        schema={LINE: pl.Int64, **dict.fromkeys(COLUMNS[kind], pl.String)},
    )


def priced(*prices: str, **cells: str | None) -> pl.DataFrame:
    """One row a price, each a product of its own."""
    return rows(*(row(sku=f"sku-{number}", price_as_published=price, **cells) for number, price in enumerate(prices)))


def bounds(*given: tuple[str | None, str | None, str | None, str, str]) -> pl.DataFrame:
    """Bounds of rent: accelerator, category, company, floor, ceiling."""
    return pl.DataFrame(
        [
            {
                "accelerator": accelerator,
                "pricing_category": category,
                "company": company,
                "floor_usd_per_gpu_hour": Decimal(low),
                "ceiling_usd_per_gpu_hour": Decimal(high),
                "floor_usd_per_gpu": Decimal(15),
                "ceiling_usd_per_gpu": Decimal(500000),
            }
            for accelerator, category, company, low, high in given
        ],
        schema={
            **dict.fromkeys(("accelerator", "pricing_category", "company"), pl.String),
            **dict.fromkeys(
                ("floor_usd_per_gpu_hour", "ceiling_usd_per_gpu_hour", "floor_usd_per_gpu", "ceiling_usd_per_gpu"),
                EXACT,
            ),
        },
    )


def rules(**parts: pl.DataFrame) -> Rules:
    """Rules of a small world; `parts` stand in place of its own."""
    usual = {
        "bounds": bounds((None, None, None, "0.02", "100"), ("H100", None, None, "0.4", "46")),
        "rates": pl.DataFrame(
            {"currency": ["CNY"], "exchange_rate_on": [date(2026, 10, 1)], "exchange_rate": [Decimal("7")]},
            schema={"currency": pl.String, "exchange_rate_on": pl.Date, "exchange_rate": EXACT},
        ),
        "accelerators": pl.DataFrame(
            [
                ("H100", None, None, "h100-sxm", date(2022, 3, 22), "H100"),
                ("EC2 p5", None, None, "h100-sxm", date(2022, 3, 22), "H100"),
            ],
            schema={
                **dict.fromkeys((*LABEL, "hardware_id"), pl.String),
                "released_on": pl.Date,
                "known_chip": pl.String,
            },
            orient="row",
        ),
        "companies": pl.DataFrame(
            [("lambdalabs", "Lambda")],
            schema={"provider_as_published": pl.String, "company": pl.String},
            orient="row",
        ),
        "counts": pl.DataFrame(schema={"company": pl.String, "sku_key": pl.String, "known_count": EXACT}),
        "evidence": evidence(),
    }
    return Rules(limits=LIMITS, **{**usual, **parts})


def evidence(*given: tuple[str, str, date]) -> pl.DataFrame:
    """On-demand prices of an H100 from elsewhere: company, price of an hour, day."""
    return pl.DataFrame(
        [(company, "h100-sxm", "on_demand", Decimal(price), None, day) for company, price, day in given],
        schema={
            **dict.fromkeys(("company", "hardware_id", "pricing_category"), pl.String),
            HOURLY: EXACT,
            SINGLE_PRICE: EXACT,
            "observed_on": pl.Date,
        },
        orient="row",
    )


def after(state: State, folded: Folded) -> State:
    """The state that a read leaves behind."""
    if folded.status == "refused":
        return state
    held = folded.set_aside.filter(pl.col("held") == "yes")
    return State(pl.concat([state.log, folded.events]), held, folded.row_count)


class Feed:
    """A feed that is read again and again, a day apart."""

    def __init__(self, **parts: pl.DataFrame) -> None:
        """Start with nothing read."""
        from pipelines.sources.price_log import new_state

        self.state, self.moment, self.rules = new_state(), START, rules(**parts)

    def read(self, given: pl.DataFrame, *, hours: float = 24, accept: bool = False, is_history: bool = False) -> Folded:
        """Fold the next read, `hours` after the one before."""
        folded = fold(
            "a-feed",
            self.state,
            given,
            self.moment,
            self.moment.strftime("%Y-%m-%dT%H-%M-%SZ"),
            self.rules,
            is_accepted=accept,
            is_history=is_history,
        )
        self.state = after(self.state, folded)
        self.moment += timedelta(hours=hours)
        return folded
