"""What numbers can be at all, where a contract and the command ask alike; nothing is imported here."""

MOST_DISCLOSED_HOURS = 10**9
"""Accelerator-hours of one phase: four times those of the largest run known."""

LEAST_RENT, MOST_RENT = 10**-3, 10**3
"""USD for an hour of one accelerator, stated, quoted or asked about; a wafer-scale system is some 100."""

LEAST_UTILIZATION = 10**-2
"""Share of the 16-bit peak that can be asked about; less is a percentage of a share."""

LEAST_HOURS_FACTOR, MOST_HOURS_FACTOR = 10**-2, 10**2
"""What all hours may be multiplied by."""
