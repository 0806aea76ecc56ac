"""How far the history was gone through."""

from datetime import datetime
from uuid import UUID

from regulars.membership.models import Backfill

ENDED = UUID(int=0)


def begin(of_members: int, *, at: datetime) -> bool:
    """Note that the history is gone through, unless that began before; answers whether there is anything left to do."""
    Backfill.objects.get_or_create(pk=1, defaults={"began_at": at, "of_members": of_members})
    return last() != ENDED


def last() -> UUID | None:
    """The customer after whom to go on; ENDED where all is done."""
    row = Backfill.objects.filter(pk=1).values_list("last", "ended_at").first()
    if row is None or row[1] is not None:
        return ENDED
    found: UUID | None = row[0]
    return found


def advance(customer: UUID, *, members: int, orders: int) -> None:
    """Note how far it came, in the transaction that did it."""
    row = Backfill.objects.get(pk=1)
    row.last, row.members, row.orders = customer, row.members + members, row.orders + orders
    row.save(update_fields=["last", "members", "orders"])


def end(*, at: datetime) -> None:
    Backfill.objects.filter(pk=1).update(ended_at=at)


def progress() -> tuple[int, int]:
    """Members gone through, of how many."""
    row = Backfill.objects.filter(pk=1).values_list("members", "of_members").first()
    return row or (0, 0)
