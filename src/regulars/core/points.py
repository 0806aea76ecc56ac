"""Points and credit in lots: what comes in, goes back, is spent, expires, and what is owed when more goes back than is there.

A ``Wallet`` is one member's lots while an event is decided. What it does it notes as entries, which the ledger posts; it
keeps the ledger's own order (first to expire is spent first), so that both come to the same lots.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from regulars.core.member import Earned, Lot, Member


class Rounding(StrEnum):
    """What becomes of a fraction of a point."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class OnReturn(StrEnum):
    """How far points go back whose goods came back, where some of them were spent meanwhile.

    ``only_pending``: no further than what is still pending; ``within_balance``: as far as the balance goes; ``unlimited``:
    wholly, what is missing being owed and repaid from what is earned next.
    """

    ONLY_PENDING = "only_pending"
    WITHIN_BALANCE = "within_balance"
    UNLIMITED = "unlimited"


class Earn(NamedTuple):
    """A new lot."""

    unit: str
    amount: int
    lot: str
    active_at: datetime
    expires_at: datetime


class TakeBack(NamedTuple):
    """``amount`` of a lot goes back to where it came from."""

    unit: str
    amount: int
    lot: str


class Spend(NamedTuple):
    """``amount`` leaves the member, first to expire first, to ``what``: redeemed, reclaimed."""

    unit: str
    amount: int
    what: str


class Owe(NamedTuple):
    """The member owes ``amount`` more."""

    unit: str
    amount: int


class Repay(NamedTuple):
    """The member owes ``amount`` less."""

    unit: str
    amount: int


class Activate(NamedTuple):
    """A pending lot can be spent from ``active_at`` on."""

    unit: str
    lot: str
    active_at: datetime


class Expire(NamedTuple):
    """What is left of a lot, and not held, is gone."""

    unit: str
    amount: int
    lot: str


class Draw(NamedTuple):
    """``amount`` of what a rule may give to all members in its period that began on ``since``; below zero: given back."""

    rule: str
    since: int
    amount: int


Entry = Earn | TakeBack | Spend | Owe | Repay | Activate | Expire | Draw


def down(numerator: int, denominator: int) -> int:
    """A fraction (zero or more) without what is left over."""
    return numerator // denominator


def nearest(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction (zero or more); halves go up."""
    return (2 * numerator + denominator) // (2 * denominator)


def up(numerator: int, denominator: int) -> int:
    """A fraction (zero or more) with what is left over counted as a whole."""
    return -(-numerator // denominator)


ROUNDED: dict[Rounding, Callable[[int, int], int]] = {
    Rounding.DOWN: down,
    Rounding.NEAREST: nearest,
    Rounding.UP: up,
}


def rounded(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A whole number of points from an exact fraction (zero or more)."""
    return ROUNDED[rounding](numerator, denominator)


def spendable(lots: Iterable[Lot], unit: str, at: datetime) -> int:
    """What can be spent of a unit at an instant."""
    return sum([lot.free for lot in lots if lot.unit == unit and lot.active_at <= at < lot.expires_at])


def pending(lots: Iterable[Lot], unit: str, at: datetime) -> int:
    """What waits to become spendable."""
    return sum([lot.remaining for lot in lots if lot.unit == unit and lot.active_at > at])


class Wallet:
    """A member's lots and debts while an event is decided, and the entries so far."""

    __slots__ = ("entries", "lots", "owed")

    def __init__(self, member: Member) -> None:
        self.lots: tuple[Lot, ...] = member.lots
        self.owed: tuple[tuple[str, int], ...] = member.owed
        self.entries: list[Entry] = []

    def earn(self, unit: str, amount: int, lot: str, active_at: datetime, expires_at: datetime) -> Earned:
        """A lot of ``amount``, less what of it repays a debt."""
        repaid = min(amount, self.debt(unit)) if self.owed else 0
        if repaid:
            self.repay(unit, repaid)
        kept = amount - repaid
        if not kept:
            return Earned(unit, "", 0, repaid)
        self._put(Lot(lot, unit, kept, active_at, expires_at))
        self.entries.append(Earn(unit, kept, lot, active_at, expires_at))
        return Earned(unit, lot, kept, repaid)

    def take_back(self, earned: Earned, amount: int, at: datetime, policy: OnReturn, *, over: bool = False) -> Earned:
        """Take back ``amount`` of what was earned; answers what of it still stands.

        First what is left in its own lot; then what had repaid a debt is owed again; then as the policy says. Where the
        lot's time is ``over``, what is missing of it has expired, and nothing is asked for in its place.
        """
        unit, named, of_lot, repaid, waived = earned
        missing = from_lot = min(amount, of_lot)
        own = next((lot for lot in self.lots if lot.id == named), None)
        if own and (policy is not OnReturn.ONLY_PENDING or own.active_at > at):
            missing -= self._return(own, missing)
        if again := amount - from_lot:
            self.owe(unit, again)
        if over:
            policy = OnReturn.ONLY_PENDING
        if missing and policy is not OnReturn.ONLY_PENDING:
            missing -= self._reclaim(unit, missing, at)
        if missing and policy is OnReturn.UNLIMITED:
            self.owe(unit, missing)
            missing = 0
        return Earned(unit, named, of_lot - from_lot, repaid - again, waived + missing)

    def make_good(self, unit: str, amount: int, at: datetime) -> None:
        """Give up ``amount`` out of whatever lots there are; what is missing is owed."""
        if missing := amount - self._reclaim(unit, amount, at):
            self.owe(unit, missing)

    def spend(self, unit: str, amount: int, at: datetime, what: str) -> None:
        """Take ``amount`` out, first to expire first. Raises ValueError where less can be spent."""
        left, kept = amount, []
        for lot in self.lots:
            if left and lot.unit == unit and lot.active_at <= at < lot.expires_at and (taken := min(left, lot.free)):
                left -= taken
                if lot.remaining > taken:
                    kept.append(lot._replace(remaining=lot.remaining - taken))
            else:
                kept.append(lot)
        if left:
            raise ValueError(f"{amount} {unit} asked for, {amount - left} can be spent")
        self.lots = tuple(kept)
        self.entries.append(Spend(unit, amount, what))

    def restore(self, back: Iterable[Lot]) -> None:
        """What was spent comes back as the lots it was, and repays what is owed; the ledger put the lots back itself."""
        for lot in back:
            known = next((one for one in self.lots if one.id == lot.id), None)
            if known:
                self._change(known, known.remaining + lot.remaining)
            else:
                self._put(lot)
            own = next(one for one in self.lots if one.id == lot.id)
            if repaid := self._return(own, min(lot.remaining, self.debt(lot.unit))):
                self.repay(lot.unit, repaid)

    def activate(self, named: str, active_at: datetime) -> None:
        """Say from when a pending lot can be spent. One whose time is over by then stays pending until it expires."""
        for lot in self.lots:
            if lot.id == named and active_at < lot.active_at and active_at < lot.expires_at:
                self.lots = tuple([one._replace(active_at=active_at) if one is lot else one for one in self.lots])
                self.entries.append(Activate(lot.unit, named, active_at))

    def expire(self, at: datetime) -> list[Expire]:
        """Take out what is left of lots whose time is over; what is held stays until its redemption is settled."""
        over = [lot for lot in self.lots if lot.expires_at <= at and lot.free]
        for lot in over:
            self._change(lot, lot.held)
        gone = [Expire(lot.unit, lot.free, lot.id) for lot in over]
        self.entries += gone
        return gone

    def debt(self, unit: str) -> int:
        """What is owed of a unit."""
        return sum([amount for owed, amount in self.owed if owed == unit])

    def owe(self, unit: str, amount: int) -> None:
        """The member owes so much more."""
        self._indebt(unit, amount)
        self.entries.append(Owe(unit, amount))

    def repay(self, unit: str, amount: int) -> None:
        """The member owes so much less."""
        self._indebt(unit, -amount)
        self.entries.append(Repay(unit, amount))

    def _return(self, lot: Lot, amount: int) -> int:
        """Give ``amount`` of a lot back to where it came from, as far as it is there; answers how much that was."""
        if taken := min(amount, lot.free):
            self._change(lot, lot.remaining - taken)
            self.entries.append(TakeBack(lot.unit, taken, lot.id))
        return taken

    def _reclaim(self, unit: str, amount: int, at: datetime) -> int:
        """Take ``amount`` out of whatever lots there are, as far as they go; answers how much that was."""
        if taken := min(amount, spendable(self.lots, unit, at)):
            self.spend(unit, taken, at, "reclaimed")
        return taken

    def _indebt(self, unit: str, more: int) -> None:
        debts = dict(self.owed)
        debts[unit] = debts.get(unit, 0) + more
        self.owed = tuple(sorted((named, amount) for named, amount in debts.items() if amount))

    def _put(self, lot: Lot) -> None:
        """Among the others, in the order in which they are spent."""
        lots, order = self.lots, lot.order()
        if not lots or lots[-1].order() <= order:  # what comes last mostly expires last
            self.lots = (*lots, lot)
            return
        place = bisect_right(lots, order, key=Lot.order)
        self.lots = (*lots[:place], lot, *lots[place:])

    def _change(self, lot: Lot, remaining: int) -> None:
        """What is left of a lot; one that is used up is forgotten."""
        place = self.lots.index(lot)
        changed = (lot._replace(remaining=remaining),) if remaining else ()
        self.lots = (*self.lots[:place], *changed, *self.lots[place + 1 :])
