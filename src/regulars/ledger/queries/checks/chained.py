"""The chains of hashes on SQLite, which has no SHA-256 of its own: read account by account, in the order of its indexes."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import connection

from regulars.ledger.queries.checks.dialects import POSTING, link

_INSTANTS = {"active_at", "expires_at", "at"}
# As text, as they were written; a form that only means the same would be taken for it otherwise.
_FIELDS = ", ".join(f"p.{name} || ''" if name in _INSTANTS else f"p.{name}" for name in POSTING)
_ARM = f"""
    SELECT p.{{side}}_id AS home, p.{{side}}_seq AS seq, p.hash, o.id, o.at || '', {_FIELDS}, o.digest, o.reason, o.actor, o.about
    FROM ledger_posting p LEFT JOIN ledger_operation o ON o.id = p.operation_id WHERE p.debit_seq IS {{where}}
"""
# Two sorted streams, merged: nothing is sorted here, and memory stays flat.
_SQL = f"{_ARM.format(side='debit', where='NOT NULL')} UNION ALL {_ARM.format(side='credit', where='NULL')} ORDER BY home, seq"
_FETCHED = 1_000


def findings(shown_max: int) -> Iterator[str]:
    """A sentence for each posting whose hash is not that of its content, its operation and the posting before it."""
    wrong, home, before = 0, None, b""
    for row in _rows():
        if row[0] != home:
            home, before = row[0], b""
        found, operation, at, *values = row[2:]
        expected = link(before, *values)
        before = found
        if found == expected and at == values[16]:
            continue
        wrong += 1
        if wrong <= shown_max:
            yield f"posting {values[0]}: {_why(found, expected, operation, values[1])}"
    if wrong > shown_max:
        yield f"posting: {wrong - shown_max} more with such differences"


def _rows() -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL)
        for rows in iter(partial(cursor.fetchmany, _FETCHED), []):
            yield from rows


def _why(found: Any, expected: bytes | None, operation: str | None, named: str) -> str:
    if operation is None:
        return f"its operation is {named}, should be missing"
    if found == expected:
        return "its instant is not that of its operation"
    shown = found.hex() if isinstance(found, bytes) else found
    return f"its hash is {shown}, should be {expected.hex() if expected else 'missing'}"
