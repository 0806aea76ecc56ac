"""The order pages: what staff find, and that what they see adds up."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.catalog.models import Product
from regulars.core.facts import Discount, IdentityFact, LineFact, OrderFact
from regulars.customers.models import Customer
from regulars.flows.record_orders import record_orders
from regulars.orders.actions import rebuild_facts
from regulars.orders.models import Order
from regulars.orders.pages.order import borne, steps
from regulars.orders.queries import browsing, listing

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def no_memory() -> None:
    caches["process"].clear()


def exported(client: Client, query: str = "") -> list[list[str]]:
    """The export of all orders found, its head first."""
    answer = client.get(f"/orders/?export=csv{query and '&' + query}")
    return list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]


def numbers(client: Client, query: str = "") -> list[str]:
    """The numbers of all orders found: in order, across pages."""
    return [row[0] for row in exported(client, query)[1:]]


def stated(**asked: Any) -> set[str]:
    return set(Order.objects.filter(**asked).values_list("number", flat=True))


def test_the_newest_orders_come_first_with_who_bought(recorded: Any, sign_in: Callable[..., Client]) -> None:
    client = sign_in("reader", language="en")
    page = client.get("/orders/").content.decode()
    newest = max(recorded.orders, key=lambda order: order.placed_at)
    oldest = min(recorded.orders, key=lambda order: order.placed_at)
    assert newest.source_id in page
    assert recorded.customers[int(newest.customer[1:])].name in page
    found = numbers(client)
    assert len(found) == len(recorded.orders)
    assert (found[0], found[-1]) == (newest.source_id, oldest.source_id)


def test_orders_are_found_by_number_customer_and_product(recorded: Any, console: Client) -> None:
    rebuild_facts(ZONE)
    assert numbers(console, "q=o17") == ["o17"]
    of_wang = {order.source_id for order in recorded.orders if order.customer == "c0"}
    assert set(numbers(console, "q=王芳")) == of_wang
    with_p5 = {order.source_id for order in recorded.orders if any(line.product == "p5" for line in order.lines or ())}
    assert set(numbers(console, "q=商品 5")) == with_p5
    product = Product.objects.get(source_id="p5")
    assert set(numbers(console, f"product={product.pk}")) == with_p5
    assert numbers(console, "q=nothing-like-it") == []


@pytest.mark.parametrize("many", [0, 10_000])
def test_a_search_finds_the_same_in_the_same_order_whichever_way_it_goes(
    recorded: Any, console: Client, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(browsing, "MANY", many)
    rebuild_facts(ZONE)
    with_p5 = [order for order in recorded.orders if any(line.product == "p5" for line in order.lines or ())]
    by_date = [order.source_id for order in sorted(with_p5, key=lambda order: order.placed_at)]
    assert numbers(console, "q=商品 5&sort=placed_at") == by_date
    assert numbers(console, "q=商品 5") == by_date[::-1]
    assert numbers(console, "q=O17") == ["o17"]


def test_a_search_for_a_product_visits_the_orders_found_and_no_others(recorded: Any) -> None:
    """Of 155,848 orders a scan took most of half a second."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of its tables")
    rebuild_facts(ZONE)
    searched = browsing.Found(browsing.Wanted(zone=ZONE, text="商品 5"))
    with CaptureQueriesContext(connection) as asked:
        assert searched.count()
        assert searched.rows("-placed_at", 0, 25)
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}").fetchall()
        assert not [step for *_, step in plan if step.startswith("SCAN orders_order")], query["sql"]


def test_filters_keep_what_they_say(recorded: Any, console: Client) -> None:
    assert set(numbers(console, "state=refunded")) == stated(state="refunded")
    assert set(numbers(console, "channel=wechat")) == stated(channel="wechat")
    assert set(numbers(console, "discounted=yes")) == stated(discount_amount__gt=0)
    assert set(numbers(console, "discounted=no")) == stated(discount_amount=0)
    assert set(numbers(console, "least=300&most=400.50")) == stated(paid_amount__gte=30_000, paid_amount__lte=40_050)
    assert set(numbers(console, "state=counted")) == {n for n in stated() if n not in stated(state="refunded")}
    assert "CNY" in console.get("/orders/").context["list"].form["least"].label
    buyer = Customer.objects.get(source_id="c3")
    assert set(numbers(console, f"customer={buyer.pk}")) == stated(customer=buyer)
    assert numbers(console, "state=refunded&channel=web&discounted=yes") == []


def test_amounts_of_different_currencies_are_not_compared(shop: Any, console: Client, at: Any) -> None:
    placed_at = datetime(2026, 3, 1, tzinfo=UTC)
    paid = {"small": ("CNY", 100), "large": ("CNY", 90_000), "yen": ("JPY", 50_000)}
    orders = [
        OrderFact(name, "c", placed_at, currency, lines=(LineFact(1000, amount),))
        for name, (currency, amount) in paid.items()
    ]
    record_orders(orders, source="test", at=at)
    assert numbers(console, "least=200") == ["large"]
    assert numbers(console, "most=600") == ["small"]
    assert set(numbers(console)) == paid.keys()
    assert numbers(console, "sort=paid_amount") == ["small", "large", "yen"]
    assert numbers(console, "sort=-paid_amount") == ["large", "small", "yen"]


def test_days_are_the_shops_own_and_both_counted(shop: Any, console: Client, at: Any) -> None:
    def order(number: str, hour_utc: int, day: int) -> OrderFact:
        return OrderFact(
            number, "c", datetime(2026, 3, day, hour_utc, 59, tzinfo=UTC), "CNY", lines=(LineFact(1000, 100),)
        )

    # Midnight in Shanghai is 16:00 UTC.
    record_orders(
        [order("before", 15, 1), order("first", 16, 1), order("last", 15, 2), order("after", 16, 2)], source="t", at=at
    )
    assert numbers(console, "since=2026-03-02&until=2026-03-02") == ["last", "first"]


def test_a_value_the_filter_refuses_filters_nothing(recorded: Any, console: Client) -> None:
    everything = len(recorded.orders)
    for query in (
        "since=yesterday",
        "state=eaten",
        "customer=nobody",
        "least=lots",
        "page=999999",
        "sort=digest",
        "sort=-customer_id",
    ):
        assert console.get(f"/orders/?{query}").status_code == 200, query
        assert len(numbers(console, query)) == everything, query


def test_the_list_asks_the_database_no_more_for_more_rows(recorded: Any, console: Client) -> None:
    def asked(size: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            console.get(f"/orders/?size={size}")
        return len(queries)

    asked(25)
    assert asked(25) == asked(100) <= 10


MIXED = OrderFact(
    "mixed",
    "c1",
    datetime(2026, 5, 1, tzinfo=ZONE),
    "CNY",
    tax_included=False,
    tax_amount=1300,
    shipping_amount=1200,
    refunded_amount=4500,
    discounts=(Discount("coupon", 2000, "SPRING"), Discount("coupon", 1500, "BRAND", "manufacturer")),
    lines=(
        LineFact(2000, 17600, "tea", discounts=(Discount("member_price", 1000),)),
        LineFact(1500, 4500, title="=1+1"),
    ),
)


@pytest.fixture
def mixed(shop: Any, at: Any) -> listing.OrderDetail:
    record_orders([MIXED], source="t", at=at)
    found = listing.order(Order.objects.get().pk)
    assert found is not None
    return found


@pytest.mark.parametrize("paid", [None, 21_000])
def test_each_sum_is_the_steps_above_it(shop: Any, at: Any, paid: int | None) -> None:
    record_orders([replace(MIXED, paid_amount=paid)], source="t", at=at)
    found = listing.order(Order.objects.get().pk)
    assert found is not None
    running = 0
    for step in steps(found.order):
        if step.is_sum:
            assert step.amount == running, step.label
        else:
            running += step.amount
    assert running == found.order.paid_amount - 4500


def test_discounts_are_summed_by_kind_code_and_bearer(mixed: listing.OrderDetail) -> None:
    found = {(item.code, item.amount) for item in borne(mixed)}
    assert found == {("SPRING", 2000), ("BRAND", 1500), ("", 1000)}


def test_the_page_of_an_order_shows_all_of_it(mixed: listing.OrderDetail, sign_in: Callable[..., Client]) -> None:
    page = sign_in("agent", language="en").get(f"/orders/{mixed.order.id}/").content.decode()
    for told in ("mixed", "SPRING", "the maker", "¥201.00", "¥156.00", "=1+1", "1.5"):
        assert told in page, told
    chinese = sign_in("agent", language="zh-hans").get(f"/orders/{mixed.order.id}/").content.decode()
    assert "品牌方" in chinese
    assert "实付" in chinese


def test_an_order_nobody_knows_is_not_there(console: Client) -> None:
    assert console.get("/orders/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_the_search_in_the_head_finds_orders_by_number(recorded: Any, console: Client) -> None:
    order = Order.objects.get(number="o17")
    assert f"/orders/{order.pk}/" in console.get("/search/?q=o17").content.decode()


def test_an_empty_shop_says_what_to_do(console: Client) -> None:
    assert "/imports/" in console.get("/orders/").content.decode()


def test_the_export_tells_buyers_apart_by_their_id(recorded: Any, at: datetime, console: Client) -> None:
    placed = at - timedelta(days=1)
    guest = (IdentityFact("email", "guest@example.com"),)
    more = [
        OrderFact("walk-in", "", placed, "CNY", paid_amount=500),
        OrderFact("guest", "", placed, "CNY", paid_amount=500, identities=guest),
    ]
    record_orders(more, source="test", at=at)
    header, *rows = exported(console)
    buyers = {row[header.index("订单")]: row[header.index("顾客编号")] for row in rows}
    assert buyers == {order.source_id: order.customer for order in recorded.orders} | {"walk-in": "", "guest": ""}
