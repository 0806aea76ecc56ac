"""Orders by the page, and one with its lines and the states it went through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q

from regulars.core.facts import Attributes, Discount
from regulars.orders.models import Line, Order, Return, ReturnedLine, StateChange
from regulars.storage import sources


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order. Amounts are minor units of ``currency``; ``list`` - ``discount`` = ``net``, what the shop earns on goods."""

    id: UUID
    source: str
    source_id: str
    number: str
    customer_id: UUID
    placed_at: datetime
    state: str
    currency: str
    channel: str
    store: str
    seller: str
    line_count: int
    list_amount: int
    discount_amount: int
    net_amount: int
    shipping_amount: int
    tax_amount: int
    tax_included: bool
    funded_amount: int
    paid_amount: int
    refunded_amount: int
    source_updated_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class LineView:
    """One line; ``discounts`` hold its share of the order's."""

    number: int
    source_id: str
    product_id: UUID | None
    variant_id: UUID | None
    sku: str
    title: str
    quantity_milli: int
    list_amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    funded_amount: int
    discounts: tuple[Discount, ...]


@dataclass(frozen=True, slots=True)
class StateView:
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnedLineView:
    """How much of a line came back, by the line's number."""

    line: int
    quantity_milli: int
    amount: int


@dataclass(frozen=True, slots=True)
class ReturnView:
    """Goods that came back at one moment, and what was given back for them."""

    id: UUID
    source_id: str
    at: datetime
    amount: int
    reason: str
    recorded_at: datetime
    lines: tuple[ReturnedLineView, ...]


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order with its lines, its states and what came back of it, oldest first; ``discounts`` are those of the whole order."""

    order: OrderView
    discounts: tuple[Discount, ...]
    attributes: Attributes
    lines: tuple[LineView, ...]
    states: tuple[StateView, ...]
    returns: tuple[ReturnView, ...]


_COPIED = (
    *(
        "source",
        "source_id",
        "number",
        "customer_id",
        "placed_at",
        "state",
        "currency",
        "channel",
        "store",
        "line_count",
    ),
    *("list_amount", "discount_amount", "net_amount", "shipping_amount", "tax_amount", "tax_included", "funded_amount"),
    *("paid_amount", "refunded_amount", "source_updated_at", "recorded_at"),
)
_LINE_COPIED = (
    *("number", "source_id", "product_id", "variant_id", "sku", "title", "quantity_milli", "list_amount"),
    *("discount_amount", "net_amount", "tax_amount", "funded_amount"),
)


def page(
    limit: int,
    *,
    after_id: UUID | None = None,
    after_at: datetime | None = None,
    updated_since: datetime | None = None,
    customers: Sequence[UUID] | None = None,
    placed_from: datetime | None = None,
    placed_to: datetime | None = None,
    **equal: str | None,
) -> list[OrderView]:
    """Up to ``limit`` orders: the newest first, or by their last change, oldest first, where ``updated_since`` is given.

    ``placed_to`` is exclusive. ``equal`` are source, source_id, number, state, channel and store; None asks nothing.
    """
    rows = Order.objects.filter(**{name: value for name, value in equal.items() if value is not None})
    if customers is not None:
        rows = rows.filter(customer__in=customers)
    if placed_from is not None:
        rows = rows.filter(placed_at__gte=placed_from)
    if placed_to is not None:
        rows = rows.filter(placed_at__lt=placed_to)
    if updated_since is not None:
        rows = rows.filter(recorded_at__gte=after_at or updated_since).order_by("recorded_at", "pk")
        rows = rows.filter(Q(recorded_at__gt=after_at) | Q(pk__gt=after_id)) if after_at else rows
    else:
        rows = rows.order_by("-placed_at", "pk")
        # The first condition lets the database seek in the index; the second alone would make it walk.
        rows = (
            rows.filter(Q(placed_at__lte=after_at), Q(placed_at__lt=after_at) | Q(pk__gt=after_id))
            if after_at
            else rows
        )
    return [view(row) for row in rows.select_related("seller").defer("discounts", "attributes", "digest")[:limit]]


def view(row: Order) -> OrderView:
    """An order as other rooms see it; the row's seller should be loaded with it."""
    return OrderView(
        id=row.pk, seller=row.seller.name if row.seller else "", **{name: getattr(row, name) for name in _COPIED}
    )


def numbers(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of orders, by id; unknown ones are left out."""
    wanted = set(ids)
    return dict(Order.objects.filter(pk__in=wanted).values_list("id", "number")) if wanted else {}


def order(identifier: UUID) -> OrderDetail | None:
    """One order whole (5 queries), or None."""
    row = Order.objects.select_related("seller").filter(pk=identifier).first()
    if row is None:
        return None
    lines = tuple(
        LineView(discounts=_discounts(line.discounts), **{name: getattr(line, name) for name in _LINE_COPIED})
        for line in Line.objects.filter(order=row).order_by("number")
    )
    later = [
        StateView(change.state, change.at) for change in StateChange.objects.filter(order=row).order_by("at", "pk")
    ]
    states = (*_first_state(row, later), *later)
    return OrderDetail(view(row), _discounts(row.discounts), row.attributes, lines, states, returns(identifier))


def returns(order: UUID) -> tuple[ReturnView, ...]:
    """What came back of an order, oldest first."""
    lines: dict[UUID, list[ReturnedLineView]] = {}
    for row in ReturnedLine.objects.filter(order_id=order).order_by("number"):
        lines.setdefault(row.returned_id, []).append(
            ReturnedLineView(row.line or row.number, row.quantity_milli, row.amount)
        )
    columns = ("pk", "source_id", "at", "amount", "reason", "recorded_at")
    rows = Return.objects.filter(order=order).order_by("at", "pk").values_list(*columns)
    return tuple(ReturnView(*row, lines=tuple(lines.get(row[0], ()))) for row in rows)


def source_of(identifier: UUID) -> tuple[str, str] | None:
    """The source of an order and its id there."""
    found: tuple[str, str] | None = Order.objects.filter(pk=identifier).values_list("source", "source_id").first()
    return found


def _first_state(row: Order, later: Sequence[StateView]) -> tuple[StateView, ...]:
    """The state an order was first seen in is not kept once it has changed; without changes it is the present one."""
    return () if later else (StateView(row.state, row.placed_at),)


def _discounts(stored: list[dict[str, Any]] | None) -> tuple[Discount, ...]:
    return tuple(Discount(d["kind"], d["amount"], d.get("code", ""), d.get("funded_by", "shop")) for d in stored or ())


resolve = partial(sources.resolve, Order)
digests = partial(sources.digests, Order)
lock = partial(sources.lock, Order)
