"""Two of a new member's first orders decided at the same moment: neither is lost, and both count."""

import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections

from regulars.catalog.queries.goods import goods
from regulars.flows.decide import settle
from regulars.flows.join import join
from regulars.flows.record_orders import record_orders
from regulars.membership import queries as membership
from regulars.membership.models import Award, Member, Waiting
from regulars.orders.models import Order
from regulars.orders.queries import purchases
from regulars.storage.transactions import run_tx
from tests.flows.test_programme import put_in_force
from tests.ledger.conftest import empty


@pytest.fixture
def two_orders(transactional_db: None, shop: Any, facts: Any, at: datetime) -> Any:
    """Two orders of one customer, for whom nothing was decided yet."""
    from regulars.flows.record_customers import record_customers

    empty()
    record_customers(facts.customers, source="test", at=at)
    put_in_force(at)
    record_orders([order for order in facts.orders if order.customer == "c3"][:2], source="test", at=at)
    Waiting.objects.all().delete()
    yield [purchases.purchases([order.pk], goods) for order in Order.objects.order_by("placed_at")]
    empty()


def decide(told: Any, at: datetime) -> None:
    versions = membership.versions()
    assert versions is not None
    settle({told[0].customer: told}, versions, until=versions.plans[-1].day(at), at=at)


@pytest.mark.parametrize("also", ["order", "join"])
def test_neither_of_two_firsts_is_lost(two_orders: Any, at: datetime, also: str) -> None:
    first, second = two_orders
    begun, failed = threading.Event(), []

    def meanwhile() -> None:
        try:
            begun.wait(10)
            if also == "order":
                run_tx(lambda: decide(second, at), finds_its_rows=True)
            else:
                join(second[0].customer, at=at)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=meanwhile)
    other.start()

    def slowly() -> None:
        decide(first, at)
        begun.set()
        if connection.vendor == "postgresql":
            other.join(1)  # it is on its way, and waits for this transaction or overtakes it

    run_tx(slowly)
    other.join(30)
    assert not failed and not other.is_alive()
    member = Member.objects.get()
    counted = sum(day[2] for day in member.state["days"])
    assert counted == Award.objects.count() == (2 if also == "order" else 1)
