"""The desk at which one cart is quoted: goods with what they still cost, and what of them an offer looks at.

Lines with the same goods at the same price are one *pile*, in an order that does not depend on the cart's: so neither the
order of lines nor how goods are divided among them changes a price. Shipping is the pile after the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from regulars.core.offers.cart import Cart, CartLine

Pieces = tuple[Fraction | int, int, int]


@dataclass(slots=True)
class Pick:
    """Piles that an offer looks at: their numbers, a bit for each, what they cost, and how much of that can come off."""

    piles: Sequence[int]
    mask: int
    base: int
    room: int


_SHIPPING = (-1, False)


def nearest(amount: int, per: int) -> int:
    """``amount / per`` to the nearest whole, halves up."""
    return (2 * amount + per) // (2 * per)


class Desk:
    """One cart being quoted. ``lefts`` is what each pile costs after what was taken off, ``floors`` what it must cost."""

    __slots__ = (
        "_all",
        "at",
        "cart",
        "floors",
        "lefts",
        "matched",
        "millis",
        "picks",
        "piles",
        "rooms",
        "saved",
        "ship",
    )

    def __init__(self, cart: Cart, piles: Sequence[CartLine], millis: list[int], at: datetime) -> None:
        self.cart, self.piles, self.millis, self.at = cart, piles, millis, at
        self.ship = len(piles)
        # Whole pieces, as most goods are sold, need no rounding; the division is exact then.
        self.lefts = [nearest(pile.price * milli, 1000) for pile, milli in zip(piles, millis, strict=True)]
        self.lefts.append(cart.shipping)
        self.floors = [0] * (self.ship + 1)
        self.saved = [pile.list_price is not None and pile.list_price > pile.price for pile in piles]
        self.rooms: list[int] = []
        self.matched: Mapping[int, Sequence[int]] = {}
        self._all = range(self.ship)
        self.picks: dict[tuple[int, bool], Pick] = {}

    def begin(self) -> None:
        """A lane begins: prices are what the lanes before left. What can come off a pile stays as it is through a lane."""
        self.picks = {}
        self.rooms = [left - floor if left > floor else 0 for left, floor in zip(self.lefts, self.floors, strict=True)]

    def pick(self, looks: tuple[int, bool]) -> Pick:
        """The goods that a filter takes (0: all), with those on sale or without."""
        if (found := self.picks.get(looks)) is None:
            filter_, not_on_sale = looks
            piles = self.matched.get(filter_, ()) if filter_ else self._all
            found = self.picks[looks] = self.picked([g for g in piles if not self.saved[g]] if not_on_sale else piles)
        return found

    def picked(self, piles: Sequence[int]) -> Pick:
        lefts, rooms = self.lefts, self.rooms
        mask = base = room = 0
        for g in piles:
            mask |= 1 << g
            base += lefts[g]
            room += rooms[g]
        return Pick(piles, mask, base, room)

    def shipping(self) -> Pick:
        """Shipping alone."""
        if (found := self.picks.get(_SHIPPING)) is None:
            found = self.picks[_SHIPPING] = self.picked((self.ship,))
        return found

    def pieces(self, pick: Pick) -> int:
        """Whole pieces among the goods."""
        return sum([self.millis[g] // 1000 for g in pick.piles])

    def dearest_first(self, pick: Pick) -> list[Pieces]:
        """Price of a piece, whole pieces and pile, the dearest first; equals in the order of piles."""
        found: list[Pieces] = []
        for g in pick.piles:
            if count := self.millis[g] // 1000:
                price, rest = divmod(self.lefts[g] * 1000, self.millis[g])
                found.append((Fraction(self.lefts[g] * 1000, self.millis[g]) if rest else price, count, g))
        return sorted(found, key=lambda each: (-each[0], each[2]))
