"""What a cart costs under the offers in force, and why. Nothing is written or held."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field, model_validator

from regulars.catalog.queries.goods import goods_of_skus, goods_of_source
from regulars.core.faults import Faulty
from regulars.core.member import Goods
from regulars.core.offers import Cart, CartLine
from regulars.core.offers.cart import CODES_MOST, LINES_MOST, PRICE_MOST
from regulars.core.offers.telling import quote_told
from regulars.customers.queries import listing
from regulars.flows.api.claims import SaysOut
from regulars.flows.quoting import offers_at, quote_cart
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.api_documents import pointer
from regulars.web.problems import invalid

router = Router(tags=["Offers"])
Price = Annotated[int, Field(ge=0, le=PRICE_MOST, description="Minor units of the currency for one unit.")]
Share = Annotated[
    str,
    Field(pattern=r"^(100|[1-9]?[0-9])(\.[0-9]{1,4})?%$", examples=["13%"]),
]
Code = Annotated[api.Text, Field(min_length=1, max_length=64)]


class CartLineIn(api.Input):
    """Goods of one kind, named by their `sku` or by the source's `product`."""

    id: api.Text = Field("", max_length=100, description="Your own name of the line; without it, its place from 1 on.")
    sku: api.Text = Field("", max_length=120)
    product: api.Text = Field("", max_length=120)
    quantity: api.Quantity
    price: Price
    list_price: Price | None = Field(None, description="What stands struck through beside it: it is on sale already.")
    tax: Share = "0%"

    @model_validator(mode="after")
    def is_named_once(self) -> "CartLineIn":
        if bool(self.sku) == bool(self.product):
            raise ValueError("give either sku or product")
        return self


class QuoteIn(api.Input):
    source: api.SourceName = Field("api", description="The source whose ids `product` are.")
    customer: api.Ref | None = Field(None, description="Null for a guest.")
    currency: api.Currency | None = Field(None, description="The shop's, where it is not given.")
    lines: Annotated[list[CartLineIn], Field(max_length=LINES_MOST)] = []
    shipping: Price = 0
    shipping_tax: Share = "0%"
    tax_included: bool = Field(True, description="Whether prices include tax; else it comes on top.")
    codes: Annotated[list[Code], Field(max_length=CODES_MOST)] = []
    channel: api.Text = Field("", max_length=60)
    store: api.Text = Field("", max_length=120)
    seller: api.Text = Field("", max_length=200)
    at: api.Instant | None = Field(None, description="When the cart is paid; now without it.")


class TakenOut(Schema):
    offer: str
    amount: int


class QuotedOut(Schema):
    """`list` less the discounts is `net`; `tax` is part of it or comes on top."""

    list: int
    discounts: list[TakenOut]
    net: int
    tax: int


class QuotedLineOut(QuotedOut):
    id: str


class HoldOut(Schema):
    """What must be held before the offer can be promised: `amount` of what `limit` has, `most` in all."""

    limit: str
    amount: int
    most: int
    per: str
    given_back: bool


class AppliedOut(Schema):
    offer: str
    name: SaysOut
    amount: int
    cut: int = Field(description="What it gave less, because orders are reduced only so far.")
    holds: list[HoldOut]


class EffectOut(Schema):
    """What an offer does beside prices."""

    offer: str
    name: SaysOut
    kind: str = Field(description="gift, choice, coupons, draws, deposit, team.")
    items: list[str]
    number: int
    amount: int
    says: SaysOut


class NotAppliedOut(Schema):
    """Why an offer did not apply. `offer` is empty where a code (`by`) cannot be used."""

    offer: str
    name: SaysOut | None
    code: str
    figure: int = Field(description="What is missing or left, in minor units or pieces.")
    by: str
    at: datetime | None
    says: SaysOut


class QuoteOut(Schema):
    """`list` less `discount` is `net`; `total` is to be paid. Amounts are minor units of `currency`."""

    version: int = Field(description="The version of the offers; 0 where none is in force.")
    currency: str
    list: int
    discount: int
    net: int
    tax: int
    total: int
    lines: list[QuotedLineOut]
    shipping: QuotedOut
    applied: list[AppliedOut]
    effects: list[EffectOut]
    reasons: list[NotAppliedOut]
    qualifications: list[NotAppliedOut] = Field(
        description="Those of the reasons that the customer can do something about."
    )


@router.post("", response=QuoteOut, auth=scope(Scope.OFFERS_READ), summary="Quote a cart", openapi_extra=api.SPEAKS)
def quote_a_cart(request: HttpRequest, body: QuoteIn) -> Any:
    """What a cart costs, with every discount, gift and reason. The same cart gets the same quote; nothing is held by it."""
    language, at = api.language_of(request), body.at or timezone.now()
    offers = offers_at(at)
    try:
        quote = quote_cart(_cart(body, offers.currency), _customer(body), at, offers)
    except Faulty as faulty:
        raise invalid(
            [(pointer(one), f"{one.reason.to(language)} {one.mend.to(language)}") for one in faulty.faults]
        ) from None
    return quote_told(quote, offers)


def _customer(body: QuoteIn) -> UUID | None:
    if body.customer is None:
        return None
    if (found := listing.resolve(api.split_ref(body.customer), body.customer)) is None:
        raise invalid([("/customer", "No customer has this id.")])
    return found


def _cart(body: QuoteIn, currency: str) -> Cart:
    """Raises a problem (422) that names every line whose goods nobody knows."""
    skus = goods_of_skus(line.sku for line in body.lines if line.sku)
    products = goods_of_source(body.source, (line.product for line in body.lines if line.product))
    goods = [skus.get(line.sku) if line.sku else products.get(line.product) for line in body.lines]
    if unknown := [_unknown(place, body.lines[place]) for place, known in enumerate(goods) if known is None]:
        raise invalid(unknown)
    sold = zip(body.lines, filter(None, goods), strict=True)
    return Cart(
        lines=tuple(_line(place, line, known) for place, (line, known) in enumerate(sold, 1)),
        shipping=body.shipping,
        shipping_tax=_share(body.shipping_tax),
        currency=body.currency or currency,
        codes=tuple(body.codes),
        **{name: getattr(body, name) for name in ("tax_included", "channel", "store", "seller")},
    )


def _unknown(place: int, line: CartLineIn) -> tuple[str, str]:
    name = "sku" if line.sku else "product"
    return f"/lines/{place}/{name}", f"No product has this {'SKU' if line.sku else 'id'}."


def _line(place: int, line: CartLineIn, goods: Goods) -> CartLine:
    return CartLine(
        id=line.id or f"{place}",
        quantity=line.quantity,
        price=line.price,
        list_price=line.list_price,
        tax=_share(line.tax),
        **goods._asdict(),
    )


def _share(percent: str) -> Fraction:
    return Fraction(percent[:-1]) / 100
