"""Several at once tell of the same orders: each is recorded once, and nobody is turned away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from regulars.core.facts import IdentityFact, LineFact, OrderFact
from regulars.customers.models import Customer, Identity
from regulars.flows import record_orders as flow
from regulars.orders import queries
from regulars.orders.models import Line, Order

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RACERS, ORDERS = 6, 40


def race() -> list[BaseException]:
    """All racers record the same orders, one by one, at the same time; answers what went wrong."""
    barrier = Barrier(RACERS)
    orders = [
        OrderFact(
            *(str(n), f"c{n % 7}", AT + timedelta(hours=n), "CNY"),
            lines=(LineFact(1000, 100, f"p{n % 5}"), LineFact(2000, 300, f"p{n}")),
            identities=(IdentityFact("email", f"c{n % 7}@example.com"),),
        )
        for n in range(ORDERS)
    ]

    def run(racer: int) -> list[BaseException]:
        failures: list[BaseException] = []
        barrier.wait()
        try:
            for order in orders:
                try:
                    flow.record_orders([order], source="shop", at=AT)
                except Exception as error:  # the race's finding, judged below
                    failures.append(error)
        finally:
            connection.close()
        return failures

    with ThreadPoolExecutor(RACERS) as pool:
        return [failure for failures in pool.map(run, range(RACERS)) for failure in failures]


def test_racers_record_each_order_once(shop):
    assert race() == []
    assert (Order.objects.count(), Line.objects.count()) == (ORDERS, 2 * ORDERS)
    assert (Customer.objects.count(), Identity.objects.count()) == (7, 7)
    assert queries.inconsistencies(ZoneInfo(shop.zone)) == []


def test_the_race_catches_a_flow_that_is_not_rerun(shop, monkeypatch):
    """The planted fault: read, decide and write in a transaction that neither queues nor looks again."""

    def naive(verb, **_):
        with transaction.atomic():
            return verb()

    monkeypatch.setattr(flow, "run_tx", naive)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    assert race() != []
