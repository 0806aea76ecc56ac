"""Gifts are handed over at once where nobody's hands are needed: credit, gift cards, coupons, codes. The worker's look."""

from datetime import datetime
from uuid import UUID

from regulars.core.programme import Versions
from regulars.customers.queries.persons import persons
from regulars.membership import queries as membership
from regulars.membership.actions import claims
from regulars.membership.actions.issuing import issue
from regulars.membership.queries import claims as reads
from regulars.membership.queries.claims import CANCELLED, CONFIRMED
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.storage.transactions import run_tx

AT_ONCE = 100
OVER = "its time was over before it was handed over"


def hand_over_gifts(at: datetime) -> int:
    """Hand over what was given and waits; answers how many. What history gave counts too, unless its time is over by now.

    A gift whose pool of codes is empty waits until there are more.
    """
    versions = membership.versions()
    if versions is None or not reads.given(1):
        return 0
    now, done, last = shop_time(shops.require_shop(), at), 0, None
    while batch := reads.given(AT_ONCE, last):
        last = batch[-1].id
        names = [claim.id for claim in batch]
        done += run_tx(lambda names=names: sum(_hand_over(one, versions, now, at) for one in names))  # type: ignore[misc]
    return done


def _hand_over(identifier: UUID, versions: Versions, now: datetime, at: datetime) -> bool:
    claim = claims.lock(identifier)
    if claim is None or claim.state != CONFIRMED:
        return False
    if claim.valid_until and claim.valid_until <= now:
        claims.settle(identifier, CANCELLED, at=at, note=OVER)
        return False
    plan = versions.numbered(claim.version)
    reward, person = plan.programme.reward(claim.reward), persons([claim.customer_id]).get(claim.customer_id)
    return bool(reward and person and issue(claim, reward, plan, person.subject, at=at, now=now))
