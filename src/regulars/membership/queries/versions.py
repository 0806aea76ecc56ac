"""The programme's versions, ready to decide with."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.core.declarations import Context, load, parse
from regulars.core.programme import Plan, Programme, Versions
from regulars.membership.models import Draft, Version


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One published version: in force from ``since`` until the next one's."""

    number: int
    programme: str
    since: datetime
    note: str
    published_at: datetime
    published_by: str
    text: str


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """The programme as it is being written. ``revision`` goes up with every change."""

    text: str
    revision: int
    changed_at: datetime
    changed_by: str


_COLUMNS = tuple(VersionFacts.__dataclass_fields__)


def published() -> list[VersionFacts]:
    """All versions, the newest first."""
    return [VersionFacts(*row) for row in Version.objects.order_by("-number").values_list(*_COLUMNS)]


def version(number: int) -> VersionFacts | None:
    """One version."""
    row = Version.objects.filter(pk=number).values_list(*_COLUMNS).first()
    return row and VersionFacts(*row)


def draft() -> DraftFacts | None:
    """What is being written, if anything is."""
    row = Draft.objects.filter(pk=1).values_list("text", "revision", "changed_at", "changed_by").first()
    return row and DraftFacts(*row)


def versions() -> Versions | None:
    """All versions to decide with; None where none is published. One small query; each is read once in a process."""
    keys = tuple(Version.objects.order_by("number").values_list("number", "since", "zone", "currency", "digest"))
    return _versions(keys) if keys else None


def rewarded_events() -> frozenset[str]:
    """The names of the events that any version rewards."""
    known = versions()
    return frozenset(name for plan in known.plans for name in plan.tasks) if known else frozenset()


def programme_of(text: str, currency: str, zone: str) -> Programme:
    """A programme as its document says. Raises Faulty."""
    found: Programme = parse(Programme, load(text), Context(currency, ZoneInfo(zone)))
    return found


@lru_cache(maxsize=4)
def _versions(keys: tuple[tuple[int, datetime, str, str, str], ...]) -> Versions:
    return Versions([_plan(*key) for key in keys])


@lru_cache(maxsize=64)
def _plan(number: int, since: datetime, zone: str, currency: str, digest: str) -> Plan:
    text = Version.objects.values_list("text", flat=True).get(pk=number)
    return Plan(programme_of(text, currency, zone), ZoneInfo(zone), currency, number, since)
