"""Customers as programs read them, their consents and timeline. Records are written, merged and split through ``flows``."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from regulars.core.facts import ConsentFact
from regulars.customers import actions, queries
from regulars.customers.queries import listing
from regulars.web import api, pagination
from regulars.web.access import Scope, scope
from regulars.web.problems import invalid

router = Router(tags=["Customers"])
READ, WRITE = scope(Scope.CUSTOMERS_READ), scope(Scope.CUSTOMERS_WRITE)


class IdentityOut(Schema):
    kind: str
    value: str = Field(description="The comparable form: e-mail in lower case, phone as +8613800138000.")
    shown: str = Field(description="As the source wrote it.")
    verified_at: datetime | None


class CustomerOut(Schema):
    """A customer with everything merged into them."""

    id: UUID
    source: str
    source_id: str
    name: str
    birthday: date | None
    gender: str
    language: str
    country: str
    region: str
    city: str
    postcode: str
    tags: list[str]
    attributes: dict[str, Any]
    first_seen_at: datetime | None
    recorded_at: datetime
    merged_into: UUID | None = Field(description="The surviving record, where this one was merged.")
    member_ids: list[UUID] = Field(description="This record and those merged into it.")
    identities: list[IdentityOut]


class CustomerPage(Schema):
    items: list[CustomerOut]
    next: str | None


class Filters(pagination.Page):
    updated_since: api.Instant | None = Field(None, description="Recorded or changed since; sorts by that time.")
    source: api.SourceName | None = None
    source_id: api.SourceId | None = None
    email: api.Text | None = Field(None, max_length=254)
    phone: api.Text | None = Field(None, max_length=40)
    walk_ins: bool = Field(
        False,
        description="Also the records of orders that name nobody, one for each such order. Without it customers alone, as in "
        "the console.",
    )


@router.get("", response=CustomerPage, auth=READ, summary="List customers")
def list_customers(request: HttpRequest, filters: Query[Filters]) -> Any:
    """In the order they were recorded, or of their last change where `updated_since` is given."""
    pagination.refuse_unknown(request, Filters)
    by = "recorded" if filters.updated_since else "id"
    place = pagination.after(filters, by)
    asked = filters.model_dump(include={"updated_since", "source", "source_id", "walk_ins"})
    after = {"after_id": place and place.id, "after_at": place and place.at}
    rows = listing.page(filters.limit + 1, identity=_identity(filters), **after, **asked)
    return pagination.answer(
        rows, filters.limit, lambda row: pagination.Place(row.id, filters.updated_since and row.recorded_at, by)
    )


def _identity(filters: Filters) -> tuple[str, str] | None:
    kind = "email" if filters.email else "phone" if filters.phone else None
    if kind is None:
        return None
    try:
        return kind, queries.normalise(kind, filters.email or filters.phone or "")
    except ValueError as error:
        raise invalid([(kind, str(error))]) from None


@router.get("/{ref}", response={200: CustomerOut, 304: None}, auth=READ, summary="Read a customer")
def read_customer(request: HttpRequest, response: HttpResponse, ref: api.Ref) -> Any:
    """`ref` is the id given here, or `source:source_id`."""
    view = queries.customer(_found(ref))
    response["ETag"] = tag = api.etag(view)
    return Status(304, None) if api.not_modified(request, tag) else Status(200, view)


def _found(ref: str) -> UUID:
    identifier = listing.resolve(api.split_ref(ref), ref)
    if identifier is None:
        raise Http404("No customer has this id.")
    return identifier


class TimelineEntry(Schema):
    kind: Literal["event", "consent", "merge"]
    at: datetime
    name: str = Field(description="The event's name, the consent's channel and purpose, or the merged customer's name.")
    details: dict[str, Any]


class Timeline(Schema):
    items: list[TimelineEntry]


class TimelineFilters(Schema):
    before: api.Instant | None = Field(
        None, description="Only entries older than this: `at` of the last entry you have."
    )
    limit: pagination.Limit = 50


@router.get("/{ref}/timeline", response=Timeline, auth=READ, summary="Read a customer's timeline")
def read_timeline(request: HttpRequest, ref: api.Ref, filters: Query[TimelineFilters]) -> Any:
    """What the customer did and decided, newest first. Their orders: `GET /orders?customer=...`."""
    members = queries.member_ids(_found(ref))
    entries = [*_events(members, filters), *_consents(members), *_merges(members[0])]
    shown = [entry for entry in entries if filters.before is None or entry["at"] < filters.before]
    return {"items": sorted(shown, key=lambda entry: entry["at"], reverse=True)[: filters.limit]}


def _events(members: tuple[UUID, ...], filters: TimelineFilters) -> list[dict[str, Any]]:
    rows = queries.events(members, filters.before, filters.limit)
    return [{"kind": "event", "at": row.at, "name": row.name, "details": row.properties} for row in rows]


def _consents(members: tuple[UUID, ...]) -> list[dict[str, Any]]:
    return [
        {
            "kind": "consent",
            "at": row.at,
            "name": f"{row.channel} {row.purpose}",
            "details": {"granted": row.granted, "source": row.source},
        }
        for row in queries.consents(members)
    ]


def _merges(survivor: UUID) -> list[dict[str, Any]]:
    return [
        {
            "kind": "merge",
            "at": row.at,
            "name": row.absorbed_name,
            "details": {
                "merge": str(row.id),
                "absorbed": str(row.absorbed),
                "reason": row.reason,
                "actor": row.actor,
                "undone_at": row.undone_at,
            },
        }
        for row in queries.merges(survivor)
    ]


class ConsentIn(api.Input):
    channel: Literal["email", "sms", "social", "phone", "profile"]
    purpose: Literal["marketing", "survey", "service"]
    granted: bool
    at: api.Instant
    proof: api.Json = Field(
        default_factory=dict, description="What shows it: the form, the text agreed to, the address it came from."
    )


class ConsentsIn(api.Input):
    source: api.SourceName = "api"
    consents: Annotated[list[ConsentIn], Field(min_length=1, max_length=50)]


class ConsentOut(Schema):
    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str


class ConsentsOut(Schema):
    in_force: list[ConsentOut] = Field(description="The newest decision for each channel and purpose.")


@router.get("/{ref}/consents", response=ConsentsOut, auth=READ, summary="Read the consents in force")
def read_consents(request: HttpRequest, ref: api.Ref) -> Any:
    return _in_force(_found(ref))


@router.post("/{ref}/consents", response=ConsentsOut, auth=WRITE, summary="Record consents")
def record_consents(request: HttpRequest, ref: api.Ref, body: ConsentsIn) -> Any:
    """Appends decisions with their proof; the same decision (channel, purpose, instant) twice stays one."""
    customer = _found(ref)
    facts = [ConsentFact(c.channel, c.purpose, c.granted, c.at, c.proof) for c in body.consents]
    actions.record_consents(customer.hex, facts, source=body.source)
    return _in_force(customer)


def _in_force(customer: UUID) -> dict[str, Any]:
    return {"in_force": list(queries.consents_in_force(queries.member_ids(customer)).values())}
