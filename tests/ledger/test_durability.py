"""The ledger does not run on a database that may lose what it acknowledged."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.utils import ConnectionHandler

from regulars.ledger.durability import weaknesses
from regulars.storage.databases import database_from_url

pytestmark = pytest.mark.django_db


def refusal(database: dict) -> str:
    """Why a connection with these settings is refused; empty where it is not."""
    other = ConnectionHandler({"default": database})["default"]
    try:
        other.ensure_connection()
    except ImproperlyConfigured as refused:
        assert other.connection is None, "a refused connection can be used all the same"
        return str(refused)
    finally:
        other.close()
        if other.vendor == "postgresql":
            other.close_pool()
    return ""


def test_a_shop_runs_durably():
    assert weaknesses() == []
    assert refusal(settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}) == ""


@pytest.mark.parametrize(
    ("pragma", "said"),
    [
        ("PRAGMA synchronous=NORMAL", "synchronous=1"),
        ("PRAGMA synchronous=OFF", "=0"),
        ("PRAGMA journal_mode=DELETE", "wal"),
    ],
)
def test_sqlite_with_less_is_refused(tmp_path: Path, pragma: str, said: str):
    database = database_from_url(None, tmp_path / "weak.sqlite3")
    assert refusal(database) == ""
    database["OPTIONS"]["init_command"] += pragma
    assert said in refusal(database)


def weak(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options={quote('-c synchronous_commit=off')}"


@pytest.fixture
def there(postgresql_url: str) -> str:
    """A database that exists: the suite's own has another name while it runs."""
    return f"{postgresql_url.rsplit('/', 1)[0]}/postgres"


def test_postgresql_with_less_is_refused(there: str, tmp_path: Path):
    assert refusal(database_from_url(there, tmp_path)) == ""
    assert "synchronous_commit = off" in refusal(database_from_url(weak(there), tmp_path))


@pytest.mark.parametrize(
    "command", [["serve", "--port", "8797"], ["worker"], ["import", "orders.csv"]], ids=lambda c: c[0]
)
def test_no_command_starts_on_less(there: str, tmp_path: Path, command: list[str]):
    environment = os.environ | {"REGULARS_DATA_DIR": str(tmp_path), "REGULARS_DATABASE_URL": weak(there)}
    (tmp_path / "orders.csv").write_text("order,at\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "regulars", *command],
        check=False,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "synchronous_commit = off" in done.stderr and "Traceback" not in done.stderr
