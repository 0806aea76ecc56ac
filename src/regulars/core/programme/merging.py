"""Two records, one member: what both have counts together; and how each stands once that is undone.

What counts towards tiers is the sum of what the orders' awards count, so it follows from whose the orders are, whenever one
asks. The rest (limits used, debts, the standing) is added up, and taken apart by what each had before.
"""

from collections.abc import Iterable

from regulars.core.member import NO_TIER, Day, Member, Merged, Parted, Standing, Used
from regulars.core.programme.outcome import TIER_GIFT, Outcome, Turn
from regulars.core.programme.plan import Plan
from regulars.core.tiers import Rules, climbed, restood


def merged(member: Member, event: Merged, plan: Plan) -> Outcome:
    """The higher of the two standings, or what both have reached together; everything else added up."""
    other, today = event.other, plan.day(event.at)
    days, past = regrouped(event.counted, max(member.past.day, other.past.day))
    joined = min((day for day in (member.joined, other.joined) if day), default=None)
    both = member._replace(joined=joined, days=days, past=past, used=_together(member.used, other.used))
    turn = Turn(both, event.id, plan, today)
    for unit, amount in other.owed:
        turn.wallet.owe(unit, amount)
    if ladder := plan.ladder:
        better = max(member.standing, other.standing, key=lambda one: _height(ladder, one))
        turn.stand(climbed(ladder, better, days, past, today), "merged")
    turn.look(today)
    return turn.outcome(seen=max(member.seen, other.seen))


def parted(member: Member, event: Parted, plan: Plan) -> Outcome:
    """As it was before the merge, but for what the member's own orders came to since; the clock looks at what that means.

    ``member`` is who both were together; or the record that leaves, as it was but for its debts, which went with it.
    """
    before, other = event.before, event.other
    days, past = regrouped(event.counted, before.past.day)
    used = _apart(member.used, before.used, other.used) if other else before.used
    own = member._replace(joined=before.joined, days=days, past=past, used=used)
    turn = Turn(own, event.id, plan, plan.day(event.at))
    if other is None:
        for unit, amount in before.owed:
            turn.wallet.owe(unit, amount)
    else:
        for unit, amount in other.owed:
            if back := min(amount, turn.wallet.debt(unit)):
                turn.wallet.repay(unit, back)
        for unit, amount in event.spent:
            turn.wallet.make_good(unit, amount, event.at)
    if ladder := plan.ladder:
        changed = {day.day for day in {past, *days} ^ {before.past, *before.days}}
        standing = restood(ladder, before.standing, days, past, min(changed)) if changed else before.standing
        turn.stand(standing, "split")
    turn.look(turn.today)
    return turn.outcome()


def regrouped(counted: Iterable[Day], past_day: int) -> tuple[tuple[Day, ...], Day]:
    """What days add up to, each day once, oldest first; those up to ``past_day`` in one sum."""
    sums: dict[int, list[int]] = {}
    for day, *amounts in counted:
        own = sums.setdefault(day if day > past_day else past_day, [0, 0, 0, 0])
        for place, amount in enumerate(amounts):
            own[place] += amount
    past = Day(past_day, *sums.pop(past_day, ()))
    return tuple(Day(day, *sums[day]) for day in sorted(sums) if any(sums[day])), past


def _height(ladder: Rules, standing: Standing) -> tuple[int, bool, int]:
    return ladder.rank(standing.tier), not standing.in_grace, standing.until if standing != NO_TIER else 0


def _together(one: Iterable[Used], other: Iterable[Used]) -> tuple[Used, ...]:
    """Both added up; a tier's gift was had by whoever had it."""
    found = {(used.rule, used.since): used for used in one}
    for used in other:
        here = found.get((used.rule, used.since))
        if here is None:
            found[used.rule, used.since] = used
        elif not used.rule.startswith(TIER_GIFT):
            found[used.rule, used.since] = here._replace(
                amount=here.amount + used.amount, times=here.times + used.times
            )
    return tuple(sorted(found.values()))


def _apart(now: Iterable[Used], before: Iterable[Used], other: Iterable[Used]) -> tuple[Used, ...]:
    """What is left of both without what the other had."""
    own, theirs = {(used.rule, used.since) for used in before}, {(used.rule, used.since): used for used in other}
    left = []
    for used in now:
        there = theirs.get((used.rule, used.since))
        if there and used.rule.startswith(TIER_GIFT):
            there = None if (used.rule, used.since) in own else used
        amount = max(0, used.amount - there.amount) if there else used.amount
        times = max(0, used.times - there.times) if there else used.times
        if amount or times:
            left.append(used._replace(amount=amount, times=times))
    return tuple(left)
