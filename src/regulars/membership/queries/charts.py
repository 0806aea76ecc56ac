"""How members are spread over the tiers, and how they move between them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth

from regulars.core.programme import Plan
from regulars.membership.models import Member, TierMove


@dataclass(frozen=True, slots=True)
class MovesOfMonth:
    """How many climbed and how many fell in a month of the shop's calendar."""

    month: date
    up: int
    down: int


def spread(plan: Plan) -> list[tuple[str, int]]:
    """Members by tier, the lowest first; before them those of none, behind them those of tiers that are no more."""
    found = dict(Member.objects.values_list("tier").annotate(Count("pk")).order_by())
    ladder = plan.programme.ladder
    names = ["", *(tier.id for tier in (ladder.tiers if ladder else ()))]
    return [(name, found.pop(name, 0)) for name in names] + sorted(found.items())


def moves(plan: Plan, since: datetime) -> list[MovesOfMonth]:
    """Moves since an instant by month, months without any left out; of a tier that is no more, as if it were none."""
    rows = (
        TierMove.objects.filter(at__gte=since)
        .annotate(month=TruncMonth("at", tzinfo=plan.zone))
        .values_list("month", "before", "after")
        .annotate(Count("pk"))
        .order_by("month")
    )
    found: dict[date, list[int]] = {}
    for at, before, after, count in rows:
        up = _rank(plan, after) > _rank(plan, before)
        found.setdefault(at.date(), [0, 0])[0 if up else 1] += count
    return [MovesOfMonth(month, up, down) for month, (up, down) in found.items()]


def _rank(plan: Plan, tier: Any) -> int:
    return plan.ladder.rank(tier) if plan.ladder else -1
