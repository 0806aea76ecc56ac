"""What happens to members: their orders, their deeds, the clock. One way for all of them, live or out of history:
load a batch of members once, fold their events with ``core.programme``, write what came of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from regulars.core.member import Award, Deed, Event, OrderEvent
from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Versions, folded
from regulars.customers.queries.persons import persons
from regulars.membership.actions import deciding
from regulars.membership.actions.deciding import Decided
from regulars.membership.queries import members
from regulars.membership.queries.wallets import Budgets
from regulars.orders.queries.purchases import Told
from regulars.storage.transactions import lock_name

# What happened to customers: orders as they are now, and events.
Happened = Mapping[UUID, Sequence[Told | Event]]


def settle(happened: Happened, versions: Versions, *, until: int, at: datetime, quiet: bool = False) -> int:
    """Let things happen to members, and what the clock brings before each of them, and up to the day ``until`` (ordinal).

    In the caller's transaction. What happened to a merged record happens to the survivor; to walk-ins, nothing happens.
    ``quiet``: nobody is told of it, as of history. Answers how many outcomes there were.
    """
    people = persons(happened)
    own: dict[UUID, list[Told | Event]] = {}
    for customer in sorted(happened):
        if customer in people:
            own.setdefault(people[customer].id, []).extend(happened[customer])
    by_id = {person.id: person for person in people.values()}
    plan = versions.plans[-1]
    joined = {key: _first_day(things, plan, until) for key, things in own.items()}
    known = members.load(by_id.values(), plan, joined, lock=True)
    awards = members.awards(one.purchase.id for things in own.values() for one in things if isinstance(one, Told))
    decided: list[Decided] = []
    budgets = _budgets(versions)
    for key, things in own.items():
        events = sorted((_event(one, awards) for one in things), key=lambda event: event.at)
        member = known[key].member
        for event, outcome in folded(member, _funded(events, versions, budgets), versions, awards=awards, until=until):
            decided.append(Decided(by_id[key], event, outcome, versions.of(event) or plan))
            if budgets:
                budgets.count(outcome, decided[-1].plan)
    deciding.write(known.values(), decided, versions.at(at) or plan, at=at, quiet=quiet)
    return len(decided)


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


def _event(one: Told | Event, awards: Mapping[str, Award]) -> Event:
    """An order decided for the first time happened when it was placed; what changed later, when it was told."""
    if not isinstance(one, Told):
        return one
    before = awards.get(one.purchase.id)
    at = max(one.placed_at, one.told_at) if before else one.placed_at
    named = operation_id("order", one.purchase.id, f"{before.revision if before else 0}")
    return OrderEvent(named, at, one.purchase, before)


def _first_day(things: Sequence[Told | Event], plan: Plan, until: int) -> date:
    """When somebody joined of whom nothing else is known: with the first thing that happened."""
    first = min((one.placed_at if isinstance(one, Told) else one.at for one in things), default=None)
    return date.fromordinal(plan.day(first) if first else until)
