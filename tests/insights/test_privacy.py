"""Analysts and readers see no address and no number: not as a name, not by searching for it, not by the order of rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from regulars.core.facts import CustomerFact, IdentityFact, LineFact, OrderFact
from regulars.customers import queries as customers
from regulars.customers.models import Customer
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.refresh import refresh

ADDRESS, NUMBER = "anna@secretmail.example", "+8613800135678"
PLACED_AT = datetime(2026, 6, 20, 4, tzinfo=UTC)
LISTS = ("/customers/", "/customers/leaving/", "/customers/premium/", "/orders/")
SEARCHES = ("secretmail", "anna@secretmail.example", "+8613800", "13800135678", "email:", "phone:")


def guest_order(source_id: str, *identities: IdentityFact) -> OrderFact:
    lines = (LineFact(1000, 990, title="茶"),)
    return OrderFact(source_id, "", PLACED_AT, "CNY", number=source_id, lines=lines, identities=identities)


@pytest.fixture
def guests(shop: Any, at: datetime) -> None:
    """Two guests, and a customer whose shop takes the address for the id; none has a name."""
    cache.clear()
    by_address = guest_order("g1", IdentityFact("email", ADDRESS))
    by_number = guest_order("g2", IdentityFact("phone", NUMBER))
    record_orders([by_address, by_number], source="test", at=at)
    named_so = replace(guest_order("g3"), customer="bert@secretmail.example")
    record_orders([named_so], source="test", at=at)
    refresh(at)


def body(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()


@pytest.mark.parametrize("role", ["reader", "analyst"])
def test_a_guest_has_no_handle_for_a_name(guests: None, sign_in: Callable[..., Client], role: str) -> None:
    client = sign_in(role)
    pages = [*LISTS, "/", "/customers/segments/", *(f"{path}?export=csv" for path in LISTS), "/search/?q=访客"]
    pages += [f"/customers/{pk}/" for pk in Customer.objects.values_list("pk", flat=True)]
    pages += [row["href"] for row in hits(client, "g1") + hits(client, "g2")]
    for page in pages:
        text = body(client, page)
        assert "anna@" not in text and "bert@" not in text and "13800135678" not in text, page
    assert "访客 ••••5678" in body(client, "/customers/")
    assert "访客 ••••5678" in body(client, "/customers/?export=csv")
    assert "Guest ••••5678" in body(sign_in(role, language="en"), "/orders/")


def hits(client: Client, text: str) -> list[dict[str, str]]:
    groups = client.get("/search/", {"q": text}).context["groups"]
    return [{"href": hit.href, "title": hit.title} for group in groups for hit in group.hits]


@pytest.mark.parametrize("text", SEARCHES)
def test_no_search_finds_a_contact_for_those_who_may_not_see_it(
    guests: None, sign_in: Callable[..., Client], text: str
) -> None:
    for role in ("reader", "analyst"):
        client = sign_in(role)
        assert hits(client, text) == []
        assert [client.get(path, {"q": text}).context["list"].total for path in LISTS] == [0, 0, 0, 0]


def test_those_who_serve_customers_find_them_by_contact(guests: None, sign_in: Callable[..., Client]) -> None:
    owner = sign_in("owner")
    assert owner.get("/customers/", {"q": "secretmail"}).context["list"].total == 2
    assert owner.get("/orders/", {"q": "anna@secretmail"}).context["list"].total == 1
    assert owner.get("/orders/", {"q": "13800135678"}).context["list"].total == 1
    assert [hit["title"] for hit in hits(owner, "+8613800")] == ["访客 ••••5678"]
    assert ADDRESS in body(owner, "/customers/")


def test_rows_are_not_sorted_by_what_is_masked(shop: Any, at: datetime, sign_in: Callable[..., Client]) -> None:
    facts = [
        CustomerFact(f"c{n}", name=name, identities=(IdentityFact("email", f"{address}@x.example"),))
        for n, (name, address) in enumerate([("甲", "aab"), ("乙", "aac"), ("丙", "aaa")])
    ]
    record_customers(facts, source="test", at=at)
    refresh(at)

    def names(role: str, sort: str) -> str:
        rows = body(sign_in(role), f"/customers/?export=csv&sort={sort}").splitlines()[1:]
        return "".join(row[0] for row in rows)

    assert names("owner", "email") == "丙甲乙"
    assert names("owner", "-email") == "乙甲丙"
    assert names("reader", "email") == names("reader", "-email") == names("reader", "")


@pytest.mark.parametrize(
    ("source_id", "shown"),
    [
        ("phone:+8613800135678", "Guest ••••5678"),
        ("13800135678", "Guest ••••5678"),
        ("email:anna@x.example", "Guest ••••"),
        ("email:4d5e6f00112233", "Guest ••••"),
        ("anna12345@x.example", "Guest ••••"),
        ("C-1001", "C-1001"),
        ("7421", "7421"),
    ],
)
def test_an_id_made_of_a_handle_is_recognised(source_id: str, shown: str) -> None:
    with translation.override("en"):
        assert customers.shown_source_id(source_id) == shown
        assert customers.shown_name("Anna", source_id) == "Anna"
