"""Whether the ledger agrees with itself: everything cached or paired, recomputed from the history that is final.

What is compared stands in ``compared``, as SQL that both databases run; the few expressions that differ, in ``dialects``.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from regulars.ledger.queries.checks import chained, guards, sealed
from regulars.ledger.queries.checks.compared import Comparison, comparisons
from regulars.ledger.queries.checks.dialects import dialect
from regulars.storage.bulk import as_hex
from regulars.storage.snapshots import snapshot

SHOWN_MAX = 20
# What is sorted, joined and looked up here is larger than what pages ask for.
_ROOM = {"postgresql": "SET LOCAL work_mem = '64MB'", "sqlite": "PRAGMA mmap_size = 2147418112"}


def inconsistencies(key: bytes | None, newest: tuple[int, str] | None = None) -> list[str]:
    """A sentence for each thing that differs: where, what is found, what it should be; empty when all agrees.

    At most 20 for each kind of finding, and how many more there are. ``key`` is what seals were made with (None leaves
    them unchecked), ``newest`` number and digest (hex) of the last one that was made. Reads one unchanging view and keeps
    nobody from writing.
    """
    d = dialect()
    with snapshot():
        with connection.cursor() as cursor:
            cursor.execute(_ROOM[connection.vendor])
        return [
            *guards.findings(),
            *(chained.findings(SHOWN_MAX) if d.link is None else ()),
            *(told for one in (*comparisons(d), *sealed.comparisons(d)) for told in _findings(one, d.differ)),
            *(sealed.findings(key, newest) if key else ()),
        ]


def _findings(one: Comparison, differ: str) -> Iterator[str]:
    names = list(one.figures)
    pairs = ", ".join(f"{found}, {expected}" for found, expected in one.figures.values())
    differences = " OR ".join(f"({found}) {differ} ({expected})" for found, expected in one.figures.values())
    sql = f"{one.before} SELECT COUNT(*) OVER (), {one.key}, {one.place}, {pairs} FROM {one.rows} WHERE {differences}"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {SHOWN_MAX}")  # no parameters: a percent sign stands for itself
        rows = cursor.fetchall()
    for _count, key, place, *values in rows:
        told = zip(names, values[::2], values[1::2], strict=True)
        figures = [f"{n} is {_shown(f)}, should be {_shown(e)}" for n, f, e in told if _plain(f) != _plain(e)]
        yield f"{one.what} {_shown(key)}{place and f' ({place})'}: {'; '.join(figures)}"
    if rows and (more := rows[0][0] - len(rows)):
        yield f"{one.what}: {more} more with such differences"


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _shown(value: Any) -> str:
    value = _plain(value)
    if value is None:
        return "missing"
    if isinstance(value, bytes):
        return value.hex() or "empty"
    return str(as_hex(value))
