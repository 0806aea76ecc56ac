"""What is acknowledged must survive a power cut: no connection is used on which it might not.

Asked once per connection, when it is made; so whatever writes here, and however it was started, has been asked.
"""

from typing import Any
from weakref import WeakSet

from django.core.exceptions import ImproperlyConfigured
from django.db import connection as default

# PostgreSQL's connections come back from a pool; what they were started with stays.
_SOUND: WeakSet[Any] = WeakSet()
_ON_POSTGRESQL = {
    "synchronous_commit": "take it out of the options in REGULARS_DATABASE_URL, or: ALTER SYSTEM RESET synchronous_commit,"
    " and ALTER ROLE or DATABASE ... RESET synchronous_commit where it was set there",
    "fsync": "set fsync = on in postgresql.conf and restart the server",
    "full_page_writes": "set full_page_writes = on in postgresql.conf and reload the server",
}


def weaknesses(connection: Any = default) -> list[str]:
    """A sentence for each setting under which an acknowledged write may be lost, with how to mend it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = ", ".join(f"current_setting('{name}')" for name in _ON_POSTGRESQL)
            cursor.execute(f"SELECT {asked}")
            found = dict(zip(_ON_POSTGRESQL, cursor.fetchone(), strict=True))
            return [
                f"PostgreSQL runs with {name} = off, so what was acknowledged may be lost when the power fails: {mend}."
                for name, mend in _ON_POSTGRESQL.items()
                if found[name] == "off"
            ]
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0])
        cursor.execute("PRAGMA synchronous")
        level = int(cursor.fetchone()[0])
    told = []
    if mode != "wal":
        told.append(
            f"SQLite runs with journal_mode={mode} instead of wal: put the data folder on a local disk that supports it"
            " (network shares do not)."
        )
    if level < 2:
        told.append(
            f"SQLite runs with synchronous={level}, so what was acknowledged may be lost when the power fails: set it to FULL"
            " (2) in the options of DATABASES."
        )
    return told


def need_durable(connection: Any = default, **_signal: Any) -> None:
    """Close a connection that may lose what it acknowledged. Raises ImproperlyConfigured."""
    raw = connection.connection
    if connection.alias != default.alias or (connection.vendor == "postgresql" and raw in _SOUND):
        return
    if found := weaknesses(connection):
        connection.close()
        raise ImproperlyConfigured(" ".join(found))
    if connection.vendor == "postgresql":
        _SOUND.add(raw)
