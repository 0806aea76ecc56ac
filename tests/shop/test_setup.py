"""First run: nothing opens before there is an owner, and only the link from the terminal makes one."""

from datetime import timedelta

import pytest
from django.test import Client

from regulars.shop import actions, queries
from regulars.shop.models import AuditEntry, OneTimeLink, Shop, User

OWNER = {
    "name": "王店主",
    "email": "Boss@Shop.Example",
    "password": "a long enough phrase",
    "again": "a long enough phrase",
}
SHOP = {"name": "溪山茶铺", "language": "zh-hans", "country": "CN", "currency": "CNY", "zone": "Asia/Shanghai"}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/team/", "/accounts/login/", "/nowhere/", "/setup/shop/", "/setup/data/"])
def test_without_an_owner_every_page_leads_to_set_up(client, path):
    answer = client.get(path, follow=True)
    assert (
        answer.redirect_chain[-1][0]
        in {"/setup/", "/accounts/login/?next=/setup/shop/", "/accounts/login/?next=/setup/data/"}
        or path == "/"
    )
    assert "/setup/owner/" in answer.content.decode()


def test_without_the_link_nobody_becomes_owner_not_even_from_this_machine(client):
    answer = client.post("/setup/owner/guess/", OWNER, REMOTE_ADDR="127.0.0.1")
    assert answer.status_code == 403
    assert not User.objects.exists()


def test_the_link_leads_through_owner_and_shop_to_the_data(client):
    path = actions.issue_setup_link()
    assert client.get(path).status_code == 200
    assert client.post(path, OWNER).headers["Location"] == "/setup/shop/"
    owner = User.objects.get()
    assert (owner.email, owner.role, owner.name) == ("boss@shop.example", "owner", "王店主")
    assert client.get("/team/").headers["Location"] == "/setup/shop/"  # signed in, but there is no shop yet
    assert client.post("/setup/shop/", SHOP).headers["Location"] == "/setup/data/"
    assert client.get("/setup/data/").status_code == 200
    shop = queries.require_shop()
    assert (shop.name, shop.currency, shop.zone, shop.is_sample, shop.as_of) == (
        "溪山茶铺",
        "CNY",
        "Asia/Shanghai",
        False,
        "now",
    )
    assert client.get("/team/").status_code == 200
    assert list(AuditEntry.objects.order_by("at").values_list("action", flat=True)) == [
        "staff.owner_created",
        "shop.created",
    ]


def test_the_link_works_once(client):
    path = actions.issue_setup_link()
    client.post(path, OWNER)
    again = Client().post(path, {**OWNER, "email": "second@shop.example"})
    assert again.status_code == 403
    assert User.objects.count() == 1


def test_a_fresh_link_ends_the_one_before(client):
    first, second = actions.issue_setup_link(), actions.issue_setup_link()
    assert client.get(first).status_code == 403
    assert client.get(second).status_code == 200


def test_the_link_runs_out(client):
    path = actions.issue_setup_link()
    OneTimeLink.objects.update(expires_at=OneTimeLink.objects.get().expires_at - timedelta(days=1, seconds=1))
    assert client.post(path, OWNER).status_code == 403


def test_the_token_is_not_kept(client):
    token = actions.issue_setup_link().split("/")[-2]
    assert token not in str(list(OneTimeLink.objects.values()))


@pytest.mark.parametrize(
    "bad",
    [
        {"again": "different one"},
        {"password": "short", "again": "short"},
        {"password": "password123", "again": "password123"},
        {"email": "nonsense"},
    ],
)
def test_a_bad_form_uses_nothing_up(client, bad):
    path = actions.issue_setup_link()
    assert client.post(path, {**OWNER, **bad}).status_code == 200
    assert not User.objects.exists()
    assert client.post(path, OWNER).status_code == 302


def test_unknown_currency_or_zone_is_refused(client):
    client.post(actions.issue_setup_link(), OWNER)
    page = client.post("/setup/shop/", {**SHOP, "currency": "XXX", "zone": "Mars/Olympus"})
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"currency", "zone"}
    assert not Shop.objects.exists()


def test_programs_get_their_own_answer_before_set_up(client):
    assert client.get("/api/v1/customers").status_code in {401, 404}


def test_ensure_shop_leaves_an_existing_shop_alone():
    values = {
        "currency": "USD",
        "zone": "America/New_York",
        "country": "US",
        "is_sample": True,
        "as_of": "newest_order",
    }
    actions.ensure_shop(name="First", **values)
    actions.ensure_shop(name="Second", **values)
    assert queries.require_shop().name == "First"
    assert AuditEntry.objects.filter(action="shop.created").count() == 1


def test_a_sign_in_link_signs_in_once(client):
    actions.ensure_shop(
        name="S", currency="USD", zone="America/New_York", country="US", is_sample=True, as_of="newest_order"
    )
    actions.create_owner("owner@demo.example", name="Demo", password=None)
    path = actions.sign_in_link("owner@demo.example")
    assert client.post(path).status_code == 302
    assert client.get("/team/").status_code == 200
    assert Client().post(path).status_code == 403
    assert actions.sign_in_link("stranger@demo.example") is None


def test_a_sign_in_link_runs_out_after_a_quarter_of_an_hour(client):
    actions.create_owner("owner@demo.example", name="Demo", password=None)
    path = actions.sign_in_link("owner@demo.example")
    OneTimeLink.objects.update(expires_at=OneTimeLink.objects.get().expires_at - actions.SIGN_IN_VALID)
    assert client.get(path).status_code == 403


def test_looking_at_a_sign_in_link_does_not_use_it_up(client):
    actions.ensure_shop(
        name="S", currency="USD", zone="America/New_York", country="US", is_sample=True, as_of="newest_order"
    )
    actions.create_owner("owner@demo.example", name="Demo", password=None)
    path = actions.sign_in_link("owner@demo.example")
    for scanner in (Client(), Client()):
        assert scanner.head(path).status_code == 200
        assert '<form method="post">' in scanner.get(path).content.decode()
        assert scanner.get("/team/").status_code == 302, "looking signs nobody in"
    assert client.post(path).status_code == 302
    assert client.get("/team/").status_code == 200
