"""Why the ledger cannot answer. Nothing heavy is imported here: whoever asks can catch these without DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.warehouse.shapes import Rejection


class LedgerError(Exception):
    """The ledger cannot answer; the message says why and what to do.

    Attributes:
        kind: one word for programs.
    """

    kind = "refused"


class NothingPublishedError(LedgerError):
    """There is no published file."""

    kind = "nothing_published"


class UnreadableLedgerError(LedgerError):
    """There is a published file, and it cannot be read."""

    kind = "unreadable"


class QueryError(LedgerError):
    """A reader's own SQL was refused."""

    kind = "query"


class UnknownIndexError(LedgerError):
    """A price index is not known, or does not cover what was asked."""

    kind = "unknown_index"


class NoDataError(LedgerError):
    """There is no data to build from."""

    kind = "no_data"


class PortTakenError(LedgerError):
    """Something else listens on the port."""

    kind = "port_taken"


class RefusedError(LedgerError):
    """The build failed or the release was refused; what was published before is untouched.

    Attributes:
        faults: what went wrong, one sentence each.
    """

    def __init__(self, message: str, faults: tuple[str, ...]) -> None:
        """Keep the faults."""
        super().__init__(message)
        self.faults = faults


class NotKnownYetError(LedgerError):
    """The model was not known on the day that is asked about."""

    kind = "not_known_yet"


class UnknownFeedError(LedgerError):
    """`data/feeds.yaml` has no feed of that id.

    Attributes:
        did_you_mean: ids of the nearest feeds.
    """

    kind = "unknown_feed"

    def __init__(self, message: str, did_you_mean: list[str]) -> None:
        """Keep the nearest feeds."""
        super().__init__(message)
        self.did_you_mean = did_you_mean


class UnknownModelError(LedgerError):
    """No model has that id or name.

    Attributes:
        did_you_mean: ids of the nearest models.
        set_aside: what validation set aside of a model with that id.
    """

    kind = "unknown_model"

    def __init__(self, message: str, did_you_mean: list[str], set_aside: list[Rejection]) -> None:
        """Keep the nearest models and what was set aside."""
        super().__init__(message)
        self.did_you_mean = did_you_mean
        self.set_aside = set_aside
