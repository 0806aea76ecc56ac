"""Every figure of the dashboard against a computation of its own, from the facts as they were stated."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.core.facts import OrderFact
from regulars.insights import queries
from regulars.insights.actions import RefreshReport
from regulars.insights.queries.dashboard import Dashboard
from tests.facts import NAMES, SmallShop

ZONE = ZoneInfo("Asia/Shanghai")


def net(order: OrderFact) -> int:
    listed = sum(line.list_amount for line in order.lines or ())
    return max(0, listed - sum(d.amount for line in order.lines or () for d in line.discounts) - order.refunded_amount)


def day(order: OrderFact) -> date:
    return order.placed_at.astimezone(ZONE).date()


@pytest.fixture
def orders(facts: SmallShop) -> tuple[OrderFact, ...]:
    """Those that count: what was refunded whole was undone."""
    return tuple(order for order in facts.orders if order.state != "refunded")


def told(days: int = 90) -> Dashboard:
    found = queries.dashboard(days)
    assert found
    return found


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_figures_of_a_period(refreshed: RefreshReport, orders: tuple[OrderFact, ...], days: int) -> None:
    found = told(days)
    last = max(map(day, orders))
    since = last - timedelta(days=days - 1)
    inside = [o for o in orders if day(o) >= since]
    before = {o.customer for o in orders if day(o) < since}
    buyers = {o.customer for o in inside}
    assert (found.as_of, found.now.since, found.now.until) == (last, since, last)
    assert found.now.orders == len(inside)
    assert found.now.net_amount == sum(map(net, inside))
    assert found.now.buyers == len(buyers)
    assert found.now.new_buyers == len(buyers - before)
    assert found.now.returning_buyers == len(buyers & before)
    assert found.now.average_order_amount == round(sum(map(net, inside)) / len(inside))
    discounted = sum(any(line.discounts for line in o.lines or ()) for o in inside)
    assert found.now.discounted_share == discounted / len(inside)


def test_the_period_before(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    found = told(30).before
    last = max(map(day, orders))
    inside = [o for o in orders if last - timedelta(days=59) <= day(o) <= last - timedelta(days=30)]
    assert found
    assert (found.orders, found.net_amount) == (len(inside), sum(map(net, inside)))
    assert told(365).before is None  # the shop is not two years old


def test_repurchase_and_the_days_it_took(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    days: dict[str, set[date]] = defaultdict(set)
    for order in orders:
        days[order.customer].add(day(order))
    gaps = sorted((sorted(d)[1] - min(d)).days for d in days.values() if len(d) > 1)
    found = told()
    assert found.repurchase_rate == len(gaps) / len(days)
    assert found.second_days == gaps[(len(gaps) - 1) // 2]
    assert (found.customers, found.buyers, found.prospects) == (len(NAMES), len(days), len(NAMES) - len(days))


def test_trend_adds_up(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    for days in (7, 30, 90, 365):
        found = told(days)
        first = found.trend[0].day
        assert sum(p.net_amount for p in found.trend) == sum(net(o) for o in orders if day(o) >= first)
    assert [p.day for p in told(7).trend] == [told(7).now.since + timedelta(days=n) for n in range(7)]


def test_cohorts(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    months: dict[str, set[int]] = defaultdict(set)
    for order in orders:
        months[order.customer].add(day(order).month)
    january = [m for m in months.values() if min(m) == 1]
    cohort = told().cohorts[0]
    assert cohort.customers == len(january)
    assert cohort.shares[1] == sum(2 in m for m in january) / len(january)


def test_standing_counts_everybody_once(refreshed: RefreshReport) -> None:
    found = told()
    for rows in (found.states, found.segments, found.squares):
        assert sum(row.customers for row in rows) == found.buyers
        assert sum(row.net_amount for row in rows) == sum(s.net_amount for s in found.segments)


def test_premium_bring_half(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    spent: dict[str, int] = defaultdict(int)
    for order in orders:
        spent[order.customer] += net(order)
    reached, count = 0, 0
    for amount in sorted(spent.values(), reverse=True):
        if reached * 2 >= sum(spent.values()):
            break
        reached, count = reached + amount, count + 1
    assert told().premium == count


def test_demo_figures(refreshed: RefreshReport, orders: tuple[OrderFact, ...]) -> None:
    found: dict[str, Any] = queries.shop_figures()
    assert found["orders"] == len(orders)
    assert found["lines"] == sum(len(o.lines or ()) for o in orders)
    assert found["revenue"] == {"amount": sum(map(net, orders)), "currency": "CNY", "exponent": 2}
