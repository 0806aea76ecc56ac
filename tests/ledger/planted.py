"""Bugs to plant in the ledger, to see that its model finds them. Each is one slip somebody could make.

Most change a line of the book or of what reads and writes for it; those of ``IN_SQL`` change a line of the database's own
half, as it stands in the database, and put it back.
"""

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from django.db import connection

from regulars.ledger import actions, book
from regulars.ledger.actions import loading, writing


@dataclass(frozen=True)
class Slip:
    """``right`` became ``wrong`` in ``owner``'s function ``name``."""

    owner: ModuleType | type
    name: str
    right: str
    wrong: str

    @contextmanager
    def planted(self) -> Iterator[None]:
        sound = inspect.getattr_static(self.owner, self.name)
        slipped = self.grown(sound)
        known = [vars(place) for place in (book, loading, writing, actions)]  # whoever imported it by name too
        places = [(names, name) for names in known for name, value in names.items() if value is sound]
        rules = [leg for leg, rule in book._RULES.items() if rule is sound]
        self.put(slipped, places, rules)
        try:
            yield
        finally:
            self.put(sound, places, rules)

    def put(self, function: Any, places: list[tuple[dict[str, Any], str]], rules: list[type]) -> None:
        setattr(self.owner, self.name, function)
        book._RULES.update(dict.fromkeys(rules, function))
        for names, name in places:
            names[name] = function

    def grown(self, sound: Any) -> Any:
        function = sound.fget if isinstance(sound, property) else sound
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.right) >= 1, f"{self.name} no longer says {self.right!r}"
        made: dict[str, Any] = {}
        code = compile(
            f"from __future__ import annotations\n{source.replace(self.right, self.wrong)}", self.name, "exec"
        )
        exec(code, function.__globals__, made)  # noqa: S102  our own source with one slip in it
        bad = made[self.name]
        if isinstance(bad, FunctionType):
            bad.__kwdefaults__, bad.__defaults__ = function.__kwdefaults__, function.__defaults__
        return bad


@dataclass(frozen=True)
class SqlSlip:
    """``right`` became ``wrong`` in a function of the database."""

    name: str
    right: str
    wrong: str

    @contextmanager
    def planted(self) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [self.name])
            sound = cursor.fetchone()[0]
            assert sound.count(self.right) >= 1, f"{self.name} no longer says {self.right!r}"
            cursor.execute(sound.replace(self.right, self.wrong))
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(sound)


BOOK: dict[str, Slip] = {
    "the newest lot is spent first": Slip(
        book.LotState, "order", "self.expires_at, self.id", "-self.expires_at.timestamp(), self.id"
    ),
    "lots are spent in the order of their ids": Slip(
        book.LotState, "order", "self.expires_at, self.id", "self.id, self.id"
    ),
    "pending lots are spent": Slip(book.Book, "free_lots", "lot.active_at <= at < lot", "at < lot"),
    "a lot is still spent at the instant it expires": Slip(
        book.Book, "free_lots", "at < lot.expires_at", "at <= lot.expires_at"
    ),
    "a lot is not yet spent at the instant it is active": Slip(
        book.Book, "free_lots", "lot.active_at <= at", "lot.active_at < at"
    ),
    "what is held is spent": Slip(book.LotState, "free", "self.remaining - self.held", "self.remaining"),
    "what is held of a stock counts as there": Slip(
        book.Book, "available", "state.balance - state.held", "state.balance"
    ),
    "a release forgets the lot": Slip(book, "_settle", "lot.held -= taken", "lot.held -= 0"),
    "a capture leaves the account's held": Slip(book, "_settle", "account_id).held -= taken", "account_id).held -= 0"),
    "a hold that timed out is captured": Slip(book, "_held", "writing.at >= parts[0].until", "False"),
    "a hold is captured at the instant it ends": Slip(book, "_held", "writing.at >= parts", "writing.at > parts"),
    "a release gives back what expires first": Slip(book, "_release", "reversed(parts)", "parts"),
    "a partial capture loses the rest": Slip(book, "_settle", "part.remaining -= taken", "part.remaining = 0"),
    "more is captured than is held": Slip(book, "_held", "(leg.amount or 0) > left", "False"),
    "a posting is reversed twice": Slip(book, "_reverse", "book.reversed.get(done.id, 0)\n    amount", "0\n    amount"),
    "more is reversed than was posted": Slip(book, "_reverse", "amount > left", "False"),
    "a reversal does not give back to the lot": Slip(
        book, "_reverse", "restored.remaining += taken", "restored.remaining += 0"
    ),
    "a reversal takes what is held": Slip(book, "_taken_back", "(left := own.free)", "(left := own.remaining)"),
    "a reversal always takes from other lots": Slip(book, "_taken_back", 'leg.shortage == "balance"', "True"),
    "a shortage is never refused": Slip(book, "_taken_back", 'leg.shortage == "refuse"', "False"),
    "at most takes all that was asked": Slip(
        book, "_begin", "return source, target, left", "return source, target, leg.amount"
    ),
    "a grant is lowered below what is held": Slip(book, "_grant", "state.balance - state.held", "state.balance"),
    "a grant forgets what was granted": Slip(book, "_grant", "state.granted += more", "state.granted += 0"),
    "a closed account still takes in": Slip(book, "_begin", "_need_open(source, target)", "_need_open(source)"),
    "a closed account is captured from": Slip(book, "_capture", "_need_open(source, target)", "pass"),
    "a reversal enters a closed account": Slip(book, "_reverse", "_need_open(source, target)", "_need_open(source)"),
    "expiry takes what is held": Slip(book, "_expire", "lot.free", "lot.remaining"),
    "a lot expires before its time": Slip(book, "_expire", "lot.expires_at > writing.at", "False"),
    "the active are activated again": Slip(book, "_activate", "lot.active_at <= active_at", "False"),
    "the credited account is not numbered": Slip(
        book._Writing, "enter", "credit_seq = credit.seq + 1", "credit_seq = credit.seq"
    ),
    "the credited balance is forgotten": Slip(
        book._Writing, "enter", "credit.balance += amount", "credit.balance += 0"
    ),
    "the chain starts anew": Slip(book._Writing, "enter", "chain.link(home.head", 'chain.link(b""'),
    "a lot has the terms of now": Slip(book._Writing, "into", "leg.active_at or self.at", "self.at"),
    "a batch loads too few lots": Slip(loading, "_spendable", "remaining > 0 AND", "remaining > 0 AND held = 0 AND"),
    "lots are read as far as the first page": Slip(loading, "_enough_lots", "if len(found)", "if False and len(found)"),
    "the rest of a lot is not written": Slip(
        writing, "write", "remaining = %s, held = %s, active_at", "held = %s + 0 * %s, active_at"
    ),
    "what a hold has left is not written": Slip(
        writing, "write", "SET remaining = %s WHERE", "SET remaining = remaining + 0 * %s WHERE"
    ),
    "closing is not written": Slip(writing, "_accounts", "s.head, s.closed", "s.head, False"),
    "a retry need not ask the same": Slip(actions, "_done", "!= digest", "== b''"),
    "a retry is done again under a batch": Slip(actions, "_commit_batch", "digests[key] != digest", "False"),
    "messages are left behind": Slip(writing, "send", "if rows", "if len(rows) > 1"),
}
BOOK |= {
    # Half of an operation stands when the other half is refused.
    "an operation is half done": Slip(
        book.Book, "apply", "_RULES[type(leg)](writing, leg, index)", "_half(writing, leg, index)"
    ),
}


def _half(writing: Any, leg: Any, index: int) -> None:
    try:
        book._RULES[type(leg)](writing, leg, index)
    except book.Insufficient:
        if not writing.postings:
            raise


book._half = _half  # type: ignore[attr-defined]  a name the slip above can reach

_COMMIT, SPEND, _ENTER, _HELD, _GRANT = (
    f"regulars_ledger_{name}" for name in ("commit", "spend", "enter", "held", "grant")
)
IN_SQL: dict[str, SqlSlip] = {
    "SQL: lots are spent in the order of their ids": SqlSlip(_COMMIT, "ORDER BY l.expires_at, l.id", "ORDER BY l.id"),
    "SQL: pending lots are spent": SqlSlip(_COMMIT, "AND l.active_at <= at", ""),
    "SQL: a lot is still spent at the instant it expires": SqlSlip(_COMMIT, "l.expires_at > at", "l.expires_at >= at"),
    "SQL: what is held of a lot is spent": SqlSlip(_COMMIT, "l.remaining - l.held AS free", "l.remaining AS free"),
    "SQL: a release gives back what expires first": SqlSlip(_COMMIT, "ELSE -p.number", "ELSE p.number"),
    "SQL: a retry need not ask the same": SqlSlip(_COMMIT, "known <> digest", "false"),
    "SQL: at most takes all that was asked": SqlSlip(
        _COMMIT, "least(rest, part.free)", "CASE WHEN part.lot IS NULL THEN rest ELSE least(rest, part.free) END"
    ),
    "SQL: too little is enough": SqlSlip(_COMMIT, "IF rest > 0 AND NOT leg ? 'at_most' THEN", "IF false THEN"),
    "SQL: a hold that timed out is captured": SqlSlip(_HELD, "at >= ends", "false"),
    "SQL: a hold ends after its end": SqlSlip(_HELD, "at >= ends", "at > ends"),
    "SQL: at most counts what is held": SqlSlip(_COMMIT, "a.balance - a.held ELSE rest", "a.balance ELSE rest"),
    "SQL: a capture leaves the account's held": SqlSlip(
        _ENTER, "held = held + holding", "held = held + greatest(holding, 0)"
    ),
    "SQL: the chain leaves out the amount": SqlSlip(_ENTER, "int8send(amount)", "int8send(0)"),
    "SQL: a grant is lowered below what is held": SqlSlip(_GRANT, "a.balance - a.held", "a.balance"),
    "SQL: a part of a hold keeps what was taken": SqlSlip(
        _COMMIT, "remaining = h.remaining - taken", "remaining = h.remaining"
    ),
    "SQL: the short way spends lots in the order of their ids": SqlSlip(
        SPEND, "ORDER BY l.expires_at, l.id", "ORDER BY l.id"
    ),
    "SQL: the short way spends pending lots": SqlSlip(SPEND, "AND l.active_at <= at", ""),
    "SQL: the short way spends a lot at the instant it expires": SqlSlip(
        SPEND, "l.expires_at > at", "l.expires_at >= at"
    ),
    "SQL: the short way spends what is held of a lot": SqlSlip(SPEND, "l.remaining - l.held INTO", "l.remaining INTO"),
    "SQL: the short way spends what is held of a stock": SqlSlip(
        SPEND, "AND a.balance - a.held >=", "AND a.balance >="
    ),
    "SQL: the short way does again what was done": SqlSlip(
        SPEND, "DO NOTHING;\n  IF NOT FOUND THEN RETURN; END IF;", "DO NOTHING;"
    ),
    "SQL: the short way passes over a lot": SqlSlip(
        SPEND, "(l.expires_at, l.id) > (spent, lot)", "l.expires_at > spent"
    ),
    "SQL: the short way counts from where it began": SqlSlip(SPEND, "seq := seq + 1", "seq := seq + 1 - number"),
}
