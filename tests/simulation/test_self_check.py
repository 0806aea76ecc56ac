"""The nightly self-check: silent about all that lawfully happens, and it finds what was written otherwise."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.core.facts import EventFact, ReturnedLineFact, ReturnFact
from regulars.core.naming import operation_id
from regulars.flows.join import join
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import backfill, end_days, settle_waiting
from regulars.flows.record_events import record_events
from regulars.flows.record_orders import record_orders
from regulars.ledger.actions import commit
from regulars.ledger.facts import Operation, Post, world
from regulars.ledger.models import Lot
from regulars.membership import queries as membership
from regulars.membership.models import Member, Waiting
from regulars.membership.queries import members
from regulars.orders.queries.clock import shop_time
from regulars.shop.queries import require_shop
from regulars.simulation.self_check import Checked, check_members
from tests.facts import OPENED_AT, SmallShop
from tests.flows.rewarding import purse
from tests.flows.test_programme import CLUB, live, people, put_in_force  # noqa: F401  (people is a fixture)

TASKS = (
    '\n[[rules]]\nkind = "task"\nid = "profile"\nname = "Profile"\nevent = "Profile Completed"\npoints = 50\n'
    '\n[[rules]]\nkind = "task"\nid = "welcome"\nname = "Welcome"\nevent = "Joined"\npoints = 30\n'
)


def checked(at: datetime) -> Checked:
    versions = membership.versions()
    assert versions is not None
    return check_members(members.after(None, 200), versions, shop_time(require_shop(), at))


def of(source_id: str) -> Member:
    found: Member = Member.objects.get(customer__source_id=source_id)
    return found


@pytest.fixture
def lived(people: SmallShop, at: datetime) -> SmallShop:  # noqa: F811
    """A shop whose members bought, did things, and whose days have ended."""
    put_in_force(at, text=CLUB + TASKS)
    live(people.orders, at)
    events = [EventFact(f"d{n}", f"c{n}", "Profile Completed", OPENED_AT + timedelta(days=n)) for n in range(4)]
    record_events(events, source="test", at=at)
    settle_waiting(at)
    from regulars.customers.queries import by_source

    newcomer = by_source("test", "c11")
    assert newcomer is not None
    join(newcomer, at=at)
    end_days(at)
    return people


def test_what_was_lived_is_what_is_replayed(lived: SmallShop, at: datetime) -> None:
    assert checked(at) == Checked(12, 12, 12, ())


def test_so_is_what_was_backfilled(people: SmallShop, at: datetime) -> None:  # noqa: F811
    record_orders(people.orders, source="test", at=at)
    put_in_force(at)
    backfill(at)
    assert checked(at) == Checked(11, 11, 11, ())


@pytest.mark.parametrize("where", ["tier", "days", "lots"])
def test_what_was_written_otherwise_is_found(lived: SmallShop, at: datetime, where: str) -> None:
    row = of("c3")
    if where == "lots":
        lot = Lot.objects.filter(account_id=UUID(purse(row.pk).id), remaining__gt=0).order_by("pk").first()
        assert lot is not None
        Lot.objects.filter(pk=lot.pk).update(remaining=lot.remaining - 1)
    elif where == "tier":
        row.state["standing"][0] = "silver" if row.tier == "gold" else "gold"
        row.save()
    else:
        row.state["days"][0][1] += 1
        row.save()
    [found] = checked(at).differences
    assert (found.customer, found.where) == (row.pk, where) and found.stored != found.replayed


def test_points_that_others_moved_are_not_held_against_the_replay(lived: SmallShop, at: datetime) -> None:
    own = purse(of("c3").pk)
    commit(Operation(operation_id("test", "spent"), at, [Post(own, world("points", "redeemed"), 1)], "spent", "key"))
    assert checked(at) == Checked(12, 12, 11, ())


def test_orders_that_came_out_of_their_turn_are_compared_by_what_they_count(people: SmallShop, at: datetime) -> None:  # noqa: F811
    put_in_force(at)
    live(reversed([order for order in people.orders if order.customer == "c0"]), at)
    told = checked(at)
    assert (told.members, told.tiers, told.differences) == (1, 0, ())


def test_who_waits_to_be_decided_for_is_not_compared(lived: SmallShop, at: datetime) -> None:
    order = next(order for order in reversed(lived.orders) if order.customer == "c3")
    record_orders([replace(order, source_id="new")], source="test", at=at)
    assert checked(at) == Checked(11, 11, 11, ())
    Waiting.objects.all().delete()
    assert {one.where for one in checked(at).differences} >= {"days"}, "a wake-up that was lost shows"


@given(data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_returns_and_cancellations_raise_no_alarm(lived: SmallShop, at: datetime, data: Any) -> None:
    """Each example goes on where the last one stopped: a shop in which more and more comes back."""
    order = data.draw(st.sampled_from(lived.orders))
    told_at = at + timedelta(seconds=data.draw(st.integers(1, 10**6)))
    if data.draw(st.booleans()):
        live([replace(order, state="cancelled")], told_at)
    else:
        named = f"r{data.draw(st.uuids())}"
        lines = data.draw(st.sampled_from([None, (ReturnedLineFact("1"),)]))
        from regulars.orders.actions.returns import ReturnRefused

        try:
            order_returned(ReturnFact(named, order.source_id, order.placed_at, lines), source="test", at=told_at)
        except ReturnRefused:
            return  # it has come back before
    end_days(at)
    assert checked(at).differences == ()
