"""Which accounts of the ledger a programme's points, credit, debts and shared limits are; and what lies in them."""

from collections.abc import Iterable, Mapping

from regulars.core.member import Event, Lot, OrderEvent
from regulars.core.points import Draw
from regulars.core.programme import Outcome, Plan
from regulars.core.programme.document import Purse
from regulars.ledger.facts import Account, account
from regulars.ledger.queries.limits import left_of
from regulars.ledger.queries.lots import lots_of


def purse_of(plan: Plan, unit: str, subject: str) -> Account:
    """A member's account of a unit: points by the unit's id, credit in the programme's currency."""
    told = plan.unit(unit)
    if told.purse is Purse.CREDIT:
        return account("credit", plan.currency, f"{plan.programme.id}:{told.id}", subject)
    return account("points", told.id, plan.programme.id, subject)


def debt_of(plan: Plan, unit: str, subject: str) -> Account:
    """The account of what a member owes of a unit."""
    purse = purse_of(plan, unit, subject)
    return Account("debt", purse.unit, purse.reference, subject)


def shared_limit(plan: Plan, rule: str, since: int) -> Account:
    """The account of what a rule may still give to all members together in a period, which begins on ``since``."""
    told = next(one for one in plan.programme.rules if one.id == rule)
    return Account("limit", purse_of(plan, told.unit, "").unit, f"{plan.programme.id}:{rule}:{since}")


def wallets(plan: Plan, subjects: Iterable[str]) -> dict[str, tuple[Lot, ...]]:
    """The lots of members by subject key, first to expire first, in one query."""
    named = {
        purse_of(plan, unit.id, subject).id: (subject, unit.id) for subject in subjects for unit in plan.programme.units
    }
    found: dict[str, list[Lot]] = {}
    for purse, lots in lots_of(named).items():
        subject, unit = named[purse]
        own = found.setdefault(subject, [])
        own += [Lot(lot.id, unit, lot.remaining, lot.active_at, lot.expires_at, lot.held) for lot in lots]
    return {subject: tuple(sorted(lots, key=Lot.order)) for subject, lots in found.items()}


class Budgets:
    """What rules may still give to all members together, while a batch is decided one event after the other."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    def left(self, event: Event, plan: Plan) -> Mapping[str, int]:
        """By rule, in the period of an event's day."""
        found = {}
        for rule in plan.programme.rules:
            if rule.budget:
                day = (
                    plan.day(event.purchase.paid_at or event.at)
                    if isinstance(event, OrderEvent)
                    else plan.day(event.at)
                )
                account = shared_limit(plan, rule.id, plan.period_begins(rule.budget.per, day)).id
                if account not in self._left:
                    self._left |= left_of({account: rule.budget.amount})
                found[rule.id] = self._left[account]
        return found

    def count(self, outcome: Outcome, plan: Plan) -> None:
        """Take off what an outcome draws."""
        for entry in outcome.entries:
            if isinstance(entry, Draw):
                account = shared_limit(plan, entry.rule, entry.since).id
                self._left[account] = self._left.get(account, 0) - entry.amount
