"""What time it is in the shop: now, or for a shop that is closed or a sample, the end of its newest order's day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.core.expiry import day_begins_at
from regulars.orders.queries import purchases
from regulars.shop.queries import ShopFacts


def shop_time(shop: ShopFacts, at: datetime) -> datetime:
    """The instant that counts for balances, tiers and day ends, never later than ``at``."""
    if shop.as_of != "newest_order":
        return at
    newest = purchases.newest_placed_at()
    if newest is None:
        return at
    zone = ZoneInfo(shop.zone)
    ends = day_begins_at(newest.astimezone(zone).date() + timedelta(days=1), zone) - timedelta(microseconds=1)
    return min(at, ends.astimezone(UTC))
