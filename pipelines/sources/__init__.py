"""HOW one upstream is read: the bytes of files to raw frames, cell by cell, as text.

Belongs here: what a file looks like. Does not belong here: what a value means (contracts), what it costs (costing),
where it is stored (warehouse), the clock and the network.
"""

from pipelines.sources import corrections, disclosures, epoch, feed_list, feeds, prices, reference, scenarios
from pipelines.sources.source import Source

SOURCES: tuple[Source, ...] = (
    reference.SOURCE,
    disclosures.SOURCE,
    corrections.SOURCE,
    prices.SOURCE,
    feed_list.SOURCE,
    feeds.SOURCE,
    epoch.SOURCE,
    scenarios.SOURCE,
)
"""Every source the ledger reads."""
