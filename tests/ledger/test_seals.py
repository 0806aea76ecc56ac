"""Seals: made of what moved, lost with the key, and missed when they are gone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from regulars.core.naming import operation_id
from regulars.ledger import models
from regulars.ledger.actions import commit
from regulars.ledger.actions.sealing import seal
from regulars.ledger.facts import Account, Operation, Post, world
from regulars.ledger.queries.checks import inconsistencies
from regulars.storage.snapshots import snapshot
from tests.ledger.tampering import unguarded

pytestmark = pytest.mark.usefixtures("books")
AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = b"key"
ISSUED = world("points:club", "issued")


def earn(name: str, subject: str) -> None:
    points = Account("points", "points:club", "club", subject)
    commit(Operation(operation_id(name), AT, [Post(ISSUED, points, 10)], "test"))


def findings(key: bytes = KEY, newest: tuple[int, str] | None = None) -> list[str]:
    """Without the triggers that the suite itself disables."""
    return [told for told in inconsistencies(key, newest) if not told.startswith("trigger")]


def test_only_what_moved_is_sealed():
    earn("one", "a" * 32)
    earn("two", "b" * 32)
    assert seal(AT, KEY)
    assert seal(AT, KEY) is None
    earn("three", "b" * 32)
    assert seal(AT, KEY)
    assert models.SealLine.objects.filter(number=2).count() == 1
    assert findings() == []


def test_a_changed_key_is_told_and_overcome():
    earn("one", "a" * 32)
    seal(AT, KEY)
    (told,) = findings(b"another")
    assert "another secret key" in told and "regulars seal --anew" in told
    assert seal(AT, b"another", anew=True)
    assert findings(b"another") == []


def test_a_ledger_cut_short_with_its_seals_is_missed():
    earn("one", "a" * 32)
    seal(AT, KEY)
    earn("two", "b" * 32)
    last = seal(AT + timedelta(days=1), KEY)
    with transaction.atomic():
        with unguarded(), connection.cursor() as cursor:
            for table in ("seal", "seal_line"):
                cursor.execute(f"DELETE FROM ledger_{table} WHERE number = 2")
        assert findings() == []
        (told,) = findings(newest=(last.number, last.digest.hex()))
        transaction.set_rollback(True)
    assert "not in the database" in told


def test_writers_do_not_wait_for_a_check():
    """A check reads one view; what is written meanwhile is neither kept out nor seen."""
    earn("one", "a" * 32)
    with snapshot():
        before = models.Posting.objects.count()
        _in_a_thread(lambda: earn("two", "b" * 32))
        assert models.Posting.objects.count() == before
    assert models.Posting.objects.count() == before + 1


def _in_a_thread(verb: Callable[[], None]) -> None:
    def alone() -> None:
        try:
            verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(alone).result(timeout=20)
