"""Orders that the shop tells differently later: another customer, day, currency, payment, lines. As if it had always been so."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.catalog.queries.goods import Shelf
from regulars.core.facts import CustomerFact, LineFact, OrderFact, ReturnedLineFact
from regulars.customers.models import Customer
from regulars.flows.merge import merge, split
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import backfill, settle_waiting
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.membership import queries as membership
from regulars.membership.models import Award, Decision, Waiting
from regulars.membership.queries import members
from regulars.simulation.self_check import check_members
from regulars.web.access import Actor
from tests.facts import OPENED_AT
from tests.flows.rewarding import wrong
from tests.flows.test_programme import live, of, one_return, put_in_force

BY = Actor("staff:test", "Test")
DAY = timedelta(days=1)


@pytest.fixture
def opened(shop: Any, at: datetime) -> datetime:
    """A shop with a programme and three customers, before its first order; when it is now."""
    record_customers([CustomerFact(f"c{n}", name=f"C{n}") for n in range(3)], source="test", at=at)
    put_in_force(at)
    return at


def line(amount: int, **told: Any) -> LineFact:
    return LineFact(1000, amount, **told)


def order(*lines: LineFact, named: str = "o1", customer: str = "c1", **told: Any) -> OrderFact:
    kept = lines or (line(100_000, title="tea"),)
    return OrderFact(named, customer, OPENED_AT + 3 * DAY, "CNY", state="paid", lines=kept, **told)


def points(customer: str = "c1") -> int:
    """What a customer has of points, less what they owe."""
    told = of("test").get(customer)
    return sum(lot[2] for lot in told[-1]) - sum(n for _, n in told[3].get("owed", ())) if told else 0


def same_as(told: OrderFact, at: datetime) -> None:
    """Everybody stands as if the order had been told so at once."""
    arrived = {who: (row[0], row[3].get("days"), row[-1]) for who, row in of("test").items()}
    record_customers([CustomerFact(f"c{n}", name=f"C{n}") for n in range(3)], source="once", at=at)
    live([told], at, source="once")
    once = {who: (row[0], row[3].get("days"), row[-1]) for who, row in of("once").items()}
    assert {who: row for who, row in arrived.items() if any(row)} == once


def checked(at: datetime) -> list[Any]:
    """What self-check and ledger find wrong."""
    versions = membership.versions()
    assert versions
    return [*check_members(members.after(None, 100), versions, at, Shelf()).differences, *wrong()]


@pytest.mark.parametrize("state", ["paid", "cancelled"])
def test_an_order_that_turns_out_to_be_in_another_currency_keeps_no_points(opened: datetime, state: str) -> None:
    live([order()], opened)
    assert points() == 1100
    live([replace(order(), currency="USD", state=state)], opened + DAY)
    assert points() == 0 and of("test")["c1"][0] == ""
    live([order()], opened + 2 * DAY)
    assert points() == 1100 and checked(opened + 2 * DAY) == []


def test_an_order_that_becomes_another_customers_takes_its_points_along(opened: datetime) -> None:
    live([order()], opened)
    record_orders([order(customer="c2")], source="test", at=opened + DAY)
    assert checked(opened + DAY) == [], "what waits is not wrong yet"
    settle_waiting(opened + DAY)
    assert (points("c1"), points("c2")) == (0, 1100) and of("test")["c1"][0] == ""
    same_as(order(customer="c2"), opened)
    order_returned(one_return("o1"), source="test", at=opened + 2 * DAY)
    assert (points("c1"), points("c2")) == (0, 0) and checked(opened + 2 * DAY) == []


def test_an_order_goes_to_and_fro_between_customers(opened: datetime) -> None:
    live([order(), order(customer="c2", named="o2")], opened)
    for n, (one, two) in enumerate([("c2", "c1"), ("c1", "c2"), ("c2", "c0"), ("c1", "c1")], 1):
        told = [order(customer=one), order(customer=two, named="o2")]
        record_orders(told, source="test", at=opened + n * DAY)
        settle_waiting(opened + n * DAY)
    assert (points("c0"), points("c1"), points("c2")) == (0, 2100, 0)
    assert {row.customer.source_id for row in Award.objects.select_related("customer")} == {"c1"}
    assert Decision.objects.count() == len(set(Decision.objects.values_list("pk", flat=True)))
    assert checked(opened + 9 * DAY) == []


def test_an_order_that_turns_out_to_be_nobodys_leaves_nothing_behind(opened: datetime) -> None:
    live([order()], opened)
    live([replace(order(), customer="guest:o1")], opened + DAY)
    assert points() == 0 and checked(opened + DAY) == []
    live([replace(order(), number="N")], opened + 2 * DAY)
    assert points() == 1100 and checked(opened + 2 * DAY) == []


def test_the_history_gone_through_late_takes_an_order_from_whoever_had_it(opened: datetime) -> None:
    live([order()], opened)
    record_orders([order(customer="c2")], source="test", at=opened + DAY)
    Waiting.objects.all().delete()
    backfill(opened + DAY)
    assert (points("c1"), points("c2")) == (0, 1100)


def test_an_order_of_a_record_that_was_merged_and_split_stays_its_own(opened: datetime) -> None:
    live([order(), order(named="o2", customer="c2")], opened)
    ids = dict(Customer.objects.filter(source="test").values_list("source_id", "pk"))
    made = merge(ids["c1"], ids["c2"], reason="one person", by=BY, at=opened + DAY)
    live([order(line(50_000), named="o2", customer="c2")], opened + 2 * DAY)
    split(made, by=BY, at=opened + 3 * DAY)
    apart = points("c1"), points("c2")
    assert sum(apart) == 1700
    live([order(line(50_000), named="o2", customer="c2", number="N")], opened + 4 * DAY)
    assert (points("c1"), points("c2")) == apart and not wrong()


def test_an_order_of_another_day_counts_on_that_day(opened: datetime) -> None:
    live([order()], opened)
    moved = replace(order(), placed_at=OPENED_AT + 70 * DAY)
    live([moved], opened + DAY)
    assert points() == 1100
    same_as(moved, opened)
    live([replace(moved, state="cancelled")], opened + 2 * DAY)
    assert points() == 0 and checked(opened + 2 * DAY) == []


def test_an_order_that_turns_out_to_be_older_than_the_programme_earns_nothing(opened: datetime) -> None:
    live([order(), replace(order(named="o2", customer="c2"), placed_at=OPENED_AT + 80 * DAY)], opened)
    live([replace(order(), placed_at=OPENED_AT - 70 * DAY)], opened + DAY)
    assert points() == 0
    live([replace(order(), placed_at=OPENED_AT + 9 * DAY)], opened + 2 * DAY)
    assert points() == 1100 and checked(opened + 2 * DAY) == []


# ---- what was paid for it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "refunded", "left"),
    [
        (None, 100_000, 0),
        (0, 100_000, 0),
        (0, 1, 0),
        (105_000, 100_000, 0),
        (105_000, 50_000, 600),
        (40_000, 40_000, 0),
    ],
)
def test_what_was_refunded_keeps_no_points_whatever_was_paid(
    opened: datetime, paid: int | None, refunded: int, left: int
) -> None:
    live([order(shipping_amount=5_000, paid_amount=paid)], opened)
    live([order(shipping_amount=5_000, paid_amount=paid, refunded_amount=refunded)], opened + DAY)
    assert points() == left


@pytest.mark.parametrize(("paid", "earned"), [(0, 100), (10_000, 200), (105_000, 1100), (200_000, 1100)])
def test_an_order_earns_on_no_more_than_was_said_to_be_paid(opened: datetime, paid: int, earned: int) -> None:
    live([order(line(30_000, title="a"), line(70_000, title="b"), shipping_amount=5_000, paid_amount=paid)], opened)
    assert points() == earned


# ---- lines that came back ------------------------------------------------------------------------------------------------

NAMED = [{"source_id": "L1"}, {"sku": "S1"}, {"product": "p1"}, {"title": "tea"}]


@pytest.mark.parametrize("named", NAMED)
def test_a_returned_line_is_the_same_wherever_it_stands(opened: datetime, named: dict[str, Any]) -> None:
    """Moved, left out, and told again."""
    dear, cheap = line(90_000, **named), line(1_000, source_id="L2", title="pot")
    live([order(dear, cheap)], opened)
    assert points() == 1010
    order_returned(one_return("o1", ReturnedLineFact("1")), source="test", at=opened + DAY)
    assert points() == 110
    for n, lines in enumerate([(cheap, dear), (cheap,), (cheap, dear), (dear, cheap)]):
        live([order(*lines)], opened + (2 + n) * DAY)
        assert points() == 110
    order_returned(one_return("o1", named="r2"), source="test", at=opened + 9 * DAY)
    assert points() == 0


def test_of_lines_that_are_called_the_same_the_first_stays_the_first(opened: datetime) -> None:
    tea = line(90_000, sku="S"), line(20_000, sku="S")
    live([order(*tea)], opened)
    order_returned(one_return("o1", ReturnedLineFact("2")), source="test", at=opened + DAY)
    assert points() == 1000
    live([order(line(10_000, sku="T"), *tea)], opened + 2 * DAY)
    assert points() == 1100
