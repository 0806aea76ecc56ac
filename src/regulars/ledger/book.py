"""The ledger's rules, pure: what an operation writes, given the accounts, lots and holds it touches.

A ``Book`` is the part of the ledger that was loaded for some operations. ``apply`` checks each leg against it, changes it,
and answers the postings; whoever wrote the rows before calls it with what they read under lock. The database's own half
(``schema/postgresql.sql``) repeats ``post``, ``hold``, ``capture`` and ``release`` for speed; differential tests compare
the two to the byte.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from regulars.core.naming import posting_id
from regulars.ledger import chain
from regulars.ledger.facts import (
    MOVING,
    Account,
    Activate,
    Capture,
    Close,
    Expire,
    Hold,
    Kind,
    Leg,
    Operation,
    Post,
    Posting,
    Release,
    Reopen,
    Reverse,
    hold_id,
    world,
)
from regulars.ledger.refusals import Closed, HoldOver, Impossible, Insufficient

# The lot that a posting makes has the posting's id.
OWN = "own"


@dataclass(slots=True)
class AccountState:
    """An account as it stands. ``seq`` counts its postings, ``head`` is the last hash of its chain.

    ``stored_seq`` is the ``seq`` it was loaded with, None where it is new.
    """

    id: str
    account: Account
    guarded: bool
    in_lots: bool
    balance: int = 0
    held: int = 0
    granted: int = 0
    seq: int = 0
    head: bytes = b""
    closed: bool = False
    stored_seq: int | None = None


@dataclass(slots=True, eq=False)
class LotState:
    """What is left of one lot, and how much of that is held."""

    id: str
    account_id: str
    remaining: int
    held: int
    active_at: datetime
    expires_at: datetime
    stored: bool = False
    changed: bool = True

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def order(self) -> tuple[datetime, str]:
        """First to expire is spent first; among equals by id, so that every run takes the same."""
        return self.expires_at, self.id


@dataclass(slots=True, eq=False)
class HoldPart:
    """One posting of a hold: a hold on an account in lots has a part for each lot."""

    posting_id: str
    hold_id: str
    account_id: str
    target_id: str
    lot_id: str | None
    remaining: int
    until: datetime
    stored: bool = False
    changed: bool = True


@dataclass(slots=True)
class Book:
    """What was loaded, and what the operations applied to it have written so far."""

    accounts: dict[str, AccountState] = field(default_factory=dict)
    lots: dict[str, LotState] = field(default_factory=dict)
    queues: dict[str, list[LotState]] = field(default_factory=dict)
    holds: dict[str, list[HoldPart]] = field(default_factory=dict)
    postings: dict[str, Posting] = field(default_factory=dict)
    reversed: dict[str, int] = field(default_factory=dict)
    written: list[Posting] = field(default_factory=list)

    def add_account(self, state: AccountState) -> None:
        self.accounts[state.id] = state

    def add_lot(self, lot: LotState) -> None:
        self.lots[lot.id] = lot
        insort(self.queues.setdefault(lot.account_id, []), lot, key=LotState.order)

    def add_hold(self, part: HoldPart) -> None:
        self.holds.setdefault(part.hold_id, []).append(part)

    def open(self, account: Account) -> AccountState:
        """The state of an account, new where none was loaded."""
        named = account.id
        if (state := self.accounts.get(named)) is None:
            nature = account.nature
            state = self.accounts[named] = AccountState(named, account, nature.guarded, nature.in_lots)
        return state

    def free_lots(self, account_id: str, at: datetime) -> Iterable[LotState]:
        """Lots that can be spent from, first to expire first."""
        queue = self.queues.get(account_id, [])
        while queue and not queue[0].remaining:
            queue.pop(0)
        return (lot for lot in queue if lot.remaining > lot.held and lot.active_at <= at < lot.expires_at)

    def available(self, state: AccountState, at: datetime, enough: int) -> int:
        """What can be spent of a guarded account at an instant, counted no further than ``enough``."""
        if not state.in_lots:
            return state.balance - state.held
        found = 0
        for lot in self.free_lots(state.id, at):
            if (found := found + lot.free) >= enough:
                break
        return found

    def apply(self, operation: Operation, digest: bytes) -> list[Posting]:
        """Do an operation's legs in their order; answers its postings.

        Raises Refused; the book is then spoilt and must not be written.
        """
        writing = _Writing(self, operation, digest)
        for index, leg in enumerate(operation.legs):
            _RULES[type(leg)](writing, leg, index)
        return writing.postings


@dataclass(slots=True)
class _Writing:
    """One operation on its way into a book."""

    book: Book
    operation: Operation
    digest: bytes
    trailer: bytes = b""
    postings: list[Posting] = field(default_factory=list)

    def __post_init__(self) -> None:
        told = self.operation
        self.trailer = chain.trailer(self.digest, told.reason, told.actor, told.about)

    @property
    def at(self) -> datetime:
        return self.operation.at

    def enter(
        self,
        kind: Kind,
        debit: AccountState,
        credit: AccountState,
        amount: int,
        *,
        from_lot: LotState | None = None,
        to_lot: str | None = None,
        of: str | None = None,
        terms: tuple[datetime | None, datetime | None] = (None, None),
    ) -> Posting:
        """Write one posting: balances, sequence numbers and the chain. ``to_lot`` is a lot, or ``OWN``: one it makes."""
        moving = kind in MOVING
        debit_seq = debit_balance = credit_seq = credit_balance = None
        if debit.guarded:
            if moving:
                debit.balance -= amount
                assert debit.balance >= debit.held >= 0, f"{debit.account} would go below zero"
            debit.seq = debit_seq = debit.seq + 1
            debit_balance = debit.balance
        if credit.guarded and moving:
            credit.balance += amount
            credit.seq = credit_seq = credit.seq + 1
            credit_balance = credit.balance
        home = credit if debit_seq is None else debit
        number = len(self.postings)
        own = posting_id(self.operation.id, number)
        fields = (
            own, self.operation.id, number, int(kind), debit.id, credit.id, amount,
            from_lot.id if from_lot else None, own if to_lot is OWN else to_lot, of,
            *terms, debit_seq, debit_balance, credit_seq, credit_balance, self.at,
        )  # fmt: skip
        home.head = chain.link(home.head, fields, self.trailer)
        posting = Posting(*fields, home.head)
        self.postings.append(posting)
        self.book.postings[posting.id] = posting
        self.book.written.append(posting)
        return posting

    def into(self, target: AccountState, leg: Post | Capture, **entered: Any) -> Posting:
        """Write a posting into ``target``, as a lot of its own where it keeps lots."""
        if not target.in_lots:
            return self.enter(credit=target, **entered)
        terms = (leg.active_at or self.at, leg.expires_at)
        posting = self.enter(credit=target, to_lot=OWN, terms=terms, **entered)
        self.book.add_lot(LotState(posting.id, target.id, posting.amount, 0, *terms))
        return posting

    def parts(self, source: AccountState, amount: int) -> Iterable[tuple[LotState | None, int]]:
        """How ``amount``, known to be there, is taken from an account: whole, or lot by lot."""
        if not source.in_lots:
            yield None, amount
            return
        for lot in self.book.free_lots(source.id, self.at):
            taken = min(amount, lot.free)
            amount -= taken
            yield lot, taken
            if not amount:
                return

    def state(self, account_id: str) -> AccountState:
        return self.book.accounts[account_id]


def _need_open(*states: AccountState) -> None:
    for state in states:
        if state.closed:
            raise Closed(state.id, state.account.kind, state.account.reference)


def _short(state: AccountState, asked: int, left: int) -> Insufficient:
    account = state.account
    return Insufficient(state.id, account.kind, account.unit, account.reference, asked, left)


def _begin(writing: _Writing, leg: Post | Hold) -> tuple[AccountState, AccountState, int]:
    """Source, target and amount of a leg, once what it needs is there."""
    source, target = writing.book.open(leg.source), writing.book.open(leg.target)
    _need_open(source, target)
    if leg.granted is not None:
        _grant(writing, source, leg.granted)
    if not source.guarded:
        return source, target, leg.amount
    left = writing.book.available(source, writing.at, leg.amount)
    if left >= leg.amount:
        return source, target, leg.amount
    if isinstance(leg, Post) and leg.at_most:
        return source, target, left
    raise _short(source, leg.amount, left)


def _grant(writing: _Writing, state: AccountState, granted: int) -> None:
    """Bring what an account was granted to ``granted``; where it is lowered, as far as nothing is used or held."""
    outside = writing.book.open(world(state.account.unit, "granted"))
    if (more := granted - state.granted) > 0:
        state.granted += more
        writing.enter(Kind.GRANT, outside, state, more)
    elif less := min(-more, state.balance - state.held):
        state.granted -= less
        writing.enter(Kind.GRANT, state, outside, less)


def _post(writing: _Writing, leg: Post, _index: int) -> None:
    source, target, amount = _begin(writing, leg)
    if not amount:
        return
    for lot, taken in writing.parts(source, amount):
        if lot:
            lot.remaining -= taken
            lot.changed = True
        writing.into(target, leg, kind=Kind.POST, debit=source, amount=taken, from_lot=lot)


def _hold(writing: _Writing, leg: Hold, index: int) -> None:
    if leg.until <= writing.at:
        raise Impossible("a hold must end after it begins")
    source, target, amount = _begin(writing, leg)
    named = hold_id(writing.operation.id, index)
    for lot, taken in writing.parts(source, amount):
        if lot:
            lot.held += taken
            lot.changed = True
        source.held += taken
        posting = writing.enter(Kind.HOLD, source, target, taken, from_lot=lot, of=named, terms=(None, leg.until))
        lot_id = lot.id if lot else None
        writing.book.add_hold(HoldPart(posting.id, named, source.id, target.id, lot_id, taken, leg.until))


def _held(writing: _Writing, leg: Capture | Release) -> tuple[list[HoldPart], int]:
    """The parts of a hold and how much of them a leg asks for."""
    if not (parts := writing.book.holds.get(leg.hold)):
        raise HoldOver(leg.hold, "unknown")
    if not (left := sum(part.remaining for part in parts)):
        raise HoldOver(leg.hold, "settled")
    if isinstance(leg, Capture) and writing.at >= parts[0].until:
        raise HoldOver(leg.hold, "timed_out", left)
    if (leg.amount or 0) > left:
        raise HoldOver(leg.hold, "less", left)
    return parts, leg.amount or left


def _settle(
    writing: _Writing, parts: Iterable[HoldPart], amount: int
) -> Iterable[tuple[HoldPart, LotState | None, int]]:
    """Take ``amount`` out of a hold's parts, and out of what their accounts and lots hold."""
    for part in parts:
        if not (taken := min(part.remaining, amount)):
            continue
        amount -= taken
        part.remaining -= taken
        part.changed = True
        writing.state(part.account_id).held -= taken
        lot = writing.book.lots[part.lot_id] if part.lot_id else None
        if lot:
            lot.held -= taken
            lot.changed = True
        yield part, lot, taken


def _capture(writing: _Writing, leg: Capture, _index: int) -> None:
    parts, amount = _held(writing, leg)
    source, target = writing.state(parts[0].account_id), writing.state(parts[0].target_id)
    _need_open(source, target)
    for part, lot, taken in _settle(writing, parts, amount):
        if lot:
            lot.remaining -= taken
        entered = {"kind": Kind.CAPTURE, "debit": source, "amount": taken, "from_lot": lot, "of": part.posting_id}
        writing.into(target, leg, **entered)


def _release(writing: _Writing, leg: Release, _index: int) -> None:
    """What would expire last is given back first: a hold keeps what must be used soonest."""
    parts, amount = _held(writing, leg)
    source, target = writing.state(parts[0].account_id), writing.state(parts[0].target_id)
    for part, lot, taken in _settle(writing, reversed(parts), amount):
        writing.enter(Kind.RELEASE, source, target, taken, from_lot=lot, of=part.posting_id)


def _lot(writing: _Writing, named: str) -> LotState:
    if (lot := writing.book.lots.get(named)) is None:
        raise Impossible(f"there is no lot {named}")
    return lot


def _activate(writing: _Writing, leg: Activate, _index: int) -> None:
    lot = _lot(writing, leg.lot)
    active_at = leg.active_at or writing.at
    if lot.active_at <= active_at:
        raise Impossible(f"lot {lot.id} is active by then already")
    lot.active_at, lot.changed = active_at, True
    owner = writing.state(lot.account_id)
    writing.enter(Kind.ACTIVATE, owner, owner, 0, from_lot=lot, of=lot.id, terms=(active_at, None))


def _expire(writing: _Writing, leg: Expire, _index: int) -> None:
    lot = _lot(writing, leg.lot)
    if lot.expires_at > writing.at:
        raise Impossible(f"lot {lot.id} is good until {lot.expires_at.isoformat()}")
    if amount := lot.free:
        lot.remaining -= amount
        lot.changed = True
        owner = writing.state(lot.account_id)
        writing.enter(Kind.EXPIRE, owner, writing.book.open(world(owner.account.unit, "expired")), amount, from_lot=lot)


def _reverse(writing: _Writing, leg: Reverse, _index: int) -> None:
    book, done = writing.book, writing.book.postings.get(leg.posting)
    if done is None or done.kind not in {Kind.POST, Kind.CAPTURE, Kind.EXPIRE}:
        raise Impossible(f"there is no posting {leg.posting} that can be reversed")
    left = done.amount - book.reversed.get(done.id, 0)
    amount = leg.amount or left
    if not left or amount > left:
        raise Impossible(f"of posting {done.id} {left} can still be reversed, not {amount}")
    source, target = writing.state(done.credit_id), writing.state(done.debit_id)
    _need_open(source, target)
    restored = _lot(writing, done.from_lot_id) if done.from_lot_id else None
    for lot, taken in _taken_back(writing, leg, done, source, amount):
        if lot:
            lot.remaining -= taken
            lot.changed = True
        if restored:
            restored.remaining += taken
            restored.changed = True
            if restored not in book.queues[restored.account_id]:
                insort(book.queues[restored.account_id], restored, key=LotState.order)
        book.reversed[done.id] = book.reversed.get(done.id, 0) + taken
        writing.enter(Kind.REVERSE, source, target, taken, from_lot=lot, to_lot=done.from_lot_id, of=done.id)


def _taken_back(
    writing: _Writing, leg: Reverse, done: Posting, source: AccountState, amount: int
) -> list[tuple[LotState | None, int]]:
    """Where the reversed amount is taken from: its own lot first, then as ``shortage`` says."""
    if not source.guarded:
        return [(None, amount)]
    if not source.in_lots:
        if (left := source.balance - source.held) < amount and leg.shortage == "refuse":
            raise _short(source, amount, left)
        return [(None, taken)] if (taken := min(left, amount)) else []
    own = _lot(writing, done.to_lot_id or "")
    if (left := own.free) < amount and leg.shortage == "refuse":
        raise _short(source, amount, left)
    parts: list[tuple[LotState | None, int]] = [(own, taken)] if (taken := min(left, amount)) else []
    rest = amount - taken
    if leg.shortage == "balance":
        for lot in [lot for lot in writing.book.free_lots(source.id, writing.at) if lot is not own]:
            if not (taken := min(rest, lot.free)):
                break
            parts.append((lot, taken))
            rest -= taken
    return parts


def _close(writing: _Writing, leg: Close | Reopen, _index: int) -> None:
    state, closing = writing.book.open(leg.account), isinstance(leg, Close)
    if state.closed == closing:
        raise Impossible("the account is closed already" if closing else "the account is not closed")
    state.closed = closing
    writing.enter(Kind.CLOSE if closing else Kind.REOPEN, state, state, 0)


_RULES: dict[type[Leg], Callable[[_Writing, Any, int], None]] = {
    Post: _post,
    Hold: _hold,
    Capture: _capture,
    Release: _release,
    Activate: _activate,
    Expire: _expire,
    Reverse: _reverse,
    Close: _close,
    Reopen: _close,
}
