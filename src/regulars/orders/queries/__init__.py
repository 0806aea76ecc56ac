"""Reads of orders. Other rooms get frozen values, never rows of the ORM."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Min

from regulars.orders.models import FactMonth, Order
from regulars.orders.queries.checks import inconsistencies

__all__ = ["inconsistencies"]

# Orders in these states are purchases; the others never were, or were undone.
COUNTED_STATES = ("paid", "shipped", "delivered", "completed", "partly_refunded", "refunded")


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
