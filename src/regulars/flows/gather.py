"""What records of one person own is spent under one key: it moves to the survivor's accounts with its dates, and back on a split.

Only what can be spent moves: what is pending or held follows with a refresh after it has become free. What the shop
counts for a record (limits) stays where it was counted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from regulars.core.naming import operation_id
from regulars.customers.queries import member_ids, subjects
from regulars.ledger.actions import commit
from regulars.ledger.facts import LEGS_MAX, Account, Kind, Operation, Post, Reverse
from regulars.ledger.queries import statement
from regulars.ledger.queries.accounts import AccountFacts, accounts_of, by_id
from regulars.ledger.queries.statement import LotView
from regulars.ledger.refusals import Insufficient
from regulars.storage.transactions import Overtaken, run_tx

REASON, UNDONE = "merged", "split"
EVERY_LOT = 1_000_000
_MOVED = statement.Wanted(kinds=(Kind.POST,))


def gather(survivor: UUID, *, by: str, at: datetime) -> None:
    """Move what can be spent of the records merged into ``survivor`` to the survivor's accounts, each lot with its terms."""
    run_tx(lambda: _gather(survivor, by, at))


def gather_all(at: datetime) -> None:
    """``gather`` for every survivor: what came in, or became free, after the merge."""
    for survivor in subjects.survivors():
        gather(survivor, by="", at=at)


def give_back(absorbed: UUID, survivor: UUID, *, by: str, at: datetime) -> None:
    """Undo ``gather`` for a record that stands by itself again, and those it brought along: what is left of each lot goes back.

    Raises the ledger's Refused where an account was closed meanwhile.
    """
    own = _key(survivor)
    for account in _in_lots(subjects.subject_keys(member_ids(absorbed))):
        target = _of(account, own).id
        moved = [
            Reverse(entry.id, shortage="lot")
            for entry in statement.entries(account.id, account.entries, wanted=_MOVED)
            if entry.reason == REASON and entry.other_id == target and entry.undone_amount < entry.amount
        ]
        for begin in range(0, len(moved), LEGS_MAX):
            legs = moved[begin : begin + LEGS_MAX]
            commit(Operation(_name(UNDONE, account, begin), at, legs, UNDONE, by))
    gather(absorbed, by=by, at=at)


def _gather(survivor: UUID, by: str, at: datetime) -> None:
    own, merged = _key(survivor), member_ids(survivor)[1:]
    found = [account for account in _in_lots(subjects.subject_keys(merged)) if account.balance > account.held]
    closed = {one.id for one in by_id(_of(account, own).id for account in found).values() if one.closed}
    for account in found:
        if not account.closed and _of(account, own).id not in closed:
            _move(account, _of(account, own), by, at)


def _move(account: AccountFacts, target: Account, by: str, at: datetime) -> None:
    """Raises Overtaken where somebody spent or earned between the look at the lots and the posting."""
    source, free = _of(account, account.subject), list(_free(account.id, at))
    for begin in range(0, len(free), LEGS_MAX):
        lots = free[begin : begin + LEGS_MAX]
        legs = [Post(source, target, lot.remaining - lot.held, lot.active_at, lot.expires_at) for lot in lots]
        try:
            done = commit(Operation(_name(REASON, account, begin), at, legs, REASON, by))
        except Insufficient as short:
            raise Overtaken from short
        if [posting.from_lot_id for posting in done.postings] != [lot.id for lot in lots]:
            raise Overtaken


def _free(account: str, at: datetime) -> Iterator[LotView]:
    """The lots that a debit takes from, in its order."""
    lots = statement.lots(account, EVERY_LOT)
    return (lot for lot in lots if lot.remaining > lot.held and lot.active_at <= at < lot.expires_at)


def _in_lots(keys: Sequence[str]) -> list[AccountFacts]:
    return [account for account in accounts_of(keys) if account.in_lots]


def _of(account: AccountFacts, subject: str) -> Account:
    return Account(account.kind, account.unit, account.reference, subject)


def _key(customer: UUID) -> str:
    key = subjects.subject_key_of(customer)
    assert key is not None, f"customer {customer} was there when the records were merged"
    return key


def _name(what: str, account: AccountFacts, begin: int) -> str:
    # The number of entries says which time it is: a record can be merged, split and merged again.
    return operation_id(what, account.id, str(account.entries), str(begin))
