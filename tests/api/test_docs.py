"""The documentation page: what problems lead to, readable without a script and without an account."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from regulars.site.api import api
from regulars.web.problems import KINDS


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/api/docs{query}")
    assert response.status_code == 200
    return response.content.decode()


def routes(text: str) -> set[str]:
    return set(re.findall(r"<summary>.*?>(GET|POST|PUT|DELETE)</span><code>([^<]+)", text))


def test_every_problem_leads_to_its_description(staff: object) -> None:
    text = page(Client())
    for name in KINDS:
        assert f'id="{name}"' in text


def test_every_route_stands_there_and_a_search_keeps_those_that_match(staff: object) -> None:
    found = routes(page(Client()))
    assert found == {
        (method.upper(), path) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
    }
    assert routes(page(Client(), "?q=anonymousId")) == {("POST", "/api/v1/events"), ("POST", "/api/v1/events/batch")}
    assert routes(page(Client(), "?q=merge+undo")) == {("POST", "/api/v1/customers/{ref}/split")}
    assert routes(page(Client(), "?q=%3Cscript%3E")) == set()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_keeps_the_content_policy(sign_in: Callable[..., Client], language: str) -> None:
    text = page(sign_in("reader", language=language))
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)
    assert " style=" not in text
    assert not re.search(r'(src|href)="(https?:)?//', text)
