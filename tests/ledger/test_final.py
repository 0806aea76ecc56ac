"""History is not changed, not even by us: both databases refuse it, through Django and past it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from regulars.core.naming import operation_id
from regulars.ledger import models
from regulars.ledger.actions import commit
from regulars.ledger.actions.sealing import seal
from regulars.ledger.facts import Account, Operation, Post, world

pytestmark = pytest.mark.usefixtures("books")
AT = datetime(2026, 3, 1, tzinfo=UTC)
HISTORY = [models.Posting, models.Operation, models.Seal, models.SealLine]
COLUMNS = {models.Posting: "amount", models.Operation: "reason", models.Seal: "number", models.SealLine: "seq"}


@pytest.fixture
def written(books: None) -> None:
    points = Account("points", "points:club", "club", "a" * 32)
    commit(Operation(operation_id("earn"), AT, [Post(world("points:club", "issued"), points, 100)], "test"))
    seal(AT, b"key")


def refused(change: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match="history is final"), transaction.atomic():
        change()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("model", HISTORY)
def test_history_is_neither_changed_nor_deleted(written: None, model):
    table, column = model._meta.db_table, COLUMNS[model]
    row = model.objects.get()
    refused(lambda: run(f"UPDATE {table} SET {column} = {column}"))
    refused(lambda: run(f"DELETE FROM {table}"))
    refused(lambda: model.objects.update(**{column: getattr(row, column)}))
    refused(model.objects.all().delete)
    refused(row.save)
    assert model.objects.count() == 1


@pytest.mark.parametrize("model", HISTORY)
def test_history_is_not_replaced_or_emptied(written: None, model):
    table = model._meta.db_table
    if connection.vendor == "sqlite":
        return refused(lambda: run(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))
    trigger = f"{table}_is_not_emptied"  # off for the suite (tests/conftest.py), on in a shop's database
    try:
        run(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        refused(lambda: run(f"TRUNCATE {table}"))
    finally:
        run(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    return None
