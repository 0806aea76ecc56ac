"""Every operator at both sides of its threshold, in documents, in decisions and in words."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from regulars.core.conditions import ALWAYS, Takes, Test, compiled, operators, parse, plain
from tests.core.asking import CURRENCY, PLACES, SHANGHAI, SHOP, Order

NOON = datetime(2026, 11, 11, 12, tzinfo=SHANGHAI)
TICK = timedelta(microseconds=1)
DAY = date(2026, 11, 11)  # a Wednesday
EVE, MORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
THIRD = Fraction(1, 3)

# field, operator, the document's value, readings for which it holds, readings for which it does not.
Row = tuple[str, str, Any, list[Any], list[Any]]
NUMBERS: list[Row] = [
    ("order.amount", "at_least", "100.00", [10_000, 10_001], [9_999, -10_000]),
    ("order.amount", "at_most", "1234.5", [123_450, 0], [123_451]),
    ("order.amount", "more_than", 100, [10_001], [10_000]),
    ("order.amount", "less_than", "100", [9_999], [10_000]),
    ("order.amount", "equal", "-0.01", [-1], [0, -2, 1]),
    ("order.amount", "not_equal", "0", [1, -1], [0]),
    ("order.amount", "between", ["1", "2.00"], [100, 200], [99, 201]),
    ("order.weight", "at_least", "1.5", [1_500], [1_499]),
    ("order.weight", "at_most", 2, [2_000], [2_001]),
    ("order.weight", "more_than", "0.001", [2], [1]),
    ("order.weight", "less_than", "0.1", [99], [100]),
    ("order.weight", "between", ["10", "10"], [10_000], [9_999, 10_001]),
    ("order.weight", "equal", "20", [20_000], [20_001]),
    ("order.weight", "not_equal", "0", [1], [0]),
    ("order.discounted", "at_least", "30%", [Fraction(3, 10), 1], [Fraction(3, 10) - Fraction(1, 10**9)]),
    ("order.discounted", "at_most", "33.3333 %", [Fraction(333_333, 10**6)], [THIRD]),
    ("order.discounted", "more_than", "0%", [Fraction(1, 10**9)], [0]),
    ("order.discounted", "less_than", "100%", [Fraction(99, 100)], [1]),
    ("order.discounted", "between", ["10%", "12.5%"], [Fraction(1, 10), Fraction(1, 8)], [Fraction(126, 1000)]),
    ("order.discounted", "equal", "70%", [Fraction(7, 10)], [THIRD]),
    ("order.discounted", "not_equal", "70%", [THIRD], [Fraction(7, 10)]),
]
TEXTS: list[Row] = [
    ("member.city", "is", "上海", ["上海"], ["上海市", "", "海"]),
    ("member.city", "is", "Paris", ["Paris"], ["paris"]),
    ("member.city", "is_not", "上海", ["上海市", ""], ["上海"]),
    ("member.city", "in", ["a", "b"], ["a", "b"], ["ab", "c"]),
    ("member.city", "not_in", ["a", "b"], ["ab"], ["a", "b"]),
    ("member.city", "contains", "海", ["海", "上海市"], ["上"]),
    ("member.city", "begins_with", "上海", ["上海", "上海市"], ["大上海", "上"]),
    ("member.level", "is", "gold", ["gold"], ["silver"]),
    ("member.level", "in", ["silver", "gold", "platinum"], ["gold"], ["x"]),
    ("member.tags", "has", "vip", [{"vip"}, {"vip", "x"}], [set(), {"vi"}]),
    ("member.tags", "has_any", ["a", "b"], [{"b"}, {"a", "b"}], [set(), {"c"}]),
    ("member.tags", "has_all", ["a", "b"], [{"a", "b"}, {"a", "b", "c"}], [{"a"}, set()]),
    ("member.tags", "has_none", ["a", "b"], [{"c"}, set()], [{"a"}, {"b", "c"}]),
    ("member.levels", "has", "gold", [{"gold"}], [{"silver"}]),
]
TIMES: list[Row] = [
    ("order.at", "before", "2026-11-11T12:00:00+08:00", [NOON - TICK], [NOON, NOON.astimezone(UTC)]),
    ("order.at", "at_most", "2026-11-11T04:00Z", [NOON], [NOON + TICK]),
    ("order.at", "after", "2026-11-11 12:00:00+08:00", [NOON + TICK], [NOON]),
    ("order.at", "at_least", NOON, [NOON, NOON.astimezone(UTC)], [NOON - TICK]),
    (
        "order.at",
        "between",
        ["2026-11-10T23:59:59-04:00", NOON],
        [NOON],
        [NOON - 2 * timedelta(seconds=1), NOON + TICK],
    ),
    ("member.birthday", "is", "2026-11-11", [DAY], [EVE, MORROW]),
    ("member.birthday", "before", DAY, [EVE], [DAY]),
    ("member.birthday", "at_most", "2026-11-11", [DAY], [MORROW]),
    ("member.birthday", "after", "2026-11-11", [MORROW], [DAY]),
    ("member.birthday", "at_least", "2026-11-11", [DAY], [EVE]),
    ("member.birthday", "between", ["2026-11-10", "2026-11-11"], [EVE, DAY], [MORROW]),
    (
        "member.birthday",
        "weekday_in",
        ["wednesday", "sunday"],
        [DAY, date(2026, 11, 15)],
        [EVE, MORROW, date(2026, 11, 14), date(2026, 11, 16)],
    ),
    (
        "member.birthday",
        "month_in",
        [2, 12],
        [date(2024, 2, 29), date(2026, 12, 1), date(2026, 12, 31)],
        [date(2024, 3, 1), date(2024, 1, 31), date(2026, 11, 30)],
    ),
    ("member.birthday", "day_of_month_in", [1, 2, 3, 11, 31], [DAY, date(2026, 1, 31)], [EVE, date(2026, 2, 28)]),
]


@pytest.mark.parametrize(
    ("name", "op", "value", "held", "missed"),
    [pytest.param(*row, id=f"{row[0]} {row[1]} {row[2]}") for row in [*NUMBERS, *TEXTS, *TIMES]],
)
def test_both_sides_of_a_threshold(name, op, value, held, missed):
    decide = compiled(parse({"field": name, "op": op, "value": value}, SHOP, CURRENCY), SHOP)
    assert [decide(Order(**{PLACES[name]: got})) for got in held] == [True] * len(held)
    assert [decide(Order(**{PLACES[name]: got})) for got in [*missed, None]] == [False] * (len(missed) + 1)


@pytest.mark.parametrize(
    ("op", "value", "held", "missed"),
    [
        ("at_least", 3, [3, 4], [2, 0]),
        ("at_most", 3, [3, 0], [4]),
        ("more_than", 3, [4], [3]),
        ("less_than", 3, [2], [3]),
        ("equal", 3, [3], [2, 4]),
        ("not_equal", 3, [2, 4], [3]),
        ("between", [2, 3], [2, 3], [1, 4]),
    ],
)
def test_both_sides_of_a_count_over_so_many_days(op, value, held, missed):
    """Orders of today; one of 30 days ago is not in the last 30 days, but in the last 31."""
    test = {"field": "member.orders_in_last", "days": 30, "op": op, "value": value}
    decide = compiled(parse(test, SHOP, CURRENCY), SHOP)
    longer = compiled(parse({**test, "days": 31}, SHOP, CURRENCY), SHOP)
    assert all(decide(Order(orders=(0,) * count + (30,))) for count in held)
    assert not any(decide(Order(orders=(0,) * count + (30,))) for count in missed)
    assert all(longer(Order(orders=(0,) * (count - 1) + (30,))) for count in held if count)


@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_what_is_asked(value):
    decide = compiled(parse({"field": "order.first", "op": "is", "value": value}, SHOP, CURRENCY), SHOP)
    assert [decide(Order(first=got)) for got in (True, False, None)] == [value, not value, False]


KNOWN = {
    "order.amount": Order(amount=0),
    "member.orders_in_last": Order(orders=()),
    "order.weight": Order(weight_milli=0),
    "order.discounted": Order(discounted=Fraction(0)),
    "member.city": Order(city=""),
    "member.level": Order(level="gold"),
    "member.tier": Order(tier=""),
    "member.tags": Order(tags=frozenset()),
    "member.levels": Order(levels=frozenset()),
    "order.first": Order(first=False),
    "order.at": Order(at=NOON),
    "member.birthday": Order(birthday=DAY),
}


@pytest.mark.parametrize("name", SHOP)
def test_nothing_at_all_is_known_and_only_none_is_missing(name):
    parameter = 7 if SHOP[name].parameter else None
    known = compiled(Test(name, "is_known", None, parameter), SHOP)
    missing = compiled(Test(name, "is_missing", None, parameter), SHOP)
    assert (known(KNOWN[name]), missing(KNOWN[name])) == (True, False)
    assert (known(Order()), missing(Order())) == (False, True)


def test_every_operator_of_every_field_is_tried_above():
    """A new operator is not done before its two sides are in a table."""
    tried = {(SHOP[row[0]].type, row[1]) for row in [*NUMBERS, *TEXTS, *TIMES]}
    counted = ["at_least", "at_most", "more_than", "less_than", "equal", "not_equal", "between"]
    tried |= {("count", op) for op in counted} | {("flag", "is")}
    offered = {
        (field.type, op)
        for field in SHOP.values()
        for op, told in operators(field).items()
        if told.takes is not Takes.NOTHING
    }
    assert offered == tried


def test_operators_are_offered_with_words_in_both_languages():
    for field in SHOP.values():
        labels = [operator.label for operator in operators(field).values()]
        assert all(label.en and label.zh for label in labels)
        assert len({label.en for label in labels}) == len({label.zh for label in labels}) == len(labels)


def test_where_texts_are_chosen_from_a_list_their_spelling_is_not_searched():
    assert {"contains", "begins_with"} & {*operators(SHOP["member.level"])} == set()
    assert {"contains", "begins_with"} < {*operators(SHOP["member.tier"])}


@pytest.mark.parametrize(
    ("currency", "text", "minor", "written"),
    [
        ("CNY", "100", 10_000, "100.00"),
        ("JPY", "980.0", 980, "980"),
        ("KWD", "0.005", 5, "0.005"),
        ("CLF", 3, 30_000, "3.0000"),
    ],
)
def test_amounts_are_in_the_currency_that_is_given(currency, text, minor, written):
    condition = parse({"field": "order.amount", "op": "equal", "value": text}, SHOP, currency)
    assert condition == Test("order.amount", "equal", minor)
    assert plain(condition, SHOP, currency)["value"] == written


def test_a_share_no_percentage_can_write_is_an_error_not_rounded():
    with pytest.raises(ValueError, match="1/3 cannot be written"):
        plain(Test("order.discounted", "equal", THIRD), SHOP, CURRENCY)


def test_a_value_named_twice_counts_once():
    condition = parse({"field": "member.tier", "op": "in", "value": ["b", "a", "b"]}, SHOP, CURRENCY)
    assert condition == Test("member.tier", "in", ("b", "a"))


def test_no_condition_at_the_top_holds_always():
    assert parse([], SHOP, CURRENCY) == parse({"all": []}, SHOP, CURRENCY) == ALWAYS
