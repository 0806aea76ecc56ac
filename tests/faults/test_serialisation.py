"""The database asks for every write to be run again, thrice: each is done once. Asked for longer, it fails whole."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace

import psycopg
import pytest
from django.db import DatabaseError, connection

from regulars.ledger.actions import commit, commit_many
from regulars.ledger.facts import Operation
from regulars.storage import transactions
from tests.ledger.checker import check, stored
from tests.ledger.clients import ask_all, history, opening, race, sending

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("books")]
# At COMMIT, in the database itself; a sequence counts, since what it gives out is not rolled back.
INJECTED = """
CREATE SEQUENCE injected;
CREATE FUNCTION injected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('injected') % {every} <> 0 THEN RAISE EXCEPTION 'injected' USING ERRCODE = '40001'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER injected AFTER INSERT ON ledger_operation DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION injected();
"""
REMOVED = """
DROP TRIGGER IF EXISTS injected ON ledger_operation; DROP FUNCTION IF EXISTS injected; DROP SEQUENCE IF EXISTS injected
"""


class Trouble:
    """Fails every write ``times`` times: 40001 at the commit on PostgreSQL; on SQLite another holds the write lock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries = 0
        self.times = 0
        monkeypatch.setattr(transactions, "time", SimpleNamespace(sleep=self.pause))
        if connection.vendor == "sqlite":
            self.other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)

    def make(self, times: int) -> None:
        self.times = times
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(REMOVED)
                cursor.execute(INJECTED.format(every=times + 1))
            else:
                cursor.execute("PRAGMA busy_timeout = 0")

    def commit(self, operation: Operation, doing: Callable[..., object] = commit) -> object:
        self.tries = 0
        if connection.vendor == "sqlite":
            self.other.execute("BEGIN IMMEDIATE")
        try:
            return doing(operation)
        finally:
            if connection.vendor == "sqlite" and self.other.in_transaction:
                self.other.execute("ROLLBACK")

    def pause(self, seconds: float) -> None:
        self.tries += 1
        if connection.vendor == "sqlite" and self.tries == self.times:
            self.other.execute("ROLLBACK")

    def end(self) -> None:
        if connection.vendor == "sqlite":
            self.other.close()
            connection.close()
            return
        with connection.cursor() as cursor:
            cursor.execute(REMOVED)


@pytest.fixture
def serializable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On PostgreSQL at its strictest; SQLite always is."""
    if connection.vendor == "postgresql":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", psycopg.IsolationLevel.SERIALIZABLE)
    connection.close()
    yield
    connection.close()


@pytest.fixture
def trouble(serializable: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    made = Trouble(monkeypatch)
    yield made
    made.end()


def test_what_fails_thrice_is_done_once(tmp_path, trouble):
    ask_all(opening(50), sending(commit), tmp_path / "opening.jsonl")
    trouble.make(3)
    tried: list[int] = []

    def tenacious(operation: Operation):
        try:
            return trouble.commit(operation)
        finally:
            tried.append(trouble.tries)

    ask_all(history(2, 0, 1, 120), sending(tenacious), tmp_path / "client.jsonl")
    assert not any(check(tmp_path, stored()).values())
    assert tried.count(3) > 60, "the failures did not happen"
    assert "lost" not in (tmp_path / "client.jsonl").read_text()


@pytest.mark.parametrize("doing", [commit, lambda operation: commit_many([operation])], ids=["commit", "commit_many"])
def test_what_fails_eleven_times_ends_with_an_error_and_nothing_written(tmp_path, trouble, doing):
    wishes = list(opening(50))
    ask_all(wishes[:-1], sending(commit), tmp_path / "opening.jsonl")
    before = stored()
    trouble.make(11)
    with pytest.raises(DatabaseError, match=r"injected|database is locked"):
        trouble.commit(wishes[-1][1], doing)
    assert trouble.tries == transactions.ATTEMPTS_MAX - 1
    assert stored() == before


@pytest.mark.usefixtures("serializable")
def test_sixteen_clients_at_serializable(tmp_path):
    """Failures of the database's own making."""
    ask_all(opening(100), sending(commit), tmp_path / "opening.jsonl")
    race(
        partial(ask_all, list(history(3, n, 16, 20)), sending(commit), tmp_path / f"{n}.jsonl", drops=0.1)
        for n in range(16)
    )
    assert not any(check(tmp_path, stored()).values())
