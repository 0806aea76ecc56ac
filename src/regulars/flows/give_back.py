"""An order comes back whole, or is cancelled: rewards that were redeemed with it are undone before it is decided anew.

Before, so that points which the order itself had brought are there again to be taken back. What is given back in part leaves a
reward whole: it goes back with the rest. What nobody can take back (a code, credit that was spent) stays, and says so.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from regulars.customers.queries.listing import members_of
from regulars.customers.queries.persons import persons
from regulars.flows.cancel_claim import cancel
from regulars.flows.redeem import Refused
from regulars.membership.actions import claims
from regulars.membership.queries.claims import ClaimFacts, redeemed_with
from regulars.orders.queries.bought import names_of_gone
from regulars.orders.queries.purchases import Told

STAYS = "the order came back, but what was given for the points cannot be taken back"
CAME_BACK = "the order came back"


def give_back(told: Iterable[Told], *, at: datetime) -> int:
    """Undo what was redeemed with those of some orders of which nothing is kept, in the caller's transaction; answers how many
    claims that were."""
    back = {UUID(one.purchase.id): one.customer for one in told if one.purchase.paid_at and not one.purchase.lines}
    if not back:
        return 0
    people, done = persons(back.values()), 0
    for order, names in names_of_gone(back).items():
        person = people.get(back[order])
        for claim in redeemed_with(names, members_of([person.id])) if person else ():
            done += _undo(claim, at)
    return done


def _undo(claim: ClaimFacts, at: datetime) -> bool:
    try:
        cancel(claim.id, at=at, by="", note=CAME_BACK)
    except Refused:
        claims.settle(claim.id, claim.state, at=None, by=claim.by, note=STAYS)
        return False
    return True
