"""Every error is a problem document, whichever part of the site noticed it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.customers.queries import listing
from regulars.web.api_limits import Buckets
from tests.api.program import Program, make_key

ORDER = {"placed_at": "2026-03-01T09:30:00+08:00", "currency": "CNY", "customer": "c1"}


def is_problem(response: Any, status: int, name: str) -> bool:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.data["type"] == f"/api/docs#{name}"
    assert response.data["status"] == status
    assert response.data["instance"] == f"urn:uuid:{response['X-Request-Id']}"
    return True


def test_unknown_address(program: Program) -> None:
    assert is_problem(program.get("/nothing/here"), 404, "not-found")


def test_unknown_record(program: Program) -> None:
    assert is_problem(program.get("/customers/01a00000-0000-7000-8000-000000000000"), 404, "not-found")
    assert is_problem(program.get("/orders/shopify:1"), 404, "not-found")
    assert is_problem(program.get("/products/gibberish"), 404, "not-found")


def test_wrong_method_names_the_right_ones(program: Program) -> None:
    response = program.send("DELETE", "/customers/shopify:1")
    assert is_problem(response, 405, "method-not-allowed")
    assert {name.strip() for name in response["Allow"].split(",")} == {"GET", "PUT"}


@pytest.mark.parametrize("secret", ["", "guess"])
def test_no_key_or_an_unknown_one(program: Program, secret: str) -> None:
    response = Program(secret).get("/customers")
    assert is_problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_key_without_the_scope(shop: Any) -> None:
    make_key("orders:read")
    response = Program().get("/customers")
    assert is_problem(response, 403, "forbidden")
    assert "customers:read" in response.data["detail"]


def test_body_that_is_not_json(program: Program) -> None:
    for body in (b"{", b"\xff\xfe", b'{"properties": NaN}', b"[" * 100_000):
        response = _raw(body)
        assert is_problem(response, 400, "malformed")


def test_body_of_another_type(program: Program) -> None:
    assert is_problem(_raw(b"a=1", content_type="application/x-www-form-urlencoded"), 415, "unsupported-media-type")
    assert is_problem(_raw(b"{}", headers={"Content-Encoding": "gzip"}), 415, "unsupported-media-type")


def test_body_that_is_too_large(program: Program) -> None:
    assert is_problem(_raw(b'"' + b"x" * (5 * 1024 * 1024) + b'"'), 413, "too-large")


def _raw(body: bytes, content_type: str = "application/json", headers: dict[str, str] | None = None) -> Any:
    response = Client(raise_request_exception=False).generic(
        "POST", "/api/v1/events", body, content_type, headers={"Authorization": "Bearer secret", **(headers or {})}
    )
    response.data = response.json()
    return response


def test_each_wrong_field_is_named_with_its_path(program: Program) -> None:
    body = {
        **ORDER,
        "placed_at": "2026-03-01 09:30",
        "currency": "XXX",
        "colour": "red",
        "lines": [{"quantity": "1", "list_amount": 100}, {"quantity": 1, "list_amount": -5}],
    }
    response = program.put("/orders/shopify:1", body)
    assert is_problem(response, 422, "invalid")
    paths = {error["path"] for error in response.data["errors"]}
    assert paths == {"/placed_at", "/currency", "/colour", "/lines/1/quantity", "/lines/1/list_amount"}
    assert all(error["reason"] for error in response.data["errors"])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=gibberish", "cursor"),
        ("updatd_since=2026-01-01T00:00:00Z", "updatd_since"),
        ("placed_from=2026-01-01T00:00:00", "placed_from"),
        ("customer=shopify:nobody", "customer"),
    ],
)
def test_wrong_query_names_the_parameter(program: Program, query: str, named: str) -> None:
    response = program.get(f"/orders?{query}")
    assert is_problem(response, 422, "invalid")
    assert [error["path"] for error in response.data["errors"]] == [named]


def test_a_failure_here_says_nothing_of_its_cause(program: Program, monkeypatch: Any, caplog: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(listing, "page", fail)
    response = program.get("/customers")
    assert is_problem(response, 500, "internal")
    assert b"swordfish" not in response.content
    assert response["X-Request-Id"] in caplog.text


def test_a_shop_that_is_not_set_up(db: None) -> None:
    make_key("orders:write")
    assert is_problem(Program().put("/orders/shopify:1", ORDER), 503, "unavailable")


def test_the_limit_of_a_key(program: Program, monkeypatch: Any) -> None:
    monkeypatch.setattr("regulars.web.api_limits.time.monotonic", lambda: 1000.0)
    first = program.get("/customers")
    assert first["RateLimit-Policy"] == '"key";q=600;w=60'
    assert first["RateLimit"].startswith('"key";r=599;')
    for _ in range(599):
        last = program.get("/customers/x")
    assert last["RateLimit"].startswith('"key";r=0;')
    response = program.get("/customers/x")
    assert is_problem(response, 429, "too-many-requests")
    assert int(response["Retry-After"]) == 1


def test_a_bucket_refills_evenly_and_never_overflows() -> None:
    buckets = Buckets(capacity=60)
    assert [buckets.take("a", 0.0).allowed for _ in range(61)] == [True] * 60 + [False]
    assert buckets.take("b", 0.0).allowed
    assert buckets.take("a", 0.5).allowed is False
    assert buckets.take("a", 1.0).allowed
    assert buckets.take("a", 3600.0).left == 59


def test_a_key_remembers_about_when_it_was_last_used(program: Program) -> None:
    from regulars.shop.models import ApiKey

    program.get("/customers")
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    program.get("/customers")
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(hours=1))
    program.get("/customers")
    assert ApiKey.objects.get().last_used_at >= first
