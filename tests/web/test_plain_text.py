"""A NUL in a request is refused before it reaches a database that takes none."""

from typing import Any

import pytest
from django.test import Client

LISTS = ("/customers/", "/orders/", "/products/", "/imports/", "/team/", "/audit/", "/search/")


@pytest.mark.parametrize("path", LISTS)
def test_a_nul_in_the_query_is_refused(console: Client, path: str) -> None:
    assert console.get(f"{path}?q=%00").status_code == 400
    assert console.get(f"{path}?q=%2500").status_code == 200


def test_a_nul_in_path_form_or_cookie_is_refused(console: Client) -> None:
    assert console.get("/enter/a%00b/").status_code == 400
    assert console.post("/language/", "language=%00", "application/x-www-form-urlencoded").status_code == 400
    console.cookies["sessionid"] = "\0aaaaaaaaaaaa"
    assert console.get("/").status_code == 400


@pytest.mark.parametrize("path", ["/orders/s:%00", "/customers/s:%00", "/products/s:%00"])
def test_the_api_names_the_field(api_client: Any, path: str) -> None:
    answer = api_client().get(f"/api/v1{path}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "ref"
    assert api_client().get("/api/v1/orders?customer=s:%00").status_code == 422
