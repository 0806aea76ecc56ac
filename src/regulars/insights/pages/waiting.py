"""What pages say while there are no figures, or older ones than the orders."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.insights.queries import manifest
from regulars.insights.queries.refusals import refusal
from regulars.orders import queries as orders
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
