"""Puts actor, shop, language and zone on each request; leads everybody to set-up while there is no owner or shop.

Programs speak of instants in UTC and get the actor alone: what they ask for is not to wait for what only pages show.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from regulars.shop import actions, queries
from regulars.web.api_gate import PREFIX as API

# What works before set-up: set-up itself, the language switch, and programs, who get their own answer.
_OPEN = ("/setup/", "/language/", "/api/", "/static/", "/join/", "/enter/")


class ShopMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = actor = queries.actor_of(request)  # type: ignore[attr-defined]
        if actor.subject.startswith("key:"):
            actions.note_use(actor, timezone.now())
        if request.path.startswith(API):
            return self.get_response(request)
        request.shop = shop = queries.shop()  # type: ignore[attr-defined]
        if actor.role and (language := request.user.language):  # type: ignore[union-attr]
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        if (elsewhere := _set_up_first(request)) is not None:
            return elsewhere
        with timezone.override(ZoneInfo(shop.zone) if shop else None):
            response = self.get_response(request)
        if actor.role:
            # After signing out, the way back shows nothing.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


def _set_up_first(request: HttpRequest) -> HttpResponse | None:
    if request.path.startswith(_OPEN):
        return None
    if request.actor.role:  # type: ignore[attr-defined]
        wanting = request.shop is None and not request.path.startswith("/accounts/")  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("setup_shop")) if wanting else None
    return None if queries.has_owner() else HttpResponseRedirect(reverse("setup"))
