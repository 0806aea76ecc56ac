"""How far the history was gone through, for whoever watches."""

from dataclasses import dataclass
from datetime import datetime

from regulars.membership.models import Backfill


@dataclass(frozen=True, slots=True)
class BackfillFacts:
    """The run over the history of the first version; ``ended_at`` None while it goes on."""

    members: int
    of_members: int
    orders: int
    began_at: datetime
    ended_at: datetime | None


def backfill() -> BackfillFacts | None:
    """The run, None where it has not begun."""
    row = Backfill.objects.filter(pk=1).values_list(*BackfillFacts.__dataclass_fields__).first()
    return row and BackfillFacts(*row)
