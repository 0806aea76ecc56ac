"""A small shop's ledger to play with: who has accounts, what may be asked of them, and how a play is held against the model.

What is asked is told by plain choices (``CHOICES``), drawn by Hypothesis or by a seeded generator; ``Play`` turns them into
operations on what stands, so that most of them make sense and many stand exactly on a boundary.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from regulars.core.naming import operation_id, posting_id
from regulars.ledger import chain, requests
from regulars.ledger.actions import commit, commit_many
from regulars.ledger.facts import (
    FOREVER,
    Account,
    Activate,
    Capture,
    Close,
    Expire,
    Hold,
    Leg,
    Message,
    Operation,
    Post,
    Posting,
    Release,
    Reopen,
    Reverse,
    hold_id,
    world,
)
from regulars.ledger.refusals import HoldOver, Insufficient, Refused
from regulars.ledger.rows import COLUMNS, posting_of, postings_where
from regulars.storage.bulk import as_hex, as_instant
from tests.ledger.model import Model, No, Standing

START, STRIDE = datetime(2028, 2, 28, 18, tzinfo=UTC), timedelta(hours=6)

POINTS = [Account("points", "points:club", "club", subject * 32) for subject in "abc"]
LIMITS = [Account("limit", "use", "coupon", subject * 32) for subject in "ab"]
CARD = Account("gift_card", "CNY", "card")
BUDGET = Account("budget", "CNY", "spring")
STOCK = Account("stock", "piece", "mug")
ESCROW = Account("escrow", "points:club", "trade")
GUARDED = [*POINTS, *LIMITS, CARD, BUDGET, STOCK, ESCROW]

ISSUED, REDEEMED = world("points:club", "issued"), world("points:club", "redeemed")
SOLD, USED = world("CNY", "sold"), world("use", "used")
IN = [
    *[(ISSUED, POINTS[0])] * 4,
    *((ISSUED, points) for points in POINTS),
    (ISSUED, ESCROW),
    (SOLD, CARD),
    (world("CNY", "planned"), BUDGET),
    (world("piece", "bought"), STOCK),
]
OUT = [
    *[(POINTS[0], REDEEMED)] * 4,
    *((points, REDEEMED) for points in POINTS),
    (POINTS[0], POINTS[1]),
    (POINTS[1], ESCROW),
    (ESCROW, POINTS[2]),
    (CARD, SOLD),
    (BUDGET, CARD),
    *[(STOCK, world("piece", "sold"))] * 3,
    *((limit, USED) for limit in LIMITS),
]

OTHER = Post(ISSUED, POINTS[0], 1)  # what another request asks under the same id

AMOUNTS = [1, 2, 3, 5, 8, 13, "all", "more"]
WHICH = range(64)
TERMS = [None, None, None, 0, 1, 2, FOREVER]
ENDS = [FOREVER, 1, 2, 3, 0]
CHOICES: dict[str, list[Sequence[Any]]] = {
    "earn": [IN, AMOUNTS, TERMS, ENDS],
    "spend": [OUT, AMOUNTS, TERMS, ENDS, [False, True], [0, 1, 3, 9]],
    "hold": [OUT, AMOUNTS, [1, 2, 3, 1, 2, 3, 0], [0, 1, 3, 9]],
    "capture": [WHICH, [None, *AMOUNTS], TERMS, ENDS],
    "release": [WHICH, [None, *AMOUNTS]],
    "activate": [WHICH, [None, None, 0, 1, 2]],
    "expire": [WHICH],
    "reverse": [WHICH, [None, *AMOUNTS], ["refuse", "lot", "balance"]],
    "close": [GUARDED],
    "reopen": [GUARDED],
}
VERBS = (
    "earn earn earn spend spend hold hold hold capture capture release activate expire reverse reverse reopen".split()
)
# Strides, or to the end or beginning of something that stands; and microseconds off.
CLOCK: list[Sequence[Any]] = [[1, 2, -1, -3, "edge", "edge", "edge", "edge"], [0, 0, -1, 1], range(8)]
Choice = tuple[str, tuple[Any, ...]]
_REST: dict[str, tuple[Any, ...]] = {"capture": (None, FOREVER), "reverse": ("refuse",)}
NUMBERS = 2**32


def choose(options: Sequence[Sequence[Any]], number: int) -> tuple[Any, ...]:
    """One of each of ``options``, by a number. A draw for each would cost Hypothesis more.

    The number is a seed, not digits: Hypothesis likes some numbers better than others, and some choices would never meet.
    """
    chance = random.Random(number)
    return tuple(map(chance.choice, options))


def leg_choice(number: int) -> Choice:
    """Any verb but ``close``, which would soon end a play, with what it needs."""
    verb, seed = choose([VERBS, range(NUMBERS)], number)
    return verb, choose(CHOICES[verb], seed)


class Differs(AssertionError):
    """The ledger did other than the model."""


class Play:
    """A model, the clock, and what was asked so far."""

    def __init__(self, tell: Callable[[Operation], object] = id) -> None:
        self.model, self.tell = Model(), tell
        self.stride = self.off = self.told = 0
        self.heads: dict[str, bytes] = {}
        self.written: list[Posting] = []

    # What is asked.

    @property
    def at(self) -> datetime:
        return START + self.stride * STRIDE + timedelta(microseconds=self.off)

    def turn(self, strides: Any, off: int, which: int) -> None:
        """The clock: on a boundary, or a microsecond beside it."""
        if strides == "edge":
            lots = {at for lot in self.model.lots.values() if lot.remaining for at in (lot.active_at, lot.expires_at)}
            ends = [part.until for part in self.model.holds.values() if part.remaining][::-1]
            edges = [*dict.fromkeys([*ends, *sorted(lots - {FOREVER})])]
            strides = round((edges[which % len(edges)] - START) / STRIDE) - self.stride if edges else 1
        self.stride, self.off = self.stride + strides, off

    def beginning(self) -> Operation:
        """Lots that end one after the other, the later ones first, one of them pending; some stock, and a budget; some held."""
        told = [(8, None, 3), (5, None, 2), (4, 1, 2), (3, None, 1)]
        lots = [Post(ISSUED, POINTS[0], amount, **self.terms(active, ends)) for amount, active, ends in told]
        stock = [Post(*sides, 20) for sides in IN[-2:]]
        holds = [
            Hold(POINTS[0], REDEEMED, 4, self.term(1)),
            Hold(STOCK, world("piece", "sold"), 12, self.term(2)),
            Hold(LIMITS[0], USED, 2, self.term(3), granted=3),
        ]
        return Operation(operation_id("begin"), self.at, [*lots, *stock, *holds], "play")

    def operation(self, choices: Iterable[Choice]) -> Operation:
        self.told += 1
        self.model.at, self.named = self.at, operation_id("play", str(self.told))
        legs = [getattr(self, verb)(*chosen) for verb, chosen in choices]
        about, messages = f"订单 {self.told}", [Message("told", {"n": self.told})] if self.told % 3 == 0 else []
        operation = Operation(self.named, self.at, legs, "play", actor="nobody", about=about, messages=messages)
        self.tell(operation)
        return operation

    def term(self, at: Any) -> Any:
        """Instants are told in strides from now, so that the clock meets them exactly."""
        return START + (self.stride + at) * STRIDE if isinstance(at, int) else at

    def terms(self, active: Any, ends: Any) -> dict[str, Any]:
        active, ends = self.term(active), self.term(ends)
        sensible = active is None or ends is FOREVER or active < ends
        return {"active_at": active if sensible else None, "expires_at": ends}

    def amount(self, amount: Any, there: int) -> Any:
        return max(1, there + (amount == "more")) if isinstance(amount, str) else amount

    def free(self, account: Account) -> int:
        return sum(there for _, there in self.model.spendable(account)) if account.nature.guarded else 30

    def able(self, sides: Any, amount: Any) -> Any:
        """Who pays: somebody else, mostly, where there is nothing."""
        if sides[0] in LIMITS or amount == "more" or self.free(sides[0]):
            return sides
        return max(OUT, key=lambda others: self.free(others[0]))

    def pick(self, which: int, own: str, good: Iterable[str], known: Iterable[str]) -> str:
        """One that makes sense, or any, or one of this very operation, newest first."""
        if which % 16 == 15:
            return own
        pool = (list(good) if which % 8 else None) or list(known) or [own]
        return pool[-1 - which % len(pool)]

    def earn(self, sides: Any, amount: Any, active: Any, ends: Any) -> Leg:
        return Post(*sides, self.amount(amount, 30), **self.terms(active, ends))

    def spend(self, sides: Any, amount: Any, active: Any, ends: Any, at_most: bool, granted: int) -> Leg:
        sides = self.able(sides, amount)
        amount = self.amount(amount, self.free(sides[0]))
        limit = granted if sides[0] in LIMITS else None
        return Post(*sides, amount, **self.terms(active, ends), at_most=at_most, granted=limit)

    def hold(self, sides: Any, amount: Any, until: Any, granted: int) -> Leg:
        sides = self.able(sides, amount)
        limit = granted if sides[0] in LIMITS else None
        return Hold(*sides, self.amount(amount, self.free(sides[0])), self.term(until), granted=limit)

    def held(self, which: int, amount: Any) -> tuple[str, Any]:
        parts = self.model.holds.values()
        known = dict.fromkeys(part.hold for part in parts)
        good = [part for part in parts if part.remaining]
        due = [part for part in good if abs(part.until - self.at) <= timedelta(microseconds=1)]
        named = self.pick(which, hold_id(self.named, 0), (part.hold for part in due or good), known)
        return named, self.amount(amount, sum(part.remaining for part in parts if part.hold == named))

    def capture(self, which: int, amount: Any, active: Any, ends: Any) -> Leg:
        return Capture(*self.held(which, amount), **self.terms(active, ends))

    def release(self, which: int, amount: Any) -> Leg:
        return Release(*self.held(which, amount))

    def activate(self, which: int, active: Any) -> Leg:
        lots, own = self.model.lots, posting_id(self.named, 0)
        waiting = self.pick(which, own, (key for key, lot in lots.items() if lot.active_at > self.at), lots)
        return Activate(waiting, self.terms(active, FOREVER)["active_at"])

    def expire(self, which: int) -> Leg:
        lots, own = self.model.lots, posting_id(self.named, 0)
        over = (key for key, lot in lots.items() if lot.expires_at <= self.at and lot.remaining)
        return Expire(self.pick(which, own, over, lots))

    def reverse(self, which: int, amount: Any, shortage: str) -> Leg:
        postings = self.model.postings
        left = {k: p[0].amount - self.model.reversed[k] for k, p in postings.items() if p[0].kind in {1, 4, 7}}
        named = self.pick(which, posting_id(self.named, 0), (key for key, there in left.items() if there), postings)
        return Reverse(named, self.amount(amount, left.get(named, 0)), shortage)

    def close(self, account: Account) -> Leg:
        return Close(account)

    def reopen(self, account: Account) -> Leg:
        shut = [a for a, standing in self.model.accounts.items() if standing.closed]
        return Reopen(account if account in shut or not shut else shut[0])

    def in_and_out_of_the_closed(self, which: int, whole: bool) -> list[Choice]:
        """Close an account that something comes from or goes to, try just that, and open it again."""
        model, amount = self.model, None if whole else 1
        pairs = [(side, "capture") for part in model.holds.values() if part.remaining for side in part[1:3]]
        pairs += [
            (side, "reverse") for posting, *sides in model.postings.values() if posting.kind == 1 for side in sides
        ]
        ways = [(account, (verb, (which, amount, *_REST[verb]))) for account, verb in pairs]
        ways += [(sides[1], ("earn", (sides, 1, None, FOREVER))) for sides in IN]
        ways += [(side, ("spend", (sides, 1, None, FOREVER, False, 3))) for sides in OUT for side in sides]
        ways = [(account, tried) for account, tried in ways if account.nature.guarded]
        account, tried = ways[which % len(ways)]
        return [("close", (account,)), tried, ("reopen", (account,))]

    # What was done, held against the model.

    def done(self, operation: Operation) -> None:
        """Commit an operation, and see that the ledger did what the model says."""
        replayed = operation.id in self.model.done
        expected = said(self.model.do, operation)
        answer = said(commit, operation)
        if isinstance(expected, tuple) or isinstance(answer, tuple):
            same("refusal", answer, expected)
        else:
            same("replayed", answer.replayed, replayed)
            same("postings", [posting._replace(hash=b"") for posting in answer.postings], expected)
            if not replayed:
                self.link(operation, answer.postings)
        self.compare()

    def again(self, which: int, other: bool) -> None:
        """A retry, later or earlier by the clock; or another request under the same id."""
        if earlier := list(self.model.done.values()):
            first = earlier[-1 - which % len(earlier)][0]
            legs = [*first.legs, OTHER] if other else first.legs
            self.done(replace(first, at=self.at, legs=legs))

    def many(self, told: Sequence[Sequence[Choice]], *, careful: bool, repeat: str, size: int) -> None:
        """A batch; ``careful``: without what the ledger would refuse. ``repeat``: with something done before, and twice."""
        before, batch = self.model.save(), []
        for choices in told:
            operation = self.operation(choices)
            if not isinstance(said(self.model.do, operation), tuple) or not careful:
                batch.append(operation)
        self.model.restore(before)
        if repeat:
            first = [*batch[:1], *(operation for operation, _ in list(self.model.done.values())[:1])]
            batch += first if repeat == "same" else [replace(o, legs=[*o.legs, OTHER]) for o in first]
        self.commit_many(batch, size)
        self.compare()

    def commit_many(self, batch: Sequence[Operation], size: int) -> None:
        fresh: list[Operation] = []
        expected: tuple[str, int | None] | None = None
        for start in range(0, len(batch), size):
            before, chunk = self.model.save(), batch[start : start + size]
            known = {key: operation.legs for key, (operation, _) in self.model.done.items()}
            if any(known.setdefault(operation.id, operation.legs) != operation.legs for operation in chunk):
                expected = ("KeyReused", None)  # a batch is looked through before anything is done
                break
            new = {operation.id: operation for operation in chunk if operation.id not in self.model.done}
            answers = [said(self.model.do, operation) for operation in chunk]
            if expected := next((answer for answer in answers if isinstance(answer, tuple)), None):
                self.model.restore(before)
                break
            fresh += new.values()
        answer = said(lambda operations: commit_many(operations, size=size), batch)
        same("batch", answer if isinstance(answer, tuple) else None, expected)
        if not expected:
            same("done", (answer.done, answer.replayed), (len(fresh), len(batch) - len(fresh)))
        found: dict[str, list[Posting]] = {operation.id: [] for operation in fresh}
        for posting in map(posting_of, postings_where("operation_id", found, "ORDER BY number")):
            found[posting.operation_id].append(posting)
        for operation in fresh:
            written = [posting._replace(hash=b"") for posting in found[operation.id]]
            same("postings of a batch", written, self.model.done[operation.id][1])
            self.link(operation, found[operation.id])

    def link(self, operation: Operation, postings: Iterable[Posting]) -> None:
        """Each hash again, from nothing but what the posting says and the one before it."""
        digest = requests.digest(operation, requests.plain(operation))
        trailer = chain.trailer(digest, operation.reason, operation.actor, operation.about)
        for posting in postings:
            head = chain.link(self.heads.get(posting.home_id, b""), posting[:-1], trailer)
            same("hash", posting.hash, head)
            self.heads[posting.home_id] = head
            self.written.append(posting)

    def compare(self) -> None:
        """The rows of accounts, lots and holds are what the model has, all of them."""
        nothing = Standing()
        found = {
            as_hex(row[0]): Standing(*row[1:5], closed=bool(row[5]))
            for row in rows("id, balance, held, granted, seq, closed", "account WHERE guarded")
        }
        expected = {account.id: standing for account, standing in self.model.accounts.items()}
        same("accounts", {k: s for k, s in found.items() if s != nothing}, {k: s for k, s in expected.items() if s.seq})
        lots = {
            as_hex(row[0]): (as_hex(row[1]), *row[2:4], as_instant(row[4]), as_instant(row[5]))
            for row in rows("id, account_id, remaining, held, active_at, expires_at", "lot")
        }
        same("lots", lots, {key: (lot.account.id, *lot[1:]) for key, lot in self.model.lots.items()})
        holds = {
            as_hex(row[0]): (*map(as_hex, row[1:4]), row[4] and as_hex(row[4]), row[5], as_instant(row[6]))
            for row in rows("posting_id, hold_id, account_id, target_id, lot_id, remaining, until", "hold")
        }
        kept = {key: (p.hold, p.source.id, p.target.id, *p[3:]) for key, p in self.model.holds.items()}
        same("holds", holds, kept)

    def finish(self) -> None:
        """At the end: the history is what was answered, nothing more or less, and every message was left once."""
        written = sorted(map(posting_of, rows(", ".join(COLUMNS), "posting")))
        same("history", written, sorted(self.written))
        heads = {as_hex(key): bytes(head) for key, head in rows("id, head", "account")}
        same("heads", {key: head for key, head in heads.items() if head}, self.heads)
        same("operations", {as_hex(key) for (key,) in rows("id", "operation")}, set(self.model.done))
        told = sorted(operation.id for operation, _ in self.model.done.values() for _ in operation.messages)
        same("messages", sorted(as_hex(key) for (key,) in rows("operation_id", "message")), told)


def rows(columns: str, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM ledger_{table}")
        return cursor.fetchall()


def said(do: Any, asked: Any) -> Any:
    """What was answered; a refusal as its name and what is left."""
    try:
        return do(asked)
    except No as no:
        return no.name, no.left
    except Refused as refused:
        name = refused.why if isinstance(refused, HoldOver) else type(refused).__name__
        return name, refused.left if isinstance(refused, HoldOver | Insufficient) else None


def same(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise Differs(f"{what}\n  found    {found}\n  expected {expected}")


def history(seed: int, length: int) -> list[tuple[Operation, bool]]:
    """A random history and what of it can be done: the same for the same seed."""
    chance, play = random.Random(seed), Play()
    told = [(play.beginning(), True)]
    play.model.do(told[0][0])
    while len(told) < length:
        if chance.random() < 0.2:
            play.turn(*(chance.choice(options) for options in CLOCK))
        legs = [leg_choice(chance.randrange(NUMBERS)) for _ in range(chance.choice([1, 1, 1, 1, 2, 3]))]
        operation = play.operation(legs if chance.random() > 0.02 else [("close", (chance.choice(GUARDED),))])
        told.append((operation, not isinstance(said(play.model.do, operation), tuple)))
    return told
