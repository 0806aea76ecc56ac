"""``decide``: what an event means for a member under one version of the programme.

An order event says how the order is now, whatever came before: the award of what is kept is worked out anew, with what was
known at the purchase, and compared with what was given. So paid, delivered, partly returned and cancelled may arrive in any
order, or twice, and come to the same.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from regulars.core.member import (
    Award,
    Day,
    DayBegin,
    DayEnd,
    Deed,
    Earned,
    Event,
    Given,
    Member,
    Merged,
    OrderEvent,
    Parted,
    Purchase,
    Referred,
    Restored,
    Spent,
)
from regulars.core.points import Draw
from regulars.core.programme.dayend import day_begin, day_end
from regulars.core.programme.earning import STREAK, Period, Rule, Streak
from regulars.core.programme.merging import merged, parted
from regulars.core.programme.outcome import Gift, Note, Outcome, Turn
from regulars.core.programme.plan import FOREVER, Doing, Plan, shelved
from regulars.core.programme.vocabulary import Scene, ask
from regulars.core.tiers import restood

ONCE = (1, 1)
# How often a member was rewarded for a friend; no rule's id has a colon.
ADVOCATE = "referral:advocate"

_DAY = itemgetter(0)
_given = tuple.__new__  # a dozen of them for every order: without the named tuple's own call


def decide(member: Member, event: Event, plan: Plan, current: Plan | None = None) -> Outcome:
    """What ``event`` means for ``member``: what to post, which tier, which gifts, and why. Pure: the same again is the same.

    ``plan`` is the version in force when it happened; for an order that was decided before, the version of its award, and
    ``current`` then the one in force at ``event.at``, whose ladder judges tiers. Raises ValueError where more is spent than
    there is.
    """
    return _DECIDED[type(event)](member, event, plan, current or plan)


def _order(member: Member, event: OrderEvent, plan: Plan, current: Plan) -> Outcome:
    purchase, before = event.purchase, event.award
    if (foreign := purchase.currency != plan.currency) or purchase.paid_at is None:
        if before is None:
            note = Note("currency", {"currency": purchase.currency}) if foreign else Note("unpaid")
            return Outcome(member, notes=(note,))
        purchase = purchase._replace(lines=())
    turn = Turn(member, event.id, plan, plan.day(event.at), current)
    old = before or _opened(turn, event, purchase.paid_at or event.at)
    given, counted = _worth(purchase, old, plan)
    delivered = plan.day(purchase.delivered_at) if purchase.delivered_at else None
    if before and (given, counted, delivered) == (before.given, before.counted, before.delivered):
        return Outcome(member, award=before)
    earned = _settle(turn, event, old, given, delivered)
    if plan.tallied:
        _tally(turn, old, given)
    if counted != old.counted:
        turn.count(counted, old.counted)
        _stand(turn, old.day)
    award = Award(
        old.order, old.version, old.day, old.tier, old.nth, old.room, old.asked, given, earned, counted, delivered,
        old.revision + 1, old.changed or (before is not None and (given, counted) != (old.given, old.counted)),
    )  # fmt: skip
    return turn.outcome(award=award)


def _opened(turn: Turn, event: OrderEvent, paid_at: datetime) -> Award:
    """The award of an order that is decided for the first time: nothing yet, with what is known at the purchase."""
    member, plan = turn.member, turn.plan
    day = plan.day(paid_at)
    asked = tuple(ask(plan.asks, member, day).items()) if plan.asks else ()
    if plan.streaks:
        asked += tuple(((STREAK + rule.id, None), _completes(member, rule, day, plan)) for rule in plan.streaks)
    room = tuple(
        [(ready.id, _room(turn, ready.rule, day, event.left)) for ready in plan.tallied.values() if ready.limited]
    )
    return Award(
        event.purchase.id, plan.version, day, member.standing.tier, member.orders + 1, room, asked, counted=Day(day),
        revision=event.revision, changed=event.revision > 0,
    )  # fmt: skip


def _room(turn: Turn, rule: Rule, day: int, left: Mapping[str, int]) -> int:
    """What a rule's limits leave: the member's own, and that of all together."""
    own = turn.left(rule.id, rule.cap, day) if rule.cap else None
    shared = left.get(rule.id, rule.budget.amount) if rule.budget else None
    return max(0, min(limit for limit in (own, shared) if limit is not None))


def _completes(member: Member, rule: Streak, day: int, plan: Plan) -> bool:
    """Whether an order on ``day`` is the first of its period, and the last that a streak takes: as many periods in a row
    have orders, and none of them completed a streak before."""
    begins = plan.period_begins(rule.period, day)
    ends = plan.period_begins(rule.period, begins + (7 if rule.period is Period.WEEK else 31))
    if _ordered(member, begins, ends):
        return False
    done = {used.since for used in member.used if used.rule == STREAK + rule.id}
    for _ in range(rule.length - 1):
        begins, ends = plan.period_begins(rule.period, begins - 1), begins
        if begins in done or not _ordered(member, begins, ends):
            return False
    return True


def _ordered(member: Member, begins: int, ends: int) -> bool:
    """Whether any order counts from the day ``begins`` to before ``ends``."""
    place = bisect_left(member.days, begins, key=_DAY)
    return place < len(member.days) and member.days[place].day < ends


def scene(purchase: Purchase, award: Award, plan: Plan) -> Scene:
    """What the conditions of order rules look at, where an order is decided (again): as it was known at the purchase."""
    amount, quantity, _ = plan.shelves(purchase.lines)[0]
    return Scene(
        date.fromordinal(award.day),
        dict(award.asked),
        purchase=purchase,
        amount=amount,
        quantity_milli=quantity,
        nth=award.nth,
    )


def _worth(purchase: Purchase, award: Award, plan: Plan) -> tuple[tuple[Given, ...], Day]:
    """What the kept lines earn, rule by rule, and what they count for tiers."""
    day = award.day
    if not purchase.lines:
        return (), Day(day)
    (amount, quantity, paid), shelves = plan.shelves(purchase.lines)
    seen = Scene(
        date.fromordinal(day),
        dict(award.asked),
        purchase=purchase,
        amount=amount,
        quantity_milli=quantity,
        nth=award.nth,
    )
    tier = plan.multipliers.get(award.tier, ONCE)
    given: list[Given] = []
    earned = 0
    for named, unit, holds, goods, counting, by_tier, limited, is_points, _, _ in plan.rules_on(day):
        if holds is not None and not holds(seen):
            continue
        up, down = tier if by_tier else ONCE
        if goods:
            of_goods, pieces, _ = shelved(shelves, goods)
            points, basis = counting(seen, of_goods, pieces, up, down)
        else:
            points, basis = counting(seen, amount, quantity, up, down)
        if points:
            allowed = min(points, dict(award.room)[named]) if limited else points
            given.append(_given(Given, (named, unit, allowed, basis, points - allowed)))
            if is_points:
                earned += allowed
    if plan.tier_goods:
        _, quantity, paid = shelved(shelves, plan.tier_goods)
    return tuple(given), Day(day, paid, 1, earned, quantity)


def _settle(
    turn: Turn, event: OrderEvent, old: Award, given: Sequence[Given], delivered: int | None
) -> tuple[Earned, ...]:
    """Bring what was earned to what was given, unit by unit; and say when it can be spent."""
    wanted: dict[str, int] = {}
    for one in given:
        wanted[one.unit] = wanted.get(one.unit, 0) + one.amount
    earned = list(old.earned)
    if earned and delivered is not None and delivered != old.delivered:
        _activate(turn, earned, delivered)
    for had in old.earned:
        wanted[had.unit] = wanted.get(had.unit, 0) - had.amount - had.repaid
    for unit, more in wanted.items():
        if more < 0:
            _take_back(turn, event.at, old.day, earned, unit, -more)
        elif more:
            _earn(turn, event, old.day, earned, unit, more, delivered)
    return tuple([one for one in earned if one.amount or one.repaid or one.waived])


def _activate(turn: Turn, earned: Iterable[Earned], delivered: int) -> None:
    for one in earned:
        unit = turn.plan.unit(one.unit)
        if unit.pending_days is not None:
            active_at = turn.plan.active(unit, delivered)
            turn.wallet.activate(one.lot, active_at)
            turn.redeemable(active_at)


def _take_back(turn: Turn, at: datetime, day: int, earned: list[Earned], unit: str, less: int) -> None:
    """Take back ``less`` of what an order brought of a unit, the latest first."""
    plan = turn.plan
    over = at >= plan.expires(plan.unit(unit), day)[0]
    for place in range(len(earned) - 1, -1, -1):
        one = earned[place]
        if one.unit == unit and (part := min(less, one.amount + one.repaid)):
            earned[place] = turn.wallet.take_back(one, part, at, plan.programme.on_return, over=over)
            less -= part


def _earn(
    turn: Turn, event: OrderEvent, day: int, earned: list[Earned], unit: str, more: int, delivered: int | None
) -> None:
    """Give ``more`` of a unit for an order; first what the member kept of it when goods came back that have gone again."""
    for place, one in enumerate(earned):
        if one.unit == unit and (kept := min(more, one.waived)):
            earned[place] = one._replace(amount=one.amount + kept, waived=one.waived - kept)
            more -= kept
    if more:
        told = turn.plan.unit(unit)
        active_at = turn.plan.active(told, delivered) if told.pending_days is not None else event.purchase.paid_at
        earned.append(turn.earn(unit, more, day, active_at or event.at))


def _tally(turn: Turn, old: Award, given: Iterable[Given]) -> None:
    """Count what rules with limits gave more or less than before, and which streaks are complete."""
    was, now = {one.rule: one for one in old.given}, {one.rule: one for one in given}
    for ready in turn.plan.tallied.values():
        rule, before, after = ready.rule, was.get(ready.id), now.get(ready.id)
        if more := (after.amount if after else 0) - (before.amount if before else 0):
            if rule.cap:
                turn.use(rule.id, rule.cap.per, old.day, more, 0)
            if rule.budget:
                turn.wallet.entries.append(Draw(rule.id, turn.plan.period_begins(rule.budget.per, old.day), more))
        if isinstance(rule, Streak) and (before is None) != (after is None):
            turn.use(STREAK + rule.id, rule.period, old.day, 0, 1 if after else -1)


def _stand(turn: Turn, day: int) -> None:
    """Take the standing that the days now carry: up at once after a purchase, down again after a return."""
    ladder = turn.current.ladder
    if ladder is None:
        return
    standing = restood(ladder, turn.standing, turn.days, turn.past, day)
    if standing is not turn.standing:
        turn.stand(standing, "returned" if ladder.rank(standing.tier) < ladder.rank(turn.standing.tier) else "reached")


def _deed(member: Member, event: Deed, plan: Plan, current: Plan) -> Outcome:
    turn = Turn(member, event.id, plan, plan.day(event.at))
    if doings := plan.tasks.get(event.name):
        on = date.fromordinal(turn.today)
        seen = Scene(on, ask(plan.task_asks, member, turn.today), properties=event.properties)
        for doing in doings:
            if refusal := _refusal(turn, doing, seen):
                turn.tell(refusal, rule=doing.rule.id)
            else:
                _task(turn, event, doing)
    return turn.outcome()


def _refusal(turn: Turn, doing: Doing, seen: Scene) -> str:
    """Why a task is not rewarded now, as a note's code; "" where it is."""
    rule, joined, day = doing.rule, turn.member.joined, turn.today
    if not rule.runs_on(day):
        return "not_now"
    if rule.within_days and joined and day > joined + rule.within_days:
        return "too_late"
    if doing.holds and not doing.holds(seen):
        return "condition"
    return "often_enough" if turn.times(f"{rule.id}!", rule.per, day) >= rule.times else ""


def _task(turn: Turn, event: Deed, doing: Doing) -> None:
    rule, day = doing.rule, turn.today
    turn.use(f"{rule.id}#", rule.per, day, 0, 1)
    done = turn.times(f"{rule.id}#", rule.per, day)
    if done % rule.count:
        turn.tell("progress", rule=rule.id, done=done % rule.count, of=rule.count)
        return
    amount = min(rule.points, _room(turn, rule, day, event.left)) if rule.cap or rule.budget else rule.points
    if not amount:
        turn.tell("limit", rule=rule.id)
        return
    turn.use(f"{rule.id}!", rule.per, day, 0, 1)
    if rule.cap:
        turn.use(rule.id, rule.cap.per, day, amount, 0)
    turn.earn(doing.unit, amount, day, event.at)
    if rule.budget:
        turn.wallet.entries.append(Draw(rule.id, turn.plan.period_begins(rule.budget.per, day), amount))
    turn.tell("task", rule=rule.id, unit=doing.unit, amount=amount)


def _referred(member: Member, event: Referred, plan: Plan, current: Plan) -> Outcome:
    told = plan.programme.referral
    if told is None:
        return Outcome(member, notes=(Note("no_referral"),))
    turn = Turn(member, event.id, plan, plan.day(event.at))
    points, reward = told.friend_points, told.friend_reward
    if event.role == "advocate":
        points, reward = told.advocate_points, told.advocate_reward
        if told.limit:
            if turn.left(ADVOCATE, told.limit, turn.today) <= 0:
                return Outcome(member, notes=(Note("limit", {"rule": "referral"}),))
            turn.use(ADVOCATE, told.limit.per, turn.today, 1, 1)
    unit = plan.unit(told.unit).id
    if points:
        turn.earn(unit, points, turn.today, event.at)
    if reward:
        turn.gifts.append(Gift(reward, f"referral:{event.role}"))
    turn.tell("referral", role=event.role, unit=unit, amount=points)
    return turn.outcome()


def _spent(member: Member, event: Spent, plan: Plan, current: Plan) -> Outcome:
    turn = Turn(member, event.id, plan, plan.day(event.at))
    turn.wallet.spend(event.unit, event.amount, event.at, "redeemed")
    return turn.outcome()


def _restored(member: Member, event: Restored, plan: Plan, current: Plan) -> Outcome:
    """The ledger has put the lots back already: they are counted again, and repay what is owed."""
    turn = Turn(member, event.id, plan, plan.day(event.at))
    turn.wallet.restore(event.lots)
    for lot in event.lots:
        if lot.expires_at < FOREVER:
            turn.look(plan.day(lot.expires_at) - 1)
        turn.redeemable(lot.active_at)
    return turn.outcome()


_DECIDED: dict[type[Event], Callable[[Member, Any, Plan, Plan], Outcome]] = {
    OrderEvent: _order,
    Deed: _deed,
    Referred: _referred,
    DayEnd: lambda member, event, plan, current: day_end(member, event, plan),
    DayBegin: lambda member, event, plan, current: day_begin(member, event, plan),
    Spent: _spent,
    Restored: _restored,
    Merged: lambda member, event, plan, current: merged(member, event, plan),
    Parted: lambda member, event, plan, current: parted(member, event, plan),
}
