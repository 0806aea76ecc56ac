"""What customers' orders say of them: since when they buy, how much, and what they left behind at the checkout."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, Q, Sum
from django.db.models.functions import Greatest

from regulars.core.member import Day
from regulars.orders.models import Order
from regulars.orders.queries import COUNTED_STATES, PURCHASES


def first_bought(customers: Iterable[UUID]) -> dict[UUID, datetime]:
    """When customers placed their first order that was a purchase, by customer."""
    rows = Order.objects.filter(PURCHASES, customer__in=set(customers)).order_by()
    return dict(rows.values_list("customer").annotate(Min("placed_at")))


def names_of_gone(orders: Iterable[UUID]) -> dict[UUID, set[str]]:
    """What those of some orders are called that were cancelled or given money back for: number, the source's id, alone or after
    the source's name, our id."""
    gone = Order.objects.filter(~Q(state__in=COUNTED_STATES) | Q(refunded_amount__gt=0), pk__in=set(orders))
    rows = gone.values_list("pk", "number", "source", "source_id")
    return {key: {number, name, f"{source}:{name}", str(key)} - {""} for key, number, source, name in rows}


def bought_by(customers: Iterable[UUID], currency: str) -> dict[UUID, tuple[int, int]]:
    """How many purchases in a currency customers made, and what was kept of them in its minor units, by customer."""
    rows = Order.objects.filter(PURCHASES, customer__in=set(customers), currency=currency).order_by()
    kept = Sum(Greatest(F("net_amount") - F("refunded_amount"), 0))
    counted = rows.values_list("customer").annotate(orders=Count("pk"), kept=kept)
    return {who: (orders, int(amount)) for who, orders, amount in counted}


def days_of(customers: Iterable[UUID], currency: str, zone: ZoneInfo, before: datetime) -> tuple[Day, ...]:
    """The days in a zone on which customers bought before an instant, the oldest first: how many purchases, and what was kept of
    those in a currency, in its minor units."""
    rows = Order.objects.filter(PURCHASES, customer__in=set(customers), placed_at__lt=before).order_by("placed_at")
    found: dict[int, Day] = {}
    for placed_at, told_in, net, refunded in rows.values_list("placed_at", "currency", "net_amount", "refunded_amount"):
        day = placed_at.astimezone(zone).toordinal()
        known = found.get(day, Day(day))
        spent = max(0, net - refunded) if told_in == currency else 0
        found[day] = known._replace(spend=known.spend + spent, orders=known.orders + 1)
    return tuple(found.values())


def told_at_checkout(customers: Iterable[UUID], names: Iterable[str]) -> dict[UUID, set[tuple[str, str]]]:
    """(name, text) of some attributes of customers' orders, by customer."""
    wanted, found = tuple(names), dict[UUID, set[tuple[str, str]]]()
    rows = Order.objects.filter(customer__in=set(customers)).exclude(attributes={}).order_by()
    for customer, attributes in rows.values_list("customer", "attributes").iterator():
        told = {(name, str(attributes[name])) for name in wanted if attributes.get(name)}
        found.setdefault(customer, set()).update(told)
    return found
