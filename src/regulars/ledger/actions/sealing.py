"""Sealing what moved since the seal before."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from regulars.ledger import models
from regulars.ledger.queries.checks.dialects import dialect
from regulars.ledger.queries.seals import newest_seal
from regulars.ledger.seals import Digest, Seal, key_name
from regulars.storage.bulk import as_hex, insert, instant, new_hex
from regulars.storage.transactions import run_tx

_LINES = ("sealed_id", "number", "seq", "hash")


def seal(at: datetime, key: bytes, *, anew: bool = False) -> Seal | None:
    """Seal the accounts that moved since they were last sealed; None where none did. Writers are not kept waiting.

    ``anew``: seal all accounts, so that seals made with a key that is gone are no longer needed.
    """
    lines = _moved(anew)
    if not lines:
        return None
    return run_tx(lambda: _write(at, key, anew, lines), finds_its_rows=True)


def _moved(anew: bool) -> list[tuple[str, int, bytes]]:
    """What is to be sealed, by ascending id. Each account is whole by itself, so no lock is needed."""
    accounts = "SELECT a.id, a.seq, a.head FROM ledger_account a"
    empty = (
        f"SELECT o.id, 0, {dialect().empty} FROM ledger_operation o"
        " WHERE NOT EXISTS (SELECT 1 FROM ledger_posting p WHERE p.operation_id = o.id)"
    )
    if anew:
        accounts += " WHERE a.guarded AND a.seq > 0"
    else:
        accounts += (
            " LEFT JOIN (SELECT sealed_id, MAX(seq) AS seq FROM ledger_seal_line GROUP BY sealed_id) s ON s.sealed_id = a.id"
            " WHERE a.guarded AND a.seq > COALESCE(s.seq, 0)"
        )
        empty += " AND NOT EXISTS (SELECT 1 FROM ledger_seal_line l WHERE l.sealed_id = o.id)"
    with connection.cursor() as cursor:
        cursor.execute(f"{accounts} UNION ALL {empty} ORDER BY 1")
        return [(as_hex(sealed_id), seq, bytes(hash_)) for sealed_id, seq, hash_ in cursor.fetchall()]


def _write(at: datetime, key: bytes, anew: bool, lines: Sequence[tuple[str, int, bytes]]) -> Seal:
    before = newest_seal()
    number = before.number + 1 if before else 1
    digest = Digest(key, before.digest if before else b"", number, at, anew=anew)
    for line in lines:
        digest.add(*line)
    made = Seal(number, at, anew, key_name(key), digest.value())
    columns = ("id", "number", "at", "anew", "key_name", "digest")
    insert(models.Seal, columns, [(new_hex(), number, instant(at), anew, made.key_name, made.digest)])
    insert(models.SealLine, _LINES, ((sealed_id, number, seq, hash_) for sealed_id, seq, hash_ in lines))
    return made
