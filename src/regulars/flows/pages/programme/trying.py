"""What an event would come to: for the published version and for the draft, computed and thrown away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from regulars.catalog.queries.goods import goods
from regulars.core.member import Event, Member, OrderEvent
from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Versions, advanced, folded
from regulars.core.programme.sentences import missing, sentences, why_not
from regulars.core.says import Says
from regulars.customers import queries as customers
from regulars.customers.queries.persons import Person, persons
from regulars.membership.queries import members
from regulars.membership.queries.listing import tier_name
from regulars.orders.queries import purchases
from regulars.orders.queries.purchases import Told

STEPS_MOST = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One event and what it comes to; ``not_applied`` are the rules that give nothing, each with its reason."""

    at: datetime
    says: tuple[Says, ...]
    not_applied: tuple[Says, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What all comes to, and how the member would stand then."""

    steps: tuple[Step, ...]
    tier: Says | None
    says: tuple[Says, ...]


def person_of(customer: UUID) -> Person | None:
    """The person of a customer's record; None for an unknown one and for walk-ins."""
    return persons([customer]).get(customer)


def as_now(person: Person, plan: Plan, today: int) -> Member:
    """The member as they are, or who has just joined."""
    return members.load([person], plan, {person.id: date.fromordinal(today)})[person.id].member


def afresh(person: Person, told: Sequence[Told], plan: Plan) -> Member:
    """The member before their first order, for going through all of them once more."""
    joined = plan.day(told[0].placed_at) if told else None
    return Member(person.subject, joined, person.birthday, person.facts)


def history(person: Person, since: datetime) -> list[Told]:
    """All orders of a person's records, in the order of purchase."""
    return purchases.purchases_of(customers.member_ids(person.id), since, goods)


def order_events(told: Iterable[Told]) -> list[OrderEvent]:
    return [OrderEvent(operation_id("preview", one.purchase.id), one.placed_at, one.purchase) for one in told]


def happened(member: Member, events: Sequence[Event], plan: Plan) -> Tried:
    """What the last of some events comes to, after those before it and what the clock brings between them."""
    shown: list[Step] = []
    before = member
    for event, outcome in folded(member, events, Versions([plan])):
        if events and event.id == events[-1].id:
            said = tuple(sentences(outcome, event, plan))
            shown.append(Step(event.at, said, tuple(why_not(before, event, plan))))
        before = outcome.member
    return _tried(shown, before, plan, plan.day(events[-1].at))


def clocked(member: Member, plan: Plan, day: int) -> Tried:
    """What the clock brings up to the end of a day."""
    shown, after = [], member
    for event, outcome in advanced(member, day + 1, Versions([plan])):
        after = outcome.member
        if (outcome.notes or outcome.move or outcome.gifts) and len(shown) < STEPS_MOST:
            shown.append(Step(event.at, tuple(sentences(outcome, event, plan)), ()))
    return _tried(shown, after, plan, day)


def _tried(shown: list[Step], after: Member, plan: Plan, day: int) -> Tried:
    short = missing(after, plan, day)
    return Tried(
        tuple(shown), tier_name(plan, after.standing.tier) if plan.ladder else None, short.says if short else ()
    )
