"""What the clock brings. A day ends in a fixed order: points become active, automatic redemption, tier review, expiry, tier
review again. The first three happen at the last instant of the day, while what expires can still be spent; the others at
the first of the next day, which then brings birthdays, deadlines and warnings."""

from datetime import date
from typing import NamedTuple

from regulars.core.member import NEVER, Day, DayBegin, DayEnd, Member
from regulars.core.points import spendable
from regulars.core.programme.earning import Period, Task
from regulars.core.programme.outcome import PATIENCE_DAYS, Gift, Outcome, Turn
from regulars.core.programme.plan import FOREVER, Plan
from regulars.core.programme.vocabulary import birthday_in, is_birthday
from regulars.core.tiers import Rules, due, progress, reviewed

# A day's automatic redemptions of one member: a price of one point and a balance of millions must not run for ever.
AUTOMATIC_MAX = 1_000


def day_end(member: Member, event: DayEnd, plan: Plan) -> Outcome:
    """The end of a day: nothing where nothing is due."""
    turn = Turn(member, event.id, plan, event.day)
    _redeem(turn, event)
    _review(turn, event.day)
    return turn.outcome()


def day_begin(member: Member, event: DayBegin, plan: Plan) -> Outcome:
    """The beginning of a day: what expired the day before; birthdays, deadlines, warnings."""
    turn = Turn(member, event.id, plan, event.day)
    for gone in turn.wallet.expire(event.at):
        turn.tell("expired", unit=gone.unit, amount=gone.amount)
    _review(turn, event.day - 1)
    if member.birthday and is_birthday(member.birthday, date.fromordinal(event.day)):
        _birthday(turn, event)
    for doings in plan.tasks.values():
        for doing in doings:
            _deadline(turn, doing.rule, event.day)
    _warn(turn, event.day)
    turn.forget()
    outcome = turn.outcome(seen=event.day - 1)
    return outcome._replace(member=outcome.member._replace(due=next_due(outcome.member, plan, event.day)))


def next_due(member: Member, plan: Plan, first: int) -> int:
    """The first day from ``first`` on at whose end, or after which, the clock has something to do for a member."""
    found = [plan.day(lot.expires_at) - 1 for lot in member.lots if lot.expires_at < FOREVER][:1]
    if plan.ladder:
        found.append(due(plan.ladder, member.standing, first - 1))
    if price := _price(member.standing.tier, plan):
        found += [plan.day(lot.active_at) - 1 for lot in member.lots if plan.begins_at(first) < lot.active_at < FOREVER]
        if spendable(member.lots, price.unit, plan.begins_at(first)) >= price.points:
            found.append(first)
    if member.birthday and plan.has_birthdays:
        year = date.fromordinal(first).year
        eves = [birthday_in(member.birthday, each).toordinal() - 1 for each in (year, year + 1)]
        found.append(next(eve for eve in eves if eve >= first))
    if member.joined:
        found += [day for within in plan.within_days if (day := member.joined + within) >= first]
    remembered = [day.day for day in member.days[:1]] + [used.since for used in member.used if used.since]
    found += [day + plan.memory_days + PATIENCE_DAYS for day in remembered]
    return max(min(found, default=NEVER), first)


class _Price(NamedTuple):
    """What the automatic redemption takes for its reward."""

    reward: str
    unit: str
    points: int


def _price(tier: str, plan: Plan) -> _Price | None:
    automatic = plan.programme.automatic
    reward = plan.programme.reward(automatic.reward) if automatic else None
    if reward is None or reward.price is None or (reward.tiers and tier not in reward.tiers):
        return None
    return _Price(reward.id, plan.unit(reward.unit).id, reward.prices.get(tier, reward.price))


def _redeem(turn: Turn, event: DayEnd) -> None:
    """What can be spent at the end of the day, with what becomes active as it ends, is turned into the reward."""
    price = _price(turn.standing.tier, turn.plan)
    if price is None:
        return
    tomorrow = turn.plan.begins_at(event.day + 1)
    for lot in turn.wallet.lots:
        if lot.unit == price.unit and lot.active_at == tomorrow:
            turn.wallet.activate(lot.id, event.at)
    if times := min(spendable(turn.wallet.lots, price.unit, event.at) // price.points, AUTOMATIC_MAX):
        amount = times * price.points
        turn.wallet.spend(price.unit, amount, event.at, "redeemed")
        turn.gifts.extend([Gift(price.reward, "automatic")] * times)
        turn.tell("redeemed", reward=price.reward, times=times, unit=price.unit, amount=amount)


def _review(turn: Turn, day: int) -> None:
    ladder, before = turn.plan.ladder, turn.standing
    if ladder is None or not before.tier or before.until > day:
        return
    counted = progress(turn.days, turn.past, ladder.since(day), day)
    turn.stand(reviewed(ladder, before, ladder.reached(counted), day), "review")
    after = turn.standing
    if after.in_grace:
        turn.tell("tier_grace", tier=after.tier, until=after.until, missing=_missing(turn, ladder, counted))
    elif after.tier == before.tier:
        turn.tell("tier_kept", tier=after.tier, until=after.until)


def _missing(turn: Turn, ladder: Rules, counted: Day) -> dict[str, int]:
    """What the member's tier takes beyond what was counted, by metric."""
    return {metric.value: short for metric, short in ladder.steps[ladder.rank(turn.standing.tier)].missing(counted)}


def _birthday(turn: Turn, event: DayBegin) -> None:
    plan, year = turn.plan, date.fromordinal(event.day).year
    for rule in plan.birthdays:
        if rule.runs_on(event.day) and not turn.times(f"{rule.id}#", Period.YEAR, event.day):
            turn.use(f"{rule.id}#", Period.YEAR, event.day, 0, 1)
            unit = plan.unit(rule.unit).id
            turn.earn(unit, rule.points, event.day, event.at)
            turn.tell("birthday", rule=rule.id, unit=unit, amount=rule.points)
    for reward in plan.birthday_gifts.get(turn.standing.tier, ()):
        if not turn.times(f"birthday:{reward}", Period.YEAR, event.day):
            turn.use(f"birthday:{reward}", Period.YEAR, event.day, 0, 1)
            turn.gifts.append(Gift(reward, f"birthday:{year}"))


def _deadline(turn: Turn, task: Task, day: int) -> None:
    """Say that a task's time is over where it was not done."""
    joined = turn.member.joined
    if (
        task.within_days
        and joined
        and day == joined + task.within_days + 1
        and not turn.times(f"{task.id}!", task.per, day - 1)
    ):
        turn.tell("task_over", rule=task.id)


def _warn(turn: Turn, day: int) -> None:
    """Warn of a downgrade that is coming, as progress stands: days that will no longer count then are left out."""
    ladder, standing = turn.plan.ladder, turn.standing
    if ladder is None or not ladder.warn_days or not standing.tier or standing.in_grace:
        return
    if day != standing.until - ladder.warn_days + 1:
        return
    counted = progress(turn.days, turn.past, ladder.since(standing.until), day)
    if ladder.reached(counted) < ladder.rank(standing.tier):
        turn.tell("tier_warning", tier=standing.tier, until=standing.until, missing=_missing(turn, ladder, counted))
