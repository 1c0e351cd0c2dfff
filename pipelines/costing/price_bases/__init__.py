"""How a phase is valued: one module per formula, one entry each in PRICE_BASES."""

from pipelines.costing.price_bases import disclosed, purchase, rental, rental_now
from pipelines.costing.price_bases.basis import PriceBasis, Pricing

PRICE_BASES: dict[str, PriceBasis] = {
    basis.name: basis for basis in (disclosed.BASIS, rental.BASIS, rental_now.BASIS, purchase.BASIS)
}
"""Every price basis by name, in the order reports show them."""

__all__ = ["PRICE_BASES", "PriceBasis", "Pricing"]
