"""The console's left navigation, by what people do. An entry whose page no room serves (yet) is not shown."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.web.access import ADJUSTERS, EVERYONE, MARKETERS, NOBODY, OWNERS, Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation; ``url`` is a URL name, ``also`` path prefixes that count as being there."""

    label: str
    icon: str
    url: str
    roles: frozenset[str] = EVERYONE


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    entries: tuple[Entry, ...]


NAVIGATION = (
    Section("", (Entry(_("Overview"), "layout-dashboard", "dashboard"),)),
    Section(
        _("Customers"),
        (
            Entry(_("All customers"), "users", "customers"),
            Entry(_("Leaving"), "user-minus", "leaving"),
            Entry(_("Premium"), "gem", "premium"),
            Entry(_("Segments"), "funnel", "segments"),
            Entry(_("Accounts"), "wallet", "accounts"),
            Entry(_("Approvals"), "user-check", "approvals", ADJUSTERS),
        ),
    ),
    Section(
        _("Programme"),
        (
            Entry(_("Programme"), "scroll-text", "programme"),
            Entry(_("Members"), "id-card", "members"),
            Entry(_("Tiers"), "chart-no-axes-column", "tiers"),
            Entry(_("Rewards desk"), "gift", "rewards"),
            Entry(_("Referrals"), "user-plus", "referrals"),
        ),
    ),
    Section(
        _("Trade"),
        (
            Entry(_("Orders"), "shopping-bag", "orders"),
            Entry(_("Products"), "package", "products"),
        ),
    ),
    Section(
        _("Insight"),
        (
            Entry(_("Cohorts"), "grid-3x3", "cohorts"),
            Entry(_("RFM"), "chart-scatter", "rfm"),
            Entry(_("Definitions"), "book-open", "definitions"),
        ),
    ),
    Section(
        _("Shop"),
        (
            Entry(_("Imports"), "upload", "imports", MARKETERS),
            Entry(_("Team"), "user-cog", "team", OWNERS),
            Entry(_("API keys"), "key-round", "keys", OWNERS),
            Entry(_("Audit trail"), "history", "audit", OWNERS),
            Entry(_("Settings"), "settings", "settings", OWNERS),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above every page: the sample shop, the day the figures stand at, a problem to mend."""

    text: str
    tone: str = "info"
    href: str = ""
    label: str = ""


NoticeProvider = Callable[[HttpRequest], Notice | None]
_NOTICES: list[NoticeProvider] = []


def notice(function: NoticeProvider) -> NoticeProvider:
    """Register a function that may put a line above every page of signed-in staff. It runs per page: keep it quick."""
    if function not in _NOTICES:
        _NOTICES.append(function)
    return function


@dataclass(slots=True)
class Link:
    label: str
    icon: str
    href: str
    is_current: bool


@dataclass(slots=True)
class Menu:
    label: str
    links: list[Link] = field(default_factory=list)


def menus(actor: Actor, path: str) -> list[Menu]:
    """The navigation an actor sees, the longest matching address marked as current."""
    shown = [
        Menu(str(section.label), [link for entry in section.entries if (link := _link(entry, actor))])
        for section in NAVIGATION
    ]
    links = [link for menu in shown for link in menu.links]
    inside = [link for link in links if link.href == path or (link.href != "/" and path.startswith(link.href))]
    if inside:
        max(inside, key=lambda link: len(link.href)).is_current = True
    return [menu for menu in shown if menu.links]


def _link(entry: Entry, actor: Actor) -> Link | None:
    if actor.role not in entry.roles:
        return None
    try:
        return Link(str(entry.label), entry.icon, reverse(entry.url), False)
    except NoReverseMatch:
        return None


def console(request: HttpRequest) -> dict[str, object]:
    """Context of every page: who acts, the shop's settings, the navigation, the notices."""
    actor: Actor = getattr(request, "actor", NOBODY)
    signed_in = bool(actor.role)
    return {
        "actor": actor,
        "product": pgettext_lazy("product", "Regulars"),
        "shop": getattr(request, "shop", None),
        "menus": lambda: menus(actor, request.path) if signed_in else [],
        "notices": lambda: [n for ask in _NOTICES if (n := ask(request))] if signed_in else [],
    }
