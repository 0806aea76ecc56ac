"""Every kind of rule says what it gives in both languages, runs on its days, and is asked of the order it is about."""

from datetime import UTC, date, datetime

import pytest

from regulars.core.conditions import Test, compiled
from regulars.core.declarations import Context
from regulars.core.expiry import Span, Validity
from regulars.core.member import Day, Goods, Line, Member, OrderEvent, Purchase
from regulars.core.points import Rounding
from regulars.core.programme import Programme, decide, scene
from regulars.core.programme.document import Purse, Unit
from regulars.core.programme.earning import (
    Birthday,
    OrderRule,
    PerAmount,
    Period,
    PerOrder,
    PerQuantity,
    Rule,
    Streak,
    Task,
)
from regulars.core.programme.plan import FOREVER
from regulars.core.programme.privileges import Privilege
from regulars.core.programme.vocabulary import ORDER, ask, birthday_in, is_birthday
from regulars.core.says import Says, same
from tests.core.programmes import GOODS, planned

GIVES = Says("5 points", "5 积分")
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
UNITS = (Unit(id="points", name=same("points")),)


def told(cls: type[Rule], **more: object) -> Rule:
    return cls(**{"id": "one", "name": same("One"), "points": 5, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        (told(PerAmount, per=100), "5 points for every 1.00 CNY", "每消费 1.00 元 得 5 积分"),
        (told(PerQuantity, per=2_500), "5 points for every 2.5 units", "每购买 2.5 个单位得 5 积分"),
        (told(PerOrder), "5 points for every order", "每单得 5 积分"),
        (told(PerOrder, nth=3), "5 points for order number 3", "第 3 单得 5 积分"),
        (told(PerOrder, every=10), "5 points for every 10 orders", "每满 10 单得 5 积分"),
        (told(Streak, length=3), "5 points for orders in 3 months in a row", "连续 3 个月下单得 5 积分"),
        (
            told(Streak, length=3, period=Period.WEEK),
            "5 points for orders in 3 weeks in a row",
            "连续 3 周下单得 5 积分",
        ),
        (told(Task, event="reviewed"), "5 points for reviewed", "reviewed得 5 积分"),
        (told(Task, event="reviewed", count=2), "5 points for reviewed, 2 times", "reviewed 2 次得 5 积分"),
        (told(Birthday), "5 points on the birthday", "生日当天得 5 积分"),
    ],
)
def test_a_rule_says_what_it_gives(rule: Rule, en: str, zh: str) -> None:
    said = rule.says(GIVES, "CNY")
    assert said.en == en
    assert said.zh.replace(" ", "") == zh.replace(" ", "")


def test_what_has_no_kind_gives_nothing() -> None:
    with pytest.raises(NotImplementedError):
        told(Rule).says(GIVES, "CNY") if "points" in Rule.__slots__ else Rule(id="a", name=same("A")).says(GIVES, "CNY")
    with pytest.raises(NotImplementedError):
        OrderRule(id="a", name=same("A")).counting(Rounding.DOWN)
    with pytest.raises(NotImplementedError):
        Privilege(id="a").says("CNY")


@pytest.mark.parametrize(
    ("starts", "ends", "runs"),
    [
        (None, None, [True, True, True]),
        (date(2026, 3, 2), None, [False, True, True]),
        (None, date(2026, 3, 2), [True, True, False]),
        (date(2026, 3, 2), date(2026, 3, 2), [False, True, False]),
    ],
)
def test_a_rule_runs_on_its_first_and_its_last_day(starts: date | None, ends: date | None, runs: list[bool]) -> None:
    rule = told(PerOrder, starts=starts, ends=ends)
    assert [rule.runs_on(date(2026, 3, day).toordinal()) for day in (1, 2, 3)] == runs


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        ((None, None), (None, None), True),
        ((None, None), (1, 9), False),
        ((1, 9), (2, 8), False),
        ((1, 9), (1, 9), True),
        ((1, 5), (5, 9), True),
        ((1, 5), (6, 9), False),
        ((1, 5), (1, 9), False),
        ((None, 5), (3, None), True),
    ],
)
def test_periods_collide_where_they_are_the_same_or_overlap_in_part(
    first: tuple[int | None, int | None], second: tuple[int | None, int | None], collide: bool
) -> None:
    one, other = (
        told(PerOrder, starts=starts and date(2026, 3, starts), ends=ends and date(2026, 3, ends))
        for starts, ends in (first, second)
    )
    assert one.collides(other) is other.collides(one) is collide


def test_what_a_condition_asks_of_the_member() -> None:
    day = AT.date().toordinal()
    days = (Day(day - 40, 900, 2), Day(day - 30, 500, 1), Day(day, 70, 1), Day(day + 3, 5, 1))
    member = Member(
        "m", day - 9, date(1992, 2, 29), {"country": "CN", "language": "zh"}, days=days, past=Day(day - 50, 9, 4)
    )
    named = [(name, None) for name in ORDER if name.startswith("member.") and "in_last" not in name]
    asked = {name: value for (name, _), value in ask(named, member, day).items()}
    assert asked["member.orders"] == 9 and asked["member.tier"] == ""
    assert asked["member.days_since_order"] == 0 and asked["member.days_since_joining"] == 9
    assert asked["member.birthday"] is asked["member.birthday_month"] is False
    assert asked["member.country"] == "CN" and asked["member.language"] == "zh"
    assert asked["member.region"] is asked["member.gender"] is asked["member.tags"] is None
    lately = [("member.orders_in_last", 31), ("member.orders_in_last", 30), ("member.spend_in_last", 31)]
    assert list(ask(lately, member, day).values()) == [2, 1, 570]
    since = [("member.days_since_order", None)]
    assert list(ask(since, member._replace(days=days[3:]), day).values()) == [50]
    assert list(ask(since, Member("n"), day).values()) == [None]
    unknown = ask(
        [(name, None) for name in ("member.birthday", "member.birthday_month", "member.days_since_joining")],
        Member("n"),
        day,
    )
    assert set(unknown.values()) == {None}


def test_a_birthday_on_29_february_is_on_the_28th_in_other_years() -> None:
    born = date(1992, 2, 29)
    assert [birthday_in(born, year) for year in (2023, 2024, 1900, 2000)] == [
        date(2023, 2, 28), date(2024, 2, 29), date(1900, 2, 28), date(2000, 2, 29),
    ]  # fmt: skip
    assert is_birthday(born, date(2023, 2, 28)) and not is_birthday(born, date(2024, 2, 28))
    assert birthday_in(date(1990, 5, 6), 2026) == date(2026, 5, 6)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        (Test("order.amount", "equal", 300), True),
        (Test("order.quantity", "equal", 3_000), True),
        (Test("order.lines", "equal", 2), True),
        (Test("order.number", "equal", 1), True),
        (Test("order.day", "is", date(2026, 3, 2)), True),
        (Test("order.channel", "is", "app"), True),
        (Test("order.store", "is", "bund"), True),
        (Test("order.seller", "is", "ours"), True),
        (Test("order.seller", "is", "theirs"), False),
    ],
)
def test_what_a_condition_asks_of_the_order(test: Test, holds: bool) -> None:
    lines = (Line(Goods("tea"), 1_000, 100), Line(Goods("cup"), 2_000, 200))
    purchase = Purchase("a", AT, "CNY", lines, None, "app", "bund", "ours")
    plan = planned(Programme(id="club", name=same("Club"), units=(Unit(id="points", name=same("points")),)))
    award = decide(Member("m"), OrderEvent("0" * 32, AT, purchase), plan).award
    assert award and compiled(test, ORDER)(scene(purchase, award, plan)) is holds


def test_a_filter_takes_its_goods_and_a_tier_counts_its_own() -> None:
    home, new = Test("line.category", "has", "home"), Test("line.tags", "has", "new")
    rules = (told(PerAmount, per=100, lines=home), told(PerAmount, id="two", points=1, per=1, lines=new, unit="cash"))
    units = (Unit(id="points", name=same("points")), Unit(id="cash", name=same("cash"), purse=Purse.CREDIT))
    plan = planned(Programme(id="club", name=same("Club"), units=units, rules=rules))
    tea, cup, pot, _ = GOODS
    cases = {
        (tea,): [("two", 100)],
        (cup,): [("one", 5)],
        (tea, cup): [("one", 10), ("two", 100)],
        (pot,): [("one", 5), ("two", 100)],
    }
    for goods, given in cases.items():
        lines = tuple(Line(each, 1_000, 100 * (place + 1)) for place, each in enumerate(goods))
        award = decide(Member("m"), OrderEvent("0" * 32, AT, Purchase("a", AT, "CNY", lines)), plan).award
        assert award and [(one.rule, one.amount) for one in award.given] == given
        assert award.counted.points == sum(amount for rule, amount in given if rule == "one")
    assert plan.mask(tea) == 0b10 and plan.mask(pot) == 0b11
    assert Context("CNY").currency == plan.currency


def test_goods_beyond_those_remembered_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.core.programme.plan.GOODS_MAX", 1)
    only = Test("line.product", "is", GOODS[0].product)
    plan = planned(Programme(id="club", name=same("Club"), units=UNITS, rules=(told(PerAmount, per=100, lines=only),)))
    masks = [plan.mask(goods) for goods in (*GOODS, *GOODS)]
    assert masks == [int(goods.product == GOODS[0].product) for goods in (*GOODS, *GOODS)]


def test_what_would_expire_before_it_can_be_spent_waits_until_it_does() -> None:
    """The ledger refuses such terms: a shop that delivers after the points' term has points that nobody can spend."""
    units = (Unit(id="points", name=same("points"), validity=Validity(1, Span.DAYS), pending_days=7),)
    plan = planned(Programme(id="club", name=same("Club"), units=units, rules=(told(PerAmount, per=100),)))
    purchase = Purchase("one", AT, "CNY", (Line(GOODS[0], 1_000, 10_000),), delivered_at=AT)
    [lot] = decide(Member("m", joined=1), OrderEvent("0" * 32, AT, purchase), plan).member.lots
    assert lot.active_at == FOREVER and lot.expires_at == datetime(2026, 3, 3, 16, tzinfo=UTC)


def test_what_is_owed_is_repaid_before_anything_can_be_spent() -> None:
    plan = planned(Programme(id="club", name=same("Club"), units=UNITS, rules=(told(PerAmount, per=100),)))
    owing = Member("m", joined=1, owed=(("points", 700),))
    purchase = Purchase("one", AT, "CNY", (Line(GOODS[0], 1_000, 10_000),))
    outcome = decide(owing, OrderEvent("0" * 32, AT, purchase), plan)
    assert not outcome.member.lots and outcome.member.owed == (("points", 200),)
    assert outcome.award and outcome.award.earned[0].repaid == 500
