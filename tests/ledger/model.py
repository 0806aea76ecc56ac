"""What the ledger must do, told a second time: plain dictionaries, no database, nothing of the ledger's but its words.

``Model.do`` answers the postings an operation makes (all but their hashes) or raises ``No``; a refused operation changes
nothing. Whoever doubts a balance, a lot or a hold reads here what is right.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from regulars.core.naming import posting_id
from regulars.ledger.facts import (
    Account,
    Activate,
    Capture,
    Close,
    Expire,
    Hold,
    Kind,
    Operation,
    Post,
    Posting,
    Release,
    Reopen,
    Reverse,
    hold_id,
    world,
)


class No(Exception):
    """Refused: the name of the refusal, and what is left where it says that."""

    def __init__(self, name: str, left: int | None = None) -> None:
        super().__init__(name, left)
        self.name, self.left = name, left


class Standing(NamedTuple):
    """An account as it stands. ``seq`` counts the postings that touched it."""

    balance: int = 0
    held: int = 0
    granted: int = 0
    seq: int = 0
    closed: bool = False


class Lot(NamedTuple):
    account: Account
    remaining: int
    held: int
    active_at: datetime
    expires_at: datetime


class Part(NamedTuple):
    """What one posting of a hold still holds."""

    hold: str
    source: Account
    target: Account
    lot: str | None
    remaining: int
    until: datetime


Parts = Iterable[tuple[Any, int]]


def split(parts: Parts, amount: int) -> Iterator[tuple[Any, int]]:
    """Take ``amount`` from what there is, in its order, as far as it goes."""
    for key, there in parts:
        if taken := min(there, amount):
            yield key, taken
        amount -= taken


class Model:
    """Every account, lot and hold after the operations done so far."""

    def __init__(self) -> None:
        self.accounts: dict[Account, Standing] = {}
        self.lots: dict[str, Lot] = {}
        self.holds: dict[str, Part] = {}  # by their posting
        self.postings: dict[str, tuple[Posting, Account, Account]] = {}
        self.reversed: Counter[str] = Counter()
        self.done: dict[str, tuple[Operation, list[Posting]]] = {}

    def do(self, operation: Operation) -> list[Posting]:
        """All legs or none; the same again answers the same, and another request under its id is refused."""
        if first := self.done.get(operation.id):
            if first[0].legs != operation.legs:
                raise No("KeyReused")
            return first[1]
        before = self.save()
        self.at, self.id, self.written = operation.at, operation.id, list[Posting]()
        try:
            for index, leg in enumerate(operation.legs):
                RULES[type(leg)](self, leg, index)
        except No:
            self.restore(before)
            raise
        self.done[operation.id] = operation, self.written
        return self.written

    def save(self) -> dict[str, Any]:
        return {name: value.copy() for name, value in vars(self).items() if hasattr(value, "copy")}

    def restore(self, saved: dict[str, Any]) -> None:
        vars(self).update(saved)

    # What stands.

    def standing(self, account: Account) -> Standing:
        return self.accounts.get(account, Standing())

    def change(self, account: Account, **by: int) -> Standing:
        old = self.standing(account)
        self.accounts[account] = new = old._replace(**{name: getattr(old, name) + more for name, more in by.items()})
        assert new.balance >= new.held >= 0
        return new

    def change_lot(self, lot: str | None, **by: int) -> None:
        if lot:
            old = self.lots[lot]
            self.lots[lot] = new = old._replace(**{name: getattr(old, name) + more for name, more in by.items()})
            assert new.remaining >= new.held >= 0

    def spendable(self, account: Account) -> list[tuple[str | None, int]]:
        """What can be spent, first to expire first: of an account in lots only what is active, not expired and not held."""
        if not account.nature.in_lots:
            standing = self.standing(account)
            return [(None, standing.balance - standing.held)]
        lots = [(lot.expires_at, key, lot) for key, lot in self.lots.items() if lot.account == account]
        good = [(key, lot) for _, key, lot in sorted(lots) if lot.active_at <= self.at < lot.expires_at]
        return [(key, lot.remaining - lot.held) for key, lot in good]

    def taking(self, source: Account, amount: int, parts: Parts, *, all_or_none: bool = True) -> Parts:
        """Which lots pay; the world pays anything."""
        if not source.nature.guarded:
            return [(None, amount)]
        left = sum(there for _, there in parts)
        if left < amount and all_or_none:
            raise No("Insufficient", left)
        return split(parts, amount)

    # What is written.

    def enter(
        self, kind: Kind, debit: Account, credit: Account, amount: int, terms=(None, None), **of: str | None
    ) -> str:
        """One posting. It counts for the account it comes from, and for the one it goes to if it moves something."""
        own, moves = posting_id(self.id, len(self.written)), kind in {1, 2, 4, 7, 8}
        paid = self.change(debit, balance=-amount * moves, seq=1) if debit.nature.guarded else None
        got = self.change(credit, balance=amount, seq=1) if credit.nature.guarded and moves else None
        lots = of.get("from_lot"), of.get("to_lot"), of.get("of")
        after = (paid and paid.seq, paid and paid.balance, got and got.seq, got and got.balance)
        ids = own, self.id, len(self.written), kind, debit.id, credit.id
        self.written.append(Posting(*ids, amount, *lots, *terms, *after, self.at, b""))
        self.postings[own] = self.written[-1], debit, credit
        return own

    def into(
        self, leg: Post | Capture, kind: Kind, debit: Account, credit: Account, amount: int, **of: str | None
    ) -> None:
        """A posting into an account in lots is a lot of its own, with the terms of its leg."""
        terms = (None, None)
        if credit.nature.in_lots:
            terms = leg.active_at or self.at, leg.expires_at
            of["to_lot"] = posting_id(self.id, len(self.written))
            self.lots[of["to_lot"]] = Lot(credit, amount, 0, *terms)
        self.enter(kind, debit, credit, amount, terms, **of)

    def need_open(self, *accounts: Account) -> None:
        if any(self.standing(account).closed for account in accounts):
            raise No("Closed")

    # The rules, one for each leg.

    def grant(self, account: Account, wanted: int | None) -> None:
        """Raised as asked; lowered no further than what is neither used nor held."""
        old, outside = self.standing(account), world(account.unit, "granted")
        more = 0 if wanted is None else max(wanted - old.granted, old.held - old.balance)
        if more:
            sides = (outside, account) if more > 0 else (account, outside)
            self.enter(Kind.GRANT, *sides, abs(more))
            self.change(account, granted=more)

    def post(self, leg: Post, _index: int) -> None:
        self.need_open(leg.source, leg.target)
        self.grant(leg.source, leg.granted)
        for lot, taken in self.taking(leg.source, leg.amount, self.spendable(leg.source), all_or_none=not leg.at_most):
            self.change_lot(lot, remaining=-taken)
            self.into(leg, Kind.POST, leg.source, leg.target, taken, from_lot=lot)

    def hold(self, leg: Hold, index: int) -> None:
        if leg.until <= self.at:
            raise No("Impossible")
        self.need_open(leg.source, leg.target)
        self.grant(leg.source, leg.granted)
        named = hold_id(self.id, index)
        for lot, taken in self.taking(leg.source, leg.amount, self.spendable(leg.source)):
            self.change_lot(lot, held=taken)
            own = self.enter(Kind.HOLD, leg.source, leg.target, taken, (None, leg.until), from_lot=lot, of=named)
            self.change(leg.source, held=taken)
            self.holds[own] = Part(named, leg.source, leg.target, lot, taken, leg.until)

    def settle(self, leg: Capture | Release, _index: int) -> None:
        """A capture takes what is held in the order it was held, a release gives back in the opposite one."""
        capturing, parts = isinstance(leg, Capture), [(k, p) for k, p in self.holds.items() if p.hold == leg.hold]
        left = sum(part.remaining for _, part in parts)
        if not left:
            raise No("settled" if parts else "unknown", 0)
        source, target, until = parts[0][1].source, parts[0][1].target, parts[0][1].until
        if capturing and self.at >= until:
            raise No("timed_out", left)
        if (amount := leg.amount or left) > left:
            raise No("less", left)
        if capturing:
            self.need_open(source, target)
        for key, taken in split([(k, p.remaining) for k, p in (parts if capturing else parts[::-1])], amount):
            part = self.holds[key]
            self.holds[key] = part._replace(remaining=part.remaining - taken)
            self.change_lot(part.lot, held=-taken, remaining=-taken * capturing)
            self.change(source, held=-taken)
            if capturing:
                self.into(leg, Kind.CAPTURE, source, target, taken, from_lot=part.lot, of=key)
            else:
                self.enter(Kind.RELEASE, source, target, taken, from_lot=part.lot, of=key)

    def activate(self, leg: Activate, _index: int) -> None:
        active_at = leg.active_at or self.at
        if leg.lot not in self.lots or (lot := self.lots[leg.lot]).active_at <= active_at:
            raise No("Impossible")
        self.lots[leg.lot] = lot._replace(active_at=active_at)
        self.enter(Kind.ACTIVATE, lot.account, lot.account, 0, (active_at, None), from_lot=leg.lot, of=leg.lot)

    def expire(self, leg: Expire, _index: int) -> None:
        if leg.lot not in self.lots or (lot := self.lots[leg.lot]).expires_at > self.at:
            raise No("Impossible")
        for _, over in split([(leg.lot, lot.remaining - lot.held)], lot.remaining):
            self.change_lot(leg.lot, remaining=-over)
            self.enter(Kind.EXPIRE, lot.account, world(lot.account.unit, "expired"), over, from_lot=leg.lot)

    def reverse(self, leg: Reverse, _index: int) -> None:
        """What was given is taken back from its own lot, then as ``shortage`` says; what was paid returns to its lot."""
        done, target, source = self.postings.get(leg.posting, (None, None, None))
        left = done.amount - self.reversed[done.id] if done and done.kind in {1, 4, 7} else 0
        if not left or (amount := leg.amount or left) > left:
            raise No("Impossible")
        self.need_open(source, target)
        parts = self.spendable(source)
        if own := done.to_lot_id:
            others = [part for part in parts if part[0] != own] if leg.shortage == "balance" else []
            parts = [(own, self.lots[own].remaining - self.lots[own].held), *others]
        for lot, taken in self.taking(source, amount, parts, all_or_none=leg.shortage == "refuse"):
            self.change_lot(lot, remaining=-taken)
            self.change_lot(done.from_lot_id, remaining=taken)
            self.reversed[done.id] += taken
            self.enter(Kind.REVERSE, source, target, taken, from_lot=lot, to_lot=done.from_lot_id, of=done.id)

    def close(self, leg: Close | Reopen, _index: int) -> None:
        if (old := self.standing(leg.account)).closed == (closing := isinstance(leg, Close)):
            raise No("Impossible")
        self.accounts[leg.account] = old._replace(closed=closing)
        self.enter(Kind.CLOSE if closing else Kind.REOPEN, leg.account, leg.account, 0)


RULES: dict[type, Callable[[Model, Any, int], None]] = {
    Post: Model.post,
    Hold: Model.hold,
    Capture: Model.settle,
    Release: Model.settle,
    Activate: Model.activate,
    Expire: Model.expire,
    Reverse: Model.reverse,
    Close: Model.close,
    Reopen: Model.close,
}
