"""What makes rewriting history visible: each posting's hash covers its content, its operation and the hash before it.

One chain per guarded account, so that two accounts never wait for each other. The SQL twin is ``regulars_ledger_enter``;
both must give the same bytes.
"""

import hashlib
import struct
from datetime import UTC, datetime
from typing import Any

from regulars.ledger.facts import FOREVER

# Big-endian, as PostgreSQL sends numbers.
_NUMBERS = struct.Struct(">hhq")
_SIDES = struct.Struct(">qqqqqqq")
_NO_ID = bytes(16)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts microseconds from here
SEPARATOR = "\x1f"


def microseconds(at: datetime | None) -> int:
    """Microseconds since 2000, -1 for none."""
    if at is None:
        return -1
    if at is FOREVER:
        return _FOREVER
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_since = FOREVER - _EPOCH
_FOREVER = _since.days * 86_400_000_000


def link(before: bytes, posting: tuple[Any, ...], trailer: bytes) -> bytes:
    """The hash of a posting (its fields but the hash, in their order) after ``before``, with its operation's ``trailer``."""
    (
        own, operation, number, kind, debit, credit, amount, from_lot, to_lot, of,
        active_at, expires_at, debit_seq, debit_balance, credit_seq, credit_balance, at,
    ) = posting  # fmt: skip
    hexes = own + operation + debit + credit
    return hashlib.sha256(
        b"".join(
            (
                before,
                bytes.fromhex(hexes),
                _NO_ID if from_lot is None else bytes.fromhex(from_lot),
                _NO_ID if to_lot is None else bytes.fromhex(to_lot),
                _NO_ID if of is None else bytes.fromhex(of),
                _NUMBERS.pack(number, kind, amount),
                _SIDES.pack(
                    microseconds(active_at),
                    microseconds(expires_at),
                    -1 if debit_seq is None else debit_seq,
                    -1 if debit_balance is None else debit_balance,
                    -1 if credit_seq is None else credit_seq,
                    -1 if credit_balance is None else credit_balance,
                    microseconds(at),
                ),
                trailer,
            )
        )
    ).digest()


def trailer(digest: bytes, reason: str, actor: str, about: str) -> bytes:
    """What every posting's hash says of its operation."""
    return digest + SEPARATOR.join((reason, actor, about)).encode()
