"""A programme made ready to decide with: conditions compiled, ids looked up, calendar days worked out once.

A plan changes nothing of what a programme says; it remembers (terms by day, which goods a filter takes), so that one order
costs microseconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from regulars.core import conditions
from regulars.core.expiry import Aligned, Validity, day_begins_at, last_day
from regulars.core.member import NEVER, Goods, Line
from regulars.core.programme.document import Basis, Programme, Purse, Unit
from regulars.core.programme.earning import Birthday, Counting, OrderRule, Period, Streak, Task
from regulars.core.programme.privileges import BirthdayGift
from regulars.core.programme.vocabulary import EVENT, LINE, ORDER, Ask, Scene, asks_in
from regulars.core.tiers import Counted, Rules, Step, period_begins

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
Holds = Callable[[Scene], bool]
# What points are given on, the quantity, and what was paid; and the same of goods that the same filters take.
Sums = tuple[int, int, int]
Shelf = tuple[int, Sums]
NOTHING: Sums = (0, 0, 0)
# Goods of a shop whose filters are remembered; beyond that they are asked again.
GOODS_MAX = 200_000
# What is counted in a period must be known at least until it is over.
_PERIOD_DAYS = 366
_PERIODS = {
    Period.MONTH: Aligned.MONTH,
    Period.QUARTER: Aligned.QUARTER,
    Period.YEAR: Aligned.YEAR,
    Period.DAY: Aligned.DAY,
}


class Ready(NamedTuple):
    """An earning rule about orders, ready.

    ``goods`` is the bit of its filter in ``Plan.mask``, 0 for all goods; ``points``: what it gives counts as points, not
    as credit; ``tallied``: something must be counted when it gives.
    """

    id: str
    unit: str
    holds: Holds | None
    goods: int
    counting: Counting
    by_tier: bool
    limited: bool
    points: bool
    tallied: bool
    rule: OrderRule


class Doing(NamedTuple):
    """A task, ready."""

    rule: Task
    unit: str
    holds: Holds | None


@dataclass(frozen=True)
class Plan:
    """One version of a programme in one zone. ``since`` is when it came into force."""

    programme: Programme
    zone: ZoneInfo
    currency: str
    version: int = 1
    since: datetime | None = None

    @cached_property
    def rules(self) -> tuple[Ready, ...]:
        """The rules about orders, in the order in which they are written."""
        return tuple(self._ready(rule) for rule in self.programme.rules if isinstance(rule, OrderRule))

    def rules_on(self, day: int) -> tuple[Ready, ...]:
        """Those of them that run on a day."""
        if (found := self._on.get(day)) is None:
            found = self._on[day] = tuple(ready for ready in self.rules if ready.rule.runs_on(day))
        return found

    @cached_property
    def _on(self) -> dict[int, tuple[Ready, ...]]:
        return {}

    @cached_property
    def tallied(self) -> dict[str, Ready]:
        """The rules for which something is counted when they give, by id."""
        return {ready.id: ready for ready in self.rules if ready.tallied}

    @cached_property
    def tasks(self) -> dict[str, tuple[Doing, ...]]:
        """Tasks by the event that they reward."""
        found: dict[str, list[Doing]] = {}
        for rule in self.programme.rules:
            if isinstance(rule, Task):
                holds = conditions.compiled(rule.when, EVENT) if rule.when else None
                found.setdefault(rule.event, []).append(Doing(rule, self.unit(rule.unit).id, holds))
        return {event: tuple(doings) for event, doings in found.items()}

    @cached_property
    def streaks(self) -> tuple[Streak, ...]:
        return tuple(rule for rule in self.programme.rules if isinstance(rule, Streak))

    @cached_property
    def birthdays(self) -> tuple[Birthday, ...]:
        return tuple(rule for rule in self.programme.rules if isinstance(rule, Birthday))

    @cached_property
    def ladder(self) -> Rules | None:
        """The ladder, as its rules use it."""
        told = self.programme.ladder
        if told is None:
            return None
        steps = tuple(Step(tier.id, tier.reached.each(), tier.needs == "all") for tier in told.tiers)
        return Rules(steps, told.counted, told.window, told.kept, told.grace_days, told.warn_days, told.downgrade)

    @cached_property
    def multipliers(self) -> dict[str, tuple[int, int]]:
        """Numerator and denominator of each tier's multiplier."""
        tiers = self.programme.ladder.tiers if self.programme.ladder else ()
        return {"": (1, 1), **{tier.id: (tier.multiplier.numerator, tier.multiplier.denominator) for tier in tiers}}

    @cached_property
    def asks(self) -> frozenset[Ask]:
        """What the order rules ask of the member."""
        rules = (rule for rule in self.programme.rules if isinstance(rule, OrderRule))
        return frozenset[Ask]().union(*(asks_in(rule.when) for rule in rules))

    @cached_property
    def task_asks(self) -> frozenset[Ask]:
        """What the tasks ask of the member."""
        return frozenset[Ask]().union(*(asks_in(doing.rule.when) for doings in self.tasks.values() for doing in doings))

    @cached_property
    def filters(self) -> tuple[Callable[[Goods], bool], ...]:
        """The different filters of goods, each asked once."""
        return tuple(conditions.compiled(told, LINE) for told in self._filters)

    @cached_property
    def tier_goods(self) -> int:
        """The bit of the ladder's filter in ``mask``, 0 where all goods count."""
        return self._bit(self.programme.ladder.goods if self.programme.ladder else None)

    def _bit(self, goods: conditions.Condition | None) -> int:
        return 0 if goods is None else 1 << self._filters.index(goods)

    @cached_property
    def _filters(self) -> list[conditions.Condition]:
        told = [getattr(rule, "lines", None) for rule in self.programme.rules]
        told.append(self.programme.ladder.goods if self.programme.ladder else None)
        return list(dict.fromkeys(one for one in told if one is not None))

    def shelves(self, lines: Iterable[Line]) -> tuple[Sums, list[Shelf]]:
        """What lines add up to, in all and by the filters that take their goods: each line is looked at once."""
        amount = quantity = net = 0
        before_rewards, filtered = self.before_rewards, bool(self._filters)
        by_mask: dict[int, Sums] = {}
        masks = self._masks
        for goods, pieces, paid, rewards in lines:
            basis = paid + rewards if before_rewards else paid
            amount += basis
            quantity += pieces
            net += paid
            if filtered and (mask := masks[goods]):
                more = by_mask.get(mask, NOTHING)
                by_mask[mask] = (more[0] + basis, more[1] + pieces, more[2] + paid)
        return (amount, quantity, net), list(by_mask.items())

    def mask(self, goods: Goods) -> int:
        """Which filters take these goods, one bit each."""
        return self._masks[goods]

    @cached_property
    def _masks(self) -> "_Masks":
        return _Masks(self.filters)

    @cached_property
    def memory_days(self) -> int:
        """For how many days single days, and what was counted in periods that began on them, must be remembered."""
        longest = _PERIOD_DAYS
        if self.ladder and self.ladder.counted is not Counted.LIFETIME:
            longest = 366 if self.ladder.counted is Counted.CALENDAR else _days(self.ladder.window)
        for streak in self.streaks:
            longest = max(longest, (streak.length + 1) * (7 if streak.period is Period.WEEK else 31))
        for _, parameter in self.asks | self.task_asks:
            longest = max(longest, parameter or 0)
        # An upgrade that a return undoes is counted again as of its day; until the tier is reviewed.
        kept = _days(self.ladder.kept) if self.ladder else 0
        return longest + kept + 1

    @cached_property
    def birthday_gifts(self) -> dict[str, tuple[str, ...]]:
        """The rewards that each tier gives on birthdays."""
        tiers = self.programme.ladder.tiers if self.programme.ladder else ()
        return {t.id: tuple(p.reward for p in t.privileges if isinstance(p, BirthdayGift)) for t in tiers}

    @cached_property
    def within_days(self) -> tuple[int, ...]:
        """After how many days of membership some task's time is over."""
        rules = (doing.rule for doings in self.tasks.values() for doing in doings)
        return tuple(sorted({rule.within_days for rule in rules if rule.within_days}))

    @property
    def has_birthdays(self) -> bool:
        return bool(self.birthdays) or any(self.birthday_gifts.values())

    @cached_property
    def before_rewards(self) -> bool:
        """Whether points are given on what coupons, points and credit paid, too."""
        return self.programme.basis is Basis.BEFORE_REWARDS

    def unit(self, named: str) -> Unit:
        """A point type by its id, the first for ``""``. Raises KeyError."""
        return self._units[named]

    @cached_property
    def _units(self) -> dict[str, Unit]:
        units = self.programme.units
        return {"": units[0], **{unit.id: unit for unit in units}}

    def day(self, at: datetime) -> int:
        """The day of an instant in the shop's zone."""
        return at.astimezone(self.zone).date().toordinal()

    def begins_at(self, day: int) -> datetime:
        """The first instant of a day."""
        if (found := self._begins.get(day)) is None:
            found = self._begins[day] = day_begins_at(date.fromordinal(day), self.zone)
        return found

    @cached_property
    def _begins(self) -> dict[int, datetime]:
        return {}

    def expires(self, unit: Unit, day: int) -> tuple[datetime, int]:
        """When what is earned of a unit on a day expires, and its last day."""
        if unit.validity is None:
            return FOREVER, NEVER
        if (found := self._terms.get((unit.id, day))) is None:
            last = last_day(date.fromordinal(day), unit.validity).toordinal()
            found = self._terms[unit.id, day] = (self.begins_at(last + 1), last)
        return found

    @cached_property
    def _terms(self) -> dict[tuple[str, int], tuple[datetime, int]]:
        return {}

    def active(self, unit: Unit, delivered: int | None) -> datetime:
        """From when points of a unit that waits for delivery can be spent: so many whole days after the day of it."""
        if delivered is None or unit.pending_days is None:
            return FOREVER
        return self.begins_at(delivered + unit.pending_days + 1)

    def period_begins(self, period: Period, day: int) -> int:
        """The first day of the period that a day falls into; weeks begin on Monday."""
        if period is Period.EVER:
            return 0
        if period is Period.WEEK:
            return day - date.fromordinal(day).weekday()
        return period_begins(day, _PERIODS[period])

    def _ready(self, rule: OrderRule) -> Ready:
        unit = self.unit(rule.unit)
        limited = rule.cap is not None or rule.budget is not None
        return Ready(
            rule.id,
            unit.id,
            conditions.compiled(rule.when, ORDER) if rule.when else None,
            self._bit(getattr(rule, "lines", None)),
            rule.counting(unit.rounding),
            getattr(rule, "by_tier", False) and any(up != down for up, down in self.multipliers.values()),
            limited,
            unit.purse is Purse.POINTS,
            limited or isinstance(rule, Streak),
            rule,
        )


class _Masks(dict[Goods, int]):
    """Which filters take which goods; each asked once, as long as there is room to remember."""

    def __init__(self, filters: Iterable[Callable[[Goods], bool]]) -> None:
        super().__init__()
        self._filters = tuple(filters)

    def __missing__(self, goods: Goods) -> int:
        mask = sum(1 << place for place, takes in enumerate(self._filters) if takes(goods))
        if len(self) < GOODS_MAX:
            self[goods] = mask
        return mask


def shelved(shelves: Iterable[Shelf], goods: int) -> Sums:
    """What the lines add up to whose goods a filter takes."""
    amount = quantity = net = 0
    for mask, (basis, pieces, paid) in shelves:
        if mask & goods:
            amount += basis
            quantity += pieces
            net += paid
    return amount, quantity, net


def _days(window: Validity) -> int:
    """At most so many days; what is drawn out to the end of a period counts with it."""
    longest = {"days": 1, "months": 31, "years": 366}[window.span]
    return window.count * longest + {"day": 0, "month": 31, "quarter": 92, "year": 366}[window.aligned]
