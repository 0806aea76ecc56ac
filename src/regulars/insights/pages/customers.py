"""Lists of customers: all of them, those who are leaving, the premium ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Case, F, FloatField, Q, QuerySet, When
from django.http import HttpRequest, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from regulars.core.money import exponent
from regulars.customers.queries import numbers as customer_numbers
from regulars.customers.queries import said
from regulars.insights.models import CustomerProfile, RfmSegment, RhythmState, SavedSegment
from regulars.insights.pages.words import (
    SEGMENT_TONES,
    SEGMENTS,
    STATE_TONES,
    STATES,
    defined,
    sees_contacts,
    shown_handle,
)
from regulars.insights.queries import customers as queries
from regulars.web.access import EVERYONE, MARKETERS, Actor, page
from regulars.web.columns import Growth
from regulars.web.lists import Bar, Day, Days, Empty, List, Money, Number, Percent, Query, Tag, Text

_DAY = forms.DateInput(attrs={"type": "date"})


def _page_of(record: CustomerProfile) -> str:
    return reverse("customer", args=[record.pk])


class Name(Text):
    """The name, with the contact under it as the reader may see it."""

    def render(self, value: Any, record: Any, table: Any) -> Any:
        actor: Actor = table.request.actor
        record.contact = (
            shown_handle(record.email or record.phone, actor) if record.email or record.phone else record.city
        )
        return super().render(value, record)

    def shown(self, value: Any, record: Any) -> Any:
        return said(value)

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return said(value)


class Contact(Text):
    """A handle, masked for those who do not write to customers."""

    def render(self, value: Any, record: Any, table: Any) -> Any:
        return shown_handle(value, table.request.actor)

    def value(self, value: Any, record: Any, table: Any, **_rest: Any) -> Any:
        return shown_handle(value, table.request.actor) if value else value


class Leaf(Text):
    """The last part of a category's path; the CSV has all of it."""

    def shown(self, value: Any, record: Any) -> Any:
        return format_html('<span title="{}">{}</span>', value, value.split(" > ")[-1])


class UsualDays(Days):
    """The usual interval of those who came back; after one purchase day it is the shop's, nothing of theirs."""

    def shown(self, value: Any, record: Any) -> Any:
        return super().shown(value if record.gaps else None, record)

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return super().value(value, record) if record.gaps else None


class CustomerTable(tables.Table):
    name = Name(_("Customer"), linkify=_page_of, card="title", sub="contact")
    state = Tag(_("State"), labels=STATES, tones=STATE_TONES)
    segment = Tag(_("Segment"), labels=SEGMENTS, tones=SEGMENT_TONES, card="none", empty_values=(None, ""))
    net_amount = Money(_("Net sales"), card="end")
    orders = Number(_("Orders"))
    average_order_amount = Money(_("Average order"), card="none")
    usual_days = UsualDays(_("Usual interval"), card="none")
    last_day = Day(_("Last order"))


def _range(field: str, lookup: str, label: Any) -> django_filters.DateFilter:
    return django_filters.DateFilter(field_name=field, lookup_expr=lookup, label=label, widget=_DAY)


class CustomerFilters(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=RhythmState.choices)
    segment = django_filters.MultipleChoiceFilter(label=_("RFM segment"), choices=RfmSegment.choices)
    value_min = django_filters.NumberFilter(label=_("Net sales from"), method="from_value", min_value=0)
    value_max = django_filters.NumberFilter(label=_("Net sales to"), method="to_value", min_value=0)
    days_min = django_filters.NumberFilter(
        field_name="order_days", lookup_expr="gte", label=_("Purchase days, at least"), min_value=0
    )
    last_since = _range("last_day", "gte", _("Last order from"))
    last_until = _range("last_day", "lte", _("Last order to"))
    first_since = _range("first_day", "gte", _("First order from"))
    first_until = _range("first_day", "lte", _("First order to"))
    city = django_filters.CharFilter(lookup_expr="icontains", label=_("City"))
    category = django_filters.CharFilter(
        field_name="top_category", lookup_expr="icontains", label=_("Favourite category")
    )
    tag = django_filters.CharFilter(field_name="tags", method="by_tag", label=_("Tag"))
    consent = django_filters.ChoiceFilter(
        label=_("May be contacted by"),
        method="by_consent",
        choices=[
            ("email", _("E-mail")),
            ("sms", _("SMS")),
            ("social", _("Social messages")),
            ("phone", _("Phone calls")),
        ],
    )
    contact = django_filters.ChoiceFilter(
        label=_("Contact known"), method="by_contact", choices=[("any", _("E-mail or phone")), ("none", _("Neither"))]
    )
    r = django_filters.NumberFilter(widget=forms.HiddenInput)
    value_score = django_filters.NumberFilter(widget=forms.HiddenInput)

    class Meta:
        model = CustomerProfile
        fields: list[str] = []

    def _minor(self, value: Decimal) -> int:
        return int(value.scaleb(exponent(self.request.shop.currency)))

    def from_value(self, rows: QuerySet[Any], _name: str, value: Decimal) -> QuerySet[Any]:
        return rows.filter(net_amount__gte=self._minor(value))

    def to_value(self, rows: QuerySet[Any], _name: str, value: Decimal) -> QuerySet[Any]:
        return rows.filter(net_amount__lte=self._minor(value))

    def by_tag(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(tags__icontains=f'"{value.strip()}"')

    def by_consent(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return rows.filter(consents__contains=value)

    def by_contact(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        none = Q(email="", phone="")
        return rows.filter(none) if value == "none" else rows.exclude(none)


class Customers(List):
    """A list of profiles. Only those who may see handles can search by them."""

    table, filters, sort = CustomerTable, CustomerFilters, "-net_amount"
    nothing_yet = Empty(
        "users", _("No customers yet"), _("Import customers or orders; they appear here."), _("Import"), "imports"
    )

    def __init__(self, request: HttpRequest, **scope: Any) -> None:
        super().__init__(request, **scope)
        contacts = sees_contacts(request.actor)  # type: ignore[attr-defined]
        self.search = ("search",) if contacts else ("name",)  # type: ignore[misc]
        self.placeholder = _("Name, e-mail, phone or number") if contacts else _("Name of the customer")  # type: ignore[misc]

    def csv(self) -> StreamingHttpResponse:
        """The list as a contact list: with addresses and numbers, masked for those who do not write to customers."""
        # Sorted by what is masked, the rows would give it away.
        contacts = sees_contacts(self.request.actor)  # type: ignore[attr-defined]
        labels = {"email": _("E-mail"), "phone": _("Phone")}
        contact = {name: Contact(label, orderable=contacts) for name, label in labels.items()}
        self.csv_columns = {"number": Text(_("Customer id"), orderable=False), **contact}  # type: ignore[misc]
        return super().csv()

    def chunks(self) -> Iterator[list[Any]]:
        for chunk in super().chunks():
            numbers = customer_numbers(record.pk for record in chunk)
            for record in chunk:
                record.number = numbers.get(record.pk, "")
            yield chunk

    @property
    def currency(self) -> str:
        return self.request.shop.currency if self.request.shop else "CNY"  # type: ignore[attr-defined,no-any-return]


class AllCustomers(Customers):
    name, title = "customers", _("Customers")

    def rows(self, query: Query) -> QuerySet[Any]:
        return queries.profiles(self.currency)


class LeavingTable(tables.Table):
    name = Name(_("Customer"), linkify=_page_of, card="title", sub="contact")
    state = Tag(_("State"), labels=STATES, tones=STATE_TONES)
    net_365_amount = Money(_("At stake"), card="end")
    usual_days = UsualDays(_("Usual interval"))
    since_days = Days(_("Away for"))
    late_days = Days(_("Late by"), card="none")
    last_day = Day(_("Last order"), card="none")
    top_category = Leaf(_("Favourite category"), card="none")


class Leaving(Customers):
    name, title = "leaving", _("Leaving")
    subtitle = _("Customers who are late against their own rhythm, the most money first.")
    table, sort = LeavingTable, "-net_365_amount"
    nothing_yet = Empty(
        "circle-check", _("Nobody is late"), _("Every customer who ever bought is within their own rhythm.")
    )

    def rows(self, query: Query) -> QuerySet[Any]:
        return queries.late(self.currency)


class PremiumTable(tables.Table):
    value_rank = Number(_("Rank"), card="none")
    name = Name(_("Customer"), linkify=_page_of, card="title", sub="contact")
    net_365_amount = Money(_("Net sales, 1 year"), card="end")
    value_share = Percent(_("Share of sales"), digits=2)
    cumulated_share = Bar(_("Together"), card="none")
    order_days = Number(_("Purchase days"))
    state = Tag(_("State"), labels=STATES, tones=STATE_TONES)
    momentum = Growth(_("Momentum"), digits=0, card="none", order_by="momentum")
    discount_share = Percent(_("Discount depth"), card="none")
    top_category = Leaf(_("Favourite category"), card="none")


class Premium(Customers):
    name, title = "premium", _("Premium customers")
    subtitle = _("The few who bring the first half of a year's net sales, and whether they are about to stay.")
    table, sort = PremiumTable, "value_rank"
    nothing_yet = Empty(
        "gem", _("No sales in the last year"), _("Premium customers show once orders are in."), _("Import"), "imports"
    )

    def rows(self, query: Query) -> QuerySet[Any]:
        change = 1.0 * (F("net_90_amount") - F("net_before_90_amount")) / F("net_before_90_amount")
        return queries.premium(self.currency).annotate(momentum=_unless_zero("net_before_90_amount", change))


def _unless_zero(name: str, value: Any) -> Any:
    return Case(When(**{f"{name}__gt": 0}, then=value), default=None, output_field=FloatField())


@page(EVERYONE)
def customers(request: HttpRequest) -> HttpResponseBase:
    may_save = request.actor.role in MARKETERS  # type: ignore[attr-defined]
    return AllCustomers(request).response("insights/customers.html", {"may_save": may_save})


@page(EVERYONE)
def leaving(request: HttpRequest) -> HttpResponseBase:
    found = queries.stakes_by_state()
    stakes = [
        (STATES[s], found[s], STATE_TONES[s], f"?state={s}") for s in ("slowing", "at_risk", "lapsed") if s in found
    ]
    listed = [found[s] for s in ("slowing", "at_risk", "lapsed") if s in found]
    total = queries.Stake(sum(s.customers for s in listed), sum(s.net_365_amount for s in listed))
    context = {
        "stakes": stakes,
        "total": total,
        "definitions": {key: defined(key) for key in ("state", "at_stake", "rhythm")},
    }
    return Leaving(request).response("insights/leaving.html", context)


@page(EVERYONE)
def premium(request: HttpRequest) -> HttpResponseBase:
    shown = Premium(request)
    found = queries.stake(queries.premium(shown.currency))
    context = {"stake": found, "definition": defined("premium"), "buyers": queries.buyers(shown.currency).count()}
    return shown.response("insights/premium.html", context)


@dataclass(frozen=True, slots=True)
class CountedSegment:
    """A saved segment with the customers it holds now. ``href`` opens the list."""

    segment: SavedSegment
    customers: int
    href: str


def counted_segments(request: HttpRequest) -> list[CountedSegment]:
    """Saved segments, all counted in one query through the list's own filters."""
    saved = [(segment, _asked(segment)) for segment in queries.segments()]
    lists = [AllCustomers(_request_for(asked, request)).found for _segment, asked in saved]
    counts = queries.counts([rows for rows in lists if isinstance(rows, QuerySet)])
    return [
        CountedSegment(segment, count, f"{reverse('customers')}?{asked.urlencode()}")
        for (segment, asked), count in zip(saved, counts, strict=True)
    ]


def _asked(segment: SavedSegment) -> QueryDict:
    asked = QueryDict(mutable=True)
    for name, values in segment.parameters.items():
        asked.setlist(name, values)
    return asked


def _request_for(asked: QueryDict, request: HttpRequest) -> HttpRequest:
    """The reader's request, had they asked the customer list for this."""
    copy = HttpRequest()
    copy.GET, copy.path = asked, reverse("customers")
    copy.actor, copy.shop = request.actor, request.shop  # type: ignore[attr-defined]
    return copy
