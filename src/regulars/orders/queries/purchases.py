"""Orders as the programme's rules see them: what was paid for what is kept, since when, delivered when."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from regulars.core.member import Goods, Line, Purchase
from regulars.core.money import split
from regulars.orders.models import Order
from regulars.orders.queries import COUNTED_STATES
from regulars.storage.bulk import as_hex, as_instant, as_json, hexes, instant, select_in

# Discounts that are a reward of ours: with "before rewards" points are given on what they paid, too.
REWARDS = frozenset({"coupon", "points", "credit", "gift_card"})
_REWARD = re.compile("|".join(f'"{kind}"' for kind in sorted(REWARDS)))
_DELIVERED = ("delivered", "completed")
_ORDERS = """
    SELECT o.id, o.customer_id, o.placed_at, o.state, o.currency, o.channel, o.store, s.name, o.net_amount, o.refunded_amount,
      o.paid_amount, o.stated_paid_amount + o.funded_amount, o.source_updated_at, o.recorded_at
    FROM orders_order o LEFT JOIN catalog_seller s ON s.id = o.seller_id
"""
_LINES = """
    SELECT order_id, product_id, quantity_milli, net_amount, discounts, number FROM orders_line
    WHERE order_id IN ({marks}) ORDER BY order_id, number
"""
_STATES = """
    SELECT order_id, MIN(at) FROM orders_statechange WHERE state IN ('delivered', 'completed') AND order_id IN ({marks})
    GROUP BY order_id
"""
_RETURNED = """
    SELECT order_id, line, SUM(quantity_milli), SUM(amount) FROM orders_returned_line
    WHERE line IS NOT NULL AND order_id IN ({marks}) GROUP BY order_id, line
"""
GoodsOf = Callable[[Iterable[str]], Mapping[str, Goods]]
NO_GOODS = Goods()


@dataclass(frozen=True, slots=True)
class Told:
    """An order for the rules: whose it is, since when it is as it is (``told_at``), and the purchase."""

    customer: UUID
    placed_at: datetime
    told_at: datetime
    purchase: Purchase


def purchases(orders: Iterable[UUID], goods: GoodsOf) -> list[Told]:
    """Orders by id, in the order of purchase. ``goods`` answers what products are. Four queries, however many orders."""
    return _told(select_in(_ORDERS + "WHERE o.id IN ({marks})", [order.hex for order in orders]), goods)


def purchases_of(customers: Iterable[UUID], since: datetime, goods: GoodsOf) -> list[Told]:
    """All orders of some customers from an instant on, in the order of purchase."""
    rows = select_in(_ORDERS + "WHERE o.customer_id IN ({marks})", [customer.hex for customer in customers])
    return _told([row for row in rows if as_instant(row[2]) >= since], goods)


def _told(rows: Sequence[tuple[Any, ...]], goods: GoodsOf) -> list[Told]:
    """Rows are kept together by their ids as the database gives them: a year has millions, and hexadecimal digits cost time."""
    digits = hexes()
    ids = [digits(row[0]) for row in rows]
    sold_in = select_in(_LINES, ids)
    products = {row[1] for row in sold_in}
    lines = {order: list(own) for order, own in groupby(sold_in, itemgetter(0))}
    for order, number, quantity, amount in select_in(_RETURNED, ids):
        own = lines.get(order, [])
        lines[order] = [_less(row, int(quantity), int(amount)) if row[5] == number else row for row in own]
    delivered = {order: as_instant(at) for order, at in select_in(_STATES, ids)}
    named = {product: digits(product) for product in products if product}
    known = goods(named.values())
    sold = {product: known.get(named[product], NO_GOODS) if product else NO_GOODS for product in products}
    customers = {row[1]: UUID(digits(row[1])) for row in rows}
    told = [
        _one(key, customers[row[1]], row, lines.get(row[0], ()), delivered.get(row[0]), sold)
        for key, row in zip(ids, rows, strict=True)
    ]
    return sorted(told, key=lambda one: (one.placed_at, one.purchase.id))


def _one(
    key: str,
    customer: UUID,
    row: tuple[Any, ...],
    lines: Sequence[tuple[Any, ...]],
    arrived: datetime | None,
    sold: Mapping[Any, Goods],
) -> Told:
    _, _, placed, state, currency, channel, store, seller, net, refunded, paid, most, updated_at, recorded_at = row
    placed_at = as_instant(placed)
    gone = state not in COUNTED_STATES or (refunded and refunded >= min(net, paid))
    kept = () if gone else _kept(lines, net, refunded, most, sold)
    if arrived is None and state in _DELIVERED:
        arrived = as_instant(updated_at) if updated_at else placed_at
    purchase = Purchase(
        key, placed_at if state != "pending" else None, currency, kept, max(arrived, placed_at) if arrived else None,
        channel, store, seller or "",
    )  # fmt: skip
    return Told(customer, placed_at, as_instant(recorded_at), purchase)


def _less(row: tuple[Any, ...], quantity: int, amount: int) -> tuple[Any, ...]:
    """A line without what came back of it."""
    return (*row[:2], max(0, row[2] - quantity), row[3] - amount, *row[4:])


def _kept(
    lines: Sequence[tuple[Any, ...]], net: int, refunded: int, most: int | None, sold: Mapping[Any, Goods]
) -> tuple[Line, ...]:
    """The lines, less what was refunded beside what came back, and never more than ``most``, where the source said what was
    paid: shared by what each is worth. An order told without lines is one line."""
    if not lines:
        return (Line(NO_GOODS, 1000, max(0, net - refunded)),) if net > refunded else ()
    amounts = [row[3] for row in lines]
    worth = sum(amounts)
    beside = worth - (net if most is None else min(net, most)) + refunded
    if beside > 0 and worth > 0:
        shares = split(min(beside, worth), [max(0, amount) for amount in amounts])
        amounts = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    return tuple([
        Line(sold[product], quantity, amount if amount > 0 else 0, _rewards(discounts) if discounts else 0)
        for (_, product, quantity, _, discounts, _), amount in zip(lines, amounts, strict=True)
        if quantity
    ])  # fmt: skip


def _rewards(discounts: Any) -> int:
    """What rewards of ours paid of a line."""
    if isinstance(discounts, str) and not _REWARD.search(discounts):
        return 0
    return sum(one["amount"] for one in as_json(discounts) if one["kind"] in REWARDS)


def newest_placed_at() -> datetime | None:
    """When the newest order was placed."""
    return Order.objects.order_by("-placed_at", "id").values_list("placed_at", flat=True).first()


def buyers_after(last: UUID | None, limit: int) -> list[UUID]:
    """Customers who have orders, in the order of their ids, after ``last``."""
    rows = Order.objects.filter(customer_id__gt=last) if last else Order.objects.all()
    return list(rows.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:limit])


def count_of_buyers() -> int:
    """How many customers have orders."""
    return int(Order.objects.values("customer_id").distinct().count())


def recorded(source: str, source_ids: Iterable[str], at: datetime) -> list[tuple[str, str]]:
    """(order, customer) ids, 32 digits, of those of a source's orders that were recorded at an instant."""
    sql = "SELECT id, customer_id FROM orders_order WHERE source = %s AND recorded_at = %s AND source_id IN ({marks})"
    rows = select_in(sql, set(source_ids), source, instant(at))
    return [(as_hex(order), as_hex(customer)) for order, customer in rows]


def recorded_by(run_id: str, at: datetime) -> list[tuple[str, str]]:
    """(order, customer) ids of what a run recorded at an instant."""
    rows = Order.objects.filter(recorded_by=run_id, recorded_at=at).values_list("pk", "customer_id")
    return [(order.hex, customer.hex) for order, customer in rows]
