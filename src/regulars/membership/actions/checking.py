"""How far the nightly self-check is, and what it found."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from regulars.membership.models import SelfCheck
from regulars.membership.queries.checks import CheckFacts, Finding

# What is told by name: a shop in which more is wrong has one thing to mend, not a thousand.
FINDINGS_MAX = 100


def begin(night: date, *, of_members: int, at: datetime) -> None:
    """Begin the check of a night, unless it began before."""
    SelfCheck.objects.get_or_create(night=night, defaults={"began_at": at, "of_members": of_members})


def advance(check: CheckFacts, last: UUID, *, members: int, found: Sequence[Finding]) -> bool:
    """Note what a part came to; False where somebody else noted it first, and nothing is noted twice."""
    told = [[one.customer.hex, *one[1:]] for one in (*check.findings, *found)[:FINDINGS_MAX]]
    return bool(
        SelfCheck.objects.filter(night=check.night, last=check.last, ended_at=None).update(
            last=last, members=check.members + members, differences=check.differences + len(found), findings=told
        )
    )


def end(check: CheckFacts, *, at: datetime) -> None:
    SelfCheck.objects.filter(night=check.night, ended_at=None).update(ended_at=at)
