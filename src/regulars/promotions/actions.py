"""Writing the offers down, and putting a version of them into force."""

from collections.abc import Mapping
from datetime import datetime

from regulars.core.says import Says
from regulars.promotions.models import Draft, Version
from regulars.promotions.queries.versions import offers_of
from regulars.shop.queries import ShopFacts
from regulars.storage import versions as kept
from regulars.storage.transactions import lock_name

PUBLISHING = "promotions:publishing"


def save_draft(text: str, *, revision: int, by: str, at: datetime) -> int:
    """Keep what is being written; answers its new revision. ``revision`` is the one that was changed, 0 for none.

    Raises Refused where somebody else changed it meanwhile.
    """
    return kept.save_draft(Draft, text, revision=revision, by=by, at=at)


def publish(
    text: str,
    *,
    since: datetime,
    note: str,
    shop: ShopFacts,
    tiers: Mapping[str, Says] | None,
    by: str,
    at: datetime,
    numbered: int | None = None,
) -> int:
    """Put offers into force from ``since`` on; answers the version's number. In the caller's transaction.

    ``tiers`` are those that offers may name (None: any); ``numbered`` is the number that whoever publishes expects.
    Raises Faulty and Refused; the version in force stays then.
    """
    lock_name(PUBLISHING)
    offers_of(text, shop.currency, shop.zone, tiers)
    return kept.add(
        Version, text, since=since, at=at, numbered=numbered, note=note, zone=shop.zone, currency=shop.currency,
        published_by=by,
    )  # fmt: skip
