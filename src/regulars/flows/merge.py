"""Two records, one person: said by a member of staff, noted in the audit trail, seen by analysis after a refresh.

What the absorbed record owns can be spent under the survivor's key from then on, and both are one member; a split gives back
what is left, and lets each stand as before.
"""

from datetime import datetime
from uuid import UUID

from regulars.customers import actions as customers
from regulars.customers.actions.merge import MergeRefused
from regulars.flows import gather, unite
from regulars.flows.tasks import request_refresh
from regulars.ledger.refusals import Closed
from regulars.shop import actions as shops
from regulars.storage.transactions import run_tx
from regulars.web.access import Actor


def merge(survivor: UUID, absorbed: UUID, *, reason: str, by: Actor, at: datetime) -> UUID:
    """Make ``absorbed`` part of ``survivor``; answers the merge's id. Raises MergeRefused."""

    def verb() -> UUID:
        two = unite.both(survivor, absorbed, at=at)
        made = customers.merge_customers(survivor, absorbed, reason=reason, actor=by.name, at=at)
        gather.gather(survivor, by=by.subject, at=at)
        if two:
            unite.unite(two, made)
        details = {"absorbed": str(absorbed), "reason": reason, "merge": str(made)}
        shops.record(by, "customer.merged", str(survivor), details, at=at)
        return made

    made = run_tx(verb)
    request_refresh()
    return made


def split(merge_id: UUID, *, by: Actor, at: datetime) -> None:
    """Undo a merge. Raises MergeRefused."""

    def verb() -> None:
        survivor, absorbed = customers.split_customer(merge_id, actor=by.name, at=at)
        try:
            spent = gather.give_back(absorbed, survivor, by=by.subject, at=at)
        except Closed as closed:
            raise MergeRefused(f"{closed}: open the account again, then split the records.") from None
        unite.part(merge_id, survivor, absorbed, spent=spent, at=at)
        details = {"absorbed": str(absorbed), "merge": str(merge_id)}
        shops.record(by, "customer.split", str(survivor), details, at=at)

    run_tx(verb)
    request_refresh()
