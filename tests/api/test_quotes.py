"""Offers and quotes over the API: what a shop's checkout asks, and what it must not be able to break."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.flows.offers import put_in_force
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.record_products import record_products
from regulars.promotions.models import Version
from regulars.shop.actions import TERMINAL
from tests.api.program import Program
from tests.facts import OPENED_AT, SmallShop

OFFERS = """
id = "shop"
name = { en = "Shop", zh = "小店" }

[[offers]]
kind = "discount"
id = "tea"
name = { en = "10% off tea", zh = "茶 9 折" }
on = "lines"
lines = { field = "line.category", op = "has", value = "食品 > 茶" }
off = { percent = "10%" }

[[offers]]
kind = "discount"
id = "welcome"
name = { en = "20.00 off the first order", zh = "首单减 20" }
when = { field = "order.number", op = "equal", value = 1 }
off = { amount = "20.00" }

[[offers]]
kind = "gift"
id = "cup"
name = { en = "A cup from 200.00 on", zh = "满 200 送杯" }
products = ["cup"]
minimum = "200.00"

[[offers]]
kind = "discount"
id = "secret"
name = { en = "5.00 off with a code", zh = "凭码减 5" }
lane = "shipping"
on = "shipping"
codes = ["SHIP5"]
off = { amount = "5.00" }
"""


@pytest.fixture
def selling(program: Program, facts: SmallShop, at: Any) -> Program:
    """A shop with goods, customers, orders and offers."""
    record_products(facts.products, source="shopify", at=at)
    record_customers(facts.customers, source="shopify", at=at)
    record_orders(facts.orders[:3], source="shopify", at=at)
    put_in_force(OFFERS, since=OPENED_AT, by=TERMINAL, at=at)
    return program


def line(sku: str = "SKU-0", quantity: str = "1", price: int = 1_000, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "price": price, **more}


def quoted(program: Program, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = program.post("/quotes", {"lines": lines, **more})
    assert answer.status_code == 200, answer.data
    return answer.data  # type: ignore[no-any-return]


def refused(program: Program, body: dict[str, Any]) -> dict[str, str]:
    """The paths that are wrong, with the reasons."""
    answer = program.post("/quotes", body)
    assert (answer.status_code, answer.data["type"]) == (422, "/api/docs#invalid"), answer.data
    return {error["path"]: error["reason"] for error in answer.data["errors"]}


def test_a_cart_is_quoted_with_every_discount_gift_and_reason(selling: Program) -> None:
    told = quoted(selling, line(quantity="2", price=4_000), line("SKU-1"), shipping=800)
    assert (told["version"], [each["net"] for each in told["lines"]]) == (1, [7_200, 1_000])
    assert [(each["offer"], each["amount"]) for each in told["applied"]] == [("tea", 800)]
    assert (told["list"], told["discount"], told["total"]) == (9_800, 800, 9_000)
    cup = told["qualifications"][-1]
    assert (cup["offer"], cup["code"], cup["figure"]) == ("cup", "spend_more", 11_800)
    assert cup["says"] == {"en": "spend 118.00 CNY more", "zh": "再消费 118.00 元可享"}
    more = quoted(selling, line("SKU-1", price=30_000), codes=["ship5", "WRONG"], shipping=800)
    assert [(each["kind"], each["items"]) for each in more["effects"]] == [("gift", ["cup"])]
    assert [(each["code"], each["by"]) for each in more["reasons"] if not each["offer"]] == [("code", "WRONG")]
    assert more["shipping"]["net"] == 300


def test_who_buys_for_the_first_time_is_known_by_their_orders(selling: Program, facts: SmallShop) -> None:
    """No programme is published: who bought before is no new customer all the same."""
    bought = {order.customer for order in facts.orders[:3]}
    new = next(each.source_id for each in facts.customers if each.source_id not in bought)
    first = quoted(selling, line("SKU-1", price=5_000), customer=f"shopify:{new}")
    assert [each["offer"] for each in first["applied"]] == ["welcome"]
    again = quoted(selling, line("SKU-1", price=5_000), customer=f"shopify:{facts.orders[0].customer}")
    assert again["discount"] == 0
    long_ago = quoted(
        selling,
        line("SKU-1", price=5_000),
        customer=f"shopify:{facts.orders[0].customer}",
        at=facts.orders[0].placed_at.isoformat(),
    )
    assert long_ago["discount"] == 2_000, "at the time of their first order they had none"


def test_a_shop_without_offers_quotes_what_it_costs(program: Program, facts: SmallShop, at: Any) -> None:
    record_products(facts.products, source="shopify", at=at)
    told = quoted(program, {"product": "p1", "quantity": "1.5", "price": 1_000}, source="shopify")
    assert (told["version"], told["total"], told["reasons"]) == (0, 1_500, [])
    assert program.get("/offers").status_code == 404


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"sku": "SKU-99"}, "/lines/1/sku", "No product has this SKU."),
        ({"quantity": "0"}, "/lines/1/quantity", "outside what can be bought"),
        ({"quantity": "1000000000"}, "/lines/1/quantity", "decimal string"),
        ({"quantity": "0.0001"}, "/lines/1/quantity", "at most 3 decimals"),
        ({"quantity": 1}, "/lines/1/quantity", "decimal string"),
        ({"price": 12.5}, "/lines/1/price", "integer"),
        ({"price": -1}, "/lines/1/price", "greater than or equal to 0"),
        ({"price": 10**13}, "/lines/1/price", "less than or equal to"),
        ({"id": "1"}, "/lines/1/id", "An earlier line has this id."),
        ({"product": "p1"}, "/lines/1", "either sku or product"),
        ({"tax": "130%"}, "/lines/1/tax", "match"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_reason(
    selling: Program, change: dict[str, Any], path: str, words: str
) -> None:
    bad = {"lines": [line(), line() | change]}
    found = refused(selling, bad)
    assert list(found) == [path] and words in found[path]


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"lines": [line()] * 10_001}, "/lines", "at most 10000"),
        ({"codes": [f"C{n}" for n in range(5_000)]}, "/codes", "at most 100"),
        ({"currency": "USD"}, "/currency", "another currency"),
        ({"customer": "shopify:nobody"}, "/customer", "No customer has this id."),
        ({"lines": [{"product": "p99", "quantity": "1", "price": 1}]}, "/lines/0/product", "No product has this id."),
        ({"coupons": ["A"]}, "/coupons", "not known here"),
        ({"customer": "shopify:\ud800"}, "/customer", "Control characters"),
        ({"codes": ["A", "\ud800"]}, "/codes/1", "Control characters"),
    ],
)
def test_a_bad_cart_is_refused_with_its_place_and_reason(
    selling: Program, body: dict[str, Any], path: str, words: str
) -> None:
    found = refused(selling, body)
    assert list(found) == [path] and words in found[path]


def test_ten_thousand_lines_take_as_many_queries_as_one(selling: Program) -> None:
    def queries(lines: int) -> int:
        sent = [line(f"SKU-{n % 6}", price=1_000 + n) for n in range(lines)]
        with CaptureQueriesContext(connection) as asked:
            told = quoted(selling, *sent, customer="shopify:c1")
        assert len(told["lines"]) == lines and told["total"] == told["list"] - told["discount"]
        return len(asked)

    queries(1)
    assert queries(10_000) == queries(2)


def test_a_quote_writes_and_holds_nothing(selling: Program) -> None:
    with CaptureQueriesContext(connection) as asked:
        quoted(selling, line(price=30_000), customer="shopify:c1", codes=["SHIP5"])
    written = [each["sql"] for each in asked if not each["sql"].strip().startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert [sql for sql in written if "shop_apikey" not in sql] == []


def test_the_offers_in_force_are_told_in_both_languages(selling: Program) -> None:
    told = selling.get("/offers").data
    assert (told["number"], told["state"], told["currency"], told["zone"]) == (1, "in_force", "CNY", "Asia/Shanghai")
    assert [each["id"] for each in told["offers"]] == ["tea", "welcome", "secret", "cup"]
    tea = told["offers"][0]
    assert tea["says"]["en"].startswith("10% off") and "9 折" in tea["says"]["zh"]
    assert told["document"]["offers"][1]["id"] == "welcome" and told["text"] == OFFERS


def test_versions_are_published_once_and_listed_the_newest_first(selling: Program) -> None:
    body = {"text": OFFERS.replace("10%", "20%"), "note": "dearer"}
    first = selling.post("/offers/versions", body)
    assert (first.status_code, first.data["number"], first.data["state"]) == (201, 2, "in_force")
    assert selling.post("/offers/versions", body).status_code == 200, "a repeat does nothing"
    page = selling.get("/offers/versions?limit=1").data
    assert [each["number"] for each in page["items"]] == [2]
    rest = selling.get(f"/offers/versions?cursor={page['next']}").data
    assert [(each["number"], each["state"]) for each in rest["items"]] == [(1, "past")]
    assert quoted(selling, line(price=1_000))["discount"] == 200


def test_a_bad_document_is_refused_whole_and_the_running_version_stays(selling: Program) -> None:
    document = {"id": "shop", "name": "Shop", "offers": [{"kind": "discount", "id": "x", "name": "X", "off": {}}]}
    answer = selling.post("/offers/versions", {"document": document})
    assert answer.status_code == 422
    assert [error["path"] for error in answer.data["errors"]] == ["/document/offers/0/off"]
    late = selling.post("/offers/versions", {"text": OFFERS + "# again", "since": "2026-02-01T00:00:00+08:00"})
    assert late.status_code == 409 and "in the past" in late.data["detail"]
    quicker = selling.post("/offers/versions", {"text": OFFERS + "# again", "number": 7})
    assert quicker.status_code == 409
    assert Version.objects.count() == 1 and quoted(selling, line())["version"] == 1
