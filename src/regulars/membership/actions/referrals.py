"""Writing down who brought whom and what became of it, in the caller's transaction."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from regulars.core.codes import CODE_BYTES, read, written
from regulars.membership.models import Referral, ReferralCode
from regulars.membership.queries.referrals import WAITING, ReferralFacts, facts, referral


def make_code(customer: UUID, *, at: datetime) -> str:
    """A code for a customer who has none. Raises IntegrityError where somebody was quicker."""
    code = written(secrets.token_bytes(CODE_BYTES))
    ReferralCode.objects.create(customer_id=customer, code=code, key=read(code), made_at=at)
    return code


def join(
    advocate: UUID, friend: UUID, code: str, traces: Mapping[str, str], *, at: datetime, day: date
) -> ReferralFacts:
    """Write that a friend used a code; ``day`` is the first on which it is looked at. Raises IntegrityError the second time."""
    row = {"advocate_id": advocate, "friend_id": friend, "code": code, "traces": dict(traces), "at": at, "look": day}
    made = referral(Referral.objects.create(**row).pk)
    assert made is not None
    return made


def take(day: date, until: date, limit: int) -> list[ReferralFacts]:
    """Take waiting referrals to look at by ``day``, whose next look is ``until``; others take others meanwhile."""
    rows = Referral.objects.filter(state=WAITING, look__lte=day).order_by("look", "id")
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=True)
    own = list(rows.values_list("pk", flat=True)[:limit])
    Referral.objects.filter(pk__in=own).update(look=until)
    return facts(Referral.objects.filter(pk__in=own).order_by("at", "id"))


def lock(identifier: UUID) -> ReferralFacts | None:
    """A referral as it is, which nobody else decides until the transaction ends."""
    Referral.objects.select_for_update().filter(pk=identifier).values_list("pk").first()
    return referral(identifier)


def note_order(identifier: UUID, order: str | None, day: int | None) -> None:
    """Note the order that counts, or is about to, and the day (ordinal) from which it does."""
    due = None if day is None else date.fromordinal(day)
    Referral.objects.filter(pk=identifier).update(order_id=order and UUID(order), due=due)


def decide(identifier: UUID, state: str, reasons: Iterable[str], *, at: datetime, by: str = "", note: str = "") -> None:
    """Bring a referral into another state; ``by`` is the person who did, if one did."""
    told = {"state": state, "reasons": list(reasons), "decided_at": at, "decided_by": by, "note": note}
    Referral.objects.filter(pk=identifier).update(**told)


def look_again(friends: Iterable[UUID], day: date) -> None:
    """Let the worker look on a day at the referrals of friends to whose orders something happened."""
    Referral.objects.filter(friend__in=set(friends), state=WAITING, look__gt=day).update(look=day)
