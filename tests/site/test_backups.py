"""A shop is copied while it is written to, and put back whole."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

# A shop that never stops writing: each operation is told once it is acknowledged.
WRITER = """
import itertools, django
django.setup()
from regulars.site.preparing import prepare_database
prepare_database()
from datetime import UTC, datetime
from regulars.ledger.actions import commit
from regulars.core.naming import operation_id
from regulars.ledger.facts import Account, Operation, Post, world
for n in itertools.count():
    member = Account("points", "points:club", "club", f"{n % 50:032x}")
    told = operation_id("drill", str(n))
    commit(Operation(told, datetime(2026, 3, 1, tzinfo=UTC), [Post(world("points:club", "issued"), member, 10)], "drill"))
    print(told, flush=True)
"""
KNOWN = """
import django
django.setup()
from regulars.storage.bulk import as_hex, select_in
from django.db import connection
cursor = connection.cursor()
cursor.execute("SELECT id FROM ledger_operation")
print("\\n".join(as_hex(row[0]) for row in cursor.fetchall()))
"""


class Place:
    """A data folder, and its database on PostgreSQL where that is what is tried."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        keep = {key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")}
        self.environment = keep | {"REGULARS_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "regulars.site.settings"}
        if url:
            self.environment["REGULARS_DATABASE_URL"] = url

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "regulars", *command],
            check=False,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def told(self, *command: str) -> dict[str, Any]:
        done = self.run(*command, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def python(self, program: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """``place("here")`` -> an empty shop of that name."""
    if request.param == "sqlite":
        yield lambda name: Place(tmp_path / name)
        return
    url, made = request.getfixturevalue("postgresql_url"), []
    server = psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True)

    def new(name: str) -> Place:
        made.append(f"regulars_{name}_{os.getpid()}")
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
        return Place(tmp_path / name, f"{url.rpartition('/')[0]}/{made[-1]}")

    yield new
    for name in made:
        for database in (name, f"{name}_before_restore"):
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    server.close()


def test_a_shop_that_is_written_to_is_copied_and_put_back(place: Callable[[str], Place], tmp_path: Path):
    here, there = place("here"), place("there")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], env=here.environment, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        try:
            acknowledged = [next(writer.stdout).strip() for _ in range(60)]
            copied = here.told("backup", str(tmp_path / "copy"), "--with-key")
        finally:
            writer.kill()
            later = writer.stdout.read().split()
    assert copied["ok"] and copied["operations"] >= 60
    assert later, "nothing was written while the copy was made"
    restored = there.told("restore", copied["file"])
    assert restored["operations"] == copied["operations"]
    assert there.told("verify")["ok"]
    known = set(there.python(KNOWN).split())
    assert known >= set(acknowledged)


def test_a_shop_with_data_is_replaced_only_when_told(place: Callable[[str], Place], tmp_path: Path):
    here = place("here")
    _write(here, "one")
    copied = here.told("backup", str(tmp_path))
    _write(here, "two")
    refused = here.run("restore", copied["file"])
    assert refused.returncode == 2 and "--replace" in refused.stderr
    assert len(here.python(KNOWN).split()) == 2
    kept = here.told("restore", copied["file"], "--replace")["kept"]
    assert kept and len(here.python(KNOWN).split()) == 1
    assert here.told("verify")["ok"]


def test_a_copy_that_was_tampered_with_is_refused(tmp_path: Path):
    here, there = Place(tmp_path / "here"), Place(tmp_path / "there")
    _write(here, "one")
    copied = here.told("backup", str(tmp_path / "copy.sqlite3"))
    with closing(sqlite3.connect(copied["file"])) as database, database:
        database.execute("UPDATE ledger_account SET balance = balance + 1 WHERE guarded")
    refused = there.run("restore", copied["file"])
    assert refused.returncode == 2 and "balance is 11, should be 10" in refused.stderr
    assert not (there.folder / "regulars.sqlite3").exists()
    (tmp_path / "none").write_text("no database")
    refused = there.run("restore", str(tmp_path / "none"))
    assert refused.returncode == 2 and "Traceback" not in refused.stderr


def _write(place: Place, name: str) -> None:
    once = WRITER.replace("itertools.count()", "[0]").replace('"drill", str(n)', f'"drill", "{name}"')
    place.python(once)


def test_verify_says_what_differs_and_where(tmp_path: Path):
    here = Place(tmp_path / "here")
    _write(here, "one")
    assert here.told("verify")["sealed"].startswith("1 ")
    with closing(sqlite3.connect(here.folder / "regulars.sqlite3")) as database, database:
        database.execute("UPDATE ledger_account SET balance = balance + 1 WHERE guarded")
    done = here.run("verify", "--json")
    (found,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert "points points:club club" in found and "balance is 11, should be 10" in found
    assert "balance is 11, should be 10" in here.run("verify").stdout
    environment = here.environment
    here.environment = environment | {"REGULARS_SECRET_KEY": "another"}
    assert "regulars seal --anew" in here.run("verify").stdout
