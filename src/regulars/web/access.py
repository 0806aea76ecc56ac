"""Who may do what, declared at the route: ``@page(...)`` for console pages, ``auth=scope(...)`` for API routes.

The actor of a request is put there by ``shop.middleware``; this module only compares it with the declaration, so that
one test can walk every route and read what it demands.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MARKETER = "marketer", _("Marketer")
    AGENT = "agent", _("Service agent")
    ANALYST = "analyst", _("Analyst")
    READER = "reader", _("Read-only")


class Scope(models.TextChoices):
    CUSTOMERS_READ = "customers:read", _("Read customers")
    CUSTOMERS_WRITE = "customers:write", _("Write customers")
    PRODUCTS_READ = "products:read", _("Read products")
    PRODUCTS_WRITE = "products:write", _("Write products")
    ORDERS_READ = "orders:read", _("Read orders")
    ORDERS_WRITE = "orders:write", _("Write orders")
    EVENTS_WRITE = "events:write", _("Send events")
    INSIGHTS_READ = "insights:read", _("Read insights")
    LEDGER_READ = "ledger:read", _("Read accounts")
    LEDGER_WRITE = "ledger:write", _("Move points, credit and stock")
    MEMBERS_READ = "members:read", _("Read members")
    MEMBERS_WRITE = "members:write", _("Make customers members")
    PROGRAMME_READ = "programme:read", _("Read the programme")
    PROGRAMME_WRITE = "programme:write", _("Publish the programme")
    REWARDS_READ = "rewards:read", _("Read rewards")
    REWARDS_WRITE = "rewards:write", _("Redeem rewards")
    GIFT_CARDS_WRITE = "gift_cards:write", _("Check and redeem gift cards")
    REFERRALS_READ = "referrals:read", _("Read referrals")
    REFERRALS_WRITE = "referrals:write", _("Make and use referral codes")
    REFERRALS_DECIDE = "referrals:decide", _("Accept and refuse referrals")
    OFFERS_READ = "offers:read", _("Read offers and quote carts")
    OFFERS_WRITE = "offers:write", _("Publish offers")


EVERYONE = frozenset(Role)
OWNERS = frozenset({Role.OWNER})
MARKETERS = frozenset({Role.OWNER, Role.MARKETER})
SERVICE = frozenset({Role.OWNER, Role.MARKETER, Role.AGENT})
ANALYSTS = frozenset({Role.OWNER, Role.MARKETER, Role.ANALYST})
# Who may give and take by hand what customers own, and agree to what another of them asks for.
ADJUSTERS = frozenset({Role.OWNER, Role.AGENT})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in person (``role`` set), a program with a key (``scopes`` set), or nobody.

    ``noted_at``: when a key's use was last written down.
    """

    name: str = ""
    subject: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset()
    noted_at: datetime | None = field(default=None, compare=False)


NOBODY = Actor()
View = Callable[..., HttpResponse]


def page(roles: frozenset[str]) -> Callable[[View], View]:
    """Declare the roles that may open a console page. Others are sent to sign in (nobody) or refused (403)."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor: Actor = request.actor  # type: ignore[attr-defined]
            if not actor.role:
                return HttpResponseRedirect(f"{reverse('account_login')}?next={quote(_way_back(request))}")
            if actor.role not in roles:
                raise PermissionDenied(
                    _("Your role may not open this page. The owner of the shop can change your role.")
                )
            return view(request, *args, **kwargs)

        guarded.access = roles  # type: ignore[attr-defined]
        return guarded

    return declare


def _way_back(request: HttpRequest) -> str:
    """Where to go on after signing in: a form that was sent meanwhile cannot be sent by a link, so the page it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    stood_on = urlsplit(request.headers.get("referer", ""))
    return f"{stood_on.path}?{stood_on.query}" if stood_on.query else stood_on.path or "/"


def public(view: View) -> View:
    """Declare that a page needs no sign-in."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


class scope:  # noqa: N801  (reads as a word at the route: auth=scope(...))
    """Declare the API scope of a route: ninja calls it with the request; it answers the actor, None (401) or raises 403."""

    def __init__(self, needed: Scope) -> None:
        self.needed = needed

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not actor.subject or actor.role:
            return None
        if self.needed not in actor.scopes:
            raise PermissionDenied(f"This key lacks the scope {self.needed.value}.")
        return actor
