"""The console around every page: policy, navigation by role, search, language, problems."""

import re

import pytest
from django.test import Client

from regulars.web import search
from regulars.web.navigation import NAVIGATION, menus

PAGES = [
    "/search/?q=x",
    "/team/",
    "/keys/",
    "/settings/",
    "/audit/",
    "/account/",
    "/components/",
    "/nowhere/",
    "/accounts/login/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/email/",
    "/accounts/password/change/",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_content_policy_and_no_inline_code(console, path):
    answer = console.get(path, follow=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:|<style", page)
    assert not re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_speak_one_language(sign_in, language):
    page = sign_in("owner", language=language).get("/settings/").content.decode()
    assert f'lang="{ {"zh-hans": "zh-Hans", "en": "en"}[language] }"' in page
    assert ("保存" in page) == (language == "zh-hans")
    assert (">Save<" in page) == (language == "en")


def test_switching_the_language_keeps_the_page_and_is_remembered(sign_in, staff):
    client = sign_in("reader", language="zh-hans")
    answer = client.post("/language/", {"language": "en", "next": "/account/?a=1"})
    assert answer.headers["Location"] == "/account/?a=1"
    staff["reader"].refresh_from_db()
    assert staff["reader"].language == "en"
    elsewhere = sign_in("reader", language="zh-hans")
    assert "Your account" in elsewhere.get("/account/").content.decode()


def test_switching_the_language_leads_to_no_foreign_site(console):
    assert console.post("/language/", {"language": "en", "next": "https://evil.example/"}).headers["Location"] == "/"


def test_the_navigation_shows_only_what_a_role_may_open(sign_in):
    owner, reader = (sign_in(role).get("/account/").content.decode() for role in ("owner", "reader"))
    for href in ('href="/team/"', 'href="/keys/"', 'href="/settings/"'):
        assert href in owner
        assert href not in reader


def test_the_longest_matching_address_is_current():
    from regulars.web.access import Actor

    links = [link for menu in menus(Actor("x", "user:1", "owner"), "/keys/new/") for link in menu.links]
    assert [link.href for link in links if link.is_current] == ["/keys/"]
    assert len(NAVIGATION) > 3


def test_a_refusal_names_the_reason(sign_in):
    answer = sign_in("reader", language="en").get("/team/")
    assert answer.status_code == 403
    assert "The owner of the shop can change your role" in answer.content.decode()


def test_nobody_is_sent_to_sign_in_and_back(staff, client):
    assert client.get("/team/?q=a").headers["Location"] == "/accounts/login/?next=/team/%3Fq%3Da"


def test_who_sends_a_form_signed_out_comes_back_to_the_page_it_stood_on(staff, client):
    """The form's own address takes no GET: who was led there after signing in saw an empty page."""
    stood_on = {"referer": "http://testserver/customers/?q=a"}
    there = client.post("/customers/segments/save/", {"name": "a"}, headers=stood_on).headers["Location"]
    assert there == "/accounts/login/?next=/customers/%3Fq%3Da"
    assert client.post("/customers/segments/save/").headers["Location"] == "/accounts/login/?next=/"


def test_a_form_without_its_token_is_told_what_to_do(staff, sign_in):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = client.post("/accounts/login/", {"login": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_search_asks_every_provider_and_suggests_under_the_field(console, monkeypatch):
    monkeypatch.setattr(search, "_PROVIDERS", {})

    @search.provider("People", icon="user")
    def people(text, limit, actor):
        assert actor.role == "owner"
        return [search.Hit(f"{text} {i} <b>", f"/p/{i}", "note") for i in range(50)][:limit]

    @search.provider("Nothing")
    def nothing(text, limit, actor):
        return []

    whole = console.get("/search/?q=wang").content.decode()
    assert whole.count('class="hit"') == 20
    assert "&lt;b&gt;" in whole
    assert "Nothing" not in whole
    part = console.get("/search/?q=wang", headers={"hx-request": "true"}).content.decode()
    assert part.count('class="hit"') == 5
    assert "<html" not in part
    assert console.get("/search/", headers={"hx-request": "true"}).content.decode().strip() == ""


def test_the_component_page_is_the_owners(sign_in):
    assert sign_in("analyst").get("/components/").status_code == 403
    page = sign_in("owner", language="en").get("/components/").content.decode()
    assert page.count("data-chart=") == 4
    assert "¥1.2M" in page


def test_every_component_has_its_place_on_the_component_page(root):
    templates = root / "src" / "regulars" / "web" / "templates"
    page = (templates / "web" / "components.html").read_text()
    for component in (templates / "cotton").glob("*.html"):
        assert f"<c-{component.stem.replace('_', '-')}" in page, component.name


def test_a_failure_shows_a_page_that_says_what_to_do(sign_in, monkeypatch):
    def broken(text, limit, actor):
        raise RuntimeError("a provider fails")

    monkeypatch.setattr(search, "_PROVIDERS", {"x": ("Broken", "x", broken)})
    client = sign_in("owner", language="en")
    client.raise_request_exception = False
    answer = client.get("/search/?q=x")
    assert answer.status_code == 500
    assert "Nothing you entered was half saved" in answer.content.decode()
    assert "a provider fails" not in answer.content.decode()


def test_pages_of_staff_are_not_kept_by_caches(console, client):
    assert console.get("/team/").headers["Cache-Control"] == "private, no-cache"
