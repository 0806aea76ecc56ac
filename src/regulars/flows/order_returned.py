"""Goods come back: the return is recorded, and what they had earned goes back with it, in one transaction. So does what was
redeemed with an order of which nothing is kept."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.catalog.queries.goods import goods
from regulars.core.facts import ReturnFact
from regulars.flows.decide import settle
from regulars.flows.give_back import give_back
from regulars.membership import queries as membership
from regulars.orders.actions.returns import Returned, record_return
from regulars.orders.queries import purchases
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.storage.transactions import run_tx


@dataclass(frozen=True, slots=True)
class OrderReturned:
    """The return, and how many decisions it led to: none where it was told before, or no programme is in force."""

    returned: Returned
    outcomes: int


def order_returned(fact: ReturnFact, *, source: str, at: datetime) -> OrderReturned:
    """Record a return and decide anew for its order. Raises ``orders.actions.returns.ReturnRefused`` and NotSetUp."""
    shop = shops.require_shop()

    def verb() -> OrderReturned:
        returned = record_return(fact, source=source, at=at, zone=ZoneInfo(shop.zone))
        versions = membership.versions()
        if versions is None or not returned.created:
            return OrderReturned(returned, 0)
        told = purchases.purchases([returned.order], goods)
        give_back(told, at=at)
        until = versions.plans[-1].day(shop_time(shop, at))
        return OrderReturned(returned, settle({returned.customer: told}, versions, until=until, at=at))

    return run_tx(verb)
