"""The list of orders: its columns, its filters, and how they become a question to ``queries.browsing``."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django_tables2 as tables
from django import forms
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from regulars.core.money import exponent
from regulars.customers.queries import numbers as customer_numbers
from regulars.orders.models import Order
from regulars.orders.queries import browsing
from regulars.web import formats
from regulars.web.access import SERVICE
from regulars.web.days import known_year
from regulars.web.lists import Empty, Link, List, Moment, Money, Number, Query, Rows, Tag, Text

TONES = {
    **{"pending": "warn", "paid": "info", "shipped": "info", "delivered": "good", "completed": "good"},
    **{"cancelled": "plain", "partly_refunded": "warn", "refunded": "bad"},
}


def customer_address(identifier: UUID | None) -> str | None:
    """The page of a customer, where the room that has it is there; a walk-in (None) has none."""
    try:
        return reverse("customer", args=[identifier]) if identifier else None
    except NoReverseMatch:
        return None


class Buyer(Link):
    """Who bought; the orders of walk-ins name nobody."""

    def shown(self, value: Any, record: Any) -> Any:
        return value or _("Walk-in")

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return self.shown(value, record)


class OrderTable(tables.Table):
    number = Text(_("Order"), linkify=lambda record: reverse("order", args=[record.id]), card="title")
    placed_at = Moment(_("Placed"))
    customer_name = Buyer(
        _("Customer"), linkify=lambda record: customer_address(record.customer_id), orderable=False, empty_values=()
    )
    state = Tag(_("State"), labels=dict(Order.State.choices), tones=TONES)
    channel = Text(_("Channel"), card="none")
    store = Text(_("Store"), card="none")
    line_count = Number(_("Items"), card="none")
    discount_amount = Money(_("Discounts"), card="none", orderable=False)
    paid_amount = Money(pgettext_lazy("amount", "Paid"), card="end")


class SoughtTable(OrderTable):
    """Orders sought by a product or category: what these lines bring, as figures sum them."""

    sought_amount = Money(_("Net sales of these lines"), orderable=False)


def _day(label: Any) -> forms.DateField:
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=picker, validators=[known_year])


class OrderFilters(forms.Form):
    """All optional; ``customer``, ``product`` and ``category`` come from links on other pages."""

    since = _day(_("From"))
    until = _day(_("To"))
    state = forms.ChoiceField(label=_("State"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    store = forms.CharField(label=_("Store"), required=False, max_length=60)
    discounted = forms.ChoiceField(
        label=_("Discounted"),
        required=False,
        choices=[("", _("All")), ("yes", _("With a discount")), ("no", _("At list price"))],
    )
    least = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)
    most = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)
    customer = forms.UUIDField(label=_("Customer"), required=False, widget=forms.HiddenInput)
    product = forms.UUIDField(label=_("Product"), required=False, widget=forms.HiddenInput)
    category = forms.CharField(label=_("Category"), required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("All"))
        self.fields["state"].choices = [
            every,
            (browsing.COUNTED, _("All that count as purchases")),
            *Order.State.choices,
        ]  # type: ignore[attr-defined]
        self.fields["channel"].choices = [every, *((name, name) for name in browsing.choices("channel"))]  # type: ignore[attr-defined]
        if stores := browsing.choices("store"):
            self.fields["store"] = forms.ChoiceField(
                label=_("Store"), required=False, choices=[every, *((s, s) for s in stores)]
            )


class OrderList(List):
    name, title = "orders", _("Orders")
    subtitle = _("Every order of every channel, the newest first.")
    table, filters, sort = OrderTable, OrderFilters, "-placed_at"
    search = ()
    placeholder = _("Order number, customer or product")
    nothing_yet = Empty(
        "shopping-bag",
        _("No orders yet"),
        _("Import the orders of your shop, or let it send them through the API. Everything else grows from them."),
        _("Import orders"),
        "imports",
    )
    csv_columns = {"customer_number": Text(_("Customer id"), orderable=False)}

    def __init__(self, request: HttpRequest, **scope: Any) -> None:
        super().__init__(request, **scope)
        if self.query.filters.keys() & {"product", "category"}:
            self.table = SoughtTable  # type: ignore[misc]

    @cached_property
    def orders(self) -> browsing.Found:
        return browsing.Found(self._wanted(self.query))

    def rows(self, query: Query) -> Sequence[browsing.OrderRow]:
        return Rows(self.orders.count, lambda offset, limit: self.orders.rows(query.sort, offset, limit))

    @cached_property
    def form(self) -> forms.Form | None:
        form, said = super().form, {"currency": self.request.shop.currency}  # type: ignore[attr-defined]
        assert form is not None
        form.fields["least"].label = gettext("Paid at least (%(currency)s, the shop's currency)") % said
        form.fields["most"].label = gettext("Paid at most (%(currency)s, the shop's currency)") % said
        return form

    @property
    def note(self) -> str:
        currency: str = self.request.shop.currency  # type: ignore[attr-defined]
        if (amount := self.orders.sought_amount(currency)) is None:
            return ""
        said = gettext("The lines sought come to %(money)s in all orders found, before refunds.")
        return said % {"money": formats.money(amount, currency)}

    def chunks(self) -> Iterator[list[Any]]:
        """For the CSV: with the buyers' ids, which their names do not tell apart."""
        for chunk in super().chunks():
            numbers = customer_numbers(order.customer_id for order in chunk if order.customer_id)
            yield [replace(order, customer_number=numbers.get(order.customer_id, "")) for order in chunk]

    def _wanted(self, query: Query) -> browsing.Wanted:
        shop, asked = self.request.shop, query.filters  # type: ignore[attr-defined]
        scale = 10 ** exponent(shop.currency)
        return browsing.Wanted(
            zone=ZoneInfo(shop.zone),
            text=query.search,
            by_contact=self.request.actor.role in SERVICE,  # type: ignore[attr-defined]
            is_discounted={"yes": True, "no": False}.get(asked.get("discounted", "")),
            least_amount=_minor(asked.get("least"), scale),
            most_amount=_minor(asked.get("most"), scale),
            currency=shop.currency,
            **{
                name: asked[name]
                for name in ("since", "until", "state", "channel", "store", "customer", "product", "category")
                if name in asked
            },
        )


def _minor(amount: Decimal | None, scale: int) -> int | None:
    return None if amount is None else int(amount * scale)
