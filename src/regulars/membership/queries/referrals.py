"""Who was brought by whom, and how far it has come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.crypto import salted_hmac

from regulars.core.codes import read
from regulars.core.referral import comparable
from regulars.customers.queries.handles import records_of
from regulars.membership.models import Referral, ReferralCode

STATES = dict(Referral.State.choices)
WAITING, IN_REVIEW, REWARDED, REFUSED, EXPIRED = (state.value for state in Referral.State)
LEVELS_MAX = 20
_COLUMNS = (
    "id", "advocate_id", "friend_id", "code", "at", "state", "traces", "reasons", "order_id", "due", "decided_at",
    "decided_by", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """One referral. ``advocate_id`` and ``friend_id`` are records, which may have been merged into others since.

    ``traces`` are digests by kind; ``reasons`` keys of ``core.referral.REASONS``.
    """

    id: UUID
    advocate_id: UUID
    friend_id: UUID
    code: str
    at: datetime
    state: str
    traces: dict[str, str]
    reasons: list[str]
    order_id: UUID | None
    due: date | None
    decided_at: datetime | None
    decided_by: str
    note: str


def referral(identifier: UUID) -> ReferralFacts | None:
    """One referral."""
    return next(iter(facts(Referral.objects.filter(pk=identifier))), None)


def of_friend(records: Iterable[UUID]) -> ReferralFacts | None:
    """How a friend, of whom these are the records, was brought: the first time."""
    return next(iter(facts(Referral.objects.filter(friend__in=list(records)).order_by("at", "id")[:1])), None)


def code_of(customer: UUID) -> str:
    """A customer's own code; "" where they have none yet."""
    return ReferralCode.objects.filter(pk=customer).values_list("code", flat=True).first() or ""


def owner_of(code: str) -> UUID | None:
    """The record whose code it is, however it was typed."""
    return ReferralCode.objects.filter(key=read(code)).values_list("pk", flat=True).first()


def trace(kind: str, value: str) -> str:
    """What is kept of a device, address or payment: whether it is the same can be told, what it was cannot."""
    told = f"{kind}:{comparable(kind, value)}"
    return salted_hmac("regulars.referral", told, algorithm="sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which referrals: in a state, and with ``customers`` on either side, or a code that begins with ``text``."""

    state: str = ""
    text: str = ""
    customers: Sequence[UUID] | None = None

    def rows(self) -> QuerySet[Referral]:
        found = Referral.objects.filter(state=self.state) if self.state else Referral.objects.all()
        if self.customers is None and not self.text:
            return found
        whose = list(self.customers or ())
        named = Q(advocate__in=whose) | Q(friend__in=whose)
        return found.filter(named | Q(code__istartswith=self.text) if self.text else named)


def count(wanted: Wanted) -> int:
    return int(wanted.rows().count())


def listed(wanted: Wanted, offset: int, limit: int, *, sort: str = "-at") -> list[ReferralFacts]:
    """A page of referrals; ``sort`` is ``at``, ``due`` or ``state``, ``-`` before it for descending."""
    way = "-" if sort.startswith("-") else ""
    return facts(wanted.rows().order_by(sort, f"{way}id")[offset : offset + limit])


def page(wanted: Wanted, limit: int, after: tuple[datetime, UUID] | None = None) -> list[ReferralFacts]:
    """A page of referrals, the newest first, after the place where the last page ended."""
    rows = wanted.rows().order_by("-at", "-id")
    if after:
        at, identifier = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=identifier))
    return facts(rows[:limit])


def friends_of(records: Iterable[UUID]) -> int:
    """How many friends a customer brought in person, with any of their records; who was refused was brought by nobody."""
    return Referral.objects.filter(advocate__in=list(records)).exclude(state=REFUSED).count()


def by_id(identifiers: Iterable[UUID]) -> dict[UUID, ReferralFacts]:
    """Referrals by their ids, in one query."""
    wanted = set(identifiers)
    return {one.id: one for one in facts(Referral.objects.filter(pk__in=wanted))} if wanted else {}


def to_review() -> int:
    """How many referrals wait for somebody's eyes."""
    return Referral.objects.filter(state=IN_REVIEW).count()


def facts(rows: QuerySet[Referral]) -> list[ReferralFacts]:
    return [ReferralFacts(*row) for row in rows.values_list(*_COLUMNS)]


# ---- what judging asks -------------------------------------------------------------------------------------------------


def above(customers: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Who brought customers, who brought those, and so on up to ``LEVELS_MAX``; one query of each kind a level."""
    found: dict[UUID, list[UUID]] = {customer: [] for customer in customers}
    level = {customer: customer for customer in found}
    for _level in range(LEVELS_MAX):
        brought = _brought(set(level.values()))
        level = {root: brought[last] for root, last in level.items() if last in brought}
        level = {root: who for root, who in level.items() if who not in found[root]}
        if not level:
            break
        for root, who in level.items():
            found[root].append(who)
    return {customer: tuple(chain) for customer, chain in found.items()}


def _brought(friends: set[UUID]) -> dict[UUID, UUID]:
    """Who brought whom, by friend; what was refused brought nobody."""
    records = records_of(friends)
    rows = Referral.objects.filter(friend__in=records).exclude(state=REFUSED).order_by("at", "id")
    found: dict[UUID, UUID] = {}
    for friend, advocate in rows.values_list("friend_id", Coalesce(F("advocate__merged_into"), F("advocate"))):
        found.setdefault(records[friend], advocate)
    return found


def joined_between(advocates: Iterable[UUID], since: datetime, until: datetime) -> list[tuple[UUID, datetime]]:
    """(advocate's record, when) of every friend who was brought in a time, a day more on both sides."""
    day = timedelta(days=1)
    rows = Referral.objects.filter(advocate__in=set(advocates), at__range=(since - day, until + day))
    return list(rows.values_list("advocate_id", "at"))


def rewarded_for(friends: Iterable[UUID]) -> set[UUID]:
    """Of some records, those that somebody was rewarded for."""
    return set(Referral.objects.filter(friend__in=set(friends), state=REWARDED).values_list("friend_id", flat=True))


def most_brought(limit: int) -> Counter[UUID]:
    """The advocates who brought most friends that count, by survivor."""
    rows = Referral.objects.filter(state=REWARDED).annotate(who=Coalesce(F("advocate__merged_into"), F("advocate")))
    counted = rows.values_list("who").annotate(friends=Count("pk")).order_by("-friends", "who")
    return Counter(dict(counted[:limit]))
