"""From nothing to "… more to Gold" without a line of code: a template, two changes by form, publish, a member."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from regulars.flows.settling import settle_members
from regulars.membership.models import Draft, Member, Version
from tests.browser.test_console import books, browser, complaints, open_page  # noqa: F401  fixtures


@pytest.mark.parametrize("width", [1440, 390])
def test_an_operator_publishes_a_template_changed_in_two_places(open_page, complaints, books, recorded, width):  # noqa: F811
    page = open_page("/programme/", width=width, language="en-US")
    page.locator("#template-b2c button", has_text="Begin with this").click()

    def open_form(part: str) -> None:
        page.locator("li", has_text=part).get_by_role("link", name="Change").first.click()

    open_form("Points for purchases")
    page.get_by_label("Points", exact=False).locator("visible=true").and_(page.locator("[name=points]")).fill("2")
    page.get_by_role("button", name="Add a condition").first.click()
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
    section = page.locator("#membership")
    expect(section).to_contain_text("Silver")
    expect(section).to_contain_text(re.compile(r"[\d,.]+ CNY more to Gold"))
    expect(section).to_contain_text(re.compile(r"[\d,]+ points"))
    fits(page)
    assert complaints == []


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


def _rules() -> list[dict[str, Any]]:
    from regulars.core.declarations import load

    rules: list[dict[str, Any]] = load(Draft.objects.get().text)["rules"]
    return rules
