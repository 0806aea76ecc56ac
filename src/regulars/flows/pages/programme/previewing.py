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
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from regulars.core.member import Deed, Event, Line, OrderEvent, Purchase
from regulars.core.naming import operation_id
from regulars.core.programme import Plan
from regulars.core.programme.earning import deed
from regulars.customers import queries as customers
from regulars.customers.queries.persons import Person
from regulars.flows.pages.programme import trying
from regulars.flows.pages.programme.basket import Basket
from regulars.flows.pages.programme.drafting import draft, plan_of
from regulars.membership import queries as membership
from regulars.orders import queries as orders
from regulars.orders.queries import listing
from regulars.orders.queries.clock import shop_time
from regulars.orders.queries.purchases import Told
from regulars.shop.queries import require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, MARKETERS, SERVICE, page
from regulars.web.days import known_year

ORDERS_SHOWN = 50
WHAT = {
    "order": gettext_lazy("One of their orders"),
    "return": gettext_lazy("A return"),
    "made": gettext_lazy("A made-up order"),
    "deed": gettext_lazy("Something they do"),
    "day": gettext_lazy("Time passes"),
}
ABOUT = {
    "order": gettext_lazy(
        "This customer's orders are gone through once more, as if the version had always been in force."
    ),
    "return": gettext_lazy(
        "This customer's orders are gone through once more, as if the version had always been in force. Then goods come back."
    ),
    "made": gettext_lazy("What this order would bring the member, as they stand now."),
    "deed": gettext_lazy("What doing this would bring the member, as they stand now."),
    "day": gettext_lazy(
        "What the clock brings from now on: points that become usable or expire, the review of the tier."
    ),
}
# What is asked for each.
FIELDS = {
    "order": ("order",),
    "return": ("order", "back", "day"),
    "made": ("day",),
    "deed": ("event", "verified", "length", "day"),
    "day": ("day",),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One plan and what came of it there."""

    title: str
    tried: trying.Tried


class PreviewForm(forms.Form):
    """What happens, but for the goods of a made-up order."""

    order = forms.ChoiceField(label=gettext_lazy("Which order"))
    back = forms.RegexField(
        r"[0-9]{1,4}( *[,，、 ] *[0-9]{1,4})*",
        label=gettext_lazy("Lines that come back"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Their numbers, such as 1, 3. Empty: all of them."),
    )
    event = forms.ChoiceField(label=gettext_lazy("What they do"))
    verified = forms.BooleanField(label=gettext_lazy("It is verified"), required=False)
    length = forms.IntegerField(
        label=gettext_lazy("Length of the text"), required=False, min_value=0, max_value=100_000
    )
    day = forms.DateField(
        label=pgettext_lazy("event", "On"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[known_year],
        help_text=gettext_lazy("Empty: today."),
    )

    def __init__(self, *args: Any, what: str, told: Sequence[Told], plans: Sequence[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() - set(FIELDS[what]):
            del self.fields[name]
        self.told = {one.purchase.id: one for one in told}
        if "order" in self.fields:
            numbers = listing.numbers(UUID(one) for one in self.told)
            latest = list(self.told.values())[: -ORDERS_SHOWN - 1 : -1]
            self._choose("order", [(one.purchase.id, _label(one, numbers)) for one in latest])
            if not latest:
                missing = _("This customer has no orders. Make one up instead.")
                self.fields["order"].error_messages["required"] = missing
        if "event" in self.fields:
            names, language = dict.fromkeys(name for p in plans for name in p.tasks), get_language() or "en"
            self._choose("event", [(name, _sentence(deed(name).to(language))) for name in names])
            missing = _("No task of the programme rewards anything. Add a task first.")
            self.fields["event"].error_messages["required"] = missing
        if what == "day":
            self.fields["day"].label, self.fields["day"].help_text = _("Up to the end of"), ""
            self.fields["day"].required = True

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices or [("", "–")]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _label(one: Told, numbers: dict[UUID, str]) -> str:
    return f"{numbers.get(UUID(one.purchase.id), '')} · {formats.day(one.placed_at)}"


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


@page(EVERYONE)
def products(request: HttpRequest) -> HttpResponse:
    """What can be put into a made-up order, while it is searched for."""
    context = {"basket": Basket(request.GET, require_shop().currency)}
    return render(request, "flows/programme/basket_hits.html", context)


def _tried(request: HttpRequest, person: Person, plans: list[tuple[str, Plan]]) -> dict[str, Any]:
    shop, first, asked = require_shop(), orders.span(), request.GET
    what = asked.get("what", "") if asked.get("what") in WHAT else "order"
    told = trying.history(person, first[0]) if first and "order" in FIELDS[what] else []
    form = PreviewForm(asked if "try" in asked else None, what=what, told=told, plans=[plan for _title, plan in plans])
    basket = Basket(asked, shop.currency) if what == "made" else None
    lines = basket.lines() if basket and "try" in asked else []
    given = form.cleaned_data if form.is_valid() and bool(basket) == bool(lines) else None
    sides = [Side(title, _one(what, given, lines, person, told, plan)) for title, plan in plans] if given else []
    tabs = [(name, label, f"?customer={person.id}&what={name}") for name, label in WHAT.items()]
    return {
        "form": form, "basket": basket, "sides": sides, "name": customers.names([person.id])[person.id], "what": what,
        "tabs": tabs, "about": ABOUT[what],
    }  # fmt: skip


def _one(
    what: str, given: dict[str, Any], lines: Sequence[Line], person: Person, told: Sequence[Told], plan: Plan
) -> trying.Tried:
    shop = require_shop()
    now = shop_time(shop, timezone.now())
    day, today = given.get("day"), plan.day(now)
    at = datetime.combine(day, time(12), ZoneInfo(shop.zone)).astimezone(UTC) if day else now
    if what in {"order", "return"}:
        return _gone_through(what, given, at, person, told, plan)
    member = trying.as_now(person, plan, today)
    if what == "day":
        return trying.clocked(member, plan, max(plan.day(at), today))
    named = operation_id("preview", what)
    if what == "made":
        purchase = Purchase(named, at, shop.currency, tuple(lines))
        return trying.happened(member, [OrderEvent(named, at, purchase)], plan)
    length = given["length"]
    properties = {"verified": given["verified"], **({"length": length} if length is not None else {})}
    return trying.happened(member, [Deed(named, at, given["event"], properties)], plan)


def _gone_through(
    what: str, given: dict[str, Any], at: datetime, person: Person, told: Sequence[Told], plan: Plan
) -> trying.Tried:
    """A customer's orders up to one of them, and the return of some of its lines."""
    chosen = next(one for one in told if one.purchase.id == given["order"])
    events: list[Event] = [*trying.order_events(told[: list(told).index(chosen) + 1])]
    if what == "return":
        gone = {int(number) for number in re.findall("[0-9]+", given["back"])}
        kept = tuple(line for number, line in enumerate(chosen.purchase.lines, 1) if gone and number not in gone)
        back = chosen.purchase._replace(lines=kept)
        events.append(OrderEvent(operation_id("preview", "return", back.id), max(at, chosen.placed_at), back))
    return trying.happened(trying.afresh(person, told, plan), events, plan)


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
