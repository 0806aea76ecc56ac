"""A customer becomes a member without a purchase."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from regulars.core.member import Deed
from regulars.core.naming import operation_id
from regulars.customers.queries.persons import persons
from regulars.flows.decide import settle
from regulars.membership import queries as membership
from regulars.membership.queries import members
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.storage.transactions import run_tx

# What a task rewards that welcomes who joins.
EVENT = "Joined"


class NotJoined(ValueError):
    """Why a customer does not become a member; the message is for people."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Who is a member since when; ``created``: since now."""

    customer_id: UUID
    joined_on: date
    created: bool


def join(customer: UUID, *, at: datetime) -> Joined:
    """Make a customer a member, in the shop's own time; of merged records the survivor. Raises NotJoined and NotSetUp."""
    shop = shops.require_shop()

    def verb() -> Joined:
        versions, person = membership.versions(), persons([customer]).get(customer)
        now = shop_time(shop, at)
        if person is None:
            raise NotJoined("A walk-in is nobody who could be a member.")
        if versions is None or versions.at(now) is None:
            raise NotJoined("No programme is in force: publish one first.")
        members.lock_newcomers([person.id])
        before = members.joined_on(person.id)
        if before is None:
            deed = Deed(operation_id("joined", person.id.hex), now, EVENT)
            settle({person.id: [deed]}, versions, until=versions.plans[-1].day(now), at=at)
        since = before or members.joined_on(person.id)
        assert since is not None
        return Joined(person.id, since, before is None)

    return run_tx(verb, finds_its_rows=True)
