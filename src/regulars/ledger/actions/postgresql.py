"""The hot path on PostgreSQL: one prepared statement, one round trip, the database's own half of the machine."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection

from regulars.ledger import chain, refusals
from regulars.ledger.facts import Account, Capture, Hold, Leg, Operation, Post, Posting, Receipt, Release, world
from regulars.ledger.requests import encode
from regulars.ledger.rows import COLUMNS
from regulars.storage import prepared
from regulars.storage.bulk import to_json
from regulars.storage.prepared import id_of, instant_of, number_of

HOT = frozenset({Post, Hold, Capture, Release})
REFUSED = "RL000"
_ABOUT = "$1::text, $2::timestamptz, $3::bytea, $4::text, $5::text, $6::text, $7::bytea"
_SPEND = (
    f"SELECT {', '.join(COLUMNS)} FROM regulars_ledger_spend("
    f"{_ABOUT}, $8::uuid, $9::uuid, $10::bool, $11::bigint, $12::jsonb, $13::bool)"
)
_COMMIT = (
    f"SELECT replayed, {', '.join(f'(posting).{column}' for column in COLUMNS)} FROM regulars_ledger_commit("
    f"{_ABOUT}, $8::uuid[], $9::uuid[], $10::jsonb, $11::uuid[], $12::jsonb, $13::jsonb, $14::bool)"
)


def commit(operation: Operation, legs: Sequence[dict[str, Any]], digest: bytes, *, patient: bool) -> Receipt:
    """Do an operation of hot legs (``legs`` as ``requests.plain`` gives them). Raises Refused; errors of the database are
    Django's."""
    reason, actor, about = operation.reason, operation.actor, operation.about
    trailer = chain.trailer(digest, reason, actor, about)
    told = (operation.id, operation.at.isoformat(), _bytes(digest), reason, actor, about, _bytes(trailer))
    messages = f"[{','.join(to_json([message.name, message.content]) for message in operation.messages)}]"
    ending = (messages, _bool(patient))
    if (spent := _spent(operation.legs)) and (rows := _run("spend", _SPEND, (*told, *spent, *ending))):
        return Receipt(operation.id, tuple(map(_posting, rows)))
    rows = _run("commit", _COMMIT, (*told, *_touched(operation, legs), *ending))
    replayed = bool(rows and number_of(rows[0][0] or b""))
    return Receipt(operation.id, tuple(_posting(row[1:]) for row in rows if row[1]), replayed)


def _spent(legs: Sequence[Leg]) -> tuple[str, ...]:
    """What ``regulars_ledger_spend`` is asked, where the legs are one plain spending; else nothing."""
    if len(legs) != 1:
        return ()
    leg = legs[0]
    if not isinstance(leg, Post) or leg.at_most or leg.granted is not None:
        return ()
    source = leg.source.nature
    if leg.target.nature.guarded or not source.guarded:
        return ()
    return leg.source.id, leg.target.id, _bool(source.in_lots), str(leg.amount)


def _touched(operation: Operation, legs: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The accounts, holds and legs that ``regulars_ledger_commit`` is asked."""
    accounts = {account.id: account for account in _named(operation)}
    guarded = [key for key, account in accounts.items() if account.nature.guarded]
    return (
        _array(guarded),
        _array(key for key in accounts if key not in guarded),
        encode([_row(key, account) for key, account in accounts.items()]),
        _array(leg.hold for leg in operation.legs if isinstance(leg, Capture | Release)),
        encode([_told(leg, plain) for leg, plain in zip(operation.legs, legs, strict=True)]),
    )


def _run(name: str, sql: str, asked: Sequence[str]) -> list[list[bytes | None]]:
    try:
        return prepared.run(f"regulars_ledger_{name}", sql, asked)
    except psycopg.DatabaseError as error:
        if error.sqlstate == REFUSED:
            raise _refusal(error) from None
        with connection.wrap_database_errors:
            raise


def _bool(value: bool) -> str:
    return "t" if value else "f"


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(values) + "}"


def _posting(row: Sequence[bytes | None]) -> Posting:
    """A posting of a row in the database's binary form, in the order of ``COLUMNS``."""
    return Posting._make([value and form(value) for form, value in zip(_FORMS, row, strict=True)])


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
