"""What is allowed and yet worth a second look: advice on a programme. It refuses nothing.

A piece of advice has the form of a fault: path, reason, and what would mend it.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from regulars.core.faults import Fault
from regulars.core.programme.advice.balances import balances
from regulars.core.programme.advice.ladders import ladders
from regulars.core.programme.advice.margins import margins
from regulars.core.programme.advice.rewards import rewards
from regulars.core.programme.advice.rules import rules
from regulars.core.programme.plan import Plan

__all__ = ["advice"]


def advice(
    plan: Plan, today: date, *, margin: Fraction = Fraction(1), spends: Sequence[int] | None = None
) -> tuple[Fault, ...]:
    """Everything worth thinking over, in the order of the document.

    ``margin`` is what the shop keeps of an order's amount (``Fraction(30, 100)``): rules that can pay out more are named.
    ``spends`` is what each customer spent in a year, in minor units: with it, tiers that all or none of them reach and
    rewards that none of them can afford are named too.
    """
    found = [
        *balances(plan),
        *rules(plan, today),
        *margins(plan, margin),
        *ladders(plan, spends),
        *rewards(plan, today, spends),
    ]
    order = {name: place for place, name in enumerate(("units", "on_return", "rules", "ladder", "rewards", "referral"))}
    return tuple(sorted(found, key=lambda one: order.get(one.path.split("[")[0].split(".")[0], len(order))))
