"""From piles back to the cart's lines: shares of discounts that sum, nets, and tax."""

from collections.abc import Sequence
from fractions import Fraction

from regulars.core.money import split
from regulars.core.offers.cart import Cart, CartLine
from regulars.core.offers.desk import nearest
from regulars.core.offers.quotes import Quote, QuotedLine, Taken
from regulars.core.stacking import spread


def priced(
    cart: Cart,
    piles: Sequence[list[CartLine]],
    lists: Sequence[int],
    floors: Sequence[int],
    taken: Sequence[list[tuple[str, int]]],
) -> Quote:
    """A quote of nothing but prices. ``lists`` are what piles cost before, ``floors`` what they must cost, ``taken`` what each
    offer took off them; the last pile is shipping."""
    found: dict[str, tuple[int, tuple[Taken, ...], int]] = {}
    for lines, cost, floor, offers in zip(piles, lists, floors, taken, strict=False):
        if len(lines) == 1:
            discounts = tuple([Taken(offer, amount) for offer, amount in offers])
            found[lines[0].id] = cost, discounts, cost - sum([amount for _, amount in offers])
        else:
            _shared(lines, cost, floor, offers, found)
    shipping = lists[-1] - sum(amount for _, amount in taken[-1])
    taxes, on_shipping = _taxes(cart, {line: net for line, (_, _, net) in found.items()}, shipping)
    lines_ = tuple([QuotedLine(line.id, *found[line.id], taxes.get(line.id, 0)) for line in cart.lines])
    shipped = tuple(Taken(offer, amount) for offer, amount in taken[-1])
    list_, net = sum(lists), sum([line.net for line in lines_]) + shipping
    tax = sum(taxes.values()) + on_shipping
    return Quote(
        cart.currency,
        lines_,
        QuotedLine("shipping", lists[-1], shipped, shipping, on_shipping),
        list_,
        list_ - net,
        net,
        tax,
        net if cart.tax_included else net + tax,
    )


def _shared(
    lines: list[CartLine],
    cost: int,
    floor: int,
    offers: list[tuple[str, int]],
    found: dict[str, tuple[int, tuple[Taken, ...], int]],
) -> None:
    """A pile's cost and discounts by line: by quantity, and each discount by what the lines still cost."""
    quantities = [line.quantity for line in lines]
    costs = split(cost, quantities)
    lefts, floors = list(costs), [floor * quantity // sum(quantities) for quantity in quantities]
    discounts: list[list[Taken]] = [[] for _ in lines]
    for offer, amount in offers:
        rooms = [max(0, left - least) for left, least in zip(lefts, floors, strict=True)]
        for place, share in enumerate(spread(amount, lefts, rooms)):
            lefts[place] -= share
            if share:
                discounts[place].append(Taken(offer, share))
    for line, each, told, left in zip(lines, costs, discounts, lefts, strict=True):
        found[line.id] = each, tuple(told), left


def _taxes(cart: Cart, nets: dict[str, int], shipping: int) -> tuple[dict[str, int], int]:
    """Tax by line, and on shipping: worked out for each rate on the sum, so that dividing lines changes nothing."""
    rated: dict[Fraction, list[tuple[str, int]]] = {}
    for line in cart.lines:
        if line.tax:
            rated.setdefault(line.tax, []).append((line.id, nets[line.id]))
    if cart.shipping_tax:
        rated.setdefault(cart.shipping_tax, []).append(("", shipping))
    taxes: dict[str, int] = {}
    for rate, shares in rated.items():
        shares.sort()
        base = sum(net for _, net in shares)
        up, down = rate.numerator, rate.denominator
        whole = nearest(base * up, down + up if cart.tax_included else down)
        for (name, _), tax in zip(shares, split(whole, [net for _, net in shares]), strict=True):
            taxes[name] = tax
    return taxes, taxes.pop("", 0)
