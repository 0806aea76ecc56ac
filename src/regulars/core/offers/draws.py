"""A draw of a lottery: chance is an argument, and who drew can check what it led to.

Before a lottery begins the shop publishes ``commitment(secret)``. Each draw is a number made of the secret and of what the
draw is for; when the lottery is over the secret is published, and everybody can draw again.
"""

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from regulars.core.offers.gifts import Lottery, Prize

_BITS = 256


class Drawn(NamedTuple):
    """What a draw led to: the prize; ``stood`` is the one that was hit, though it was gone. ``table`` is a digest of the
    chances and ``number`` (hex) the draw itself: with the lottery's prizes they give the prize again."""

    prize: str
    stood: str
    number: str
    table: str


def commitment(secret: bytes) -> str:
    """What is published before a lottery begins."""
    return hashlib.sha256(b"commitment\x1f" + secret).hexdigest()


def chance(secret: bytes, lottery: str, customer: str, draw: str) -> str:
    """The number of one draw (64 hex digits): nobody can tell it without the secret, nor the secret from it."""
    told = "\x1f".join(("draw", secret.hex(), lottery, customer, draw))
    return hashlib.sha256(told.encode()).hexdigest()


def draw(lottery: Lottery, number: str, left: Mapping[str, int]) -> Drawn:
    """The prize of a draw. ``left`` is what is left of prizes by name (``wheel/phone``), where some was given."""
    point = Fraction(int(number, 16), 1 << _BITS)
    bounds = accumulate(prize.chance for prize in lottery.prizes)  # the last is 1, and above every point
    hit = given = next(prize for prize, bound in zip(lottery.prizes, bounds, strict=True) if point < bound)
    if hit.stock is not None and left.get(f"{lottery.id}/{hit.id}", hit.stock) <= 0:
        given = next(prize for prize in lottery.prizes if prize.stock is None)
    return Drawn(given.id, hit.id, number, table(lottery.prizes))


def table(prizes: tuple[Prize, ...]) -> str:
    """A digest of prizes and their chances, in their order."""
    told = "\x1e".join(f"{prize.id}\x1f{prize.chance}\x1f{prize.stock}" for prize in prizes)
    return hashlib.sha256(told.encode()).hexdigest()


def proved(drawn: Drawn, lottery: Lottery) -> bool:
    """Whether a draw's number leads to what it says, under these prizes."""
    again = draw(lottery, drawn.number, {})
    return drawn.table == again.table and drawn.stood == again.prize
