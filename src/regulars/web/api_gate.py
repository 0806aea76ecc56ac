"""What every answer of the API has in common, whichever part of the site gave it: request id, limits, problem documents."""

from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from regulars.web import problems
from regulars.web.api_limits import write_headers

PREFIX = "/api/v"


class ApiMiddleware:
    """Outermost on purpose: also an error of another middleware or an unknown address under /api/ answers with a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        request.id = uuid4()  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.status_code >= 400 and response.headers.get("Content-Type") != problems.MEDIA_TYPE:
            response = _as_problem(request, response)
        write_headers(request, response)
        response["X-Request-Id"] = str(request.id)  # type: ignore[attr-defined]
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    problem = problems.of_status(response.status_code)
    if allowed := response.headers.get("Allow"):
        problem.headers["Allow"] = allowed
    return problems.respond(request, problem)
