"""What a quote says: prices with every discount, gifts, what must be held, and why the other offers did not apply."""

from datetime import datetime
from typing import NamedTuple

from regulars.core.conditions import Condition

# What a customer can do something about before paying: the reasons that make a qualification.
WITHIN_REACH = frozenset({"spend_more", "add_more", "condition", "only_for", "not_bargained"})


class Reason(NamedTuple):
    """Why an offer did not apply, by code. ``figure`` is what is missing or left (money, pieces), ``by`` the offer that was
    taken instead or the code that was typed, ``unmet`` the condition that does not hold, ``at`` when it begins or ended."""

    offer: str
    code: str
    figure: int = 0
    by: str = ""
    unmet: Condition | None = None
    at: datetime | None = None


class Taken(NamedTuple):
    """What one offer takes off a line."""

    offer: str
    amount: int


class QuotedLine(NamedTuple):
    """``list`` less the discounts is ``net``; ``tax`` is part of it or comes on top, as the cart's prices say."""

    id: str
    list: int
    discounts: tuple[Taken, ...]
    net: int
    tax: int


class Hold(NamedTuple):
    """What must be held before the offer is promised: ``amount`` of what ``limit`` has, of which there are ``most`` in all
    (per customer and period for ``customer`` and ``pieces``). ``given_back``: a cancelled order gives it back."""

    limit: str
    amount: int
    most: int
    per: str = "ever"
    given_back: bool = True


class Effect(NamedTuple):
    """What an offer does beside prices, by kind: ``gift`` (``items`` added), ``choice`` (``number`` of ``items`` to choose),
    ``coupons`` (``items``), ``draws`` (``number``), ``deposit`` (``amount`` due now), ``team`` (joined or begun)."""

    offer: str
    kind: str
    items: tuple[str, ...] = ()
    number: int = 0
    amount: int = 0


class Applied(NamedTuple):
    """An offer that applied: what it took off in all, what it was cut by (depth limit), and what must be held for it."""

    offer: str
    amount: int
    holds: tuple[Hold, ...] = ()
    cut: int = 0


class Quote(NamedTuple):
    """``list`` less ``discount`` is ``net``; ``total`` is what is to be paid: with tax where prices are without."""

    currency: str
    lines: tuple[QuotedLine, ...]
    shipping: QuotedLine
    list: int
    discount: int
    net: int
    tax: int
    total: int
    applied: tuple[Applied, ...] = ()
    effects: tuple[Effect, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def qualifications(self) -> tuple[Reason, ...]:
        """What could still be got, with what is missing."""
        return tuple(reason for reason in self.reasons if reason.code in WITHIN_REACH)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Everything that must be held for this quote."""
        return tuple(hold for each in self.applied for hold in each.holds)
