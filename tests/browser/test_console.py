"""The console in a real browser: nothing breaks the content policy, charts draw, lists work on a phone."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import expect, sync_playwright

from regulars.customers.models import Customer
from regulars.ledger.queries.accounts import account
from regulars.orders.models import Order
from tests.flows.history import tell
from tests.ledger.conftest import empty

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "/components/",
    "/ledger/",
    "/ledger/totals/",
    "/ledger/approvals/",
    "/team/",
    "/team/invite/",
    "/keys/",
    "/keys/new/",
    "/audit/",
    "/settings/",
    "/account/",
    "/search/?q=x",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
]


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def browser(chromium, monkeypatch):
    # Playwright runs an event loop in this thread; Django's ORM refuses to work beside one unless told otherwise.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield started
        started.close()


@pytest.fixture
def books(live_server) -> Iterator[None]:
    yield
    empty()


@pytest.fixture
def open_page(live_server, sign_in, browser, complaints, request) -> Iterator:
    """``open_page("/team/", width=390, dark=True)``: a page of the owner's; what the browser complains of is kept."""
    contexts = []

    def opened(path: str, *, width: int = 1440, dark: bool = False, language: str = "zh-CN"):
        session = sign_in("owner").cookies["sessionid"].value
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light", locale=language
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_breaks_the_policy_or_runs_over_the_edge(open_page, complaints, live_server, width):
    page = open_page(PAGES[0], width=width)
    for path in PAGES:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} is {wider} px wider than the screen"
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_full_statement_is_readable_and_can_be_searched(
    open_page, complaints, books, recorded, staff, width, language
):
    member = Customer.objects.order_by("source_id")[0]
    orders = [found.hex for found in Order.objects.order_by("-placed_at").values_list("id", flat=True)[:6]]
    own = tell(member.pk, orders=orders, actor=f"user:{staff['agent'].pk}")
    page = open_page(f"/ledger/{UUID(own.id)}/", width=width, language=language)
    entries = page.locator("#list-statement tbody tr")
    expect(entries).to_have_count(account(own.id).entries)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{wider} px wider than the screen"
    cut = "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent.trim())"
    assert page.locator("td, th, .figure-value").evaluate_all(cut) == []
    page.locator(".list-filters summary").click()
    page.locator("select[name=what]").select_option("expired")
    expect(entries).to_have_count(1)
    page.locator(".list-filters summary").click()
    page.locator(".chip").click()
    expect(entries).not_to_have_count(1)
    page.locator("details", has=page.locator("input[name=amount]")).locator("summary").click()
    expect(page.locator("input[name=amount]")).to_be_visible()
    assert complaints == []


def test_charts_are_drawn_in_both_themes(open_page, complaints):
    for dark in (False, True):
        page = open_page("/components/", dark=dark)
        page.wait_for_load_state("networkidle")
        drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"
        assert all(
            page.locator(f"#{name}").evaluate(drawn)
            for name in ("spec-line", "spec-stacked", "spec-doughnut", "spec-cloud")
        )
        assert page.evaluate("document.documentElement.dataset.bsTheme") == ("dark" if dark else "light")
    assert complaints == []


def test_typing_in_a_list_narrows_it_without_a_reload(open_page, complaints):
    page = open_page("/team/", language="en")
    page.evaluate("window.stayed = true")
    page.locator("#list-team-q").press_sequentially("analy", delay=30)
    rows = page.locator(".table-cards tbody tr")
    expect(rows).to_have_count(1)
    assert page.url.endswith("/team/?q=analy")
    assert page.evaluate("window.stayed")
    assert page.locator("#list-team-q").input_value() == "analy"
    page.locator(".chip").click()
    expect(rows).to_have_count(5)
    assert complaints == []


def test_lists_work_without_scripts(live_server, sign_in, browser):
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    context.add_cookies(
        [{"name": "sessionid", "value": sign_in("owner").cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(live_server.url + "/team/?q=analy")
    assert page.locator(".table-cards tbody tr").count() == 1
    page.locator(".row-link").click()
    assert page.locator("select[name=role]").count() == 1
    context.close()


def test_a_slash_jumps_to_search_and_the_phone_menu_opens(open_page, complaints):
    page = open_page("/team/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "global-search"
    phone = open_page("/team/", width=390)
    assert not phone.locator(".sidebar-link").first.is_visible()
    phone.locator("[data-bs-toggle=offcanvas]").click()
    phone.locator(".sidebar-link").first.wait_for(state="visible")
    assert complaints == []


def test_the_first_page_weighs_under_a_megabyte(open_page, live_server):
    page = open_page("/team/")
    loaded = "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
    weight = page.evaluate(f"{loaded}.reduce((sum, entry) => sum + entry.encodedBodySize, 0)")
    assert 0 < weight < 1_000_000
