"""What operations did, looked up later; and what is left of what was granted."""

from collections.abc import Iterable, Mapping, Sequence

from regulars.ledger.facts import Account, Kind, Posting
from regulars.ledger.rows import posting_of, postings_where
from regulars.storage.bulk import as_hex, select_in


def postings(operation: str) -> list[Posting]:
    """The postings of an operation in their order; none where it was not done."""
    return [posting_of(row) for row in postings_where("operation_id", [operation], "ORDER BY number")]


def holds(operation: str) -> list[str]:
    """The holds that an operation made, in the order of its legs."""
    made = (posting.of_id for posting in postings(operation) if posting.kind == Kind.HOLD and posting.of_id)
    return list(dict.fromkeys(made))


def left(granted: Mapping[Account, int]) -> dict[Account, int]:
    """What can still be taken from accounts that are granted so much in all: what is neither used nor set aside.

    As the next posting will find it, which brings an account to what it is granted first.
    """
    known = {as_hex(own): (so_far, free) for own, so_far, free in _granted(account.id for account in granted)}
    found = {}
    for account, amount in granted.items():
        so_far, free = known.get(account.id, (0, 0))
        found[account] = max(0, free + amount - so_far)
    return found


def _granted(accounts: Iterable[str]) -> list[tuple[str, int, int]]:
    return select_in("SELECT id, granted, balance - held FROM ledger_account WHERE id IN ({marks})", accounts)


_MOVED = """
    SELECT p.{side} FROM ledger_posting p JOIN ledger_operation o ON o.id = p.operation_id
    WHERE o.actor NOT IN ({actors}) AND p.{side} IN ({{marks}})
"""


def moved_by_others(accounts: Iterable[str], actors: Sequence[str]) -> set[str]:
    """Those of some accounts in which anybody but ``actors`` ever moved something."""
    wanted, marks = list(accounts), ", ".join(["%s"] * len(actors))
    sql = [_MOVED.format(side=side, actors=marks) for side in ("debit_id", "credit_id")]
    return {as_hex(row[0]) for one in sql for row in select_in(one, wanted, *actors)}
