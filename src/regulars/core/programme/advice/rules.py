"""Earning rules that can never apply, or that one member can use up."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

from regulars.core.conditions import All, Condition, Test
from regulars.core.faults import Fault
from regulars.core.programme.earning import Rule, Task
from regulars.core.programme.plan import Plan
from regulars.core.says import Says

_LOW, _HIGH = {"at_least", "more_than", "after"}, {"at_most", "less_than", "before"}
_STRICT = {"more_than", "after", "less_than", "before"}


def rules(plan: Plan, today: date) -> Iterator[Fault]:
    """Advice on each rule."""
    for place, rule in enumerate(plan.programme.rules):
        path = f"rules[{place}]"
        yield from _over(rule, path, today)
        if when := getattr(rule, "when", None):
            yield from _never(when, f"{path}.when")
        if rule.budget and not rule.cap and not isinstance(rule, Task):
            yield Fault(
                f"{path}.budget",
                Says("One member alone could use up what is meant for all.", "一位会员就可能用完全部额度。"),
                Says("Limit the rule for each member too (cap).", "请同时设置每位会员的上限（cap）。"),
            )


def _over(rule: Rule, path: str, today: date) -> Iterator[Fault]:
    if rule.ends and rule.ends < today:
        yield Fault(
            f"{path}.ends",
            Says(
                "The rule is over since {day}: it gives nothing any more.", "该规则已于 {day} 结束，不再生效。"
            ).filled(day=rule.ends),
            Says("Give a later day, or delete the rule.", "请延后结束日期，或删除该规则。"),
        )


def _never(when: Condition, path: str) -> Iterator[Fault]:
    """Conditions that nobody can meet, as far as it can be seen without knowing members."""
    if clash := _clash(when):
        reason = Says(
            "No order or event can meet all tests of “{field}”.", "「{field}」的几个条件互相矛盾，永远无法同时满足。"
        )
        mend = Says("Correct one of them, or put them into any = [...].", "请修改其中之一，或改用 any = [...]。")
        yield Fault(path, reason.filled(field=clash), mend)


def _clash(when: Condition) -> str | None:
    """The field whose tests, all of which must hold, leave no value."""
    tests = [part for part in when.parts if isinstance(part, Test)] if isinstance(when, All) else []
    for first, second in combinations(tests, 2):
        if (first.field, first.parameter) == (second.field, second.parameter) and not _compatible(first, second):
            return first.field
    return None


def _compatible(first: Test, second: Test) -> bool:
    """Whether two tests of one field can both hold; yes where that cannot be told."""
    if first.op == second.op == "is":
        return first.value == second.value
    low, high = _bounds(first), _bounds(second)
    lows = [bound for bound in (low[0], high[0]) if bound is not None]
    highs = [bound for bound in (low[1], high[1]) if bound is not None]
    if not lows or not highs:
        return True
    (least, open_below), (most, open_above) = max(lows), min(highs, key=lambda bound: (bound[0], not bound[1]))
    return bool(least < most or (least == most and not open_below and not open_above))


def _bounds(test: Test) -> tuple[tuple[Any, bool] | None, tuple[Any, bool] | None]:
    """The least and the most value with which a test holds, and whether that value itself fails it."""
    if test.op == "between":
        assert isinstance(test.value, tuple)
        return (test.value[0], False), (test.value[1], False)
    if test.op == "equal":
        return (test.value, False), (test.value, False)
    bound = test.value, test.op in _STRICT
    return (bound if test.op in _LOW else None), (bound if test.op in _HIGH else None)
