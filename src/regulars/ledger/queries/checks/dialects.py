"""The expressions in which the two databases differ: hashes, ids that follow from names, comparison with nothing."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from regulars.ledger import chain
from regulars.ledger.facts import Account
from regulars.storage.bulk import as_instant

POSTING = (
    "id operation_id number kind debit_id credit_id amount from_lot_id to_lot_id of_id active_at expires_at"
    " debit_seq debit_balance credit_seq credit_balance at"
).split()
_TEXTS = "o.reason, o.actor, o.about"


@dataclass(frozen=True)
class Dialect:
    """``link``: the hash of posting p after ``before``, with its operation o, where the database can say it (``chained``
    where it cannot); ``empty``: the hash of an operation alone."""

    differ: str
    link: str | None
    empty: str
    account_id: str
    no_bytes: str
    separators: str


_POSTGRESQL = Dialect(
    differ="IS DISTINCT FROM",
    link="sha256(coalesce(p.before, '') || uuid_send(p.id) || uuid_send(p.operation_id) || uuid_send(p.debit_id)"
    " || uuid_send(p.credit_id)"
    + "".join(
        f" || coalesce(uuid_send(p.{name}), '\\x00000000000000000000000000000000')"
        for name in ("from_lot_id", "to_lot_id", "of_id")
    )
    + " || int2send(p.number) || int2send(p.kind) || int8send(p.amount)"
    + "".join(
        f" || coalesce({kind}_send(p.{name}), '\\xffffffffffffffff')"
        for kind, name in (
            ("timestamptz", "active_at"),
            ("timestamptz", "expires_at"),
            ("int8", "debit_seq"),
            ("int8", "debit_balance"),
            ("int8", "credit_seq"),
            ("int8", "credit_balance"),
        )
    ).replace("int8_send", "int8send")
    + " || timestamptz_send(p.at) || o.digest || convert_to(concat_ws(chr(31), o.reason, o.actor, o.about), 'UTF8'))",
    empty="sha256(uuid_send(o.id) || timestamptz_send(o.at) || o.digest"
    " || convert_to(concat_ws(chr(31), o.reason, o.actor, o.about), 'UTF8'))",
    account_id="regexp_replace(encode(sha256(convert_to(concat_ws(chr(31), a.kind, a.unit, a.reference, a.subject), 'UTF8')),"
    " 'hex'), '^(.{12}).(...).(.{15}).*$', '\\18\\28\\3')::uuid",
    no_bytes="''::bytea",
    separators="strpos(o.reason || o.actor || o.about, chr(31))",
)
_SQLITE = Dialect(
    differ="IS NOT",
    link=None,
    empty=f"regulars_empty(o.id, o.at, o.digest, {_TEXTS})",
    account_id="regulars_account_id(a.kind, a.unit, a.reference, a.subject)",
    no_bytes="x''",
    separators="instr(o.reason || o.actor || o.about, char(31))",
)


def dialect() -> Dialect:
    """That of the database in use; on SQLite its functions are made known to the connection."""
    if connection.vendor == "postgresql":
        return _POSTGRESQL
    connection.ensure_connection()
    for name, arity, function in (
        ("regulars_empty", 6, _empty),
        ("regulars_account_id", 4, lambda *words: Account(*words).id),
    ):
        connection.connection.create_function(name, arity, _safe(function), deterministic=True)
    return _SQLITE


def _safe(function: Callable[..., Any]) -> Callable[..., Any]:
    """What makes no sense (an id that is none, a text for a number) has no hash, so it differs from what is stored."""

    def safely(*values: Any) -> Any:
        try:
            return function(*values)
        except (ValueError, TypeError, AttributeError, OverflowError, struct.error):
            return None

    return safely


@_safe
def link(before: bytes, *values: Any) -> bytes:
    """The hash of a posting as SQLite has it (its fields, then its operation's digest and texts) after ``before``."""
    posting, (digest, reason, actor, about) = list(values[:17]), values[17:]
    for place in (10, 11, 16):
        posting[place] = posting[place] and _instant(posting[place])
    return chain.link(before, tuple(posting), chain.trailer(digest, reason, actor, about))


def _empty(operation: str, at: str, digest: bytes, *texts: str) -> bytes:
    instant = chain.microseconds(_instant(at)).to_bytes(8, "big", signed=True)
    return hashlib.sha256(bytes.fromhex(operation) + instant + chain.trailer(digest, *texts)).digest()


@lru_cache(100_000)
def _instant(text: str) -> datetime:
    """An instant in the one form that is written: another form of the same would be sorted elsewhere."""
    found = as_instant(text)
    if found.replace(tzinfo=None).isoformat(" ") != text:
        raise ValueError(text)
    return found
