"""What operators read of a programme, and why a rule gave nothing."""

from collections.abc import Sequence
from typing import Any

import pytest

from regulars.core.member import Day, Member, Standing
from regulars.core.programme import decide
from regulars.core.programme.sentences import (
    programme_view,
    rule_sentence,
    why_not,
)
from regulars.core.says import Says, same
from tests.core.clubs import BASE, CLUB, LADDER, MUG, UNIT, day, example, line, lived, order, plan_of

MEMBER = Member("m", joined=day(2026, 1, 1))
TODAY = day(2026, 3, 1)
CREDIT = """
[[units]]
id = "credit"
name = { en = "store credit", zh = "购物金" }
purse = "credit"
"""


def english(said: Sequence[Says]) -> list[str]:
    return [one.en for one in said]


def chinese(said: Sequence[Says]) -> list[str]:
    return [one.zh for one in said]


def at_gold(**more: Any) -> Member:
    """A member who is Gold until 31 March 2027 with 2,012.00 spent on 8 February."""
    standing = Standing(
        "gold", day(2026, 2, 8), day(2027, 3, 31), below=Standing("silver", day(2026, 1, 5), day(2027, 1, 31))
    )
    return MEMBER._replace(standing=standing, days=(Day(day(2026, 2, 8), 201_200, 1, 2012, 1000),), **more)


# ---- why not -------------------------------------------------------------------------------------------------------------


def _rule(**values: str) -> str:
    told = {"kind": '"per_order"', "id": '"r"', "name": '{ en = "Rule", zh = "规则" }', "points": "5", **values}
    return "[[rules]]\n" + "".join(f"{name} = {value}\n" for name, value in told.items())


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        (_rule(starts='"2026-03-02"'), "begins on 2 March", "3 月 2 日才开始"),
        (_rule(ends='"2026-02-28"'), "ended on 28 February", "已于 2 月 28 日结束"),
        (_rule(nth="3"), "this is order number 1, not 3", "本单是第 1 单，不是第 3 单"),
        (_rule(every="10"), "order 1 of 10", "已累计 1/10 单"),
        (_rule(kind='"streak"', length="3"), "1 of 3 months in a row", "已连续 1/3 个月"),
        (_rule(kind='"per_amount"', points="1", per='"100.00"'), "the amount is too small", "数量不足，未达到起送标准"),
        (
            _rule(when='{ field = "order.amount", op = "at_least", value = "100.00" }'),
            "not met: order amount is at least 100.00 CNY",
            "未满足：订单金额不低于 100.00 元",
        ),
        (
            _rule(when='{ field = "order.channel", op = "is", value = "app" }'),
            "not met: channel is the app",
            "未满足：渠道为小程序",
        ),
        (
            _rule(kind='"per_amount"', per='"1.00"', lines='{ field = "line.category", op = "has", value = "tea" }'),
            "none of the goods count: only where category include tea",
            "没有符合的商品：仅限类目包含 tea",
        ),
    ],
)
def test_why_a_rule_gives_nothing(rule: str, en: str, zh: str) -> None:
    def names(source: str, named: str) -> Says:
        return Says("the app", "小程序") if source == "channels" else same(named)

    said = why_not(MEMBER, order(1, line(8_000, "coffee"), channel="web"), plan_of(UNIT + rule), names)
    [told] = said
    assert told.en.startswith(f"Rule: {en}") and told.zh.startswith(f"规则：{zh}")


def test_why_not_says_that_a_limit_is_used_up() -> None:
    plan = plan_of(UNIT + _rule(cap='{ amount = 5, per = "day" }', budget="{ amount = 100 }"))
    first = decide(MEMBER, order(1, line(8_000)), plan)
    assert why_not(first.member, order(2, line(8_000)), plan) == [
        Says(
            "Rule: the limit is used up (at most 5 points a day; at most 100 points in all)",
            "规则：额度已用完（每天最多 5 积分；累计最多 100 积分）",
        )
    ]


def test_why_not_says_that_a_streak_counts_a_period_once_and_goes_on() -> None:
    plan = plan_of(UNIT + _rule(kind='"streak"', length="3"))
    done = lived(plan, MEMBER, [order(1, line(8_000)), order(2, line(8_000), after_days=31)])
    member = done[-1][1].member
    assert english(why_not(member, order(3, line(8_000), after_days=32), plan)) == [
        "Rule: an order of this period has counted already"
    ]
    gap = order(3, line(8_000), after_days=93)
    assert english(why_not(member, gap, plan)) == ["Rule: 1 of 3 months in a row"]
    second = order(2, line(8_000), after_days=31)
    assert english(why_not(done[0][1].member, second, plan)) == ["Rule: 2 of 3 months in a row"]
    third = order(3, line(8_000), after_days=62)
    assert why_not(member, third, plan) == []
    assert english(why_not(decide(member, third, plan).member, order(4, line(8_000), after_days=93), plan)) == [
        "Rule: 1 of 3 months in a row"
    ]


def test_an_unpaid_order_is_explained_once() -> None:
    event = order(1, line(8_000))
    unpaid = event._replace(purchase=event.purchase._replace(paid_at=None))
    assert english(why_not(MEMBER, unpaid, plan_of(CLUB))) == ["Nothing is earned before the order is paid"]


def test_rules_that_gave_are_not_explained() -> None:
    assert why_not(MEMBER, order(1, line(8_000)), plan_of(CLUB)) == []


# ---- rules and tiers --------------------------------------------------------------------------------------------------------


EVERYTHING = Says(
    "5 points for every 1.00 CNY; only goods where category include tea; only if the member's tier is Gold; "
    "multiplied by the tier; from 1 November 2026 to 11 November 2026; at most 500 points a month for each member; "
    "at most 1,000,000 points in all for all members together",
    "每消费 1.00 元得 5 积分；限类目包含 tea 的商品；仅当会员等级为金卡；按等级倍数发放；"
    "2026 年 11 月 1 日至 2026 年 11 月 11 日；每位会员每月最多 500 积分；全体会员累计最多 1,000,000 积分",
)


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        (_rule(points="1"), "1 point for every order", "每单得 1 积分"),
        (_rule(nth="3"), "5 points for order number 3", "第 3 单得 5 积分"),
        (_rule(every="10"), "5 points for every 10 orders", "每满 10 单得 5 积分"),
        (
            _rule(kind='"per_amount"', per='"2.00"', by_tier="false"),
            "5 points for every 2.00 CNY",
            "每消费 2.00 元得 5 积分",
        ),
        (
            _rule(kind='"per_quantity"', per='"2.5"', by_tier="false"),
            "5 points for every 2.5 units",
            "每购买 2.5 件得 5 积分",
        ),
        (
            _rule(kind='"streak"', length="4", period='"week"'),
            "5 points for orders in 4 weeks in a row",
            "连续 4 周下单得 5 积分",
        ),
        (_rule(kind='"birthday"'), "5 points on the birthday", "生日当天得 5 积分"),
        (
            _rule(kind='"task"', event='"Survey Answered"', times="2", per='"year"', within_days="30"),
            "5 points for answering a survey; rewarded twice a year; within 30 days of joining",
            "填写问卷得 5 积分；每年最多奖励 2 次；限入会后 30 天内",
        ),
        (
            _rule(
                kind='"task"',
                event='"Survey Answered"',
                count="3",
                when='{ field = "event.photos", op = "at_least", value = 1 }',
            ),
            "5 points for answering a survey, 3 times; only if number of photos is at least 1; rewarded once in all",
            "填写问卷 3 次得 5 积分；仅当图片数量不少于 1；总共最多奖励 1 次",
        ),
        (
            _rule(
                kind='"per_amount"',
                per='"1.00"',
                lines='{ field = "line.category", op = "has", value = "tea" }',
                when='{ field = "member.tier", op = "is", value = "gold" }',
                starts='"2026-11-01"',
                ends='"2026-11-11"',
                cap='{ amount = 500, per = "month" }',
                budget="{ amount = 1000000 }",
            ),
            EVERYTHING.en,
            EVERYTHING.zh,
        ),
        (
            _rule(starts='"2026-11-01"'),
            "5 points for every order; from 1 November 2026 on",
            "每单得 5 积分；2026 年 11 月 1 日起",
        ),
        (
            _rule(ends='"2026-11-11"'),
            "5 points for every order; until 11 November 2026",
            "每单得 5 积分；2026 年 11 月 11 日截止",
        ),
    ],
)
def test_a_rule_in_one_sentence(rule: str, en: str, zh: str) -> None:
    plan = plan_of(UNIT + rule + LADDER + MUG)
    assert rule_sentence(plan.programme.rules[0], plan) == Says(en, zh)


# ---- the whole document -----------------------------------------------------------------------------------------------------


def test_a_programme_reads_chapter_by_chapter() -> None:
    said = {told.path: told.says.en for section in programme_view(example("b2c")) for told in section.told}
    assert said["units[0]"] == (
        "can be spent when 7 days have passed since delivery; good for 12 months, to the end of the month; "
        "100 points are worth 1.00 CNY"
    )
    assert said["rewards[1]"] == (
        "Coupon; for 2,400 points; Gold 2,200 points, Platinum 2,000 points; worth 20.00 CNY; to be used within 90 days"
    )
    assert [section.title.zh for section in programme_view(example("b2c"))] == [
        "积分",
        "如何获得",
        "会员等级",
        "积分商城",
        "推荐有礼",
    ]
    assert [section.title.en for section in programme_view(plan_of(UNIT))] == ["Points"]


REST = """
[[rewards]]
id = "bag"
name = "Bag"
gives = "goods"
price = 10
tiers = ["gold"]
starts = 2026-11-11T00:00:00+08:00
ends = 2026-11-12T00:00:00+08:00
limit = { amount = 2, per = "year" }

[automatic]
reward = "mug"

[referral]
advocate_points = 10
advocate_reward = "mug"
after = "paid"
limit = { amount = 3 }
"""


def test_the_rest_of_what_a_document_can_say() -> None:
    ladder = LADDER.replace(
        "[ladder]\n", '[ladder]\ndowngrade = "none"\ngoods = { field = "line.category", op = "has", value = "tea" }\n'
    )
    privilege = '[[ladder.tiers.privileges]]\nkind = "member_price"\nid = "price"\noff = "5%"\n'
    privilege += 'lines = { field = "line.brand", op = "is", value = "b" }\n'
    unit = '[[units]]\nid = "points"\nname = "points"\n'
    plan = plan_of(unit + BASE + ladder + privilege + MUG + REST, basis="before_rewards")
    said = [told.says.en for section in programme_view(plan) for told in section.told]
    assert "can be spent at once; never expires" in said
    assert "Counted on the amount before coupons, points and credit" in said
    assert "Only goods count where category include tea" in said
    assert "A tier once reached is kept for good" in said
    assert any("5% off on goods where brand is b" in one for one in said)
    assert (
        "Goods; for 10 points; only for Gold; at most 2 a year for each member; "
        "from 11 November 2026, 00:00; until 12 November 2026, 00:00" in said
    )
    assert "At the end of a day, points turn into Mug by themselves" in said
    assert "Who brings a friend gets 10 points and Mug" in said
    assert not any(one.startswith("The friend gets") for one in said)


def test_what_a_document_leaves_out_is_left_out() -> None:
    ladder = LADDER.replace("grace_days = 30\nwarn_days = 30\n", "")
    plan = plan_of(UNIT + BASE + ladder + MUG + "[referral]\nfriend_points = 5\n")
    said = [told.says.en for section in programme_view(plan) for told in section.told]
    assert not any("grace" in one or "Warned" in one or "friends" in one for one in said)
    assert "The friend gets 5 points" in said
