"""The customer lists: profiles in the shop's currency, and the sums above a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import CharField, Count, F, QuerySet, Sum, Value

from regulars.insights.models import CustomerProfile, ProfileLoad, SavedSegment

LATE_STATES = ("slowing", "at_risk")


@dataclass(frozen=True, slots=True)
class Stake:
    """Customers of a list and what they brought in the last 365 days, in minor units."""

    customers: int
    net_365_amount: int


def profiles(currency: str) -> QuerySet[CustomerProfile]:
    """All profiles, each with the ``currency`` of its amounts."""
    return CustomerProfile.objects.annotate(currency=Value(currency, output_field=CharField()))


def buyers(currency: str) -> QuerySet[CustomerProfile]:
    """Customers with orders."""
    return profiles(currency).exclude(state="prospect")


def late(currency: str) -> QuerySet[CustomerProfile]:
    """Customers later than their own rhythm allows, lapsed ones included."""
    return profiles(currency).filter(state__in=(*LATE_STATES, "lapsed"))


def premium(currency: str) -> QuerySet[CustomerProfile]:
    """The first customers by net of the last 365 days who together bring half of it."""
    return buyers(currency).filter(cumulated_share__lt=0.5 + F("value_share"))


def stake(rows: QuerySet[CustomerProfile]) -> Stake:
    told = rows.aggregate(customers=Count("pk"), money=Sum("net_365_amount"))
    return Stake(told["customers"], told["money"] or 0)


def stakes_by_state() -> dict[str, Stake]:
    rows = CustomerProfile.objects.values("state").annotate(customers=Count("pk"), money=Sum("net_365_amount"))
    return {row["state"]: Stake(row["customers"], row["money"] or 0) for row in rows.order_by("state")}


def profile(customer: UUID, currency: str) -> CustomerProfile | None:
    return profiles(currency).filter(pk=customer).first()


def as_of() -> date | None:
    """The day the profiles are told for, or None before the first refresh."""
    return ProfileLoad.objects.filter(pk=1).values_list("as_of", flat=True).first()


def by_handle(text: str, limit: int) -> list[CustomerProfile]:
    """Customers whose name, handle or source id contains ``text``; the most valuable first."""
    rows = CustomerProfile.objects.filter(search__contains=text.lower())
    return list(rows.order_by(F("net_amount").desc(nulls_last=True), "pk")[:limit])


def segments() -> list[SavedSegment]:
    return list(SavedSegment.objects.all())


def by_name(text: str, limit: int) -> list[CustomerProfile]:
    """Customers whose name contains ``text``; the most valuable first."""
    rows = CustomerProfile.objects.filter(name__icontains=text)
    return list(rows.order_by(F("net_amount").desc(nulls_last=True), "pk")[:limit])


def counts(lists: Sequence[QuerySet[CustomerProfile]]) -> list[int]:
    """How many rows each of several lists has, in one query."""
    placed = [rows.order_by().annotate(place=Value(place)).values("place") for place, rows in enumerate(lists)]
    counted = [rows.annotate(customers=Count("pk")).values_list("place", "customers") for rows in placed]
    found = dict(counted[0].union(*counted[1:], all=True)) if counted else {}
    return [found.get(place, 0) for place in range(len(lists))]
