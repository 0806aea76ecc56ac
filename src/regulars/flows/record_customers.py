"""Customers as a source states them; a guest whose address turns out to be a customer's becomes part of that customer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from regulars.core.facts import CustomerFact, Tally
from regulars.customers import actions, queries
from regulars.customers.queries.persons import birthdays
from regulars.flows import gather, unite
from regulars.flows.record_orders import named_by
from regulars.membership import queries as membership
from regulars.membership.actions.looking import look_again
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx

SAME_HANDLE = "guest order with the same address or number, from the same source"


def record_customers(facts: Sequence[CustomerFact], *, source: str, at: datetime) -> Tally:
    """Record a batch of customers of one source. Raises NotSetUp before set-up."""
    country = shop_queries.require_shop().country

    def record() -> Tally:
        told = [fact.source_id for fact in facts if fact.birthday]
        before = birthdays(source, told)
        tally = actions.record_customers(facts, source=source, at=at, country=country)
        if tally.updated and before:
            now = birthdays(source, told)
            _look_at([customer for customer, born in before.items() if now[customer] != born], at)
        if tally.created or tally.updated:
            _adopt_guests(facts, source, at)
        return tally

    return run_tx(record, finds_its_rows=True)


def _look_at(customers: Sequence[UUID], at: datetime) -> None:
    """The next birthday of these is another than the clock knows."""
    if customers and (versions := membership.versions()):
        look_again(customers, versions.plans[-1].day(shop_time(shop_queries.require_shop(), at)))


def _adopt_guests(facts: Sequence[CustomerFact], source: str, at: datetime) -> None:
    """Merge (and so reversibly) guests whom the same source knows by a handle of one of these customers."""
    handles = queries.handles_by_source(source, [fact.source_id for fact in facts if fact.identities])
    wanted = {named_by(*handle): owner for owner, found in handles.items() for handle in found}
    guests = queries.unmerged_ids(source, wanted)
    survivors = queries.unmerged_ids(source, {wanted[guest] for guest in guests})
    for guest, identifier in guests.items():
        survivor = survivors.get(wanted[guest])
        if survivor and survivor != identifier:
            two = unite.both(survivor, identifier, at=at)
            made = actions.merge_customers(survivor, identifier, reason=SAME_HANDLE, actor=f"import: {source}", at=at)
            gather.gather(survivor, by="", at=at)
            if two:
                unite.unite(two, made)
