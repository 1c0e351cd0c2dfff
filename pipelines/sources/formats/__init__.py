"""Formats of live feeds, one module each. A new one is a module and a line here."""

from pipelines.sources.formats import (
    aws_price_list,
    azure_retail,
    ecb_rates,
    eia_table_9_8,
    epoch_hardware_prices,
    fred,
    gcp_pricing_yml,
    genai_prices,
    gpuhunt_v3,
    litellm,
    own_quotes,
    skypilot_slurm,
    skypilot_v8,
    vantage_instances,
)
from pipelines.sources.formats.format import Format

_EVERY: tuple[Format, ...] = (
    aws_price_list.FORMAT,
    azure_retail.FORMAT,
    ecb_rates.FORMAT,
    eia_table_9_8.FORMAT,
    epoch_hardware_prices.FORMAT,
    fred.FORMAT,
    gcp_pricing_yml.FORMAT,
    genai_prices.FORMAT,
    gpuhunt_v3.FORMAT,
    litellm.FORMAT,
    own_quotes.FORMAT,
    skypilot_slurm.FORMAT,
    skypilot_v8.FORMAT,
    vantage_instances.FORMAT,
)

FORMATS: dict[str, Format] = {known.name: known for known in _EVERY}
"""Every format by the name feeds give it."""
