"""Reads of orders. Other rooms get frozen values, never rows of the ORM."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Min, Q

from regulars.orders.models import FactMonth, Order
from regulars.orders.queries.checks import inconsistencies
from regulars.storage.bulk import select_in

__all__ = ["inconsistencies"]

# What figures count as a purchase, as the mart ``purchases`` has it: the others never were one, or were undone.
COUNTED_STATES = ("paid", "shipped", "delivered", "completed", "partly_refunded")
PURCHASES = Q(state__in=COUNTED_STATES) & ~Q(refunded_amount__gt=0, refunded_amount__gte=F("paid_amount"))


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One order as a row of a list. Amounts in minor units of ``currency``."""

    id: UUID
    number: str
    placed_at: datetime
    state: str
    currency: str
    channel: str
    store: str
    line_count: int
    discount_amount: int
    funded_amount: int
    net_amount: int
    paid_amount: int


_SUMMARY = tuple(OrderSummary.__dataclass_fields__)


def orders_of(members: Sequence[UUID], before: datetime | None = None, limit: int = 50) -> list[OrderSummary]:
    """Orders of a customer (with everyone merged into them), newest first, placed before ``before``."""
    rows = Order.objects.filter(customer__in=members).order_by("-placed_at", "-id")
    if before is not None:
        rows = rows.filter(placed_at__lt=before)
    return [OrderSummary(*row) for row in rows.values_list(*_SUMMARY)[:limit]]


def count_of(members: Sequence[UUID]) -> int:
    return Order.objects.filter(customer__in=members).count()


def buyers(source: str, source_ids: Iterable[str]) -> dict[str, str]:
    """The source's ids of those who placed a source's orders, by its own ids of the orders; walk-ins included."""
    sql = """
        SELECT o.source_id, c.source_id FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id
        WHERE o.source = %s AND o.source_id IN ({marks})
    """
    return dict(select_in(sql, set(source_ids), source))


def have_any() -> bool:
    return Order.objects.exists()


def are_behind() -> bool:
    """Whether orders were recorded that the facts on disk, and so all figures, do not show yet."""
    return FactMonth.objects.filter(changed__gt=0).exists()


def span() -> tuple[datetime, datetime] | None:
    """When the first and the newest order were placed, or None without orders."""
    found = Order.objects.aggregate(first=Min("placed_at"), newest=Max("placed_at"))
    return (found["first"], found["newest"]) if found["first"] else None


def fingerprint() -> tuple[Any, ...]:
    """Changes whenever the facts on disk change: each month's generation and how far its files are behind."""
    return tuple(FactMonth.objects.order_by("month").values_list("month", "generation", "changed"))
