"""The earning rules: each is one declaration, from which its form, its check, its sentence and what it gives follow."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import ClassVar

from regulars.core.conditions import Condition
from regulars.core.declarations import (
    Choice,
    Context,
    Day,
    Flag,
    Id,
    Localised,
    Money,
    Part,
    Quantity,
    Ref,
    When,
    Whole,
    declare,
    join,
)
from regulars.core.faults import Fault
from regulars.core.points import ROUNDED, Rounding
from regulars.core.programme.vocabulary import EVENT, LINE, ORDER, Scene
from regulars.core.says import Says, money, same

POINTS_MAX = 10**9
# Before the id of a streak's rule, in what is asked of the member: whether an order completes the streak.
STREAK = "streak."
# What a rule gives for an order, and on what it counted: (points, basis) of (scene, amount and quantity of the rule's own
# lines, numerator and denominator of the tier's multiplier).
Counting = Callable[[Scene, int, int, int, int], tuple[int, int]]


class Period(StrEnum):
    """What caps and tasks are counted in, by the shop's calendar."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


PERIODS = {
    Period.DAY: Says("a day", "每天"),
    Period.WEEK: Says("a week", "每周"),
    Period.MONTH: Says("a month", "每月"),
    Period.QUARTER: Says("a quarter", "每季度"),
    Period.YEAR: Says("a year", "每年"),
    Period.EVER: Says("in all", "累计"),
}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``amount`` in each ``per``."""

    amount: int = declare(Whole(1, 10**12), Says("At most", "最多"))
    per: Period = declare(Choice(Period, PERIODS), Says("per", "周期"), default=Period.EVER)

    def sentence(self) -> Says:
        """The limit in words."""
        return Says("at most {n} {per}", "{per}最多 {n}").filled(n=f"{self.amount:,}", per=PERIODS[self.per])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all earning rules have in common."""

    kind: ClassVar[str]
    title: ClassVar[Says]
    terms: ClassVar[frozenset[str]] = frozenset(
        {"id", "name", "unit", "starts", "ends", "cap", "budget", "points", "by_tier"}
    )

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    unit: str = declare(Ref("units"), Says("Points type", "积分类型"), default="")
    starts: date | None = declare(Day(), Says("From (day included)", "开始日期（含）"), default=None)
    ends: date | None = declare(Day(), Says("To (day included)", "结束日期（含）"), default=None)
    cap: Cap | None = declare(Part(Cap), Says("Limit per member", "每位会员上限"), default=None)
    budget: Cap | None = declare(Part(Cap), Says("Limit for all members together", "全体会员合计上限"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        """What is wrong with the rule as a whole."""
        if self.starts and self.ends and self.ends < self.starts:
            yield Fault(
                f"{path}.ends",
                Says("The rule ends before it starts.", "结束日期早于开始日期。"),
                Says(f"Give a day from {self.starts} on.", f"请填 {self.starts} 或之后的日期。"),
            )

    def occasion(self) -> tuple[Hashable, ...]:
        """What the rule gives points for, whatever it gives, how much of it and when."""
        return (self.kind, *[getattr(self, each.name) for each in fields(self) if each.name not in self.terms])

    @property
    def runs(self) -> tuple[date, date]:
        """The first and the last day on which the rule is in force."""
        return self.starts or date.min, self.ends or date.max

    def collides(self, other: "Rule") -> bool:
        """Whether two periods are the same, or overlap in part. One within the other is a bonus for a time."""
        (starts, ends), (others_start, others_end) = self.runs, other.runs
        if ends < others_start or others_end < starts:
            return False
        within = starts <= others_start and others_end <= ends
        around = others_start <= starts and ends <= others_end
        return within == around

    def runs_on(self, day: int) -> bool:
        """Whether the rule is in force on a day (ordinal)."""
        starts, ends = self.runs
        return starts.toordinal() <= day <= ends.toordinal()

    def says(self, gives: Says, currency: str) -> Says:
        """What the rule gives (``gives`` words its points with their unit), in a sentence without its condition."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRule(Rule):
    """A rule about orders."""

    when: Condition | None = declare(When(ORDER), Says("Only if", "条件"), default=None)

    def counting(self, rounding: Rounding) -> Counting:
        """What the rule gives, as a function made once and called for every order."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class PerAmount(OrderRule):
    """Points for what was paid."""

    kind: ClassVar[str] = "per_amount"
    title: ClassVar[Says] = Says("Points per amount spent", "消费送积分")
    terms: ClassVar[frozenset[str]] = Rule.terms | {"per"}

    points: int = declare(Whole(1, 1_000_000), Says("Points", "积分"))
    per: int = declare(Money(minimum=1), Says("for every", "每消费"))
    lines: Condition | None = declare(When(LINE), Says("Only goods", "限定商品"), default=None)
    by_tier: bool = declare(Flag(), Says("Multiplied by the tier", "按等级倍数"), default=True)

    def says(self, gives: Says, currency: str) -> Says:
        words = Says("{gives} for every {per}", "每消费 {per} 得 {gives}")
        return words.filled(gives=gives, per=money(self.per, currency))

    def counting(self, rounding: Rounding) -> Counting:
        points, per, whole = self.points, self.per, ROUNDED[rounding]
        if rounding is Rounding.DOWN:  # by far the most usual, and worth a call less
            return lambda scene, amount, quantity, up, down: (amount * points * up // (per * down), amount)
        return lambda scene, amount, quantity, up, down: (whole(amount * points * up, per * down), amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerQuantity(OrderRule):
    """Points for how much was bought: by the piece, or by the tonne."""

    kind: ClassVar[str] = "per_quantity"
    title: ClassVar[Says] = Says("Points per quantity", "按数量送积分")
    terms: ClassVar[frozenset[str]] = Rule.terms | {"per"}

    points: int = declare(Whole(1, 1_000_000), Says("Points", "积分"))
    per: int = declare(Quantity(minimum=1), Says("for every (units)", "每购买（单位）"))
    lines: Condition | None = declare(When(LINE), Says("Only goods", "限定商品"), default=None)
    by_tier: bool = declare(Flag(), Says("Multiplied by the tier", "按等级倍数"), default=True)

    def says(self, gives: Says, currency: str) -> Says:
        return Says("{gives} for every {per} units", "每购买 {per} 个单位得 {gives}").filled(
            gives=gives, per=self.per / 1000
        )

    def counting(self, rounding: Rounding) -> Counting:
        points, per, whole = self.points, self.per, ROUNDED[rounding]
        return lambda scene, amount, quantity, up, down: (whole(quantity * points * up, per * down), quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerOrder(OrderRule):
    """The same for every order, for one of them, or for each so many."""

    kind: ClassVar[str] = "per_order"
    title: ClassVar[Says] = Says("Points per order", "每单送积分")

    points: int = declare(Whole(1, POINTS_MAX), Says("Points", "积分"))
    nth: int | None = declare(Whole(1, 100_000), Says("Only order number", "仅限第几单"), default=None)
    every: int | None = declare(Whole(2, 100_000), Says("Every so many orders", "每满几单"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Rule.check(self, path, context)
        if self.nth and self.every:
            yield Fault(
                f"{path}.every",
                Says(
                    "An order cannot be chosen by both its number and each so many.",
                    "「第几单」与「每满几单」不能同时设置。",
                ),
                Says("Give one of nth and every.", "请只保留其中一项。"),
            )

    def says(self, gives: Says, currency: str) -> Says:
        if self.nth:
            return Says("{gives} for order number {nth}", "第 {nth} 单得 {gives}").filled(gives=gives, nth=self.nth)
        if self.every:
            return Says("{gives} for every {k} orders", "每满 {k} 单得 {gives}").filled(gives=gives, k=self.every)
        return Says("{gives} for every order", "每单得 {gives}").filled(gives=gives)

    def counting(self, rounding: Rounding) -> Counting:
        points, nth, every = self.points, self.nth, self.every
        if nth:
            return lambda scene, amount, quantity, up, down: (points if scene.nth == nth else 0, 1)
        if every:
            return lambda scene, amount, quantity, up, down: (0 if scene.nth % every else points, 1)
        return lambda scene, amount, quantity, up, down: (points, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak(OrderRule):
    """Points for ordering in one week or month after the other."""

    kind: ClassVar[str] = "streak"
    title: ClassVar[Says] = Says("Points for ordering period after period", "连续下单送积分")

    points: int = declare(Whole(1, POINTS_MAX), Says("Points", "积分"))
    length: int = declare(Whole(2, 52), Says("Periods in a row", "连续期数"))
    period: Period = declare(
        Choice(Period, {p: PERIODS[p] for p in (Period.WEEK, Period.MONTH)}),
        Says("Period", "周期"),
        default=Period.MONTH,
    )

    def says(self, gives: Says, currency: str) -> Says:
        period = {Period.WEEK: Says("weeks", "周"), Period.MONTH: Says("months", "个月")}[self.period]
        words = Says("{gives} for orders in {k} {period} in a row", "连续 {k} {period}下单得 {gives}")
        return words.filled(gives=gives, k=self.length, period=period)

    def counting(self, rounding: Rounding) -> Counting:
        points, named = self.points, (STREAK + self.id, None)
        return lambda scene, amount, quantity, up, down: (points if scene.asked.get(named) else 0, 1)


# What members do, in words; other events go by the name they come with.
DEEDS = {
    "Joined": Says("joining", "入会"),
    "Profile Completed": Says("completing the profile", "完善资料"),
    "Product Reviewed": Says("reviewing a product", "评价商品"),
    "Survey Answered": Says("answering a survey", "填写问卷"),
    "Question Answered": Says("answering a question", "回答问题"),
    "Answer Accepted": Says("an accepted answer", "回答被采纳"),
    "Complaint Resolved": Says("a resolved complaint", "投诉已解决"),
}


def deed(event: str) -> Says:
    """What a member does, by the name of its event."""
    return DEEDS.get(event, same(event))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Rule):
    """Points for doing something: completing the profile, reviewing (whatever the stars), answering ..."""

    kind: ClassVar[str] = "task"
    title: ClassVar[Says] = Says("Points for a task", "任务送积分")

    points: int = declare(Whole(1, POINTS_MAX), Says("Points", "积分"))
    event: str = declare(Ref("events"), Says("What the member does", "会员行为"))
    when: Condition | None = declare(When(EVENT), Says("Only if", "条件"), default=None)
    count: int = declare(Whole(1, 1_000), Says("How many times it takes", "需完成次数"), default=1)
    times: int = declare(Whole(1, 100_000), Says("Rewarded at most (times)", "最多奖励次数"), default=1)
    per: Period = declare(Choice(Period, PERIODS), Says("per", "周期"), default=Period.EVER)
    within_days: int | None = declare(Whole(1, 3_660), Says("Within days of joining", "入会后几天内"), default=None)

    def says(self, gives: Says, currency: str) -> Says:
        doing = Says("{event}, {k} times", "{event} {k} 次") if self.count > 1 else Says("{event}", "{event}")
        told = doing.filled(event=deed(self.event), k=self.count)
        return Says("{gives} for {told}", "{told}得 {gives}").filled(gives=gives, told=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday(Rule):
    """Points on the birthday."""

    kind: ClassVar[str] = "birthday"
    title: ClassVar[Says] = Says("Points on the birthday", "生日送积分")

    points: int = declare(Whole(1, POINTS_MAX), Says("Points", "积分"))

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Rule.check(self, path, context)
        for name, limit in (("cap", self.cap), ("budget", self.budget)):
            if limit:
                yield Fault(
                    join(path, name),
                    Says("A birthday comes once a year; it takes no limit.", "生日每年一次，不能设置上限。"),
                    Says("Delete it, or give fewer points.", "请删除该项，或减少积分。"),
                )

    def says(self, gives: Says, currency: str) -> Says:
        return Says("{gives} on the birthday", "生日当天得 {gives}").filled(gives=gives)


RULES: tuple[type[Rule], ...] = (PerAmount, PerQuantity, PerOrder, Streak, Task, Birthday)
