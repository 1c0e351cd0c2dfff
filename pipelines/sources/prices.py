"""`data/prices/`: dated quotes, rates and indices, one CSV file a table, append only."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.source import Reading, ReadingBuilder, Source
from pipelines.sources.tables import read_table

FOLDER = "prices"
TABLES = (
    "rental_quotes",
    "purchase_quotes",
    "token_prices",
    "exchange_rates",
    "price_index",
    "electricity_prices",
)


def read(folder: Path) -> Reading:
    """Every row of every file of `data/prices/`."""
    builder = ReadingBuilder(FOLDER)
    for table in TABLES:
        read_table(builder, folder, f"{FOLDER}/{table}.csv", table)
    return builder.result()


SOURCE = Source(FOLDER, tuple(f"{FOLDER}/{table}.csv" for table in TABLES), read)
