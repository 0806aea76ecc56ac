"""Programs go past what only pages need, and past nothing that protects."""

import io
from typing import Any

import pytest

from regulars.site.wsgi import application

pytestmark = pytest.mark.django_db(transaction=True)
PROTECTING = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


def ask(path: str, **environ: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that the web server gets for a GET."""
    told: list[Any] = []
    asked = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    answer = application(asked | environ, lambda status, headers, exc_info=None: told.extend((status, dict(headers))))
    body = b"".join(answer)
    return int(told[0][:3]), told[1], body


def test_programs_are_asked_for_their_key_and_pages_for_a_session(shop: Any) -> None:
    status, headers, _ = ask("/api/v1/customers")
    assert (status, headers["Content-Type"]) == (401, "application/problem+json")
    assert "Cookie" not in headers.get("Vary", "")
    status, headers, _ = ask("/")
    assert (status, "Cookie" in headers["Vary"]) == (302, True)


@pytest.mark.parametrize("path", ["/api/v1/customers", "/api/v1/nowhere", "/api/v1/health", "/"])
def test_every_answer_is_protected(shop: Any, path: str) -> None:
    _, headers, _ = ask(path)
    assert not {name for name in PROTECTING if name not in headers}


@pytest.mark.parametrize("path", ["/api/v1/health", "/"])
def test_only_the_shop_s_own_hosts_are_answered(shop: Any, path: str) -> None:
    assert ask(path, HTTP_HOST="elsewhere.example")[0] == 400
