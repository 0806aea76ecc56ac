"""Decisions as entries of a timeline."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.membership.queries.explaining import Decided

KINDS = {
    "order": gettext_lazy("Order"),
    "task": gettext_lazy("Task"),
    "referral": gettext_lazy("Referral"),
    "day_end": gettext_lazy("End of the day"),
    "day_begin": gettext_lazy("Beginning of the day"),
}
ICONS = {"order": "shopping-bag", "task": "circle-check", "referral": "users", "day_end": "clock", "day_begin": "clock"}


def items(told: Iterable[Decided], numbers: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """``numbers`` are those of the orders."""
    return [_item(one, numbers) for one in told]


def _item(one: Decided, numbers: Mapping[UUID, str]) -> dict[str, Any]:
    language = get_language() or "en"
    version = _("Version %(number)d decided") % {"number": one.version}
    return {
        "at": one.at,
        "icon": ICONS.get(one.kind, "dot"),
        "tone": "plain",
        "title": _("Order %(number)s") % {"number": numbers[one.order]}
        if one.order in numbers
        else KINDS.get(one.kind, one.kind),
        "href": reverse("order", args=[one.order]) if one.order in numbers else "",
        "text": format_html_join("", '{}<span class="d-block"></span>', ((says.to(language),) for says in one.says))
        + format_html_join("", '<small class="text-secondary">{}</small>', ((version,),)),
    }
