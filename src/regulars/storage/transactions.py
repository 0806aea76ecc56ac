"""One transaction for one verb, rerun when the database asks for it."""

import random
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, connection, transaction

from regulars.storage.turns import turn

T = TypeVar("T")
ATTEMPTS_MAX = 10
PAUSE_MAX_SECONDS = 0.5
# Longer than any verb writes: imports commit every second or so.
TURN_MAX_SECONDS = 60
# PostgreSQL: serialization failure, deadlock. Both promise that a rerun may succeed and that nothing was written.
_RETRIED = {"40001", "40P01"}
UNIQUE_VIOLATION = "23505"


class Overtaken(Exception):
    """A row was not as it had been read when it was to be written; a rerun reads it anew."""


def run_tx(verb: Callable[[], T], *, finds_its_rows: bool = False) -> T:
    """Run ``verb`` in one transaction; rerun it, at most 10 times, on 40001, 40P01, SQLite busy and ``Overtaken``.

    ``finds_its_rows``: the verb looks for rows by their unique key before it makes them, so when another transaction was
    quicker (23505) a rerun finds them.

    ``verb`` may run several times, so it must have no effect outside the database but through ``on_commit``.
    Inside another transaction it runs once: only the outermost one can be rerun.
    On SQLite verbs queue for their turn; raises ``turns.Crowded`` where it does not come within a minute.
    """

    def in_transaction() -> T:
        with _turn(), transaction.atomic():
            return verb()

    return rerun(in_transaction, finds_its_rows=finds_its_rows)


def rerun(verb: Callable[[], T], *, finds_its_rows: bool = False) -> T:
    """``run_tx`` for a verb that is one statement, which is a transaction by itself."""
    if connection.in_atomic_block:
        return verb()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return verb()
        except (DatabaseError, Overtaken) as error:
            if attempt == ATTEMPTS_MAX or not _may_succeed_again(error, finds_its_rows):
                raise
            time.sleep(random.uniform(0, min(PAUSE_MAX_SECONDS, 0.02 * 2**attempt)))  # noqa: S311  jitter, not a secret
    raise AssertionError("unreachable: the last attempt returns or raises")


def _turn() -> AbstractContextManager[None]:
    if connection.vendor != "sqlite" or connection.in_atomic_block or connection.is_in_memory_db():
        return nullcontext()
    return turn(Path(f"{connection.settings_dict['NAME']}-queue"), TURN_MAX_SECONDS)


def lock_name(name: str) -> None:
    """Make transactions of one name queue until they end, where there is no row yet to lock. On SQLite all writers do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_names(names: Iterable[str]) -> None:
    """``lock_name`` for several names, in one order for all who lock some of them."""
    if connection.vendor == "postgresql":
        sql = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name"
        with connection.cursor() as cursor:
            cursor.execute(sql, [sorted(names)])


def lock_name_shared(name: str) -> None:
    """Let transactions of one name go on together, but not while one has the name to itself (``lock_name``)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])


def try_name(name: str) -> bool:
    """``lock_name`` without waiting: False where another transaction has the name. On SQLite one waits for one's turn anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _may_succeed_again(error: Exception, finds_its_rows: bool) -> bool:
    if isinstance(error, Overtaken):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _RETRIED or (finds_its_rows and state == UNIQUE_VIOLATION) or "database is locked" in str(error)
