"""What customers do, as Segment's ``track`` calls state it. Known events are held to their properties, others are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from regulars.core.facts import EventFact, IdentityFact
from regulars.customers.queries import listing
from regulars.flows.api import writing
from regulars.flows.record_events import record_events
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.problems import invalid

router = Router(tags=["Events"])
WRITE = scope(Scope.EVENTS_WRITE)
_PRODUCT = (
    "Product Clicked, Product Viewed, Product Added, Product Removed, Product Shared, Product Reviewed, "
    "Product Added to Wishlist, Product Removed from Wishlist"
)
_ORDER = "Order Completed, Order Updated, Order Refunded, Order Cancelled"
_COUPON = "Coupon Entered, Coupon Applied, Coupon Denied, Coupon Removed"
# What each known event must say. Source: Segment's e-commerce specification (v2).
REQUIRED = {
    **dict.fromkeys(_PRODUCT.split(", "), ("product_id",)),
    **dict.fromkeys(_ORDER.split(", "), ("order_id",)),
    **dict.fromkeys(_COUPON.split(", "), ()),
    **dict.fromkeys(
        (
            "Product List Viewed",
            "Product List Filtered",
            "Cart Viewed",
            "Checkout Started",
            "Promotion Viewed",
            "Promotion Clicked",
        ),
        (),
    ),
    "Products Searched": ("query",),
}


class ProductProperties(api.Input):
    model_config = ConfigDict(extra="allow", strict=True)

    product_id: api.SourceId | None = None
    sku: api.Text | None = Field(None, max_length=120)
    price: Annotated[float, Field(ge=0, le=1e12)] | None = None
    quantity: Annotated[float, Field(gt=0, le=1e9)] | None = None
    currency: api.Currency | None = None


class KnownProperties(ProductProperties):
    """The properties of known events that Regulars reads."""

    order_id: api.SourceId | None = None
    query: api.Text | None = Field(None, max_length=300)
    coupon: api.Text | None = Field(None, max_length=120)
    products: Annotated[list[ProductProperties], Field(max_length=500)] | None = None


class EventIn(api.Input):
    """One event. `userId` is the source's customer id; `anonymousId` a device. Send both once they are known to be one."""

    type: Literal["track"] = "track"
    event: api.Text = Field(min_length=1, max_length=60)
    userId: api.Text = Field("", max_length=120)  # noqa: N815  (Segment's names)
    anonymousId: api.Text = Field("", max_length=100)  # noqa: N815  Segment's name
    timestamp: api.Instant
    messageId: api.SourceId  # noqa: N815  Segment's name
    properties: api.Json = Field(default_factory=dict)

    @field_validator("timestamp")
    @classmethod
    def has_happened(cls, value: datetime) -> datetime:
        if value > timezone.now() + timedelta(days=1):
            raise ValueError(
                "an event cannot have happened in the future: check the year and the clock of whoever sent it"
            )
        return value

    @model_validator(mode="after")
    def says_who_and_what(self) -> "EventIn":
        if not self.userId and not self.anonymousId:
            raise ValueError("say who did it: userId or anonymousId")
        if self.event in REQUIRED:
            _check_properties(self.event, self.properties)
        return self

    def fact(self) -> EventFact:
        device = (IdentityFact("device", self.anonymousId),) if self.anonymousId else ()
        return EventFact(
            self.messageId,
            self.userId or f"anonymous:{self.anonymousId}",
            self.event,
            self.timestamp,
            self.properties,
            device,
        )


class _Known(api.Input):
    properties: KnownProperties


def _check_properties(event: str, properties: dict[str, Any]) -> None:
    """Raises pydantic's error with the paths inside ``properties``."""
    missing: list[InitErrorDetails] = [
        {
            "type": PydanticCustomError("missing", f"{event} must say its {name}"),
            "loc": ("properties", name),
            "input": None,
        }
        for name in REQUIRED[event]
        if properties.get(name) in (None, "")
    ]
    if missing:
        raise ValidationError.from_exception_data(event, missing)
    _Known.model_validate({"properties": properties})


class EventsIn(api.Input):
    source: api.SourceName = "api"
    batch: Annotated[list[Annotated[EventIn, api.OR_REFUSED]], Field(min_length=1, max_length=api.MOST_ITEMS)]


class SingleEventIn(EventIn):
    source: api.SourceName = "api"


def _digests(source: str, source_ids: Sequence[str]) -> writing.Digests:
    return {
        source_id: (identifier, b"") for source_id, identifier in listing.recorded_events(source, source_ids).items()
    }


EVENTS = writing.Kind("events", record_events, _digests, lambda source, source_id: None, lambda identifier: None)


@router.post(
    "",
    response={200: api.ItemOut, 201: api.ItemOut},
    auth=WRITE,
    summary="Send an event",
    openapi_extra=writing.IDEMPOTENT,
)
def post_event(request: HttpRequest, body: SingleEventIn) -> Any:
    """Recorded once by its `messageId`: 201 the first time, 200 when it is known."""
    answer = writing.batch(body.source, [body], lambda item: item.fact(), EVENTS, lambda item: item.messageId)
    item = answer.value["items"][0]
    if item["outcome"] == "refused":
        raise invalid([(error["path"], error["reason"]) for error in item["errors"]])
    return Status(201 if item["outcome"] == "created" else 200, item)


@router.post(
    "/batch",
    response={200: api.BatchOut, 207: api.BatchOut},
    auth=WRITE,
    summary="Send many events",
    openapi_extra=writing.IDEMPOTENT,
)
def post_events(request: HttpRequest, body: EventsIn) -> Any:
    """Up to 1,000 at a time. A bad event is refused with its reasons (then the status is 207); the others are recorded."""
    return writing.batch(body.source, body.batch, lambda item: item.fact(), EVENTS, lambda item: item.messageId)
