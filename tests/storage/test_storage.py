"""Rows and files reach the disk whole or not at all, and a verb that may succeed is tried again."""

from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from regulars.shop.models import AuditEntry
from regulars.storage import transactions
from regulars.storage.bulk import hyphenated, insert, instant, new_hex, select_in, to_json
from regulars.storage.databases import database_from_url
from regulars.storage.parquet import MonthlyFiles
from regulars.storage.transactions import ATTEMPTS_MAX, run_tx


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transactions, "time", SimpleNamespace(sleep=lambda seconds: None))


def failing(error: Exception, sqlstate: str, times: int):
    """A verb that fails so many times, then answers; and the list of its runs."""
    error.__cause__ = _Cause(sqlstate)
    runs: list[int] = []

    def verb() -> str:
        runs.append(1)
        if len(runs) <= times:
            raise error
        return "done"

    return verb, runs


class _Cause(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_what_may_succeed_is_rerun_and_what_keeps_failing_ends(sqlstate):
    verb, runs = failing(OperationalError("again"), sqlstate, times=3)
    assert run_tx(verb) == "done"
    assert len(runs) == 4
    verb, runs = failing(OperationalError("never"), sqlstate, times=99)
    with pytest.raises(OperationalError):
        run_tx(verb)
    assert len(runs) == ATTEMPTS_MAX


@pytest.mark.django_db(transaction=True)
def test_a_taken_key_is_tried_again_only_by_verbs_that_look_first():
    verb, runs = failing(IntegrityError("taken"), "23505", times=1)
    with pytest.raises(IntegrityError):
        run_tx(verb)
    assert len(runs) == 1
    verb, runs = failing(IntegrityError("taken"), "23505", times=1)
    assert run_tx(verb, finds_its_rows=True) == "done"


@pytest.mark.django_db(transaction=True)
def test_within_another_transaction_a_verb_runs_once():
    verb, runs = failing(OperationalError("again"), "40001", times=1)
    with pytest.raises(OperationalError), transaction.atomic():
        run_tx(verb)
    assert len(runs) == 1


@pytest.mark.django_db(transaction=True)
def test_a_failed_verb_leaves_nothing(at):
    def verb() -> None:
        insert(
            AuditEntry,
            ("id", "at", "actor", "action", "target", "details"),
            [(new_hex(), instant(at), "a", "b", "", "{}")],
        )
        raise LookupError

    with pytest.raises(LookupError):
        run_tx(verb)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_bulk_rows_read_back_as_the_orm_would_have_written_them(at):
    details = {"名称": "茶", "n": 1.5, "none": None}
    columns = ("id", "at", "actor", "action", "target", "details")
    identifiers = [new_hex() for _ in range(3)]
    insert(AuditEntry, columns, [(i, instant(at), "ann", "made", "t\t\\N\n", to_json(details)) for i in identifiers])
    row = AuditEntry.objects.get(pk=hyphenated(identifiers[0]))
    assert (row.at, row.details, row.target) == (at, details, "t\t\\N\n")
    assert len(select_in("SELECT id FROM shop_auditentry WHERE id IN ({marks})", identifiers)) == 3
    assert select_in("SELECT id FROM shop_auditentry WHERE id IN ({marks})", []) == []


@pytest.mark.django_db
def test_sqlite_keeps_what_it_acknowledged():
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        return
    with connection.cursor() as cursor:
        said = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_database_addresses(tmp_path: Path):
    told = database_from_url("postgresql://ann:p%40ss@db.example:6432/shop%2F1?sslmode=require", tmp_path)
    keys = ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    assert [told[key] for key in keys] == ["ann", "p@ss", "db.example", "6432", "shop/1"]
    assert told["OPTIONS"]["sslmode"] == "require"
    assert database_from_url("", tmp_path / "x.sqlite3")["NAME"] == tmp_path / "x.sqlite3"
    with pytest.raises(ValueError, match="postgresql://"):
        database_from_url("mysql://db.example/shop", tmp_path)


def test_a_file_is_listed_when_it_is_complete(tmp_path: Path):
    table = pa.table({"n": [1, 2]})
    files = MonthlyFiles(tmp_path, table.schema)
    first = files.append("2026-01", table)
    second = files.append("2026-02", table)
    (tmp_path / "month=2026-01" / "part-x.unfinished").write_bytes(b"half")
    assert files.files() == [first, second]
    assert files.files("2026-02") == [second]
    files.replace("2026-01", table.slice(0, 1))
    assert len(files.files("2026-01")) == 1
    files.replace("2026-01", table.slice(0, 0))
    assert files.files() == [second]
