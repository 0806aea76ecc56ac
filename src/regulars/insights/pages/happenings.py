"""The timeline in words: each happening with its icon, title, text and tone."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.customers.queries import ConsentView, EventView, MergeView
from regulars.insights.pages.words import address
from regulars.insights.queries.customer import Happening
from regulars.orders.queries import OrderSummary
from regulars.web import formats

Entry = dict[str, Any]
ORDER_STATES = {
    "pending": gettext_lazy("Awaiting payment"),
    "paid": gettext_lazy("Paid"),
    "shipped": gettext_lazy("Shipped"),
    "delivered": gettext_lazy("Delivered"),
    "completed": gettext_lazy("Completed"),
    "cancelled": gettext_lazy("Cancelled"),
    "partly_refunded": gettext_lazy("Partly refunded"),
    "refunded": gettext_lazy("Refunded"),
}
ORDER_TONES = {"pending": "warn", "cancelled": "plain", "partly_refunded": "warn", "refunded": "bad"}
CHANNELS = {
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "social": gettext_lazy("Social messages"),
    "phone": gettext_lazy("Phone calls"),
    "profile": gettext_lazy("Personalisation"),
}
PURPOSES = {
    "marketing": gettext_lazy("Marketing"),
    "survey": gettext_lazy("Surveys"),
    "service": gettext_lazy("Service"),
}
# Segment's e-commerce events in words; others show under the name they came with.
EVENTS = {
    "Product Viewed": (gettext_lazy("Looked at a product"), "eye"),
    "Products Searched": (gettext_lazy("Searched"), "search"),
    "Product Added": (gettext_lazy("Put into the cart"), "shopping-cart"),
    "Product Removed": (gettext_lazy("Took out of the cart"), "shopping-cart"),
    "Cart Viewed": (gettext_lazy("Looked at the cart"), "shopping-cart"),
    "Checkout Started": (gettext_lazy("Began to check out"), "credit-card"),
    "Coupon Applied": (gettext_lazy("Applied a coupon"), "ticket-percent"),
    "Coupon Entered": (gettext_lazy("Entered a coupon"), "ticket-percent"),
    "Coupon Redeemed": (gettext_lazy("Redeemed a coupon"), "ticket-percent"),
    "Promotion Viewed": (gettext_lazy("Saw a promotion"), "megaphone"),
    "Promotion Clicked": (gettext_lazy("Followed a promotion"), "megaphone"),
    "Campaign Received": (gettext_lazy("Received a campaign"), "mail"),
    "Product Reviewed": (gettext_lazy("Reviewed a product"), "star"),
    "Order Completed": (gettext_lazy("Completed an order"), "shopping-bag"),
}


def entries(happenings: Iterable[Happening]) -> list[Entry]:
    """Entries of ``c-timeline``."""
    words = {"order": _order, "event": _event, "consent": _consent, "merge": _merge}
    return [{"at": h.at, **words[h.kind](h.what)} for h in happenings]


def _order(order: OrderSummary) -> Entry:
    where = " · ".join(part for part in (order.channel, order.store) if part)
    parts = (formats.money(order.net_amount, order.currency), str(ORDER_STATES.get(order.state, order.state)), where)
    return {
        "icon": "shopping-bag",
        "title": _("Order %(number)s") % {"number": order.number},
        "text": " · ".join(part for part in parts if part),
        "href": address("order", order.id),
        "tone": ORDER_TONES.get(order.state, "good"),
    }


def _event(event: EventView) -> Entry:
    title, icon = EVENTS.get(event.name, (event.name, "activity"))
    said = ("name", "title", "product_name", "query", "coupon_name", "coupon_id", "campaign", "campaign_id", "order_id")
    text = " · ".join(str(event.properties[key]) for key in said if event.properties.get(key))
    return {"icon": icon, "title": title, "text": text, "tone": "info"}


def _consent(consent: ConsentView) -> Entry:
    title = _("Agreed to %(purpose)s") if consent.granted else _("Withdrew consent to %(purpose)s")
    return {
        "icon": "shield-check" if consent.granted else "shield-off",
        "title": title % {"purpose": PURPOSES.get(consent.purpose, consent.purpose)},
        "text": str(CHANNELS.get(consent.channel, consent.channel)),
        "tone": "accent" if consent.granted else "warn",
    }


def _merge(merge: MergeView) -> Entry:
    title = _("%(name)s merged into this customer") % {"name": merge.absorbed_name}
    undone = _("undone on %(day)s") % {"day": formats.day(merge.undone_at)} if merge.undone_at else ""
    text = " · ".join(part for part in (merge.reason, merge.actor, undone) if part)
    return {"icon": "git-merge", "title": title, "text": text, "tone": "plain"}
