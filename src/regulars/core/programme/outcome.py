"""What comes of an event, and the turn in which it is worked out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from regulars.core.facts import NONE
from regulars.core.member import Award, Day, Earned, Member, Standing, Used
from regulars.core.naming import posting_id
from regulars.core.points import Earn, Entry, Wallet
from regulars.core.programme.earning import Cap, Period
from regulars.core.programme.plan import FOREVER, Plan
from regulars.core.tiers import due

# What may be forgotten waits this much longer for company: a day's end for each day of purchase would be many.
PATIENCE_DAYS = 100
# Before the id of a tier, where it is noted that its gift was given.
TIER_GIFT = "tier:"


class Gift(NamedTuple):
    """A reward that a member is given, and why (``tier:gold``, ``birthday:2026``, ``automatic``); ``back``: taken back."""

    reward: str
    why: str
    back: bool = False


class Move(NamedTuple):
    """From one tier to another, and why: reached, returned, review, merged, split."""

    before: str
    after: str
    why: str


class Note(NamedTuple):
    """Something to tell, as a code and its values; ``sentences`` puts it in words."""

    code: str
    values: Mapping[str, Any] = NONE


class Outcome(NamedTuple):
    """What an event comes to: the member as they are then, and what must be written for it.

    ``entries`` are for the ledger: the lots that are made first, so that the n-th has the id of the n-th posting, then the
    others in their order. ``award`` is what to remember of an order. Nothing at all happened where ``entries``, ``gifts``
    and ``move`` are empty and ``member`` is the one that was asked for.
    """

    member: Member
    entries: tuple[Entry, ...] = ()
    award: Award | None = None
    move: Move | None = None
    gifts: tuple[Gift, ...] = ()
    notes: tuple[Note, ...] = ()


class Turn:
    """A member while an event is decided: what changes is kept here until the outcome is made.

    ``today`` is the event's day; ``current`` the version then in force, which judges tiers and keeps the calendar.
    """

    __slots__ = (
        "current", "days", "due", "event_id", "gifts", "lots_made", "member", "move", "notes", "past", "plan", "standing",
        "today", "used", "wallet",
    )  # fmt: skip

    def __init__(self, member: Member, event_id: str, plan: Plan, today: int, current: Plan | None = None) -> None:
        self.member, self.event_id, self.plan, self.today = member, event_id, plan, today
        self.current = current or plan
        self.wallet = Wallet(member)
        self.standing, self.days, self.past, self.used = member.standing, member.days, member.past, member.used
        self.due, self.lots_made = member.due, 0
        self.move: Move | None = None
        self.gifts: list[Gift] = []
        self.notes: list[Note] = []

    def tell(self, code: str, **values: Any) -> None:
        """Something to say about it."""
        self.notes.append(Note(code, values))

    def look(self, day: int) -> None:
        """Let the clock look at the member at the end of ``day``, or of the first one that it has not seen."""
        self.due = min(self.due, max(day, self.today, self.member.seen + 1))

    def earn(self, unit: str, amount: int, day: int, active_at: datetime) -> Earned:
        """A lot of what was earned on a day, with its terms; less what repays a debt."""
        expires_at, last = self.plan.expires(self.plan.unit(unit), day)
        if active_at >= expires_at:
            active_at = FOREVER
        earned = self.wallet.earn(unit, amount, posting_id(self.event_id, self.lots_made), active_at, expires_at)
        if earned.amount:
            self.lots_made += 1
            self.look(last)
            self.redeemable(active_at)
        return earned

    def redeemable(self, active_at: datetime) -> None:
        """Let the clock turn points into a reward once they are active, where the programme does so."""
        if self.current.programme.automatic and active_at < FOREVER:
            self.look(self.current.day(active_at) - 1)

    def left(self, rule: str, cap: Cap, day: int) -> int:
        """What a cap leaves a member on a day."""
        since = self.plan.period_begins(cap.per, day)
        return cap.amount - sum([used.amount for used in self.used if used.rule == rule and used.since == since])

    def times(self, rule: str, per: Period, day: int) -> int:
        """How often something was done in the period of a day."""
        since = self.plan.period_begins(per, day)
        return sum([used.times for used in self.used if used.rule == rule and used.since == since])

    def use(self, rule: str, per: Period, day: int, amount: int, times: int) -> None:
        """Count ``amount`` and ``times`` more (or, below zero, less) in the period of a day."""
        self.put(rule, self.plan.period_begins(per, day), amount, times)
        self.look(day + self.current.memory_days + PATIENCE_DAYS)

    def put(self, rule: str, since: int, amount: int, times: int) -> None:
        """Count more or less in the period that began on ``since``; sorted, so that equal members are the same."""
        others = [used for used in self.used if (used.rule, used.since) != (rule, since)]
        for used in self.used:
            if (used.rule, used.since) == (rule, since):
                amount, times = amount + used.amount, times + used.times
        if amount or times:
            others.append(Used(rule, since, amount, times))
        self.used = tuple(sorted(others))

    def count(self, more: Day, less: Day) -> None:
        """Put ``more`` in the place of ``less``, both of one day, in what counts for tiers."""
        day = more.day
        if day <= self.past.day:
            self.past = _changed(self.past, more, less)
            return
        days = self.days
        place = len(days)
        while place and days[place - 1].day > day:
            place -= 1
        here = days[place - 1] if place and days[place - 1].day == day else None
        now = _changed(here or Day(day), more, less)
        counting = (now,) if any(now[1:]) else ()
        self.days = (*days[: place - 1 if here else place], *counting, *days[place:])
        self.look(day + self.current.memory_days + PATIENCE_DAYS)

    def forget(self) -> None:
        """Add days that no rule asks for singly any more to the past; drop what was counted in periods long over."""
        oldest = self.today - self.current.memory_days
        gone = [day for day in self.days if day.day <= oldest]
        if gone:
            past = [sum(counts) for counts in zip(self.past[1:], *[day[1:] for day in gone], strict=True)]
            self.past, self.days = Day(gone[-1].day, *past), self.days[len(gone) :]
        if self.used:
            self.used = tuple([used for used in self.used if not 0 < used.since <= oldest])

    def stand(self, standing: Standing, why: str) -> None:
        """Take another standing; a climb brings its tiers' gifts, each once, and what undoes it takes them back."""
        if standing == self.standing:
            return
        ladder = self.current.ladder
        assert ladder is not None
        before, after = self.standing.tier, standing.tier
        was, now = ladder.rank(before), ladder.rank(after)
        if why != "review":
            for tier in ladder.steps[min(was, now) + 1 : max(was, now) + 1]:
                self._tier_gift(tier.id, standing.reviewed + 1, back=now < was)
        if before != after:
            self.move = Move(before, after, why)
        self.standing = standing
        self.look(due(ladder, standing, self.today - 1))

    def _tier_gift(self, named: str, since: int, *, back: bool) -> None:
        """Give a tier's gift once, or take it back where the climb that is undone brought it.

        It is noted (as an amount) after which review it was given: what was climbed before that is nobody's to undo.
        """
        tier = self.current.programme.tier(named)
        if tier is None or not tier.gift:
            return
        rule = TIER_GIFT + named
        given = next((used.amount for used in self.used if used.rule == rule), None)
        if given is None and not back:
            self.put(rule, 0, since, 1)
        elif given == since and back:
            self.put(rule, 0, -since, -1)
        else:
            return
        self.gifts.append(Gift(tier.gift, rule, back))

    def outcome(self, *, award: Award | None = None, seen: int | None = None) -> Outcome:
        """All that came of it."""
        old, wallet = self.member, self.wallet
        member = Member(
            old.key, old.joined, old.birthday, old.facts, self.standing, self.days, self.past, self.used, wallet.lots,
            wallet.owed, self.due, old.seen if seen is None else seen,
        )  # fmt: skip
        entries = wallet.entries
        if len(entries) > 1:
            entries.sort(key=_late)
        return Outcome(member, tuple(entries), award, self.move, tuple(self.gifts), tuple(self.notes))


def _changed(counted: Day, more: Day, less: Day) -> Day:
    """A day with ``more`` in the place of ``less``."""
    day, spend, orders, points, quantity = counted
    _, spend_more, orders_more, points_more, quantity_more = more
    _, spend_less, orders_less, points_less, quantity_less = less
    return Day(
        day,
        spend + spend_more - spend_less,
        orders + orders_more - orders_less,
        points + points_more - points_less,
        quantity + quantity_more - quantity_less,
    )


def _late(entry: Entry) -> bool:
    return type(entry) is not Earn
