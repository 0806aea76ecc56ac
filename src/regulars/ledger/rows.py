"""Rows of postings as the words for them."""

from collections.abc import Iterable, Sequence
from typing import Any

from regulars.ledger.facts import Posting
from regulars.storage.bulk import as_hex, as_instant, select_in

COLUMNS = Posting._fields


def postings_where(column: str, values: Iterable[Any], order: str = "") -> list[tuple[Any, ...]]:
    """The raw rows of postings whose ``column`` (an id) is among ``values``."""
    return select_in(f"SELECT {', '.join(COLUMNS)} FROM ledger_posting WHERE {column} IN ({{marks}}) {order}", values)


def posting_of(row: Sequence[Any]) -> Posting:
    """A posting of a raw row, in the order of ``COLUMNS``."""
    (
        own, operation, number, kind, debit, credit, amount, from_lot, to_lot, of,
        active_at, expires_at, debit_seq, debit_balance, credit_seq, credit_balance, at, hash_,
    ) = row  # fmt: skip
    return Posting(
        as_hex(own), as_hex(operation), number, kind, as_hex(debit), as_hex(credit), amount,
        from_lot and as_hex(from_lot), to_lot and as_hex(to_lot), of and as_hex(of),
        active_at and as_instant(active_at), expires_at and as_instant(expires_at),
        debit_seq, debit_balance, credit_seq, credit_balance, as_instant(at), bytes(hash_),
    )  # fmt: skip
