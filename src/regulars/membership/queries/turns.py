"""What was decided for members, as far as a replay must know it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.core.member import Deed
from regulars.membership.models import Award, Decision, Waiting


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision: its event's id, and what of it is written nowhere else. ``role`` is that of a referral.

    ``is_birthday``: it gave points for that.
    """

    id: str
    at: datetime
    kind: str
    about: str
    role: str
    is_birthday: bool

    def deed(self) -> Deed:
        """The deed that it rewarded, where that is no event of the customer's."""
        return Deed(self.id, self.at, self.about.removeprefix("task:"))


def turns(customers: Iterable[UUID]) -> Mapping[UUID, list[Turn]]:
    """What was decided for each of some customers, in one query."""
    found: dict[UUID, list[Turn]] = {customer: [] for customer in customers}
    rows = Decision.objects.filter(customer__in=list(found)).order_by("at", "pk")
    for key, customer, *told in rows.values_list("pk", "customer", "at", "kind", "about", "outcome"):
        found[customer].append(_turn(key.hex, *told))
    return found


def _turn(key: str, at: datetime, kind: str, about: str, outcome: Mapping[str, Any]) -> Turn:
    notes = dict(outcome.get("notes", ()))
    return Turn(key, at, kind, about, notes.get("referral", {}).get("role", ""), "birthday" in notes)


def waited_for(customers: Iterable[UUID]) -> set[UUID]:
    """Those of some customers for whom something waits to be decided: it may be that an order is theirs no longer."""
    own = list(customers)
    losing = Award.objects.filter(customer__in=own, order_id__in=Waiting.objects.values("id"))
    waiting = Waiting.objects.filter(customer_id__in=own)
    return {*waiting.values_list("customer_id", flat=True), *losing.values_list("customer", flat=True)}
