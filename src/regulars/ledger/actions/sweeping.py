"""What time alone brings about: lots that expire, holds that time out. Called often; what is done already is not done again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from regulars.core.naming import operation_id
from regulars.ledger.actions import commit, commit_many
from regulars.ledger.facts import Expire, Operation, Release
from regulars.ledger.refusals import Refused
from regulars.storage.bulk import as_hex, instant

# Rows in a transaction: small enough that shoppers at the counter hardly wait for it.
SWEPT_AT_ONCE = 1_000
ACTOR = "clock"

# A lot's account counts its postings, so the same lot may expire again once something went back to it.
_EXPIRED = """
    SELECT l.id, a.seq FROM ledger_lot l JOIN ledger_account a ON a.id = l.account_id
    WHERE l.remaining > 0 AND l.expires_at <= %s AND l.remaining > l.held ORDER BY l.expires_at, l.id LIMIT %s
"""
_TIMED_OUT = """
    SELECT hold_id, SUM(remaining) FROM ledger_hold WHERE remaining > 0 AND until <= %s GROUP BY hold_id ORDER BY hold_id LIMIT %s
"""


@dataclass(slots=True)
class Swept:
    """How many holds timed out and how many lots expired."""

    holds: int = 0
    lots: int = 0


def sweep(at: datetime) -> Swept:
    """Release the holds whose time is over at an instant, then take what is left of the lots that expired."""
    return Swept(_all(_TIMED_OUT, at, _release), _all(_EXPIRED, at, _expire))


def _release(hold: str, remaining: int, at: datetime) -> Operation:
    return Operation(operation_id("timed_out", hold, str(remaining)), at, [Release(hold)], "timed_out", ACTOR)


def _expire(lot: str, seq: int, at: datetime) -> Operation:
    return Operation(operation_id("expired", lot, str(seq)), at, [Expire(lot)], "expired", ACTOR)


def _all(sql: str, at: datetime, made: Callable[[str, int, datetime], Operation]) -> int:
    """Sweep until nothing is due that was not tried already; answers how many were swept."""
    swept, tried = 0, set[str]()
    while due := [operation for operation in _due(sql, at, made) if operation.id not in tried]:
        tried |= {operation.id for operation in due}
        swept += _commit(due)
    return swept


def _due(sql: str, at: datetime, made: Callable[[str, int, datetime], Operation]) -> Iterable[Operation]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [instant(at), SWEPT_AT_ONCE])
        rows: list[tuple[Any, int]] = cursor.fetchall()
    return [made(as_hex(named), int(count), at) for named, count in rows]


def _commit(due: list[Operation]) -> int:
    """Together where that goes; one by one where somebody was quicker with one of them."""
    try:
        return commit_many(due).done
    except Refused:
        return sum(_quicker(operation) for operation in due)


def _quicker(operation: Operation) -> bool:
    try:
        return not commit(operation).replayed
    except Refused:  # captured, released or spent meanwhile: nothing is due any more
        return False
