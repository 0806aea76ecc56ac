"""The versions of the offers, ready to quote with.

Every use asks the database for the version in force: one row by an index, so that a version is in force everywhere with the
transaction that publishes it, one that begins later begins on time, and nobody has to tell the workers. What the row names is
compiled once in a process. Whoever quotes asks once and keeps what was answered: no request sees two versions.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.core.declarations import Context, load, parse
from regulars.core.offers import Catalogue, Offers
from regulars.core.says import Says
from regulars.promotions.models import Draft, Version
from regulars.storage import versions as kept
from regulars.storage.versions import DraftFacts, VersionFacts

# Ids of tiers with their names, as the loyalty programme has them.
Tiers = tuple[tuple[str, Says], ...]
_KEY = ("number", "zone", "currency", "digest")


def published() -> list[VersionFacts]:
    """All versions, the newest first."""
    return kept.published(Version)


def version(number: int) -> VersionFacts | None:
    """One version."""
    return kept.version(Version, number)


def draft() -> DraftFacts | None:
    """What is being written, if anything is."""
    return kept.draft(Draft)


def in_force(at: datetime, tiers: Tiers = ()) -> Catalogue | None:
    """The offers in force at an instant, which call tiers by these names; None before the first version."""
    key = Version.objects.filter(since__lte=at).order_by("-since").values_list(*_KEY).first()
    return _catalogue(*key, tiers) if key else None


def numbered(number: int, tiers: Tiers = ()) -> Catalogue | None:
    """The offers of a version by its number."""
    key = Version.objects.filter(pk=number).values_list(*_KEY).first()
    return _catalogue(*key, tiers) if key else None


def offers_of(text: str, currency: str, zone: str, tiers: Mapping[str, Says] | None = None) -> Offers:
    """Offers as their document says. Where ``tiers`` are given, others are unknown. Raises Faulty."""
    known = {} if tiers is None else {"tiers": tiers}
    found: Offers = parse(Offers, load(text), Context(currency, ZoneInfo(zone), known))
    return found


@lru_cache(maxsize=16)
def _catalogue(number: int, zone: str, currency: str, digest: str, tiers: Tiers) -> Catalogue:
    """What was published is read without asking which tiers there are: the programme may have changed since."""
    text = Version.objects.values_list("text", flat=True).get(pk=number)
    context = Context(currency, ZoneInfo(zone), {"tiers": dict(tiers)})
    catalogue = Catalogue(offers_of(text, currency, zone), ZoneInfo(zone), currency, context, number)
    # Compiled before anybody has it: threads that share it must number its filters alike.
    assert catalogue.ready is not None
    return catalogue
