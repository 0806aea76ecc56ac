"""Every customer in order of id, with handles and consents: what lists and marts copy."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from regulars.customers.models import Consent, Customer, Identity

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One record. ``survivor`` is itself where it was not merged; ``handles`` are (kind, comparable value, as written);
    ``granted`` holds the channels with a marketing consent in force."""

    id: UUID
    survivor: UUID
    source_id: str
    name: str
    country: str
    city: str
    tags: tuple[str, ...]
    first_seen_at: datetime | None
    handles: tuple[tuple[str, str, str], ...]
    granted: frozenset[str]


def directory() -> Iterator[Entry]:
    """All records by id, read in chunks of 5,000: three queries a chunk."""
    names = ("id", "merged_into", "source_id", "name", "country", "city", "tags", "first_seen_at")
    last: UUID | None = None
    while True:
        wanted = Customer.objects.order_by("id")
        rows = list((wanted.filter(id__gt=last) if last else wanted).values_list(*names)[:CHUNK])
        if not rows:
            return
        last = rows[-1][0]
        handles, granted = _handles(rows[0][0], last), _granted(rows[0][0], last)
        for row in rows:
            facts = (tuple(row[6]), row[7], tuple(handles.get(row[0], ())), frozenset(granted.get(row[0], ())))
            yield Entry(row[0], row[1] or row[0], *row[2:6], *facts)


def _handles(first: UUID, last: UUID) -> dict[UUID, list[tuple[str, str, str]]]:
    rows = Identity.objects.filter(customer__gte=first, customer__lte=last).order_by("customer", "kind", "value")
    found: dict[UUID, list[tuple[str, str, str]]] = defaultdict(list)
    for customer, *handle in rows.values_list("customer", "kind", "value", "shown"):
        found[customer].append((handle[0], handle[1], handle[2]))
    return found


def _granted(first: UUID, last: UUID) -> dict[UUID, set[str]]:
    rows = Consent.objects.filter(customer__gte=first, customer__lte=last, purpose="marketing").order_by("at", "id")
    found: dict[UUID, set[str]] = defaultdict(set)
    for customer, channel, is_granted in rows.values_list("customer", "channel", "granted"):
        (found[customer].add if is_granted else found[customer].discard)(channel)
    return found


def directory_fingerprint() -> tuple[Any, ...]:
    """Changes whenever a record, a handle or a consent is added, changed, merged or split."""
    return (
        Customer.objects.count(),
        Customer.objects.aggregate(newest=Max("recorded_at"))["newest"],
        Customer.objects.exclude(merged_into=None).count(),
        Identity.objects.count(),
        Consent.objects.count(),
    )
