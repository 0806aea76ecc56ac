"""Orders as a program states them."""

from datetime import timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field, ValidationInfo, field_validator, model_validator

from regulars.core.facts import Discount, LineFact, OrderFact
from regulars.flows.api import writing
from regulars.flows.api.customers import IdentityIn
from regulars.flows.record_orders import record_orders
from regulars.orders.api import State
from regulars.orders.queries import listing
from regulars.web import api
from regulars.web.access import Scope, scope

router = Router(tags=["Orders"])
WRITE = scope(Scope.ORDERS_WRITE)
ORDERS = writing.Kind("orders", record_orders, listing.digests, listing.lock, listing.order)
# A guest is known by a handle of the order, which becomes the customer's source id of at most 120 characters.
LONGEST_GUEST_HANDLE = 110


class DiscountIn(api.Input):
    kind: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="member_price, coupon, offer, manual ...")
    ]
    amount: api.Amount
    code: api.Text = Field("", max_length=120)
    funded_by: api.Text = Field(
        "shop", min_length=1, max_length=40, description="Who bears it: `shop`, `manufacturer` ..."
    )

    def fact(self) -> Discount:
        return Discount(self.kind, self.amount, self.code, self.funded_by)


class LineIn(api.Input):
    """A line. `list_amount` is for the whole quantity, before discounts."""

    quantity: api.Quantity
    list_amount: api.Amount
    product: api.Text = Field(
        "", max_length=120, description="The source's product id; one that is not known yet is made."
    )
    variant: api.Text = Field("", max_length=120)
    sku: api.Text = Field("", max_length=120)
    title: api.Text = Field("", max_length=300)
    source_id: api.Text = Field("", max_length=120)
    tax_amount: api.Amount = 0
    discounts: Annotated[list[DiscountIn], Field(max_length=50, description="Of this line alone.")] = []

    @model_validator(mode="after")
    def adds_up(self) -> "LineIn":
        if sum(discount.amount for discount in self.discounts) > self.list_amount:
            raise ValueError("the discounts are more than the line's list_amount")
        if self.quantity == 0:
            raise ValueError("a line of quantity 0 sells nothing: leave it out")
        return self

    def fact(self) -> LineFact:
        stated = {
            name: getattr(self, name) for name in ("product", "variant", "sku", "title", "source_id", "tax_amount")
        }
        return LineFact(self.quantity, self.list_amount, discounts=tuple(d.fact() for d in self.discounts), **stated)


class OrderIn(api.Input):
    """An order with its lines. Without `lines` the lines recorded before stay; an empty list says there are none."""

    customer: api.Text = Field(
        "",
        max_length=120,
        description="The source's customer id. Without it the order belongs to whoever carries its first identity.",
    )
    customer_name: api.Text = Field("", max_length=200)
    identities: Annotated[list[IdentityIn], Field(max_length=20)] = []
    placed_at: api.Instant
    currency: api.Currency
    state: State = "completed"
    number: api.Text = Field("", max_length=120)
    channel: api.Text = Field("", max_length=40)
    store: api.Text = Field("", max_length=60)
    seller: api.Text = Field("", max_length=120)
    lines: Annotated[list[LineIn], Field(max_length=1_000)] | None = None
    paid_amount: api.Amount | None = Field(None, description="Left out: as computed from the lines.")
    discounts: Annotated[
        list[DiscountIn], Field(max_length=50, description="On the whole order, not yet in the lines.")
    ] = []
    shipping_amount: api.Amount = 0
    tax_amount: api.Amount | None = Field(None, description="Left out: the sum of the lines' taxes.")
    tax_included: bool = True
    refunded_amount: api.Amount = 0
    attributes: api.Json = Field(default_factory=dict)
    updated_at: api.Instant | None = Field(
        None, description="When the source last changed it: older news never overwrites newer."
    )

    @field_validator("placed_at")
    @classmethod
    def has_happened(cls, value: Any) -> Any:
        if value > timezone.now() + timedelta(days=1):
            raise ValueError("an order cannot be placed in the future")
        return value

    @field_validator("lines")
    @classmethod
    def is_bounded(cls, lines: list[LineIn] | None) -> list[LineIn] | None:
        if sum(line.list_amount for line in lines or ()) > api.LARGEST_AMOUNT:
            raise ValueError(f"the lines' list_amounts sum to more than {api.LARGEST_AMOUNT:,}")
        return lines

    @field_validator("discounts")
    @classmethod
    def has_what_is_taken_off(cls, discounts: list[DiscountIn], info: ValidationInfo) -> list[DiscountIn]:
        """Without ``lines`` those recorded before bear them; with what was paid alone, the list price follows from both."""
        lines, off = info.data.get("lines"), sum(discount.amount for discount in discounts)
        left = sum(line.list_amount - sum(d.amount for d in line.discounts) for line in lines or ())
        if off > left and (lines or (lines == [] and info.data.get("paid_amount") is None)):
            raise ValueError("the order's discounts are more than what its lines leave")
        if off > api.LARGEST_AMOUNT:
            raise ValueError(f"the discounts sum to more than {api.LARGEST_AMOUNT:,}")
        return discounts

    @model_validator(mode="after")
    def adds_up(self) -> "OrderIn":
        if not self.customer and any(len(identity.value) > LONGEST_GUEST_HANDLE for identity in self.identities):
            raise ValueError(
                f"an order without a customer takes identities of at most {LONGEST_GUEST_HANDLE} characters"
            )
        return self

    def fact(self, source_id: str) -> OrderFact:
        stated = {name: getattr(self, name) for name in _STATED}
        return OrderFact(
            source_id,
            lines=None if self.lines is None else tuple(line.fact() for line in self.lines),
            discounts=tuple(discount.fact() for discount in self.discounts),
            identities=tuple(identity.fact() for identity in self.identities),
            **stated,
        )


_STATED = (
    *(
        "customer",
        "customer_name",
        "placed_at",
        "currency",
        "state",
        "number",
        "channel",
        "store",
        "seller",
        "shipping_amount",
    ),
    *("tax_amount", "tax_included", "refunded_amount", "paid_amount", "attributes", "updated_at"),
)


class OrderItem(OrderIn):
    source_id: api.SourceId


class OrdersIn(api.Input):
    source: api.SourceName = "api"
    items: Annotated[list[Annotated[OrderItem, api.OR_REFUSED]], Field(min_length=1, max_length=api.MOST_ITEMS)]


@router.put(
    "/{ref}",
    response={200: api.RecordOut, 201: api.RecordOut},
    auth=WRITE,
    summary="Write an order",
    openapi_extra=writing.CONDITIONS,
)
def put_order(request: HttpRequest, response: HttpResponse, ref: api.Ref, body: OrderIn) -> Any:
    """`ref` is `source:source_id`. Customers, products and sellers it names and nobody knows yet are made."""
    return writing.put(request, response, ref, body.fact, ORDERS)


@router.post(
    "/batch",
    response={200: api.BatchOut, 207: api.BatchOut},
    auth=WRITE,
    summary="Write many orders",
    openapi_extra=writing.IDEMPOTENT,
)
def post_orders(request: HttpRequest, body: OrdersIn) -> Any:
    """Up to 1,000 at a time. A bad item is refused with its reasons (then the status is 207); the others are recorded."""
    return writing.batch(body.source, body.items, lambda item: item.fact(item.source_id), ORDERS)
