"""Orders that changed and deeds that were told, and that nothing has been decided for since."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from regulars.membership.models import Version, Waiting
from regulars.storage.bulk import as_hex, delete_in, new_hex, upsert
from regulars.storage.transactions import lock_name_shared

PUBLISHING = "membership:publishing"
_FIRST = "SELECT id, what, customer_id FROM membership_waiting ORDER BY told LIMIT %s "
ORDER, DEED = Waiting.What.ORDER.value, Waiting.What.DEED.value


class Waits(NamedTuple):
    """What waits: an order's or an event's id, and whose it is."""

    id: UUID
    what: str
    customer: UUID


def note(what: str, changed: Callable[[], Iterable[tuple[str, str]]]) -> int:
    """Note that something happened, in the transaction that tells of it: ``changed`` answers (id, customer) as 32 digits.

    Where no programme is published nothing is noted: the first one goes through the history. Answers how many wait.
    """
    lock_name_shared(PUBLISHING)
    if not Version.objects.exists():
        return 0
    rows = [(own, what, customer, new_hex()) for own, customer in changed()]
    upsert(Waiting, "id", ("id", "what", "customer_id", "told"), rows)
    return len(rows)


def take(limit: int) -> list[Waits]:
    """Take what waits longest off the queue, in the transaction that decides for it; others take others meanwhile."""
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST + skip, [limit])
        found = [Waits(UUID(as_hex(own)), what, UUID(as_hex(customer))) for own, what, customer in cursor.fetchall()]
    delete_in(Waiting, "id", [one.id.hex for one in found])
    return found
