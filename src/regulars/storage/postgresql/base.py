"""Django's PostgreSQL with a pool that tells a lost connection without asking the server: a question is a round trip."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # its stubs want psycopg 2
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection out of the pool that nobody has hung up on. Raises psycopg's errors where none can be had."""
        while _is_lost(found := super().get_new_connection(conn_params)):
            found.close()
            self.pool.putconn(found)  # which makes another in its place
        return found


def _is_lost(connection: psycopg.Connection) -> bool:
    """Whether an idle connection has something to say: it has been asked nothing, so that is a farewell."""
    if connection.closed:
        return True
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    return bool(heard.poll(0))
