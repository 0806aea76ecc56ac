"""Puts the actor (person or program) on each request, and sends everybody to set-up while there is no owner."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from regulars.shop import queries


class ShopMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = queries.actor_of(request)  # type: ignore[attr-defined]
        return self.get_response(request)
