"""The audit trail."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.shop.models import AuditEntry, Shop
from regulars.web.access import OWNERS, Role, Scope, page
from regulars.web.days import known_year
from regulars.web.lists import Empty, List, Moment, Query, Tag, Text

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
}
_VALUES = {**dict(Role.choices), **dict(Scope.choices), **dict(Shop.AsOf.choices)}
_TONES = {"staff.deactivated": "warn", "key.revoked": "warn"}


class TrailTable(tables.Table):
    at = Moment(_("When"), card="end")
    actor = Text(_("Who"), card="title")
    action = Tag(_("What"), labels=ACTIONS, tones=_TONES)
    target = Text(pgettext_lazy("audit", "On"))
    details = Text(_("Details"), orderable=False)

    def render_actor(self, value: str) -> str:
        return str(_("command line")) if value == "terminal" else value

    def render_details(self, value: dict[str, Any]) -> str:
        return _in_words(value)

    def value_details(self, value: dict[str, Any]) -> str:
        return _in_words(value)


def _in_words(details: dict[str, Any]) -> str:
    """``{"zone": ["UTC", "Asia/Tokyo"]}`` as ``zone: UTC → Asia/Tokyo``; scopes are a plain list."""
    words = []
    for name, value in details.items():
        joint = ", " if name == "scopes" else " → "
        told = joint.join(_told(one) for one in (value if isinstance(value, list) else [value]))
        words.append(f"{FIELDS.get(name, name)}: {told}")
    return "; ".join(words)


def _told(value: Any) -> str:
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
