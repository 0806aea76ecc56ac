"""Writing what a book says was done."""

from collections.abc import Iterable, Sequence

from django.db import connection

from regulars.ledger import models
from regulars.ledger.actions.loading import open_accounts
from regulars.ledger.book import Book
from regulars.ledger.facts import Operation, message_id
from regulars.ledger.rows import COLUMNS
from regulars.storage.bulk import insert, instants, to_json
from regulars.storage.transactions import Overtaken

_LOT = ("id", "account_id", "remaining", "held", "active_at", "expires_at")
_HOLD = ("posting_id", "hold_id", "account_id", "target_id", "lot_id", "remaining", "until")


def claim(operations: Iterable[tuple[Operation, bytes]]) -> None:
    """Write the operations themselves; their ids must be new."""
    shown = instants()
    rows = [(o.id, digest, shown(o.at), o.reason, o.actor, o.about) for o, digest in operations]
    insert(models.Operation, ("id", "digest", "at", "reason", "actor", "about"), rows)


def write(book: Book) -> None:
    """The postings, and the accounts, lots and holds as they are after them."""
    shown = instants()
    open_accounts(state.account for state in book.accounts.values() if state.stored_seq is None)
    _accounts(book)
    insert(
        models.Posting,
        COLUMNS,
        (
            (*p[:10], p[10] and shown(p[10]), p[11] and shown(p[11]), *p[12:16], shown(p[16]), p[17])
            for p in book.written
        ),
    )
    lots = [lot for lot in book.lots.values() if lot.changed]
    insert(
        models.Lot,
        _LOT,
        [
            (lot.id, lot.account_id, lot.remaining, lot.held, shown(lot.active_at), shown(lot.expires_at))
            for lot in lots
            if not lot.stored
        ],
    )
    _run(
        "UPDATE ledger_lot SET remaining = %s, held = %s, active_at = %s WHERE id = %s",
        [(lot.remaining, lot.held, shown(lot.active_at), lot.id) for lot in lots if lot.stored],
    )
    parts = [part for parts in book.holds.values() for part in parts if part.changed]
    insert(
        models.Hold,
        _HOLD,
        [
            (p.posting_id, p.hold_id, p.account_id, p.target_id, p.lot_id, p.remaining, shown(p.until))
            for p in parts
            if not p.stored
        ],
    )
    _run(
        "UPDATE ledger_hold SET remaining = %s WHERE posting_id = %s",
        [(part.remaining, part.posting_id) for part in parts if part.stored],
    )


def _accounts(book: Book) -> None:
    """The condition is inside the write: an account that is not as it was read stops everything, and all is run again."""
    changed = [s for s in book.accounts.values() if s.guarded and s.seq != s.stored_seq]
    rows = [(s.balance, s.held, s.granted, s.seq, s.head, s.closed, s.id, s.stored_seq) for s in changed]
    done = _run(
        "UPDATE ledger_account SET balance = %s, held = %s, granted = %s, seq = %s, head = %s, closed = %s"
        " WHERE id = %s AND seq = %s",
        rows,
    )
    if done != len(rows):
        raise Overtaken("an account changed while it was locked")


def _run(sql: str, rows: Sequence[tuple[object, ...]]) -> int:
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
        return int(cursor.rowcount)


def send(operations: Iterable[Operation]) -> None:
    """Write down what others should hear of the operations."""
    shown = instants()
    rows = [
        (message_id(operation.id, position), operation.id, message.name, to_json(message.content), shown(operation.at))
        for operation in operations
        for position, message in enumerate(operation.messages)
    ]
    if rows:
        insert(models.Message, ("id", "operation_id", "name", "content", "at"), rows)
