"""The audit trail."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.core.money import exponent
from regulars.shop.models import AuditEntry, Shop
from regulars.web import counted
from regulars.web.access import OWNERS, Role, Scope, page
from regulars.web.days import known_year
from regulars.web.lists import Empty, Link, List, Moment, Query, Tag, Text

# Actions of other rooms show under their own names until they are listed here.
ACTIONS = {
    "shop.created": _("set up the shop"),
    "shop.changed": _("changed the settings"),
    "staff.owner_created": _("created the owner"),
    "staff.invited": _("invited a person"),
    "staff.invited_again": _("renewed an invitation"),
    "staff.joined": _("accepted an invitation"),
    "staff.role_changed": _("changed a role"),
    "staff.deactivated": _("closed an account"),
    "staff.reactivated": _("opened an account again"),
    "staff.link_issued": _("made a sign-in link"),
    "staff.signed_in_by_link": _("signed in by link"),
    "key.created": _("created an API key"),
    "key.revoked": _("revoked an API key"),
    "account.adjusted": _("adjusted an account"),
    "account.adjustment_asked": _("asked for an adjustment"),
    "account.adjustment_agreed": _("agreed to an adjustment"),
    "account.adjustment_refused": _("refused an adjustment"),
    "customer.merged": _("merged two customers"),
    "customer.split": _("split two customers again"),
    "programme.published": _("published the programme"),
    "programme.withdrawn": _("withdrew a coming version of the programme"),
    "offers.published": _("published offers"),
    "claim.confirm": _("confirmed a reward"),
    "claim.fulfil": _("handed over a reward"),
    "claim.cancel": _("cancelled a reward"),
    "codes.imported": _("imported codes"),
    "gift_cards.made": _("made gift cards"),
    "gift_cards.exported": _("exported gift cards' codes"),
    "gift_cards.activated": _("activated gift cards"),
    "gift_card.blocked": _("blocked a gift card"),
    "gift_card.unblocked": _("let a gift card be used again"),
    "referral.accepted": _("accepted a referral"),
    "referral.refused": _("refused a referral"),
}
FIELDS = {
    "role": _("Role"),
    "scopes": _("What it may do"),
    "name": _("Shop name"),
    "currency": _("Currency"),
    "zone": _("Time zone"),
    "country": _("Country or region"),
    "as_of": _("Figures stand at"),
    "is_sample": _("Sample shop"),
    "alone_points": _("Points one person may adjust alone"),
    "alone_amount": _("Money one person may adjust alone"),
    "amount": _("Amount"),
    "reason": _("Reason"),
    "note": _("Note"),
    "absorbed": _("Record that became part of the customer"),
    "merge": pgettext_lazy("audit", "Merge"),
    "version": _("Version"),
    "since": _("In force from"),
    "count": pgettext_lazy("audit", "How many"),
    "value": pgettext_lazy("audit", "Worth each"),
    "added": pgettext_lazy("audit", "Added"),
    "known": pgettext_lazy("audit", "There already"),
}
_VALUES = {**dict(Role.choices), **dict(Scope.choices), **dict(Shop.AsOf.choices), **counted.ADJUSTMENTS}
_TONES = {"staff.deactivated": "warn", "key.revoked": "warn"}


def _page_of(record: AuditEntry) -> str | None:
    """Where what was changed can be seen: a customer, an account or a claim, whose id stands last."""
    room, named = record.action.partition(".")[0], record.target.rpartition(" ")[2]
    try:
        return reverse({"customer": "customer", "account": "statement", "claim": "claim"}[room], args=[UUID(named)])
    except (KeyError, ValueError, NoReverseMatch):
        return None


class TrailTable(tables.Table):
    at = Moment(_("When"), card="end")
    actor = Text(_("Who"), card="title")
    action = Tag(_("What"), labels=ACTIONS, tones=_TONES)
    target = Link(pgettext_lazy("audit", "On"), linkify=_page_of)
    details = Text(_("Details"), orderable=False)

    def render_actor(self, value: str) -> str:
        return str(_("command line")) if value == "terminal" else value

    def render_target(self, value: str, record: AuditEntry) -> str:
        kind, _space, rest = value.partition(" ")
        is_account = record.action.startswith("account.") and kind in counted.KINDS
        return f"{counted.KINDS[kind]} {rest}" if is_account else value

    def render_details(self, value: dict[str, Any]) -> str:
        return _in_words(value)

    def value_details(self, value: dict[str, Any]) -> str:
        return _in_words(value)


def _in_words(details: dict[str, Any]) -> str:
    """``{"zone": ["UTC", "Asia/Tokyo"]}`` as ``zone: UTC → Asia/Tokyo``; scopes are a plain list."""
    words = []
    for name, value in details.items():
        joint = ", " if name == "scopes" else " → "
        told = joint.join(_told(name, one) for one in (value if isinstance(value, list) else [value]))
        words.append(f"{FIELDS.get(name, name)}: {told}")
    return "; ".join(words)


def _told(name: str, value: Any) -> str:
    if name == "amount":
        count, _space, unit = value.partition(" ")
        minor = Decimal(count).scaleb(exponent(unit)) if counted.is_money(unit) else Decimal(count)
        return counted.change(int(minor), unit)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(_VALUES.get(value, value)) if isinstance(value, str) else str(value)


class TrailFilters(django_filters.FilterSet):
    action = django_filters.ChoiceFilter(label=_("What"), choices=list(ACTIONS.items()))
    at = django_filters.DateFromToRangeFilter(label=pgettext_lazy("audit", "Between"), validators=[known_year])


class TrailList(List):
    name, title = "audit", _("Audit trail")
    subtitle = _("Every change of the shop, its team and its keys: who, what, when.")
    table, filters, sort = TrailTable, TrailFilters, "-at"
    search = ("actor", "target")
    placeholder = _("Person or what was changed")
    nothing_yet = Empty("history", _("Nothing has been changed yet"))

    def rows(self, query: Query) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.all()


@page(OWNERS)
def trail(request: HttpRequest) -> HttpResponseBase:
    return TrailList(request).response()
