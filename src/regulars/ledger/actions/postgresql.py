"""The hot path on PostgreSQL: one prepared statement, one round trip, the database's own half of the machine."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection

from regulars.ledger import chain, refusals
from regulars.ledger.facts import Account, Capture, Hold, Leg, Operation, Post, Posting, Receipt, Release, world
from regulars.ledger.rows import COLUMNS
from regulars.storage import prepared
from regulars.storage.bulk import to_json
from regulars.storage.prepared import id_of, instant_of, number_of

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
HOT = frozenset({Post, Hold, Capture, Release})
REFUSED = "RL000"
_COMMIT = (
    f"SELECT replayed, {', '.join(f'(posting).{column}' for column in COLUMNS)} FROM regulars_ledger_commit("
    "$1::text, $2::timestamptz, $3::bytea, $4::text, $5::text, $6::text, $7::bytea, $8::uuid[], $9::uuid[], $10::jsonb,"
    " $11::uuid[], $12::jsonb, $13::jsonb, $14::bool)"
)


def commit(operation: Operation, legs: Sequence[dict[str, Any]], digest: bytes, *, patient: bool) -> Receipt:
    """Do an operation of hot legs (``legs`` as ``requests.plain`` gives them). Raises Refused; errors of the database are
    Django's."""
    accounts = {account.id: account for account in _named(operation)}
    guarded = [key for key, account in accounts.items() if account.nature.guarded]
    asked = (
        operation.id,
        operation.at.isoformat(),
        _bytes(digest),
        operation.reason,
        operation.actor,
        operation.about,
        _bytes(chain.trailer(digest, operation.reason, operation.actor, operation.about)),
        _array(guarded),
        _array(key for key in accounts if key not in guarded),
        _JSON.encode([_row(key, account) for key, account in accounts.items()]),
        _array(leg.hold for leg in operation.legs if isinstance(leg, Capture | Release)),
        _JSON.encode([_told(leg, plain) for leg, plain in zip(operation.legs, legs, strict=True)]),
        f"[{','.join(to_json([message.name, message.content]) for message in operation.messages)}]",
        "t" if patient else "f",
    )
    with connection.wrap_database_errors:
        try:
            rows = prepared.run("regulars_ledger_commit", _COMMIT, asked)
        except psycopg.DatabaseError as error:
            if error.sqlstate != REFUSED:
                raise
            raise _refusal(error) from None
    replayed = bool(rows and number_of(rows[0][0] or b""))
    return Receipt(operation.id, tuple(_posting(row[1:]) for row in rows if row[1]), replayed)


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(values) + "}"


def _posting(row: Sequence[bytes | None]) -> Posting:
    """A posting of a row in the database's binary form, in the order of ``COLUMNS``."""
    return Posting._make(None if value is None else form(value) for form, value in zip(_FORMS, row, strict=True))


_FORMS: tuple[Callable[[bytes], Any], ...] = (
    id_of, id_of, number_of, number_of, id_of, id_of, number_of, id_of, id_of, id_of, instant_of, instant_of,
    number_of, number_of, number_of, number_of, instant_of, bytes,
)  # fmt: skip


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
