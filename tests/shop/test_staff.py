"""The team: invitations, roles that hold at once, and always an owner."""

import pytest
from allauth.account.models import EmailAddress
from django.core.cache.backends import locmem
from django.test import Client

from regulars.shop import actions
from regulars.shop.models import AuditEntry, User
from tests.conftest import PASSWORD

PHRASE = {"password": "a long enough phrase", "again": "a long enough phrase"}


def invite(console, **values):
    given = {"name": "李雷", "email": "li@shop.example", "role": "agent", **values}
    page = console.post("/team/invite/", given)
    link = page.context.get("link") if page.context else None
    return page, link and link.removeprefix("http://testserver")


def test_an_invited_person_chooses_a_password_and_is_in(console):
    _page, link = invite(console)
    guest = Client()
    assert "li@shop.example" in guest.get(link).content.decode()
    assert guest.post(link, PHRASE).status_code == 302
    assert guest.get("/account/").status_code == 200
    assert guest.get("/team/").status_code == 403
    assert Client().post(link, PHRASE).status_code == 403
    assert User.objects.get(email="li@shop.example").role == "agent"


def test_nobody_signs_in_before_accepting(console):
    invite(console)
    client = Client()
    client.post("/accounts/login/", {"login": "li@shop.example", "password": ""})
    assert client.get("/account/").status_code == 302


def test_the_same_address_is_not_invited_twice(console):
    invite(console)
    page, _link = invite(console, email="LI@shop.example")
    assert page.context["form"].errors["email"]
    assert User.objects.filter(email__iexact="li@shop.example").count() == 1


def test_a_new_link_ends_the_one_before(console):
    _page, first = invite(console)
    person = User.objects.get(email="li@shop.example")
    second = console.post(f"/team/{person.pk}/link/").context["link"].removeprefix("http://testserver")
    assert Client().get(first).status_code == 403
    assert Client().get(second).status_code == 200


def test_a_role_changes_at_once(console, sign_in, staff):
    reader = sign_in("reader")
    assert reader.get("/keys/").status_code == 403
    console.post(f"/team/{staff['reader'].pk}/role/", {"role": "owner"})
    assert reader.get("/keys/").status_code == 200
    assert AuditEntry.objects.get(action="staff.role_changed").details == {"role": ["reader", "owner"]}


@pytest.mark.parametrize("change", ["role", "state"])
def test_the_last_owner_stays(sign_in, staff, change):
    console, owner = sign_in("owner", language="en"), staff["owner"]
    page = console.post(f"/team/{owner.pk}/{change}/", {"role": "reader", "active": "0"}, follow=True)
    assert "A shop needs an owner" in page.content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)
    assert not AuditEntry.objects.exists()


def test_of_two_owners_one_may_go_and_the_other_not(console, staff):
    actions.change_role(staff["analyst"].pk, "owner", by=actions.TERMINAL)
    actions.deactivate(staff["owner"].pk, by=actions.TERMINAL)
    with pytest.raises(actions.Refused):
        actions.deactivate(staff["analyst"].pk, by=actions.TERMINAL)


def test_a_closed_account_is_out_with_the_next_click(console, sign_in, staff):
    reader = sign_in("reader")
    assert reader.get("/account/").status_code == 200
    console.post(f"/team/{staff['reader'].pk}/state/", {"active": "0"})
    assert reader.get("/account/").status_code == 302
    console.post(f"/team/{staff['reader'].pk}/state/", {"active": "1"})
    staff["reader"].refresh_from_db()
    assert staff["reader"].is_active


@pytest.mark.parametrize("role", ["marketer", "agent", "analyst", "reader"])
@pytest.mark.parametrize(
    "path", ["/team/", "/team/invite/", "/keys/", "/keys/new/", "/settings/", "/audit/", "/setup/shop/"]
)
def test_only_the_owner_opens_the_owners_pages(sign_in, role, path):
    assert sign_in(role).get(path).status_code == 403


def test_a_refused_change_changes_nothing(sign_in, staff):
    agent = sign_in("agent")
    assert agent.post(f"/team/{staff['agent'].pk}/role/", {"role": "owner"}).status_code == 403
    assert agent.post("/keys/new/", {"name": "x", "scopes": ["orders:read"]}).status_code == 403
    staff["agent"].refresh_from_db()
    assert staff["agent"].role == "agent"
    assert not AuditEntry.objects.exists()


def test_wrong_address_and_wrong_password_get_the_same_answer(staff):
    def answer(login: str, password: str) -> str:
        page = Client(headers={"accept-language": "en"}).post(
            "/accounts/login/", {"login": login, "password": password}
        )
        return str(page.context["form"].errors)

    assert answer("owner@shop.example", "wrong") == answer("stranger@shop.example", PASSWORD)


def test_sign_in_locks_after_too_many_wrong_passwords(staff):
    client = Client(headers={"accept-language": "en"})
    for _attempt in range(12):
        client.post("/accounts/login/", {"login": "owner@shop.example", "password": "wrong"})
    client.post("/accounts/login/", {"login": "owner@shop.example", "password": PASSWORD})
    assert client.get("/account/").status_code == 302


def test_wrong_passwords_count_for_every_web_process(staff):
    for _attempt in range(12):
        Client().post("/accounts/login/", {"login": "owner@shop.example", "password": "wrong"})
    # What a process keeps to itself another one does not know.
    for kept in (*locmem._caches.values(), *locmem._expire_info.values()):
        kept.clear()
    elsewhere = Client(headers={"accept-language": "en"})
    elsewhere.post("/accounts/login/", {"login": "owner@shop.example", "password": PASSWORD})
    assert elsewhere.get("/account/").status_code == 302


def test_only_signing_in_asks_what_processes_share(console, django_assert_max_num_queries):
    with django_assert_max_num_queries(50) as asked:
        console.get("/team/")
        console.get("/customers/")
    assert not [query for query in asked.captured_queries if "shop_cache" in query["sql"]]


def test_a_person_signs_in_with_the_right_password(staff):
    client = Client()
    answer = client.post("/accounts/login/?next=/account/", {"login": "Agent@shop.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/account/").status_code == 200


def test_nobody_signs_up_by_themselves(staff, client):
    client.post("/accounts/signup/", {"email": "new@shop.example", "password1": "a long enough phrase"})
    assert not User.objects.filter(email="new@shop.example").exists()


def test_settings_write_what_changed_into_the_trail(console, shop):
    given = {"name": "大店", "currency": "CNY", "zone": "Asia/Tokyo", "country": "CN", "as_of": "newest_order"}
    console.post("/settings/", {**given, "alone_points": 1000, "alone_amount": "100.00"})
    entry = AuditEntry.objects.get()
    assert entry.action == "shop.changed"
    assert entry.details == {"name": ["小店", "大店"], "zone": ["Asia/Shanghai", "Asia/Tokyo"]}
    assert "大店" in console.get("/audit/").content.decode()


def test_times_show_in_the_shops_zone(console, shop):
    from datetime import UTC, datetime

    actions.record(actions.TERMINAL, "shop.changed", "x", at=datetime(2026, 3, 5, 20, 0, tzinfo=UTC))
    assert "2026年3月6日 04:00" in console.get("/audit/").content.decode()
    exported = b"".join(console.get("/audit/?export=csv").streaming_content).decode()
    assert "2026-03-06 04:00:00+08:00" in exported


def test_a_forgotten_password_is_replaced_by_mail(staff, mailoutbox):
    """The whole way, and the answer for an unknown address is the same page without a mail."""
    import re

    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=staff["agent"], email="agent@shop.example", primary=True, verified=True)
    client = Client(headers={"accept-language": "zh-hans"})
    known = client.post("/accounts/password/reset/", {"email": "agent@shop.example"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@shop.example"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [mail.to for mail in mailoutbox] == [["agent@shop.example"]]
    assert mailoutbox[0].subject == "设置新密码"
    path = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    form = client.get(path, follow=True)
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    client.post(form.redirect_chain[-1][0], new)
    fresh = Client()
    fresh.post("/accounts/login/", {"login": "agent@shop.example", "password": "another long phrase"})
    assert fresh.get("/account/").status_code == 200


@pytest.mark.parametrize("role", ["owner", "reader"])
def test_nobody_adds_an_address_to_an_account(sign_in, role):
    client = sign_in(role)
    client.post("/accounts/email/", {"action_add": "", "email": "other@shop.example"})
    assert not EmailAddress.objects.filter(email="other@shop.example").exists()
    assert "/accounts/email/" not in client.get("/account/").content.decode()
