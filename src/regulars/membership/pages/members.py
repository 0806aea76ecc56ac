"""The list of members, and everything that was decided for one of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from regulars.core.programme import Plan, Versions
from regulars.customers import queries as customers
from regulars.membership import queries as programme
from regulars.membership.pages.words import items, titles
from regulars.membership.queries import explaining, listing
from regulars.membership.queries.listing import MemberRow, Wanted
from regulars.membership.queries.standing import is_member
from regulars.orders.queries.clock import shop_time
from regulars.shop.queries import require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, SERVICE, page
from regulars.web.days import known_year
from regulars.web.lists import Day, Empty, List, Number, Query, Rows, Text

PAGE = 50


class Points(Number):
    """A balance of the first point type: whole points, or money."""

    def render(self, value: Any, record: Any, table: Any) -> Any:
        plan: Plan = table.plan
        if listing.is_money(plan):
            return formats.money(value, plan.currency)
        # The heading names the unit, which a phone does not show.
        return format_html('{}<span class="d-md-none"> {}</span>', formats.number(value), unit_name(plan))


class Tier(Text):
    """What the tier is called, with a mark where it is about to be lost."""

    def shown(self, value: Any, record: Any) -> Any:
        name = value.to(get_language() or "en")
        return format_html('{} <span class="tag tag-warn">{}</span>', name, _("at risk")) if record.at_risk else name

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return value.to(get_language() or "en")


def unit_name(plan: Plan) -> str:
    """What the first point type is called."""
    return plan.unit("").name.to(get_language() or "en")


def _page_of(record: MemberRow) -> str:
    return f"{reverse('customer', args=[record.customer])}#membership"


class MemberTable(tables.Table):
    name = Text(gettext_lazy("Member"), linkify=_page_of, card="title")
    tier = Tier(gettext_lazy("Tier"), accessor="tier_name", order_by="tier")
    points = Points(pgettext_lazy("balance", "Points"), card="end")
    joined_on = Day(gettext_lazy("Joined"))
    tier_until = Day(gettext_lazy("Tier until"), card="none")


def _day(label: Any) -> forms.DateField:
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=picker, validators=[known_year])


class MemberFilters(forms.Form):
    tier = forms.MultipleChoiceField(label=gettext_lazy("Tier"), required=False)
    joined_from = _day(gettext_lazy("Joined from"))
    joined_to = _day(gettext_lazy("Joined to"))
    at_risk = forms.BooleanField(label=gettext_lazy("About to lose their tier"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = programme.versions()
        ladder = known.plans[-1].programme.ladder if known else None
        language = get_language() or "en"
        tiers = [(tier.id, tier.name.to(language)) for tier in (ladder.tiers if ladder else ())]
        self.fields["tier"].choices = [*tiers, ("none", _("no tier"))]  # type: ignore[attr-defined]


class MemberList(List):
    name, title = "members", gettext_lazy("Members")
    subtitle = gettext_lazy("Everyone who takes part in the programme: tier, points, and who is about to lose a tier.")
    table, filters, sort = MemberTable, MemberFilters, "-joined_on"
    search = ()
    placeholder = gettext_lazy("Name, e-mail, phone or number")
    nothing_yet = Empty(
        "id-card",
        gettext_lazy("No members yet"),
        gettext_lazy("Customers become members with the first thing that the published programme counts."),
        gettext_lazy("See the programme"),
        "programme",
    )

    @cached_property
    def plan(self) -> Plan:
        known: Versions = self.scope["versions"]
        at = shop_time(require_shop(), timezone.now())
        return known.at(at) or known.plans[-1]

    @cached_property
    def today(self) -> int:
        return self.plan.day(shop_time(require_shop(), timezone.now()))

    def rows(self, query: Query) -> Sequence[MemberRow]:
        wanted = self._wanted(query)
        return Rows(
            lambda: listing.count(wanted, self.plan, self.today),
            lambda offset, limit: listing.listed(wanted, self.plan, self.today, query.sort, offset, limit),
        )

    def _wanted(self, query: Query) -> Wanted:
        by_contact = self.request.actor.role in SERVICE  # type: ignore[attr-defined]
        hits = customers.search(query.search, 200, by_contact=by_contact) if query.search else []
        asked = query.filters
        return Wanted(
            query.search,
            tuple(hit.id for hit in hits),
            tuple("" if tier == "none" else tier for tier in asked.get("tier", ())),
            asked.get("joined_from"),
            asked.get("joined_to"),
            bool(asked.get("at_risk")),
        )

    def _table(self, rows: list[Any]) -> tables.Table:
        table = super()._table(rows)
        table.plan = self.plan
        name = unit_name(self.plan)
        table.columns["points"].column.verbose_name = name[:1].upper() + name[1:]
        return table


@page(EVERYONE)
def members(request: HttpRequest) -> HttpResponseBase:
    if (known := programme.versions()) is None:
        return render(request, "membership/no_programme.html", {"page_title": MemberList.title})
    return MemberList(request, versions=known).response()


@page(EVERYONE)
def why(request: HttpRequest, customer: UUID) -> HttpResponse:
    """Everything that was decided for a member, the newest first, each with the version that decided."""
    survivor, known = customers.canonical_id(customer), programme.versions()
    if survivor is None or known is None:
        raise Http404
    if survivor != customer:
        return redirect("membership_why", survivor)
    if not is_member(customer):
        raise Http404
    number, count = _number(request.GET.get("page", "")), explaining.count(customer)
    told = explaining.decided(customer, known, (number - 1) * PAGE, PAGE)
    context = {
        "name": customers.names([customer])[customer], "customer": customer, "items": items(told, titles(told, customer)),
        "count": count, "older": number + 1 if number * PAGE < count else 0, "newer": number - 1,
    }  # fmt: skip
    return render(request, "membership/why.html", context)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1
