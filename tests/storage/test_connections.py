"""A connection that was lost while it lay in the pool is replaced before anybody asks it something."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pool"),
]


@pytest.fixture
def pooled() -> Iterator[Any]:
    """The site's connection as the site has it: out of a pool, which tests do without."""
    wrapper = connection.copy(alias="pooled")
    wrapper.settings_dict["OPTIONS"] = connection.settings_dict["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 1}}
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def backend(wrapper: Any) -> int:
    """Which process of the server answers."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_is_used_again(pooled: Any) -> None:
    first = backend(pooled)
    pooled.close()
    assert backend(pooled) == first


def test_a_lost_connection_is_replaced(pooled: Any) -> None:
    first = backend(pooled)
    pooled.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert backend(pooled) != first
