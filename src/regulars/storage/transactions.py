"""One transaction for one verb, rerun when the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
ATTEMPTS_MAX = 6
# PostgreSQL: serialization failure, deadlock. Both promise that a rerun may succeed and that nothing was written.
_RETRIED = {"40001", "40P01"}


def run_tx(verb: Callable[[], T]) -> T:
    """Run ``verb`` in one transaction; rerun it, at most 6 times, on 40001, 40P01 and SQLite busy.

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
        except OperationalError as error:
            if attempt == ATTEMPTS_MAX or not _may_succeed_again(error):
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  jitter, not a secret
    raise AssertionError("unreachable: the last attempt returns or raises")


def _may_succeed_again(error: OperationalError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) in _RETRIED or "database is locked" in str(error)
