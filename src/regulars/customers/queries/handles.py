"""Records and whom they stand for, many at once, and what they are recognised by."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from regulars.customers.models import Customer, Identity


def survivors_of(records: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whom records stand for, by record: after a merge the survivor."""
    rows = Customer.objects.filter(pk__in=set(records))
    return dict(rows.values_list("pk", Coalesce(F("merged_into"), F("pk"))))


def records_of(survivors: Iterable[UUID]) -> dict[UUID, UUID]:
    """Every record of some customers, those merged into them too, with the customer it stands for."""
    wanted = set(survivors)
    rows = Customer.objects.filter(Q(pk__in=wanted) | Q(merged_into__in=wanted))
    return dict(rows.values_list("pk", Coalesce(F("merged_into"), F("pk"))))


def handles_of(records: Iterable[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """(kind, value) of records' handles, values in their comparable form, by record."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    rows = Identity.objects.filter(customer__in=set(records)).order_by("kind", "value")
    for record, kind, value in rows.values_list("customer", "kind", "value"):
        found.setdefault(record, []).append((kind, value))
    return found
