"""Customers by the page, and by reference, for programs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from regulars.customers.models import Customer, Event, Identity
from regulars.customers.queries import CustomerView, IdentityView
from regulars.customers.queries.naming import WALK_IN
from regulars.storage import sources

_COPIED = [
    "source",
    "source_id",
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
    "recorded_at",
]


def page(
    limit: int,
    *,
    after_id: UUID | None = None,
    after_at: datetime | None = None,
    updated_since: datetime | None = None,
    source: str | None = None,
    source_id: str | None = None,
    identity: tuple[str, str] | None = None,
    walk_ins: bool = False,
) -> list[CustomerView]:
    """Up to ``limit`` customers in 3 queries: by the order of recording, or of the last change where ``updated_since`` is given.

    ``identity`` is (kind, comparable value). Merged records stand in the list too, with ``merged_into``. Walk-ins, who are
    nobody known, only where ``walk_ins`` asks for them: the console lists none either.
    """
    rows = Customer.objects.all() if walk_ins else Customer.objects.exclude(_is_nobody())
    if source is not None:
        rows = rows.filter(source=source)
    if source_id is not None:
        rows = rows.filter(source_id=source_id)
    if identity is not None:
        rows = rows.filter(pk__in=Identity.objects.filter(kind=identity[0], value=identity[1]).values("customer"))
    return _views(_placed(rows, after_id, after_at, updated_since)[:limit])


def _is_nobody() -> Q:
    """A walk-in's record that is not merged with a customer's, neither way round."""
    walk_in = Q(source_id__startswith=WALK_IN)
    known = Customer.objects.filter(~walk_in, merged_into=OuterRef("pk"))
    return walk_in & (Q(merged_into=None) | Q(merged_into__source_id__startswith=WALK_IN)) & ~Exists(known)


def _placed(
    rows: QuerySet[Customer], after_id: UUID | None, after_at: datetime | None, updated_since: datetime | None
) -> QuerySet[Customer]:
    if updated_since is None:
        return rows.filter(pk__gt=after_id).order_by("pk") if after_id else rows.order_by("pk")
    rows = rows.filter(recorded_at__gte=after_at or updated_since).order_by("recorded_at", "pk")
    return rows.filter(Q(recorded_at__gt=after_at) | Q(pk__gt=after_id)) if after_at else rows


def _views(rows: Iterable[Customer]) -> list[CustomerView]:
    customers = list(rows)
    ids = [row.pk for row in customers]
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for member, survivor in (
        Customer.objects.filter(merged_into__in=ids).order_by("pk").values_list("pk", "merged_into")
    ):
        members[survivor].append(member)
    owner = {member: survivor for survivor, found in members.items() for member in found} | {i: i for i in ids}
    identities: dict[UUID, dict[tuple[str, str], IdentityView]] = defaultdict(dict)
    for row in Identity.objects.filter(customer__in=list(owner)).order_by("kind", "value"):
        view = IdentityView(row.kind, row.value, row.shown, row.source, row.verified_at)
        identities[owner[row.customer_id]].setdefault((row.kind, row.value), view)
    return [
        CustomerView(
            id=row.pk,
            merged_into=row.merged_into_id,
            member_ids=(row.pk, *members[row.pk]),
            identities=tuple(identities[row.pk].values()),
            tags=tuple(row.tags),
            **{name: getattr(row, name) for name in _COPIED},
        )
        for row in customers
    ]


def members_of(survivors: Iterable[UUID]) -> list[UUID]:
    """Some customers and every record merged into one of them, in one query."""
    wanted = set(survivors)
    return [*wanted, *Customer.objects.filter(merged_into__in=wanted).values_list("pk", flat=True)]


def recorded_events(source: str, source_ids: Sequence[str]) -> dict[str, UUID]:
    """Ids of a source's events that are recorded, by its own ids."""
    return dict(Event.objects.filter(source=source, source_id__in=source_ids).values_list("source_id", "pk"))


resolve = partial(sources.resolve, Customer)
digests = partial(sources.digests, Customer)
lock = partial(sources.lock, Customer)
