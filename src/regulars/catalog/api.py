"""Products as programs read them. Records are written through ``flows``."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from regulars.catalog.queries import listing
from regulars.web import api, pagination
from regulars.web.access import Scope, scope

router = Router(tags=["Products"])
READ = scope(Scope.PRODUCTS_READ)
State = Literal["active", "hidden", "ended"]


class ProductOut(Schema):
    id: UUID
    source: str
    source_id: str
    title: str
    brand: str
    category: str = Field(description="The path from the root, joined by ` > `.")
    seller: str
    state: State
    unit: str
    url: str
    image_url: str
    tags: list[str]
    attributes: dict[str, Any]
    source_updated_at: datetime | None
    recorded_at: datetime


class ProductPage(Schema):
    items: list[ProductOut]
    next: str | None


class ListingOut(Schema):
    channel: str
    currency: str
    price: int = Field(description="Minor units.")
    compare_at_price: int | None = Field(description="Minor units.")
    since: datetime


class VariantOut(Schema):
    id: UUID
    source_id: str
    sku: str
    title: str
    options: dict[str, Any]
    listings: list[ListingOut]


class ProductDetailOut(Schema):
    product: ProductOut
    variants: list[VariantOut]


class Filters(pagination.Page):
    updated_since: api.Instant | None = Field(None, description="Recorded or changed since; sorts by that time.")
    source: api.SourceName | None = None
    source_id: api.SourceId | None = None
    state: State | None = None
    brand: api.Text | None = Field(None, max_length=120)
    category: api.Text | None = Field(
        None, max_length=400, description="A path such as `Food > Tea`; what is below it counts too."
    )


@router.get("", response=ProductPage, auth=READ, summary="List products")
def list_products(request: HttpRequest, filters: Query[Filters]) -> Any:
    """In the order they were recorded, or of their last change where `updated_since` is given."""
    pagination.refuse_unknown(request, Filters)
    by = "recorded" if filters.updated_since else "id"
    place = pagination.after(filters, by)
    asked = filters.dict(exclude={"limit", "cursor"})
    rows = listing.page(filters.limit + 1, after_id=place and place.id, after_at=place and place.at, **asked)
    return pagination.answer(
        rows, filters.limit, lambda row: pagination.Place(row.id, filters.updated_since and row.recorded_at, by)
    )


@router.get("/{ref}", response={200: ProductDetailOut, 304: None}, auth=READ, summary="Read a product")
def read_product(request: HttpRequest, response: HttpResponse, ref: api.Ref) -> Any:
    """With its variants and what they cost where."""
    identifier = listing.resolve(api.split_ref(ref), ref)
    if identifier is None:
        raise Http404("No product has this id.")
    view = listing.product(identifier)
    response["ETag"] = tag = api.etag(view)
    return Status(304, None) if api.not_modified(request, tag) else Status(200, view)
