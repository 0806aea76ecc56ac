"""Offers: what an operator writes, and ``quote``, which says what a cart costs under them and why."""

from regulars.core.offers.cart import Cart, CartLine, Team
from regulars.core.offers.catalogue import Catalogue
from regulars.core.offers.document import Offers
from regulars.core.offers.quotes import Applied, Effect, Hold, Quote, QuotedLine, Reason, Taken
from regulars.core.offers.quoting import quote

__all__ = [
    "Applied",
    "Cart",
    "CartLine",
    "Catalogue",
    "Effect",
    "Hold",
    "Offers",
    "Quote",
    "QuotedLine",
    "Reason",
    "Taken",
    "Team",
    "quote",
]
