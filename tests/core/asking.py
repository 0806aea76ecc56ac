"""A shop's vocabulary with a field of every type, what may be asked of it, and what the asking means, told plainly."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from regulars.core.conditions import All, Condition, Either, Field, Not, Parameter, Test, Type, Vocabulary, operators
from regulars.core.says import Says

CURRENCY = "CNY"
SHANGHAI = timezone(timedelta(hours=8))
LEVELS = {"silver": Says("Silver", "银卡"), "gold": Says("Gold", "金卡"), "platinum": Says("Platinum", "白金卡")}


class Order(NamedTuple):
    amount: int | None = None
    orders: tuple[int, ...] | None = None
    weight_milli: int | None = None
    discounted: Fraction | None = None
    city: str | None = None
    level: str | None = None
    tier: str | None = None
    tags: frozenset[str] | None = None
    levels: frozenset[str] | None = None
    first: bool | None = None
    at: datetime | None = None
    birthday: date | None = None


def _in_last(order: Order, days: int) -> int | None:
    """Orders by their age in days."""
    return None if order.orders is None else sum(age < days for age in order.orders)


SHOP = Vocabulary(
    "order",
    (
        Field("order.amount", Type.MONEY, Says("order amount", "订单金额"), lambda order: order.amount),
        Field(
            "member.orders_in_last",
            Type.COUNT,
            Says("number of orders in the last {days} days", "近 {days} 天订单数"),
            _in_last,
            parameter=Parameter("days", 1, 365),
        ),
        Field("order.weight", Type.QUANTITY, Says("weight", "重量"), lambda order: order.weight_milli),
        Field("order.discounted", Type.SHARE, Says("discounted share", "折扣占比"), lambda order: order.discounted),
        Field("member.city", Type.TEXT, Says("city", "城市"), lambda order: order.city),
        Field("member.level", Type.TEXT, Says("level", "等级"), lambda order: order.level, choices=LEVELS),
        Field(
            "member.tier", Type.TEXT, Says("the member's tier", "会员等级"), lambda order: order.tier, source="tiers"
        ),
        Field("member.tags", Type.TEXTS, Says("tags", "标签"), lambda order: order.tags),
        Field("member.levels", Type.TEXTS, Says("levels held", "历史等级"), lambda order: order.levels, choices=LEVELS),
        Field("order.first", Type.FLAG, Says("it is the first order", "首单"), lambda order: order.first),
        Field("order.at", Type.INSTANT, Says("time of the order", "下单时间"), lambda order: order.at),
        Field("member.birthday", Type.DAY, Says("birthday", "生日"), lambda order: order.birthday),
    ),
)

PLACES = dict(zip(SHOP, Order._fields, strict=True))

# Small pools, so that thresholds are met, missed by one, and unknown about equally often.
_TEXTS = st.sampled_from(["a", "ab", "abc", "b", "上海", "上海市", "“x”", "{n}"])
_LEVELS = st.sampled_from(sorted(LEVELS))
_INSTANTS = st.builds(
    lambda minutes, zone: (datetime(2026, 11, 11, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(zone),
    st.integers(-2, 2),
    st.sampled_from([UTC, SHANGHAI]),
)
_DAYS = st.dates(date(2024, 2, 27), date(2024, 3, 2)) | st.dates()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "order.amount": st.integers(-2, 2) | st.integers(-(10**15), 10**15),
    "member.orders_in_last": st.integers(-1, 4),
    "order.weight": st.integers(-2, 2) | st.integers(-(10**15), 10**15),
    "order.discounted": st.integers(0, 5).map(lambda n: Fraction(n, 5))
    | st.integers(0, 10**6).map(lambda n: Fraction(n, 10**6)),
    "member.city": _TEXTS,
    "member.level": _LEVELS,
    "member.tier": _TEXTS,
    "member.tags": _TEXTS,
    "member.levels": _LEVELS,
    "order.first": st.booleans(),
    "order.at": _INSTANTS,
    "member.birthday": _DAYS,
}
_SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "weekday_in": st.sampled_from("monday tuesday wednesday thursday friday saturday sunday".split()),
    "month_in": st.integers(1, 12),
    "day_of_month_in": st.integers(1, 31),
}


@st.composite
def asked(draw: st.DrawFn) -> Test:
    field = SHOP[draw(st.sampled_from(sorted(SHOP)))]
    op = draw(st.sampled_from(sorted(operators(field))))
    one = _SPECIAL.get(op, VALUES[field.name])
    takes = operators(field)[op].takes
    if takes == "nothing":
        value = None
    elif takes == "one":
        value = draw(one)
    elif takes == "two":
        value = tuple(sorted([draw(one), draw(one)]))
    else:
        value = tuple(draw(st.lists(one, min_size=1, max_size=10, unique=True)))
    return Test(field.name, op, value, draw(st.integers(1, 5)) if field.parameter else None)


TESTS: st.SearchStrategy[Test] = asked()


def _grouped(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.builds(All, several) | st.builds(Either, several) | st.builds(Not, parts)


def depth(condition: Condition) -> int:
    match condition:
        case All(parts) | Either(parts):
            return 1 + max(map(depth, parts), default=0)
        case Not(part):
            return 1 + depth(part)
    return 1


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(TESTS, _grouped, max_leaves=8).filter(lambda c: depth(c) <= 8)
ORDERS: st.SearchStrategy[Order] = st.builds(
    Order,
    amount=st.none() | VALUES["order.amount"],
    orders=st.none() | st.lists(st.integers(0, 5), max_size=4).map(tuple),
    weight_milli=st.none() | VALUES["order.weight"],
    discounted=st.none() | VALUES["order.discounted"],
    city=st.none() | _TEXTS,
    level=st.none() | _LEVELS,
    tier=st.none() | _TEXTS,
    tags=st.none() | st.frozensets(_TEXTS),
    levels=st.none() | st.frozensets(_LEVELS),
    first=st.none() | st.booleans(),
    at=st.none() | _INSTANTS,
    birthday=st.none() | _DAYS,
)

_WEEK = dict(enumerate("monday tuesday wednesday thursday friday saturday sunday".split(), start=1))
_MEANINGS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda got, value: got == value,
    "not_equal": lambda got, value: got != value,
    "at_least": lambda got, value: not got < value,
    "at_most": lambda got, value: not got > value,
    "more_than": lambda got, value: value < got,
    "less_than": lambda got, value: value > got,
    "before": lambda got, value: value > got,
    "after": lambda got, value: value < got,
    "between": lambda got, value: sorted([*value, got])[1] == got,
    "is": lambda got, value: got == value,
    "is_not": lambda got, value: got != value,
    "in": lambda got, value: any(got == one for one in value),
    "not_in": lambda got, value: not any(got == one for one in value),
    "contains": lambda got, value: got.find(value) >= 0,
    "begins_with": lambda got, value: got[: len(value)] == value,
    "has": lambda got, value: any(one == value for one in got),
    "has_any": lambda got, value: any(one in got for one in value),
    "has_all": lambda got, value: all(one in got for one in value),
    "has_none": lambda got, value: not any(one in got for one in value),
    "weekday_in": lambda got, value: _WEEK[got.isoweekday()] in value,
    "month_in": lambda got, value: int(got.isoformat()[5:7]) in value,
    "day_of_month_in": lambda got, value: int(got.isoformat()[8:]) in value,
}


def holds(condition: Condition, order: Order) -> bool:
    """What a condition means, without any care for speed."""
    match condition:
        case All(parts):
            return all(holds(part, order) for part in parts)
        case Either(parts):
            return any(holds(part, order) for part in parts)
        case Not(part):
            return not holds(part, order)
        case Test(name, op, value, parameter):
            field = SHOP[name]
            got = field.read(order, parameter) if field.parameter else field.read(order)
            if op in {"is_missing", "is_known"}:
                return (got is None) == (op == "is_missing")
            return got is not None and _MEANINGS[op](got, value)
