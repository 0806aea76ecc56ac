"""What the nightly self-check found, and how far it is."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from regulars.membership.models import SelfCheck


class Finding(NamedTuple):
    """A member who is stored otherwise than their history comes to; ``where``: tier, days or lots."""

    customer: UUID
    where: str
    stored: str
    replayed: str


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """The check of a night; ``ended_at`` None while it goes on. ``findings`` are the first of ``differences``."""

    night: date
    last: UUID | None
    members: int
    of_members: int
    differences: int
    findings: tuple[Finding, ...]
    began_at: datetime
    ended_at: datetime | None


def newest() -> CheckFacts | None:
    """The newest check, ended or not."""
    return next(iter(_checks(1)), None)


def telling() -> CheckFacts | None:
    """The check that says how things stand: the newest that has ended, or has found something already."""
    return next((one for one in _checks(2) if one.ended_at or one.differences), None)


def _checks(limit: int) -> list[CheckFacts]:
    rows = SelfCheck.objects.order_by("-night").values(*CheckFacts.__dataclass_fields__)[:limit]
    return [CheckFacts(**row | {"findings": tuple(map(_finding, row["findings"]))}) for row in rows]


def _finding(told: list[str]) -> Finding:
    customer, *rest = told
    return Finding(UUID(customer), *rest)
