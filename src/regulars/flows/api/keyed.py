"""The key that names a request which moves something countable: sent again, it is answered as the first one was."""

from django.http import HttpRequest

from regulars.web.problems import invalid

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Names this request: a retry with the same key and body is answered as the first one was, and does nothing.",
}


def key_of(request: HttpRequest) -> tuple[str, str]:
    """Whose request it is, and its key: two programs may use the same one. Raises a problem (422) without a key."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable() or " " in key:
        raise invalid(
            [("Idempotency-Key", "Send this header: 1 to 255 visible ASCII characters that name the request.")]
        )
    return request.actor.subject, key  # type: ignore[attr-defined]
