"""Errors of the API as problem documents (RFC 9457), every one of them.

A problem's ``type`` is an address in the API's own documentation, its ``instance`` the request's id, which also stands
in the ``X-Request-Id`` header and in the log, so that a caller can name the request that failed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from regulars.storage.disk import trouble
from regulars.web.access import public

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/docs"
log = logging.getLogger("regulars.api")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its name in the address, HTTP status, title, and what the caller should do."""

    name: str
    status: int
    title: str
    mend: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("malformed", 400, "The request cannot be read", "Send JSON in UTF-8, without NaN or Infinity."),
        Kind(
            "unauthenticated",
            401,
            "A valid API key is needed",
            "Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.",
        ),
        Kind(
            "forbidden",
            403,
            "The key may not do this",
            "Ask the owner of the shop for a key with the scope named in `detail`.",
        ),
        Kind(
            "not-found",
            404,
            "There is nothing here",
            "Check the address and the id. A source's own id is written `source:id`.",
        ),
        Kind(
            "method-not-allowed",
            405,
            "This address does not take that method",
            "Use one of the methods in the `Allow` header.",
        ),
        Kind(
            "insufficient",
            409,
            "Less is there than asked for",
            "`limit` says which account has too little and what it has left. Ask for less, or again later.",
        ),
        Kind("closed", 409, "The account is closed", "Nothing more goes in or out of it. Use another account."),
        Kind(
            "hold-over",
            409,
            "The hold is over",
            "It was captured, released or has timed out, or holds less than asked for. Make a new one.",
        ),
        Kind(
            "refused",
            409,
            "It cannot be had or done now",
            "`reason` says why in English and Chinese, for the member or the staff. Nothing was changed.",
        ),
        Kind(
            "in-progress",
            409,
            "The same request is still running",
            "Send it again in a moment with the same `Idempotency-Key`: the answer will be that of the first.",
        ),
        Kind(
            "conflict", 409, "The request conflicts with what is recorded", "Read the resource again and decide anew."
        ),
        Kind(
            "precondition-failed",
            412,
            "The resource has changed",
            "Read the resource again and repeat the request with its new `ETag`.",
        ),
        Kind(
            "too-large", 413, "The request is too large", "Send fewer items at a time: a request body has at most 5 MB."
        ),
        Kind(
            "unsupported-media-type",
            415,
            "The body is not JSON",
            "Send `Content-Type: application/json` and no `Content-Encoding`.",
        ),
        Kind(
            "key-reused",
            422,
            "The idempotency key was used for another request",
            "Send a new `Idempotency-Key` with a new request, and the first body with the old key.",
        ),
        Kind(
            "invalid",
            422,
            "The request has invalid fields",
            "Mend each field that `errors` lists. Nothing was recorded.",
        ),
        Kind(
            "too-many-requests",
            429,
            "Too many requests",
            "Wait for the seconds in `Retry-After`, and send batches rather than single items.",
        ),
        Kind(
            "internal",
            500,
            "Something went wrong here",
            "Try again; writes are safe to repeat. If it stays, report the request's id to the operator.",
        ),
        Kind("unavailable", 503, "Not available just now", "Try again in a little while."),
        Kind(
            "no-room",
            507,
            "Nothing can be written here just now",
            "The server's disk is full or may not be written to: tell the operator, then send the request again. "
            "Nothing of it was recorded.",
        ),
    )
}
BY_STATUS = {kind.status: kind for kind in KINDS.values()}


class Problem(Exception):
    """Raise to answer with a problem. ``errors`` lists (path, reason); a path is a JSON pointer, or the parameter's name.

    ``more`` are members of its own, as the document's Problem names them.
    """

    def __init__(
        self,
        name: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[name]
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    kind = problem.kind
    body: dict[str, Any] = {
        "type": f"{DOCS}#{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        **problem.more,
    }
    if problem.errors:
        body["errors"] = [{"path": path, "reason": reason} for path, reason in problem.errors]
    if request_id := getattr(request, "id", None):
        body["instance"] = f"urn:uuid:{request_id}"
    return JsonResponse(body, status=kind.status, headers=problem.headers, content_type=MEDIA_TYPE)


def of_status(status: int, detail: str = "") -> Problem:
    """The problem that fits an HTTP status; an unlisted client error counts as 400, an unlisted server error as 500."""
    kind = BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
    return Problem(kind.name, detail or kind.mend)


@public
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The view of addresses under /api/ that no route serves."""
    return respond(request, of_status(404))


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901): ``("lines", 0, "sku")`` is ``/lines/0/sku``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def reasons(errors: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(path, reason) of pydantic's errors, without the values: they may be personal."""
    return [(pointer(error["loc"]), _sentence(error)) for error in errors]


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "This field is not known here."
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].upper() + message[1:].rstrip(".") + "."


def _located(error: Mapping[str, Any]) -> tuple[str, str]:
    """(path, reason) of one of ninja's errors, whose ``loc`` begins with where (body, query ...) and the argument's name."""
    place, *rest = error["loc"]
    if place == "body":
        return pointer(rest[1:]), _sentence(error)
    return str(rest[-1]) if rest else str(place), _sentence(error)


def invalid(errors: Sequence[tuple[str, str]]) -> Problem:
    return Problem(
        "invalid", f"{len(errors)} field(s) cannot be taken: {errors[0][0] or 'the body'}: {errors[0][1]}", errors
    )


def _from_http_error(error: HttpError) -> Problem:
    if isinstance(error.__cause__, Problem):  # ninja wraps whatever its parser raises
        return error.__cause__
    if error.status_code == 401:
        return Problem(
            "unauthenticated", KINDS["unauthenticated"].mend, headers={"WWW-Authenticate": 'Bearer realm="regulars"'}
        )
    return of_status(error.status_code, str(error) if error.status_code == 400 else "")


def install(api: NinjaAPI) -> None:
    """Let every error of ``api`` answer with a problem."""

    def handle(exception: type[Exception], to_problem: Any) -> None:
        api.add_exception_handler(exception, lambda request, error: respond(request, to_problem(error)))

    handle(Problem, lambda error: error)
    handle(ValidationError, lambda error: invalid([_located(item) for item in error.errors]))
    handle(HttpError, _from_http_error)
    handle(Http404, lambda error: Problem("not-found", str(error) or KINDS["not-found"].mend))
    handle(PermissionDenied, lambda error: Problem("forbidden", str(error) or KINDS["forbidden"].mend))
    handle(RequestDataTooBig, lambda error: of_status(413))
    api.add_exception_handler(Exception, _internal)


def _internal(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("request %s failed: %s %s", getattr(request, "id", "?"), request.method, request.path, exc_info=error)
    return respond(request, of_status(507 if trouble(error, settings.DATA_DIR) else 500))
