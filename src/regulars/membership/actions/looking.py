"""When the clock looks at members: sooner, where something changed that it could not know of."""

from collections.abc import Iterable
from uuid import UUID

from regulars.membership.models import Member


def look_again(customers: Iterable[UUID], day: int) -> None:
    """Let the clock look at members at the end of a day (ordinal), which then notes anew when it has something to do."""
    Member.objects.filter(pk__in=list(customers), due__gt=day).update(due=day)
