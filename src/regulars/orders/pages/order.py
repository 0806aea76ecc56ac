"""What the page of one order shows: how its totals come about, who bears its discounts, where it came from."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from regulars.catalog import queries as catalog
from regulars.core.facts import Attributes, Discount
from regulars.customers import queries as customers
from regulars.orders.models import Order
from regulars.orders.pages.table import TONES, customer_address
from regulars.orders.queries.listing import LineView, OrderDetail, OrderView


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with its product's name."""

    line: LineView
    title: str
    about: str
    discounts: tuple[tuple[str, int], ...]

    @property
    def to_pay(self) -> int:
        """What the customer pays for the line: also what others bear is off."""
        return self.line.net_amount - self.line.funded_amount


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the list amount to what was paid; ``is_sum`` for the sums between."""

    label: str
    amount: int
    is_sum: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Borne:
    """What one kind of discount comes to, and who bears it."""

    label: str
    code: str
    bearer: str
    amount: int


def kind_label(kind: str) -> str:
    """A kind of discount in words; a shop's own kinds stay as they are."""
    known = {
        "member_price": _("Member price"),
        "coupon": _("Coupon"),
        "coupon_match": _("Coupon match"),
        "offer": _("Promotion"),
        "promotion": _("Promotion"),
        "manual": _("Manual discount"),
        "discount": _("Discount"),
        "points": _("Points"),
    }
    return known.get(kind, kind)


def bearer_label(funded_by: str) -> str:
    known = {
        "shop": _("the shop"),
        "manufacturer": _("the maker"),
        "maker": _("the maker"),
        "supplier": _("the supplier"),
        "platform": _("the platform"),
    }
    return known.get(funded_by, funded_by)


def order_context(detail: OrderDetail) -> dict[str, Any]:
    order = detail.order
    names = customers.names_known([order.customer_id])
    customer = order.customer_id if names else None
    return {
        "order": order,
        "state_label": dict(Order.State.choices)[order.state],
        "state_tone": TONES[order.state],
        "customer": customer,
        "customer_name": names.get(order.customer_id, _("Walk-in")),
        "customer_address": customer_address(customer),
        "lines": _lines(detail),
        "steps": steps(order),
        "borne": borne(detail),
        "states": _states(detail),
        "attributes": plain(detail.attributes),
    }


def plain(attributes: Attributes) -> list[tuple[str, str]]:
    """The attributes that read as one value each, by name."""
    return sorted(
        (name, str(value))
        for name, value in attributes.items()
        if not isinstance(value, (dict, list)) and value not in ("", None)
    )


def _lines(detail: OrderDetail) -> list[ShownLine]:
    names = catalog.names(line.product_id for line in detail.lines if line.product_id)
    shown = []
    for line in detail.lines:
        name = names.get(line.product_id) if line.product_id else None
        title = line.title or (name.title if name else "") or line.sku or _("Unknown product")
        about = " · ".join(
            part for part in (line.sku, name.brand if name else "", name.category if name else "") if part
        )
        discounts = tuple((f"{kind_label(d.kind)} {d.code}".strip(), d.amount) for d in line.discounts)
        shown.append(ShownLine(line, title, about, discounts))
    return shown


def steps(order: OrderView) -> list[Step]:
    """From the list amount to what was paid; each sum is exactly the steps above it."""
    found = [Step(_("Goods at list price"), order.list_amount)]
    if order.discount_amount:
        found.append(Step(_("Discounts the shop bears"), -order.discount_amount))
    found.append(Step(_("Net sales"), order.net_amount, is_sum=True, hint=_("what the shop earns on goods")))
    if order.funded_amount:
        found.append(Step(_("Discounts others bear"), -order.funded_amount))
    if order.shipping_amount:
        found.append(Step(_("Shipping"), order.shipping_amount))
    if order.tax_amount and not order.tax_included:
        found.append(Step(_("Tax"), order.tax_amount))
    extra = 0 if order.tax_included else order.tax_amount
    if other := order.paid_amount - (order.net_amount - order.funded_amount + order.shipping_amount + extra):
        found.append(Step(_("Difference to what the source states"), other))
    found.append(Step(pgettext("amount", "Paid"), order.paid_amount, is_sum=True))
    if order.refunded_amount:
        found.append(Step(_("Refunded"), -order.refunded_amount))
        found.append(Step(_("Kept"), order.paid_amount - order.refunded_amount, is_sum=True))
    return found


def borne(detail: OrderDetail) -> list[Borne]:
    """The order's discounts by kind, code and bearer, the largest first."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    stated: tuple[Discount, ...] = tuple(d for line in detail.lines for d in line.discounts) or detail.discounts
    for discount in stated:
        sums[discount.kind, discount.code, discount.funded_by] += discount.amount
    found = [Borne(kind_label(kind), code, bearer_label(by), amount) for (kind, code, by), amount in sums.items()]
    return sorted(found, key=lambda item: -item.amount)


def _states(detail: OrderDetail) -> list[dict[str, Any]]:
    """The states for the timeline, the newest first."""
    labels = dict(Order.State.choices)
    entries = [
        {
            "at": state.at,
            "icon": "circle-check",
            "title": labels.get(state.state, state.state),
            "tone": TONES.get(state.state, "plain"),
        }
        for state in detail.states
    ]
    placed = {"at": detail.order.placed_at, "icon": "shopping-bag", "title": _("Order placed"), "tone": "plain"}
    return [*reversed(entries), placed]
