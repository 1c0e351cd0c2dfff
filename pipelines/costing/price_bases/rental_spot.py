"""`rental_spot`: hours x the market price of interruptible capacity on the day the run started."""

from __future__ import annotations

from pipelines.costing.price_bases.rental import on_terms

BASIS = on_terms("rental_spot", "spot")
