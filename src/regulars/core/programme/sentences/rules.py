"""An earning rule as a whole: what it gives, when, for which goods, from when to when, and up to what."""

from datetime import date

from regulars.core.conditions import Condition, Names
from regulars.core.programme.earning import Period, PerQuantity, Rule, Task
from regulars.core.programme.plan import Plan
from regulars.core.programme.sentences.speech import Speech, clauses
from regulars.core.programme.vocabulary import EVENT, LINE, ORDER
from regulars.core.says import Says, same

# How often, where a task says it: once a day, twice in all.
_PER = {
    Period.DAY: Says("a day", "每天"),
    Period.WEEK: Says("a week", "每周"),
    Period.MONTH: Says("a month", "每月"),
    Period.QUARTER: Says("a quarter", "每季度"),
    Period.YEAR: Says("a year", "每年"),
    Period.EVER: Says("in all", "总共"),
}
STEPS = {Period.WEEK: Says("weeks", "周"), Period.MONTH: Says("months", "个月")}


def rule_sentence(rule: Rule, plan: Plan, names: Names | None = None) -> Says:
    """The whole rule in one sentence: what it gives, its condition, goods, dates and limits."""
    speech = Speech(plan, names=names)
    parts = [gives(rule, speech)]
    if lines := getattr(rule, "lines", None):
        parts.append(Says("only goods where {lines}", "限{lines}的商品").filled(lines=speech.condition(lines, LINE)))
    if when := getattr(rule, "when", None):
        parts.append(_only_if(when, rule, speech))
    if getattr(rule, "by_tier", False) and any(up != down for up, down in plan.multipliers.values()):
        parts.append(Says("multiplied by the tier", "按等级倍数发放"))
    parts += _task_limits(rule) if isinstance(rule, Task) else []
    if dates := dates_said(rule.starts, rule.ends, speech):
        parts.append(dates)
    if rule.cap:
        own = speech.cap(rule.cap, speech.amount(rule.unit, rule.cap.amount))
        parts.append(Says("{own} for each member", "每位会员{own}").filled(own=own))
    if rule.budget:
        shared = speech.cap(rule.budget, speech.amount(rule.unit, rule.budget.amount))
        parts.append(Says("{shared} for all members together", "全体会员{shared}").filled(shared=shared))
    return clauses(parts)


def gives(rule: Rule, speech: Speech) -> Says:
    """What a rule gives, in its own point type: ``1 point for every 1.00 CNY``."""
    points = speech.amount(rule.unit, getattr(rule, "points", 0))
    if isinstance(rule, PerQuantity):
        words = Says("{points} for every {per}", "每购买 {per} 得 {points}")
        return words.filled(points=points, per=speech.quantity(rule.per))
    return rule.says(points, speech.plan.currency)


def dates_said(starts: date | None, ends: date | None, speech: Speech) -> Says | None:
    """From when to when, both days included; None for always."""
    first = speech.day(starts.toordinal()) if starts else None
    last = speech.day(ends.toordinal()) if ends else None
    if first and last:
        return Says("from {first} to {last}", "{first}至{last}").filled(first=first, last=last)
    if first:
        return Says("from {first} on", "{first}起").filled(first=first)
    return Says("until {last}", "{last}截止").filled(last=last) if last else None


def _only_if(when: Condition, rule: Rule, speech: Speech) -> Says:
    vocabulary = EVENT if isinstance(rule, Task) else ORDER
    return Says("only if {when}", "仅当{when}").filled(when=speech.condition(when, vocabulary))


def _task_limits(task: Task) -> list[Says]:
    times = Says({1: "once", 2: "twice"}.get(task.times, f"{task.times} times"), f"{task.times} 次")
    said = [Says("rewarded {times} {per}", "{per}最多奖励 {times}").filled(times=times, per=_PER[task.per])]
    if task.within_days:
        said.append(Says("within {n} days of joining", "限入会后 {n} 天内").filled(n=same(str(task.within_days))))
    return said
