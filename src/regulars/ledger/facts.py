"""The ledger's words: accounts, what may be done with them, and what was done.

Amounts are whole units of the account's ``unit`` (points, minor units of a currency, pieces) and above zero. Instants are
aware; ``FOREVER`` stands for "never" (expiry) and "not before somebody says so" (activation). Ids are 32 hex digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from regulars.core.naming import uuid8, within

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
# Well inside 64 bits, so that sums of thousands of amounts stay there too.
AMOUNT_MAX = 10**15
LEGS_MAX = 100


@dataclass(frozen=True, slots=True)
class Nature:
    """How accounts of one kind behave.

    ``guarded``: its balance is kept and may not go below zero; without it the account stands for the world outside,
    is never locked and may go any way. ``in_lots``: what comes in keeps its own terms, and what goes out is paired with it.
    """

    guarded: bool = True
    in_lots: bool = False


# What a customer owns carries expiry dates, so it is kept in lots; what the shop counts does not.
NATURES: Mapping[str, Nature] = {
    "points": Nature(in_lots=True),
    "credit": Nature(in_lots=True),
    "gift_card": Nature(in_lots=True),
    "stock": Nature(),
    "limit": Nature(),
    "budget": Nature(),
    "prize": Nature(),
    "escrow": Nature(),
    # What a customer owes: it is balanced by nothing they have, so it is an account of its own, never a balance below zero.
    "debt": Nature(),
    "world": Nature(guarded=False),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An account by what it is for. It comes into being with its first posting; its id follows from its name.

    ``reference`` is the programme, coupon, limit or trade it counts for; ``subject`` the random key of its owner, empty for
    the shop's own.
    """

    kind: str
    unit: str
    reference: str = ""
    subject: str = ""
    # A UUIDv8 of the name: whoever knows what an account is for can name it without asking. Made once, asked for often.
    id: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = "\x1f".join((self.kind, self.unit, self.reference, self.subject))
        object.__setattr__(self, "id", uuid8(name))

    @property
    def nature(self) -> Nature:
        """How it behaves. Raises KeyError for a kind that does not exist."""
        return NATURES[self.kind]


@lru_cache(maxsize=10_000)
def account(kind: str, unit: str, reference: str, subject: str) -> Account:
    """An account that was named before, most likely: its id is not worked out anew."""
    return Account(kind, unit, reference, subject)


@lru_cache(maxsize=1_000)
def world(unit: str, reference: str) -> Account:
    """The outside that amounts come from or go to: ``issued``, ``redeemed``, ``expired``, ``adjusted`` ..."""
    return Account("world", unit, reference)


@dataclass(frozen=True, slots=True)
class Post:
    """Move ``amount`` from ``source`` to ``target``.

    ``active_at`` and ``expires_at`` are the terms of the lot it becomes where the target keeps lots; pending until
    ``active_at`` (``FOREVER``: until activated). ``at_most``: take what there is where there is less. ``granted``: what
    ``source`` was granted in all, for limits: the difference to what it was granted so far is posted first.
    """

    source: Account
    target: Account
    amount: int
    active_at: datetime | None = None
    expires_at: datetime = FOREVER
    at_most: bool = False
    granted: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Set ``amount`` of ``source`` aside for ``target`` until captured, released, or ``until`` has passed."""

    source: Account
    target: Account
    amount: int
    until: datetime
    granted: int | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Post what is held, or ``amount`` of it; the rest stays held. Terms are those of ``Post``."""

    hold: str
    amount: int | None = None
    active_at: datetime | None = None
    expires_at: datetime = FOREVER


@dataclass(frozen=True, slots=True)
class Release:
    """Give back what is held, or ``amount`` of it."""

    hold: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Activate:
    """End the waiting of a pending lot: it can be spent from the operation's instant, or from ``active_at``."""

    lot: str
    active_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """Take what is left, and not held, of a lot whose time is over."""

    lot: str


@dataclass(frozen=True, slots=True)
class Reverse:
    """Undo a posting, or ``amount`` of it. What was spent goes back to the lot it came from; what was given is taken back.

    ``shortage`` says what happens where given points were spent meanwhile: ``refuse``; ``lot`` takes what is left in their
    own lot; ``balance`` takes from the owner's other lots too, as far as they go.
    """

    posting: str
    amount: int | None = None
    shortage: str = "refuse"


@dataclass(frozen=True, slots=True)
class Close:
    """Let nothing more in or out of an account but by time: lots still expire. What is held can only be released."""

    account: Account


@dataclass(frozen=True, slots=True)
class Reopen:
    """Undo ``Close``."""

    account: Account


Leg = Post | Hold | Capture | Release | Activate | Expire | Reverse | Close | Reopen


@dataclass(frozen=True, slots=True)
class Message:
    """What others should hear once an operation is committed: an event's name and its content."""

    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """Legs that are done together or not at all, once, however often they are sent.

    ``id`` is made by whoever asks (see ``operation_id``); ``reason`` is a code a statement can put in words, ``actor`` who
    asked, ``about`` what it is about (an order, a coupon ...). ``messages`` are sent if and only if it is committed.

    A retry must ask the same as the first time; ``request`` is what was asked, as the asker sent it, where the legs hold
    instants that a retry would compute anew. Without it the legs themselves are compared. ``at`` may differ.
    """

    id: str
    at: datetime
    legs: Sequence[Leg]
    reason: str
    actor: str = ""
    about: str = ""
    request: str = ""
    messages: Sequence[Message] = field(default=())


class Kind(IntEnum):
    """What a posting is. The number is part of the chain and never changes."""

    POST = 1
    GRANT = 2
    HOLD = 3
    CAPTURE = 4
    RELEASE = 5
    ACTIVATE = 6
    EXPIRE = 7
    REVERSE = 8
    CLOSE = 9
    REOPEN = 10


# Those that change balances; the others set aside, give back or mark.
MOVING = frozenset({Kind.POST, Kind.GRANT, Kind.CAPTURE, Kind.EXPIRE, Kind.REVERSE})


class Posting(NamedTuple):
    """One movement, as written; a tuple, since batches make millions.

    ``debit_seq`` and ``credit_seq`` number an account's postings, with the balance after each; they are None on a side that
    is the world or that nothing moves on. ``of_id`` is the posting that is captured, released, activated or reversed.
    ``hash`` continues the chain of ``home_id``.
    """

    id: str
    operation_id: str
    number: int
    kind: int
    debit_id: str
    credit_id: str
    amount: int
    from_lot_id: str | None
    to_lot_id: str | None
    of_id: str | None
    active_at: datetime | None
    expires_at: datetime | None
    debit_seq: int | None
    debit_balance: int | None
    credit_seq: int | None
    credit_balance: int | None
    at: datetime
    hash: bytes

    @property
    def home_id(self) -> str:
        """The account whose chain this posting continues: the debited one, unless that is the world."""
        return self.credit_id if self.debit_seq is None else self.debit_id


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an operation did. ``replayed``: it had been done before, and this is the first answer again."""

    operation_id: str
    postings: tuple[Posting, ...]
    replayed: bool = False

    def moved(self, account: Account) -> int:
        """By how much this operation changed an account's balance."""
        named = account.id
        done = [p for p in self.postings if p.kind in MOVING]
        return sum(p.amount * ((p.credit_id == named) - (p.debit_id == named)) for p in done)


def hold_id(operation: str, leg: int) -> str:
    """The id of the hold that an operation's leg (counted from 0) makes."""
    return within(operation, f"hold:{leg}")


def message_id(operation: str, position: int) -> str:
    """The id of an operation's message."""
    return within(operation, f"message:{position}")
