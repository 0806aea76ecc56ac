"""How records stood before they were merged, and what orders count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from regulars.core.member import Day, Member
from regulars.customers.queries.persons import Person
from regulars.membership.models import Union
from regulars.membership.queries.members import awards_of
from regulars.membership.queries.states import member_of, plain_member

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """How both stood before a merge on a day; None for who was no member."""

    day: date
    own: Mapping[str, Any] | None
    other: Mapping[str, Any] | None


def before(merge: UUID) -> Before | None:
    """How both stood before a merge; None where no programme was there yet."""
    row = Union.objects.filter(pk=merge).values_list("day", "own", "other").first()
    return row and Before(*row)


def plain(member: Member) -> Plain:
    """A member for the time being: all but lots and what is known of the person."""
    return {"joined": member.joined, "state": plain_member(member), "due": member.due, "seen": member.seen}


def restored(told: Mapping[str, Any], person: Person) -> Member:
    """The member as they were, without lots."""
    return member_of(person, date.fromordinal(told["joined"]), told["state"], (), told["due"], told["seen"])


def lots_earned(customers: Iterable[UUID]) -> dict[str, int]:
    """What still stands of the lots that the orders of some records brought, by lot."""
    return {one.lot: one.amount for award in awards_of(customers) for one in award.earned if one.lot}


def counted(customers: Iterable[UUID]) -> tuple[Day, ...]:
    """What the orders of some records count towards tiers, as it was decided for them, each on its day."""
    return tuple(award.counted for award in awards_of(customers))
