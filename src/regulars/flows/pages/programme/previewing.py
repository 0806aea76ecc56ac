"""Trying the programme out: a customer, something that happens, and what it would come to. Nothing is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from regulars.catalog.queries.goods import goods
from regulars.catalog.queries.listing import products_like
from regulars.core.facts import NONE
from regulars.core.member import Deed, Event, Line, OrderEvent, Purchase
from regulars.core.money import exponent
from regulars.core.naming import operation_id
from regulars.core.programme import Plan
from regulars.customers import queries as customers
from regulars.customers.queries.persons import Person
from regulars.flows.pages.programme import trying
from regulars.flows.pages.programme.drafting import draft, plan_of
from regulars.membership import queries as membership
from regulars.orders import queries as orders
from regulars.orders.queries import listing
from regulars.orders.queries.clock import shop_time
from regulars.orders.queries.purchases import NO_GOODS, Told
from regulars.shop.queries import ShopFacts, require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, MARKETERS, SERVICE, page
from regulars.web.days import known_year

ORDERS_SHOWN = 50
ROWS = 3
WHAT = (
    ("order", gettext_lazy("One of their orders")),
    ("return", gettext_lazy("The return of one of their orders")),
    ("made", gettext_lazy("A made-up order")),
    ("deed", gettext_lazy("Something they do")),
    ("day", gettext_lazy("Time passes up to a day")),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One plan and what came of it there."""

    title: str
    tried: trying.Tried


class PreviewForm(forms.Form):
    """What happens. Which answers are asked for depends on ``what``."""

    what = forms.ChoiceField(label=gettext_lazy("What happens"), choices=WHAT)
    order = forms.ChoiceField(label=gettext_lazy("Which order"), required=False)
    back = forms.RegexField(
        r"[0-9]{1,4}( *[,，、 ] *[0-9]{1,4})*",
        label=gettext_lazy("Lines that come back"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Their numbers, such as 1, 3. Empty: all of them."),
    )
    event = forms.ChoiceField(label=gettext_lazy("What they do"), required=False)
    verified = forms.BooleanField(label=gettext_lazy("It is verified"), required=False)
    length = forms.IntegerField(
        label=gettext_lazy("Length of the text"), required=False, min_value=0, max_value=100_000
    )
    day = forms.DateField(
        label=pgettext_lazy("event", "On"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[known_year],
    )

    def __init__(self, *args: Any, shop: ShopFacts, told: Sequence[Told], plans: Sequence[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shop, self.told = shop, {one.purchase.id: one for one in told}
        numbers = listing.numbers(UUID(one) for one in self.told)
        latest = list(self.told.values())[: -ORDERS_SHOWN - 1 : -1]
        self._choose(
            "order",
            [
                (one.purchase.id, f"{numbers.get(UUID(one.purchase.id), '')} · {formats.day(one.placed_at)}")
                for one in latest
            ],
        )
        self._choose("event", [(name, name) for name in dict.fromkeys(name for plan in plans for name in plan.tasks)])
        for row in range(1, ROWS + 1):
            self.fields[f"product{row}"] = forms.CharField(
                label=_("Product %(n)d") % {"n": row}, required=False, max_length=200
            )
            self.fields[f"amount{row}"] = forms.DecimalField(
                label=_("Amount %(n)d") % {"n": row},
                required=False,
                min_value=0,
                max_digits=12,
                decimal_places=exponent(shop.currency),
            )
        self.lines: list[Line] = []

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices or [("", "–")]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("what") in {"order", "return"} and not given.get("order"):
            self.add_error("order", _("This customer has no orders. Make one up instead."))
        if given.get("what") == "deed" and not given.get("event"):
            self.add_error("event", _("No task of the programme rewards anything. Add a task first."))
        if given.get("what") == "made" and not self.errors:
            self._make(given)
        return given

    def _make(self, given: dict[str, Any]) -> None:
        for row in range(1, ROWS + 1):
            amount, text = given.get(f"amount{row}"), given.get(f"product{row}", "").strip()
            if amount is None:
                continue
            found = products_like(text, 1) if text else []
            if text and not found:
                self.add_error(
                    f"product{row}", _("No product is called that. Give a part of its title, or its number.")
                )
            own = goods([found[0].id.hex])[found[0].id.hex] if found else NO_GOODS
            self.lines.append(Line(own, 1000, int(amount.scaleb(exponent(self.shop.currency)))))
        if not self.lines:
            self.add_error("amount1", _("Say what at least one product costs."))


@page(EVERYONE)
def preview(request: HttpRequest) -> HttpResponse:
    plans = _plans(request)
    search, person = " ".join(request.GET.get("q", "").split())[:100], _person(request.GET.get("customer", ""))
    context: dict[str, Any] = {"plans": plans, "search": search, "person": person}
    if plans and person:
        context |= _tried(request, person, plans)
    elif search:
        by_contact = request.actor.role in SERVICE  # type: ignore[attr-defined]
        context["hits"] = customers.search(search, 12, by_contact=by_contact)
    return render(request, "flows/programme/preview.html", context)


def _tried(request: HttpRequest, person: Person, plans: list[tuple[str, Plan]]) -> dict[str, Any]:
    shop = require_shop()
    first = orders.span()
    told = trying.history(person, first[0]) if first else []
    asked = request.GET if "what" in request.GET else None
    form = PreviewForm(asked, shop=shop, told=told, plans=[plan for _title, plan in plans])
    sides = [Side(title, _one(form, person, told, plan)) for title, plan in plans] if form.is_valid() else []
    return {"form": form, "sides": sides, "name": customers.names([person.id])[person.id]}


def _one(form: PreviewForm, person: Person, told: Sequence[Told], plan: Plan) -> trying.Tried:
    given, zone = form.cleaned_data, ZoneInfo(form.shop.zone)
    now = shop_time(form.shop, timezone.now())
    today = plan.day(now)
    at = datetime.combine(given["day"], time(12), zone).astimezone(UTC) if given["day"] else now
    if given["what"] in {"order", "return"}:
        chosen = form.told[given["order"]]
        before = order_events(told, chosen)
        events: list[Event] = [*before]
        if given["what"] == "return":
            gone = {int(number) for number in re.findall("[0-9]+", given["back"])}
            kept = tuple(line for number, line in enumerate(chosen.purchase.lines, 1) if gone and number not in gone)
            back = chosen.purchase._replace(lines=kept)
            events.append(OrderEvent(operation_id("preview", "return", back.id), max(at, chosen.placed_at), back))
        return trying.happened(trying.afresh(person, told, plan), events, plan)
    member = trying.as_now(person, plan, today)
    if given["what"] == "day":
        return trying.clocked(member, plan, max(plan.day(at), today))
    named = operation_id("preview", given["what"])
    if given["what"] == "made":
        purchase = Purchase(named, at, form.shop.currency, tuple(form.lines))
        return trying.happened(member, [OrderEvent(named, at, purchase)], plan)
    properties = {"verified": given["verified"], **({"length": given["length"]} if given["length"] is not None else {})}
    return trying.happened(member, [Deed(named, at, given["event"], properties or NONE)], plan)


def order_events(told: Sequence[Told], last: Told) -> list[OrderEvent]:
    """A customer's orders up to one of them."""
    return trying.order_events(told[: list(told).index(last) + 1])


def _plans(request: HttpRequest) -> list[tuple[str, Plan]]:
    """The version in force (or to come), and for who may see it the draft. Both as if they had always been in force."""
    shop, found = require_shop(), []
    known = membership.versions()
    if known:
        now = known.at(timezone.now()) or known.plans[-1]
        found.append(
            (_("Version %(number)d") % {"number": now.version}, plan_of(now.programme, shop, None, now.version))
        )
    kept = draft() if request.actor.role in MARKETERS else None  # type: ignore[attr-defined]
    if kept and kept.programme:
        found.append((_("Draft"), plan_of(kept.programme, shop)))
    return found


def _person(text: str) -> Person | None:
    try:
        return trying.person_of(UUID(text))
    except ValueError:
        return None
