"""Members by the page: found, filtered and sorted in the database; and who is about to lose their tier."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from uuid import UUID

from django.db.models import BigIntegerField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from regulars.core.programme import Plan
from regulars.core.programme.document import Purse
from regulars.core.says import Says
from regulars.core.tiers import Downgrade, Step
from regulars.customers import queries as customers
from regulars.ledger.queries.accounts import accounts_of
from regulars.membership.models import Member
from regulars.membership.queries.wallets import purse_of

# Where the ladder warns nobody, a tier that ends within so many days is looked at.
SOON_DAYS = 30
SORTS = {
    "name": "customer__name",
    "tier": "tier",
    "joined_on": "joined_on",
    "tier_until": "tier_until",
    "points": "points",
}
_GAPPED = {"tier_until"}
_NOBODY = Q(pk__in=())
# The condition on subjects is worded as the index of accounts by subject has it, else SQLite scans all accounts of a kind.
_BALANCE = """
    COALESCE((SELECT balance FROM ledger_account WHERE subject = membership_member.subject AND NOT (subject = '')
      AND kind = %s AND unit = %s AND reference = %s), 0)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which members: whose name holds ``text`` or who are among ``found``; of some tiers (``""``: of none); joined in some
    days; about to lose their tier."""

    text: str = ""
    found: tuple[UUID, ...] = ()
    tiers: tuple[str, ...] = ()
    joined_from: date | None = None
    joined_to: date | None = None
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in a list. ``points`` is the balance of the first point type, what is pending included, in its smallest unit."""

    customer: UUID
    name: str
    tier: str
    tier_name: Says
    joined_on: date
    tier_until: date | None
    points: int
    at_risk: bool = False


def count(wanted: Wanted, plan: Plan, today: int) -> int:
    return _members(wanted, plan, today).count()


def listed(wanted: Wanted, plan: Plan, today: int, sort: str, offset: int, limit: int) -> list[MemberRow]:
    """A page of members; ``sort`` is one of SORTS, with ``-`` before it the other way round. Five queries at most."""
    name, rows = sort.lstrip("-"), _members(wanted, plan, today)
    if name == "points":
        purse = purse_of(plan, "", "")  # nothing that a reader wrote
        balance = RawSQL(_BALANCE, (purse.kind, purse.unit, purse.reference), BigIntegerField())  # noqa: S611
        rows = rows.annotate(points=balance)
    # Where every row has something to sort by, nothing is said of empty ones: that would keep the index from being used.
    last, key = True if name in _GAPPED else None, F(SORTS[name])
    order = key.desc(nulls_last=last) if sort.startswith("-") else key.asc(nulls_last=last)
    ids = list(
        rows.order_by(order, "pk").values_list("pk", flat=True)[offset : offset + limit]
    )  # joined when they are few
    columns = ("pk", "subject", "customer__name", "customer__source_id", "tier", "joined_on", "tier_until")
    known = {row[0]: row for row in Member.objects.filter(pk__in=ids).values_list(*columns)}
    page = [known[pk] for pk in ids]
    purses = {purse_of(plan, "", row[1]).id: row[0] for row in page}
    held = {purses[one.id]: one.balance for one in accounts_of([row[1] for row in page]) if one.id in purses}
    risky = set(Member.objects.filter(at_risk(plan, today), pk__in=ids).values_list("pk", flat=True))
    return [
        MemberRow(
            pk,
            customers.shown_name(named, source_id),
            tier,
            tier_name(plan, tier),
            joined_on,
            until,
            held.get(pk, 0),
            pk in risky,
        )
        for pk, _, named, source_id, tier, joined_on, until in page
    ]


def tier_name(plan: Plan, tier: str) -> Says:
    """What a tier is called now; one that is no longer on the ladder goes by its id."""
    found = plan.programme.tier(tier)
    return found.name if found else Says(tier, tier) if tier else Says("no tier", "无等级")


def _members(wanted: Wanted, plan: Plan, today: int) -> QuerySet[Member]:
    rows = Member.objects.all()
    if wanted.text:
        rows = rows.filter(Q(customer__name__icontains=wanted.text) | Q(pk__in=wanted.found))
    if wanted.tiers:
        rows = rows.filter(tier__in=wanted.tiers)
    if wanted.joined_from:
        rows = rows.filter(joined_on__gte=wanted.joined_from)
    if wanted.joined_to:
        rows = rows.filter(joined_on__lte=wanted.joined_to)
    return rows.filter(at_risk(plan, today)) if wanted.at_risk else rows


def at_risk(plan: Plan, today: int) -> Q:
    """Members whose tier ends soon (within the ladder's days of warning) and who would not keep it as they stand now.

    What they have is counted by the ladder that was in force when something last happened to them, what it takes by this one.
    """
    ladder = plan.ladder
    if ladder is None or ladder.downgrade is Downgrade.NONE or not 0 < today < date.max.toordinal():
        return _NOBODY
    on, warned = date.fromordinal(today), ladder.warn_days or SOON_DAYS
    soon, latest = (on + timedelta(days=days) for days in (warned, max(warned, ladder.grace_days)))
    ending = Q(tier_until__range=(on, latest)) & (Q(tier_until__lte=soon) | Q(in_grace=True))
    short = _NOBODY
    for rank, step in enumerate(ladder.steps):
        reached = reduce(or_, (_met(above) for above in ladder.steps[rank:]))
        short |= Q(tier=step.id) & ~reached
    return ending & short


def _met(step: Step) -> Q:
    """Whether what counts toward the review reaches a tier."""
    parts = [Q(**{f"toward_{metric.value}__gte": need}) for metric, need in step.thresholds]
    return reduce(and_ if step.every else or_, parts)


def is_money(plan: Plan) -> bool:
    """Whether the first point type is money."""
    return plan.unit("").purse is Purse.CREDIT
