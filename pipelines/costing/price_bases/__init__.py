"""How a phase is valued: one module per formula, one entry each in PRICE_BASES."""

from pipelines.costing.price_bases import (
    amortized,
    disclosed,
    purchase,
    rental,
    rental_1y,
    rental_3y,
    rental_now,
    rental_spot,
)
from pipelines.costing.price_bases.basis import NEVER_IN, PriceBasis, Pricing

PRICE_BASES: dict[str, PriceBasis] = {
    basis.name: basis
    for basis in (
        disclosed.BASIS,
        rental.BASIS,
        rental_spot.BASIS,
        rental_1y.BASIS,
        rental_3y.BASIS,
        rental_now.BASIS,
        amortized.BASIS,
        purchase.BASIS,
    )
}
"""Every price basis by name, in the order reports show them."""

__all__ = ["NEVER_IN", "PRICE_BASES", "PriceBasis", "Pricing"]
