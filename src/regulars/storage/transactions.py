"""One transaction for one verb, rerun when the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection, transaction

T = TypeVar("T")
ATTEMPTS_MAX = 10
PAUSE_MAX_SECONDS = 0.5
# PostgreSQL: serialization failure, deadlock. Both promise that a rerun may succeed and that nothing was written.
_RETRIED = {"40001", "40P01"}
UNIQUE_VIOLATION = "23505"


def run_tx(verb: Callable[[], T], *, finds_its_rows: bool = False) -> T:
    """Run ``verb`` in one transaction; rerun it, at most 10 times, on 40001, 40P01 and SQLite busy.

    ``finds_its_rows``: the verb looks for rows by their unique key before it makes them, so when another transaction was
    quicker (23505) a rerun finds them.

    ``verb`` may run several times, so it must have no effect outside the database but through ``on_commit``.
    Inside another transaction it runs once: only the outermost one can be rerun.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return verb()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            with transaction.atomic():
                return verb()
        except DatabaseError as error:
            if attempt == ATTEMPTS_MAX or not _may_succeed_again(error, finds_its_rows):
                raise
            time.sleep(random.uniform(0, min(PAUSE_MAX_SECONDS, 0.02 * 2**attempt)))  # noqa: S311  jitter, not a secret
    raise AssertionError("unreachable: the last attempt returns or raises")


def lock_name(name: str) -> None:
    """Make transactions of one name queue until they end, where there is no row yet to lock. On SQLite all writers do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _may_succeed_again(error: DatabaseError, finds_its_rows: bool) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _RETRIED or (finds_its_rows and state == UNIQUE_VIOLATION) or "database is locked" in str(error)
