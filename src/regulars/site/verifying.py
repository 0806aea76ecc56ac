"""``regulars verify``: every room's own check, in one list."""

from zoneinfo import ZoneInfo

from regulars.customers import queries as customers
from regulars.orders import queries as orders
from regulars.shop import queries as shop_queries


def verify_everything() -> list[str]:
    """A sentence for each thing that is stored twice and differs; empty when all agrees."""
    shop = shop_queries.shop()
    if shop is None:
        return []
    return [*customers.inconsistencies(), *orders.inconsistencies(ZoneInfo(shop.zone))]
