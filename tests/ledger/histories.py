"""Histories of a ledger to check and to measure with: every verb, as shops use them, from a seed."""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from regulars.core.naming import operation_id
from regulars.ledger.book import Book
from regulars.ledger.facts import (
    FOREVER,
    Account,
    Activate,
    Capture,
    Close,
    Expire,
    Hold,
    Kind,
    Leg,
    Message,
    Operation,
    Post,
    Release,
    Reopen,
    Reverse,
    hold_id,
    world,
)
from regulars.ledger.refusals import Refused

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
UNIT = "points:club"
ISSUED, REDEEMED = world(UNIT, "issued"), world(UNIT, "redeemed")
STOCK = Account("stock", "coupon", "spring")
PRINTED = world("coupon", "printed")
# Of a hundred operations; what cannot be done at that moment becomes an earning.
SHARES = {
    "earn": 40, "spend": 22, "hold": 8, "capture": 6, "release": 3, "expire": 4, "activate": 2, "reverse": 5, "coupon": 4,
    "gift": 3, "nothing": 1, "close": 1, "reopen": 1,
}  # fmt: skip


@dataclass
class _Told:
    """What a history knows of itself while it is told; the book is forgotten but for what may still be named."""

    chance: random.Random
    subjects: int
    book: Book = field(default_factory=Book)
    holds: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    postings: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    pending: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    ending: deque[str] = field(default_factory=deque)
    closed: list[Account] = field(default_factory=list)
    at: datetime = BEGIN

    def member(self) -> Account:
        return Account("points", UNIT, "club", f"{self.chance.randrange(self.subjects):032x}")

    def legs(self, verb: str) -> list[Leg]:  # noqa: PLR0911  a verb, a line
        chance, amount, member = self.chance, self.chance.randint(1, 90), self.member()
        match verb:
            case "spend":
                return [Post(member, REDEEMED, amount, at_most=True)]
            case "hold":
                return [Hold(member, REDEEMED, amount // 3 + 1, self.at + timedelta(days=2))]
            case "capture" if self.holds:
                return [Capture(chance.choice(self.holds), chance.choice([None, 1]))]
            case "release" if self.holds:
                return [Release(chance.choice(self.holds), chance.choice([None, 1]))]
            case "expire" if self.ending and self.book.lots[self.ending[0]].expires_at <= self.at:
                return [Expire(self.ending.popleft())]
            case "activate" if self.pending:
                return [Activate(self.pending.popleft())]
            case "reverse" if self.postings:
                shortage = chance.choice(["refuse", "lot", "balance"])
                return [Reverse(chance.choice(self.postings), chance.choice([None, 1]), shortage)]
            case "coupon":
                limit = Account("limit", "coupon", "spring", member.subject)
                return [
                    Post(PRINTED, STOCK, 5),
                    Hold(STOCK, world("coupon", "given"), 1, self.at + timedelta(days=1)),
                    Post(limit, world("coupon", "used"), 1, at_most=True, granted=chance.randint(3, 5)),
                ]
            case "gift" if (friend := self.member()) != member:
                return [Post(member, friend, amount // 2 + 1, at_most=True)]
            case "nothing":
                return [Post(Account("points", UNIT, "club", "f" * 32), REDEEMED, 1, at_most=True)]
            case "close":
                return [Close(member)]
            case "reopen" if self.closed:
                return [Reopen(self.closed.pop())]
        expires_at = self.at + timedelta(days=chance.randint(1, 5)) if chance.random() < 0.3 else FOREVER
        active_at = FOREVER if expires_at is FOREVER and chance.random() < 0.1 else None
        return [Post(ISSUED, member, amount, active_at=active_at, expires_at=expires_at)]

    def remember(self, operation: Operation) -> None:
        for posting in self.book.written:
            if posting.kind in {Kind.POST, Kind.CAPTURE, Kind.EXPIRE}:
                self.postings.append(posting.id)
            if posting.to_lot_id == posting.id and posting.expires_at != FOREVER:
                self.ending.append(posting.id)
            if posting.to_lot_id == posting.id and posting.active_at == FOREVER:
                self.pending.append(posting.id)
        for index, leg in enumerate(operation.legs):
            if isinstance(leg, Hold):
                self.holds.append(hold_id(operation.id, index))
            elif isinstance(leg, Close):
                self.closed.append(leg.account)
        self.book.written.clear()
        if len(self.book.postings) > 1_000:
            self.book.postings = {key: self.book.postings[key] for key in self.postings}


def history(seed: int, operations: int, subjects: int) -> Iterator[Operation]:
    """``operations`` that a ledger takes one after the other, about the points and coupons of ``subjects`` members."""
    told = _Told(random.Random(seed), subjects)
    verbs, weights = list(SHARES), list(SHARES.values())
    made = 0
    while made < operations:
        told.at += timedelta(seconds=told.chance.randint(1, max(2, 1_000_000 // operations)))
        verb = told.chance.choices(verbs, weights)[0]
        messages = [Message("Points Earned", {"seed": seed})] if verb == "earn" and told.chance.random() < 0.02 else []
        operation = Operation(
            operation_id("history", str(seed), str(made)), told.at, told.legs(verb), verb, f"till {made % 7}",
            f"order {made}", messages=messages,
        )  # fmt: skip
        try:
            told.book.apply(operation, bytes(32))
        except (Refused, KeyError):
            continue  # no leg before the refused one was done, so the book is as it was
        told.remember(operation)
        made += 1
        yield operation
