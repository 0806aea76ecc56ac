"""From nothing to "… more to Gold" without a line of code: a template, two changes by form, publish, a member."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from regulars.catalog.models import Product
from regulars.customers.models import Customer
from regulars.flows.settling import settle_members
from regulars.membership.models import Draft, Member, Version
from regulars.web.access import Scope
from tests.api.program import Program, make_key
from tests.browser.test_console import books, browser, complaints, open_page  # noqa: F401  fixtures


@pytest.mark.parametrize("width", [1440, 390])
def test_an_operator_publishes_a_template_changed_in_two_places(open_page, complaints, books, recorded, width):  # noqa: F811
    page = open_page("/programme/", width=width, language="en-US")
    page.locator("#template-b2c button", has_text="Begin with this").click()

    def open_form(part: str) -> None:
        page.locator("li", has_text=part).get_by_role("link", name="Change").first.click()

    open_form("Points for purchases")
    page.get_by_label("Points", exact=False).locator("visible=true").and_(page.locator("[name=points]")).fill("2")
    page.get_by_role("button", name="Add a condition").last.click()  # of the order, not of its lines
    page.locator(".condition-row select").first.select_option("order.amount")
    page.locator(".condition-row select").nth(1).select_option("at_least")
    page.locator(".condition-row input[type=text]").fill("1.00")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.locator("li", has_text="Points for purchases")).to_contain_text("order amount is at least 1.00 CNY")

    open_form("Free shipping")
    page.locator("[data-remove-row]").first.click()
    page.get_by_role("button", name="Longer").click()
    page.locator("[data-row] [name$=-id]").last.fill("silver-return")
    page.locator("[name$=-days]").fill("21")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.locator("#ladder")).to_contain_text("21")
    fits(page)

    page.get_by_role("link", name="Check and publish").click()
    expect(page.get_by_label("from the first order on")).to_be_checked()
    page.get_by_label("Note").fill("Opening")
    fits(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".alert")).to_contain_text("Version 1 is in force")
    assert Version.objects.get().note == "Opening"
    settle_members.func()

    page.goto(page.url.split("/programme/")[0] + "/members/?tier=silver&sort=-points")
    fits(page)
    page.locator("tbody tr a.row-link").first.click()
    expect(page.locator("#membership")).to_contain_text(re.compile(r"[\d,]+ points"))
    fits(page)
    an_order_comes_and_a_line_of_it_goes_back(page)
    assert complaints == []


def an_order_comes_and_a_line_of_it_goes_back(page: Any) -> None:
    """Told by the shop's system, shown by the console and the API; after the return as if the line had not been bought."""
    make_key(*Scope.values)
    shop = Program()

    def buy(who: str, number: str, day: int, *amounts: int) -> None:
        lines = [{"source_id": f"l{n}", "quantity": "1", "list_amount": amount} for n, amount in enumerate(amounts)]
        body = {"customer": who, "placed_at": f"2026-06-2{day}T02:00:00Z", "currency": "CNY", "lines": lines}
        assert shop.put(f"/orders/web:{number}", body | {"state": "delivered"}).status_code == 201

    def shown(who: str) -> tuple[str, dict[str, Any]]:
        settle_members.func()
        told = shop.get(f"/members/web:{who}").data
        page.goto(f"{page.url.split('/customers/')[0]}/customers/{told['customer_id']}/")
        section = page.locator("#membership").inner_text().split("Lately")[0]
        return section, {key: value for key, value in told.items() if key not in {"customer_id", "changed_at"}}

    buy("ann", "a1", 1, 60_000)
    buy("twin", "t1", 1, 60_000)
    before = shown("ann")
    buy("ann", "a2", 2, 100_000, 28_000)
    buy("twin", "t2", 2, 100_000)
    section, told = shown("ann")
    assert "Silver" in section and "120.00 CNY more to Gold" in section
    assert told["tier"]["name"] == "Silver" and told["next"]["says"][0] == "120.00 CNY more to Gold"
    assert f"{told['balances'][0]['pending']:,} points still pending" in section
    fits(page)
    back = {"source_id": "r1", "at": "2026-06-23T02:00:00Z", "lines": [{"line": "l1", "quantity": "1"}]}
    assert shop.post("/orders/web:a2/returns", back).status_code == 201
    assert shown("ann") == shown("twin") != before
    assert shop.post("/orders/web:a2/returns", {"source_id": "r2", "at": "2026-06-24T02:00:00Z"}).status_code == 201
    assert shown("ann") == before


def fits(page: Any) -> None:
    page.wait_for_load_state("networkidle")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} is {wider} px wider than the screen"


def test_a_condition_in_rows_says_what_the_document_says(open_page, complaints, shop, sign_in):  # noqa: F811
    """Nested groups stay text; what the rows show is posted as it was."""
    sign_in("owner").post("/programme/begin/", {"source": "b2c", "revision": 0})
    page = open_page("/programme/draft/part/?path=rules[6]", language="en-US")
    expect(page.locator(".condition-row")).to_have_count(2)
    before = Draft.objects.get().text
    page.get_by_role("button", name="Save in the draft").click()
    page.wait_for_url("**/programme/draft/")
    [review] = [rule for rule in _rules() if rule["id"] == "review"]
    assert review["when"] == {
        "all": [
            {"field": "event.verified", "op": "is", "value": True},
            {"field": "event.length", "op": "at_least", "value": 15},
        ]
    }
    assert before
    assert not Member.objects.exists() and complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_products_are_put_into_a_made_up_order_while_typing(open_page, complaints, books, recorded, sign_in, width):  # noqa: F811
    sign_in("owner").post("/programme/begin/", {"source": "b2c", "revision": 0})
    customer, product = Customer.objects.get(source_id="c0"), Product.objects.order_by("pk")[0]
    page = open_page(f"/programme/preview/?customer={customer.pk}&what=made", width=width, language="en-US")
    page.evaluate("window.stayed = true")
    page.locator("#basket-find").press_sequentially(product.title[:4], delay=30)
    hit = page.locator(f".basket-hit[value='{product.pk}']")
    expect(hit).to_be_visible()
    assert page.evaluate("window.stayed"), "the list narrows without a reload"
    fits(page)
    hit.click()
    expect(page.locator(".basket-what")).to_contain_text(product.title)
    page.get_by_label("Quantity").fill("3")
    page.locator("[name=price]").fill("40.00")
    page.locator("#basket-find").press("Enter")
    expect(page.locator(".basket-what")).to_have_count(1)
    page.get_by_role("button", name="Try it out").click()
    expect(page.locator("main")).to_contain_text("120 points for 120.00 CNY")
    fits(page)
    assert complaints == []


def _rules() -> list[dict[str, Any]]:
    from regulars.core.declarations import load

    rules: list[dict[str, Any]] = load(Draft.objects.get().text)["rules"]
    return rules
