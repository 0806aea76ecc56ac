"""Who buys, as offers see them: one person, with all their orders, under their tier; loaded once, however much there is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.customers.queries import listing
from regulars.flows.join import join
from regulars.flows.merge import merge
from regulars.flows.quoting import buyer, offers_at
from regulars.flows.record_orders import record_orders
from regulars.membership.models import Member as Row
from regulars.shop.actions import TERMINAL
from tests.facts import SmallShop
from tests.flows.test_programme import put_in_force as put_programme_in_force


def known(name: str, source: str = "test") -> UUID:
    found = listing.resolve((source, name), f"{source}:{name}")
    assert found is not None
    return found


def test_a_customer_has_the_orders_that_count_and_no_later_ones(recorded: SmallShop, at: datetime) -> None:
    told = [order for order in recorded.orders if order.customer == "c1"]
    counted = [order for order in told if order.state != "refunded"]
    assert len(told) > len(counted) > 3
    found = buyer(known("c1"), offers_at(at), at)
    assert found is not None and found.orders == len(counted)
    spent = sum(
        sum(line.list_amount - sum(each.amount for each in line.discounts) for line in order.lines or ())
        for order in counted
    )
    assert sum(day.spend for day in found.days) == spent
    early = buyer(known("c1"), offers_at(at), counted[2].placed_at)
    assert early is not None and early.orders == 2
    never = buyer(known("c11"), offers_at(at), at)
    assert never is not None and (never.orders, never.joined, never.standing.tier) == (0, None, "")


def test_whoever_has_two_records_is_one_person(recorded: SmallShop, at: datetime) -> None:
    orders = sum(found.orders for name in ("c1", "c2") if (found := buyer(known(name), offers_at(at), at)))
    merge(known("c1"), known("c2"), reason="one person", by=TERMINAL, at=at)
    for name in ("c1", "c2"):
        found = buyer(known(name), offers_at(at), at)
        assert found is not None and found.orders == orders


def test_a_member_has_a_tier_and_a_day_of_joining(recorded: SmallShop, at: datetime) -> None:
    put_programme_in_force(at)
    join(known("c11"), at=at)
    Row.objects.update(tier="gold")
    found = buyer(known("c11"), offers_at(at), at)
    assert found is not None and found.standing.tier == "gold" and found.joined is not None


def test_a_walk_in_is_nobody(shop: Any, facts: SmallShop, at: datetime) -> None:
    record_orders([replace(facts.orders[0], customer="")], source="pos", at=at)
    [nobody] = listing.page(5, walk_ins=True)
    assert buyer(nobody.id, offers_at(at), at) is None


@pytest.mark.parametrize("name", ["c0", "c11"])
def test_it_takes_six_queries_whoever_it_is(recorded: SmallShop, at: datetime, name: str) -> None:
    offers, customer = offers_at(at), known(name)
    with CaptureQueriesContext(connection) as asked:
        buyer(customer, offers, at + timedelta(days=1))
    assert len(asked) <= 6
