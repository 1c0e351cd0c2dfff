"""`rental_1y`: hours x the market price under a commitment of one year, on the day the run started."""

from __future__ import annotations

from pipelines.costing.price_bases.rental import on_terms

BASIS = on_terms("rental_1y", "commitment_1y")
