"""How a member stands: tier and what is missing to the next, points and their dates, privileges, what was decided lately."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from regulars.core.member import NEVER, Member
from regulars.core.programme import Plan, Versions
from regulars.core.programme.sentences import missing
from regulars.core.programme.sentences.ladder import privilege_sentence
from regulars.core.programme.sentences.speech import Speech, spaced
from regulars.core.says import Says
from regulars.customers.queries.persons import persons
from regulars.membership.models import Member as Row
from regulars.membership.queries import explaining
from regulars.membership.queries.balances import Balance, balances
from regulars.membership.queries.explaining import Decided
from regulars.membership.queries.listing import tier_name
from regulars.membership.queries.members import load
from regulars.membership.queries.versions import versions

LATELY = 5
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Held:
    """What a member has of one point type, each amount in words; ``expires_on`` is the last day of what expires next."""

    unit: Says
    spendable: Says
    pending: Says | None
    set_aside: Says | None
    expiring: Says | None
    expires_on: date | None
    owed: Says | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A member on a page. ``until`` None: for good; ``says`` is what is missing to the next tier, and to keep this one."""

    customer: UUID
    version: int
    joined_on: date
    tier: Says | None
    since: date | None
    until: date | None
    in_grace: bool
    says: tuple[Says, ...]
    held: tuple[Held, ...]
    privileges: tuple[Says, ...]
    lately: tuple[Decided, ...]


def is_member(customer: UUID) -> bool:
    return Row.objects.filter(pk=customer).exists()


def standing(customer: UUID, at: datetime) -> Standing | None:
    """How a member stands at an instant of the shop; None without a programme, and for who is no member."""
    known = versions()
    plan = known and (known.at(at) or known.plans[-1])
    person = persons([customer]).get(customer) if plan else None
    if known is None or plan is None or person is None:
        return None
    found = load([person], plan, {person.id: date.min})[person.id]
    return _told(person.id, found.member, plan, known, at) if found.stored else None


def _told(customer: UUID, member: Member, plan: Plan, known: Versions, at: datetime) -> Standing:
    told, day = member.standing, plan.day(at)
    tier = plan.programme.tier(told.tier)
    short = missing(member, plan, day)
    return Standing(
        customer=customer,
        version=plan.version,
        joined_on=date.fromordinal(member.joined or 1),
        tier=tier_name(plan, told.tier) if plan.ladder else None,
        since=date.fromordinal(told.since) if told.since else None,
        until=date.fromordinal(told.until) if told.tier and told.until < NEVER else None,
        in_grace=told.in_grace,
        says=short.says if short else (),
        held=tuple(_held(has, plan, at) for has in balances(member, plan, at)),
        privileges=tuple(privilege_sentence(one, Speech(plan, day)) for one in tier.privileges) if tier else (),
        lately=tuple(explaining.decided(customer, known, 0, LATELY)),
    )


def _held(has: Balance, plan: Plan, at: datetime) -> Held:
    speech = Speech(plan, plan.day(at))

    def some(amount: int) -> Says | None:
        return spaced(speech.amount(has.unit, amount)) if amount else None

    soon = has.expires_at if has.expires_at and has.expires_at <= at + SOON else None
    return Held(
        unit=plan.unit(has.unit).name,
        spendable=spaced(speech.amount(has.unit, has.spendable)),
        pending=some(has.pending),
        set_aside=some(has.held),
        expiring=some(has.expiring) if soon else None,
        expires_on=date.fromordinal(plan.day(soon) - 1) if soon else None,
        owed=some(has.owed),
    )
