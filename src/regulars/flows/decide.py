"""What happens to members: their orders, their deeds, the clock. One way for all of them, live or out of history:
load a batch of members once, fold their events with ``core.programme``, write what came of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from regulars.core.member import Award, Deed, Event, OrderEvent
from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Versions, folded
from regulars.core.programme.folding import INSTANT
from regulars.customers.queries.persons import Person, persons
from regulars.membership.actions import deciding
from regulars.membership.actions.deciding import Decided
from regulars.membership.queries import members
from regulars.membership.queries.wallets import Budgets
from regulars.orders.queries.purchases import Told
from regulars.storage.transactions import Overtaken, lock_name

# What happened to customers: orders as they are now, and events.
Happened = Mapping[UUID, Sequence[Told | Event]]


def settle(happened: Happened, versions: Versions, *, until: int, at: datetime, quiet: bool = False) -> int:
    """Let things happen to members, and what the clock brings before each of them, and up to the day ``until`` (ordinal).

    In the caller's transaction. What happened to a merged record happens to the survivor; to walk-ins, nothing happens.
    An order that became another's is taken from whoever had it, and begins anew; so is one that was bought on another day.
    ``quiet``: nobody is told of it, as of history. Answers how many outcomes there were.
    """
    bought = {one.purchase.id: one for things in happened.values() for one in things if isinstance(one, Told)}
    had = members.holders(bought)
    people = persons({*happened, *had.values()})
    # They come first: what shared budgets get back from them is there for the others.
    losing = {people[who].id for order, who in had.items() if _lost(people, who, bought[order])}
    own: dict[UUID, list[Told | Event]] = {customer: [] for customer in sorted(losing)}
    now = min(at, versions.plans[-1].begins_at(until + 1) - INSTANT)
    for customer in sorted(happened):
        if customer in people:
            own.setdefault(people[customer].id, []).extend(happened[customer])
    by_id = {person.id: person for person in people.values()}
    plan = versions.plans[-1]
    joined = {key: _first_day(things, plan, now, until) for key, things in own.items()}
    known = members.load(by_id.values(), plan, joined, lock=True)
    awards, anew = _taken(bought, people, known, versions)
    for gone in anew.values():
        own[people[UUID(gone.customer)].id].insert(0, gone)
    decided: list[Decided] = []
    budgets = _budgets(versions)
    for key, things in own.items():
        events = sorted((_event(one, awards, anew, now) for one in things), key=lambda event: event.at)
        member = known[key].member
        for event, outcome in folded(member, _funded(events, versions, budgets), versions, awards=awards, until=until):
            decided.append(Decided(by_id[key], event, outcome, versions.of(event) or plan))
            if budgets:
                budgets.count(outcome, decided[-1].plan)
    deciding.write(known.values(), decided, versions.at(at) or plan, at=at, quiet=quiet)
    return len(decided)


def _lost(people: Mapping[UUID, Person], who: UUID, one: Told) -> bool:
    """Whether the order that a customer had is another person's now, or nobody's."""
    return who in people and (one.customer not in people or people[one.customer].id != people[who].id)


def _taken(
    bought: Mapping[str, Told], people: Mapping[UUID, Person], known: Collection[UUID], versions: Versions
) -> tuple[dict[str, Award], dict[str, OrderEvent]]:
    """What orders were given that goes on; and of those that begin anew, the event that takes them from whoever had them."""
    awards: dict[str, Award] = {}
    anew: dict[str, OrderEvent] = {}
    for order, (who, award) in members.held(bought).items():
        if who not in people or people[who].id not in known:
            raise Overtaken
        one, paid_at = bought[order], bought[order].purchase.paid_at
        on = versions.numbered(award.version).day(paid_at) if paid_at else award.day
        if on == award.day and not _lost(people, who, one):
            awards[order] = award
        else:
            named = operation_id("order", order, f"{award.revision}")
            nothing = one.purchase._replace(paid_at=None, delivered_at=None, lines=())
            at = max(one.placed_at, one.told_at)
            anew[order] = OrderEvent(named, at, nothing, award, customer=who.hex)
    return awards, anew


def _budgets(versions: Versions) -> Budgets | None:
    """What all members share, where any version lets them share anything; whoever decides then waits for the others."""
    if not any(rule.budget for plan in versions.plans for rule in plan.programme.rules):
        return None
    lock_name("membership:budgets")
    return Budgets()


def _funded(events: Iterable[Event], versions: Versions, budgets: Budgets | None) -> Iterator[Event]:
    """The events, each with what shared budgets have left when its turn comes."""
    for event in events:
        plan = versions.of(event)
        if budgets and plan and isinstance(event, OrderEvent | Deed):
            yield event._replace(left=budgets.left(event, plan))
        else:
            yield event


def _event(one: Told | Event, awards: Mapping[str, Award], anew: Mapping[str, OrderEvent], now: datetime) -> Event:
    """An order decided for the first time happened when it was placed; what changed later, when it was told.

    Never after the shop's ``now``: the clock runs to whatever happens, and a wrong year would let it expire and review years
    of a member for good. It counts today then instead of waiting: a source's clock that is minutes ahead delays nothing.
    """
    if not isinstance(one, Told):
        return one._replace(at=min(one.at, now))
    order = one.purchase.id
    before = gone.award if (gone := anew.get(order)) else awards.get(order)
    at = min(one.placed_at, now)
    if before:
        at = max(at, one.told_at)
    revision = before.revision + (gone is not None) if before else 0
    named, whose = operation_id("order", order, f"{revision}"), one.customer.hex
    if gone:
        return OrderEvent(named, at, one.purchase, revision=revision, customer=whose)
    return OrderEvent(named, at, one.purchase, before, customer=whose)


def _first_day(things: Sequence[Told | Event], plan: Plan, now: datetime, until: int) -> date:
    """When somebody joined of whom nothing else is known: with the first thing that happened."""
    first = min((one.placed_at if isinstance(one, Told) else one.at for one in things), default=None)
    return date.fromordinal(plan.day(min(first, now)) if first else until)
