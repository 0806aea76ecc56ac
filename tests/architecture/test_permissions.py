"""Every address says who may use it, and holds to it: for every role, every key scope, and nobody."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from ninja import NinjaAPI
from ninja.operation import Operation

from regulars.site.api import api
from regulars.web.access import Role, Scope, scope

# Addresses that anybody may open, and why. What is not here must name roles or a scope.
PUBLIC = {
    "accounts/": "allauth's own pages: each asks for the sign-in, the password or the second step that it needs",
    "language/": "a reader chooses a language before signing in",
    "setup/": "there is nobody yet who could sign in; the one-time token of the terminal guards it",
    "join/": "a colleague's invitation: its signed link is the permission",
    "enter/": "the demo's sign-in link: its signed token is the permission",
    "api/docs": "documentation holds nothing of the shop",
    "api/v1/openapi.json": "documentation holds nothing of the shop",
    "api/v1/<path:rest>": "says that nothing is there",
    "api/v1/": "says that nothing is there",
}
PUBLIC_OPERATIONS = {"read_health": "a load balancer asks whether the site is well; details need a key"}
SAMPLES = {"uuid": UUID(int=7), "int": 7, "str": "x", "slug": "x", "path": "x"}


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """(route, view) of every address but the API's operations, which tell their permission otherwise."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        elif isinstance(pattern, URLResolver) and pattern.namespace == "api":
            yield from (
                (route + str(own.pattern), own.callback)
                for own in pattern.url_patterns
                if own.name in {"openapi-json", "api-root"}
            )
        else:
            yield from routes(pattern.url_patterns, route)


def operations(of: NinjaAPI = api) -> Iterator[tuple[str, Operation]]:
    for router in of._get_bound_routers():
        for route, view in router.path_operations.items():
            for operation in view.operations:
                yield f"/api/v1{router.prefix}{route}", operation


def is_public(route: str) -> bool:
    return route in PUBLIC or any(
        route.startswith(prefix) for prefix in PUBLIC if prefix.endswith("/") and not prefix.startswith("api/")
    )


def undeclared(found: Iterator[tuple[str, Any]]) -> list[str]:
    """Routes that name no roles and stand on no list, and those that call themselves public without a reason here."""
    return [
        route
        for route, view in found
        if not is_public(route) and not isinstance(getattr(view, "access", None), frozenset)
    ]


def unscoped(found: Iterator[tuple[str, Operation]]) -> list[str]:
    return [
        f"{operation.methods[0]} {route}"
        for route, operation in found
        if operation.view_func.__name__ not in PUBLIC_OPERATIONS
        and not any(isinstance(auth, scope) for auth in operation.auth_callbacks or ())
    ]


def test_every_address_declares_who_may_use_it() -> None:
    assert undeclared(routes()) == []
    assert unscoped(operations()) == []


def test_every_entry_of_the_public_list_is_needed() -> None:
    served = [route for route, _view in routes()]
    assert [prefix for prefix in PUBLIC if not any(route.startswith(prefix) for route in served)] == []


def test_an_address_without_a_declaration_is_caught() -> None:
    def bare(request: Any) -> None: ...

    assert undeclared(routes([path("orders/secret/", bare)])) == ["orders/secret/"]
    bare.access = "public"  # type: ignore[attr-defined]
    assert undeclared(routes([path("orders/secret/", bare)])) == ["orders/secret/"]


def test_an_operation_without_a_scope_is_caught() -> None:
    planted = NinjaAPI(urls_namespace="planted")
    planted.get("/secret")(lambda request: None)
    planted.get("/optional", auth=lambda request: "anybody")(lambda request: None)
    assert unscoped(operations(planted)) == ["GET /api/v1/secret", "GET /api/v1/optional"]


def guarded() -> list[tuple[str, frozenset[str]]]:
    return [(route, view.access) for route, view in routes() if not is_public(route)]  # type: ignore[attr-defined]


def address(route: str) -> str:
    """The address of a route with something in each of its places."""
    parts = []
    for part in route.split("/"):
        kind = part.strip("<>").split(":")[0] if part.startswith("<") else ""
        parts.append(str(SAMPLES[kind if ":" in part else "str"]) if kind else part)
    return "/" + "/".join(parts)


def answer(client: Client, route: str) -> Any:
    """What the client gets; an address that takes forms alone gets an empty one."""
    client.raise_request_exception = False
    response = client.get(address(route))
    return client.post(address(route)) if response.status_code == 405 else response


@pytest.mark.parametrize("role", Role.values)
def test_each_page_opens_for_its_roles_alone(sign_in: Callable[..., Client], role: str) -> None:
    client = sign_in(role)
    for route, roles in guarded():
        status = answer(client, route).status_code
        if role in roles:
            assert status != 403, f"{role} may not open {route}"
            assert status < 500, f"{route} fails"
        else:
            assert status == 403, f"{role} got {status} from {route}"
        client = client if "_auth_user_id" in client.session else sign_in(role)


def test_nobody_is_sent_to_sign_in(staff: Any) -> None:
    for route, _roles in guarded():
        response = answer(Client(), route)
        assert response.status_code == 302, route
        assert response["Location"].startswith("/accounts/login/"), route


def call(client: Client, operation: Operation, route: str, **headers: str) -> int:
    place = route.replace("{ref}", "shopify:1")
    return client.generic(operation.methods[0], place, b"{}", "application/json", headers=headers).status_code


@pytest.mark.parametrize("granted", Scope.values)
def test_each_operation_opens_for_its_scope_alone(api_client: Callable[..., Client], granted: str) -> None:
    client = api_client(granted)
    for route, operation in operations():
        needed = {auth.needed for auth in operation.auth_callbacks or () if isinstance(auth, scope)}
        status = call(client, operation, route)
        assert (status == 403) == bool(needed and granted not in needed), (
            f"{granted} got {status} from {operation.methods[0]} {route}"
        )
        assert status != 401


def test_no_operation_takes_a_guess_a_stale_key_or_a_signed_in_person(console: Client) -> None:
    from django.utils import timezone

    from tests.api.program import make_key

    make_key(*Scope.values, secret="expired")
    from regulars.shop.models import ApiKey

    ApiKey.objects.update(expires_at=timezone.now())
    make_key(*Scope.values, secret="revoked")
    ApiKey.objects.filter(expires_at=None).update(revoked_at=timezone.now())
    for route, operation in operations():
        if operation.view_func.__name__ in PUBLIC_OPERATIONS:
            continue
        assert call(console, operation, route) == 401, route
        for secret in ("guess", "expired", "revoked"):
            assert call(Client(), operation, route, Authorization=f"Bearer {secret}") == 401, (secret, route)
