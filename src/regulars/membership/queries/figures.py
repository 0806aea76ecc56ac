"""Members as other systems ask for them: tier, what is missing, balances, privileges, each as data and in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from regulars.core.member import NEVER
from regulars.core.programme import Plan, Versions
from regulars.core.programme.privileges import Privilege
from regulars.core.programme.sentences import missing
from regulars.core.programme.sentences.ladder import Missing, privilege_sentence
from regulars.core.programme.sentences.speech import Speech
from regulars.core.says import Says
from regulars.customers.queries.persons import persons
from regulars.membership.models import Member
from regulars.membership.queries.balances import Balance, balances
from regulars.membership.queries.listing import tier_name
from regulars.membership.queries.members import Known, load
from regulars.storage.bulk import select_in

Place = tuple[datetime | None, UUID]
_TIER = """
    SELECT m.tier FROM customers_customer c
    LEFT JOIN membership_member m ON m.customer_id = COALESCE(c.merged_into_id, c.id)
"""


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege that a tier gives, and in words."""

    privilege: Privilege
    says: Says


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier with its privileges."""

    id: str
    name: Says
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """A member at an instant of the shop, under the version then in force. ``until`` None: the tier is for good.

    ``next`` says what is missing to the next tier, None where the programme has none.
    """

    customer: UUID
    version: int
    joined_on: date
    changed_at: datetime
    tier: Tier | None
    since: date | None
    until: date | None
    in_grace: bool
    next: Missing | None
    balances: tuple[Balance, ...]


def member(customer: UUID, versions: Versions, at: datetime) -> MemberFigures | None:
    """One member by any of their records; None for who is no member."""
    person = persons([customer]).get(customer)
    return next(iter(_told(Member.objects.filter(pk=person.id), versions, at)), None) if person else None


def page(
    versions: Versions,
    at: datetime,
    limit: int,
    *,
    after: Place | None = None,
    of_tier: str | None = None,
    changed_since: datetime | None = None,
) -> list[MemberFigures]:
    """Up to ``limit`` members in the order of their ids, or of their last change where ``changed_since`` is given.

    ``of_tier`` "" asks for those without one. Seven queries, however many members.
    """
    rows = Member.objects.filter(customer__merged_into=None)
    if of_tier is not None:
        rows = rows.filter(tier=of_tier)
    if changed_since is not None:
        rows = rows.filter(changed_at__gte=after[0] if after and after[0] else changed_since)
        rows = rows.filter(Q(changed_at__gt=after[0]) | Q(pk__gt=after[1])) if after else rows
        return _told(rows.order_by("changed_at", "pk")[:limit], versions, at)
    return _told((rows.filter(pk__gt=after[1]) if after else rows).order_by("pk")[:limit], versions, at)


def held_tier(source: tuple[str, str] | None, identifier: str) -> str | None:
    """The tier's id of a customer by (source, source id), or the id as text: "" for none, None for an unknown customer.

    One query: checkouts wait for it.
    """
    if source is not None:
        rows = select_in(f"{_TIER} WHERE c.source = %s AND c.source_id IN ({{marks}})", [source[1]], source[0])
    else:
        try:
            rows = select_in(f"{_TIER} WHERE c.id IN ({{marks}})", [UUID(identifier).hex])
        except ValueError:
            return None
    return (rows[0][0] or "") if rows else None


def in_force(versions: Versions, at: datetime) -> Plan:
    """The version in force at an instant; before the first, that which will be."""
    return versions.at(at) or versions.plans[0]


def tier(plan: Plan, named: str) -> Tier | None:
    """A tier by its id, with its privileges; None for ""."""
    if not named:
        return None
    told, speech = plan.programme.tier(named), Speech(plan)
    rights = tuple(Right(one, privilege_sentence(one, speech)) for one in told.privileges) if told else ()
    return Tier(named, tier_name(plan, named), rights)


def _told(rows: Iterable[Member], versions: Versions, at: datetime) -> list[MemberFigures]:
    changed = {row.pk: row.changed_at for row in rows}
    plan, people = in_force(versions, at), persons(changed)
    known = load(people.values(), plan, dict.fromkeys(changed, date.min))
    return [_figures(known[key], changed[key], plan, at) for key in changed if key in known]


def _figures(known: Known, changed_at: datetime, plan: Plan, at: datetime) -> MemberFigures:
    found, standing = known.member, known.member.standing
    return MemberFigures(
        customer=known.person.id,
        version=plan.version,
        joined_on=date.fromordinal(found.joined or 1),
        changed_at=changed_at,
        tier=tier(plan, standing.tier),
        since=date.fromordinal(standing.since) if standing.since else None,
        until=date.fromordinal(standing.until) if standing.tier and standing.until < NEVER else None,
        in_grace=standing.in_grace,
        next=missing(found, plan, plan.day(at)),
        balances=balances(found, plan, at),
    )
