"""Time and events in order: what the clock owes a member before something happens, and whole histories."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from regulars.core.facts import NONE
from regulars.core.member import NEVER, Award, DayBegin, DayEnd, Event, Member, OrderEvent
from regulars.core.naming import operation_id
from regulars.core.programme.dayend import next_due
from regulars.core.programme.deciding import decide
from regulars.core.programme.outcome import Outcome
from regulars.core.programme.plan import Plan

Decided = tuple[Event, Outcome]
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


class Versions:
    """The published versions of a programme, oldest first."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        if not plans:
            raise ValueError("a programme without a version decides nothing")
        self.plans = sorted(plans, key=lambda plan: (plan.since or ALWAYS, plan.version))
        self._since = [plan.since or ALWAYS for plan in self.plans]
        self._by_number = {plan.version: plan for plan in plans}

    def at(self, at: datetime) -> Plan | None:
        """The version in force at an instant; None before the first."""
        place = bisect_right(self._since, at)
        return self.plans[place - 1] if place else None

    def upcoming(self, at: datetime) -> int:
        """The day (ordinal) on which the next version after an instant begins; NEVER where none is published."""
        place = bisect_right(self._since, at)
        return self.plans[place].day(self._since[place]) if place < len(self.plans) else NEVER

    def numbered(self, version: int) -> Plan:
        """A version by its number. Raises KeyError."""
        return self._by_number[version]

    def of(self, event: Event) -> Plan | None:
        """The version that decides an event: an order's is that of its purchase."""
        if isinstance(event, OrderEvent):
            if event.award:
                return self.numbered(event.award.version)
            return self.at(event.purchase.paid_at or event.at)
        return self.at(event.at)


def advanced(member: Member, until: int, versions: Versions) -> Iterator[Decided]:
    """What the clock brings before the day ``until`` (ordinal) is lived: day ends and beginnings that are due.

    The last outcome's member has nothing due before ``until``. The order of work is the same whoever asks, whenever: an
    order that arrives late, the nightly run, a replay.
    """
    while member.due < until:
        day = member.due
        begins_at = versions.plans[0].begins_at(day + 1)
        end = DayEnd(operation_id("day_end", member.key, f"{day}"), begins_at - INSTANT, day)
        begin = DayBegin(operation_id("day_begin", member.key, f"{day + 1}"), begins_at, day + 1)
        for event in (end, begin):
            if plan := versions.at(event.at):
                outcome = decide(member, event, plan)
                member = outcome.member
                if event is begin and (next_version := versions.upcoming(event.at)) < member.due:
                    member = member._replace(due=next_version)
                    outcome = outcome._replace(member=member)
                yield event, outcome
        if member.due <= day:
            return


def folded(
    member: Member,
    events: Iterable[Event],
    versions: Versions,
    *,
    awards: Mapping[str, Award] = NONE,
    until: int = 0,
) -> Iterator[Decided]:
    """A member's events in order, with what the clock brings between them, and after them before the day ``until``.

    Events before the first version come to nothing. ``awards`` are those of earlier orders, by order; later ones are
    remembered on the way: order events need not carry them.
    """
    known = dict(awards)
    for told in events:
        event = told
        if isinstance(told, OrderEvent) and told.award is None and not told.revision:
            event = told._replace(award=known.get(told.purchase.id))
        plan, current = versions.of(event), versions.at(event.at)
        if plan is None or current is None:
            continue
        today = current.day(event.at)
        if member.due == NEVER and not member.seen:
            member = member._replace(due=min(next_due(member, current, today), versions.upcoming(event.at)))
        for before, outcome in advanced(member, today, versions):
            member = outcome.member
            yield before, outcome
        outcome = decide(member, event, plan, current)
        member = outcome.member
        if outcome.award:
            known[outcome.award.order] = outcome.award
        yield event, outcome
    yield from advanced(member, until, versions)
