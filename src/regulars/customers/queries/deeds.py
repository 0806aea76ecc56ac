"""What customers did, as rules see it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from regulars.core.member import Deed
from regulars.core.naming import operation_id
from regulars.customers.models import Event


def deeds(events: Iterable[UUID]) -> dict[UUID, list[Deed]]:
    """Events by id as deeds of their customers, in the order in which they happened."""
    return _by_customer(Event.objects.filter(pk__in=set(events)))


def deeds_of(customers: Iterable[UUID], names: Iterable[str]) -> dict[UUID, list[Deed]]:
    """What some customers did of some names, in the order in which it happened."""
    return _by_customer(Event.objects.filter(customer__in=list(customers), name__in=set(names)))


def _by_customer(rows: QuerySet[Event]) -> dict[UUID, list[Deed]]:
    found: dict[UUID, list[Deed]] = {}
    ordered = rows.order_by("at", "pk").values_list("pk", "customer_id", "name", "at", "properties")
    for pk, customer, name, at, properties in ordered:
        found.setdefault(customer, []).append(Deed(operation_id("deed", pk.hex), at, name, properties))
    return found


def recorded_deeds(source: str, source_ids: Iterable[str], names: Iterable[str], at: datetime) -> list[tuple[str, str]]:
    """(event, customer) ids, 32 digits, of a source's events of some names that were recorded at an instant."""
    rows = Event.objects.filter(source=source, source_id__in=set(source_ids), name__in=set(names), recorded_at=at)
    return [(own.hex, customer.hex) for own, customer in rows.values_list("pk", "customer_id")]
