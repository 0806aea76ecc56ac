"""The programme over what is recorded, replayed in memory and held against what is stored: one engine, twice the same.

Replayed are orders as they stand, deeds and referrals that were decided for, and the clock. What a member did beside that (spent,
had adjusted), the turn in which things were told, and facts that were another once (a birthday, tags) are not part of it: the
comparison goes as far as they allow.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from regulars.catalog.queries.goods import Shelf
from regulars.core.facts import NONE
from regulars.core.member import NEVER, NO_TIER, Award, Day, Deed, Event, Member, OrderEvent, Referred
from regulars.core.naming import operation_id, within
from regulars.core.programme import Versions, folded
from regulars.customers.queries import listing
from regulars.customers.queries.deeds import deeds_of
from regulars.customers.queries.persons import Person, persons
from regulars.ledger.queries.receipts import moved_by_others
from regulars.membership.queries import members
from regulars.membership.queries.checks import Finding
from regulars.membership.queries.members import Known
from regulars.membership.queries.turns import Turn, turns, waited_for
from regulars.membership.queries.wallets import purse_of
from regulars.orders.queries import purchases
from regulars.orders.queries.purchases import Told
from regulars.storage.snapshots import snapshot

AT_ONCE = 200
# Who posts what the programme decided, and what the clock owes the ledger itself.
OWN = ("programme", "clock")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """How many members were replayed, of how many the tier and the lots could be compared, and what differs."""

    members: int = 0
    tiers: int = 0
    lots: int = 0
    differences: tuple[Finding, ...] = ()

    def __add__(self, other: "Checked") -> "Checked":
        return Checked(
            self.members + other.members,
            self.tiers + other.tiers,
            self.lots + other.lots,
            self.differences + other.differences,
        )


@dataclass(frozen=True, slots=True)
class Life:
    """A member as stored and as replayed. ``in_turn``: orders stayed as they were decided for, in the turn they were placed in;
    ``untouched``: nobody but the programme moved their points."""

    known: Known
    replayed: Member
    in_turn: bool
    untouched: bool


def check_everybody(versions: Versions, at: datetime, progress: Progress) -> Checked:
    """Replay every member up to the shop's day of ``at`` and compare."""
    told, shelf, last, of_members = Checked(), Shelf(), None, members.count()
    while some := members.after(last, AT_ONCE):
        told, last = told + check_members(some, versions, at, shelf), some[-1]
        progress(told.members, of_members, "members")
    return told


def check_members(customers: Sequence[UUID], versions: Versions, at: datetime, shelf: Shelf | None = None) -> Checked:
    """Replay some members, a few hundred at most, up to the shop's day of ``at`` and compare."""
    with snapshot():  # the shop goes on meanwhile
        lives = list(_lives(customers, versions, versions.plans[-1].day(at), shelf or Shelf()))
    return sum((_compared(life) for life in lives), Checked())


def _lives(customers: Sequence[UUID], versions: Versions, today: int, shelf: Shelf) -> Iterator[Life]:
    people = _settled(customers)
    plan, first, decided = versions.plans[-1], versions.plans[0].since, turns(people)
    bought = purchases.purchases_of(people, first, shelf) if first else []
    awards = members.awards(one.purchase.id for one in bought)
    told: dict[UUID, list[Event]] = {key: [*_others(key, decided[key])] for key in people}
    at_of = {key: {turn.id: turn.at for turn in decided[key]} for key in people}
    for one in bought:
        told[one.customer].append(_order(one, awards.get(one.purchase.id), at_of[one.customer]))
    for key, deeds in deeds_of(people, [name for version in versions.plans for name in version.tasks]).items():
        told[key] += [_decided_at(deed, at_of[key]) for deed in deeds if deed.id in at_of[key]]
    purses = {
        purse_of(plan, unit.id, one.subject).id: key for key, one in people.items() for unit in plan.programme.units
    }
    touched = {purses[account] for account in moved_by_others(purses, OWN)}
    changed = {one.customer for one in bought if (award := awards.get(one.purchase.id)) and award.changed}
    changed |= {one.customer for one in bought if one.purchase.id in awards and _was_unpaid(one, at_of[one.customer])}
    whose = {f"order:{one.purchase.id}": one.customer for one in bought}
    changed |= {key for key in people for turn in decided[key] if _has_gone(turn, key, whose)}
    for key, life in members.load(people.values(), plan, dict.fromkeys(people, date.min)).items():
        if life.stored:
            replayed, in_turn = _replayed(life.member, told[key], awards, versions, today, decided[key])
            yield Life(life, replayed, in_turn and key not in changed, key not in touched)


def _order(told: Told, award: Award | None, at_of: Mapping[str, datetime]) -> Event:
    """The order as it stands, decided for the first time; what limits had left for it is a matter of other members, too."""
    named = operation_id("order", told.purchase.id, "0")
    event = OrderEvent(named, told.placed_at, told.purchase, left=dict(award.room) if award else NONE)
    return _decided_at(event, at_of)


def _was_unpaid(told: Told, at_of: Mapping[str, datetime]) -> bool:
    """Whether an order was told before it was paid: days may have ended before it counted; a replay counts it from the first."""
    return within(operation_id("order", told.purchase.id, "0"), "undecided") in at_of


def _has_gone(turn: Turn, customer: UUID, whose: Mapping[str, UUID]) -> bool:
    """Whether an order was decided for somebody whose it is no longer."""
    return turn.kind == "order" and whose.get(turn.about) != customer


def _decided_at(event: OrderEvent | Deed, at_of: Mapping[str, datetime]) -> Event:
    """What was told before its time was decided at the time it was told."""
    return event._replace(at=min(event.at, at_of.get(event.id, event.at)))


def _settled(customers: Sequence[UUID]) -> dict[UUID, Person]:
    """Who has one record only (what was decided before a merge was decided for two), and for whom nothing waits."""
    told, waiting = persons(listing.members_of(customers)), waited_for(customers)
    records = Counter(person.id for person in told.values())
    return {one.id: one for one in told.values() if records[one.id] == 1 and one.id not in waiting}


def _others(customer: UUID, decided: Iterable[Turn]) -> Iterator[Event]:
    """What is told of nowhere but in what was decided: joining, and friends brought."""
    for turn in decided:
        if turn.role:
            yield Referred(turn.id, turn.at, turn.role)
        elif turn.id == operation_id("joined", customer.hex):
            yield turn.deed()


def _replayed(
    stored: Member,
    events: Iterable[Event],
    awards: dict[str, Award],
    versions: Versions,
    today: int,
    decided: Iterable[Turn],
) -> tuple[Member, bool]:
    """The member whom the events make, and whether they were decided in the turn, and with the facts, in which they are now."""
    member = stored._replace(standing=NO_TIER, days=(), past=Day(0), used=(), lots=(), owed=(), due=NEVER, seen=0)
    in_turn, birthdays = True, []
    until = min(today, stored.due)
    for event, outcome in folded(member, sorted(events, key=lambda one: one.at), versions, until=until):
        member = outcome.member
        if isinstance(event, OrderEvent) and outcome.award:
            in_turn = in_turn and _is_same(awards.get(event.purchase.id), outcome.award)
        elif any(note.code == "birthday" for note in outcome.notes):
            birthdays.append(event.at)
    return member, in_turn and birthdays == [turn.at for turn in decided if turn.is_birthday]


def _is_same(kept: Award | None, now: Award) -> bool:
    """Whether an order was decided knowing what is known now."""
    return kept is not None and (kept.nth, kept.asked) == (now.nth, now.asked)


def _compared(life: Life) -> Checked:
    stored, replayed, customer = life.known.member, life.replayed, life.known.person.id
    judged, counted = life.in_turn, life.in_turn and life.untouched
    held = [("days", _days(stored, points=judged), _days(replayed, points=judged))]
    if judged:
        held.append(("tier", _standing(stored), _standing(replayed)))
    if counted:
        held.append(("lots", _lots(stored), _lots(replayed)))
    found = tuple(Finding(customer, where, was, now) for where, was, now in held if was != now)
    return Checked(1, int(judged), int(counted), found)


def _days(member: Member, *, points: bool) -> str:
    """What counts towards tiers, in all: which of it is still kept by the day is a matter of when somebody looked."""
    _, spend, orders, earned, quantity = (sum(column) for column in zip(member.past, *member.days, strict=True))
    told = {"spend": spend, "orders": orders, "quantity_milli": quantity, **({"points": earned} if points else {})}
    return ", ".join(f"{name} {amount}" for name, amount in told.items())


def _standing(member: Member) -> str:
    standing = member.standing
    until = date.fromordinal(standing.until).isoformat() if standing.until < NEVER else "for good"
    return f"{standing.tier or 'none'} since {date.fromordinal(standing.since or 1)} until {until}"


def _lots(member: Member) -> str:
    """Lots by their terms: the ids follow from the events, which for a replay are fewer."""
    left = sorted((lot.unit, lot.expires_at, lot.active_at, lot.remaining) for lot in member.lots if lot.remaining)
    owed = [f"owes {amount} {unit}" for unit, amount in member.owed]
    return "; ".join([*(f"{n} {unit} {active:%Y-%m-%d}..{ends:%Y-%m-%d}" for unit, ends, active, n in left), *owed])
