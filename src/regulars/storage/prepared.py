"""A prepared statement in one round trip on PostgreSQL, past the layers that cost as much as the statement itself.

psycopg's cursors spend 200 microseconds a call on adapting and waiting; its libpq wrapper, which this uses, spends 20.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import ExecStatus

_BINARY = 1
_UNKNOWN_STATEMENT = "26000"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INT64 = struct.Struct(">q")
# What each connection has prepared; gone with it.
_prepared: WeakKeyDictionary[psycopg.Connection, set[str]] = WeakKeyDictionary()


def run(name: str, sql: str, params: Sequence[str]) -> list[list[bytes | None]]:
    """The rows of ``sql`` (with ``$1`` ...) for parameters in their text form; values come in PostgreSQL's binary form.

    Outside a transaction it is one by itself. Raises psycopg's errors.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.connection is None:
        connection.ensure_connection()
    raw = connection.connection
    asked = [param.encode() for param in params]
    try:
        return _run(raw, name, sql, asked)
    except psycopg.errors.InvalidSqlStatementName:
        # A pooler between us and the server forgot it.
        if connection.in_atomic_block:
            raise
        _prepared.pop(raw, None)
        return _run(raw, name, sql, asked)


def _run(raw: psycopg.Connection, name: str, sql: str, asked: list[bytes]) -> list[list[bytes | None]]:
    if (known := _prepared.get(raw)) is None:
        known = _prepared[raw] = set()
    if name not in known:
        _checked(raw.pgconn.prepare(name.encode(), sql.encode()))
        known.add(name)
    told = _checked(raw.pgconn.exec_prepared(name.encode(), asked, result_format=_BINARY))
    columns = range(told.nfields)
    return [[told.get_value(row, column) for column in columns] for row in range(told.ntuples)]


def _checked(told: psycopg.pq.abc.PGresult) -> psycopg.pq.abc.PGresult:
    if told.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise psycopg.errors.error_from_result(told)
    return told


def id_of(value: bytes) -> str:
    """The 32 digits of a binary uuid."""
    return value.hex()


def text_of(value: bytes) -> str:
    """A binary text."""
    return value.decode()


def number_of(value: bytes) -> int:
    """A binary int2, int4 or int8."""
    return int.from_bytes(value, "big", signed=True)


def instant_of(value: bytes) -> datetime:
    """A binary timestamptz."""
    return _EPOCH + timedelta(microseconds=_INT64.unpack(value)[0])
