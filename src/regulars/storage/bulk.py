"""Many rows in one statement: the way imports and batches write. Single rows go through the ORM.

Ids travel as 32 hexadecimal digits: SQLite keeps them so, PostgreSQL reads them as uuid. JSON travels as text.
"""

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import uuid_utils
from django.db import connection, models

Row = Sequence[Any]
# SQLite's own ceiling is 32,766 variables a statement; PostgreSQL's protocol allows 65,535.
VARIABLES_MAX = 30_000
# Objects made before they are searched for cycles, while rows come in batches.
OBJECTS_UNSEARCHED = 200_000


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """A batch is tens of thousands of objects without cycles; looking for cycles every 700 of them takes a fifth of the run."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_UNSEARCHED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def new_hex() -> str:
    """A fresh UUIDv7 as 32 hexadecimal digits."""
    return uuid_utils.uuid7().hex


def hyphenated(hex_id: str) -> str:
    """The 36-character form of 32 hexadecimal digits, as people and files write it."""
    return f"{hex_id[:8]}-{hex_id[8:12]}-{hex_id[12:16]}-{hex_id[16:20]}-{hex_id[20:]}"


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


def to_json(value: Any) -> str:
    """Compact JSON with sorted keys, so that equal values give equal text."""
    if not value:  # most rows have none, and the encoder costs two microseconds
        return "[]" if isinstance(value, list | tuple) else "{}"
    return _ENCODER.encode(value)


def instant(at: datetime | None) -> Any:
    """An aware instant as this database's bulk statements take it."""
    return None if at is None else instants()(at)


def instants() -> Callable[[datetime], Any]:
    """The form of instants for this database, looked up once for many rows, which mostly share their instants."""
    return _Texts().__getitem__ if connection.vendor == "sqlite" else _same


class _Texts(dict[datetime, str]):
    """Instants as SQLite keeps them."""

    def __missing__(self, at: datetime) -> str:
        told = self[at] = (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(" ")[:-6]
        return told


def _same(at: datetime) -> datetime:
    return at


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows of database-ready values: COPY on PostgreSQL, one prepared statement run many times on SQLite."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    # Both paths go past Django's cursor; whoever catches errors still meets Django's.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["?"] * len(columns))
            cursor.cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def update(model: type[models.Model], key: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Set ``columns`` of the rows named by ``key``; each row is the new values, then the key's."""
    table = connection.ops.quote_name(model._meta.db_table)
    assignments = ", ".join(f"{connection.ops.quote_name(column)} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {assignments} WHERE {connection.ops.quote_name(key)} = %s", list(rows))


def upsert(model: type[models.Model], key: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows, or where their ``key`` is there already set its other columns."""
    if not rows:
        return
    table = connection.ops.quote_name(model._meta.db_table)
    names = [connection.ops.quote_name(column) for column in columns]
    taken = ", ".join(f"{name} = excluded.{name}" for name in names if name != connection.ops.quote_name(key))
    marks = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT ({connection.ops.quote_name(key)})"
    with connection.cursor() as cursor:
        cursor.executemany(f"{sql} DO UPDATE SET {taken}", rows)


def select_in(sql: str, values: Iterable[Any], *before: Any) -> list[tuple[Any, ...]]:
    """Rows of ``sql``, whose one ``{marks}`` stands for any number of ``values``, asked for in chunks."""
    wanted, found = list(values), []
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), VARIABLES_MAX):
            chunk = wanted[start : start + VARIABLES_MAX]
            cursor.execute(sql.format(marks=", ".join(["%s"] * len(chunk))), [*before, *chunk])
            found.extend(cursor.fetchall())
    return found


def as_hex(value: Any) -> str:
    """The 32 digits of an id that a cursor returned (text on SQLite, UUID on PostgreSQL)."""
    return value.hex if isinstance(value, UUID) else value


def hexes() -> Callable[[Any], str]:
    """``as_hex`` for this database, looked up once for many values, none of them None."""
    return str if connection.vendor == "sqlite" else attrgetter("hex")


def as_instant(value: Any) -> datetime:
    """The instant that a cursor returned: on SQLite without a zone, and text where the column has no type."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    found: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return found


def as_json(value: Any) -> Any:
    """What a JSON column that a cursor returned says, whether or not the driver has read it."""
    return json.loads(value) if isinstance(value, str) else value


def delete_in(model: type[models.Model], column: str, values: Iterable[Any]) -> None:
    """Delete the rows whose ``column`` is among ``values``."""
    table = connection.ops.quote_name(model._meta.db_table)
    name = connection.ops.quote_name(column)
    wanted = list(values)
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), VARIABLES_MAX):
            chunk = wanted[start : start + VARIABLES_MAX]
            cursor.execute(f"DELETE FROM {table} WHERE {name} IN ({', '.join(['%s'] * len(chunk))})", chunk)


def changed_fields(old: Any, new: Any, names: Iterable[str], *, empty: Callable[[Any], bool]) -> dict[str, Any]:
    """The values of ``new`` that say something (not ``empty``) and differ from ``old``."""
    found = {name: getattr(new, name) for name in names}
    return {name: value for name, value in found.items() if not empty(value) and getattr(old, name) != value}
