"""Publishing the shop's offers."""

from collections.abc import Mapping
from datetime import datetime

from regulars.core.says import Says
from regulars.flows.quoting import tiers
from regulars.promotions import actions as promotions
from regulars.shop import queries as shops
from regulars.shop.actions import record
from regulars.storage.transactions import run_tx
from regulars.web.access import Actor


def put_in_force(
    text: str, *, since: datetime, note: str = "", by: Actor, at: datetime, numbered: int | None = None
) -> int:
    """Publish offers from ``since`` on; answers the version's number. Every worker quotes with them from then on.

    Raises Faulty and ``storage.versions.Refused``; then the version in force stays.
    """
    shop = shops.require_shop()

    def verb() -> int:
        number = promotions.publish(
            text, since=since, note=note, shop=shop, tiers=known_tiers(since), by=by.subject, at=at, numbered=numbered
        )
        told = {"version": str(number), "since": since.isoformat(), "note": note}
        record(by, "offers.published", f"version {number}", told, at=at)
        return number

    return run_tx(verb)


def known_tiers(at: datetime) -> Mapping[str, Says] | None:
    """The tiers that offers may name, by id; None (any) where the shop has no programme."""
    found = tiers(at)
    return None if found is None else dict(found)
