"""Seals: whoever may write to the database, but has not the key, cannot make them again.

The chain shows any change that does not recompute all that follows it. A seal keeps the chains' heads under a key that is not
in the database, and the seal before it, so recomputing, cutting off and deleting show as well, for all that was sealed.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from regulars.ledger import chain


@dataclass(frozen=True, slots=True)
class Seal:
    """``number`` counts from 1. ``anew``: it vouches for everything, so that none before it is needed."""

    number: int
    at: datetime
    anew: bool
    key_name: str
    digest: bytes


def key_name(key: bytes) -> str:
    """16 hex digits by which a key is known without being told."""
    return hmac.new(key, b"name", hashlib.sha256).hexdigest()[:16]


class Digest:
    """A seal's digest in the making: first what it is, then its lines by ascending id."""

    def __init__(self, key: bytes, before: bytes, number: int, at: datetime, *, anew: bool) -> None:
        self._made = hmac.new(key, before, hashlib.sha256)
        self._made.update(b"%d %d %d " % (number, chain.microseconds(at), anew))

    def add(self, sealed_id: str, seq: int, hash_: bytes) -> None:
        """One line: an account's ``seq`` and head, or an operation's hash with ``seq`` 0."""
        self._made.update(b"%s %d %d " % (bytes.fromhex(sealed_id), seq, len(hash_)) + hash_)

    def value(self) -> bytes:
        return self._made.digest()
