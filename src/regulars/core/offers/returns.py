"""What is paid back when goods come back: what is kept is quoted again, as if nothing else had been bought.

The facts are those of the purchase: its instant, its version of the offers, what limits had left then. So a discount that took
a minimum is lost with what falls below it, and nobody keeps the price of six for one.
"""

from collections.abc import Mapping
from dataclasses import replace

from regulars.core.offers.cart import Cart
from regulars.core.offers.quotes import Quote


def kept(cart: Cart, quantities: Mapping[str, int]) -> Cart:
    """The cart as it would have been: of each line what is kept of it (thousandths), lines not named wholly."""
    lines = (replace(line, quantity=quantities.get(line.id, line.quantity)) for line in cart.lines)
    return replace(cart, lines=tuple(line for line in lines if line.quantity > 0))


def refund(before: Quote, after: Quote) -> int:
    """What is paid back, in minor units: never less than nothing, where what is kept alone costs more."""
    return max(0, before.total - after.total)
