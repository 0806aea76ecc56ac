"""A shop without orders becomes the sample shop: its currency, zone, and the day of its newest order as today."""

from regulars.orders import queries as orders
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shops
from regulars.web.access import Actor


class ShopHasOrders(ValueError):
    """The shop has orders of its own, which the sample's would be mixed with."""


def adopt_sample(*, currency: str, zone: str, country: str, by: Actor) -> None:
    """Make this the sample shop. Raises ShopHasOrders where it is not and holds orders, NotSetUp before set-up."""
    if shops.require_shop().is_sample:
        return
    if orders.span() is not None:
        raise ShopHasOrders
    values = {"currency": currency, "zone": zone, "country": country, "as_of": "newest_order", "is_sample": True}
    shop_actions.update_settings(values, by=by)
