"""The hot path on PostgreSQL: one prepared statement, one round trip, the database's own half of the machine."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection

from regulars.ledger import chain, refusals
from regulars.ledger.facts import Account, Capture, Hold, Leg, Operation, Post, Receipt, Release, world
from regulars.ledger.rows import COLUMNS, posting_of
from regulars.storage.bulk import to_json

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
HOT = frozenset({Post, Hold, Capture, Release})
REFUSED = "RL000"
_COMMIT = (
    f"SELECT replayed, {', '.join(f'(posting).{column}' for column in COLUMNS)} FROM regulars_ledger_commit("
    "%s::text, %s::timestamptz, %s::bytea, %s::text, %s::text, %s::text, %s::bytea, %s::uuid[], %s::uuid[], %s::text::jsonb,"
    " %s::uuid[], %s::text::jsonb, %s::text::jsonb, %s::bool)"
)


def commit(operation: Operation, legs: Sequence[dict[str, Any]], digest: bytes, *, patient: bool) -> Receipt:
    """Do an operation of hot legs (``legs`` as ``requests.plain`` gives them). Raises Refused; errors of the database are
    Django's."""
    accounts = {account.id: account for account in _named(operation)}
    guarded = [key for key, account in accounts.items() if account.nature.guarded]
    asked = (
        operation.id,
        operation.at,
        digest,
        operation.reason,
        operation.actor,
        operation.about,
        chain.trailer(digest, operation.reason, operation.actor, operation.about),
        guarded,
        [key for key in accounts if key not in guarded],
        _JSON.encode([_row(key, account) for key, account in accounts.items()]),
        [leg.hold for leg in operation.legs if isinstance(leg, Capture | Release)],
        _JSON.encode([_told(leg, plain) for leg, plain in zip(operation.legs, legs, strict=True)]),
        f"[{','.join(to_json([message.name, message.content]) for message in operation.messages)}]",
        patient,
    )
    connection.ensure_connection()
    with connection.wrap_database_errors:
        try:
            # Past Django's cursor, which binds in the client and so never prepares.
            with psycopg.Cursor(connection.connection) as cursor:
                rows = cursor.execute(_COMMIT, asked, prepare=True).fetchall()
        except psycopg.DatabaseError as error:
            if error.sqlstate != REFUSED:
                raise
            raise _refusal(error) from None
    replayed = bool(rows and rows[0][0])
    return Receipt(operation.id, tuple(posting_of(row[1:]) for row in rows if row[1]), replayed)


def _told(leg: Leg, plain: dict[str, Any]) -> dict[str, Any]:
    """A leg, and how the accounts behave that it names."""
    if not isinstance(leg, Post | Hold):
        return plain
    natures = (leg.source.nature, leg.target.nature)
    return plain | {"guarded": [n.guarded for n in natures], "in_lots": [n.in_lots for n in natures]}


def _named(operation: Operation) -> Iterable[Account]:
    for leg in operation.legs:
        if isinstance(leg, Post | Hold):
            yield from (leg.source, leg.target)
            if leg.granted is not None:
                yield world(leg.source.unit, "granted")


def _row(key: str, account: Account) -> list[Any]:
    nature = account.nature
    return [key, account.kind, account.unit, account.reference, account.subject, nature.guarded, nature.in_lots]


def _refusal(error: psycopg.DatabaseError) -> refusals.Refused:
    kinds: dict[str, type[refusals.Refused]] = {
        "insufficient": refusals.Insufficient,
        "closed": refusals.Closed,
        "hold": refusals.HoldOver,
        "reused": refusals.KeyReused,
        "in_progress": refusals.InProgress,
        "impossible": refusals.Impossible,
    }
    return kinds[error.diag.message_primary or ""](**json.loads(error.diag.message_detail or "{}"))
