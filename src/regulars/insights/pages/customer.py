"""One customer: who, how valuable, in which state and why; habits; everything that happened; consents; merges."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.customers import queries as records
from regulars.customers.queries import ConsentView, CustomerView, subjects
from regulars.insights.models import CustomerProfile
from regulars.insights.pages import charts
from regulars.insights.pages.happenings import CHANNELS, ORDER_STATES, ORDER_TONES, PURPOSES, entries
from regulars.insights.pages.words import SEGMENTS, STATE_TONES, STATES, address, defined, sees_contacts, shown_handle
from regulars.insights.queries import customer as queries
from regulars.insights.queries import customers as profiles
from regulars.insights.queries.customer import CustomerPage, Habits
from regulars.ledger.queries import accounts as ledger
from regulars.membership.queries.naming import AccountName, account_names
from regulars.membership.queries.referrals import friends_of
from regulars.membership.queries.standing import standing
from regulars.orders.queries import OrderSummary
from regulars.orders.queries.clock import shop_time
from regulars.shop.queries import require_shop
from regulars.web import counted, formats
from regulars.web.access import EVERYONE, SERVICE, Actor, page
from regulars.web.charts import Data, Series, chart

KINDS = {
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "account": gettext_lazy("Shop account"),
    "device": gettext_lazy("Device"),
}


@page(EVERYONE)
def customer(request: HttpRequest, identifier: UUID) -> HttpResponse:
    currency = request.shop.currency if request.shop else "CNY"  # type: ignore[attr-defined]
    told = queries.customer_page(identifier, currency)
    if told is None:
        raise Http404
    if told.view.merged_into:
        return redirect("customer", told.view.merged_into)
    return render(request, "insights/customer.html", _context(told, request.actor, currency))  # type: ignore[attr-defined]


@page(EVERYONE)
def timeline(request: HttpRequest, identifier: UUID) -> HttpResponse:
    view = records.customer(identifier)
    if view is None:
        raise Http404
    return render(request, "insights/timeline.html", _timeline(view, _instant(request.GET.get("before", ""))))


def _instant(text: str) -> datetime | None:
    """An instant in UTC; None for what is none, or lies beyond the calendar there."""
    try:
        asked = datetime.fromisoformat(text)
        return asked.astimezone(UTC) if asked.tzinfo else None
    except (ValueError, OverflowError):
        return None


@page(SERVICE)
def candidates(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """Customers one could merge into this one, found by name, handle or number."""
    text = " ".join(request.GET.get("q", "").split())[:100]
    found = [row for row in profiles.by_handle(text, 8) if row.pk != identifier] if len(text) >= 2 else []
    named = [(row, records.said(row.name)) for row in found]
    return render(request, "insights/candidates.html", {"identifier": identifier, "found": named, "text": text})


def _timeline(view: CustomerView, before: datetime | None) -> dict[str, Any]:
    happenings, older = queries.timeline(view, before)
    return {"items": entries(happenings), "older": older.isoformat() if older else "", "identifier": view.id}


def _context(told: CustomerPage, actor: Actor, currency: str) -> dict[str, Any]:
    view, profile = told.view, told.profile
    name = records.shown_name(view.name, view.source_id)
    at = shop_time(require_shop(), timezone.now())
    return {
        "told": told,
        "view": view,
        "profile": profile,
        "name": name,
        "page_title": name,
        "currency": currency,
        "state": STATES[profile.state] if profile else "",
        "state_tone": STATE_TONES[profile.state] if profile else "plain",
        "rank": profile.value_rank if profile and profile.net_365_amount else None,
        "segment": SEGMENTS.get(profile.segment, "") if profile else "",
        "reason": reason(profile) if profile else _without_figures(view),
        "about": _about(view),
        "handles": [(KINDS[i.kind], _handle(i, actor), i.verified_at, i.source) for i in view.identities],
        "serves": sees_contacts(actor),
        "likely": records.likely_same(view) if sees_contacts(actor) else {},
        "orders": [_order_row(order) for order in told.orders],
        "consents": [_consent_row(consent) for consent in told.consents],
        "merges": told.merges,
        "membership": standing(view.id, at),
        "brought": friends_of(view.member_ids),
        "accounts": _accounts(view, at),
        "habits": _habits(told.habits, profile, currency) if told.habits and profile else None,
        "defined": {key: defined(key) for key in ("net", "rhythm", "state", "rfm", "segment", "momentum")},
        **_timeline(view, None),
    }


def _accounts(view: CustomerView, at: datetime) -> list[tuple[str, str, ledger.AccountFacts]]:
    """What the customer owns or may still have, with a title and its page; of merged records what did not move to their own.
    Limits of a time that is over say nothing any more."""
    own = subjects.subject_key_of(view.id)
    found = ledger.accounts_of(subjects.subject_keys(view.member_ids))
    named = account_names(found, at.astimezone(ZoneInfo(require_shop().zone)).toordinal())
    return [
        (_title(one, named.get(one.id)), address("statement", UUID(one.id)), one)
        for one in found
        if (one.balance or one.subject == own) and not (one.id in named and named[one.id].over)
    ]


def _title(account: ledger.AccountFacts, named: AccountName | None) -> str:
    return named.title.to(get_language() or "en") if named else counted.title(account.kind, account.reference)


def _without_figures(view: CustomerView) -> str:
    if records.is_walk_in(view.source_id):
        return _("The order names no buyer. It counts as an order and as sales, not as a customer.")
    return _("The figures of this customer show after the next refresh.")


def _handle(identity: Any, actor: Actor) -> str:
    # A shop's own account number identifies nobody outside; addresses, numbers and devices do, as account names too.
    is_number = identity.kind == "account" and not records.is_handle(identity.value)
    return identity.shown if is_number else shown_handle(identity.shown, actor)


def _order_row(order: OrderSummary) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "placed_at": order.placed_at,
        "state": ORDER_STATES.get(order.state, order.state),
        "tone": ORDER_TONES.get(order.state, "good"),
        "line_count": order.line_count,
        "discount": order.discount_amount + order.funded_amount or None,
        "paid": order.paid_amount,
        "currency": order.currency,
    }


def _consent_row(consent: ConsentView) -> dict[str, Any]:
    """A decision with its proof as ``key: value`` words."""
    return {
        "granted": consent.granted,
        "purpose": PURPOSES.get(consent.purpose, consent.purpose),
        "channel": CHANNELS.get(consent.channel, consent.channel),
        "at": consent.at,
        "source": consent.source,
        "proof": " · ".join(f"{key}: {value}" for key, value in consent.proof.items()),
    }


def _about(view: CustomerView) -> list[tuple[str, str]]:
    where = " · ".join(part for part in (view.city, view.region, view.country) if part)
    facts = [
        (_("Place"), where),
        (_("Birthday"), formats.day(view.birthday) if view.birthday else ""),
        (_("Known since"), formats.day(view.first_seen_at) if view.first_seen_at else ""),
        (_("Tags"), ("、" if formats.locale().language == "zh" else ", ").join(view.tags)),
        (_("Source"), f"{view.source} · {records.shown_source_id(view.source_id)}"),
        *((key.replace("_", " ").capitalize(), str(value)) for key, value in view.attributes.items()),
    ]
    return [(label, value) for label, value in facts if value]


def reason(profile: CustomerProfile) -> str:
    """Why the customer stands where they do, in a sentence."""
    if profile.state == "prospect":
        return _("Known, but has not ordered yet.")
    away = formats.days(profile.since_days)
    last = _("last bought today") if profile.since_days == 0 else _("last bought %(days)s ago") % {"days": away}
    if not profile.gaps:
        usual = formats.days(profile.usual_days)
        text = _("Bought on one day only; %(last)s. In this shop customers usually come back within %(days)s.")
        return text % {"last": last, "days": usual}
    text = _("Usually buys every %(days)s; %(last)s.") % {"days": formats.days(profile.usual_days), "last": last}
    if profile.state in ("active", "new"):
        due = _("The next purchase is due around %(day)s.") % {"day": formats.day(profile.due_day)}
        return f"{text} {due}" if (profile.since_days or 0) <= (profile.usual_days or 0) else text
    times = formats.number(profile.lateness, 1)
    return text + " " + _("That is %(times)s times the usual interval.") % {"times": times}


def _habits(habits: Habits, profile: CustomerProfile, currency: str) -> dict[str, Any]:
    return {
        "facts": _facts(profile, currency),
        "weekdays": _weekdays(habits),
        "hours": chart("bar", [f"{hour:02}" for hour in range(24)], [Series(_("Orders"), habits.hours)]),
        "months": chart(
            "bar",
            [charts.period_label("month", month) for month, _net in habits.months],
            [Series(_("Net sales"), [net for _month, net in habits.months])],
            unit="money",
            currency=currency,
        ),
        "categories": [(*_leaf(row["category"]), row["net_amount"], _share(row, profile)) for row in habits.categories],
        "favourites": habits.favourites,
    }


def _leaf(path: str) -> tuple[str, str]:
    """A category's own name, and the path above it."""
    parent, _arrow, name = path.rpartition(" > ")
    return name, parent


def _share(row: dict[str, Any], profile: CustomerProfile) -> float:
    return row["net_amount"] / profile.net_amount if profile.net_amount else 0.0


def _weekdays(habits: Habits) -> Data:
    names = get_day_names("abbreviated", locale=formats.locale())
    return chart("bar", [names[day] for day in range(7)], [Series(_("Orders"), habits.weekdays)])


def _facts(profile: CustomerProfile, currency: str) -> list[tuple[str, str]]:
    band = f"{formats.money(profile.price_low, currency)} – {formats.money(profile.price_high, currency)}"
    names = get_day_names("wide", locale=formats.locale())
    when = f"{names[profile.weekday - 1]} {profile.hour:02}:00" if profile.weekday and profile.hour is not None else ""
    facts = [
        (_("Average order"), formats.money(profile.average_order_amount, currency)),
        (_("Lines per order"), formats.number(profile.lines_per_order, 1)),
        (_("Price band"), band if profile.price_low is not None else ""),
        (_("Discount depth"), formats.percent(profile.discount_share)),
        (_("Usual interval"), formats.days(profile.usual_days) if profile.gaps else ""),
        (_("Usual time"), when),
        (_("Usual channel"), profile.channel),
        (_("Usual store"), profile.store),
    ]
    return [(label, value) for label, value in facts if value]
