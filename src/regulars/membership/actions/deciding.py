"""Writing what was decided: members, awards, decisions and moves, and the ledger's postings, in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from regulars.core.member import Deed, Event, Member, OrderEvent, Referred
from regulars.core.naming import within
from regulars.core.points import Earn, Expire, Spend
from regulars.core.programme import Gift, Outcome, Plan
from regulars.core.programme.outcome import TIER_GIFT
from regulars.core.rewards import good_until
from regulars.customers.queries.persons import Person
from regulars.ledger.actions import commit, commit_many
from regulars.ledger.facts import Message, Operation
from regulars.membership import models
from regulars.membership.actions.claims import take_back
from regulars.membership.actions.posting import operations
from regulars.membership.queries.claims import handed_over
from regulars.membership.queries.members import Known
from regulars.membership.queries.states import day_or_none, plain_award, plain_member, plain_outcome, toward
from regulars.storage.bulk import insert, instants, to_json, upsert

KINDS = {
    "OrderEvent": "order",
    "Deed": "task",
    "Referred": "referral",
    "DayEnd": "day_end",
    "DayBegin": "day_begin",
    "Restored": "restored",
    "Merged": "merged",
    "Parted": "split",
}
_MEMBER = (
    "customer_id",
    "subject",
    "joined_on",
    "tier",
    "tier_since",
    "tier_until",
    "in_grace",
    "toward_spend",
    "toward_orders",
    "toward_points",
    "toward_quantity",
    "state",
    "due",
    "seen",
    "changed_at",
)
_AWARD = ("order_id", "customer_id", "version", "state")
_DECISION = ("id", "customer_id", "at", "kind", "about", "version", "outcome")
_MOVE = ("id", "customer_id", "before", "after", "why", "at")
_CLAIM = ("id", "customer_id", "reward", "gives", "version", "why", "state", "valid_until", "at")


@dataclass(frozen=True, slots=True)
class Decided:
    """One event of one customer and what it came to under a plan."""

    person: Person
    event: Event
    outcome: Outcome
    plan: Plan


def write(known: Iterable[Known], decided: Sequence[Decided], plan: Plan, *, at: datetime, quiet: bool = False) -> int:
    """Write what was decided for some members, in the order given; answers how many operations the ledger did.

    ``known`` are the members as they were loaded; of each the last outcome stands. ``plan``
    is the one whose ladder they stand on. ``quiet``: nobody is told, as of history.
    """
    before = {one.person.id: one for one in known}
    after: dict[Any, Member] = {}
    rows = _Rows(at, quiet)
    told: list[Operation] = []
    for one in _without_kept(decided):
        after[one.person.id] = one.outcome.member
        told += rows.add(one)
    done = _post(told)
    rows.members = [
        rows.member(before[key].person, member, plan)
        for key, member in after.items()
        if not before[key].stored or member != before[key].member
    ]
    rows.flush()
    return done


def _without_kept(decided: Sequence[Decided]) -> Sequence[Decided]:
    """What was decided, less the tier gifts that members kept when what brought them was undone: the climb brings them again,
    and they have them."""
    climbers = {one.person.id: one for one in decided if any(_is_tier_gift(gift) for gift in one.outcome.gifts)}
    if not climbers or not (kept := handed_over(climbers)):
        return decided
    return [replace(one, outcome=_less(one.outcome, kept.get(one.person.id, ()))) for one in decided]


def _less(outcome: Outcome, kept: Collection[str]) -> Outcome:
    gifts = [gift for gift in outcome.gifts if not (_is_tier_gift(gift) and gift.why in kept)]
    return outcome._replace(gifts=tuple(gifts))


def _is_tier_gift(gift: Gift) -> bool:
    return not gift.back and gift.why.startswith(TIER_GIFT)


def _post(told: Sequence[Operation]) -> int:
    if len(told) == 1:
        commit(told[0])
        return 1
    return commit_many(told, size=max(1, len(told))).done if told else 0


class _Rows:
    """The rows of one batch, gathered and then written table by table."""

    def __init__(self, at: datetime, quiet: bool) -> None:
        self.instant, self.quiet = instants(), quiet
        self.now, self.at = at, self.instant(at)
        self.members: list[tuple[Any, ...]] = []
        # By order, with its revision: an order that became another member's is decided for both.
        self.awards: dict[str, tuple[int, tuple[Any, ...]]] = {}
        self.decisions: list[tuple[Any, ...]] = []
        # Orders that nothing is decided for yet (not paid): told again they say so again, under the same name.
        self.undecided: list[tuple[Any, ...]] = []
        self.moves: list[tuple[Any, ...]] = []
        self.claims: list[tuple[Any, ...]] = []
        self.backs: list[tuple[str, str, str]] = []

    def add(self, one: Decided) -> list[Operation]:
        """Take in one decision; answers what the ledger must do for it. What came to nothing leaves no trace."""
        event, outcome, customer = one.event, one.outcome, one.person.id.hex
        about = about_of(event)
        if isinstance(event, OrderEvent) and outcome.award and outcome.award is not event.award:
            award, whose = outcome.award, event.customer or customer
            if award.order not in self.awards or award.revision > self.awards[award.order][0]:
                row = (award.order, whose, award.version, to_json(plain_award(award)))
                self.awards[award.order] = (award.revision, row)
        if not (outcome.entries or outcome.move or outcome.gifts or outcome.notes):
            return []
        kind = KINDS[type(event).__name__]
        at = self.instant(event.at)
        given = outcome.award.given if isinstance(event, OrderEvent) and outcome.award else ()
        told = (customer, at, kind, about, one.plan.version, to_json(plain_outcome(outcome, given)))
        if isinstance(event, OrderEvent) and outcome.award is event.award:
            self.undecided.append((within(event.id, "undecided"), *told))
        else:
            self.decisions.append((event.id, *told))
        if outcome.move:
            self.moves.append(
                (within(event.id, "move"), customer, outcome.move.before, outcome.move.after, outcome.move.why, at)
            )
        for place, gift in enumerate(outcome.gifts):
            self.gift(one, gift, within(event.id, f"gift:{place}"))
        messages = () if self.quiet else _messages(one)
        return operations(
            event.id,
            event.at,
            outcome.entries,
            one.person.subject,
            one.plan,
            reason=kind,
            about=about,
            messages=messages,
        )

    def gift(self, one: Decided, gift: Gift, named: str) -> None:
        """A gift is a claim that is paid for; one that is taken back ends the claim, unless it was handed over."""
        reward, at = one.plan.programme.reward(gift.reward), self.instant(one.event.at)
        given = (one.person.id.hex, gift.reward, gift.why)
        if gift.back:
            mine = [row for row in self.claims if (row[1], row[2], row[5]) == given]
            if mine:
                self.claims.remove(mine[-1])
            else:
                self.backs.append(given)
        elif reward:
            valid = good_until(reward, one.plan, one.plan.day(one.event.at))
            row = (named, one.person.id.hex, reward.id, reward.gives.value, one.plan.version, gift.why, "confirmed")
            self.claims.append((*row, valid and self.instant(valid), at))

    def member(self, person: Person, member: Member, plan: Plan) -> tuple[Any, ...]:
        standing, counted = member.standing, toward(member, plan.ladder)
        return (
            person.id.hex, person.subject, date.fromordinal(member.joined or 1), standing.tier, day_or_none(standing.since),
            day_or_none(standing.until), standing.in_grace, *counted[1:], to_json(plain_member(member)), member.due,
            member.seen, self.at,
        )  # fmt: skip

    def flush(self) -> None:
        upsert(models.Member, "customer_id", _MEMBER, self.members)
        upsert(models.Award, "order_id", _AWARD, [row for _, row in self.awards.values()])
        insert(models.Decision, _DECISION, self.decisions)
        upsert(models.Decision, "id", _DECISION, self.undecided)
        insert(models.TierMove, _MOVE, self.moves)
        take_back(self.backs, at=self.now)
        empty = ("unit", "code", "order", "note", "by")
        insert(models.Claim, (*_CLAIM, "price", *empty), [(*row, 0, *[""] * len(empty)) for row in self.claims])


def about_of(event: Event) -> str:
    """What a decision is about, as the ledger and the statement name it."""
    if isinstance(event, OrderEvent):
        return f"order:{event.purchase.id}"
    if isinstance(event, Referred):
        return f"referral:{event.referral}" if event.referral else ""
    return f"task:{event.name}"[:160] if isinstance(event, Deed) else ""


def _messages(one: Decided) -> list[Message]:
    """What others should hear: points earned and expired, tier changed, reward given. They name the customer by our id."""
    whose = {"customer_id": str(one.person.id), "at": one.event.at.isoformat(), "about": about_of(one.event)}
    told = []
    for entry in one.outcome.entries:
        if isinstance(entry, Earn):
            terms = {"active_at": entry.active_at.isoformat(), "expires_at": entry.expires_at.isoformat()}
            told.append(Message("Points Earned", {**whose, "unit": entry.unit, "amount": entry.amount, **terms}))
        elif isinstance(entry, Expire):
            told.append(Message("Points Expired", {**whose, "unit": entry.unit, "amount": entry.amount}))
        elif isinstance(entry, Spend):
            told.append(
                Message("Points Redeemed", {**whose, "unit": entry.unit, "amount": entry.amount, "for": entry.what})
            )
    if move := one.outcome.move:
        told.append(Message("Tier Changed", {**whose, "before": move.before, "after": move.after, "why": move.why}))
    told += [
        Message("Reward Claimed", {**whose, "reward": gift.reward, "why": gift.why})
        for gift in one.outcome.gifts
        if not gift.back
    ]
    return told
