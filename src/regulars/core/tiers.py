"""The ladder: which tier a member has reached, until when it is sure, and what becomes of it then.

Progress is counted by days of the shop's zone. An upgrade comes at once; a downgrade comes only with a review, at the end
of the last sure day, and after grace where the ladder gives any.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from operator import itemgetter

from regulars.core.expiry import Aligned, Span, Validity, last_day
from regulars.core.member import NEVER, Day, Standing

_ordinal = itemgetter(0)


class Metric(StrEnum):
    """What a tier may be reached by."""

    SPEND = "spend"
    ORDERS = "orders"
    POINTS = "points"
    QUANTITY = "quantity"


PLACES = {Metric.SPEND: 1, Metric.ORDERS: 2, Metric.POINTS: 3, Metric.QUANTITY: 4}


class Counted(StrEnum):
    """Which days count: the last ones, those of the calendar's period, or all."""

    ROLLING = "rolling"
    CALENDAR = "calendar"
    LIFETIME = "lifetime"


class Downgrade(StrEnum):
    """What a review does where the tier is no longer reached."""

    NONE = "none"
    ONE_STEP = "one_step"
    RECOMPUTE = "recompute"


@dataclass(frozen=True, slots=True)
class Step:
    """A tier of the ladder: what it takes. ``every``: all thresholds, else any one of them will do."""

    id: str
    thresholds: tuple[tuple[Metric, int], ...]
    every: bool = True

    def met(self, progress: Sequence[int]) -> bool:
        """Whether a progress reaches the tier."""
        for metric, need in self.thresholds:
            if (progress[PLACES[metric]] >= need) is not self.every:
                return not self.every
        return self.every

    def missing(self, progress: Sequence[int]) -> tuple[tuple[Metric, int], ...]:
        """What is not reached yet, and by how much; empty where the tier is reached."""
        if self.met(progress):
            return ()
        short = [(metric, need - progress[PLACES[metric]]) for metric, need in self.thresholds]
        return tuple((metric, by) for metric, by in short if by > 0)


@dataclass(frozen=True)
class Rules:
    """A ladder as its rules use it: ``steps`` from the lowest up; what follows from a day is worked out once."""

    steps: tuple[Step, ...]
    counted: Counted
    window: Validity
    kept: Validity
    grace_days: int = 0
    warn_days: int = 0
    downgrade: Downgrade = Downgrade.RECOMPUTE

    def rank(self, tier: str) -> int:
        """Where a tier stands, from 0; -1 for none and for one that is no longer on the ladder."""
        return self._ranks.get(tier, -1)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {step.id: place for place, step in enumerate(self.steps)}

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Of a ``Day``, what the thresholds ask for."""
        return tuple(sorted({PLACES[metric] for step in self.steps for metric, _ in step.thresholds}))

    def since(self, day: int) -> int:
        """The first day that counts on ``day``."""
        if (found := self._since.get(day)) is None:
            found = self._since[day] = self._first_day(day)
        return found

    @cached_property
    def _since(self) -> dict[int, int]:
        return {}

    def _first_day(self, day: int) -> int:
        if self.counted is Counted.LIFETIME:
            return 0
        if self.counted is Counted.CALENDAR:
            return period_begins(day, self.window.aligned)
        return _window_begins(day, self.window)

    def reached(self, progress: Sequence[int]) -> int:
        """The rank that a progress reaches: the highest whose thresholds are met, those below it notwithstanding."""
        rank = len(self.steps) - 1
        while rank >= 0 and not self.steps[rank].met(progress):
            rank -= 1
        return rank

    def sure_until(self, day: int) -> int:
        """The last day for which a tier reached on ``day`` is sure."""
        return last_day(date.fromordinal(day), self.kept).toordinal()


def period_begins(day: int, period: Aligned) -> int:
    """The first day of the day, month, quarter or year that a day falls into."""
    on = date.fromordinal(day)
    if period is Aligned.DAY:
        return day
    month = {Aligned.MONTH: on.month, Aligned.QUARTER: (on.month - 1) // 3 * 3 + 1, Aligned.YEAR: 1}[period]
    return date(on.year, month, 1).toordinal()


def _window_begins(day: int, window: Validity) -> int:
    """The day after the one that lies ``window`` back: 12 months up to 15 March count from 16 March of the year before."""
    if window.span is Span.DAYS:
        return day - window.count + 1
    on = date.fromordinal(day)
    months = window.count * (12 if window.span is Span.YEARS else 1)
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    if year < 1:
        return 1
    back = date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))
    return (back + timedelta(days=1)).toordinal()


def progress(days: Sequence[Day], past: Day, since: int, until: int) -> Day:
    """What the days from ``since`` to ``until`` (both inclusive) add up to; ``past`` counts where all days do."""
    counting = _between(days, past, since, until)
    return Day(until, *[sum([day[place] for day in counting]) for place in PLACES.values()])


def _between(days: Sequence[Day], past: Day, since: int, until: int) -> Sequence[Day]:
    counting = days if not days or days[-1].day <= until else days[: bisect_right(days, until, key=_ordinal)]
    return counting[bisect_left(counting, since, key=_ordinal) :] if since else (past, *counting)


def climbed(rules: Rules, standing: Standing, days: Sequence[Day], past: Day, day: int) -> Standing:
    """The standing after what was counted on ``day``: the same, or a tier above it; out of grace again, too."""
    held = rules.rank(standing.tier)
    if held == len(rules.steps) - 1 and not standing.in_grace:
        return standing
    counting, asked = _between(days, past, rules.since(day), day), [0] * 5
    for place in rules.places:
        asked[place] = sum([one[place] for one in counting])
    reached = rules.reached(asked)
    if reached > held or (reached == held >= 0 and standing.in_grace):
        return Standing(rules.steps[reached].id, day, rules.sure_until(day), below=standing, reviewed=standing.reviewed)
    return standing


def restood(rules: Rules, standing: Standing, days: Sequence[Day], past: Day, day: int) -> Standing:
    """The standing after what counts on ``day`` became more or less: what was climbed since is undone, and climbed anew
    as far as the days carry it. So in whatever order orders and returns become known, they come to one standing.
    """
    while standing.below is not None and standing.since >= day:
        standing = standing.below
    first = max(day, standing.reviewed + 1, past.day + 1)
    standing = climbed(rules, standing, days, past, first)
    if days and days[-1].day > first:
        for later in days[bisect_right(days, first, key=_ordinal) :]:
            standing = climbed(rules, standing, days, past, later.day)
    return standing


def reviewed(rules: Rules, standing: Standing, reached: int, day: int) -> Standing:
    """The standing after the review at the end of ``day``, its last sure one; ``reached`` is what progress reaches then."""
    held = rules.rank(standing.tier)
    if reached < held and rules.grace_days and not standing.in_grace:
        return Standing(standing.tier, standing.since, day + rules.grace_days, in_grace=True, reviewed=day)
    kept = max(reached, {Downgrade.NONE: held, Downgrade.ONE_STEP: held - 1, Downgrade.RECOMPUTE: -1}[rules.downgrade])
    if kept < 0:
        return Standing(reviewed=day)
    tier = rules.steps[kept].id
    since = standing.since if tier == standing.tier else day + 1
    return Standing(tier, since, rules.sure_until(day + 1), reviewed=day)


def due(rules: Rules, standing: Standing, after: int) -> int:
    """The next day after ``after`` at whose end the ladder has something to say: a warning or a review."""
    if not standing.tier:
        return NEVER
    warn = standing.until - rules.warn_days
    return warn if rules.warn_days and warn > after and not standing.in_grace else max(standing.until, after + 1)
