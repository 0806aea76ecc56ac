"""Customers as a program states them."""

import unicodedata
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, field_validator

from regulars.core.facts import ConsentFact, CustomerFact, IdentityFact
from regulars.customers import queries
from regulars.customers.api import ConsentIn
from regulars.customers.queries import listing
from regulars.flows.api import writing
from regulars.flows.record_customers import record_customers
from regulars.web import api
from regulars.web.access import Scope, scope

router = Router(tags=["Customers"])
WRITE = scope(Scope.CUSTOMERS_WRITE)
CUSTOMERS = writing.Kind("customers", record_customers, listing.digests, listing.lock, queries.customer)


class IdentityIn(api.Input):
    kind: Literal["email", "phone", "account", "device"]
    value: api.Text = Field(min_length=1, max_length=254)
    verified_at: api.Instant | None = None

    @field_validator("value")
    @classmethod
    def fits(cls, value: str) -> str:
        # The comparable form (NFKC) of one character can be many.
        if len(unicodedata.normalize("NFKC", value)) > 254:
            raise ValueError("at most 254 characters can be kept")
        return value

    def fact(self) -> IdentityFact:
        return IdentityFact(self.kind, self.value, self.verified_at)


class CustomerIn(api.Input):
    """A customer. What is left out or empty says nothing and erases nothing."""

    name: api.Text = Field("", max_length=200)
    birthday: api.Day | None = None
    gender: api.Text = Field("", max_length=16)
    language: Annotated[
        str, Field(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})?)?$", description="BCP 47, such as zh-CN.")
    ] = ""
    country: api.Country = ""
    region: api.Text = Field("", max_length=80)
    city: api.Text = Field("", max_length=80)
    postcode: api.Text = Field("", max_length=20)
    tags: Annotated[list[api.Tag], Field(max_length=50)] = []
    identities: Annotated[list[IdentityIn], Field(max_length=20)] = []
    consents: Annotated[list[ConsentIn], Field(max_length=50)] = []
    attributes: api.Json = Field(default_factory=dict)
    first_seen_at: api.Instant | None = None
    updated_at: api.Instant | None = Field(
        None, description="When the source last changed it: older news never overwrites newer."
    )

    def fact(self, source_id: str) -> CustomerFact:
        stated = {name: getattr(self, name) for name in _STATED}
        return CustomerFact(
            source_id,
            tags=tuple(self.tags),
            identities=tuple(identity.fact() for identity in self.identities),
            consents=tuple(ConsentFact(c.channel, c.purpose, c.granted, c.at, c.proof) for c in self.consents),
            **stated,
        )


_STATED = [
    "name",
    "birthday",
    "gender",
    "language",
    "country",
    "region",
    "city",
    "postcode",
    "attributes",
    "first_seen_at",
    "updated_at",
]


class CustomerItem(CustomerIn):
    source_id: api.SourceId


class CustomersIn(api.Input):
    source: api.SourceName = "api"
    items: Annotated[list[Annotated[CustomerItem, api.OR_REFUSED]], Field(min_length=1, max_length=api.MOST_ITEMS)]


@router.put(
    "/{ref}",
    response={200: api.RecordOut, 201: api.RecordOut},
    auth=WRITE,
    summary="Write a customer",
    openapi_extra=writing.CONDITIONS,
)
def put_customer(request: HttpRequest, response: HttpResponse, ref: api.Ref, body: CustomerIn) -> Any:
    """`ref` is `source:source_id`. Creates the customer or adds to what is known; twice the same changes nothing."""
    return writing.put(request, response, ref, body.fact, CUSTOMERS)


@router.post(
    "/batch",
    response={200: api.BatchOut, 207: api.BatchOut},
    auth=WRITE,
    summary="Write many customers",
    openapi_extra=writing.IDEMPOTENT,
)
def post_customers(request: HttpRequest, body: CustomersIn) -> Any:
    """Up to 1,000 at a time. A bad item is refused with its reasons (then the status is 207); the others are recorded."""
    return writing.batch(body.source, body.items, lambda item: item.fact(item.source_id), CUSTOMERS)
