"""The sample shop: amounts, discounts and coupons as the package states them, the same on every load."""

from collections import Counter
from typing import Any

import duckdb
import pytest

from regulars.connectors import complete_journey, queries
from regulars.connectors.sample import load_sample
from regulars.customers.models import Customer, Event
from regulars.orders.models import Line, Order
from regulars.shop.models import Shop


@pytest.fixture(scope="module")
def package() -> Any:
    """A query over the package's own files, past all of our code."""
    folder = complete_journey._folder()
    base = duckdb.connect()
    for name in ("transactions", "coupon_redemptions", "campaigns"):
        base.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    return lambda sql: base.execute(sql).fetchall()


def test_every_line_and_cent_of_the_package_comes_out(package: Any) -> None:
    sums: Counter[str] = Counter()
    coded = 0
    for batch in complete_journey.feed().batches():
        sums[batch.dataset] += len(batch.facts)
        for order in batch.facts if batch.dataset == "orders" else ():
            sums["lines"] += len(order.lines)
            for line in order.lines:
                sums["listed"] += line.list_amount
                for discount in line.discounts:
                    sums[discount.kind] += discount.amount
                    coded += bool(discount.code)
    ((lines, orders, listed, member, coupon, match),) = package(
        "SELECT count(*), count(DISTINCT basket_id),"
        " sum(round(sales_value * 100) + round(retail_disc * 100) + round(coupon_match_disc * 100)),"
        " sum(round(retail_disc * 100)), sum(round(coupon_disc * 100)), sum(round(coupon_match_disc * 100)) FROM transactions"
    )
    assert (sums["lines"], sums["orders"], sums["customers"]) == (lines, orders, 2469)
    assert (sums["listed"], sums["member_price"], sums["coupon"], sums["coupon_match"]) == (
        listed,
        member,
        coupon,
        match,
    )
    ((redeemed, sent),) = package("SELECT (SELECT count(*) FROM coupon_redemptions), (SELECT count(*) FROM campaigns)")
    assert sums["events"] == redeemed + sent
    assert coded > 1000, "coupons carry the code that was redeemed for them"


@pytest.mark.django_db
def test_the_small_sample_loads_once(package: Any) -> None:
    Shop.objects.create(name="Sample", currency="USD", zone="America/New_York", country="US", is_sample=True)
    seen: list[tuple[int, int]] = []
    view = load_sample(small=True, progress=lambda done, total, label: seen.append((done, total)))
    assert view.state == "done" and view.refused == 0
    assert seen[-1][0] == seen[-1][1]
    households = sorted(int(i) for i in Customer.objects.values_list("source_id", flat=True))
    assert 60 < len(households) < 200
    listed = ", ".join(map(str, households))
    ((orders, lines, cents),) = package(
        "SELECT count(DISTINCT basket_id), count(*), sum(round(sales_value * 100))"
        f" FROM transactions WHERE household_id IN ({listed})"
    )
    assert (Order.objects.count(), Line.objects.count()) == (orders, lines)
    assert sum(Order.objects.values_list("net_amount", flat=True)) == cents
    ((redeemed,),) = package(f"SELECT count(*) FROM coupon_redemptions WHERE household_id IN ({listed})")
    assert Event.objects.filter(name="Coupon Applied").count() == redeemed
    assert load_sample(small=True).id == view.id
    assert queries.loaded_sample() is None, "the whole sample is not loaded"
