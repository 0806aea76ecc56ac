"""The programme's versions, ready to decide with."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.core.declarations import Context, load, parse
from regulars.core.programme import Plan, Programme, Versions
from regulars.membership.models import Draft, Version
from regulars.storage import versions as kept
from regulars.storage.versions import DraftFacts, VersionFacts


def published() -> list[VersionFacts]:
    """All versions, the newest first."""
    return kept.published(Version)


def version(number: int) -> VersionFacts | None:
    """One version."""
    return kept.version(Version, number)


def draft() -> DraftFacts | None:
    """What is being written, if anything is."""
    return kept.draft(Draft)


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
