"""What rules may know of a customer: the facts of the person that a record stands for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from regulars.core.facts import Attributes
from regulars.customers.models import Customer
from regulars.customers.queries.naming import is_walk_in


@dataclass(frozen=True, slots=True)
class Person:
    """The surviving record ``id`` of a customer; ``facts`` holds tags, country, region, gender and language, where known."""

    id: UUID
    subject: str
    birthday: date | None
    facts: Attributes


def persons(records: Iterable[UUID]) -> dict[UUID, Person]:
    """Whom records stand for, by record: after a merge the survivor. Walk-ins are nobody and are left out. Two queries."""
    survivors = dict(
        Customer.objects.filter(pk__in=set(records)).values_list("pk", Coalesce(F("merged_into"), F("pk")))
    )
    columns = ("pk", "subject_key", "birthday", "tags", "country", "region", "gender", "language", "source_id")
    found = {
        pk: Person(pk, subject, birthday, _known(tags, **told))
        for pk, subject, birthday, tags, source_id, told in (
            (row[0], row[1], row[2], row[3], row[8], dict(zip(columns[4:8], row[4:8], strict=True)))
            for row in Customer.objects.filter(pk__in=set(survivors.values())).values_list(*columns)
        )
        if not is_walk_in(source_id)
    }
    return {record: found[survivor] for record, survivor in survivors.items() if survivor in found}


def birthdays(source: str, source_ids: Iterable[str]) -> dict[UUID, date | None]:
    """The birthdays of those of a source's customers who stand by themselves."""
    rows = Customer.objects.filter(source=source, source_id__in=list(source_ids), merged_into=None)
    return dict(rows.values_list("pk", "birthday"))


def _known(tags: list[str], **told: str) -> Attributes:
    return {**({"tags": frozenset(tags)} if tags else {}), **{name: value for name, value in told.items() if value}}
