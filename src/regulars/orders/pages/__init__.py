"""The console's pages of orders: the list, and one order."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from regulars.orders.pages.order import order_context
from regulars.orders.pages.table import OrderList
from regulars.orders.queries import browsing, listing
from regulars.web import formats, search
from regulars.web.access import EVERYONE, Actor, page


@page(EVERYONE)
def orders(request: HttpRequest) -> HttpResponseBase:
    return OrderList(request).response()


@page(EVERYONE)
def order(request: HttpRequest, identifier: UUID) -> HttpResponse:
    detail = listing.order(identifier)
    if detail is None:
        raise Http404
    return render(request, "orders/order.html", order_context(detail))


@search.provider(_("Orders"), icon="shopping-bag")
def found_orders(text: str, limit: int, actor: Actor) -> list[search.Hit]:
    """Orders by number for the search in the page's head."""
    return [
        search.Hit(
            row.number,
            reverse("order", args=[row.id]),
            f"{row.customer_name or _('Walk-in')} · {formats.day(row.placed_at)}",
        )
        for row in browsing.by_number(text, limit)
    ]


urlpatterns = [
    path("orders/", orders, name="orders"),
    path("orders/<uuid:identifier>/", order, name="order"),
]
