"""Orders as programs read them. Records are written through ``flows``."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from regulars.customers import queries as customers
from regulars.customers.queries import listing as customer_listing
from regulars.orders.queries import listing
from regulars.web import api, pagination
from regulars.web.access import Scope, scope
from regulars.web.problems import invalid

router = Router(tags=["Orders"])
READ = scope(Scope.ORDERS_READ)
State = Literal["pending", "paid", "shipped", "delivered", "completed", "cancelled", "partly_refunded", "refunded"]


class OrderOut(Schema):
    """Amounts are minor units of `currency`; `list_amount` - `discount_amount` = `net_amount`, what the shop earns on goods."""

    id: UUID
    source: str
    source_id: str
    number: str
    customer_id: UUID
    placed_at: datetime
    state: State
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
    funded_amount: int = Field(description="Discounts that others bear, such as a maker's coupon.")
    paid_amount: int
    refunded_amount: int
    source_updated_at: datetime | None
    recorded_at: datetime


class OrderPage(Schema):
    items: list[OrderOut]
    next: str | None


class DiscountOut(Schema):
    kind: str
    amount: int
    code: str
    funded_by: str


class LineOut(Schema):
    number: int
    source_id: str
    product_id: UUID | None
    variant_id: UUID | None
    sku: str
    title: str
    quantity: api.QuantityOut = Field(alias="quantity_milli", description="A decimal with at most 3 decimals.")
    list_amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    funded_amount: int
    discounts: list[DiscountOut] = Field(description="With the line's share of the order's discounts.")


class StateOut(Schema):
    state: State
    at: datetime


class ReturnedLineOut(Schema):
    line: int = Field(description="The line's number.")
    quantity: api.QuantityOut = Field(alias="quantity_milli", description="A decimal with at most 3 decimals.")
    amount: int


class ReturnOut(Schema):
    """Goods that came back at one moment; `amount` was given back for them."""

    id: UUID
    source_id: str
    at: datetime
    amount: int
    reason: str
    recorded_at: datetime
    lines: list[ReturnedLineOut]


class OrderDetailOut(Schema):
    order: OrderOut
    discounts: list[DiscountOut] = Field(
        description="Those stated for the order as a whole; the lines hold their shares."
    )
    attributes: dict[str, Any]
    lines: list[LineOut]
    states: list[StateOut]
    returns: list[ReturnOut]


class Filters(pagination.Page):
    updated_since: api.Instant | None = Field(
        None, description="Recorded or changed since; sorts by that time, oldest first."
    )
    customer: api.Ref | None = Field(
        None, description="A customer's id or `source:source_id`; orders of merged records count."
    )
    state: State | None = None
    placed_from: api.Instant | None = None
    placed_to: api.Instant | None = Field(None, description="Exclusive.")
    source: api.SourceName | None = None
    source_id: api.SourceId | None = None
    number: api.Text | None = Field(None, max_length=120)
    channel: api.Text | None = Field(None, max_length=40)
    store: api.Text | None = Field(None, max_length=60)


@router.get("", response=OrderPage, auth=READ, summary="List orders")
def list_orders(request: HttpRequest, filters: Query[Filters]) -> Any:
    """The newest first; with `updated_since` by their last change, oldest first."""
    pagination.refuse_unknown(request, Filters)
    by = "recorded" if filters.updated_since else "placed"
    place = pagination.after(filters, by)
    asked = filters.dict(exclude={"limit", "cursor", "customer"})
    rows = listing.page(
        filters.limit + 1,
        after_id=place and place.id,
        after_at=place and place.at,
        customers=_members(filters),
        **asked,
    )
    return pagination.answer(rows, filters.limit, lambda row: pagination.Place(row.id, getattr(row, f"{by}_at"), by))


def _members(filters: Filters) -> tuple[UUID, ...] | None:
    if filters.customer is None:
        return None
    customer = customer_listing.resolve(api.split_ref(filters.customer), filters.customer)
    if customer is None:
        raise invalid([("customer", "No customer has this id.")])
    return customers.member_ids(customer)


@router.get("/{ref}", response={200: OrderDetailOut, 304: None}, auth=READ, summary="Read an order", by_alias=False)
def read_order(request: HttpRequest, response: HttpResponse, ref: api.Ref) -> Any:
    """With its lines, discounts, the states it went through and what came back of it."""
    identifier = listing.resolve(api.split_ref(ref), ref)
    if identifier is None:
        raise Http404("No order has this id.")
    view = listing.order(identifier)
    response["ETag"] = tag = api.etag(view)
    return Status(304, None) if api.not_modified(request, tag) else Status(200, view)
