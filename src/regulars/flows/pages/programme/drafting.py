"""The draft as pages see it: its text, the programme that it stands for or what is wrong with it, and what to think over."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from regulars.core.declarations import Change, Context, diff, load, plain
from regulars.core.faults import Fault, Faulty
from regulars.core.programme import Plan, Programme
from regulars.core.programme.advice import advice
from regulars.flows.pages.programme.parts import checked
from regulars.membership import queries as membership
from regulars.membership.queries import VersionFacts
from regulars.shop.queries import ShopFacts, require_shop


@dataclass(frozen=True)
class Draft:
    """What is being written. ``revision`` is 0 where nobody has begun."""

    text: str
    revision: int
    changed_at: datetime | None
    changed_by: str
    shop: ShopFacts

    @cached_property
    def context(self) -> Context:
        return context_of(self.shop)

    @cached_property
    def _read(self) -> tuple[Programme | None, tuple[Fault, ...]]:
        try:
            return checked(load(self.text), self.context)
        except Faulty as faulty:
            return None, faulty.faults

    @property
    def programme(self) -> Programme | None:
        return self._read[0]

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._read[1]

    @cached_property
    def plan(self) -> Plan | None:
        return plan_of(self.programme, self.shop) if self.programme else None

    @property
    def document(self) -> dict[str, Any]:
        """What it says, as forms change it: remarks of the text are not part of it."""
        return plain(self.programme, self.context) if self.programme else {}

    def advice(self, at: datetime) -> tuple[Fault, ...]:
        """What is worth a second look."""
        return advice(self.plan, at.astimezone(self.plan.zone).date()) if self.plan else ()

    @cached_property
    def published(self) -> VersionFacts | None:
        """The newest version, which the draft would follow."""
        return next(iter(membership.published()), None)

    @cached_property
    def changes(self) -> list[Change]:
        """What differs from the newest version."""
        if self.programme is None or self.published is None:
            return []
        return compared(self.published.text, self.programme, self.shop)


def draft() -> Draft | None:
    """What is being written, None where nobody has begun."""
    kept, shop = membership.draft(), require_shop()
    return kept and Draft(kept.text, kept.revision, kept.changed_at, kept.changed_by, shop)


def context_of(shop: ShopFacts) -> Context:
    return Context(shop.currency, ZoneInfo(shop.zone))


def plan_of(programme: Programme, shop: ShopFacts, since: datetime | None = None, version: int = 0) -> Plan:
    return Plan(programme, ZoneInfo(shop.zone), shop.currency, version, since)


def compared(before: str, after: Programme, shop: ShopFacts) -> list[Change]:
    """What differs from a published text, which was checked when it was published."""
    context = context_of(shop)
    old, _ = checked(load(before), context)
    return diff(old, after, context) if old else []
