"""Conditions in words, as operators and shoppers read them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from regulars.core.conditions import ALWAYS, All, Either, Not, Test, each_test, parse, sentence
from regulars.core.says import Says, same
from tests.core.asking import CONDITIONS, CURRENCY, SHOP

OFTEN = settings(max_examples=300)


@OFTEN
@given(CONDITIONS)
def test_every_condition_is_a_sentence_in_both_languages(condition):
    said = sentence(condition, SHOP, CURRENCY)
    for language, (opening, closing) in {"en": "()", "zh": "（）"}.items():
        text = said.to(language)
        assert text.strip() == text != ""
        assert text.count(opening) == text.count(closing)
        assert all(sentence(test, SHOP, CURRENCY).to(language) in text for test in each_test(condition))


GOLD = Test("member.tier", "in", ("gold", "platinum"))
ENOUGH = Test("order.amount", "at_least", 10_000)
FIRST = Test("order.first", "is", True)


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        (
            All((ENOUGH, GOLD)),
            "order amount is at least 100.00 CNY and the member's tier is gold or platinum",
            "订单金额不低于 100.00 元，且会员等级为 gold 或 platinum",
        ),
        (
            All((ENOUGH, Either((Test("member.tier", "is", "gold"), FIRST)))),
            "order amount is at least 100.00 CNY and (either the member's tier is gold or it is the first order: yes)",
            "订单金额不低于 100.00 元，且（会员等级为 gold，或首单：是）",
        ),
        (
            Either((All((ENOUGH, FIRST)), Not(Test("member.tier", "is", "gold")))),
            "either (order amount is at least 100.00 CNY and it is the first order: yes) or not (the member's tier is gold)",
            "（订单金额不低于 100.00 元，且首单：是），或不满足（会员等级为 gold）",
        ),
        (ALWAYS, "always", "无条件"),
        (Either(()), "never", "任何情况下都不满足"),
        (All((ENOUGH,)), "order amount is at least 100.00 CNY", "订单金额不低于 100.00 元"),
        (Either((ENOUGH,)), "order amount is at least 100.00 CNY", "订单金额不低于 100.00 元"),
    ],
)
def test_groups_in_words(condition, english, chinese):
    assert sentence(condition, SHOP, CURRENCY) == (english, chinese)


def test_ids_go_by_their_names_where_names_are_given():
    names = {("tiers", "gold"): Says("Gold", "金卡")}
    said = sentence(GOLD, SHOP, CURRENCY, lambda source, id_: names.get((source, id_), same(id_)))
    assert said == ("the member's tier is Gold or platinum", "会员等级为金卡或 platinum")


def test_of_a_long_list_the_first_are_named_and_the_rest_counted():
    said = sentence(Test("member.tier", "in", tuple(f"t{n}" for n in range(1_000))), SHOP, CURRENCY)
    assert said.en == "the member's tier is t0, t1, t2, t3, t4, t5, t6, t7 or 992 more"
    assert said.zh == "会员等级为 t0、t1、t2、t3、t4、t5、t6、t7 或其余 992 项"


# field, operator, the document's value, and what is said of it.
WORDS: list[tuple[str, str, Any, str, str]] = [
    ("order.amount", "at_least", "100.00", "is at least 100.00 CNY", "不低于 100.00 元"),
    ("order.amount", "at_most", "1234.5", "is at most 1,234.50 CNY", "不高于 1,234.50 元"),
    ("order.amount", "more_than", 100, "is more than 100.00 CNY", "高于 100.00 元"),
    ("order.amount", "less_than", "100", "is less than 100.00 CNY", "低于 100.00 元"),
    ("order.amount", "equal", "-0.01", "is exactly -0.01 CNY", "等于 -0.01 元"),
    ("order.amount", "not_equal", "0", "is not 0.00 CNY", "不等于 0.00 元"),
    (
        "order.amount",
        "between",
        ["1", "2.00"],
        "is between 1.00 CNY and 2.00 CNY",
        "介于 1.00 元与 2.00 元之间（含两端）",
    ),
    ("order.weight", "at_least", "1.5", "is at least 1.5", "不少于 1.5"),
    ("order.weight", "at_most", 2, "is at most 2", "不超过 2"),
    ("order.weight", "more_than", "0.001", "is more than 0.001", "多于 0.001"),
    ("order.weight", "less_than", "0.1", "is less than 0.1", "少于 0.1"),
    ("order.weight", "between", ["10", "10"], "is between 10 and 10", "介于 10 与 10 之间（含两端）"),
    ("order.weight", "equal", "20", "is exactly 20", "等于 20"),
    ("order.weight", "not_equal", "0", "is not 0", "不等于 0"),
    ("order.discounted", "at_least", "30%", "is at least 30%", "不低于 30%"),
    ("order.discounted", "at_most", "33.3333 %", "is at most 33.3333%", "不高于 33.3333%"),
    ("order.discounted", "more_than", "0%", "is more than 0%", "高于 0%"),
    ("order.discounted", "less_than", "100%", "is less than 100%", "低于 100%"),
    ("order.discounted", "between", ["10%", "12.5%"], "is between 10% and 12.5%", "介于 10% 与 12.5% 之间（含两端）"),
    ("order.discounted", "equal", "70%", "is exactly 70%", "等于 70%"),
    ("order.discounted", "not_equal", "70%", "is not 70%", "不等于 70%"),
    ("member.city", "is", "上海", "is “上海”", "为“上海”"),
    ("member.city", "is", "Paris", "is “Paris”", "为“Paris”"),
    ("member.city", "is_not", "上海", "is not “上海”", "不为“上海”"),
    ("member.city", "in", ["a", "b"], "is “a” or “b”", "为“a”或“b”"),
    ("member.city", "not_in", ["a", "b"], "is none of “a” and “b”", "不是“a”、“b”中的任何一个"),
    ("member.city", "contains", "海", "contains “海”", "包含“海”"),
    ("member.city", "begins_with", "上海", "begins with “上海”", "以“上海”开头"),
    ("member.level", "is", "gold", "is Gold", "为金卡"),
    ("member.level", "in", ["silver", "gold", "platinum"], "is Silver, Gold or Platinum", "为银卡、金卡或白金卡"),
    ("member.tags", "has", "vip", "include “vip”", "包含“vip”"),
    ("member.tags", "has_any", ["a", "b"], "include “a” or “b”", "包含“a”或“b”"),
    ("member.tags", "has_all", ["a", "b"], "include “a” and “b”", "同时包含“a”和“b”"),
    ("member.tags", "has_none", ["a", "b"], "include none of “a” and “b”", "不包含“a”、“b”中的任何一个"),
    ("member.levels", "has", "gold", "include Gold", "包含金卡"),
    (
        "order.at",
        "before",
        "2026-11-11T12:00:00+08:00",
        "is before 2026-11-11 12:00 UTC+08:00",
        "早于 2026-11-11 12:00 UTC+08:00",
    ),
    (
        "order.at",
        "at_most",
        "2026-11-11T04:00Z",
        "is no later than 2026-11-11 04:00 UTC",
        "不晚于 2026-11-11 04:00 UTC",
    ),
    (
        "order.at",
        "after",
        "2026-11-11 12:00:00+08:00",
        "is after 2026-11-11 12:00 UTC+08:00",
        "晚于 2026-11-11 12:00 UTC+08:00",
    ),
    (
        "order.at",
        "at_least",
        "2026-11-11T12:00+08:00",
        "is no earlier than 2026-11-11 12:00 UTC+08:00",
        "不早于 2026-11-11 12:00 UTC+08:00",
    ),
    (
        "order.at",
        "between",
        ["2026-11-10T23:59:59-04:00", "2026-11-11T12:00+08:00"],
        "is between 2026-11-10 23:59:59 UTC-04:00 and 2026-11-11 12:00 UTC+08:00",
        "介于 2026-11-10 23:59:59 UTC-04:00 与 2026-11-11 12:00 UTC+08:00 之间（含两端）",
    ),
    ("member.birthday", "is", "2026-11-11", "is 2026-11-11", "为 2026-11-11"),
    ("member.birthday", "before", date(2026, 11, 11), "is before 2026-11-11", "早于 2026-11-11"),
    ("member.birthday", "at_most", "2026-11-11", "is no later than 2026-11-11", "不晚于 2026-11-11"),
    ("member.birthday", "after", "2026-11-11", "is after 2026-11-11", "晚于 2026-11-11"),
    ("member.birthday", "at_least", "2026-11-11", "is no earlier than 2026-11-11", "不早于 2026-11-11"),
    (
        "member.birthday",
        "between",
        ["2026-11-10", "2026-11-11"],
        "is between 2026-11-10 and 2026-11-11",
        "介于 2026-11-10 与 2026-11-11 之间（含两端）",
    ),
    ("member.birthday", "weekday_in", ["wednesday", "sunday"], "falls on a Wednesday or Sunday", "为周三或周日"),
    ("member.birthday", "month_in", [2, 12], "falls in February or December", "在 2 月或 12 月"),
    (
        "member.birthday",
        "day_of_month_in",
        [1, 2, 3, 11, 31],
        "falls on the 1st, 2nd, 3rd, 11th or 31st of a month",
        "为每月 1 日、2 日、3 日、11 日或 31 日",
    ),
    ("order.first", "is", True, ": yes", "：是"),
    ("order.first", "is", False, ": no", "：否"),
    ("member.city", "is_missing", None, "is not known", "为空"),
    ("member.tags", "is_missing", None, "are not known", "为空"),
    ("member.birthday", "is_known", None, "is known", "不为空"),
]


@pytest.mark.parametrize(("name", "op", "value", "english", "chinese"), WORDS)
def test_tests_in_words(name, op, value, english, chinese):
    test = {"field": name, "op": op} if value is None else {"field": name, "op": op, "value": value}
    said = sentence(parse(test, SHOP, CURRENCY), SHOP, CURRENCY)
    label = SHOP[name].label
    assert said.en == label.en + ("" if english.startswith(":") else " ") + english
    assert said.zh == f"{label.zh}{chinese}"


def test_a_parameter_stands_in_the_words():
    said = sentence(Test("member.orders_in_last", "more_than", 1_200, 30), SHOP, CURRENCY)
    assert said == ("number of orders in the last 30 days is more than 1,200", "近 30 天订单数多于 1,200")
