"""What a field of each type can be asked: operators with their words, their values and their meaning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from regulars.core.conditions.values import KINDS, MONTH, MONTH_DAY, WEEKDAY, WEEKDAYS, Kind
from regulars.core.conditions.vocabulary import Field, Type
from regulars.core.says import Says

Read = Callable[[Any], Any]
Decide = Callable[[Any], bool]
Build = Callable[[Read, Any], Decide]


_OR = Says(" or ", "或")
_LISTED = Says(" and ", "、")
_AND = Says(" and ", "和")


class Takes(StrEnum):
    """How many values an operator is given."""

    NOTHING = "nothing"
    ONE = "one"
    TWO = "two"  # from and to, both included
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Operator:
    """``label`` stands in a list to choose from, ``phrase`` (places ``field``, ``value``) in sentences.

    ``build(read, value)`` makes the decision; a reading of None is unknown. ``last`` joins the last of several values.
    """

    takes: Takes
    label: Says
    phrase: Says
    build: Build
    kind: Kind
    last: Says = _OR


Table = Mapping[str, Operator]


def _equal(read: Read, value: Any) -> Decide:
    return lambda subject: bool(read(subject) == value)


def _not_equal(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got != value


def _at_least(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got >= value


def _at_most(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got <= value


def _more(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got > value


def _less(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got < value


def _between(read: Read, value: Any) -> Decide:
    low, high = value
    return lambda subject: (got := read(subject)) is not None and low <= got <= high


def _in(read: Read, value: Any) -> Decide:
    values = frozenset(value)
    return lambda subject: read(subject) in values


def _not_in(read: Read, value: Any) -> Decide:
    values = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and got not in values


def _contains(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and value in got


def _begins(read: Read, value: Any) -> Decide:
    return lambda subject: (got := read(subject)) is not None and got.startswith(value)


def _has_any(read: Read, value: Any) -> Decide:
    values = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and not values.isdisjoint(got)


def _has_all(read: Read, value: Any) -> Decide:
    values = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and values.issubset(got)


def _has_none(read: Read, value: Any) -> Decide:
    values = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and values.isdisjoint(got)


def _weekday_in(read: Read, value: Any) -> Decide:
    days = frozenset(WEEKDAYS.index(name) for name in value)
    return lambda subject: (got := read(subject)) is not None and got.weekday() in days


def _month_in(read: Read, value: Any) -> Decide:
    months = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and got.month in months


def _day_of_month_in(read: Read, value: Any) -> Decide:
    days = frozenset(value)
    return lambda subject: (got := read(subject)) is not None and got.day in days


def _is_missing(read: Read, _: Any) -> Decide:
    return lambda subject: read(subject) is None


def _is_known(read: Read, _: Any) -> Decide:
    return lambda subject: read(subject) is not None


def _nothing(kind: Kind, build: Build, en: str, zh: str) -> Operator:
    return Operator(Takes.NOTHING, Says(en, zh), Says(f"{{field}} {en}", f"{{field}}{zh}"), build, kind)


def _one(kind: Kind, build: Build, en: str, zh: str, zh_end: str = "") -> Operator:
    label = Says(en, f"{zh}…{zh_end}" if zh_end else zh)
    return Operator(Takes.ONE, label, Says(f"{{field}} {en} {{value}}", f"{{field}}{zh}{{value}}{zh_end}"), build, kind)


def _some(kind: Kind, build: Build, label: Says, phrase: Says, last: Says = _OR) -> Operator:
    return Operator(Takes.SOME, label, phrase, build, kind, last)


def _range(kind: Kind) -> Operator:
    phrase = Says("{field} is between {value}", "{field}介于{value}之间（含两端）")
    return Operator(Takes.TWO, Says("is between", "介于"), phrase, _between, kind, Says(" and ", "与"))


def _known(kind: Kind, be: str = "is") -> Table:
    return {
        "is_known": _nothing(kind, _is_known, f"{be} known", "不为空"),
        "is_missing": _nothing(kind, _is_missing, f"{be} not known", "为空"),
    }


def _numbers(type_: Type, at_least: str, at_most: str, more_than: str, less_than: str) -> Table:
    kind = KINDS[type_]
    return {
        "at_least": _one(kind, _at_least, "is at least", at_least),
        "at_most": _one(kind, _at_most, "is at most", at_most),
        "more_than": _one(kind, _more, "is more than", more_than),
        "less_than": _one(kind, _less, "is less than", less_than),
        "between": _range(kind),
        "equal": _one(kind, _equal, "is exactly", "等于"),
        "not_equal": _one(kind, _not_equal, "is not", "不等于"),
        **_known(kind),
    }


def _times(kind: Kind) -> Table:
    return {
        "before": _one(kind, _less, "is before", "早于"),
        "at_most": _one(kind, _at_most, "is no later than", "不晚于"),
        "after": _one(kind, _more, "is after", "晚于"),
        "at_least": _one(kind, _at_least, "is no earlier than", "不早于"),
        "between": _range(kind),
        **_known(kind),
    }


def _chosen(kind: Kind) -> Table:
    none_of = Says("{field} is none of {value}", "{field}不是{value}中的任何一个")
    return {
        "is": _one(kind, _equal, "is", "为"),
        "is_not": _one(kind, _not_equal, "is not", "不为"),
        "in": _some(kind, _in, Says("is one of", "为以下任一"), Says("{field} is {value}", "{field}为{value}")),
        "not_in": _some(kind, _not_in, Says("is none of", "不是以下任何一个"), none_of, _LISTED),
        **_known(kind),
    }


def _texts(kind: Kind) -> Table:
    any_of = Says("{field} include {value}", "{field}包含{value}")
    all_of = Says("{field} include {value}", "{field}同时包含{value}")
    none_of = Says("{field} include none of {value}", "{field}不包含{value}中的任何一个")
    return {
        "has": _one(kind, _contains, "include", "包含"),
        "has_any": _some(kind, _has_any, Says("include any of", "包含以下任一"), any_of),
        "has_all": _some(kind, _has_all, Says("include all of", "同时包含以下全部"), all_of, _AND),
        "has_none": _some(kind, _has_none, Says("include none of", "不包含以下任何一个"), none_of, _LISTED),
        **_known(kind, "are"),
    }


def _days(kind: Kind) -> Table:
    weekday = Says("{field} falls on a {value}", "{field}为{value}")
    month = Says("{field} falls in {value}", "{field}在{value}")
    day = Says("{field} falls on the {value} of a month", "{field}为每月{value}")
    return {
        "is": _one(kind, _equal, "is", "为"),
        **_times(kind),
        "weekday_in": _some(WEEKDAY, _weekday_in, Says("falls on weekdays", "为星期几"), weekday),
        "month_in": _some(MONTH, _month_in, Says("falls in months", "在几月"), month),
        "day_of_month_in": _some(MONTH_DAY, _day_of_month_in, Says("falls on days of the month", "为每月几日"), day),
    }


_CHOSEN = _chosen(KINDS[Type.TEXT])
_FLAG = KINDS[Type.FLAG]
_OPERATORS: dict[Type, Table] = {
    Type.MONEY: _numbers(Type.MONEY, "不低于", "不高于", "高于", "低于"),
    Type.COUNT: _numbers(Type.COUNT, "不少于", "不超过", "多于", "少于"),
    Type.QUANTITY: _numbers(Type.QUANTITY, "不少于", "不超过", "多于", "少于"),
    Type.SHARE: _numbers(Type.SHARE, "不低于", "不高于", "高于", "低于"),
    Type.TEXT: {
        **_CHOSEN,
        "contains": _one(KINDS[Type.TEXT], _contains, "contains", "包含"),
        "begins_with": _one(KINDS[Type.TEXT], _begins, "begins with", "以", "开头"),
    },
    Type.TEXTS: _texts(KINDS[Type.TEXTS]),
    Type.FLAG: {
        "is": Operator(Takes.ONE, Says("is", "为"), Says("{field}: {value}", "{field}：{value}"), _equal, _FLAG),
        **_known(_FLAG),
    },
    Type.INSTANT: _times(KINDS[Type.INSTANT]),
    Type.DAY: _days(KINDS[Type.DAY]),
}
NAMES = tuple(dict.fromkeys(name for table in _OPERATORS.values() for name in table))


def operators(field: Field) -> Table:
    """The operators of a field by name, in the order in which to offer them."""
    return _CHOSEN if field.choices is not None and field.type is Type.TEXT else _OPERATORS[field.type]
