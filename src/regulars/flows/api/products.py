"""Products as a program states them."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, field_validator, model_validator

from regulars.catalog.queries import listing
from regulars.core.facts import ProductFact, VariantFact
from regulars.flows.api import writing
from regulars.flows.record_products import record_products
from regulars.web import api
from regulars.web.access import Scope, scope

router = Router(tags=["Products"])
WRITE = scope(Scope.PRODUCTS_WRITE)
PRODUCTS = writing.Kind("products", record_products, listing.digests, listing.lock, listing.product)
Url = Annotated[str, Field(max_length=500, pattern=r"^(https?://[!-~]+)?$", description="http or https.")]


class VariantIn(api.Input):
    """A size, colour or pack. A price needs its currency."""

    source_id: api.SourceId
    sku: api.Text = Field("", max_length=120)
    title: api.Text = Field("", max_length=200)
    options: api.Json = Field(default_factory=dict, description='Such as {"colour": "red", "size": "M"}.')
    currency: api.Currency | None = None
    price: api.Amount | None = None
    compare_at_price: api.Amount | None = None
    channel: api.Text = Field("", max_length=40)

    @model_validator(mode="after")
    def priced_in_a_currency(self) -> "VariantIn":
        if self.price is not None and self.currency is None:
            raise ValueError("a price needs its currency")
        return self

    def fact(self) -> VariantFact:
        return VariantFact(
            *(self.source_id, self.sku, self.title, self.options, self.currency or ""),
            *(self.price, self.compare_at_price, self.channel),
        )


class ProductIn(api.Input):
    """A product. Optional fields left out or empty say nothing and erase nothing."""

    title: api.Text = Field(min_length=1, max_length=300)
    brand: api.Text = Field("", max_length=120)
    category: Annotated[list[api.Name], Field(max_length=8, description="The path from the root.")] = []
    seller: api.Text = Field("", max_length=120)
    state: Literal["active", "hidden", "ended"] = "active"
    unit: api.Text = Field("piece", min_length=1, max_length=16)
    url: Url = ""
    image_url: Url = ""
    tags: Annotated[list[api.Tag], Field(max_length=50)] = []
    variants: Annotated[list[VariantIn], Field(max_length=200)] = []
    attributes: api.Json = Field(default_factory=dict)
    updated_at: api.Instant | None = Field(
        None, description="When the source last changed it: older news never overwrites newer."
    )

    @field_validator("category")
    @classmethod
    def path_fits(cls, value: list[str]) -> list[str]:
        if len(" > ".join(value)) > 400:
            raise ValueError("the whole path has at most 400 characters")
        return value

    def fact(self, source_id: str) -> ProductFact:
        stated = {name: getattr(self, name) for name in _STATED}
        return ProductFact(
            source_id,
            category=tuple(self.category),
            tags=tuple(self.tags),
            variants=tuple(variant.fact() for variant in self.variants),
            **stated,
        )


_STATED = ["title", "brand", "seller", "state", "unit", "url", "image_url", "attributes", "updated_at"]


class ProductItem(ProductIn):
    source_id: api.SourceId


class ProductsIn(api.Input):
    source: api.SourceName = "api"
    items: Annotated[list[Annotated[ProductItem, api.OR_REFUSED]], Field(min_length=1, max_length=api.MOST_ITEMS)]


@router.put(
    "/{ref}",
    response={200: api.RecordOut, 201: api.RecordOut},
    auth=WRITE,
    summary="Write a product",
    openapi_extra=writing.CONDITIONS,
)
def put_product(request: HttpRequest, response: HttpResponse, ref: api.Ref, body: ProductIn) -> Any:
    """`ref` is `source:source_id`. A price that differs from the one in force starts a new entry of the price history."""
    return writing.put(request, response, ref, body.fact, PRODUCTS)


@router.post(
    "/batch",
    response={200: api.BatchOut, 207: api.BatchOut},
    auth=WRITE,
    summary="Write many products",
    openapi_extra=writing.IDEMPOTENT,
)
def post_products(request: HttpRequest, body: ProductsIn) -> Any:
    """Up to 1,000 at a time. A bad item is refused with its reasons (then the status is 207); the others are recorded."""
    return writing.batch(body.source, body.items, lambda item: item.fact(item.source_id), PRODUCTS)
