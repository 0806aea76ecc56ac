"""Reading what operations touch into a book, locked until the transaction ends."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from regulars.ledger.book import AccountState, Book, HoldPart, LotState
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
    Release,
    Reopen,
    Reverse,
    world,
)
from regulars.ledger.rows import posting_of, postings_where
from regulars.storage.bulk import as_hex, as_instant, instant, select_in

# What can be spent of an account is read this far first: most operations need one lot, and accounts may have thousands.
LOTS_AT_FIRST = 32

_ACCOUNTS = """
    SELECT id, kind, unit, reference, subject, guarded, in_lots, balance, held, granted, seq, head, closed
    FROM ledger_account WHERE id IN ({marks})
"""
_LOTS = "SELECT id, account_id, remaining, held, active_at, expires_at FROM ledger_lot "
_HOLDS = """
    SELECT h.posting_id, h.hold_id, h.account_id, h.target_id, h.lot_id, h.remaining, h.until
    FROM ledger_hold h JOIN ledger_posting p ON p.id = h.posting_id WHERE h.hold_id IN ({marks}) ORDER BY p.number
"""
_REVERSED = f"""
    SELECT of_id, SUM(amount) FROM ledger_posting WHERE kind = {Kind.REVERSE} AND of_id IN ({{marks}}) GROUP BY of_id
"""


def load(operations: Sequence[Operation]) -> Book:
    """All that the operations touch, whole. Accounts that do not exist yet are made, so that their rows can be locked."""
    book, named = Book(), _Named(operations)
    for posting in map(posting_of, postings_where("id", named.postings)):
        book.postings[posting.id] = posting
        named.accounts |= {posting.debit_id, posting.credit_id}
        named.lots |= {lot for lot in (posting.from_lot_id, posting.to_lot_id) if lot}
    # Whose they are never changes, so it can be read before the lock that protects what does.
    named.accounts |= {state.account_id for state in _lots_by_id(named.lots)}
    for part in _holds(named.holds):
        named.accounts |= {part.account_id, part.target_id}
    open_accounts(named.opened.values())
    for state in _accounts(named.accounts | set(named.opened)):
        book.add_account(state)
    for part in _holds(named.holds):
        book.add_hold(part)
        if part.lot_id:
            named.lots.add(part.lot_id)
    found = {lot.id: lot for lot in _lots_by_id(named.lots)}
    for lot in _spendable(book, operations):
        found.setdefault(lot.id, lot)
    for lot in found.values():
        book.add_lot(lot)
    book.reversed = {as_hex(of): int(amount) for of, amount in select_in(_REVERSED, named.postings)}
    return book


class _Named:
    """What a set of operations names."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.opened: dict[str, Account] = {}
        self.accounts: set[str] = set()
        self.holds: set[str] = set()
        self.lots: set[str] = set()
        self.postings: set[str] = set()
        for operation in operations:
            for leg in operation.legs:
                self._add(leg)

    def _add(self, leg: Any) -> None:
        match leg:
            case Post() | Hold():
                self._open(leg.source, leg.target)
                if leg.granted is not None:
                    self._open(world(leg.source.unit, "granted"))
            case Capture() | Release():
                self.holds.add(leg.hold)
            case Activate() | Expire():
                self.lots.add(leg.lot)
            case Reverse():
                self.postings.add(leg.posting)
            case Close() | Reopen():
                self._open(leg.account)

    def _open(self, *accounts: Account) -> None:
        for account in accounts:
            self.opened[account.id] = account


def open_accounts(accounts: Iterable[Account]) -> None:
    """Make the accounts that do not exist yet, in key order."""
    named = {account.id: account for account in accounts}
    known = {as_hex(row[0]) for row in select_in("SELECT id FROM ledger_account WHERE id IN ({marks})", named)}
    with connection.cursor() as cursor:
        for key in sorted(named.keys() - known):
            account = named[key]
            cursor.execute(
                "INSERT INTO ledger_account"
                " (id, kind, unit, reference, subject, guarded, in_lots, balance, held, granted, seq, head, closed)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, 0, 0, 0, 0, %s, %s) ON CONFLICT DO NOTHING",
                [
                    key,
                    account.kind,
                    account.unit,
                    account.reference,
                    account.subject,
                    account.nature.guarded,
                    account.nature.in_lots,
                    b"",
                    False,
                ],
            )


def _accounts(ids: Iterable[str]) -> Iterable[AccountState]:
    """Guarded accounts locked in key order; the world's as they are, since nobody waits for the world."""
    wanted = sorted(ids)
    if connection.vendor == "postgresql":
        guarded = select_in(_ACCOUNTS + " AND guarded ORDER BY id FOR UPDATE", wanted)
        rows = guarded + select_in(_ACCOUNTS + " AND NOT guarded", wanted)
    else:
        rows = select_in(_ACCOUNTS, wanted)
    for key, kind, unit, reference, subject, guards, in_lots, balance, held, granted, seq, head, closed in rows:
        account = Account(kind, unit, reference, subject)
        state = AccountState(
            as_hex(key),
            account,
            bool(guards),
            bool(in_lots),
            balance,
            held,
            granted,
            seq,
            bytes(head),
            bool(closed),
            seq,
        )
        yield state


def _lots_by_id(ids: Iterable[str]) -> list[LotState]:
    return [_lot(row) for row in select_in(_LOTS + "WHERE id IN ({marks})", ids)]


def _lot(row: Sequence[Any]) -> LotState:
    key, account, remaining, held, active_at, expires_at = row
    return LotState(
        as_hex(key),
        as_hex(account),
        remaining,
        held,
        as_instant(active_at),
        as_instant(expires_at),
        stored=True,
        changed=False,
    )


def _spendable(book: Book, operations: Sequence[Operation]) -> Iterable[LotState]:
    """The lots that can be spent from: for one operation as many as it needs, for a batch all."""
    needed: dict[str, int] = defaultdict(int)
    for operation in operations:
        for leg in operation.legs:
            if isinstance(leg, Post | Hold) and leg.source.nature.in_lots:
                needed[leg.source.id] += leg.amount
            elif isinstance(leg, Reverse) and leg.posting in book.postings:
                posting = book.postings[leg.posting]
                needed[posting.credit_id] += posting.amount
    if len(operations) > 1:
        where = "WHERE remaining > 0 AND account_id IN ({marks})"
        return [_lot(row) for row in select_in(_LOTS + where, needed)]
    at = operations[0].at
    return [lot for account, amount in needed.items() for lot in _enough_lots(account, amount, at)]


def _enough_lots(account: str, amount: int, at: datetime) -> list[LotState]:
    sql = (
        _LOTS
        + "WHERE account_id = %s AND remaining > 0 AND remaining > held AND expires_at > %s AND active_at <= %s"
        + " ORDER BY expires_at, id"
    )
    with connection.cursor() as cursor:
        asked = [account, instant(at), instant(at)]
        cursor.execute(f"{sql} LIMIT {LOTS_AT_FIRST}", asked)
        found = [_lot(row) for row in cursor.fetchall()]
        if len(found) == LOTS_AT_FIRST and sum(lot.free for lot in found) < amount:
            cursor.execute(sql, asked)
            found = [_lot(row) for row in cursor.fetchall()]
    return found


def _holds(ids: Iterable[str]) -> list[HoldPart]:
    return [
        HoldPart(
            as_hex(posting),
            as_hex(hold),
            as_hex(account),
            as_hex(target),
            lot and as_hex(lot),
            remaining,
            as_instant(until),
            stored=True,
            changed=False,
        )
        for posting, hold, account, target, lot, remaining, until in select_in(_HOLDS, ids)
    ]
