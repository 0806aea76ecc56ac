"""Writing down what becomes of claims, in the caller's transaction, which posts it in the ledger."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from regulars.membership.models import Claim
from regulars.membership.queries.claims import CANCELLED, CONFIRMED, REDEEMED, ClaimFacts, claims

Back = tuple[str, str, str]


def make(claim: ClaimFacts) -> None:
    """Write a new claim. Raises IntegrityError where there is one of its id."""
    Claim.objects.create(**{name: getattr(claim, name) for name in ClaimFacts.__dataclass_fields__})


def lock(identifier: UUID) -> ClaimFacts | None:
    """A claim as it is, which nobody else settles until the transaction ends."""
    Claim.objects.select_for_update().filter(pk=identifier).values_list("pk").first()
    return claims([identifier]).get(identifier)


def settle(
    identifier: UUID, state: str, *, at: datetime | None, by: str = "", note: str | None = None, code: str | None = None
) -> None:
    """Bring a claim into another state."""
    told = {"state": state, "settled_at": at, "by": by, "note": note, "code": code}
    Claim.objects.filter(pk=identifier).update(**{name: value for name, value in told.items() if value is not None})


def take_back(gifts: Iterable[Back], *, at: datetime) -> None:
    """Cancel gifts, (customer, reward, why) each, that are taken back, unless they were handed over."""
    for customer, reward, why in gifts:
        own = Claim.objects.filter(customer_id=customer, reward=reward, why=why, state=CONFIRMED).exclude(why=REDEEMED)
        if (last := own.order_by("-at", "-id").values_list("pk", flat=True).first()) is not None:
            Claim.objects.filter(pk=last).update(state=CANCELLED, settled_at=at)
