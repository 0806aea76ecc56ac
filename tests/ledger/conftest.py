"""Books to test with."""

from collections.abc import Iterator

import pytest
from django.db import connection

TABLES = "seal_line seal message hold lot posting operation account".split()


@pytest.fixture
def books(transactional_db: None) -> Iterator[None]:
    """An empty ledger that commits for real, and is emptied afterwards although its history is final."""
    empty()
    yield
    empty()


def empty() -> None:
    """Empty the ledger past its triggers: what only the owner of a database can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            for table in TABLES:
                cursor.execute(f"DELETE FROM ledger_{table}")
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger_%'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        for table in TABLES:
            cursor.execute(f"DELETE FROM ledger_{table}")
        for _name, sql in triggers:
            cursor.execute(sql)
