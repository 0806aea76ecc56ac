"""The tests' own world: what the fixtures promise holds on both databases."""

import socket

import pytest
from django.conf import settings
from django.db import connection

from tests.facts import RHYTHM, small_shop


def test_tests_reach_no_network():
    with socket.socket() as outside, pytest.raises(PermissionError, match="no network"):
        outside.connect(("192.0.2.1", 80))


def test_tests_have_a_data_folder_of_their_own(root):
    assert not settings.DATA_DIR.is_relative_to(root)
    assert settings.DATA_DIR.is_dir()


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for_and_one_of_its_own(request):
    assert connection.vendor == request.config.getoption("--on")
    assert str(connection.settings_dict["NAME"]) not in {
        "regulars",
        "postgres",
        str(settings.DATA_DIR / "regulars.sqlite3"),
    }
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert modes == ["wal", 2]


def test_the_small_shop_is_the_same_every_time():
    shop = small_shop()
    assert shop == small_shop()
    assert {order.customer for order in shop.orders} == {f"c{n}" for n, rhythm in enumerate(RHYTHM) if rhythm}
    assert len({order.source_id for order in shop.orders}) == len(shop.orders) == 104


def test_the_small_shop_is_recorded_whole(recorded):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(line_count) FROM orders_order")
        assert tuple(map(int, cursor.fetchone())) == (len(recorded.orders), 2 * len(recorded.orders))
        cursor.execute("SELECT count(*) FROM customers_customer")
        assert cursor.fetchone()[0] == len(recorded.customers)


@pytest.mark.parametrize("role", ["owner", "marketer", "agent", "analyst", "reader"])
def test_every_role_can_sign_in(sign_in, role):
    assert sign_in(role).get("/").wsgi_request.actor.role == role


def test_a_key_acts_with_its_scopes_alone(api_client):
    actor = api_client("orders:read").get("/api/v1/health").wsgi_request.actor
    assert actor.scopes == {"orders:read"}
    assert not actor.role
