"""No NUL in what a request asks for: no text has one, PostgreSQL takes none, and every search and look-up would fail by it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from regulars.web.api_gate import PREFIX

_FORM = "application/x-www-form-urlencoded"


class PlainTextMiddleware:
    """Answers 400 to a NUL in the path, the query, a cookie or a posted form. The API refuses it by the name of the field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _refusal() if _holds_nul(request) else self.get_response(request)


def _holds_nul(request: HttpRequest) -> bool:
    if any("\0" in value for value in request.COOKIES.values()):
        return True
    if request.path.startswith(PREFIX):
        return False
    posted = request.method == "POST" and request.content_type == _FORM and b"%00" in request.body
    return posted or "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def _refusal() -> HttpResponse:
    return HttpResponseBadRequest("The request holds a character that no text has (NUL).\n", content_type="text/plain")
