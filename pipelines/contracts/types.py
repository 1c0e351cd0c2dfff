"""Types of hours, money and prices, and their limits: what formulas need of the contracts, and nothing heavy."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

HOURS = pl.Decimal(18, 4)
USD = pl.Decimal(18, 2)
UNIT_PRICE = pl.Decimal(18, 6)
COST = pl.Decimal(38, 10)
"""Holds hours x price exactly: polars gives a product the larger scale of its factors, and rounds."""

LEAST_HOURS, MOST_HOURS = 10**-4, 10**10
"""What HOURS and the products made of them can hold."""

A_CENT = Decimal("0.01")
"""The least cost that is shown."""
