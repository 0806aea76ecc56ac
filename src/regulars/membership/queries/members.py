"""Members as rules see them, and the awards of their orders: loaded once for a batch, then computed with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from regulars.core.member import NEVER, Award, Lot, Member
from regulars.core.programme import Plan
from regulars.customers.queries.persons import Person
from regulars.membership import models
from regulars.membership.queries.states import award_of, member_of
from regulars.membership.queries.wallets import wallets
from regulars.storage.bulk import as_hex, as_json, select_in
from regulars.storage.transactions import lock_names


@dataclass(frozen=True, slots=True)
class Known:
    """A member with the person behind it; ``stored``: it has a row."""

    person: Person
    member: Member
    stored: bool


def load(
    persons: Iterable[Person], plan: Plan, joined: Mapping[UUID, date], *, lock: bool = False
) -> dict[UUID, Known]:
    """Members by customer, in three queries; who has no row yet joins on the day that ``joined`` says.

    ``lock``: in the order of their ids, until the transaction ends, so that what happens to one member happens in turn.
    """
    people = {person.id: person for person in persons}
    stored = _stored(people, lock=lock)
    if lock and (new := people.keys() - stored.keys()):
        lock_newcomers(new)
        stored |= _stored(new, lock=True)
    lots = wallets(plan, [person.subject for person in people.values()])
    found = {}
    for key, person in people.items():
        joined_on, state, due, seen = stored.get(key) or (joined[key], {}, NEVER, 0)
        own: tuple[Lot, ...] = lots.get(person.subject, ())
        found[key] = Known(person, member_of(person, joined_on, state, own, due, seen), key in stored)
    return found


def lock(customer: UUID) -> None:
    """Let nothing else happen to a member until the transaction ends."""
    _stored([customer], lock=True)


def lock_newcomers(customers: Iterable[UUID]) -> None:
    """Wait for whoever makes these customers members, until the transaction ends: there is no row to lock yet."""
    lock_names(f"member:{customer.hex}" for customer in customers)


def _stored(people: Iterable[UUID], *, lock: bool) -> dict[UUID, tuple[Any, ...]]:
    rows = models.Member.objects.filter(pk__in=list(people)).order_by("pk")
    if lock and connection.vendor == "postgresql":
        rows = rows.select_for_update()
    return {row[0]: row[1:] for row in rows.values_list("pk", "joined_on", "state", "due", "seen")}


def holders(orders: Iterable[str]) -> dict[str, UUID]:
    """The customers whose the orders were when they were last decided, by order."""
    sql = "SELECT order_id, customer_id FROM membership_award WHERE order_id IN ({marks})"
    return {as_hex(order): UUID(as_hex(customer)) for order, customer in select_in(sql, orders)}


def held(orders: Iterable[str]) -> dict[str, tuple[UUID, Award]]:
    """What orders were given, and to which customer, by order."""
    sql = "SELECT order_id, customer_id, version, state FROM membership_award WHERE order_id IN ({marks})"
    rows = [(as_hex(order), *told) for order, *told in select_in(sql, orders)]
    return {
        order: (UUID(as_hex(customer)), award_of(order, version, as_json(state)))
        for order, customer, version, state in rows
    }


def awards(orders: Iterable[str]) -> dict[str, Award]:
    """What orders were given, by order."""
    return {order: award for order, (_, award) in held(orders).items()}


def awards_of(customers: Iterable[UUID]) -> list[Award]:
    """What the orders of some records were given."""
    rows = models.Award.objects.filter(customer__in=list(customers)).values_list("order_id", "version", "state")
    return [award_of(order.hex, version, state) for order, version, state in rows]


def due(until: int, limit: int) -> list[UUID]:
    """Members for whom the clock has something to do before the day ``until``, whose turn comes first."""
    rows = models.Member.objects.filter(due__lt=until).order_by("due", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def joined_on(customer: UUID) -> date | None:
    """When a customer became a member; None for who is none."""
    found: date | None = models.Member.objects.filter(pk=customer).values_list("joined_on", flat=True).first()
    return found


def tier_of(customer: UUID) -> tuple[str, date] | None:
    """A member's tier ("" for none) and when they joined; None for who is no member."""
    found: tuple[str, date] | None = models.Member.objects.filter(pk=customer).values_list("tier", "joined_on").first()
    return found


def after(last: UUID | None, limit: int) -> list[UUID]:
    """Members in the order of their ids, after ``last``."""
    rows = models.Member.objects.filter(pk__gt=last) if last else models.Member.objects.all()
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def count() -> int:
    return models.Member.objects.count()
