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

MOST_DISCLOSED_HOURS = 10**9
"""Accelerator-hours of one phase: four times those of the largest run known."""

LEAST_RENT, MOST_RENT = 10**-3, 10**3
"""USD for an hour of one accelerator, stated, quoted or asked about; a wafer-scale system is some 100."""

LEAST_UTILIZATION = 10**-2
"""Share of the 16-bit peak that can be asked about; less is a percentage of a share."""

LEAST_HOURS_FACTOR, MOST_HOURS_FACTOR = 10**-2, 10**2
"""What all hours may be multiplied by."""

A_CENT = Decimal("0.01")
"""The least cost that is shown."""
