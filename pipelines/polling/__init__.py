"""Reading live feeds: which is due, fetch, keep the bytes, judge the rows, add to the log, fold it all again.

Nothing heavy is imported before it is used: asking whether a feed is due costs little.
"""

from pipelines.polling.one_read import Polled, Progress, poll
from pipelines.polling.replay import Replayed, replay
from pipelines.polling.states import (
    GOOD,
    FeedState,
    UnknownFeedError,
    feed_list,
    feed_of,
    feed_states,
    list_faults,
    states_in_use,
)

__all__ = [
    "GOOD",
    "FeedState",
    "Polled",
    "Progress",
    "Replayed",
    "UnknownFeedError",
    "feed_list",
    "feed_of",
    "feed_states",
    "list_faults",
    "poll",
    "replay",
    "states_in_use",
]
