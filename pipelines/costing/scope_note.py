"""What a cost leaves out, from its price basis and its flags."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.costing.price_bases import PRICE_BASES, PriceBasis

ONLY_WHERE = {"servers": "bare_card_price"}
"""Words of LEFT_OUT that hold only where the cost has a flag: a quote may cover a share of the server."""


def scope_note(bases: Iterable[PriceBasis] | None = None) -> pl.Expr:
    """scope_note (words of vocabulary.LEFT_OUT) of rows with price_basis and flags.

    Args:
        bases: those of the rows; all of PRICE_BASES when not given.
    """
    known = [*(PRICE_BASES.values() if bases is None else bases)]
    names = [basis.name for basis in known]
    number = pl.col("price_basis").replace_strict(names, range(len(names)), return_dtype=pl.UInt32)
    flags = [pl.col("flags").list.contains(flag).fill_null(value=False) for flag in ONLY_WHERE.values()]
    for has_flag in flags:
        number = number * 2 + has_flag.cast(pl.UInt32)
    return pl.lit(_notes(known)).gather(number).alias("scope_note")


def _notes(bases: list[PriceBasis]) -> pl.Series:
    """Lists of words; that of a number is of the basis before its last bits, which say what flags there are."""
    words = list(ONLY_WHERE)
    notes = []
    for basis in bases:
        for bits in range(2 ** len(words)):
            held = {word: bits >> (len(words) - 1 - place) & 1 for place, word in enumerate(words)}
            notes.append([word for word in basis.leaves_out if held.get(word, 1)])
    return pl.Series(notes, dtype=pl.List(pl.String))
