"""Asking the ledger as it was known on a day: the published facts, costed again with those known by then."""

from __future__ import annotations

from datetime import date

from pipelines.costing import knowledge
from pipelines.paths import DataFolder
from pipelines.warehouse.answers import Ledger
from pipelines.warehouse.faults import NotKnownYetError
from pipelines.warehouse.known import LedgerInMemory, tables_of


class KnownLedger(LedgerInMemory):
    """The ledger of a data folder as it was known at the end of a day."""

    def __init__(self, folder: DataFolder, day: date) -> None:
        """Read the published file and cost again what was known by then.

        Raises:
            NothingPublishedError: there is no published file.
            UnreadableLedgerError: it cannot be read, or has other tables than this program expects.
        """
        with Ledger(folder.ledger) as ledger:
            tables = tables_of(ledger, knowledge.READS)
        super().__init__(knowledge.as_known_on(tables, day), folder.ledger)
        self.day = day
        self._now = tables

    def priced_on(self) -> date:
        """The day asked about."""
        return self.day

    def known_model_id(self, today: Ledger, text: str) -> str:
        """The id of a model, if it was known.

        Args:
            today: the published ledger, which knows every model.
            text: id, or exact name.

        Raises:
            UnknownModelError: there is no such model today.
            NotKnownYetError: it was not known on the day.
        """
        model_id = today.model_id(text)
        if any(found == model_id for found, _ in self.model_ids(model_id)):
            return model_id
        since = knowledge.first_known_on(model_id, self._now["core.models"], self._now["core.sources"])
        raise NotKnownYetError(
            f"nothing was known of {model_id} on {self.day}: it was released, or described in a source, on {since}"
        )
