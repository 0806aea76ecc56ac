"""What a decision's entries are in the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from regulars.core.naming import within
from regulars.core.points import Activate, Draw, Earn, Entry, Expire, Owe, Repay, Spend, TakeBack
from regulars.core.programme import Plan
from regulars.ledger import facts as ledger
from regulars.ledger.facts import LEGS_MAX, Account, Leg, Message, Operation, Post, world
from regulars.membership.queries.wallets import debt_of, purse_of, shared_limit

ACTOR = "programme"


def operations(
    named: str,
    at: datetime,
    entries: Sequence[Entry],
    subject: str,
    plan: Plan,
    *,
    reason: str,
    about: str,
    messages: Sequence[Message] = (),
) -> list[Operation]:
    """The operations that post some entries: one, unless there are more legs than an operation holds; one without legs where
    there is only something to tell.

    What is earned comes first, so that the n-th lot of an event has the id that the rules gave it.
    """  # fmt: skip
    ordered = sorted(entries, key=lambda entry: not isinstance(entry, Earn))
    legs = [leg for entry in ordered for leg in _legs(entry, subject, plan)]
    parts = [legs[start : start + LEGS_MAX] for start in range(0, len(legs), LEGS_MAX)]
    if messages and not parts:
        parts = [[]]
    return [
        Operation(
            within(named, f"part:{place}") if place else named,
            at,
            part,
            reason,
            ACTOR,
            about,
            messages=messages if not place else (),
        )
        for place, part in enumerate(parts)
    ]


def _legs(entry: Entry, subject: str, plan: Plan) -> Iterable[Leg]:
    if isinstance(entry, Draw):
        yield from _drawn(entry, plan)
        return
    purse = purse_of(plan, entry.unit, subject)
    match entry:
        case Earn(_, amount, _, active_at, expires_at):
            # What waits for something may outlive its term; what waits for a day that comes after it never counts.
            active = active_at if active_at < expires_at else ledger.FOREVER
            yield Post(world(purse.unit, "issued"), purse, amount, active, expires_at)
        case TakeBack(_, amount, lot):
            yield ledger.Reverse(lot, amount)
        case Spend(_, amount, what):
            yield Post(purse, world(purse.unit, what), amount)
        case Owe(_, amount):
            yield Post(world(purse.unit, "owed"), debt_of(plan, entry.unit, subject), amount)
        case Repay(_, amount):
            yield Post(debt_of(plan, entry.unit, subject), world(purse.unit, "owed"), amount)
        case Activate(_, lot, active_at):
            yield ledger.Activate(lot, active_at)
        case Expire(_, _, lot):
            yield ledger.Expire(lot)


def _drawn(entry: Draw, plan: Plan) -> Iterable[Leg]:
    rule = next(rule for rule in plan.programme.rules if rule.id == entry.rule)
    limit = shared_limit(plan, entry.rule, entry.since)
    used = world(limit.unit, "used")
    if entry.amount > 0:
        yield Post(limit, used, entry.amount, granted=rule.budget.amount if rule.budget else None)
    else:
        yield Post(used, limit, -entry.amount)


def accounts(plan: Plan, subject: str) -> Mapping[str, Account]:
    """The member's purses by unit."""
    return {unit.id: purse_of(plan, unit.id, subject) for unit in plan.programme.units}
