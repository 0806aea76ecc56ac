"""Reads of customers. Other rooms get the frozen values declared here, never rows of the ORM."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q

from regulars.core.facts import Attributes
from regulars.customers.models import Consent, Customer, Event, Identity, Merge
from regulars.customers.queries.identities import normalise
from regulars.customers.queries.naming import (
    WALK_IN,
    is_handle,
    is_walk_in,
    kept_name,
    said,
    shown_name,
    shown_source_id,
)
from regulars.storage import sources
from regulars.storage.bulk import as_hex, select_in

__all__ = ["is_handle", "is_walk_in", "kept_name", "normalise", "said", "shown_name", "shown_source_id"]

# The kind of a handle (email, phone, account, device) and its comparable value.
Handle = tuple[str, str]


@dataclass(frozen=True, slots=True)
class IdentityView:
    kind: str
    value: str
    shown: str
    source: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerView:
    """One customer as other rooms see them: the surviving record, with everything merged into it."""

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
    tags: tuple[str, ...]
    attributes: Attributes
    first_seen_at: datetime | None
    recorded_at: datetime
    merged_into: UUID | None
    member_ids: tuple[UUID, ...]
    identities: tuple[IdentityView, ...]


@dataclass(frozen=True, slots=True)
class ConsentView:
    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str
    proof: Attributes


@dataclass(frozen=True, slots=True)
class MergeView:
    id: UUID
    absorbed: UUID
    absorbed_name: str
    reason: str
    actor: str
    at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventView:
    id: UUID
    name: str
    at: datetime
    properties: Attributes
    source: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One customer found by a search."""

    id: UUID
    name: str
    matched: str


def source_ids_by_handle(source: str, handles: Collection[Handle]) -> dict[Handle, str]:
    """The source's ids of its customers who carry these handles; of several the one known longest."""
    sql = """
        SELECT i.kind, i.value, c.source_id FROM customers_identity i JOIN customers_customer c ON c.id = i.customer_id
        WHERE c.source = %s AND i.value IN ({marks}) ORDER BY c.id DESC
    """
    rows = select_in(sql, {value for _, value in handles}, source)
    return {(kind, value): source_id for kind, value, source_id in rows if (kind, value) in handles}


def handles_by_source(source: str, source_ids: Iterable[str]) -> dict[str, list[Handle]]:
    """The handles of a source's customers, by its own ids."""
    sql = """
        SELECT c.source_id, i.kind, i.value FROM customers_identity i JOIN customers_customer c ON c.id = i.customer_id
        WHERE c.source = %s AND c.source_id IN ({marks}) ORDER BY c.id, i.kind, i.value
    """
    found: dict[str, list[Handle]] = {}
    for source_id, kind, value in select_in(sql, set(source_ids), source):
        found.setdefault(source_id, []).append((kind, value))
    return found


def unmerged_ids(source: str, source_ids: Iterable[str]) -> dict[str, UUID]:
    """Ids of those of a source's customers who stand by themselves, by its own ids."""
    sql = """
        SELECT source_id, id FROM customers_customer
        WHERE source = %s AND source_id IN ({marks}) AND merged_into_id IS NULL ORDER BY id
    """
    return {found: UUID(as_hex(identifier)) for found, identifier in select_in(sql, set(source_ids), source)}


def member_ids(customer: UUID) -> tuple[UUID, ...]:
    """The customer and every record merged into them."""
    return (customer, *Customer.objects.filter(merged_into=customer).order_by("id").values_list("id", flat=True))


def canonical_id(customer: UUID) -> UUID | None:
    """The surviving record of a customer (itself where not merged), or None for an unknown id."""
    row = Customer.objects.filter(pk=customer).values_list("id", "merged_into").first()
    return row and (row[1] or row[0])


def names(customers: Iterable[UUID]) -> dict[UUID, str]:
    """Names to show for a page of customers, in one query; no handle is among them."""
    rows = Customer.objects.filter(pk__in=set(customers)).values_list("id", "name", "source_id")
    return {identifier: shown_name(name, source_id) for identifier, name, source_id in rows}


def names_known(customers: Iterable[UUID]) -> dict[UUID, str]:
    """As ``names``, without records that stand for nobody known: walk-ins that were not merged into a customer."""
    walk_in = Q(source_id__startswith=WALK_IN, merged_into=None, name="")
    rows = Customer.objects.filter(~walk_in, pk__in=set(customers)).values_list("id", "name", "source_id")
    return {identifier: shown_name(name, source_id) for identifier, name, source_id in rows}


def numbers(customers: Iterable[UUID]) -> dict[UUID, str]:
    """The source's own ids of customers, for lists that go on to other programs; "" where one gives an address away."""
    rows = Customer.objects.filter(pk__in=set(customers)).values_list("id", "source_id")
    return {identifier: "" if is_handle(number) or is_walk_in(number) else number for identifier, number in rows}


def customer(identifier: UUID) -> CustomerView | None:
    """One customer whole (2 queries), or None."""
    row = Customer.objects.filter(pk=identifier).first()
    if row is None:
        return None
    members = member_ids(row.pk)
    identities = Identity.objects.filter(customer__in=members).order_by("kind", "value")
    seen: dict[tuple[str, str], IdentityView] = {}
    for item in identities:
        seen.setdefault(
            (item.kind, item.value), IdentityView(item.kind, item.value, item.shown, item.source, item.verified_at)
        )
    return CustomerView(
        id=row.pk,
        merged_into=row.merged_into_id,
        member_ids=members,
        identities=tuple(seen.values()),
        tags=tuple(row.tags),
        **{name: getattr(row, name) for name in _COPIED},
    )


_COPIED = (
    "source source_id name birthday gender language country region city postcode attributes first_seen_at recorded_at"
).split()


def by_source(source: str, source_id: str) -> UUID | None:
    """The id of one customer by its source and the source's id."""
    return Customer.objects.filter(source=source, source_id=source_id).values_list("id", flat=True).first()


def search(text: str, limit: int = 20, country: str = "CN", *, by_contact: bool) -> list[Hit]:
    """Customers whose name holds ``text``, or whose e-mail, phone or source id begins with or is it; survivors only.

    Who may not see contacts searches by name alone (``by_contact`` False): else a search would tell them bit by bit.
    """
    text = text.strip()
    if not text:
        return []
    found = _by_handle(text, limit, country) if by_contact else {}
    wanted = Q(name__icontains=text)
    if by_contact:
        wanted |= Q(pk__in=found) | Q(source_id=text)
    rows = Customer.objects.filter(wanted).order_by("name", "id")
    hits: dict[UUID, Hit] = {}
    for row in rows[:limit]:
        survivor = row.merged_into_id or row.pk
        hits.setdefault(survivor, _hit(row, survivor, found))
    return list(hits.values())


def _hit(row: Customer, survivor: UUID, found: Mapping[UUID, str]) -> Hit:
    return Hit(survivor, _shown(row), found.get(row.pk, shown_source_id(row.source_id)))


def _by_handle(text: str, limit: int, country: str) -> dict[UUID, str]:
    """The handles that are, or begin with, ``text``, by their customers."""
    handles = {text.lower(), *_as_handles(text, country)}
    identities = Identity.objects.filter(Q(value__in=handles) | Q(value__startswith=text.lower()))
    return {row.customer_id: row.shown for row in identities.order_by("value")[:limit]}


def _as_handles(text: str, country: str) -> list[str]:
    handles = []
    for kind in ("email", "phone"):
        try:
            handles.append(normalise(kind, text, country))
        except ValueError:
            continue
    return handles


def likely_same(view: CustomerView) -> dict[UUID, str]:
    """Other customers who share an e-mail address or phone number, with their names: perhaps the same person."""
    shared = Q(pk__in=())
    for one in view.identities:
        if one.kind in {"email", "phone"}:
            shared |= Q(kind=one.kind, value=one.value)
    others = Identity.objects.filter(shared).exclude(customer__in=view.member_ids).select_related("customer")
    found = (row.customer.merged_into_id or row.customer_id for row in others.order_by("customer")[:20])
    return names(found)


def consents(members: Sequence[UUID]) -> list[ConsentView]:
    """Every consent decision, newest first."""
    rows = Consent.objects.filter(customer__in=members).order_by("-at", "-id")
    return [ConsentView(r.channel, r.purpose, r.granted, r.at, r.source, r.proof) for r in rows]


def consents_in_force(members: Sequence[UUID]) -> dict[tuple[str, str], ConsentView]:
    """The newest decision for each channel and purpose."""
    newest: dict[tuple[str, str], ConsentView] = {}
    for view in consents(members):
        newest.setdefault((view.channel, view.purpose), view)
    return newest


def events(members: Sequence[UUID], before: datetime | None = None, limit: int = 50) -> list[EventView]:
    """Behaviour events, newest first, older than ``before``."""
    rows = Event.objects.filter(customer__in=members).order_by("-at", "-id")
    if before is not None:
        rows = rows.filter(at__lt=before)
    return [EventView(r.pk, r.name, r.at, r.properties, r.source) for r in rows[:limit]]


def merges(survivor: UUID) -> list[MergeView]:
    """What was merged into this customer, newest first, undone merges included."""
    rows = Merge.objects.filter(customer=survivor).select_related("absorbed").order_by("-at")
    return [MergeView(r.pk, r.absorbed_id, _shown(r.absorbed), r.reason, r.actor, r.at, r.undone_at) for r in rows]


def _shown(row: Customer) -> str:
    return shown_name(row.name, row.source_id)


def survivor_of_merge(merge: UUID) -> UUID | None:
    """The customer that a merge made whole, or None for an unknown merge."""
    return Merge.objects.filter(pk=merge).values_list("customer", flat=True).first()


def fingerprint() -> tuple[Any, ...]:
    """Changes whenever a customer is recorded, merged or split: what refresh compares."""
    newest = Customer.objects.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    return (Customer.objects.count(), newest, Customer.objects.exclude(merged_into=None).count())


def inconsistencies() -> list[str]:
    """A sentence for each merged record that does not point at a surviving one; empty when all do."""
    chained = Customer.objects.filter(merged_into__merged_into__isnull=False).order_by("id")
    return [f"Customer {row.source_id} ({row.pk}) points at a record that is itself merged." for row in chained[:20]]


ids_by_source = partial(sources.ids, Customer)
