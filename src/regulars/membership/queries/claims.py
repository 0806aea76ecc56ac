"""Rewards on their way to members."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from regulars.core.rewards import AT_ONCE
from regulars.customers.queries.handles import records_of
from regulars.membership import models
from regulars.membership.models import Claim, Code, GiftCard

STATES = dict(Claim.State.choices)
HELD, CONFIRMED, FULFILLED, CANCELLED = (state.value for state in Claim.State)
REDEEMED = "redeemed"
_COLUMNS = (
    "id", "customer_id", "reward", "gives", "version", "why", "unit", "price", "state", "order", "valid_until", "at",
    "settled_at", "held_until", "by", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """One claim. ``price`` is in points of ``unit``, 0 for what was given; ``why`` is ``redeemed``, ``tier:gold`` ...

    ``held_until``: until when a ``held`` one may be confirmed; ``by``: who settled it, where a person did. Codes are not
    among it: ``code_of`` answers them to whoever may know.
    """

    id: UUID
    customer_id: UUID
    reward: str
    gives: str
    version: int
    why: str
    unit: str
    price: int
    state: str
    order: str
    valid_until: datetime | None
    at: datetime
    settled_at: datetime | None
    held_until: datetime | None
    by: str
    note: str


def claim(identifier: UUID) -> ClaimFacts | None:
    """One claim."""
    return next(iter(_facts(Claim.objects.filter(pk=identifier))), None)


def claims(identifiers: Iterable[UUID]) -> dict[UUID, ClaimFacts]:
    """Claims by id."""
    return {found.id: found for found in _facts(Claim.objects.filter(pk__in=set(identifiers)))}


def redeemed_with(orders: Iterable[str], customers: Iterable[UUID]) -> list[ClaimFacts]:
    """What some records redeemed with an order that may be called several names, and has not been cancelled."""
    rows = Claim.objects.filter(order__in=set(orders), customer__in=list(customers), why=REDEEMED)
    return _facts(rows.exclude(state=CANCELLED).order_by("pk"))


def code_of(claim: UUID) -> str:
    """The coupon's or pool's code that a claim was answered with; "" for none. For whoever may know it."""
    own = Claim.objects.filter(pk=claim).values_list("code", flat=True).first()
    taken = Code.objects.filter(claim_id=claim).values_list("code", flat=True).first()
    return own or taken or ""


def card_of(claim: UUID) -> UUID | None:
    """The gift card that a claim was answered with."""
    found: UUID | None = GiftCard.objects.filter(claim_id=claim).values_list("pk", flat=True).first()
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which claims: of ``customers`` or named by ``text`` (either will do), in a state, of a reward.

    ``text`` is the beginning of a claim's number (its id) or an order's.
    """

    text: str = ""
    customers: Sequence[UUID] | None = None
    state: str = ""
    reward: str = ""

    def rows(self) -> QuerySet[Claim]:
        found = Claim.objects.all()
        if self.text:
            found = found.filter(_named(self.text) | Q(customer_id__in=list(self.customers or ())))
        elif self.customers is not None:
            found = found.filter(customer_id__in=list(self.customers))
        if self.state:
            found = found.filter(state=self.state)
        return found.filter(reward=self.reward) if self.reward else found


def count(wanted: Wanted) -> int:
    return int(wanted.rows().count())


def listed(wanted: Wanted, offset: int, limit: int, *, sort: str = "-at") -> list[ClaimFacts]:
    """A page of claims; ``sort`` is ``at``, ``reward``, ``price`` or ``state``, ``-`` before it for descending."""
    way = "-" if sort.startswith("-") else ""
    return _facts(wanted.rows().order_by(sort, f"{way}id")[offset : offset + limit])


def page(wanted: Wanted, limit: int, after: tuple[datetime, UUID] | None = None) -> list[ClaimFacts]:
    """A page of claims, the newest first, after the place where the last page ended."""
    rows = wanted.rows().order_by("-at", "-id")
    if after:
        at, identifier = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=identifier))
    return _facts(rows[:limit])


def to_fulfil() -> int:
    """How many claims wait for somebody's hands."""
    return Claim.objects.filter(state=CONFIRMED).count()


def overdue(at: datetime, limit: int) -> list[UUID]:
    """Held claims whose time is over."""
    rows = Claim.objects.filter(state=HELD, held_until__lte=at).order_by("held_until")
    return list(rows.values_list("pk", flat=True)[:limit])


def given(limit: int, after: UUID | None = None) -> list[ClaimFacts]:
    """Gifts that can be handed over at once and have not been, by id, after the last one that was looked at."""
    rows = Claim.objects.filter(state=CONFIRMED, gives__in=[kind.value for kind in AT_ONCE]).exclude(why=REDEEMED)
    return _facts((rows.filter(pk__gt=after) if after else rows).order_by("pk")[:limit])


def handed_over(survivors: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Why members, by their survivors, were given what they have: ``tier:gold``, ``birthday:2026`` ..."""
    records = records_of(survivors)
    rows = Claim.objects.filter(customer__in=list(records), state=FULFILLED).exclude(why=REDEEMED)
    found: dict[UUID, set[str]] = {}
    for customer, why in rows.values_list("customer_id", "why"):
        found.setdefault(records[customer], set()).add(why)
    return found


def rewards() -> list[str]:
    """The rewards that were ever claimed."""
    return list(Claim.objects.order_by("reward").values_list("reward", flat=True).distinct())


def _named(text: str) -> Q:
    """Claims that a text names: by the first digits of their number, or by the order."""
    named = Q(order__iexact=text)
    digits = text.replace("-", "").lower()
    if 4 <= len(digits) <= 32 and not set(digits) - set("0123456789abcdef"):
        named |= Q(pk__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))
    return named


def _facts(rows: QuerySet[Claim]) -> list[ClaimFacts]:
    return [ClaimFacts(*row) for row in rows.values_list(*_COLUMNS)]


# ---- pools of codes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A reward's pool of codes that somebody else made: how many are ``left`` of all, and below how many one is warned."""

    reward: str
    left: int
    total: int
    warn_below: int

    @property
    def is_low(self) -> bool:
        return self.left < self.warn_below


def pools() -> list[PoolFacts]:
    """All pools, by reward; three queries."""
    rows = list(models.CodePool.objects.order_by("reward").values_list("reward", "warn_below"))
    total, left = _count(Code.objects.all()), _count(Code.objects.filter(claim_id=None))
    return [PoolFacts(reward, left.get(reward, 0), total.get(reward, 0), warn) for reward, warn in rows]


def running_low() -> list[str]:
    """The rewards whose pools have fewer codes left than one is warned of; looks at no more codes than that."""
    pools = list(
        models.CodePool.objects.filter(warn_below__gt=0).order_by("reward").values_list("reward", "warn_below")
    )
    return [reward for reward, enough in pools if not _has(reward, enough)]


def _has(reward: str, enough: int) -> bool:
    left = Code.objects.filter(pool=reward, claim_id=None).order_by("id").values_list("pk")
    return bool(left[enough - 1 : enough])


def codes_left(rewards: Iterable[str]) -> dict[str, int]:
    """How many codes the pools of rewards have left, by reward."""
    wanted = list(rewards)
    return dict.fromkeys(wanted, 0) | _count(Code.objects.filter(claim_id=None, pool__in=wanted))


def _count(rows: QuerySet[Code]) -> dict[str, int]:
    return dict(rows.values_list("pool").annotate(Count("pk")))
