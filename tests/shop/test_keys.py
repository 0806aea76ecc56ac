"""API keys: the secret is shown once and kept nowhere, scopes hold, revoking is at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from regulars.shop import actions, queries
from regulars.shop.models import ApiKey, AuditEntry
from regulars.web.access import NOBODY

pytestmark = pytest.mark.django_db


def actor_with(secret: str):
    return queries.actor_of(RequestFactory().get("/", headers={"authorization": f"Bearer {secret}"}))


def test_the_secret_is_shown_once_and_not_stored(console):
    page = console.post(
        "/keys/new/", {"name": "Shop sync", "scopes": ["orders:write", "orders:read"], "lifetime": "30"}
    )
    secret = page.context["secret"]
    assert "no-store" in page.headers["Cache-Control"]
    stored = str(list(ApiKey.objects.values())) + str(list(AuditEntry.objects.values()))
    assert secret not in stored
    assert secret not in console.get("/keys/").content.decode()
    key = ApiKey.objects.get()
    assert secret.startswith(key.prefix)
    assert timedelta(days=29) < key.expires_at - datetime.now(UTC) <= timedelta(days=30)
    assert actor_with(secret).scopes == {"orders:write", "orders:read"}


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_a_key_without_a_known_scope_is_refused(console, scopes):
    page = console.post("/keys/new/", {"name": "x", "scopes": scopes, "lifetime": ""})
    assert page.context["form"].errors["scopes"]
    with pytest.raises(actions.Refused):
        actions.create_key("x", scopes, expires_at=None, by=actions.TERMINAL)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_nobody_at_once(console):
    key = actions.create_key("x", ["orders:read"], expires_at=None, by=actions.TERMINAL)
    assert actor_with(key.secret).name == "x"
    console.post(f"/keys/{key.id}/revoke/")
    console.post(f"/keys/{key.id}/revoke/")
    assert actor_with(key.secret) == NOBODY
    assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_a_key_past_its_time_is_nobody():
    past = actions.create_key("x", ["orders:read"], expires_at=datetime(2020, 1, 1, tzinfo=UTC), by=actions.TERMINAL)
    assert actor_with(past.secret) == NOBODY


def test_the_last_use_is_noted_but_not_at_every_request():
    key = actions.create_key("x", ["orders:read"], expires_at=None, by=actions.TERMINAL)
    first = datetime(2026, 7, 1, tzinfo=UTC)
    for later in (timedelta(0), timedelta(minutes=4), timedelta(minutes=6)):
        actions.note_use(actor_with(key.secret), first + later)
        noted = ApiKey.objects.get().last_used_at
        assert noted == first + (later if later != timedelta(minutes=4) else timedelta(0))


def test_a_key_opens_no_console_page(client, shop, staff):
    key = actions.create_key("x", ["orders:read"], expires_at=None, by=actions.TERMINAL)
    assert client.get("/team/", headers={"authorization": f"Bearer {key.secret}"}).status_code == 302
