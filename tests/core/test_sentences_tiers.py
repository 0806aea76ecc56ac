"""What members read of their tier: why they have it, what is missing to the next, and when it ends."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from regulars.core.member import Day, DayBegin, DayEnd, Member, Standing
from regulars.core.programme import Move, Note, Outcome, Plan, decide
from regulars.core.programme.sentences import (
    missing,
    sentences,
    tier_sentence,
)
from regulars.core.says import Says
from regulars.core.tiers import Metric
from tests.core.clubs import BASE, CLUB, LADDER, MUG, START, UNIT, day, example, line, lived, order, plan_of, retold

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


def test_a_tier_is_reached_with_its_reason_and_its_gift() -> None:
    event = order(1, line(201_200))
    said = sentences(decide(MEMBER, event, plan_of(CLUB)), event, plan_of(CLUB))
    assert said[1:] == [
        Says(
            "Gold since 1 March until 31 March 2027: 2,012.00 CNY spent in the last 12 months",
            "3 月 1 日起为金卡，有效期至 2027 年 3 月 31 日：近 12 个月消费 2,012.00 元",
        ),
        Says("A gift for reaching Gold: Mug", "金卡升级礼：马克杯"),
    ]


def test_a_return_undoes_the_tier_and_takes_the_gift_back() -> None:
    said = retold(plan_of(CLUB), MEMBER, order(1, line(201_200)), order(1, after_days=3, paid_days=0))
    assert said[1:] == [
        Says("no tier, no longer Gold, because goods came back", "因退货，等级由金卡变为无等级"),
        Says("Taken back: Mug, given for reaching Gold", "收回马克杯（金卡升级礼）"),
    ]


@pytest.mark.parametrize(
    ("ladder", "en"),
    [
        (
            'counted = "calendar"\nwindow = { count = 1, span = "years", aligned = "year" }',
            "2,012.00 CNY spent this year",
        ),
        (
            'counted = "calendar"\nwindow = { count = 1, span = "months", aligned = "month" }',
            "2,012.00 CNY spent this month",
        ),
        ('counted = "lifetime"', "2,012.00 CNY spent in all"),
        ('window = { count = 90, span = "days", aligned = "day" }', "2,012.00 CNY spent in the last 90 days"),
    ],
)
def test_the_reason_names_the_days_that_count(ladder: str, en: str) -> None:
    plan = plan_of(CLUB.replace("[ladder]\n", f"[ladder]\n{ladder}\n"))
    event = order(1, line(201_200))
    assert sentences(decide(MEMBER, event, plan), event, plan)[1].en.endswith(f": {en}")


def test_with_any_threshold_only_those_that_are_met_are_the_reason() -> None:
    ladder = LADDER.replace(
        'reached = { spend = "2000.00" }', 'reached = { spend = "2000.00", orders = 1 }\nneeds = "any"'
    )
    plan = plan_of(UNIT + BASE + ladder + MUG)
    event = order(1, line(60_000))
    assert ": 1 order placed in the last 12 months" in sentences(decide(MEMBER, event, plan), event, plan)[1].en


def test_a_ladder_without_downgrade_names_no_end() -> None:
    plan = plan_of(CLUB.replace("[ladder]\n", '[ladder]\ndowngrade = "none"\n'))
    event = order(1, line(201_200))
    assert sentences(decide(MEMBER, event, plan), event, plan)[1] == Says(
        "Gold since 1 March: 2,012.00 CNY spent in the last 12 months", "3 月 1 日起为金卡：近 12 个月消费 2,012.00 元"
    )


def test_a_downgrade_is_warned_of_and_says_what_was_missing() -> None:
    plan = plan_of(CLUB)
    said = [
        one.en
        for event, outcome in lived(
            plan,
            MEMBER,
            [order(1, line(168_000)), order(2, line(40_000), after_days=30), order(3, line(100), after_days=500)],
        )
        for one in sentences(outcome, event, plan)
    ]
    [warning] = [one for one in said if one.startswith("Gold ends on")]
    assert re.fullmatch(r"Gold ends on \d+ \w+( \d+)?: [0-9,.]+ CNY missing", warning)
    [down] = [one for one in said if "no longer Gold" in one]
    assert re.fullmatch(
        r"(Silver|no tier), no longer Gold, from \d+ \w+( \d+)?: [0-9,.]+ CNY missing in the last 12 months", down
    )


def _noted(plan: Plan, note: Note) -> Says:
    event = DayBegin("0" * 32, START, TODAY)
    [said] = sentences(Outcome(MEMBER, notes=(note,)), event, plan)
    return said


@pytest.mark.parametrize(
    ("note", "en", "zh"),
    [
        (
            Note("tier_warning", {"tier": "gold", "until": day(2026, 3, 31), "missing": {"spend": 32_000}}),
            "Gold ends on 31 March: 320.00 CNY missing",
            "金卡将于 3 月 31 日到期，还差 320.00 元",
        ),
        (
            Note("tier_warning", {"tier": "gold", "until": day(2026, 3, 31)}),
            "Gold ends on 31 March",
            "金卡将于 3 月 31 日到期",
        ),
        (
            Note("tier_kept", {"tier": "gold", "until": day(2027, 3, 31)}),
            "Gold stays until 31 March 2027",
            "金卡续期至 2027 年 3 月 31 日",
        ),
        (
            Note("tier_grace", {"tier": "gold", "until": day(2026, 4, 30), "missing": {"orders": 1}}),
            "Days of grace: Gold ends on 30 April: 1 order missing",
            "宽限期：金卡将于 4 月 30 日到期，还差 1 单",
        ),
        (Note("expired", {"unit": "points", "amount": 1}), "1 point expired", "1 积分已过期"),
        (
            Note("redeemed", {"reward": "mug", "times": 1, "unit": "points", "amount": 2000}),
            "2,000 points turned into Mug",
            "2,000 积分已自动兑换马克杯",
        ),
        (
            Note("redeemed", {"reward": "mug", "times": 2, "unit": "points", "amount": 4000}),
            "4,000 points turned into 2 × Mug",
            "4,000 积分已自动兑换马克杯 ×2",
        ),
        (
            Note("task_over", {"rule": "base"}),
            "Points for purchases: the time for it is over",
            "消费积分：任务期限已过",
        ),
        (
            Note("progress", {"rule": "base", "done": 1, "of": 3}),
            "Points for purchases: 1 of 3 done",
            "消费积分：已完成 1/3",
        ),
        (Note("limit", {"rule": "referral"}), "Referral: the limit is reached", "推荐有礼：已达上限"),
        (
            Note("referral", {"role": "advocate", "unit": "points", "amount": 0}),
            "Rewarded for bringing a friend",
            "推荐好友奖励已发放",
        ),
    ],
)
def test_notes_in_words(note: Note, en: str, zh: str) -> None:
    assert _noted(plan_of(CLUB), note) == Says(en, zh)


def test_what_expires_at_once_is_one_sentence() -> None:
    notes = (Note("expired", {"unit": "points", "amount": 20}), Note("expired", {"unit": "points", "amount": 22}))
    event = DayEnd("0" * 32, START, TODAY)
    assert english(sentences(Outcome(MEMBER, notes=notes), event, plan_of(CLUB))) == ["42 points expired"]


def test_moves_of_a_tier_that_is_on_no_ladder_any_more_are_still_told() -> None:
    event = DayEnd("0" * 32, START, TODAY)
    outcome = Outcome(MEMBER, move=Move("gold", "diamond", "reached"))
    assert english(sentences(outcome, event, plan_of(CLUB))) == ["diamond, before: Gold"]
    assert english(sentences(outcome, event, plan_of(UNIT))) == ["diamond, before: gold"]


def test_a_tier_says_what_it_takes_and_gives() -> None:
    plan = example("b2c")
    [*_, platinum] = plan.programme.ladder.tiers if plan.programme.ladder else ()
    assert tier_sentence(platinum, plan) == Says(
        "8,000.00 CNY spent and 12 orders placed in the last 12 months; points ×2; on reaching it: Voucher for 50.00; 5% off; "
        "Free shipping; A gift on the birthday: Birthday surprise; Buys 48 hours before others; Served first, by Platinum desk; "
        "Returns within 30 days",
        "近 12 个月消费 8,000.00 元且完成 12 单；积分 ×2；升级礼：50 元优惠券；会员价优惠 5%；全场包邮；生日赠礼：生日惊喜；"
        "新品与活动提前 48 小时购买；优先接入，专属客服 Platinum desk；30 天无理由退货",
    )


def test_what_is_missing_to_the_next_tier_and_to_keep_this_one() -> None:
    ladder = plan_of(CLUB)
    new = missing(MEMBER, ladder, TODAY)
    assert new and (new.tier, new.next_tier, new.missing, new.projected) == (
        "",
        "silver",
        ((Metric.SPEND, 50_000),),
        "",
    )
    assert new.says == (Says("500.00 CNY more to Silver", "再消费 500.00 元即可升级为银卡"),)
    silver = MEMBER._replace(
        standing=Standing("silver", day(2026, 1, 5), day(2027, 1, 31)),
        days=(Day(day(2026, 1, 5), 188_000, 1, 1880, 1000),),
    )
    told = missing(silver, ladder, TODAY)
    assert told and told.says == (
        Says("120.00 CNY more to Gold", "再消费 120.00 元即可升级为金卡"),
        Says(
            "500.00 CNY more by 31 January 2027 to keep Silver, else no tier",
            "2027 年 1 月 31 日前（含当天）再消费 500.00 元可保留银卡，否则变为无等级",
        ),
    )
    assert (told.projected, told.keep, told.until) == ("", ((Metric.SPEND, 50_000),), day(2027, 1, 31))
    gold = missing(at_gold(), ladder, TODAY)
    assert gold and (gold.next_tier, gold.missing, gold.says[0].en) == ("", (), "Gold is the highest tier")
    assert missing(MEMBER, plan_of(UNIT + BASE), TODAY) is None


def test_missing_by_other_counts_and_by_any_of_them() -> None:
    reached = 'reached = { spend = "500.00" }'
    either = LADDER.replace(reached, 'reached = { orders = 3, points = 100, quantity = "2.5" }\nneeds = "any"')
    told = missing(MEMBER, plan_of(UNIT + BASE + either + MUG), TODAY)
    assert told and told.either
    assert told.says[0] == Says(
        "3 orders more or 100 points more or 2.5 units more to Silver",
        "再下 3 单或再得 100 积分或再购买 2.5 件即可升级为银卡",
    )
