"""Whom the ledger's keys stand for: the one place where a key and a person meet."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from regulars.customers.models import Customer
from regulars.storage.bulk import select_in

_KEYS = """
    SELECT COALESCE(s.subject_key, c.subject_key)
    FROM customers_customer c LEFT JOIN customers_customer s ON s.id = c.merged_into_id
"""


def subject_key_of(customer: UUID) -> str | None:
    """The key of a customer's accounts, of a merged record its survivor's; None for an unknown customer."""
    return _key(select_in(f"{_KEYS} WHERE c.id IN ({{marks}})", [customer.hex]))


def subject_key_by_ref(source: tuple[str, str] | None, identifier: str) -> str | None:
    """``subject_key_of`` for (source, source id), or where that is None the id as text; one query.

    Checkouts wait for it, so it goes past the ORM, which takes longer than the database.
    """
    if source is not None:
        return _key(select_in(f"{_KEYS} WHERE c.source = %s AND c.source_id IN ({{marks}})", [source[1]], source[0]))
    try:
        return subject_key_of(UUID(identifier))
    except ValueError:
        return None


def _key(rows: list[tuple[str]]) -> str | None:
    return rows[0][0] if rows else None


def subject_keys(members: Iterable[UUID]) -> list[str]:
    """The keys of records: a survivor's page shows the accounts that records had before they were merged, too."""
    return list(Customer.objects.filter(pk__in=list(members)).order_by("pk").values_list("subject_key", flat=True))


def survivors() -> list[UUID]:
    """Every customer that other records were merged into."""
    merged = Customer.objects.exclude(merged_into=None)
    return list(merged.order_by("merged_into").values_list("merged_into", flat=True).distinct())


def customers_of(subject_keys: Iterable[str]) -> dict[str, UUID]:
    """The customers, of merged records the survivors, by key; erased and unknown ones are left out."""
    wanted = {key for key in subject_keys if key}
    if not wanted:
        return {}
    rows = Customer.objects.filter(subject_key__in=wanted).annotate(survivor=Coalesce(F("merged_into"), F("pk")))
    return dict(rows.values_list("subject_key", "survivor"))
