"""Decisions as entries of a timeline, and amounts of point types by the names that the programme gives them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from asgiref.local import Local
from django.core.signals import request_started
from django.dispatch import receiver
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core.programme.sentences.speech import Speech, spaced
from regulars.customers import queries as customers
from regulars.membership.queries import referrals, versions
from regulars.membership.queries.explaining import Decided
from regulars.membership.queries.referrals import ReferralFacts
from regulars.orders.queries import listing as orders
from regulars.web import counted
from regulars.web.templatetags.formats import address

# Names of point types, asked for once in a request.
_known = Local()


@receiver(request_started)
def forget(**_rest: Any) -> None:
    """Begin a request with nothing known: another version may be in force."""
    if hasattr(_known, "speech"):
        del _known.speech


@counted.worder
def amount(count: int, unit: str) -> str:
    """So much of a point type of the programme, as the programme calls it."""
    if unit in {"pieces", "times"}:
        return ""
    if not hasattr(_known, "speech"):
        found = versions()
        _known.speech = Speech(found.plans[-1]) if found else None
    speech: Speech | None = _known.speech
    if speech is None or unit not in {one.id for one in speech.plan.programme.units}:
        return ""
    return spaced(speech.amount(unit, count)).to(get_language() or "en")


KINDS = {
    "order": gettext_lazy("Order"),
    "task": gettext_lazy("Task"),
    "referral": gettext_lazy("Referral"),
    "day_end": gettext_lazy("End of the day"),
    "day_begin": gettext_lazy("Beginning of the day"),
    "restored": gettext_lazy("Cancelled redemption"),
    "merged": gettext_lazy("Records merged"),
    "split": gettext_lazy("Merge undone"),
}
ICONS = {"order": "shopping-bag", "task": "circle-check", "referral": "users", "day_end": "clock", "day_begin": "clock"}


Titles = Mapping[UUID, tuple[str, str]]


def items(told: Iterable[Decided], titles: Titles) -> list[dict[str, Any]]:
    """``titles`` are those of the orders and referrals, each with its page."""
    return [_item(one, titles) for one in told]


def titles(told: Sequence[Decided], customer: UUID) -> Titles:
    """What orders and referrals are called, and where they are shown; five queries at most."""
    numbers = orders.numbers(one.order for one in told if one.order)
    brought = referrals.by_id(one.referral for one in told if one.referral)
    names = customers.names({who for one in brought.values() for who in (one.advocate_id, one.friend_id)})
    own = set(customers.member_ids(customer)) if brought else set()
    return {
        **{
            key: (_("Order %(number)s") % {"number": number}, reverse("order", args=[key]))
            for key, number in numbers.items()
        },
        **{key: (_brought(one, own, names), address("referral", key)) for key, one in brought.items()},
    }


def _brought(one: ReferralFacts, own: Collection[UUID], names: Mapping[UUID, str]) -> str:
    if one.advocate_id in own:
        return _("Brought %(friend)s") % {"friend": names.get(one.friend_id, "")}
    return _("Brought by %(advocate)s") % {"advocate": names.get(one.advocate_id, "")}


def _item(one: Decided, titles: Titles) -> dict[str, Any]:
    language = get_language() or "en"
    about = one.order or one.referral
    title, href = (
        titles.get(about, (KINDS.get(one.kind, one.kind), "")) if about else (KINDS.get(one.kind, one.kind), "")
    )
    version = _("Version %(number)d decided") % {"number": one.version}
    return {
        "at": one.at,
        "icon": ICONS.get(one.kind, "dot"),
        "tone": "plain",
        "title": title,
        "href": href,
        "text": format_html_join("", '{}<span class="d-block"></span>', ((says.to(language),) for says in one.says))
        + format_html_join("", '<small class="text-secondary">{}</small>', ((version,),)),
    }
