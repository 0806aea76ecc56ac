"""Members, awards and outcomes as they are kept: plain JSON on the one side, core's words on the other."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from regulars.core.member import NEVER, NO_TIER, Award, Day, Earned, Given, Lot, Member, Standing, Used
from regulars.core.programme import Outcome
from regulars.core.tiers import Rules, progress
from regulars.customers.queries.persons import Person

Plain = dict[str, Any]
_BELOW = Standing._fields.index("below")


def plain_member(member: Member) -> Plain:
    """What a member's row keeps beside its columns; what is empty is left out."""
    told = {
        "standing": None if member.standing == NO_TIER else _plain_standing(member.standing),
        "days": member.days,
        "past": member.past if any(member.past) else None,
        "used": member.used,
        "owed": member.owed,
    }
    return {name: value for name, value in told.items() if value}


def member_of(
    person: Person, joined: date, state: Mapping[str, Any], lots: Iterable[Lot], due: int, seen: int
) -> Member:
    """A member as rules see them."""
    return Member(
        person.subject,
        joined.toordinal(),
        person.birthday,
        person.facts,
        standing_of(state),
        tuple(Day(*day) for day in state.get("days", ())),
        Day(*state.get("past", (0,))),
        tuple(Used(*used) for used in state.get("used", ())),
        tuple(lots),
        tuple((unit, amount) for unit, amount in state.get("owed", ())),
        due,
        seen,
    )


def _plain_standing(standing: Standing | None) -> list[Any] | None:
    return None if standing is None else [*standing[:_BELOW], _plain_standing(standing.below), *standing[_BELOW + 1 :]]


def _standing(told: list[Any] | None) -> Standing | None:
    return None if told is None else Standing(*told[:_BELOW], _standing(told[_BELOW]), *told[_BELOW + 1 :])


def standing_of(state: Mapping[str, Any]) -> Standing:
    """The standing in a member's state."""
    return _standing(state.get("standing")) or NO_TIER


def toward(member: Member, ladder: Rules | None) -> Day:
    """What counts so far toward the review at the end of a member's tier; nothing where none is to come."""
    until = member.standing.until
    if ladder is None or not member.standing.tier or until >= NEVER:
        return Day(0)
    return progress(member.days, member.past, ladder.since(until), until)


def plain_award(award: Award) -> list[Any]:
    """An award but for the order it is of and its version, which have columns."""
    asked = [[list(ask), sorted(answer) if isinstance(answer, frozenset) else answer] for ask, answer in award.asked]
    return list(award._replace(asked=tuple(asked))[2:])


def award_of(order: str, version: int, told: list[Any]) -> Award:
    """An award as it was kept."""
    day, tier, nth, room, asked, given, earned, counted, delivered, revision, changed = told
    return Award(
        order,
        version,
        day,
        tier,
        nth,
        tuple((rule, left) for rule, left in room),
        tuple(((name, parameter), _answer(value)) for (name, parameter), value in asked),
        tuple(Given(*one) for one in given),
        tuple(Earned(*one) for one in earned),
        Day(*counted),
        delivered,
        revision,
        changed,
    )


def _answer(value: Any) -> Any:
    """Only sets become lists on the way."""
    return frozenset(value) if isinstance(value, list) else value


def plain_outcome(outcome: Outcome, given: Iterable[Given]) -> Plain:
    """What a decision keeps: entries with their kind, the move, gifts, notes, and what each rule gave."""
    told = {
        "entries": [[type(entry).__name__, *_texts(entry)] for entry in outcome.entries],
        "move": outcome.move,
        "gifts": outcome.gifts,
        "notes": outcome.notes,
        "given": tuple(given),
    }
    return {name: value for name, value in told.items() if value}


def _texts(values: Iterable[Any]) -> list[Any]:
    return [value.isoformat() if hasattr(value, "isoformat") else value for value in values]


def day_or_none(ordinal: int) -> date | None:
    """A day as a column has it; None for none and for ever."""
    return date.fromordinal(ordinal) if 0 < ordinal < NEVER else None
