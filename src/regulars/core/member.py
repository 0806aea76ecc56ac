"""A member of a programme as its rules see them: frozen, whole, and without a database.

Amounts of money are minor units of the programme's currency, quantities thousandths of a unit, points whole. Days are
ordinals (``date.toordinal``) of the shop's zone, since members have hundreds; instants are aware. Named tuples throughout:
a replay makes millions of them.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from regulars.core.facts import NONE

NEVER = date.max.toordinal()


class Day(NamedTuple):
    """What counts towards a tier from the purchases of one day."""

    day: int
    spend: int = 0
    orders: int = 0
    points: int = 0
    quantity_milli: int = 0


class Lot(NamedTuple):
    """What is left of points or credit that came in at once. ``held`` of it is set aside for an open redemption."""

    id: str
    unit: str
    remaining: int
    active_at: datetime
    expires_at: datetime
    held: int = 0

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def order(self) -> tuple[datetime, str]:
        """First to expire is spent first; among equals by id, as the ledger does."""
        return self.expires_at, self.id


class Used(NamedTuple):
    """How often and how much a rule gave in one of its periods, which begins on ``since``."""

    rule: str
    since: int
    amount: int
    times: int


class Standing(NamedTuple):
    """A tier and until which day (inclusive) it is sure; ``""`` is no tier.

    ``below`` is the standing that an upgrade left, until a review makes the tier the member's own: so a return can undo
    exactly the climb that the returned goods paid for. ``reviewed`` is the day of that review: no earlier day climbs again.
    """

    tier: str = ""
    since: int = 0
    until: int = NEVER
    in_grace: bool = False
    below: "Standing | None" = None
    reviewed: int = 0


NO_TIER = Standing()


class Member(NamedTuple):
    """One member. ``days`` are those that may still count, oldest first; ``past`` sums up what came before them.

    ``facts`` are what is known of the person (tags, country, attributes) and what conditions may ask; ``used`` counts caps,
    tasks and gifts; ``lots`` are in the order in which they are spent (``Lot.order``); ``owed`` is what was spent and should
    have gone back, by unit. ``due`` is the day at whose end the clock next has something to do, ``seen`` the last one it was
    done for.
    """

    key: str
    joined: int | None = None
    birthday: date | None = None
    facts: Mapping[str, Any] = NONE
    standing: Standing = NO_TIER
    days: tuple[Day, ...] = ()
    past: Day = Day(0)
    used: tuple[Used, ...] = ()
    lots: tuple[Lot, ...] = ()
    owed: tuple[tuple[str, int], ...] = ()
    due: int = NEVER
    seen: int = 0

    @property
    def orders(self) -> int:
        """Orders that count, ever."""
        return self.past.orders + sum([day[2] for day in self.days])


class Goods(NamedTuple):
    """What a line sells, as far as rules ask. ``categories`` are the ids from the root to the product's own."""

    product: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    seller: str = ""
    brand: str = ""


class Line(NamedTuple):
    """What is kept of a line: ``amount`` was paid for it; ``rewards`` were paid with coupons, points or credit instead."""

    goods: Goods
    quantity_milli: int
    amount: int
    rewards: int = 0


class Purchase(NamedTuple):
    """An order as it is now: what was returned is no longer in ``lines``, a cancelled one has none.

    ``paid_at`` None: not paid (yet, or no longer). ``delivered_at`` None: not delivered yet.
    """

    id: str
    paid_at: datetime | None
    currency: str
    lines: tuple[Line, ...]
    delivered_at: datetime | None = None
    channel: str = ""
    store: str = ""
    seller: str = ""


class Given(NamedTuple):
    """What one rule gave for an order or event, and on what it was counted (money, pieces, orders)."""

    rule: str
    unit: str
    amount: int
    basis: int = 0
    cut: int = 0


class Earned(NamedTuple):
    """What an order brought of one unit: a lot of ``amount`` (``""``: none), and ``repaid`` of what was owed.

    ``waived`` should have gone back with returned goods, but was spent or stays by the programme's policy: whoever undoes
    the return has it already.
    """

    unit: str
    lot: str
    amount: int
    repaid: int = 0
    waived: int = 0


class Award(NamedTuple):
    """What an order earned, and all that is needed to decide it again when some of it comes back.

    ``tier``, ``nth``, ``room`` (what each limit had left) and ``asked`` (what rules asked of the member) are as they were at
    the purchase; ``version`` is the programme's. ``changed``: it was decided anew, for other goods since some came back, or for
    another member or day.
    """

    order: str
    version: int
    day: int
    tier: str
    nth: int
    room: tuple[tuple[str, int], ...] = ()
    asked: tuple[tuple[tuple[str, int | None], Any], ...] = ()
    given: tuple[Given, ...] = ()
    earned: tuple[Earned, ...] = ()
    counted: Day = Day(0)
    delivered: int | None = None
    revision: int = 0
    changed: bool = False


# ---- what happens ------------------------------------------------------------------------------------------------------


class OrderEvent(NamedTuple):
    """An order is as ``purchase`` says. ``award`` is what it was given before; ``left`` what shared budgets have left.

    ``revision``: how often it was decided for another member or day, where all of that was taken back and it begins anew.
    ``customer`` is the record whose order it is, where that matters.
    """

    id: str
    at: datetime
    purchase: Purchase
    award: Award | None = None
    left: Mapping[str, int] = NONE
    revision: int = 0
    customer: str = ""


class Deed(NamedTuple):
    """A member did something (an event's name) that a task may reward."""

    id: str
    at: datetime
    name: str
    properties: Mapping[str, Any] = NONE
    left: Mapping[str, int] = NONE


class Referred(NamedTuple):
    """A friend's first order was kept: the member brought the friend (``advocate``), or is the ``friend``.

    ``referral`` is the id by which both can be looked up.
    """

    id: str
    at: datetime
    role: str
    referral: str = ""


class DayEnd(NamedTuple):
    """A day of the shop's zone ends; ``at`` is its last instant."""

    id: str
    at: datetime
    day: int


class DayBegin(NamedTuple):
    """A day of the shop's zone begins; ``at`` is its first instant."""

    id: str
    at: datetime
    day: int


class Spent(NamedTuple):
    """A member redeemed ``amount`` of a unit."""

    id: str
    at: datetime
    unit: str
    amount: int


class Restored(NamedTuple):
    """What was redeemed comes back as the lots it was: ``remaining`` of each is what comes back."""

    id: str
    at: datetime
    lots: tuple[Lot, ...]


class Merged(NamedTuple):
    """Another record turned out to be the same person: ``other`` is how it stood. ``counted`` is what all their orders count."""

    id: str
    at: datetime
    other: Member
    counted: tuple[Day, ...]


class Parted(NamedTuple):
    """A merge was undone: ``before`` it the member stood so. ``counted`` is what their own orders count.

    ``other`` is how the record stood that leaves; None for that record itself. ``spent`` is what the member spent of what that
    record's orders brought, by unit: it has it again.
    """

    id: str
    at: datetime
    before: Member
    counted: tuple[Day, ...]
    other: Member | None = None
    spent: tuple[tuple[str, int], ...] = ()


Event = OrderEvent | Deed | Referred | DayEnd | DayBegin | Spent | Restored | Merged | Parted
