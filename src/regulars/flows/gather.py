"""What records of one person own is spent under one key: it moves to the survivor's accounts with its dates, and back on a split.

A lot moves by being taken back where it was given and given again, so what is still pending moves too, and the orders that
brought it are told its new id. What is held follows with a refresh after it has become free. What the shop counts for a
record (limits) stays where it was counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from regulars.core.naming import operation_id, posting_id
from regulars.customers.queries import member_ids, subjects
from regulars.ledger.actions import commit
from regulars.ledger.facts import LEGS_MAX, Account, Kind, Leg, Operation, Post, Reverse
from regulars.ledger.queries import lots, statement
from regulars.ledger.queries.accounts import AccountFacts, accounts_of, by_id
from regulars.ledger.refusals import Insufficient
from regulars.membership.actions.uniting import rename_lots
from regulars.membership.queries import members
from regulars.membership.queries.unions import lots_earned
from regulars.storage.transactions import Overtaken, run_tx

REASON, UNDONE = "merged", "split"
_TAKEN = statement.Wanted(kinds=(Kind.REVERSE,))


class _Moving(NamedTuple):
    """A lot of which ``taken`` goes back to ``origin``, from which ``given`` comes with its terms."""

    lot: str
    origin: Account
    taken: int
    given: int
    active_at: datetime
    expires_at: datetime


def gather(survivor: UUID, *, by: str, at: datetime) -> None:
    """Move what the records merged into ``survivor`` own to the survivor's accounts, each lot with its terms."""
    run_tx(lambda: _gather(survivor, by, at))


def gather_all(at: datetime) -> None:
    """``gather`` for every survivor: what came in, or became free, after the merge."""
    for survivor in subjects.survivors():
        gather(survivor, by="", at=at)


def give_back(absorbed: UUID, survivor: UUID, *, by: str, at: datetime) -> Mapping[str, int]:
    """Undo ``gather`` for a record that stands by itself again, and those it brought along.

    What is left of each lot goes back, and so does what the survivor spent of what the record's orders brought: answers how much
    that is by the survivor's account. Raises the ledger's Refused where an account was closed meanwhile.
    """
    own, leaving, spent = _key(survivor), member_ids(absorbed), dict[str, int]()
    stands = lots_earned(leaving)
    for account in _in_lots(subjects.subject_keys(leaving)):
        target = _of(account, own)
        moving = list(_returning(account, target, stands, at))
        rename_lots(leaving, _move(moving, account, _of(account, account.subject), UNDONE, by, at))
        if lent := sum(one.given - one.taken for one in moving):
            spent[target.id] = spent.get(target.id, 0) + lent
    gather(absorbed, by=by, at=at)
    return spent


def _gather(survivor: UUID, by: str, at: datetime) -> None:
    own, merged = _key(survivor), member_ids(survivor)[1:]
    found = [account for account in _in_lots(subjects.subject_keys(merged)) if account.balance > account.held]
    closed = {one.id for one in by_id(_of(account, own).id for account in found).values() if one.closed}
    if found:
        members.lock(survivor)
    for account in found:
        if not account.closed and _of(account, own).id not in closed:
            rename_lots(merged, _move(_free(account.id, at), account, _of(account, own), REASON, by, at))


def _move(
    moving: Sequence[_Moving], account: AccountFacts, target: Account, reason: str, by: str, at: datetime
) -> dict[str, str]:
    """Take lots back and give them to ``target``; answers their new ids.

    Raises Overtaken where somebody spent between the look at the lots and the posting.
    """
    renamed = {}
    for begin in range(0, len(moving), LEGS_MAX // 2):
        named, legs = operation_id(reason, account.id, str(account.entries), str(begin)), list[Leg]()
        for one in moving[begin : begin + LEGS_MAX // 2]:
            if one.taken:
                legs.append(Reverse(one.lot, one.taken))
            renamed[one.lot] = posting_id(named, len(legs))
            legs.append(Post(one.origin, target, one.given, one.active_at, one.expires_at))
        try:
            commit(Operation(named, at, legs, reason, by))
        except Insufficient as short:
            raise Overtaken from short
    return renamed


def _free(account: str, at: datetime) -> list[_Moving]:
    """What can move: all that has not expired and is not held, but for what came from an account that is closed."""
    own = [lot for lot in lots.lots_of([account]).get(account, ()) if lot.free and at < lot.expires_at]
    origins = lots.origins_of(lot.id for lot in own)
    return [
        _Moving(lot.id, origins[lot.id], lot.free, lot.free, lot.active_at, lot.expires_at)
        for lot in own
        if lot.id in origins
    ]


def _returning(account: AccountFacts, target: Account, stands: Mapping[str, int], at: datetime) -> Iterable[_Moving]:
    """What goes back of the lots that came from ``account``: what is left, and what was spent that still stands to an order."""
    taken = statement.entries(account.id, account.entries, wanted=_TAKEN)
    moved = lots.followed({entry.of_id for entry in taken if entry.reason == REASON and entry.of_id}, (REASON, UNDONE))
    left = {lot.id: lot for lot in lots.lots_of([target.id]).get(target.id, ())}
    own = [posting for posting in moved if posting.credit_id == target.id]
    origins = lots.origins_of(posting.id for posting in own)
    for one in own:
        assert one.expires_at, "what moves is a lot"
        here = left.get(one.id)
        free, remaining = (here.free, here.remaining) if here else (0, 0)
        spent = max(0, min(one.amount, stands.get(one.id, 0)) - remaining) if at < one.expires_at else 0
        if free + spent and one.id in origins:
            active_at = here.active_at if here else at
            yield _Moving(one.id, origins[one.id], free, free + spent, active_at, one.expires_at)


def _in_lots(keys: Sequence[str]) -> list[AccountFacts]:
    return [account for account in accounts_of(keys) if account.in_lots]


def _of(account: AccountFacts, subject: str) -> Account:
    return Account(account.kind, account.unit, account.reference, subject)


def _key(customer: UUID) -> str:
    key = subjects.subject_key_of(customer)
    assert key is not None, f"customer {customer} was there when the records were merged"
    return key
