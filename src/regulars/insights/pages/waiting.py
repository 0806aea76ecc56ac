"""What pages say while there are no figures, or older ones than the orders."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.customers.queries import names
from regulars.insights.queries import manifest
from regulars.insights.queries.refusals import refusal
from regulars.membership.queries import checks
from regulars.orders import queries as orders
from regulars.web import formats
from regulars.web.access import MARKETERS
from regulars.web.navigation import Notice, notice


def without_figures(request: HttpRequest, title: str, customers: int = 0) -> HttpResponse:
    """A page that has nothing to show: no orders yet, orders that wait for their figures, or none that counts."""
    context = {"page_title": title, "customers": customers, "orders": orders.have_any()}
    return render(request, "insights/empty.html", {**context, "is_working": manifest() is None or orders.are_behind()})


@notice
def figures_behind(request: HttpRequest) -> Notice | None:
    """Lists of orders show an order at once, figures after the next refresh."""
    if found := refusal():
        said = _(
            "The figures stay as they were: one of them grew too large to be counted. Order %(number)s has the largest "
            "amount. Correct it where it came from and send it again, or cancel it; the figures follow by themselves."
        )
        return Notice(
            said % {"number": found.number}, "danger", reverse("order", args=[found.order_id]), _("See the order")
        )
    if manifest() is None or not orders.are_behind():
        return None
    return Notice(_("New orders have come in; the figures are being worked out and follow shortly."))


@notice
def members_differ(request: HttpRequest) -> Notice | None:
    """What the nightly self-check found, until one finds nothing: no balance may differ from its history unseen."""
    actor = request.actor  # type: ignore[attr-defined]
    told = checks.telling() if actor.role in MARKETERS else None
    if told is None or not told.findings:
        return None
    first = told.findings[0]
    places = {"tier": _("the tier"), "days": _("what counts towards tiers"), "lots": _("points and their terms")}
    said = ngettext(
        "The nightly check found %(count)s place where a member is stored otherwise than their history comes to: %(who)s "
        "(%(where)s). Nothing was changed; the log says what differs, and “regulars programme verify” checks again.",
        "The nightly check found %(count)s places where members are stored otherwise than their history comes to, first "
        "%(who)s (%(where)s). Nothing was changed; the log says what differs, and “regulars programme verify” checks again.",
        told.differences,
    )
    who = names([first.customer]).get(first.customer, "")
    text = said % {"count": formats.number(told.differences), "who": who, "where": places[first.where]}
    return Notice(text, "danger", reverse("customer", args=[first.customer]), _("See the customer"))
