"""One customer's page: who they are, what they are used to, everything that happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.customers import queries as customers
from regulars.customers.queries import ConsentView, CustomerView, MergeView
from regulars.insights.models import CustomerProfile
from regulars.insights.queries.customers import as_of, profile
from regulars.insights.queries.dashboard import next_period
from regulars.insights.queries.marts import Row, manifest, of_customer
from regulars.orders import queries as orders
from regulars.orders.queries import OrderSummary

TIMELINE_ROWS = 12
ORDER_ROWS = 10


@dataclass(frozen=True, slots=True)
class Habits:
    """What a customer is used to. Amounts in minor units; ``weekdays`` Monday first, ``hours`` from 0."""

    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    categories: tuple[Row, ...]
    favourites: tuple[Row, ...]
    months: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """``profile`` is None until a refresh has seen the customer. ``merges`` are those in force and undone."""

    view: CustomerView
    profile: CustomerProfile | None
    as_of: date | None
    habits: Habits | None
    consents: tuple[ConsentView, ...]
    merges: tuple[MergeView, ...]
    orders: tuple[OrderSummary, ...]
    order_count: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline. ``kind`` is order, event, consent or merge; ``what`` is that record."""

    at: datetime
    kind: str
    what: Any


def customer_page(identifier: UUID, currency: str) -> CustomerPage | None:
    """Everything the page shows but the timeline, in 8 queries; None for an unknown id."""
    view = customers.customer(identifier)
    if view is None:
        return None
    return CustomerPage(
        view=view,
        profile=profile(identifier, currency),
        as_of=as_of(),
        habits=habits(identifier),
        consents=tuple(customers.consents(view.member_ids)),
        merges=tuple(customers.merges(identifier)),
        orders=tuple(orders.orders_of(view.member_ids, limit=ORDER_ROWS)),
        order_count=orders.count_of(view.member_ids),
    )


def habits(customer: UUID) -> Habits | None:
    """Habits from the marts in force, or None where they know no order of the customer."""
    if (now := manifest()) is None:
        return None
    if not (hours := of_customer("customer_hours", customer, now)):
        return None
    categories = [row for row in of_customer("customer_categories", customer, now) if row["category"]]
    return Habits(
        weekdays=_summed(hours, "weekday", range(1, 8)),
        hours=_summed(hours, "hour", range(24)),
        categories=tuple(categories[:6]),
        favourites=tuple(of_customer("customer_favourites", customer, now)),
        months=_by_month(of_customer("customer_days", customer, now), now.as_of),
    )


def _summed(rows: Iterable[Row], key: str, places: range) -> tuple[int, ...]:
    counted = dict.fromkeys(places, 0)
    for row in rows:
        counted[row[key]] += row["orders"]
    return tuple(counted.values())


def _by_month(days: Iterable[Row], last: date) -> tuple[tuple[date, int], ...]:
    """Net of the last twelve calendar months."""
    month = date(last.year - 1, last.month, 1)
    counted = {}
    for _step in range(12):
        month = next_period("month", month)
        counted[month] = 0
    for row in days:
        if (first := row["day"].replace(day=1)) in counted:
            counted[first] += row["net_amount"]
    return tuple(counted.items())


def timeline(view: CustomerView, before: datetime | None = None) -> tuple[tuple[Happening, ...], datetime | None]:
    """The newest happenings before an instant, and the instant from which the older ones go on (None at the end)."""
    wanted = TIMELINE_ROWS + 1
    told = [
        *(Happening(o.placed_at, "order", o) for o in orders.orders_of(view.member_ids, before, wanted)),
        *(Happening(e.at, "event", e) for e in customers.events(view.member_ids, before, wanted)),
        *(Happening(c.at, "consent", c) for c in customers.consents(view.member_ids)),
        *(Happening(m.at, "merge", m) for m in customers.merges(view.id)),
    ]
    older = sorted((h for h in told if before is None or h.at < before), key=lambda h: (h.at, h.kind), reverse=True)
    shown = older[:TIMELINE_ROWS]
    # Those of the last shown instant stay together: the next page begins strictly before it.
    while len(shown) < len(older) and older[len(shown)].at == shown[-1].at:
        shown = older[: len(shown) + 1]
    return tuple(shown), shown[-1].at if len(shown) < len(older) else None
