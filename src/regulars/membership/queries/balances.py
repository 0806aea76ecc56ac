"""What a member has of each point type at an instant."""

from dataclasses import dataclass
from datetime import datetime

from regulars.core.member import Member
from regulars.core.programme import Plan
from regulars.core.programme.plan import FOREVER


@dataclass(frozen=True, slots=True)
class Balance:
    """One point type of a member, in its smallest unit: points, minor units of the programme's currency.

    ``held`` is set aside for open redemptions; ``expiring`` goes at ``expires_at``, the next instant at which any of it does.
    """

    unit: str
    spendable: int
    pending: int
    held: int
    expiring: int
    expires_at: datetime | None
    owed: int


def balances(member: Member, plan: Plan, at: datetime) -> tuple[Balance, ...]:
    """Every point type of a programme, in the order in which they are written."""
    return tuple(_balance(unit.id, member, at) for unit in plan.programme.units)


def _balance(unit: str, member: Member, at: datetime) -> Balance:
    lots = [lot for lot in member.lots if lot.unit == unit and lot.expires_at > at]
    active = [lot for lot in lots if lot.active_at <= at]
    first = min((lot.expires_at for lot in lots), default=FOREVER)
    return Balance(
        unit,
        spendable=sum(lot.free for lot in active),
        pending=sum(lot.remaining for lot in lots if lot.active_at > at),
        held=sum(lot.held for lot in active),
        expiring=sum(lot.remaining for lot in lots if lot.expires_at == first) if first < FOREVER else 0,
        expires_at=first if first < FOREVER else None,
        owed=dict(member.owed).get(unit, 0),
    )
