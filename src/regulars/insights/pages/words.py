"""Words and tones that several pages share."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from regulars.insights.models import RfmSegment, RhythmState
from regulars.web.access import SERVICE, Actor

STATES: dict[str, Any] = dict(RhythmState.choices)
SEGMENTS: dict[str, Any] = dict(RfmSegment.choices)
STATE_TONES = {
    "prospect": "accent",
    "new": "info",
    "active": "good",
    "slowing": "warn",
    "at_risk": "bad",
    "lapsed": "plain",
}
SEGMENT_TONES = {
    **dict.fromkeys(("champions", "loyal"), "good"),
    **dict.fromkeys(("potential", "newcomers", "promising"), "info"),
    **dict.fromkeys(("need_attention", "about_to_sleep"), "warn"),
    **dict.fromkeys(("at_risk", "cannot_lose"), "bad"),
}


def address(name: str, *args: Any, **query: Any) -> str:
    """The path of a page with a query, or "" where no room serves it."""
    try:
        path = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    asked = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(asked, doseq=True)}" if asked else path


def defined(key: str) -> str:
    """Where a figure is defined."""
    return f"{reverse('definitions')}#{key}"


def sees_contacts(actor: Actor) -> bool:
    """Those who serve and write to customers see addresses and numbers; analysts and readers see them masked."""
    return actor.role in SERVICE


def masked(handle: str) -> str:
    """A handle that can be recognised by who knows it, and not used: ``l•••@example.com``, ``138••••8000``."""
    name, at, host = handle.partition("@")
    if at:
        return f"{name[:1]}•••@{host}"
    return f"{handle[:3]}••••{handle[-4:]}" if len(handle) >= 9 else "•" * len(handle)


def shown_handle(handle: str, actor: Actor) -> str:
    return handle if sees_contacts(actor) else masked(handle)
