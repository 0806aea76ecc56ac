"""Two records of one person are one member: what is decided rests on both at once, and a split takes it apart again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.core.member import Day, Member, Merged, Parted
from regulars.core.naming import operation_id, within
from regulars.core.points import Repay
from regulars.core.programme import Plan, Versions, decide
from regulars.customers.queries import member_ids
from regulars.customers.queries.persons import Person, persons
from regulars.flows.decide import settle
from regulars.ledger.actions import commit
from regulars.membership import queries as membership
from regulars.membership.actions import deciding, uniting
from regulars.membership.actions.deciding import Decided
from regulars.membership.actions.posting import accounts, operations
from regulars.membership.queries import members, unions
from regulars.membership.queries.members import Known
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops


@dataclass(frozen=True, slots=True)
class Now:
    """Under which programme, and when: ``at`` in the shop, ``told_at`` on the clock."""

    versions: Versions
    plan: Plan
    at: datetime
    told_at: datetime

    @property
    def today(self) -> int:
        return self.plan.day(self.at)

    @property
    def day(self) -> date:
        return date.fromordinal(self.today)


@dataclass(frozen=True, slots=True)
class Both:
    """Two records before they are merged, each as far as the clock has brought it, and nobody else's turn until the end."""

    own: Known
    other: Known
    now: Now


def both(survivor: UUID, absorbed: UUID, *, at: datetime) -> Both | None:
    """The members that two records are, in the caller's transaction, before they are merged; None without a programme, and
    where one of them is nobody."""
    now, people = _now(at), persons([survivor, absorbed])
    if now is None or len({person.id for person in people.values()}) < 2:
        return None
    settle({person.id: [] for person in people.values()}, now.versions, until=now.today, at=at)
    known = members.load(people.values(), now.plan, dict.fromkeys(people, now.day), lock=True)
    return Both(known[survivor], known[absorbed], now)


def unite(two: Both, merge: UUID) -> None:
    """Make one member of two, after the records were merged and what they own was gathered."""
    now, own, other = two.now, two.own, two.other
    uniting.put_aside(merge, own, other, day=now.day)
    if not (own.stored or other.stored):
        return
    known = _again(own.person, now)
    event = Merged(operation_id("merged", merge.hex), now.at, other.member, _counted(own.person.id))
    _decide(known, event, now)
    if other.member.owed:
        _repay(other, event.id, now)


def part(merge: UUID, survivor: UUID, absorbed: UUID, *, spent: Mapping[str, int], at: datetime) -> None:
    """Let two stand by themselves again, after the records were split and what they own was given back; what was ``spent`` of it,
    by account, is the survivor's to make good."""
    now, people = _now(at), persons([survivor, absorbed])
    if now is None or len({person.id for person in people.values()}) < 2:
        return
    kept, named = unions.before(merge), operation_id("split", merge.hex)
    known = _again(people[survivor], now)
    leaves, stays = people[absorbed], known.member._replace(owed=())
    other = _before(kept.other if kept else None, leaves, now)
    own = _before(kept.own if kept else None, people[survivor], now) if kept else stays
    if known.stored:
        purses = accounts(now.plan, known.person.subject)
        lent = tuple((unit, spent[purse.id]) for unit, purse in purses.items() if purse.id in spent)
        _decide(known, Parted(named, now.at, own, _counted(survivor), other, lent), now)
    count = _counted(absorbed)
    if count or (kept and kept.other):
        lots = members.load([leaves], now.plan, {leaves.id: now.day}, lock=True)[leaves.id].member.lots
        begins = Known(leaves, other._replace(lots=lots, owed=()), stored=False)
        owed = _given_back(known.member, other)
        _decide(begins, Parted(within(named, "other"), now.at, other._replace(owed=owed), count), now)
    uniting.forget(merge)


def _now(at: datetime) -> Now | None:
    versions, now = membership.versions(), shop_time(shops.require_shop(), at)
    plan = versions.at(now) if versions else None
    return Now(versions, plan, now, at) if versions and plan else None


def _again(person: Person, now: Now) -> Known:
    return members.load([person], now.plan, {person.id: now.day}, lock=True)[person.id]


def _counted(customer: UUID) -> tuple[Day, ...]:
    return unions.counted(member_ids(customer))


def _before(told: Mapping[str, Any] | None, person: Person, now: Now) -> Member:
    """As they were; who was no member joins with the split."""
    if told is not None:
        return unions.restored(told, person)
    return Member(person.subject, now.today, person.birthday, person.facts)


def _decide(known: Known, event: Merged | Parted, now: Now) -> None:
    outcome = decide(known.member, event, now.plan)
    deciding.write([known], [Decided(known.person, event, outcome, now.plan)], now.plan, at=now.told_at)


def _repay(other: Known, named: str, now: Now) -> None:
    """What the record owed is owed by the customer that it became part of."""
    entries = [Repay(unit, amount) for unit, amount in other.member.owed]
    for told in operations(
        within(named, "debts"), now.at, entries, other.person.subject, now.plan, reason="merged", about=""
    ):
        commit(told)


def _given_back(both: Member, other: Member) -> tuple[tuple[str, int], ...]:
    """Of what a record had owed, that which is still owed: it owes it again."""
    still = dict(both.owed)
    return tuple((unit, back) for unit, amount in other.owed if (back := min(amount, still.get(unit, 0))))
