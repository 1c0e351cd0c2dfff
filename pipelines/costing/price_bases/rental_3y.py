"""`rental_3y`: hours x the market price under a commitment of three years, on the day the run started."""

from __future__ import annotations

from pipelines.costing.price_bases.rental import on_terms

BASIS = on_terms("rental_3y", "commitment_3y")
