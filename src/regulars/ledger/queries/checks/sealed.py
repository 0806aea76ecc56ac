"""Whether the seals are those that the key made, and what they vouch for is still there."""

from collections.abc import Iterator

from django.db import connection

from regulars.ledger.queries.checks.compared import Comparison
from regulars.ledger.queries.checks.dialects import Dialect
from regulars.ledger.queries.seals import seals
from regulars.ledger.seals import Digest, Seal, key_name
from regulars.storage.bulk import as_hex


def comparisons(d: Dialect) -> list[Comparison]:
    """What each line vouches for: so many postings, this hash among them."""
    seal = "'seal ' || l.number"
    chained = """(SELECT * FROM ledger_seal_line WHERE seq > 0 AND length(hash) > 0) l
        LEFT JOIN ledger_posting p ON p.hash = l.hash
            AND CASE WHEN p.debit_seq IS NULL THEN p.credit_id ELSE p.debit_id END = l.sealed_id"""
    counted = "(SELECT * FROM ledger_seal_line WHERE seq > 0) l LEFT JOIN ledger_account a ON a.id = l.sealed_id"
    empty = "(SELECT * FROM ledger_seal_line WHERE seq = 0) l LEFT JOIN ledger_operation o ON o.id = l.sealed_id"
    unsealed = "ledger_seal_line l LEFT JOIN ledger_seal s ON s.number = l.number"
    return [
        Comparison("account", "l.sealed_id", chained, {"the posting that was sealed": ("p.hash", "l.hash")}, seal),
        Comparison(
            "account", "l.sealed_id", counted,
            {"the number of its postings": ("CASE WHEN a.seq > l.seq THEN l.seq ELSE a.seq END", "l.seq")}, seal,
        ),
        Comparison("operation", "l.sealed_id", empty, {"its hash": (d.empty, "l.hash")}, seal),
        Comparison("line", "l.sealed_id", unsealed, {"its seal": ("s.number", "l.number")}, seal),
    ]  # fmt: skip


def findings(key: bytes, newest: tuple[int, str] | None) -> Iterator[str]:
    """A sentence for each seal that is missing, changed or of another key. ``newest``: number and digest last seen."""
    made = seals()
    if newest and newest not in [(seal.number, seal.digest.hex()) for seal in made]:
        yield (
            f"seal {newest[0]}, the last one that was made here, is not in the database: its newest part is gone, or it was"
            " restored from an older backup"
        )
    # The newest seal over everything makes those before it needless, if it is genuine.
    start = max((place for place, seal in enumerate(made) if seal.anew), default=0)
    strange = [seal.number for seal in made[start:] if seal.key_name != key_name(key)]
    if strange:
        yield (
            f"seals {strange[0]} to {strange[-1]} were made with another secret key, so they cannot be checked. If you changed"
            " REGULARS_SECRET_KEY, set the former one and verify again; then, with the new one, run: regulars seal --anew."
            " If you did not, somebody replaced them"
        )
    before, expected = (made[start - 1].digest, made[start].number) if start else (b"", 1)
    for seal in made[start:]:
        if seal.number != expected:
            yield f"seal {expected} is missing"
        if seal.key_name == key_name(key) and _digest(seal, key, before) != seal.digest:
            sealed = f"seal {seal.number} is not what was sealed at {seal.at.isoformat()}"
            yield f"{sealed}: it, its lines or the seal before it changed"
        before, expected = seal.digest, seal.number + 1


def _digest(seal: Seal, key: bytes, before: bytes) -> bytes:
    digest = Digest(key, before, seal.number, seal.at, anew=seal.anew)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT sealed_id, seq, hash FROM ledger_seal_line WHERE number = %s ORDER BY sealed_id", [seal.number]
        )
        try:
            for sealed_id, seq, hash_ in cursor:
                digest.add(as_hex(sealed_id), seq, bytes(hash_))
        except (ValueError, TypeError):  # SQLite takes anything in any column: no line that we wrote
            return b""
    return digest.value()
